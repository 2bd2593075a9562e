// The evolution: the moments of a training in turn, with one timeline for everything.

const FILM_MS = 6000; // from the first moment to the last
const SLOWEST_MS = 500; // between two moments
const REST_MS = 2500; // at the end, before it starts again

class Evolution {
  constructor(root, signal) {
    this.root = root;
    this.playButton = button("Play (Space)", ICONS.play, () => this.toggle());
    this.scrub = element("input", { type: "range", min: 0, class: "scrub", "aria-label": "Moment of the training" });
    this.scrub.addEventListener("input", () => this.seek(Number(this.scrub.value)));
    this.moment = element("span", { class: "moment" });
    const buttons = element(
      "div",
      { class: "buttons" },
      this.playButton,
      button("Earlier (Left)", ICONS.back, () => this.seek(this.at - 1)),
      button("Later (Right)", ICONS.forward, () => this.seek(this.at + 1)),
    );
    const controls = element("div", { class: "controls" }, buttons, this.scrub, this.moment);
    const all = element("div", { class: "evolution" });
    root.append(all);
    this.tiles = new TileRows(all);
    all.append(controls);
    this.chart = new CurveChart(all, (at) => this.seek(at));
    this.below = new TileRows(all);
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key));
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays) {
    const another = this.meta?.film !== meta.film;
    const followed = another || this.follows;
    this.meta = meta;
    if (another) this.pause();
    this.tiles.update(meta.rows, arrays);
    this.below.update(meta.below, arrays);
    this.chart.update(meta.chart, meta.at);
    this.scrub.max = Math.max(0, meta.count - 1);
    this.scrub.disabled = meta.count < 2;
    this.root.dataset.count = meta.count;
    this.root.dataset.film = meta.film;
    this.layout();
    if (another && !meta.live && !prefersStill()) this.play({ again: true });
    else if (another || (followed && !this.playing)) this.show(meta.count - 1);
    else this.show(Math.min(this.at, meta.count - 1));
    this.follows = followed && this.at >= meta.count - 1; // before the first moment, too
  }

  layout() {
    const width = roomIn(this.root);
    if (!this.meta) return;
    this.tiles.layout(this.root, width);
    this.below.layout(this.root, width);
    this.chart.layout(width);
    if (this.at !== undefined) this.draw();
  }

  // ---------------------------------------------------------------- picture

  show(at) {
    this.at = clamp(at, 0, Math.max(0, this.meta.count - 1));
    this.draw();
  }

  draw() {
    const { meta, at } = this;
    this.tiles.draw(at);
    this.below.draw(at);
    this.chart.show(at);
    const moment = meta.count === 0 ? "nothing drawn yet" : meta.moments[at];
    setText(this.moment, moment);
    this.scrub.value = at;
    this.scrub.setAttribute("aria-valuetext", moment);
    for (const { node } of [this.tiles, this.below]) node.setAttribute("aria-label", `${meta.label}, ${moment}`);
    this.root.dataset.moment = moment;
  }

  // ---------------------------------------------------------------- film

  play({ again = false } = {}) {
    this.pause();
    if (this.meta.count < 2) {
      this.show(0);
      return;
    }
    this.setPlaying(true);
    this.follows = false;
    this.show(0);
    const pace = Math.min(SLOWEST_MS, FILM_MS / this.meta.count);
    const next = () => {
      if (this.at < this.meta.count - 1) this.show(this.at + 1);
      if (this.at < this.meta.count - 1) this.timer = setTimeout(next, pace);
      else if (again) this.timer = setTimeout(() => this.play({ again }), REST_MS);
      else this.finish();
    };
    this.timer = setTimeout(next, pace);
  }

  /** The end of the film: stay with the newest moment, if more will come. */
  finish() {
    this.pause();
    this.follows = true;
    this.announce();
  }

  pause() {
    clearTimeout(this.timer);
    this.setPlaying(false);
  }

  stop() {
    this.pause();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.root.dataset.playing = playing;
    showPlaying(this.playButton, playing);
  }

  // ---------------------------------------------------------------- input

  toggle() {
    if (this.playing) this.pause();
    else this.play();
    this.announce();
  }

  seek(at) {
    this.pause();
    this.show(at);
    this.follows = this.at === this.meta.count - 1;
    this.announce();
  }

  announce() {
    if (!this.playing) this.announcer.say(`${this.meta.label}, ${this.root.dataset.moment}`);
  }

  onKey(key) {
    if (!this.meta) return false;
    if (key === " ") this.toggle();
    else if (key === "r") this.seek(0);
    else if (key === "ArrowLeft") this.seek(this.at - 1);
    else if (key === "ArrowRight") this.seek(this.at + 1);
    else return false;
    return true;
  }
}

export default function (component) {
  return mount(component, (root, signal) => new Evolution(root, signal));
}
