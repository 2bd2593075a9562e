// The path grid: Play shows the path from the source to the target, or how far it gets.

const STEP_EVERY_MS = 550; // or less, so that a way of many steps takes no longer than
const LONGEST_MS = 8000;

class PathGrid {
  constructor(root, signal) {
    this.root = root;
    this.grid = new CellGrid({ onHover: () => {}, onPick: (cell) => this.choose(cell) });
    this.title = element("div", { class: "title" });
    this.playButton = button("Play the path (Space)", ICONS.play, () => this.toggle());
    this.slider = element("input", { type: "range", min: 0, "aria-label": "Step" });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.slider.value));
    });
    const row = element("div", { class: "steps" }, this.playButton, this.slider);
    this.caption = element("div", { class: "caption" });
    this.root.append(element("div", { class: "pathgrid" }, this.title, this.grid.canvas, row, this.caption));
    this.announcer = new Announcer(root);
    this.link = new Link(signal, ({ playing }) => playing !== undefined && this.meta && (playing ? this.play() : this.pause()));
    listenToKeys(root, signal, (key) => this.onKey(key));
  }

  update(meta, arrays) {
    Object.assign(this, { meta, arrays });
    this.link.name = meta.link;
    this.grid.adopt({ ...meta, before: undefined });
    this.frames = pathFrames(meta.steps, arrays.first_seen);
    setText(this.title, meta.title);
    this.slider.max = this.frames.length - 1;
    this.grid.canvas.setAttribute("aria-label", `${meta.title}, ${meta.height} by ${meta.width} pixels. Arrow keys choose the source.`);
    this.pause();
    this.frame = this.frames.length - 1;
    this.layout();
  }

  layout() {
    const width = Math.min(roomIn(this.root), this.meta?.maxWidth ?? 0);
    if (!width) return;
    this.colors = palette(this.root);
    this.grid.layout(this.meta.height, this.meta.width, width, Math.max(300, 0.62 * innerHeight), this.colors);
    this.root.firstChild.style.maxWidth = this.grid.canvas.style.width;
    this.draw();
  }

  draw() {
    const { grid, meta, colors } = this;
    const [depth, done] = this.frames[this.frame];
    const [row, column] = meta.source;
    paintFirstSeen(grid, this.arrays.first_seen, depth, colors);
    gridLines(grid.pen, 0, 0, meta.height, meta.width, grid.cell, colors.gridline);
    outlineCanvas(grid.pen, colors.edge, grid.scale);
    const tile = roleTile(meta.steps.length ? "seen" : "never", grid.cell, colors);
    grid.pen.drawImage(tile, column * grid.cell, row * grid.cell);
    strokeWay(grid, meta.source, meta.steps.slice(0, done), colors);
    grid.markCell({ row: meta.target[0], column: meta.target[1] });
    this.showWords();
  }

  showWords() {
    setText(this.caption, this.words());
    this.slider.value = this.frame;
    this.slider.setAttribute("aria-valuetext", this.words());
    Object.assign(this.root.dataset, { frame: this.frame, frames: this.frames.length, steps: this.meta.steps.length });
    this.root.dataset.source = this.meta.source.join(",");
  }

  words() {
    const [depth, done] = this.frames[this.frame];
    const [row, column] = this.meta.source;
    if (this.frame === 0 && this.frames.length > 1) return `From row ${row}, column ${column}`;
    const name = this.meta.depthNames[depth] ?? `layer ${depth}`;
    const arrived = done === this.meta.steps.length ? ". Arrived" : "";
    if (done) return `${name}: ${this.meta.steps[done - 1][3]}${arrived}.`;
    return this.frame + 1 < this.frames.length ? `${name}: pixels that see it so far` : this.meta.noPath;
  }

  choose(cell) {
    this.pause();
    this.draw();
    this.report("source", { ...cell, turn: this.meta.turn });
  }

  show(frame) {
    this.frame = frame;
    this.draw();
    if (!this.playing || frame + 1 === this.frames.length) this.announcer.say(this.words());
  }

  toggle() {
    const playing = !this.playing;
    if (playing) this.play();
    else this.pause();
    this.link.send({ playing });
  }

  play() {
    this.pause();
    this.setPlaying(true);
    if (this.frame + 1 >= this.frames.length) this.show(0);
    this.timer = setInterval(() => {
      this.show(this.frame + 1);
      if (this.frame + 1 >= this.frames.length) this.pause();
    }, Math.min(STEP_EVERY_MS, LONGEST_MS / this.frames.length));
  }

  pause() {
    clearInterval(this.timer);
    this.setPlaying(false);
  }

  stop() {
    this.pause();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.root.dataset.playing = playing;
    showPlaying(this.playButton, playing, "Play the path");
  }

  onKey(key) {
    if (!this.meta) return false;
    if (key === " ") this.toggle();
    else if (key === "r") {
      this.pause();
      this.show(0);
    } else return false;
    return true;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new PathGrid(root, signal));
}
