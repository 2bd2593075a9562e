// The player: a film of samples with the controls of a video, and a pixel at a time by hand.

const SPEEDS = [1, 3, 10, 30, 60, 100, 300, 1000, 3000, Infinity]; // pixels per second
const PAUSE_AT_END_MS = 2000;
const READOUT_HEIGHT = 200; // CSS pixels under the large picture: words and distribution
const NARROWEST_READOUT = 295; // CSS pixels: the longest line of words fits

class Player {
  constructor(root, signal) {
    this.root = root;
    this.step = 0;
    this.playing = false;
    this.touched = false;
    this.frame = 0;
    this.build();
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key), { pageKeys: true });
  }

  build() {
    this.grid = new SampleGrid();
    this.portrait = new Portrait();
    this.inkBar = new InkBar();
    this.histogram = new Histogram();
    this.heading = element("div", { class: "heading" });
    this.place = element("div", { class: "place" });
    this.choice = element("div", { class: "choice" });
    this.information = element("div", { class: "information" });
    this.readout = element("div", { class: "readout" }, this.heading, this.place, this.choice);
    this.readout.append(this.inkBar.node, this.histogram.node, this.information);
    this.panel = element("div", { class: "panel" }, this.portrait.canvas, this.readout);
    this.stage = element("div", { class: "stage" }, this.grid.canvas);
    this.root.append(element("div", { class: "player" }, this.stage, this.panel, this.buildControls()));
    this.grid.canvas.addEventListener("click", (event) => this.onGridClick(event));
    this.portrait.canvas.addEventListener("click", (event) => this.onPortraitClick(event));
  }

  buildControls() {
    const byHand = (action) => () => this.byHand(action);
    this.playButton = button("Play (Space)", ICONS.play, () => this.toggle());
    this.playButton.classList.add("strong");
    const buttons = element(
      "div",
      { class: "buttons" },
      button("Start again (R)", ICONS.restart, () => this.restart()),
      button("One row back (Up)", ICONS.rowBack, byHand(() => this.seek(this.step - this.rowSteps))),
      button("One pixel back (Left)", ICONS.back, byHand(() => this.seek(this.step - 1))),
      this.playButton,
      button("One pixel on (Right)", ICONS.forward, byHand(() => this.seek(this.step + 1))),
      button("One row on (Down)", ICONS.rowForward, byHand(() => this.seek(this.step + this.rowSteps))),
    );
    this.scrub = element("input", { type: "range", min: 0, "aria-label": "Pixels drawn" });
    this.scrub.addEventListener("input", byHand(() => this.seek(Number(this.scrub.value))));
    this.count = element("span", { class: "count" });
    this.speedInput = element("input", { type: "range", min: 0, max: SPEEDS.length - 1, "aria-label": "Speed" });
    this.speedInput.addEventListener("input", () => this.setSpeed(SPEEDS[this.speedInput.value]));
    this.speedText = element("span", { class: "speed-text" });
    const scrub = element("div", { class: "scrub" }, this.scrub, this.count);
    const speed = element("div", { class: "speed" }, this.speedInput, this.speedText);
    return element("div", { class: "controls" }, buttons, scrub, speed);
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays, digest) {
    this.film = new Film(meta, arrays);
    this.digest = digest;
    this.selected = this.selected === undefined ? meta.selected : Math.min(this.selected, meta.n - 1);
    this.rowSteps = meta.width * meta.channels;
    this.scrub.max = this.film.total;
    this.count.style.minWidth = `${2 * String(this.film.total).length + 3}ch`;
    this.root.dataset.total = this.film.total;
    this.grid.canvas.setAttribute("aria-label", `${meta.label}: ${meta.n} pictures, ${meta.height} by ${meta.width} pixels`);
    this.inkBar.node.hidden = !(this.film.isInk && arrays.probabilities);
    this.histogram.node.hidden = this.film.isInk || !arrays.probabilities;
    if (this.speed === undefined) this.setSpeed(nearestSpeed(meta.speed));
    this.step = 0;
    this.layout();
    const moves = meta.autoplay && !prefersStill() && this.film.total > 0;
    if (moves) this.play();
    else {
      this.pause();
      this.seek(this.film.total);
    }
  }

  layout() {
    const { film } = this;
    const width = this.root.clientWidth;
    if (!film || !width) return;
    const colors = palette(this.root);
    const single = film.n === 1;
    const narrow = width < 560;
    const shape = this.sizes(film, width, narrow, single);
    this.root.firstChild.classList.toggle("narrow", narrow);
    this.root.firstChild.classList.toggle("single", single);
    this.stage.hidden = single;
    this.grid.layout(film, shape.gridWidth, shape.gridHeight, colors);
    this.portrait.layout(film, shape.portrait, colors);
    const beside = Math.max(NARROWEST_READOUT, parseFloat(this.portrait.canvas.style.width));
    this.readout.style.width = narrow || single ? "" : `${beside}px`;
    this.histogram.layout(this.readout.clientWidth);
    this.atlas = new Atlas(film, colors);
    this.colors = colors;
    this.draw();
  }

  /** Grid and large picture side by side, as tall as each other and the screen allow. */
  sizes(film, width, narrow, single) {
    const columns = Math.min(film.columns, film.n);
    const aspect = (columns * film.width) / (Math.ceil(film.n / columns) * film.height);
    const tallest = clamp(0.66 * innerHeight, 320, 640);
    if (single) return { gridWidth: 1, gridHeight: 1, portrait: Math.min(tallest, narrow ? width : width * 0.55) };
    if (narrow) return { gridWidth: width, gridHeight: 2 * width, portrait: width * 0.42 };
    const height = Math.min(tallest, (width + READOUT_HEIGHT - 32) / (1 + aspect));
    const portrait = Math.max(200, height - READOUT_HEIGHT);
    const widest = width - Math.max(NARROWEST_READOUT, portrait) - 32;
    return { gridWidth: Math.min(height * aspect, widest), gridHeight: height, portrait };
  }

  draw() {
    const { film, atlas, step, selected, colors } = this;
    if (!atlas) return;
    atlas.moveTo(step);
    if (film.n > 1) this.grid.draw(film, atlas, step, selected, colors);
    this.portrait.draw(film, atlas, step, selected, colors);
    if (!this.inkBar.node.hidden) this.inkBar.draw(film, selected, step);
    if (!this.histogram.node.hidden) this.histogram.draw(film, selected, step, colors);
    setParts(this.heading, film.heading(selected));
    setParts(this.place, film.place(step));
    setParts(this.choice, film.choice(selected, step));
    setParts(this.information, film.information(selected, step));
    setText(this.count, `${step} / ${film.total}`);
    this.scrub.value = step;
    this.root.dataset.pixel = step;
    this.root.dataset.selected = selected;
    if (!this.playing) this.describe();
  }

  /** The picture in words, for those who cannot see it: spoken only while nothing moves. */
  describe() {
    const sentence = this.film.sentence(this.selected, this.step);
    this.scrub.setAttribute("aria-valuetext", sentence);
    this.portrait.canvas.setAttribute("aria-label", sentence);
    this.announcer.say(sentence);
  }

  // ---------------------------------------------------------------- the clock

  play() {
    clearTimeout(this.replay);
    cancelAnimationFrame(this.frame);
    if (this.step >= this.film.total) this.step = 0;
    this.setPlaying(true);
    this.position = this.step; // in steps, with its fraction
    this.last = null;
    this.counted = { frames: 0, since: performance.now() };
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    const seconds = this.last === null ? 0 : Math.min(0.1, (now - this.last) / 1000);
    this.last = now;
    this.countFrame(now);
    const ahead = this.speed === Infinity ? this.film.total : seconds * this.speed * this.film.channels;
    this.position = Math.min(this.film.total, this.position + ahead);
    const step = Math.floor(this.position);
    const finished = step >= this.film.total;
    if (finished) this.setPlaying(false);
    if (step !== this.step || finished) {
      this.step = step;
      this.draw();
    }
    if (!finished) this.frame = requestAnimationFrame((next) => this.tick(next));
    else if (!this.touched) this.replay = setTimeout(() => this.play(), PAUSE_AT_END_MS);
  }

  countFrame(now) {
    this.counted.frames++;
    const elapsed = now - this.counted.since;
    if (elapsed < 500) return;
    this.root.dataset.fps = ((1000 * this.counted.frames) / elapsed).toFixed(1);
    this.counted = { frames: 0, since: now };
  }

  pause() {
    clearTimeout(this.replay);
    cancelAnimationFrame(this.frame);
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

  setSpeed(speed) {
    this.speed = speed;
    this.speedInput.value = SPEEDS.indexOf(speed);
    const text = speed === Infinity ? "all at once" : `${speed} pixel${speed === 1 ? "" : "s"}/s`;
    setText(this.speedText, text);
    this.speedInput.setAttribute("aria-valuetext", text);
  }

  seek(step) {
    this.step = clamp(step, 0, this.film.total);
    this.draw();
  }

  // ---------------------------------------------------------------- the viewer

  byHand(action) {
    this.touched = true;
    this.pause();
    action();
  }

  toggle() {
    this.touched = true;
    if (this.playing) {
      this.pause();
      this.draw();
    } else this.play();
  }

  restart() {
    this.byHand(() => this.seek(0));
  }

  onKey(key) {
    if (!this.film) return false;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.rowSteps, ArrowDown: this.rowSteps };
    const onSpeed = this.root.getRootNode().activeElement === this.speedInput;
    if (key === " ") this.toggle();
    else if (key === "r") this.restart();
    else if (key in moves && !onSpeed) this.byHand(() => this.seek(this.step + moves[key]));
    else return false;
    return true;
  }

  onGridClick(event) {
    const image = this.grid.imageAt(event, this.film);
    if (image === null) return;
    this.selected = image;
    this.draw();
    this.describe();
    this.tell({ image });
  }

  onPortraitClick(event) {
    const { row, column } = this.portrait.pixelAt(event, this.film);
    const step = this.film.stepAfter(row, column);
    if (step === null) return; // given: there is nothing to wind back to
    this.byHand(() => this.seek(step));
    this.tell({ image: this.selected, row, column, channel: this.film.current(step).channel });
  }

  tell(event) {
    if (this.film.report) this.report("event", { ...event, digest: this.digest });
  }
}

function nearestSpeed(wanted) {
  return SPEEDS.findLast((speed) => speed <= wanted) ?? SPEEDS[0];
}

export default function (component) {
  return mount(component, (root, signal) => new Player(root, signal));
}
