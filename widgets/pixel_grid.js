// The heatmap: numbers through a colour map, or the roles of the theme; every cell can be read.

class PixelGrid {
  constructor(root, signal) {
    this.root = root;
    this.grid = new CellGrid({
      onHover: (cell) => this.showCell(cell),
      onPick: (cell) => this.pick(cell),
    });
    this.title = element("div", { class: "title" });
    this.bar = element("canvas", { "aria-hidden": "true", class: "ramp" });
    this.low = element("span");
    this.high = element("span");
    this.scaleRow = element("div", { class: "scale" }, this.low, this.bar, this.high);
    this.caption = element("div", { class: "caption" });
    this.legendPlace = element("div");
    this.box = element("div", { class: "pixelgrid" }, this.title, this.grid.canvas, this.scaleRow);
    this.box.append(this.legendPlace, this.caption);
    this.root.append(this.box);
    this.announcer = new Announcer(root);
    this.link = new Link(signal, ({ cell }) => cell && this.follow(cell));
  }

  update(meta, arrays, digest) {
    Object.assign(this, { meta, arrays, digest });
    this.link.name = meta.link;
    if (this.grid.adopt(meta) && meta.report) this.report("cell", meta.before);
    setText(this.title, meta.title);
    this.title.hidden = !meta.title;
    this.scaleRow.hidden = meta.kind !== "values";
    this.grid.canvas.setAttribute("aria-label", `${meta.title || "Heatmap"}, ${meta.height} by ${meta.width} cells. Arrow keys select a cell.`);
    this.legendPlace.replaceChildren();
    this.legend = null;
    if (meta.kind === "roles") this.makeLegend();
    setText(this.low, number(meta.low, meta));
    setText(this.high, number(meta.high, meta));
    this.layout();
  }

  makeLegend() {
    const names = Object.keys(THEME.roles);
    const present = [...new Set(this.arrays.values)].sort((a, b) => a - b).map((index) => names[index]);
    this.legend = new Legend(this.legendPlace, present.map((name) => [name, THEME.roles[name].label]));
  }

  layout() {
    const width = Math.min(this.root.clientWidth, this.meta?.maxWidth ?? 0);
    if (!width) return;
    const tallest = Math.max(300, 0.62 * innerHeight);
    const { meta } = this;
    this.colors = palette(this.root);
    this.grid.layout(meta.height, meta.width, width, tallest, this.colors);
    this.box.style.maxWidth = this.grid.canvas.style.width;
    this.hatch = hatchPattern(this.grid.pen, this.colors, Math.max(5, this.grid.cell / 2));
    this.tiles = {};
    this.legend?.draw(this.colors);
    if (meta.kind === "values") this.drawRamp();
    this.draw();
  }

  draw() {
    const { meta, grid } = this;
    grid.pen.clearRect(0, 0, grid.canvas.width, grid.canvas.height);
    grid.paintCells(meta.kind === "roles" ? this.roleCell() : this.valueCell());
    if (this.arrays.overlay) grid.washWith(this.arrays.overlay, meta.overlayHighest);
    gridLines(grid.pen, 0, 0, meta.height, meta.width, grid.cell, this.colors.gridline);
    outlineCanvas(grid.pen, this.colors.edge, grid.scale);
    if (grid.selected) grid.markCell(grid.selected);
    this.showCell(grid.hovered ?? null);
  }

  valueCell() {
    const { values, colormap } = this.arrays;
    const { low, high, width } = this.meta;
    return (pen, row, column, x, y, size) => {
      const value = values[row * width + column];
      pen.fillStyle = Number.isNaN(value) ? this.hatch : mapped(colormap, (value - low) / (high - low || 1));
      pen.fillRect(x, y, size, size);
    };
  }

  roleCell() {
    const names = Object.keys(THEME.roles);
    return (pen, row, column, x, y, size) => {
      const name = names[this.arrays.values[row * this.meta.width + column]];
      this.tiles[name] ??= roleTile(name, size, this.colors);
      pen.drawImage(this.tiles[name], x, y);
    };
  }

  drawRamp() {
    sizeCanvas(this.bar, 160, 14);
    const pen = this.bar.getContext("2d");
    for (let x = 0; x < this.bar.width; x++) {
      pen.fillStyle = mapped(this.arrays.colormap, x / (this.bar.width - 1));
      pen.fillRect(x, 0, 1, this.bar.height);
    }
  }

  /** The hovered cell in words, or the selected one. */
  showCell(hovered) {
    const cell = hovered ?? this.grid.selected;
    setText(this.caption, cell ? this.words(cell) : "Point at a cell to read it.");
    this.root.dataset.cell = cell ? `${cell.row},${cell.column}` : "";
  }

  words(cell) {
    const value = this.arrays.values[cell.row * this.meta.width + cell.column];
    if (this.meta.kind === "roles") return `${placeWords(cell)}: ${Object.values(THEME.roles)[value].label}`;
    return `${placeWords(cell)}: ${Number.isNaN(value) ? "unknown" : number(value, this.meta)}`;
  }

  pick(cell) {
    this.select(cell);
    this.link.send({ cell });
    if (this.meta.report) this.report("cell", { ...cell, instead_of: this.meta.selected });
  }

  follow(cell) {
    if (!this.meta || cell.row >= this.meta.height || cell.column >= this.meta.width) return;
    this.select(cell);
  }

  select(cell) {
    this.grid.selected = cell;
    this.draw();
    this.announcer.say(this.words(cell));
  }
}

function mapped(colormap, share) {
  const at = 3 * Math.round(255 * clamp(share, 0, 1));
  return `rgb(${colormap[at]},${colormap[at + 1]},${colormap[at + 2]})`;
}

function number(value, { digits, unit }) {
  if (value === null || value === undefined) return "";
  const text = Number(value.toPrecision(digits)).toString().replace("-", "−");
  return unit ? `${text} ${unit}` : text;
}

export default function (component) {
  return mount(component, (root, signal) => new PixelGrid(root, signal));
}
