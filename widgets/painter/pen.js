// Which pointer draws: a mouse, a pen or one finger. A second finger scrolls, a palm does nothing.
// And which one holds the grip of the line.

const PALM_PX = 60; // CSS pixels: a fingertip is narrower
const PEN_RESTS_MS = 1000; // after the pen was seen, what touches is the hand that holds it
const SLIP_MS = 250; // a finger's stroke this short was the start of scrolling

class Strokes {
  /**
   * `does` has `begin(point)`, `move(points)`, `end()`, and `undo()` for a stroke that was not
   * meant. Points are in cells: `board.at(event)`.
   */
  constructor(board, does) {
    this.board = board;
    this.does = does;
    this.fingers = new Map(); // where each finger is, by pointerId: also those that do not draw
    this.drawing = null; // { id, kind, since } of the pointer that draws
    this.penAt = -Infinity;
    const { canvas } = board;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(name, (event) => this.up(event));
    }
  }

  down(event) {
    const { pointerId, pointerType } = event;
    if (pointerType === "touch") {
      if (this.isPalm(event)) return;
      this.fingers.set(pointerId, event.clientY);
      if (this.fingers.size > 1) return this.scrollInstead(event);
    } else if (event.button !== 0) return;
    if (pointerType === "pen") this.notePen();
    if (this.drawing) return; // one at a time
    capture(this.board.canvas, event);
    this.drawing = { id: pointerId, kind: pointerType, since: event.timeStamp };
    this.does.begin(this.board.at(event));
  }

  move(event) {
    if (event.pointerType === "pen") this.notePen(); // hovering, too
    if (this.fingers.has(event.pointerId)) this.scroll(event);
    if (this.drawing?.id !== event.pointerId) return;
    if (event.pointerType === "mouse" && !event.buttons) return this.finish(); // released elsewhere
    const points = [...(event.getCoalescedEvents?.() ?? []), event].map((part) => this.board.at(part));
    const outside = points.findIndex((point) => !this.board.holds(point));
    this.does.move(outside < 0 ? points : points.slice(0, outside + 1));
    if (outside >= 0) this.finish();
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.drawing?.id === event.pointerId) this.finish();
  }

  finish() {
    if (!this.drawing) return;
    this.drawing = null;
    this.does.end();
  }

  /** A pen takes the place of a hand that came first. */
  notePen() {
    this.penAt = performance.now();
    this.fingers.clear();
    if (this.drawing?.kind === "touch") this.takeBack();
  }

  takeBack() {
    this.drawing = null;
    this.does.undo();
  }

  isPalm({ width, height }) {
    const penIsNear = this.drawing?.kind === "pen" || performance.now() - this.penAt < PEN_RESTS_MS;
    return penIsNear || Math.max(width, height) > PALM_PX;
  }

  // ---------------------------------------------------------------- two fingers

  scrollInstead(event) {
    this.scroller = scrollerOf(this.board.canvas);
    if (this.drawing?.kind !== "touch") return;
    if (event.timeStamp - this.drawing.since < SLIP_MS) this.takeBack();
    else this.finish();
  }

  scroll({ pointerId, clientY }) {
    const before = this.fingers.get(pointerId);
    this.fingers.set(pointerId, clientY);
    // Each of two fingers reports its own movement: the page follows their mean.
    if (this.fingers.size > 1) this.scroller?.scrollBy(0, (before - clientY) / this.fingers.size);
  }
}

/** The nearest part of the page around a node that scrolls, also outside its widget. */
function scrollerOf(node) {
  for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
    const scrolls = at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY);
    if (scrolls) return at;
  }
  return document.scrollingElement;
}

class Grip {
  /** `does` has `drag(row)` and `drop()`. */
  constructor(board, does) {
    const { grip } = board;
    let held = null; // by which pointer
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      if (held !== null || event.button !== 0) return;
      held = event.pointerId;
      capture(grip, event);
    });
    grip.addEventListener("pointermove", (event) => {
      if (held === event.pointerId) does.drag(board.at(event).y);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      grip.addEventListener(name, (event) => {
        if (held !== event.pointerId) return;
        held = null;
        does.drop();
      });
    }
  }
}
