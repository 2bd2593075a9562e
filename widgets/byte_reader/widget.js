// The byte reader: the model's own decoder runs here, in WebAssembly, on the bytes that are shown.

const FILM_MS = 7000;
const FRAME_MS = 1000 / 30;

class ByteReader {
  constructor(root, signal) {
    this.root = root;
    this.canvas = element("canvas", { role: "img" });
    this.playButton = button("Play (Space)", ICONS.play, () => this.toggle());
    this.slider = element("input", { type: "range", min: 0, "aria-label": "Pixels read" });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.slider.value));
    });
    this.counter = element("div", { class: "counter" });
    this.bytes = element("div", { class: "bytes", role: "img" });
    this.bytes.addEventListener("click", (event) => {
      const bit = event.target.dataset.bit;
      if (bit !== undefined) this.flip(this.flipped === Number(bit) ? null : Number(bit));
    });
    this.flipSlider = element("input", { type: "range", min: 0, "aria-label": "Flip a bit" });
    this.flipSlider.addEventListener("input", () => {
      const chosen = Number(this.flipSlider.value);
      this.flip(chosen ? chosen - 1 : null);
    });
    this.says = element("p", { class: "says" });
    const left = element(
      "div",
      { class: "left" },
      this.canvas,
      element("div", { class: "steps" }, this.playButton, this.slider),
    );
    const flipping = element("label", { class: "flipping" }, element("span", { text: "Flip a bit" }), this.flipSlider);
    const right = element("div", { class: "right" }, this.counter, this.bytes, flipping, this.says);
    root.append(element("div", { class: "reader" }, left, right));
    this.announcer = new Announcer(root);
    listenToKeys(root, signal, (key) => this.onKey(key), { pageKeys: true });
  }

  async update(meta, arrays) {
    this.meta = meta;
    this.pause();
    const module = await WebAssembly.compile(arrays.executor);
    if (this.meta !== meta) return; // newer content came meanwhile
    this.codec = new Codec(new Engine(module, arrays.program), meta.labels);
    this.stream = Uint8Array.from(meta.stream.match(/../g) ?? [], (byte) => parseInt(byte, 16));
    Object.assign(this.flipSlider, { max: 8 * this.stream.length, value: 0 });
    this.bytes.replaceChildren(...[...this.stream].map((_, index) => byteBox(index)));
    this.first = this.decode(this.stream);
    this.flipped = null;
    this.read = this.first;
    this.slider.max = this.read.levels.length;
    this.frame = 0;
    this.layout();
    if (prefersStill()) this.show(this.read.levels.length);
    else this.play();
  }

  /** The picture of some bytes, the bits that each pixel took, and whether an encoder wrote them. */
  decode(stream) {
    let bits = null;
    const found = this.codec.decompress(stream, null, (_, logProbs) => {
      bits = bits ?? logProbs;
    });
    const levels = found.images[0] ?? new Uint8Array(this.codec.levels);
    let total = this.meta.startBits;
    const sums = Array.from(levels, (_, place) => (total -= (bits?.[place] ?? 0) / Math.LN2));
    return { levels, sums, label: found.labels[0], whole: found.whole };
  }

  flip(bit) {
    this.pause();
    this.flipped = bit;
    const changed = this.stream.slice();
    if (bit !== null) changed[bit >> 3] ^= 128 >> (bit & 7);
    this.now = changed;
    try {
      this.read = bit === null ? this.first : this.decode(changed);
    } catch (error) {
      this.read = { ...this.first, levels: new Uint8Array(this.codec.levels), refused: error.message };
    }
    this.flipSlider.value = bit === null ? 0 : bit + 1;
    this.flipSlider.setAttribute("aria-valuetext", bit === null ? "no bit is flipped" : `bit ${bit + 1}`);
    this.show(this.read.levels.length);
    this.announcer.say(this.words());
  }

  layout() {
    if (!this.read) return;
    const { height, width } = this.codec.engine;
    const room = Math.min(this.canvas.parentElement.clientWidth || 320, this.meta.maxWidth);
    this.cell = cellSize(room, width);
    const scale = devicePixelRatio || 1;
    sizeCanvas(this.canvas, (width * this.cell) / scale, (height * this.cell) / scale);
    this.show(this.frame);
  }

  show(frame) {
    this.frame = clamp(frame, 0, this.read.levels.length);
    this.draw();
    this.count();
  }

  draw() {
    const { cell, frame } = this;
    const { height, width } = this.codec.engine;
    const colors = palette(this.root);
    const inks = inkLevels(colors, this.meta.levels);
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = hatchPattern(pen, colors, Math.max(6, cell / 2));
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (let place = 0; place < frame; place++) {
      pen.fillStyle = `rgb(${inks[this.read.levels[place]].join()})`;
      pen.fillRect((place % width) * cell, Math.floor(place / width) * cell, cell, cell);
    }
    gridLines(pen, 0, 0, height, width, cell, colors.gridline);
    outlineCanvas(pen, colors.edge, 1);
    const marked = this.flipped === null ? frame : this.derailed();
    if (marked < height * width) {
      const [x, y] = [(marked % width) * cell, Math.floor(marked / width) * cell];
      targetOutline(pen, x, y, cell, cell, colors, Math.max(2, cell / 6), devicePixelRatio || 1);
    }
  }

  /** The first pixel that is another one than before the flip. */
  derailed() {
    const place = this.read.levels.findIndex((level, index) => level !== this.first.levels[index]);
    return place < 0 ? this.read.levels.length : place;
  }

  count() {
    const { frame, read } = this;
    const bits = frame ? read.sums[frame - 1] : this.meta.startBits;
    setText(this.counter, `${bits.toFixed(1)} bits = ${(bits / 8).toFixed(1)} of ${this.stream.length} bytes`);
    const now = this.flipped === null ? this.stream : this.now;
    [...this.bytes.children].forEach((box, index) => {
      const known = clamp(bits - 8 * index, 0, 8);
      box.style.setProperty("--known", `${12.5 * known}%`);
      setText(box.firstChild, now[index].toString(16).padStart(2, "0"));
      [...box.lastChild.children].forEach((bit, at) => {
        const place = 8 * index + at;
        setText(bit, String((now[index] >> (7 - at)) & 1));
        bit.classList.toggle("flipped", place === this.flipped);
      });
    });
    const hex = Array.from(now, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    this.bytes.setAttribute("aria-label", `The bytes: ${hex}`);
    this.slider.value = frame;
    this.slider.setAttribute("aria-valuetext", `${frame} of ${read.levels.length} pixels`);
    this.canvas.setAttribute("aria-label", `${this.meta.label}: ${frame} of ${read.levels.length} pixels`);
    setText(this.says, this.words());
    Object.assign(this.root.dataset, {
      frame,
      flipped: this.flipped ?? "",
      derailed: this.derailed(),
      whole: read.whole,
      levels: Array.from(read.levels).join(""),
    });
  }

  words() {
    const { read, meta } = this;
    const { width } = this.codec.engine;
    const name = read.label === undefined ? "" : (meta.names[read.label] ?? read.label);
    const label = name === "" ? "" : `The bytes begin with the label: ${name}. `;
    if (this.flipped === null) return `${label}Click a bit to flip it.`;
    if (read.refused) return `Bit ${this.flipped + 1} is flipped. ${read.refused}`;
    const place = this.derailed();
    const notice = read.whole
      ? "No decoder can notice: these bytes are the file of this picture."
      : "A decoder notices: no encoder would have ended the file like this.";
    const where =
      place === read.levels.length
        ? "The picture is the same."
        : `It goes wrong at row ${Math.floor(place / width) + 1}, column ${(place % width) + 1}, and all that follows is another picture.`;
    return `Bit ${this.flipped + 1} is flipped. ${label}${where} ${notice}`;
  }

  toggle() {
    if (this.timer) this.pause();
    else this.play();
  }

  play() {
    this.pause();
    if (this.frame >= this.read.levels.length) this.frame = 0;
    const begin = performance.now() - (this.frame / this.read.levels.length) * FILM_MS;
    this.timer = setInterval(() => {
      this.show(Math.round(((performance.now() - begin) / FILM_MS) * this.read.levels.length));
      if (this.frame >= this.read.levels.length) this.pause();
    }, FRAME_MS);
    showPlaying(this.playButton, true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    showPlaying(this.playButton, false);
  }

  stop() {
    this.pause();
  }

  onKey(key) {
    if (!this.read) return false;
    if (key === " ") this.toggle();
    else if (key === "r") this.flip(null);
    else if (key === "ArrowRight" || key === "ArrowLeft") {
      this.pause();
      this.show(this.frame + (key === "ArrowRight" ? 1 : -1));
    } else return false;
    return true;
  }
}

function byteBox(index) {
  const bits = Array.from({ length: 8 }, (_, bit) => element("span", { class: "bit", "data-bit": 8 * index + bit }));
  return element(
    "div",
    { class: "byte", "aria-hidden": "true" },
    element("div", { class: "hex" }),
    element("div", { class: "bits" }, ...bits),
  );
}

export default function (component) {
  return mount(component, (root, signal) => new ByteReader(root, signal));
}
