// The player's data: the order of the pixels, their values, and a text for each step.

const STEPS_PER_BIT = 1024; // as in player.py
const CHANNEL_NAMES = ["red", "green", "blue"];

/** The samples of one film. A step draws one sub-pixel in every sample at once. */
class Film {
  constructor(meta, arrays) {
    Object.assign(this, meta);
    this.arrays = arrays;
    this.cells = this.height * this.width;
    this.order = this.sampledPositions();
    this.rank = new Int32Array(this.cells * this.channels).fill(-1);
    this.order.forEach((position, step) => (this.rank[position] = step));
    this.borders = Array.from({ length: this.n }, (_, image) => this.knownBorder(image));
    this.runningBits = new Map();
  }

  /** Raster order, then R, G, B within a pixel, without pixels given in every sample. */
  sampledPositions() {
    const order = [];
    for (let position = 0; position < this.cells * this.channels; position++) {
      for (let image = 0; image < this.n; image++) {
        if (!this.isKnown(image, position)) {
          order.push(position);
          break;
        }
      }
    }
    return order;
  }

  get total() {
    return this.order.length;
  }

  /** Index into an array (n, C, H, W). A position counts channels fastest, as the film does. */
  index(image, position) {
    const cell = Math.floor(position / this.channels);
    return (image * this.channels + (position % this.channels)) * this.cells + cell;
  }

  isKnown(image, position) {
    return this.arrays.known ? this.arrays.known.get(this.index(image, position)) === 1 : false;
  }

  level(image, position) {
    return this.arrays.images[this.index(image, position)];
  }

  /** Is the sub-pixel on screen once `step` steps are done? */
  isDrawn(image, position, step) {
    return this.isKnown(image, position) || (this.rank[position] >= 0 && this.rank[position] < step);
  }

  /** The sub-pixel that the last of `step` steps drew, or null before the first. */
  current(step) {
    if (step === 0 || this.total === 0) return null;
    const position = this.order[step - 1];
    const pixel = Math.floor(position / this.channels);
    return {
      position,
      pixel,
      row: Math.floor(pixel / this.width),
      column: pixel % this.width,
      channel: position % this.channels,
    };
  }

  /** The steps until this pixel's last channel is on screen, or null if all of it was given. */
  stepAfter(row, column) {
    const first = (row * this.width + column) * this.channels;
    let step = null;
    for (let position = first; position < first + this.channels; position++) {
      if (this.rank[position] >= 0) step = this.rank[position] + 1;
    }
    return step;
  }

  /** The distribution at a sub-pixel, one probability for each level, or null. */
  distribution(image, position) {
    const { probabilities } = this.arrays;
    if (!probabilities) return null;
    const parameters = probabilities.shape[1];
    const stride = this.channels * this.cells;
    const start = image * parameters * stride + (this.index(image, position) - image * stride);
    const shares = Array.from({ length: parameters }, (_, k) => probabilities[start + k * stride] / 255);
    return parameters === 1 ? [1 - shares[0], shares[0]] : shares;
  }

  uniform(image, position) {
    return this.arrays.uniforms ? this.arrays.uniforms[this.index(image, position)] / 65535 : null;
  }

  entropy(image, position) {
    return this.arrays.entropy ? this.arrays.entropy[this.index(image, position)] / STEPS_PER_BIT : null;
  }

  /** Total bits sampled so far: the sum of -log2 p of each choice, or null. */
  bitsSoFar(image, step) {
    if (!this.arrays.surprise) return null;
    if (!this.runningBits.has(image)) this.runningBits.set(image, this.sumBits(image));
    return this.runningBits.get(image)[step];
  }

  sumBits(image) {
    const sums = new Float32Array(this.total + 1);
    if (this.givenCounts) sums[0] = this.givenBits(image);
    this.order.forEach((position, step) => {
      const bits = this.isKnown(image, position) ? 0 : this.arrays.surprise[this.index(image, position)];
      sums[step + 1] = sums[step] + bits / STEPS_PER_BIT;
    });
    return sums;
  }

  givenBits(image) {
    let bits = 0;
    for (let position = 0; position < this.cells * this.channels; position++) {
      if (this.isKnown(image, position)) bits += this.arrays.surprise[this.index(image, position)];
    }
    return bits / STEPS_PER_BIT;
  }

  // -------------------------------------------------------------- maps: bits instead of pixels

  canShow(view) {
    return view === "pixels" || Boolean(this.maps && this.arrays[view]);
  }

  /** Bits at a pixel, summed over the channels drawn so far. */
  bitsAt(view, image, position) {
    const first = position - (position % this.channels);
    let bits = 0;
    for (let one = first; one <= position; one++) bits += this.arrays[view][this.index(image, one)];
    return bits / STEPS_PER_BIT;
  }

  /** The end of the colour scale: 1 bit for the entropy of two levels. */
  highest(view) {
    if (view === "entropy" && this.isInk) return 1;
    this.highs ??= {};
    this.highs[view] ??= Math.max(1, this.arrays[view].reduce((high, bits) => Math.max(high, bits), 0) / STEPS_PER_BIT);
    return this.highs[view] * this.channels;
  }

  /** [r, g, b] of an entry of the colour map. */
  mapColor(index) {
    return Array.from(this.arrays.colormap.subarray(3 * index, 3 * index + 3));
  }

  knownBorder(image) {
    if (!this.arrays.known) return [];
    const inside = (row, column) => this.isKnown(image, (row * this.width + column) * this.channels);
    return borderEdges(inside, this.height, this.width);
  }

  // -------------------------------------------------------------- words, in parts that must not
  // break

  heading(image) {
    const name = this.names?.[image] ?? (this.n > 1 ? `sample ${image + 1} of ${this.n}` : this.label);
    const given = this.givenPixels(image);
    return given && !this.givenCounts ? [name, `${given} ${given === 1 ? "pixel" : "pixels"} given`] : [name];
  }

  givenPixels(image) {
    let given = 0;
    for (let pixel = 0; this.arrays.known && pixel < this.cells; pixel++) given += this.isKnown(image, pixel * this.channels);
    return given;
  }

  place(step) {
    if (!this.total) return ["every pixel was given"];
    const now = this.current(step);
    if (!now) return ["nothing drawn yet", `${this.total} to go`];
    return [`pixel ${now.pixel + 1} of ${this.cells}`, `row ${now.row}, column ${now.column}`];
  }

  choice(image, step) {
    const now = this.current(step);
    if (!now) return [];
    const { position, channel } = now;
    const level = this.level(image, position);
    const name = this.levelName(level);
    const colour = this.channels === 3 ? `${CHANNEL_NAMES[channel]}: ` : "";
    if (this.isKnown(image, position)) return [`${colour}given: ${name}`];
    const shares = this.distribution(image, position);
    if (!shares) return [`${colour}chose ${name}`];
    if (this.isInk) return [`p(ink) = ${shares[1].toFixed(2)}`, `chose ${name}`];
    return [`${colour}chose ${name} (0 to ${this.levels - 1})`, `p = ${shares[level].toFixed(2)}`];
  }

  information(image, step) {
    const now = this.current(step);
    if (!now) return [];
    const entropy = this.entropy(image, now.position);
    const bits = this.bitsSoFar(image, step);
    const parts = [];
    if (entropy !== null) parts.push(`entropy ${entropy.toFixed(2)} bits`);
    if (bits !== null) parts.push(`total so far ${bits.toFixed(1)} bits`);
    return parts;
  }

  sentence(image, step) {
    const which = this.n > 1 ? [this.names?.[image] ?? `sample ${image + 1} of ${this.n}`] : [];
    return [...which, ...this.place(step), ...this.choice(image, step), ...this.information(image, step)].join(" · ");
  }

  get isInk() {
    return this.levels === 2 && this.channels === 1;
  }

  levelName(level) {
    return this.isInk ? ["paper", "ink"][level] : `level ${level}`;
  }
}
