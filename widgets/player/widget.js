// The player: a film of samples with the controls of a video, and single steps.

const PAUSE_AT_END_MS = 2000;
const READOUT_HEIGHT = 200; // CSS pixels under the large picture: words and distribution
const OTHER_HEIGHT = 50; // and for the choice of another value
const NARROWEST_READOUT = 295; // CSS pixels: the longest line of words fits

class Player {
  constructor(root, signal) {
    this.root = root;
    this.step = 0;
    this.phase = null; // of the pixel after `step`, while a slow film is at it
    this.playing = false;
    this.touched = false;
    this.frame = 0;
    this.view = "pixels";
    this.build();
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key), { pageKeys: true });
  }

  build() {
    this.grid = new SampleGrid();
    this.portrait = new Portrait();
    this.inkBar = new InkBar();
    this.histogram = new Histogram();
    this.other = new OtherValue((level) => this.onOther(level));
    this.loop = new Loop();
    this.controls = new Controls(this);
    this.heading = element("div", { class: "heading" });
    this.place = element("div", { class: "place" });
    this.choice = element("div", { class: "choice" });
    this.information = element("div", { class: "information" });
    this.readout = element("div", { class: "readout" }, this.heading, this.place, this.choice);
    this.readout.append(this.inkBar.node, this.histogram.node, this.information, this.other.node);
    this.panel = element("div", { class: "panel" }, this.portrait.canvas, this.readout);
    this.stage = element("div", { class: "stage" }, this.grid.canvas);
    const parts = [this.stage, this.panel, this.controls.node, this.loop.node];
    this.root.append(element("div", { class: "player" }, ...parts));
    this.grid.canvas.addEventListener("click", (event) => this.onGridClick(event));
    this.portrait.canvas.addEventListener("click", (event) => this.onPortraitClick(event));
  }

  // ---------------------------------------------------------------- content

  update(meta, arrays, digest) {
    this.film = new Film(meta, arrays);
    this.digest = digest;
    const asked = this.selected === undefined || meta.selected !== this.askedFor;
    this.selected = asked ? meta.selected : Math.min(this.selected, meta.n - 1);
    this.askedFor = meta.selected;
    this.rowSteps = meta.width * meta.channels;
    this.controls.update(this.film);
    if (!this.film.canShow(this.view)) this.view = "pixels";
    this.controls.showView(this.view, this.film);
    this.root.dataset.total = this.film.total;
    this.grid.canvas.setAttribute("aria-label", `${meta.label}: ${meta.n} pictures, ${meta.height} by ${meta.width} pixels`);
    this.inkBar.node.hidden = !(this.film.isInk && arrays.probabilities);
    this.choice.hidden = !this.inkBar.node.hidden; // the bar says the same
    this.histogram.node.hidden = this.film.isInk || !arrays.probabilities;
    this.other.update(this.film);
    this.loop.update(meta.loop);
    if (this.speed === undefined) this.setSpeed(nearestSpeed(meta.speed));
    this.first = meta.start ? (this.film.stepAfter(...meta.start) ?? 1) - 1 : 0;
    this.step = this.first;
    this.phase = null;
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
    const width = roomIn(this.root);
    if (!film) return;
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
    this.histogram.layout(roomIn(this.readout));
    this.atlas = new Atlas(film, colors, this.view);
    this.colors = colors;
    this.draw();
  }

  /** Grid and large picture side by side, as tall as each other and the screen allow. */
  sizes(film, width, narrow, single) {
    const columns = Math.min(film.columns, film.n);
    const aspect = (columns * film.width) / (Math.ceil(film.n / columns) * film.height);
    const tallest = clamp(0.54 * innerHeight, 320, 640);
    if (single) return { gridWidth: 1, gridHeight: 1, portrait: Math.min(tallest, narrow ? width : width * 0.55) };
    if (narrow) return { gridWidth: width, gridHeight: 2 * width, portrait: width * 0.42 };
    const words = READOUT_HEIGHT + (film.branching ? OTHER_HEIGHT : 0);
    const height = Math.min(tallest, (width + words - 32) / (1 + aspect));
    const portrait = Math.max(200, height - words);
    const widest = width - Math.max(NARROWEST_READOUT, portrait) - 32;
    return { gridWidth: Math.min(height * aspect, widest), gridHeight: height, portrait };
  }

  draw() {
    const { film, atlas, step, selected, colors, phase } = this;
    if (!atlas) return;
    const shown = phase === null ? step : step + 1; // the pixel that the words are about
    atlas.moveTo(step);
    if (film.n > 1) this.grid.draw(film, atlas, step, shown, selected, colors);
    this.portrait.draw(film, atlas, step, shown, selected, colors);
    if (!this.inkBar.node.hidden) this.inkBar.draw(film, selected, shown, phase);
    if (!this.histogram.node.hidden) this.histogram.draw(film, selected, shown, colors, phase);
    this.other.draw(selected, shown, this.playing);
    setParts(this.heading, film.heading(selected));
    setParts(this.place, film.place(shown));
    if (!this.choice.hidden) setParts(this.choice, phase === null ? film.choice(selected, shown) : []);
    setParts(this.information, film.information(selected, step));
    this.controls.showStep(step, film.total);
    this.root.dataset.pixel = step;
    this.root.dataset.selected = selected;
    if (!this.playing) this.describe();
  }

  /** Describe the picture for screen readers, only while the film is paused. */
  describe() {
    const sentence = this.film.sentence(this.selected, this.step);
    this.controls.scrub.setAttribute("aria-valuetext", sentence);
    this.portrait.canvas.setAttribute("aria-label", sentence);
    this.announcer.say(sentence);
  }

  // ---------------------------------------------------------------- the clock

  play() {
    clearTimeout(this.replay);
    cancelAnimationFrame(this.frame);
    if (this.step >= this.film.total) this.step = this.first;
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
    const phase = this.speed > SLOW || finished ? null : Math.floor((this.position - step) * PHASES);
    if (finished) this.setPlaying(false);
    if (step !== this.step || phase !== this.phase || finished) {
      this.step = step;
      this.phase = phase;
      this.loop.light(phase);
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

  /** Stop; a slow film first finishes its current pixel. */
  pause() {
    clearTimeout(this.replay);
    cancelAnimationFrame(this.frame);
    if (this.phase !== null) this.step = Math.min(this.step + 1, this.film.total);
    this.phase = null;
    this.loop.light(null);
    this.setPlaying(false);
  }

  stop() {
    this.pause();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.root.dataset.playing = playing;
    this.controls.showPlaying(playing);
  }

  setSpeed(speed) {
    this.speed = speed;
    this.controls.showSpeed(speed);
  }

  setView(view) {
    this.view = view;
    this.root.dataset.view = view;
    this.controls.showView(view, this.film);
    this.layout();
  }

  seek(step) {
    this.step = clamp(step, 0, this.film.total);
    this.draw();
  }

  // ---------------------------------------------------------------- input

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

  seekByHand(step) {
    this.byHand(() => this.seek(step));
  }

  stepBy(pixels, rows = 0) {
    this.seekByHand(this.step + pixels + rows * this.rowSteps);
    if (pixels > 0) this.loop.run();
  }

  onKey(key) {
    if (!this.film) return false;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const focused = this.root.getRootNode().activeElement;
    const ownArrows = [this.controls.speed, this.controls.view, this.other.slider].includes(focused);
    if (key === " " && focused !== this.controls.view) this.toggle();
    else if (key === "r") this.restart();
    else if (key in moves && !ownArrows) this.stepBy(...moves[key]);
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
    this.seekByHand(step);
    this.loop.run();
    this.tell({ image: this.selected, row, column, channel: this.film.current(step).channel });
  }

  /** Ask for a branch; a running film stops first, to show the pixel. */
  onOther(level) {
    if (this.playing) {
      this.toggle();
      return;
    }
    const { row, column, channel } = this.film.current(this.step);
    this.tell({ image: this.selected, row, column, channel, level });
  }

  /** `count` distinguishes two clicks on the same pixel. */
  tell(event) {
    if (this.film.report) this.report("event", { ...event, count: Date.now(), digest: this.digest });
  }
}

export default function (component) {
  return mount(component, (root, signal) => new Player(root, signal));
}
