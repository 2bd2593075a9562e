// Pairs: two sheets drawn row by row in parallel; the chosen pair is overlaid.

const DRAW_MS = 2200; // from the first row to the last
const ROWS = 3; // of tiles, at most: the figures below are to be seen with them
const GAP = 8; // CSS pixels between tiles
const SMALLEST_TILE = 84; // CSS pixels
const LARGEST_PICTURE = 300; // CSS pixels: the difference
const SIDES = ["model_a", "model_b"];
const MOVES = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (columns) => -columns, ArrowDown: (columns) => columns };

class Pairs {
  constructor(root, signal) {
    this.root = root;
    this.chosen = 0;
    this.sheets = SIDES.map((role) => this.makeSheet(role));
    this.title = element("div", { class: "name" });
    this.picture = element("canvas", { class: "difference", role: "img" });
    this.legendPlace = element("div");
    this.caption = element("div", { class: "caption" });
    const between = element("div", { class: "between" }, this.title, this.picture, this.legendPlace, this.caption);
    root.append(element("div", { class: "pairs" }, this.sheets[0].box, between, this.sheets[1].box));
    this.legend = new Legend(this.legendPlace, [
      ["known", "ink in both"],
      ["model_a", "only in A"],
      ["model_b", "only in B"],
    ]);
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key), { pageKeys: true });
  }

  makeSheet(role) {
    const swatch = element("canvas", { "aria-hidden": "true" });
    const name = element("span");
    const canvas = element("canvas", { class: "tiles", tabindex: "0", role: "application" });
    canvas.addEventListener("pointermove", (event) => this.hover(this.tileAt(event)));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("click", (event) => this.choose(this.tileAt(event)));
    const box = element("div", { class: "sheet" }, element("div", { class: "name" }, swatch, name), canvas);
    return { role, swatch, name, canvas, box };
  }

  update(meta, arrays) {
    Object.assign(this, { meta, images: arrays.images });
    this.sheets.forEach((sheet, side) => {
      setText(sheet.name, `${"AB"[side]}: ${meta.names[side]}`);
      sheet.canvas.setAttribute(
        "aria-label",
        `Pictures drawn by ${"AB"[side]}, ${meta.names[side]}. Arrow keys choose a pair, Space draws them again.`,
      );
    });
    this.layout();
    this.play();
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }

  /** Whole device pixels per pixel, so that all have the same size. */
  layout() {
    const { meta } = this;
    if (!meta) return;
    const space = roomIn(this.sheets[0].box);
    this.scale = devicePixelRatio || 1;
    this.columns = clamp(Math.floor((space + GAP) / (SMALLEST_TILE + GAP)), 2, 4);
    this.count = Math.min(meta.n, ROWS * this.columns);
    this.chosen = Math.min(this.chosen, this.count - 1);
    const rows = Math.ceil(this.count / this.columns);
    const side = Math.max(meta.width, meta.height);
    this.cell = cellSize(space / this.columns - GAP, side);
    this.step = this.cell * side + Math.round(GAP * this.scale);
    this.colors = palette(this.root);
    for (const { canvas, swatch, role } of this.sheets) {
      sizeCanvas(canvas, (this.columns * this.step) / this.scale, (rows * this.step) / this.scale);
      sizeCanvas(swatch, 18, 18);
      swatch.getContext("2d").drawImage(roleTile(role, swatch.width, this.colors), 0, 0);
    }
    this.large = cellSize(Math.min(LARGEST_PICTURE, roomIn(this.title.parentElement) - 4), side);
    sizeCanvas(this.picture, (this.large * meta.width) / this.scale, (this.large * meta.height) / this.scale);
    this.tiles = this.sheets.map((_, index) => Array.from({ length: this.count }, (_, at) => this.inked(index, at)));
    this.legend.draw(this.colors);
    this.draw();
  }

  /** One picture, at one bitmap pixel per pixel. */
  inked(side, at) {
    const { width, height, levels } = this.meta;
    const ramp = inkLevels(this.colors, levels);
    const small = offscreen(width, height);
    const pen = small.getContext("2d");
    const bitmap = pen.createImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel++) bitmap.data.set([...ramp[this.level(side, at, pixel)], 255], 4 * pixel);
    pen.putImageData(bitmap, 0, 0);
    return small;
  }

  level(side, at, pixel) {
    const { n, width, height } = this.meta;
    return this.images[(side * n + at) * width * height + pixel];
  }

  // ---------------------------------------------------------------- the film

  play() {
    this.stop();
    if (prefersStill()) {
      this.rows = this.meta.height;
      this.draw();
      return;
    }
    const start = performance.now();
    const tick = (now) => {
      const rows = Math.min(this.meta.height, Math.floor((this.meta.height * Math.max(0, now - start)) / DRAW_MS));
      if (rows !== this.rows) {
        this.rows = rows;
        this.draw();
      }
      if (rows < this.meta.height) this.frame = requestAnimationFrame(tick);
    };
    this.rows = 0;
    this.frame = requestAnimationFrame(tick);
  }

  draw() {
    if (this.rows === undefined || !this.tiles) return;
    this.root.dataset.rows = this.rows;
    this.sheets.forEach((sheet, side) => this.drawSheet(sheet.canvas, side));
    this.drawDifference();
  }

  drawSheet(canvas, side) {
    const { meta, cell, step } = this;
    const pen = canvas.getContext("2d");
    const [width, height, drawn] = [meta.width * cell, meta.height * cell, this.rows * cell];
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = false;
    const inset = Math.round((GAP * this.scale) / 2);
    this.tiles[side].forEach((tile, at) => {
      const [x, y] = [inset + (at % this.columns) * step, inset + Math.floor(at / this.columns) * step];
      pen.fillStyle = hatchPattern(pen, this.colors, 5 * this.scale);
      pen.fillRect(x, y, width, height);
      if (drawn) pen.drawImage(tile, 0, 0, meta.width, this.rows, x, y, width, drawn);
      frame(pen, x, y, width, height, this.colors.edge, this.scale);
      if (this.rows < meta.height) {
        pen.fillStyle = this.colors.role("target");
        pen.fillRect(x, y + drawn, width, cell);
      }
      this.writeCaption(pen, meta.captions[at], x, y);
      if (at === this.shown) targetOutline(pen, x, y, width, height, this.colors, 3 * this.scale, this.scale);
    });
  }

  writeCaption(pen, caption, x, y) {
    if (!caption) return;
    pen.font = `600 ${13 * this.scale}px ${cssVariable(this.root, "--st-font") || "sans-serif"}`;
    pen.textBaseline = "top";
    pen.fillStyle = this.colors.ink;
    pen.globalAlpha = 0.75;
    pen.fillText(caption, x + 4 * this.scale, y + 4 * this.scale);
    pen.globalAlpha = 1;
  }

  // ---------------------------------------------------------------- the pair

  get shown() {
    return this.hovered ?? this.chosen;
  }

  drawDifference() {
    const { meta, large, shown, colors } = this;
    const pen = this.picture.getContext("2d");
    const shades = SIDES.map((role) => rgb(colors.role(role)));
    const ramp = inkLevels(colors, meta.levels);
    let differ = 0;
    for (let pixel = 0; pixel < meta.width * meta.height; pixel++) {
      const levels = SIDES.map((_, side) => this.level(side, shown, pixel));
      const [x, y] = [(pixel % meta.width) * large, Math.floor(pixel / meta.width) * large];
      if (levels[0] === levels[1]) {
        pen.fillStyle = `rgb(${ramp[levels[0]]})`;
        pen.fillRect(x, y, large, large);
        continue;
      }
      differ++;
      const winner = levels[0] > levels[1] ? 0 : 1;
      const share = Math.abs(levels[0] - levels[1]) / (meta.levels - 1);
      pen.fillStyle = `rgb(${ramp[0].map((from, i) => Math.round(from + (shades[winner][i] - from) * share))})`;
      pen.fillRect(x, y, large, large);
      if (winner === 1 && large > 4) {
        pen.fillStyle = colors.mark;
        pen.fillRect(x + Math.floor(large * 0.38), y + Math.floor(large * 0.38), Math.ceil(large / 4), Math.ceil(large / 4));
      }
    }
    gridLines(pen, 0, 0, meta.height, meta.width, large, colors.gridline);
    outlineCanvas(pen, colors.edge, this.scale);
    this.tell(differ);
  }

  tell(differ) {
    const { meta, shown } = this;
    const label = meta.captions[shown] ? `, label ${meta.captions[shown]}` : "";
    this.words = `${differ} of ${meta.width * meta.height} pixels ${differ === 1 ? "differs" : "differ"}.`;
    setText(this.title, `Pair ${shown + 1}${label}`);
    setText(this.caption, this.words);
    this.picture.setAttribute("aria-label", `Pair ${shown + 1}${label}: ${this.words}`);
    this.root.dataset.pair = shown;
    this.root.dataset.differ = differ;
  }

  tileAt(event) {
    const box = event.target.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const row = Math.floor((((event.clientY - box.top) / box.height) * event.target.height) / this.step);
    const at = clamp(row, 0, Infinity) * this.columns + clamp(column, 0, this.columns - 1);
    return at < this.count ? at : null;
  }

  hover(at) {
    if (at === (this.hovered ?? null)) return;
    this.hovered = at;
    this.draw();
  }

  choose(at) {
    if (at === null) return;
    this.chosen = at;
    this.draw();
    this.announcer.say(`${this.title.textContent}: ${this.words}`);
  }

  onKey(key) {
    if (!this.meta) return false;
    if (key === " " || key === "r") {
      this.play();
      return true;
    }
    if (!(key in MOVES)) return false;
    this.hovered = null;
    const to = this.chosen + MOVES[key](this.columns);
    if (to >= 0 && to < this.count) this.choose(to);
    return true;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new Pairs(root, signal));
}
