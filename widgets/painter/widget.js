// The painter: draw with mouse, touch, pen or keys; unknown cells are hatched.

const REPORT_EVERY_MS = 120;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class Painter {
  constructor(root, signal) {
    this.root = root;
    this.tool = "pen";
    this.cursor = { row: 0, column: 0 };
    this.build();
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key));
    root.addEventListener("keydown", (event) => this.onShortcut(event));
    this.useTool("pen");
  }

  build() {
    this.toolbox = new Toolbox({
      use: (tool) => this.useTool(tool),
      undo: () => this.travel("undo"),
      redo: () => this.travel("redo"),
      mirror: () => this.change((layers) => layers.mirror()),
      clear: () => this.change((layers) => (this.meta.whole ? layers.empty() : layers.clear())),
    });
    this.board = new Board();
    this.canvas = this.board.canvas;
    this.caption = element("div", { class: "caption" });
    const meanings = [
      ["known", "ink"],
      ["paper", "paper"],
      ["unknown", "unknown: the model fills it in"],
      ["drawn", "likely ink in the next row"],
    ];
    this.legend = new Legend(element("div"), meanings);
    const side = element("div", { class: "side" }, this.toolbox.node, this.buildLine(), this.legend.list, this.caption);
    this.root.append(element("div", { class: "painter" }, this.board.node, side));
    this.listenToPen();
    this.grip = new Grip(this.board, {
      drag: (row) => this.layers && this.dragLine(Math.round(clamp(row, 0, this.layers.height))),
      drop: () => this.dropLine(),
    });
  }

  buildLine() {
    this.line = element("input", { type: "range", min: 0, "aria-label": "Given down to this row" });
    this.lineText = element("span", { class: "number" });
    this.line.addEventListener("input", () => this.dragLine(Number(this.line.value)));
    this.line.addEventListener("change", () => this.dropLine());
    return element("label", { class: "row" }, element("span", { text: "Given down to row" }), this.line, this.lineText);
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays) {
    const { height, width, levels, revision } = meta;
    const content = [height, width, levels, revision].join();
    const opening = this.content === undefined && revision <= 1;
    this.meta = meta;
    this.ghost = meta.ghost ? arrays.ghost : null;
    this.legend.list.lastChild.hidden = !meta.ghost;
    const { tools } = this.toolbox;
    for (const node of [tools.unknown, this.line.parentElement, this.legend.list, this.caption, this.board.grip]) {
      node.style.display = meta.whole ? "none" : "";
    }
    if (content === this.content) return this.layout(); // the drawing here is newer
    this.content = content;
    const sameSize = this.layers?.height === height && this.layers?.width === width;
    if (!sameSize) this.layers = new Layers(height, width, levels);
    else this.layers.remember();
    this.layers.levels = levels;
    this.layers.restore(arrays);
    const takenUp = this.takeUp(meta.before);
    if (takenUp || !opening) this.writeAddress();
    this.line.max = height;
    this.canvas.setAttribute("aria-label", `${meta.label}, ${height} by ${width} cells. Arrow keys move, Space paints.`);
    this.root.dataset.revision = revision;
    this.lineShown = null;
    this.layout();
  }

  /** The drawing from before the widget was mounted again, if it is of this revision. */
  takeUp(before) {
    if (before?.revision !== this.meta.revision) return false;
    const [image, known] = [fromBase64(before.image), fromBase64(before.known)];
    if (image.length !== this.layers.image.length) return false;
    const highest = this.meta.levels - 1;
    this.layers.restore({ image: image.map((level) => Math.min(level, highest)), known });
    this.report("drawing", before);
    return true;
  }

  writeAddress() {
    if (this.meta.address) keepDrawing(this.meta.address, this.layers);
  }

  layout() {
    const width = roomIn(this.root);
    if (!this.layers) return;
    const narrow = width < 600;
    this.root.firstChild.classList.toggle("narrow", narrow);
    const widest = narrow ? width - GUTTER : Math.min(width * 0.6, clamp(0.66 * innerHeight, 300, 600));
    const colors = palette(this.root);
    this.board.layout(this.layers, widest, colors);
    this.legend.draw(colors);
    this.draw();
  }

  draw() {
    const byKeys = this.root.getRootNode().activeElement === this.canvas && this.canvas.matches(":focus-visible");
    this.board.draw(this.layers, this.lineRow, byKeys ? this.cursor : null, this.ghost);
    this.showState();
  }

  get lineRow() {
    return this.lineShown ?? this.layers.givenRows;
  }

  showState() {
    const { given, ink, unknown } = this.layers.counts;
    this.toolbox.allow(this.layers.past.length > 0, this.layers.future.length > 0);
    this.line.value = this.lineRow;
    setText(this.lineText, String(this.lineRow));
    setParts(this.caption, [`ink: ${ink} ${ink === 1 ? "cell" : "cells"}`, `${given} given`, `${unknown} unknown`]);
    Object.assign(this.root.dataset, { ink, given, unknown, line: this.lineRow, undo: this.layers.past.length });
  }

  // ---------------------------------------------------------------- reporting

  /** Report to Python at the end of a stroke, and a few times per second during it. */
  tell(lasting = false) {
    if (lasting && !this.meta.reportWhileDrawing) return;
    const wait = lasting ? REPORT_EVERY_MS - (performance.now() - (this.toldAt ?? -Infinity)) : 0;
    clearTimeout(this.telling);
    if (wait <= 0) this.send();
    else this.telling = setTimeout(() => this.send(), wait);
  }

  send({ address = true } = {}) {
    this.toldAt = performance.now();
    const { image, known } = this.layers;
    const drawing = { revision: this.meta.revision, image: toBase64(image), known: toBase64(known) };
    const text = drawing.revision + drawing.image + drawing.known;
    if (text === this.told) return;
    this.told = text;
    this.report("drawing", drawing); // first, whatever becomes of the address
    if (address) this.writeAddress();
  }

  /** The last part of a stroke is not lost with the widget; the address is another page's by now. */
  stop() {
    clearTimeout(this.telling);
    if (this.layers?.past.length) this.send({ address: false });
  }

  // ---------------------------------------------------------------- changes

  /** One undoable change of the whole drawing. */
  change(act) {
    if (!this.layers) return;
    this.layers.remember();
    act(this.layers);
    this.lineShown = null;
    this.draw();
    this.tell();
    this.announcer.say(this.caption.textContent);
  }

  travel(direction) {
    if (!this.layers?.[direction]()) return;
    this.lineShown = null;
    this.draw();
    this.tell();
    this.announcer.say(`${direction}: ${this.caption.textContent}`);
  }

  useTool(name) {
    if (name === "unknown" && this.meta?.whole) return;
    this.tool = name;
    this.root.dataset.tool = name;
    this.toolbox.press(name);
  }

  // ---------------------------------------------------------------- mouse, touch, pen

  listenToPen() {
    const { canvas } = this;
    this.strokes = new Strokes(this.board, {
      begin: (point) => this.beginStroke(point),
      move: (points) => this.moveStroke(points),
      end: () => this.endStroke(),
      undo: () => this.takeStrokeBack(),
    });
    canvas.addEventListener("focus", () => this.layers && this.draw());
    canvas.addEventListener("blur", () => this.layers && this.draw());
  }

  beginStroke(point) {
    this.layers.remember();
    this.lineShown = null;
    this.last = point;
    this.layers.stamp(this.tool, this.toolbox.size, point.x, point.y);
    this.draw();
    this.tell(true);
  }

  moveStroke(points) {
    for (const point of points) {
      this.layers.stroke(this.tool, this.toolbox.size, this.last, point);
      this.last = point;
    }
    this.draw();
    this.tell(true);
  }

  endStroke() {
    this.tell();
    this.announcer.say(this.caption.textContent);
  }

  takeStrokeBack() {
    this.layers.undo();
    this.layers.future = []; // it was never meant: Redo must not bring it
    this.draw();
    this.tell();
  }

  // ---------------------------------------------------------------- the line

  /** The whole drag is one undo step, and starts from the drawing before it. */
  dragLine(row) {
    if (!this.dragging) {
      this.layers.remember();
      this.dragging = true;
    }
    if (row === this.lineShown) return;
    this.lineShown = row;
    this.layers.giveDownTo(row);
    this.draw();
    this.tell(true);
  }

  dropLine() {
    if (!this.dragging) return;
    this.dragging = false;
    this.tell();
    this.announcer.say(`given down to row ${this.lineRow}`);
  }

  // ---------------------------------------------------------------- keys

  onKey(key) {
    if (!this.layers) return false;
    const focused = this.root.getRootNode().activeElement;
    if (focused === this.canvas && key in MOVES) this.moveCursor(MOVES[key]);
    else if (focused === this.canvas && (key === " " || key === "Enter")) this.paintCursor();
    else return this.toolbox.onKey(key);
    return true;
  }

  /** Ctrl or Cmd with Z, Shift-Z and Y, as everywhere. */
  onShortcut(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return;
    event.preventDefault();
    this.travel(key === "y" || event.shiftKey ? "redo" : "undo");
  }

  moveCursor([down, across]) {
    this.cursor.row = clamp(this.cursor.row + down, 0, this.layers.height - 1);
    this.cursor.column = clamp(this.cursor.column + across, 0, this.layers.width - 1);
    this.draw();
    this.announcer.say(this.cursorWords());
  }

  paintCursor() {
    const { row, column } = this.cursor;
    this.change((layers) => layers.stamp(this.tool, this.toolbox.size, column + 0.5, row + 0.5));
    this.announcer.say(this.cursorWords());
  }

  cursorWords() {
    const { row, column } = this.cursor;
    const at = row * this.layers.width + column;
    const level = this.layers.image[at];
    const ink = this.layers.levels === 2 ? "ink" : `level ${level}`;
    return `row ${row}, column ${column}: ${!this.layers.known[at] ? "unknown" : level ? ink : "paper"}`;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new Painter(root, signal));
}
