// The race: one image in two lanes, with two clocks in real time.

class Lane {
  constructor(name) {
    this.name = element("div", { class: "name", text: name });
    this.canvas = element("canvas", { role: "img", "aria-label": name });
    this.clock = element("div", { class: "clock" });
    this.note = element("div", { class: "note" });
    this.node = element("div", { class: "lane" }, this.name, this.canvas, this.clock, this.note);
  }

  layout(film, cssSize, colors) {
    const scale = devicePixelRatio || 1;
    this.cell = cellSize(cssSize, Math.max(film.width, film.height));
    sizeCanvas(this.canvas, (film.width * this.cell) / scale, (film.height * this.cell) / scale);
    this.hatch = hatchPattern(this.canvas.getContext("2d"), colors, 7 * scale);
    this.atlas = new Atlas(film, colors);
    this.colors = colors;
    this.scale = scale;
  }

  draw(film, elapsed, seconds, measuredRows) {
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const step = Math.min(film.total, Math.floor((elapsed / seconds) * film.total));
    this.atlas.moveTo(step);
    pen.fillStyle = this.hatch;
    pen.fillRect(0, 0, width, height);
    this.atlas.draw(pen, 0, 0, 0, width, height);
    outlineCanvas(pen, this.colors.edge, this.scale);
    setText(this.clock, clockText(Math.min(elapsed, seconds)));
    const row = Math.floor(step / film.channels / film.width);
    const done = step >= film.total;
    setText(this.note, done ? "done" : row >= measuredRows ? "extrapolated from here" : "as measured");
    this.node.classList.toggle("done", done);
    return done;
  }
}

class RaceFilm {
  constructor(root) {
    this.root = root;
    this.again = element("button", { type: "button", text: "Play again" });
    this.again.addEventListener("click", () => this.start());
  }

  update(meta, arrays) {
    this.film = new Film(meta, arrays);
    this.meta = meta;
    this.lanes = meta.names.map((name) => new Lane(name));
    this.node?.remove();
    const tracks = element("div", { class: "lanes" }, ...this.lanes.map((lane) => lane.node));
    this.node = element("div", { class: "race" }, tracks, this.again);
    this.root.append(this.node);
    this.layout();
    this.start();
  }

  layout() {
    const width = roomIn(this.root);
    if (!this.film) return;
    const colors = palette(this.root);
    for (const lane of this.lanes) lane.layout(this.film, Math.min(240, (width - 24) / 2), colors);
    this.draw(this.elapsed ?? 0);
  }

  start() {
    cancelAnimationFrame(this.frame);
    this.since = performance.now();
    const tick = (now) => {
      const elapsed = Math.max(0, now - this.since) / 1000;
      if (!this.draw(elapsed)) this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  draw(elapsed) {
    this.elapsed = elapsed;
    const done = this.lanes.map((lane, index) =>
      lane.draw(this.film, elapsed, this.meta.seconds[index], this.meta.measuredRows[index]),
    );
    this.root.dataset.done = done.filter(Boolean).length;
    return done.every(Boolean);
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}

function clockText(seconds) {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}

export default function (component) {
  return mount(component, (root) => new RaceFilm(root));
}
