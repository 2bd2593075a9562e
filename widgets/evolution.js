// The evolution: samples of one training at one moment after the other, with a scrubber.

const FILM_MS = 6000; // from the first moment to the last
const SLOWEST_MS = 500; // between two moments
const REST_MS = 2500; // at the end, before it starts again
const GAP = 8; // CSS pixels between tiles
const WIDEST_GAP = 24;
const LARGEST_TILE = 196; // CSS pixels: two rows of tiles and the curve below them fit on a screen

class Evolution {
  constructor(root, signal) {
    this.root = root;
    this.tiles = element("div", { class: "tiles", role: "img" });
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
    root.append(element("div", { class: "evolution" }, this.tiles, controls));
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key));
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays) {
    const another = this.meta?.film !== meta.film;
    const followed = another || this.follows;
    this.meta = meta;
    this.frames = arrays.frames;
    if (another) this.build();
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

  build() {
    const { meta } = this;
    this.pause();
    this.canvases = Array.from({ length: meta.n }, () => element("canvas", {}));
    const figures = this.canvases.map((canvas, index) => {
      const caption = meta.captions[index];
      return element("figure", {}, ...(caption ? [element("figcaption", { text: caption })] : []), canvas);
    });
    this.tiles.replaceChildren(...figures);
  }

  /** Whole device pixels for each pixel, so that all of them are equally large. */
  layout() {
    const { meta } = this;
    const width = this.root.clientWidth;
    if (!meta || !width) return;
    const scale = devicePixelRatio || 1;
    const space = Math.min(LARGEST_TILE, (width - GAP * (meta.columns - 1)) / meta.columns - 2);
    const cell = cellSize(space, Math.max(meta.width, meta.height));
    this.tiles.style.gridTemplateColumns = `repeat(${meta.columns}, max-content)`;
    const tile = (meta.width * cell) / scale + 2; // with its border
    const spare = meta.columns > 1 ? (width - meta.columns * tile) / (meta.columns - 1) : GAP;
    this.tiles.style.gap = `${GAP}px ${clamp(spare, GAP, WIDEST_GAP)}px`;
    for (const canvas of this.canvases) sizeCanvas(canvas, (meta.width * cell) / scale, (meta.height * cell) / scale);
    this.picture = offscreen(meta.width, meta.height);
    this.setColors(scale);
    if (this.at !== undefined) this.draw();
  }

  setColors(scale) {
    const colors = palette(this.root);
    const [paper, ink] = [rgb(colors.paper), rgb(colors.ink)];
    const top = this.meta.levels - 1;
    this.greys = Array.from({ length: this.meta.levels }, (_, level) =>
      paper.map((start, i) => start + ((ink[i] - start) * level) / top),
    );
    this.hatch = hatchPattern(this.picture.getContext("2d"), colors, 7 * scale);
  }

  // ---------------------------------------------------------------- picture

  show(at) {
    this.at = clamp(at, 0, Math.max(0, this.meta.count - 1));
    this.draw();
  }

  draw() {
    const { meta, at } = this;
    const waiting = meta.count === 0;
    this.canvases.forEach((canvas, index) => {
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = false;
      if (!waiting) pen.drawImage(this.paint(index), 0, 0, canvas.width, canvas.height);
      else {
        pen.fillStyle = this.hatch;
        pen.fillRect(0, 0, canvas.width, canvas.height);
      }
    });
    const moment = waiting ? "nothing drawn yet" : meta.moments[at];
    setText(this.moment, moment);
    this.scrub.value = at;
    this.scrub.setAttribute("aria-valuetext", moment);
    this.tiles.setAttribute("aria-label", `${meta.label}, ${moment}`);
    this.root.dataset.moment = moment;
  }

  /** One sample, a bitmap pixel for each of its pixels. */
  paint(index) {
    const { meta, frames, at, greys, picture } = this;
    const { channels } = meta;
    const cells = meta.width * meta.height;
    const start = (at * meta.n + index) * channels * cells;
    const level = frames instanceof Bits ? (place) => frames.get(place) : (place) => frames[place];
    const pen = picture.getContext("2d");
    const bitmap = pen.createImageData(meta.width, meta.height);
    for (let cell = 0; cell < cells; cell++) {
      const color =
        channels === 1
          ? greys[level(start + cell)]
          : [0, 1, 2].map((channel) => (255 * level(start + channel * cells + cell)) / (meta.levels - 1));
      bitmap.data.set([...color, 255], 4 * cell);
    }
    pen.putImageData(bitmap, 0, 0);
    return picture;
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

  /** At the end of a film shown once: with the newest again, if more are to come. */
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
    const label = playing ? "Pause (Space)" : "Play (Space)";
    if (this.playButton.title === label) return;
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    this.playButton.replaceChildren(icon(playing ? ICONS.pause : ICONS.play));
  }

  // ---------------------------------------------------------------- the viewer

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
