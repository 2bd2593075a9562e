// The reach grid: point at a pixel, and every other one shows its role for that target.

const DEPTH_EVERY_MS = 450;

class ReachGrid {
  constructor(root, signal) {
    this.root = root;
    this.grid = new CellGrid({
      onHover: (cell) => this.show(cell),
      onPick: (cell) => this.pin(cell),
    });
    this.edited = new Map(); // by layer: masks of linked tiles that Python has not heard of yet
    this.build();
    this.announcer = new Announcer(root);
    this.link = new Link(signal, (message) => this.follow(message));
    listenToKeys(root, signal, (key) => this.onKey(key), { pageKeys: true });
  }

  build() {
    this.title = element("div", { class: "title" });
    this.playButton = button("Play the depth (Space)", ICONS.play, () => this.toggle());
    this.slider = element("input", { type: "range", min: 0, "aria-label": "Depth" });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.setDepth(Number(this.slider.value));
    });
    this.depthText = element("span", { class: "depth-text" });
    this.depthRow = element("div", { class: "depth" }, this.playButton, this.slider, this.depthText);
    this.caption = element("div", { class: "caption" });
    this.legend = new Legend(
      element("div"),
      ["target", "seen", "legal_not_yet", "never", "future", "leak"].map((name) => [name, THEME.roles[name].label]),
    );
    this.box = element("div", { class: "reachgrid" }, this.title, this.grid.canvas, this.depthRow);
    this.box.append(this.caption, this.legend.list);
    this.root.append(this.box);
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays) {
    this.meta = meta;
    this.relation = meta.stack ? this.stackRelation() : new Relation(meta, arrays);
    this.link.name = meta.link;
    const again = this.grid.adopt(meta) && meta.before.instead_of_depth === meta.depth;
    if (this.askedDepth !== meta.depth) this.depth = again ? meta.before.depth : meta.depth;
    this.askedDepth = meta.depth;
    if (again && meta.report) this.report("target", meta.before);
    this.depth = clamp(this.depth, 0, meta.depths - 1);
    this.overlayHighest = meta.overlay && Math.max(1, ...meta.overlay);
    this.slider.max = meta.depths - 1;
    this.depthRow.hidden = meta.depths < 2;
    this.legend.list.hidden = !meta.legend;
    setText(this.title, meta.title);
    this.title.hidden = !meta.title;
    this.grid.canvas.setAttribute("aria-label", `${meta.title || "Reach"}, ${meta.height} by ${meta.width} pixels. Arrow keys move the target pixel.`);
    this.layout();
  }

  /** Use Python's masks, or newer ones that have not reached it yet. */
  stackRelation() {
    const { stack } = this.meta;
    const masks = stack.masks.map((told, layer) => {
      const mine = this.edited.get(layer);
      if (mine?.length === told.length && mine.some((kept, at) => kept !== told[at])) return mine;
      this.edited.delete(layer);
      return told;
    });
    return new StackRelation({ ...this.meta, stack: { ...stack, masks } });
  }

  layout() {
    const width = Math.min(roomIn(this.root), this.meta?.maxWidth ?? 0);
    if (!width) return;
    const tallest = Math.max(300, 0.62 * innerHeight);
    this.colors = palette(this.root);
    this.grid.layout(this.meta.height, this.meta.width, width, tallest, this.colors);
    this.box.style.maxWidth = this.grid.canvas.style.width;
    this.tiles = ROLE_NAMES.map((name) => roleTile(name, this.grid.cell, this.colors));
    this.legend.draw(this.colors);
    this.draw();
  }

  get target() {
    return this.preview ?? this.grid.selected;
  }

  draw() {
    const { grid, meta, target } = this;
    const roles = this.relation.roles(target.row * meta.width + target.column, this.depth);
    grid.paintCells((pen, row, column, x, y) => pen.drawImage(this.tiles[roles[row * meta.width + column]], x, y));
    if (meta.overlay) grid.washWith(meta.overlay, this.overlayHighest, 0.55);
    gridLines(grid.pen, 0, 0, meta.height, meta.width, grid.cell, this.colors.gridline);
    outlineCanvas(grid.pen, this.colors.edge, grid.scale);
    grid.markCell(target);
    this.showWords(countRoles(roles));
  }

  showWords({ seen, notYet, never, leaked }) {
    const legal = seen + notYet + never;
    const parts = [`sees ${seen} of ${legal} legal pixels`, `${notYet} not yet`, `${never} never`, `${leaked} leaked`];
    this.sentence = `${placeWords(this.target)} ${parts.join("; ")}`;
    setText(this.caption, this.sentence);
    this.caption.classList.toggle("leaks", leaked > 0);
    this.slider.value = this.depth;
    const name = this.meta.depthNames[this.depth] ?? `depth ${this.depth + 1} of ${this.meta.depths}`;
    setText(this.depthText, name);
    this.slider.setAttribute("aria-valuetext", name);
    Object.assign(this.root.dataset, { seen, notYet, never, leaked, depth: this.depth });
    this.root.dataset.target = `${this.target.row},${this.target.column}`;
  }

  // ---------------------------------------------------------------- the target

  show(cell) {
    this.preview = cell;
    this.draw();
    this.link.send({ preview: cell, cell: this.grid.selected });
  }

  pin(cell) {
    this.preview = null;
    this.draw();
    this.announcer.say(this.sentence);
    this.link.send({ preview: null, cell });
    this.tell();
  }

  setDepth(depth) {
    this.depth = depth;
    this.draw();
    this.link.send({ depth });
    if (!this.playing) {
      this.announcer.say(`${this.depthText.textContent}: ${this.sentence}`);
      this.tell();
    }
  }

  /** Follow linked grids, as far as the depths allow, and the masks of linked tiles. */
  follow({ preview, cell, depth, layer, mask }) {
    if (!this.meta) return;
    if (mask && this.meta.stack?.masks[layer]?.length === mask.length) {
      this.edited.set(layer, mask);
      this.relation = this.stackRelation();
    }
    const fits = (place) => place && place.row < this.meta.height && place.column < this.meta.width;
    if (depth !== undefined) {
      this.pause();
      this.depth = clamp(depth, 0, this.meta.depths - 1);
    }
    if (fits(cell)) this.grid.selected = cell;
    if (preview !== undefined) this.preview = fits(preview) ? preview : null;
    this.draw();
  }

  /** Wait until the target stays: an arrow key held down is one choice. */
  tell() {
    if (!this.meta.report) return;
    clearTimeout(this.telling);
    const instead = { instead_of: this.meta.selected, instead_of_depth: this.meta.depth };
    const send = () =>
      this.report("target", { ...this.grid.selected, depth: this.depth, ...instead, at: Date.now() });
    this.telling = setTimeout(send, 150);
  }

  // ---------------------------------------------------------------- the depth, played

  toggle() {
    if (this.playing) {
      this.pause();
      this.tell();
    } else this.play();
  }

  play() {
    if (this.meta.depths < 2) return;
    this.setPlaying(true);
    this.setDepth(this.depth === this.meta.depths - 1 ? 0 : this.depth + 1);
    this.timer = setInterval(() => {
      if (this.depth + 1 >= this.meta.depths) {
        this.pause();
        this.tell();
      } else this.setDepth(this.depth + 1);
    }, DEPTH_EVERY_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.setPlaying(false);
  }

  stop() {
    this.pause();
    clearTimeout(this.telling);
  }

  setPlaying(playing) {
    this.playing = playing;
    this.root.dataset.playing = playing;
    showPlaying(this.playButton, playing, "Play the depth");
  }

  onKey(key) {
    if (!this.meta || this.meta.depths < 2) return false;
    if (key === " ") this.toggle();
    else if (key === "r") {
      this.pause();
      this.setDepth(0);
    } else return false;
    return true;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new ReachGrid(root, signal));
}
