// The view of the drawing: cells, the line "given down to here", and the keyboard's cursor.

const GUTTER = 44; // CSS pixels beside the drawing, for the grip of the line
const FAINT = 0.7; // how opaque the surest ink is that may come: the hatch shows through

class Board {
  constructor() {
    this.canvas = element("canvas", { tabindex: "0", role: "application", class: "drawing" });
    this.grip = element("div", { class: "grip", "aria-hidden": "true" }, element("span"));
    this.node = element("div", { class: "board" }, this.canvas, this.grip);
  }

  layout({ height, width, levels }, cssWidth, colors) {
    Object.assign(this, { rows: height, columns: width, colors });
    this.scale = devicePixelRatio || 1;
    this.cell = Math.min(cellSize(cssWidth, width), cellSize(Math.max(cssWidth, 200), height));
    sizeCanvas(this.canvas, (width * this.cell) / this.scale, (height * this.cell) / this.scale);
    this.pen = this.canvas.getContext("2d");
    this.hatch = hatchPattern(this.pen, colors, Math.max(6 * this.scale, this.cell / 2));
    this.greys = inkLevels(colors, levels).map((color) => `rgb(${color})`);
  }

  /** `ghost`: 0 to 255 per cell, or null. */
  draw({ image, known }, lineRow, cursor, ghost) {
    const { pen, cell, rows, columns, colors } = this;
    pen.fillStyle = this.hatch;
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (ghost) this.drawGhost(ghost);
    for (let at = 0; at < known.length; at++) {
      if (!known[at]) continue;
      pen.fillStyle = this.greys[image[at]];
      pen.fillRect((at % columns) * cell, Math.floor(at / columns) * cell, cell, cell);
    }
    gridLines(pen, 0, 0, rows, columns, cell, colors.gridline);
    outlineCanvas(pen, colors.edge, this.scale);
    this.drawLine(lineRow);
    if (cursor) this.drawCursor(cursor);
  }

  /** Known cells are painted over it. */
  drawGhost(ghost) {
    const { pen, cell, columns } = this;
    pen.fillStyle = this.colors.role("drawn");
    for (let at = 0; at < ghost.length; at++) {
      if (!ghost[at]) continue;
      pen.globalAlpha = (FAINT * ghost[at]) / 255;
      pen.fillRect((at % columns) * cell, Math.floor(at / columns) * cell, cell, cell);
    }
    pen.globalAlpha = 1;
  }

  drawLine(row) {
    const thick = Math.round(3 * this.scale);
    const y = clamp(row * this.cell - thick / 2, 0, this.canvas.height - thick);
    this.pen.fillStyle = this.colors.text;
    this.pen.fillRect(0, y, this.canvas.width, thick);
    this.grip.style.top = `${(row * this.cell) / this.scale}px`;
  }

  drawCursor({ row, column }) {
    const thick = Math.max(2, Math.round(3 * this.scale));
    const size = this.cell + 2 * thick;
    const x = clamp(column * this.cell - thick, 0, this.canvas.width - size);
    const y = clamp(row * this.cell - thick, 0, this.canvas.height - size);
    outline(this.pen, x, y, size, this.colors.role("target"), thick);
  }

  holds({ x, y }) {
    return x >= 0 && y >= 0 && x <= this.columns && y <= this.rows;
  }

  /** The pointer's position in cells. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.columns,
      y: ((event.clientY - box.top) / box.height) * this.rows,
    };
  }
}
