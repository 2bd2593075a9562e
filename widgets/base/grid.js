// A canvas of cells, one of them selected: shared by the heatmaps and the kernel.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class CellGrid {
  /** `onHover(cell or null)`, `onPick(cell, byKey)`: a cell is { row, column }. */
  constructor({ onHover, onPick }) {
    this.canvas = element("canvas", { tabindex: "0", role: "application", class: "cells" });
    this.onHover = onHover;
    this.onPick = onPick;
    this.selected = null;
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.hover(this.cellAt(event)));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("click", (event) => this.pick(this.cellAt(event), false));
    canvas.addEventListener("keydown", (event) => this.move(event));
  }

  /** Fit `rows` x `columns` whole cells into a space in CSS pixels. */
  layout(rows, columns, cssWidth, cssHeight, colors) {
    Object.assign(this, { rows, columns, colors });
    this.scale = devicePixelRatio || 1;
    this.cell = Math.min(cellSize(cssWidth, columns), cellSize(cssHeight, rows));
    sizeCanvas(this.canvas, (columns * this.cell) / this.scale, (rows * this.cell) / this.scale);
    this.pen = this.canvas.getContext("2d");
  }

  /** `paint(pen, row, column, x, y, size)` for every cell, in device pixels. */
  paintCells(paint) {
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        paint(this.pen, row, column, column * this.cell, row * this.cell, this.cell);
      }
    }
  }

  /** Mark the target. */
  markCell({ row, column }) {
    const thick = Math.max(2, Math.round(3 * this.scale));
    const [right, bottom] = [this.canvas.width - this.cell - thick, this.canvas.height - this.cell - thick];
    const x = clamp(column * this.cell, thick, right);
    const y = clamp(row * this.cell, thick, bottom);
    targetOutline(this.pen, x, y, this.cell, this.cell, this.colors, thick, this.scale);
  }

  /** The picture behind the cells, faint: levels drawn as ink. */
  washWith(levels, highest, strength = 0.35) {
    this.pen.fillStyle = this.colors.ink;
    this.paintCells((pen, row, column, x, y, size) => {
      pen.globalAlpha = (strength * levels[row * this.columns + column]) / highest;
      pen.fillRect(x, y, size, size);
    });
    this.pen.globalAlpha = 1;
  }

  /**
   * Select Python's cell if it is new; else keep the user's, also the one from `before` the widget
   * was mounted again. Returns true in that last case: the selection has to be reported.
   */
  adopt({ selected, before, height, width }) {
    const asked = JSON.stringify(selected);
    if (asked === this.asked) return false;
    this.asked = asked;
    const again = before && JSON.stringify(before.instead_of) === asked && before.row < height && before.column < width;
    if (again) this.selected = { row: before.row, column: before.column };
    else this.selected = selected && { row: selected[0], column: selected[1] };
    return Boolean(again);
  }

  cellAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    return { row: clamp(row, 0, this.rows - 1), column: clamp(column, 0, this.columns - 1) };
  }

  hover(cell) {
    const same = this.hovered?.row === cell?.row && this.hovered?.column === cell?.column;
    if (!this.rows || same) return;
    this.hovered = cell;
    this.onHover(cell);
  }

  pick(cell, byKey) {
    if (!this.rows) return;
    this.selected = cell;
    this.onPick(cell, byKey);
  }

  move(event) {
    const step = STEPS[event.key];
    if (!step || !this.rows || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const from = this.selected ?? { row: 0, column: 0 };
    this.hovered = null;
    const row = clamp(from.row + step[0], 0, this.rows - 1);
    const column = clamp(from.column + step[1], 0, this.columns - 1);
    this.pick({ row, column }, true);
  }
}

const placeWords = ({ row, column }) => `row ${row}, column ${column}`;

/**
 * Let grids of one `name` follow each other. `detail` is any message; `onMessage` gets those of the
 * others. A new grid asks the others for their state.
 */
class Link {
  constructor(signal, onMessage) {
    this.source = Symbol("grid");
    const listen = (event) => {
      const { name, source, ...detail } = event.detail;
      if (this.name && name === this.name && source !== this.source) onMessage(detail);
    };
    window.addEventListener("pixelcnn-lab-link", listen, { signal });
  }

  send(detail) {
    if (!this.name) return;
    const message = { name: this.name, source: this.source, ...detail };
    window.dispatchEvent(new CustomEvent("pixelcnn-lab-link", { detail: message }));
  }
}
