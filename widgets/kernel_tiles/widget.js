// A kernel as tiles: kept weights solid, masked ones hatched and struck through, leaks crossed.

class KernelTiles {
  constructor(root, signal) {
    this.root = root;
    this.link = new Link(signal, () => {});
    this.grid = new CellGrid({ onHover: (cell) => this.showCell(cell), onPick: (cell, byKey) => this.pick(cell, byKey) });
    this.title = element("div", { class: "title" });
    this.caption = element("div", { class: "caption" });
    this.across = element("div", { class: "names across", "aria-hidden": "true" });
    this.down = element("div", { class: "names down", "aria-hidden": "true" });
    this.picture = element("div", { class: "picture" }, this.across, this.down, this.grid.canvas);
    this.code = new TileCode((lit) => this.lightTiles(lit));
    this.tiles = element("div", { class: "tiles" }, this.title, this.picture, this.caption);
    this.box = element("div", { class: "kerneltiles" }, this.tiles, this.code.list);
    this.root.append(this.box);
    this.announcer = new Announcer(root);
    this.grid.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.grid.canvas.addEventListener("blur", () => this.meta && this.draw());
  }

  update(meta, arrays) {
    const isNew = meta.base !== this.meta?.base;
    if (isNew) this.mask = Uint8Array.from(arrays.start);
    if (meta.before?.base === meta.base) {
      this.mask = fromBase64(meta.before.cells);
      this.report("mask", meta.before);
    }
    Object.assign(this, { meta, arrays });
    this.link.name = meta.link;
    if (isNew) this.tellGrids();
    setText(this.title, meta.title);
    this.title.hidden = !meta.title;
    this.grid.canvas.classList.toggle("fixed", !meta.toggles);
    for (const names of [this.across, this.down]) {
      names.replaceChildren(...meta.blocks.map((text) => element("span", { text })));
      names.hidden = !meta.blocks.length;
    }
    const keys = meta.toggles ? "Arrow keys move, Space toggles." : "Arrow keys read the weights.";
    this.grid.canvas.setAttribute("aria-label", `${meta.title || "Kernel"}, ${meta.height} by ${meta.width} weights. ${keys}`);
    this.layout();
  }

  layout() {
    const room = this.meta?.blocks.length ? 28 : 0; // for the names at the side
    const width = Math.min(roomIn(this.root), this.meta?.maxWidth ?? 0) - room;
    if (width <= 0) return;
    this.colors = palette(this.root);
    this.grid.layout(this.meta.height, this.meta.width, width, width, this.colors);
    this.tiles.style.maxWidth = `max(9rem, ${this.grid.canvas.width / this.grid.scale + room}px)`;
    this.across.style.width = this.grid.canvas.style.width;
    this.draw();
  }

  draw() {
    const { grid, meta, colors } = this;
    const hatch = hatchPattern(grid.pen, colors, 9 * grid.scale);
    grid.paintCells((pen, row, column, x, y, size) => {
      const at = row * meta.width + column;
      if (!this.mask[at]) this.drawMasked(pen, hatch, x, y, size);
      else if (this.arrays.forbidden?.[at]) pen.drawImage(roleTile("leak", size, colors), x, y);
      else this.drawKept(pen, at, x, y, size);
      frame(pen, x + 1, y + 1, size - 2, size - 2, colors.background, Math.max(2, Math.round(size / 24)));
    });
    this.markCentres();
    if (this.lit) this.outlineTiles(this.lit, colors.text, 3 * grid.scale);
    const focused = this.root.getRootNode().activeElement === grid.canvas;
    if (focused && grid.selected) this.outlineTiles((at) => at === this.at(grid.selected), colors.text, 2 * grid.scale);
    this.code.show(meta, this.mask, this.arrays.mask, this.arrays.lines);
    this.root.dataset.kept = this.mask.reduce((sum, kept) => sum + kept, 0);
    this.root.dataset.changed = this.mask.reduce((sum, kept, at) => sum + (kept !== this.arrays.mask[at]), 0);
    this.showCell(grid.hovered ?? null);
  }

  at({ row, column }) {
    return row * this.meta.width + column;
  }

  /** The weight of the pixel itself, in each block, and wide lines between blocks. */
  markCentres() {
    const { grid, meta, colors } = this;
    const blocks = Math.max(1, meta.blocks.length);
    const [rows, columns] = [meta.height / blocks, meta.width / blocks];
    for (let block = 1; block < blocks; block++) {
      const wide = Math.max(3, Math.round(4 * grid.scale));
      grid.pen.fillStyle = colors.background;
      grid.pen.fillRect(block * columns * grid.cell - wide / 2, 0, wide, grid.canvas.height);
      grid.pen.fillRect(0, block * rows * grid.cell - wide / 2, grid.canvas.width, wide);
    }
    for (let block = 0; block < blocks * blocks; block++) {
      const row = Math.floor(block / blocks) * rows + Math.floor(rows / 2);
      const column = (block % blocks) * columns + Math.floor(columns / 2);
      const thick = Math.max(2, Math.round(3 * grid.scale));
      const [x, y] = [column * grid.cell + thick, row * grid.cell + thick]; // inside its tile
      const size = grid.cell - 2 * thick;
      targetOutline(grid.pen, x, y, size, size, colors, thick, grid.scale);
    }
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

  /** A number in the tile, dark on light or light on dark, if it fits. */
  write(pen, text, color, x, y, size) {
    if (size < 26 * this.grid.scale) return;
    const [r, g, b] = color;
    pen.fillStyle = 0.2126 * r + 0.7152 * g + 0.0722 * b > 120 ? this.colors.ink : this.colors.paper;
    pen.font = `600 ${Math.round(size * (this.arrays.weights ? 0.29 : 0.36))}px ${cssVariable(this.root, "--st-font") || "sans-serif"}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x + size / 2, y + size / 2);
  }

  outlineTiles(chosen, color, lineWidth) {
    const { grid, meta } = this;
    const inset = Math.round(4 * grid.scale);
    for (const at of this.mask.keys()) {
      if (!chosen(at)) continue;
      const [x, y] = [(at % meta.width) * grid.cell, Math.floor(at / meta.width) * grid.cell];
      outline(grid.pen, x + inset, y + inset, grid.cell - 2 * inset, color, lineWidth);
    }
  }

  lightTiles(lit) {
    this.lit = lit;
    this.draw();
  }

  showCell(hovered) {
    const focused = this.root.getRootNode().activeElement === this.grid.canvas;
    const cell = hovered ?? (focused ? this.grid.selected : null);
    setText(this.caption, cell ? this.words(cell) : this.summary());
    this.code.light(cell ? this.at(cell) : null);
  }

  summary() {
    const { kept, changed } = this.root.dataset;
    const words = `${kept} of ${this.mask.length} weights open`;
    return changed === "0" ? words : `${words}, ${changed} changed by hand`;
  }

  words(cell) {
    const at = this.at(cell);
    const leaks = this.mask[at] && this.arrays.forbidden?.[at];
    const state = leaks ? "open: it looks ahead" : this.mask[at] ? "open" : "masked";
    const weight = this.arrays.weights ? `, weight ${shortNumber(this.arrays.weights[at])}` : "";
    return `${this.place(cell)}: ${state}${weight}`;
  }

  place({ row, column }) {
    const { blocks, height, width } = this.meta;
    if (!blocks.length) return placeWords({ row, column });
    const [rows, columns] = [height / blocks.length, width / blocks.length];
    const [to, from] = [blocks[Math.floor(row / rows)], blocks[Math.floor(column / columns)]];
    return `${from} to ${to}, ${placeWords({ row: row % rows, column: column % columns })}`;
  }

  pick(cell, byKey) {
    if (this.meta.toggles && !byKey) this.toggle(cell);
    this.draw();
    this.speak(cell);
  }

  onKey(event) {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    this.grid.selected ??= { row: 0, column: 0 };
    if (this.meta.toggles) this.toggle(this.grid.selected);
    this.draw();
    this.speak(this.grid.selected);
  }

  speak(cell) {
    const line = this.code.words(this.at(cell));
    this.announcer.say(line ? `${this.words(cell)}, by ${line}` : this.words(cell));
  }

  toggle({ row, column }) {
    this.mask[row * this.meta.width + column] ^= 1;
    this.tellGrids();
    this.report("mask", { base: this.meta.base, cells: toBase64(this.mask) });
  }

  /** Update linked grids without waiting for Python. */
  tellGrids() {
    this.link.send({ layer: this.meta.layer, mask: [...this.mask] });
  }
}

/** Blue for negative, red for positive, as in the signed maps. */
function weightColor(colormap, share) {
  const at = 3 * Math.round(127.5 + 127.5 * clamp(share, -1, 1));
  return [colormap[at], colormap[at + 1], colormap[at + 2]];
}

function shortNumber(value) {
  return value.toFixed(2).replace("-", "−").replace(/^(−?)0\./, "$1.");
}

export default function (component) {
  return mount(component, (root, signal) => new KernelTiles(root, signal));
}
