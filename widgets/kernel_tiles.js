// A kernel as tiles: kept weights solid, masked ones hatched and struck through.

class KernelTiles {
  constructor(root) {
    this.root = root;
    this.grid = new CellGrid({ onHover: (cell) => this.showCell(cell), onPick: (cell, byKey) => this.pick(cell, byKey) });
    this.title = element("div", { class: "title" });
    this.caption = element("div", { class: "caption" });
    this.box = element("div", { class: "kerneltiles" }, this.title, this.grid.canvas, this.caption);
    this.root.append(this.box);
    this.announcer = new Announcer(root);
    this.grid.canvas.addEventListener("keydown", (event) => this.onKey(event));
  }

  update(meta, arrays) {
    if (meta.base !== this.meta?.base) this.mask = Uint8Array.from(arrays.mask);
    if (meta.before?.base === meta.base) {
      this.mask = fromBase64(meta.before.cells);
      this.report("mask", meta.before);
    }
    Object.assign(this, { meta, arrays });
    setText(this.title, meta.title);
    this.title.hidden = !meta.title;
    this.grid.canvas.classList.toggle("fixed", !meta.toggles);
    const keys = meta.toggles ? "Arrow keys move, Space toggles." : "Arrow keys read the weights.";
    this.grid.canvas.setAttribute("aria-label", `${meta.title || "Kernel"}, ${meta.height} by ${meta.width} weights. ${keys}`);
    this.layout();
  }

  layout() {
    const width = Math.min(this.root.clientWidth, this.meta?.maxWidth ?? 0);
    if (!width) return;
    this.colors = palette(this.root);
    this.grid.layout(this.meta.height, this.meta.width, width, width, this.colors);
    this.box.style.maxWidth = this.grid.canvas.style.width;
    this.draw();
  }

  draw() {
    const { grid, meta, colors } = this;
    const hatch = hatchPattern(grid.pen, colors, 9 * grid.scale);
    grid.paintCells((pen, row, column, x, y, size) => {
      const at = row * meta.width + column;
      if (this.mask[at]) this.drawKept(pen, at, x, y, size);
      else this.drawMasked(pen, hatch, x, y, size);
      frame(pen, x + 1, y + 1, size - 2, size - 2, colors.background, Math.max(2, Math.round(size / 24)));
    });
    grid.markCell({ row: Math.floor(meta.height / 2), column: Math.floor(meta.width / 2) });
    const focused = this.root.getRootNode().activeElement === grid.canvas;
    if (focused && grid.selected) this.markSelected(grid.selected);
    this.root.dataset.kept = this.mask.reduce((sum, kept) => sum + kept, 0);
    this.showCell(grid.hovered ?? null);
  }

  drawKept(pen, at, x, y, size) {
    const { weights, colormap } = this.arrays;
    const color = weights ? weightColor(colormap, weights[at] / this.meta.highest) : rgb(this.colors.role("seen"));
    pen.fillStyle = `rgb(${color})`;
    pen.fillRect(x, y, size, size);
    if (weights) this.write(pen, shortNumber(weights[at]), color, x, y, size);
    else this.write(pen, "1", color, x, y, size);
  }

  drawMasked(pen, hatch, x, y, size) {
    pen.fillStyle = hatch;
    pen.fillRect(x, y, size, size);
    pen.save();
    pen.translate(x, y);
    cross(pen, size, this.colors.text, Math.max(1.5, size / 22));
    pen.restore();
  }

  /** A number in the tile, dark on light and light on dark, where there is room for it. */
  write(pen, text, color, x, y, size) {
    if (size < 26 * this.grid.scale) return;
    const [r, g, b] = color;
    pen.fillStyle = 0.2126 * r + 0.7152 * g + 0.0722 * b > 120 ? this.colors.ink : this.colors.paper;
    pen.font = `600 ${Math.round(size * (this.arrays.weights ? 0.29 : 0.36))}px ${cssVariable(this.root, "--st-font") || "sans-serif"}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x + size / 2, y + size / 2);
  }

  markSelected({ row, column }) {
    const { grid, colors } = this;
    const inset = Math.round(5 * grid.scale);
    outline(grid.pen, column * grid.cell + inset, row * grid.cell + inset, grid.cell - 2 * inset, colors.text, 2 * grid.scale);
  }

  showCell(hovered) {
    const cell = hovered ?? this.grid.selected;
    setText(this.caption, cell ? this.words(cell) : `${this.root.dataset.kept} of ${this.mask.length} weights kept`);
  }

  words({ row, column }) {
    const at = row * this.meta.width + column;
    const state = this.mask[at] ? "kept" : "masked";
    const weight = this.arrays.weights ? `, weight ${shortNumber(this.arrays.weights[at])}` : "";
    return `row ${row}, column ${column}: ${state}${weight}`;
  }

  pick(cell, byKey) {
    if (this.meta.toggles && !byKey) this.toggle(cell);
    this.draw();
    this.announcer.say(this.words(cell));
  }

  onKey(event) {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    this.grid.selected ??= { row: 0, column: 0 };
    if (this.meta.toggles) this.toggle(this.grid.selected);
    this.draw();
    this.announcer.say(this.words(this.grid.selected));
  }

  toggle({ row, column }) {
    this.mask[row * this.meta.width + column] ^= 1;
    this.report("mask", { base: this.meta.base, cells: toBase64(this.mask) });
  }
}

/** Blue for negative, red for positive, as the signed maps. */
function weightColor(colormap, share) {
  const at = 3 * Math.round(127.5 + 127.5 * clamp(share, -1, 1));
  return [colormap[at], colormap[at + 1], colormap[at + 2]];
}

function shortNumber(value) {
  return value.toFixed(2).replace("-", "−").replace(/^(−?)0\./, "$1.");
}

export default function (component) {
  return mount(component, (root) => new KernelTiles(root));
}
