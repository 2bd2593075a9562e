// The painter: draw with mouse, touch, pen or keys; what is not given is hatched.

const REPORT_EVERY_MS = 120;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class Painter {
  constructor(root, signal) {
    this.root = root;
    this.revision = null;
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
      clear: () => this.change((layers) => layers.clear()),
    });
    this.canvas = element("canvas", { tabindex: "0", role: "application", class: "drawing" });
    this.grip = element("div", { class: "grip", "aria-hidden": "true" }, element("span"));
    this.board = element("div", { class: "board" }, this.canvas, this.grip);
    this.caption = element("div", { class: "caption" });
    this.legend = new Legend(element("div"), [["known", "ink"], ["paper", "paper"], ["unknown", "unknown: the model fills it in"]]);
    const side = element("div", { class: "side" }, this.toolbox.node, this.buildLine(), this.legend.list, this.caption);
    this.root.append(element("div", { class: "painter" }, this.board, side));
    this.listenToPen();
    this.listenToGrip();
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
    if (meta.revision === this.revision) return this.layout(); // the drawing here is newer
    const sameSize = this.layers?.height === meta.height && this.layers?.width === meta.width;
    if (!sameSize) this.layers = new Layers(meta.height, meta.width, meta.levels);
    else this.layers.remember();
    this.meta = meta;
    this.revision = meta.revision;
    this.layers.levels = meta.levels;
    this.layers.restore(arrays);
    this.line.max = meta.height;
    this.canvas.setAttribute("aria-label", `${meta.label}, ${meta.height} by ${meta.width} cells. Arrow keys move, Space paints.`);
    this.root.dataset.revision = meta.revision;
    this.lineShown = null;
    this.layout();
  }

  layout() {
    const width = this.root.clientWidth;
    if (!this.layers || !width) return;
    const { height: rows, width: columns } = this.layers;
    const narrow = width < 600;
    this.root.firstChild.classList.toggle("narrow", narrow);
    const gutter = 44; // CSS pixels, for the grip
    const space = narrow ? width - gutter : Math.min(width * 0.6, clamp(0.66 * innerHeight, 300, 600));
    this.scale = devicePixelRatio || 1;
    this.cell = Math.min(cellSize(space, columns), cellSize(Math.max(space, 200), rows));
    sizeCanvas(this.canvas, (columns * this.cell) / this.scale, (rows * this.cell) / this.scale);
    this.colors = palette(this.root);
    this.hatch = hatchPattern(this.canvas.getContext("2d"), this.colors, Math.max(6 * this.scale, this.cell / 2));
    this.greys = inkLevels(this.colors, this.layers.levels).map((color) => `rgb(${color})`);
    this.legend.draw(this.colors);
    this.draw();
  }

  draw() {
    const { layers, cell, colors } = this;
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = this.hatch;
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (let at = 0; at < layers.known.length; at++) {
      if (!layers.known[at]) continue;
      pen.fillStyle = this.greys[layers.image[at]];
      pen.fillRect((at % layers.width) * cell, Math.floor(at / layers.width) * cell, cell, cell);
    }
    gridLines(pen, 0, 0, layers.height, layers.width, cell, colors.gridline);
    outlineCanvas(pen, colors.edge, this.scale);
    this.drawLine(pen);
    this.drawCursor(pen);
    this.showState();
  }

  get lineRow() {
    return this.lineShown ?? this.layers.givenRows;
  }

  drawLine(pen) {
    const thick = Math.round(3 * this.scale);
    const y = clamp(this.lineRow * this.cell - thick / 2, 0, this.canvas.height - thick);
    pen.fillStyle = this.colors.text;
    pen.fillRect(0, y, this.canvas.width, thick);
    this.grip.style.top = `${(this.lineRow * this.cell) / this.scale}px`;
  }

  drawCursor(pen) {
    if (this.root.getRootNode().activeElement !== this.canvas || !this.canvas.matches(":focus-visible")) return;
    const thick = Math.max(2, Math.round(3 * this.scale));
    const [x, y] = [this.cursor.column * this.cell - thick, this.cursor.row * this.cell - thick];
    outline(pen, x, y, this.cell + 2 * thick, this.colors.role("target"), thick);
  }

  showState() {
    const { given, ink, unknown } = this.layers.counts;
    this.toolbox.allow(this.layers.past.length > 0, this.layers.future.length > 0);
    this.line.value = this.lineRow;
    setText(this.lineText, String(this.lineRow));
    setParts(this.caption, [`${ink} cells of ink`, `${given} given`, `${unknown} unknown`]);
    Object.assign(this.root.dataset, { ink, given, unknown, line: this.lineRow, undo: this.layers.past.length });
  }

  // ---------------------------------------------------------------- reporting

  /** Tell Python: at once when a stroke ends, and now and then while it lasts. */
  tell(lasting = false) {
    if (lasting && !this.meta.reportWhileDrawing) return;
    const wait = lasting ? REPORT_EVERY_MS - (performance.now() - (this.toldAt ?? -Infinity)) : 0;
    clearTimeout(this.telling);
    if (wait <= 0) this.send();
    else this.telling = setTimeout(() => this.send(), wait);
  }

  send() {
    this.toldAt = performance.now();
    const { image, known } = this.layers;
    const drawing = { revision: this.revision, image: toBase64(image), known: toBase64(known) };
    const text = drawing.revision + drawing.image + drawing.known;
    if (text === this.told) return;
    this.told = text;
    this.report("drawing", drawing);
  }

  stop() {
    clearTimeout(this.telling);
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
    this.tool = name;
    this.root.dataset.tool = name;
    this.toolbox.press(name);
  }

  // ---------------------------------------------------------------- mouse, touch, pen

  listenToPen() {
    const { canvas } = this;
    const end = () => this.endStroke();
    canvas.addEventListener("pointerdown", (event) => this.beginStroke(event));
    canvas.addEventListener("pointermove", (event) => this.moveStroke(event));
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("focus", () => this.layers && this.draw());
    canvas.addEventListener("blur", () => this.layers && this.draw());
  }

  beginStroke(event) {
    if (!this.layers || event.button !== 0 || !event.isPrimary) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.layers.remember();
    this.lineShown = null;
    this.last = this.at(event);
    this.layers.stamp(this.tool, this.toolbox.size, this.last.x, this.last.y);
    this.draw();
    this.tell(true);
  }

  moveStroke(event) {
    if (!this.last || !event.isPrimary) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) this.strokeTo(this.at(part));
    this.strokeTo(this.at(event));
    this.draw();
    this.tell(true);
  }

  strokeTo(point) {
    this.layers.stroke(this.tool, this.toolbox.size, this.last, point);
    this.last = point;
  }

  endStroke() {
    if (!this.last) return;
    this.last = null;
    this.tell();
    this.announcer.say(this.caption.textContent);
  }

  /** A pointer's place, in cells. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.layers.width,
      y: ((event.clientY - box.top) / box.height) * this.layers.height,
    };
  }

  // ---------------------------------------------------------------- the line

  listenToGrip() {
    const { grip } = this;
    let held = false;
    grip.addEventListener("pointerdown", (event) => {
      held = true;
      grip.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    grip.addEventListener("pointermove", (event) => {
      if (held) this.dragLine(Math.round(clamp(this.at(event).y, 0, this.layers.height)));
    });
    for (const name of ["pointerup", "pointercancel"]) {
      grip.addEventListener(name, () => {
        held = false;
        this.dropLine();
      });
    }
  }

  /** The whole drag is one step of undo, and starts from the drawing as it was. */
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
