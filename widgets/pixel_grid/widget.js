// The heatmap: values through a colour map, or the roles of the theme; every cell can be read.

const NO_ROLE = 255;
const ROLE_NAMES = Object.keys(THEME.roles);
const ROOM_FOR_A_NUMBER = 26; // CSS pixels

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
    this.ends = [element("span"), element("span")];
    this.endsRow = element("div", { class: "ends" }, ...this.ends);
    this.caption = element("div", { class: "caption" });
    this.legendPlace = element("div");
    this.box = element("div", { class: "pixelgrid" }, this.title, this.grid.canvas, this.scaleRow);
    this.box.append(this.endsRow, this.legendPlace, this.caption);
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
    const entries = meta.kind === "roles" ? this.rolesPresent() : meta.legend;
    if (entries.length) this.legend = new Legend(this.legendPlace, entries);
    setText(this.low, number(meta.low, meta));
    setText(this.high, number(meta.high, meta));
    this.ends.forEach((node, end) => setText(node, meta.ends[end]));
    this.endsRow.hidden = !meta.ends.some(Boolean);
    this.layout();
  }

  rolesPresent() {
    const present = [...new Set(this.arrays.values)].sort((a, b) => a - b).map((index) => ROLE_NAMES[index]);
    return present.map((name) => [name, THEME.roles[name].label]);
  }

  layout() {
    const width = Math.min(roomIn(this.root), this.meta?.maxWidth ?? 0);
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
    if (this.arrays.overlay && !meta.outline) grid.washWith(this.arrays.overlay, meta.overlayHighest);
    gridLines(grid.pen, 0, 0, meta.height, meta.width, grid.cell, this.colors.gridline);
    if (this.arrays.overlay && meta.outline) this.drawOutline();
    if (meta.numbers && grid.cell >= ROOM_FOR_A_NUMBER * grid.scale) this.writeNumbers();
    outlineCanvas(grid.pen, this.colors.edge, grid.scale);
    if (grid.selected) grid.markCell(grid.selected);
    this.showCell(grid.hovered ?? null);
  }

  valueCell() {
    const { values, marks } = this.arrays;
    const { width } = this.meta;
    const role = this.roleCell(marks);
    return (pen, row, column, x, y, size) => {
      const at = row * width + column;
      if (marks && marks[at] !== NO_ROLE) return role(pen, row, column, x, y, size);
      pen.fillStyle = Number.isNaN(values[at]) ? this.hatch : `rgb(${this.color(values[at])})`;
      pen.fillRect(x, y, size, size);
    };
  }

  roleCell(indices = this.arrays.values) {
    return (pen, row, column, x, y, size) => {
      const name = ROLE_NAMES[indices[row * this.meta.width + column]];
      this.tiles[name] ??= roleTile(name, size, this.colors);
      pen.drawImage(this.tiles[name], x, y);
    };
  }

  /** [r, g, b] of a value. */
  color(value) {
    const { low, high, logarithmic } = this.meta;
    const scaled = logarithmic ? (at) => Math.log(Math.max(at, low)) : (at) => at;
    return mapped(this.arrays.colormap, (scaled(value) - scaled(low)) / (scaled(high) - scaled(low) || 1));
  }

  /** The edge of the overlay's ink, light within dark, visible on every colour. */
  drawOutline() {
    const { meta, grid } = this;
    const ink = (row, column) => 2 * this.arrays.overlay[row * meta.width + column] > meta.overlayHighest;
    const edges = borderEdges(ink, meta.height, meta.width);
    strokeEdges(grid.pen, edges, 0, 0, grid.cell, this.colors.mark, 3.2 * grid.scale);
    strokeEdges(grid.pen, edges, 0, 0, grid.cell, this.colors.paper, 1.4 * grid.scale);
  }

  writeNumbers() {
    const { values, marks } = this.arrays;
    const { pen, cell } = this.grid;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `${Math.min(Math.round(cell * 0.36), 15 * typeScale() * this.grid.scale)}px ${cssVariable(this.root, "--st-font") || "sans-serif"}`;
    this.grid.paintCells((_, row, column, x, y, size) => {
      const at = row * this.meta.width + column;
      if (Number.isNaN(values[at]) || (marks && marks[at] !== NO_ROLE)) return;
      const [r, g, b] = this.color(values[at]);
      pen.fillStyle = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? this.colors.ink : this.colors.paper;
      const text = values[at].toFixed(2).replace("-0.00", "0.00").replace("-", "−").replace(/^(−?)0\./, "$1.");
      pen.fillText(text, x + size / 2, y + size / 2);
    });
  }

  drawRamp() {
    sizeCanvas(this.bar, 160, 14);
    const pen = this.bar.getContext("2d");
    for (let x = 0; x < this.bar.width; x++) {
      pen.fillStyle = `rgb(${mapped(this.arrays.colormap, x / (this.bar.width - 1))})`;
      pen.fillRect(x, 0, 1, this.bar.height);
    }
  }

  /** Describe the hovered cell, or the selected one. */
  showCell(hovered) {
    const cell = hovered ?? this.grid.selected;
    setText(this.caption, cell ? this.words(cell) : this.meta.numbers ? "" : "Point at a cell to read it.");
    this.root.dataset.cell = cell ? `${cell.row},${cell.column}` : "";
  }

  words(cell) {
    const at = cell.row * this.meta.width + cell.column;
    const value = this.arrays.values[at];
    if (this.meta.kind === "roles") return `${placeWords(cell)}: ${Object.values(THEME.roles)[value].label}`;
    const said = Number.isNaN(value) ? this.meta.missing : number(value, this.meta);
    const role = ROLE_NAMES[this.arrays.marks?.[at] ?? NO_ROLE];
    const mark = this.meta.legend.find(([name]) => name === role);
    return `${placeWords(cell)}: ${mark ? `${said}, ${mark[1]}` : said}`;
  }

  pick(cell) {
    this.select(cell);
    this.link.send({ cell });
    if (this.meta.report) this.report("cell", { ...cell, instead_of: this.meta.selected, at: Date.now() });
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

/** [r, g, b] at a share of the colour map. */
function mapped(colormap, share) {
  const at = 3 * Math.round(255 * clamp(share, 0, 1));
  return colormap.subarray(at, at + 3);
}

function number(value, { digits, unit }) {
  if (value === null || value === undefined) return "";
  const [factor, exponent] = Number(value.toPrecision(digits)).toString().split("e");
  const raised = (text) => text.replace("+", "").replace(/[-\d]/g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
  const text = (exponent ? `${factor} × 10${raised(exponent)}` : factor).replace("-", "−");
  return unit ? `${text} ${unit}` : text;
}

export default function (component) {
  return mount(component, (root, signal) => new PixelGrid(root, signal));
}
