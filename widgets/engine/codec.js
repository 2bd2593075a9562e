// Images as bytes in the browser: the streams of pixelcnn/compression, bit for bit. Needs engine.js.

const SHARE_BITS = 28;
const PLAIN_SHARE = 0.75 * 2 ** SHARE_BITS;
const KIND = { named: 61, unnamed: 61, numbered: 62, hashed: 63 };
const AHEAD = 8; // bytes that a coder reads ahead
const IMAGES_A_BYTE = 64;
const BYTES_A_LEVEL = 4;
const WRITTEN = 1; // labels in the stream
const TOLD = 2; // labels that the reader knows

class Codec {
  /**
   * @param {Engine} engine with a model's program
   * @param {number} labels how many labels a stream may hold; 0 for a model without classes
   */
  constructor(engine, labels = 0) {
    this.engine = engine;
    this.exports = engine.exports;
    this.labels = labels;
    this.coder = this.exports.coder() >>> 0;
    this.begin = this.exports.mark();
    this.levels = engine.colours * engine.height * engine.width;
  }

  /**
   * The bytes of images.
   *
   * @param {Uint8Array} levels (n, C, H, W)
   * @param {number[]} labels one an image, or null for a model without classes
   * @param {object} options `tellLabels`: the reader knows them; `number`: the model's, to name it
   */
  compress(levels, labels = null, { tellLabels = false, number = null } = {}) {
    const count = levels.length / this.levels;
    this.room(count * this.levels * BYTES_A_LEVEL + 4096, 0);
    this.writeForm(count, number, this.labels ? (tellLabels ? TOLD : WRITTEN) : 0);
    for (let image = 0; image < count; image++) {
      const own = levels.subarray(image * this.levels, (image + 1) * this.levels);
      this.know(own, labels && labels[image]);
      if (this.labels && !tellLabels) this.number(labels[image], this.labels);
      this.exports.encode(this.engine.context, 0, this.coder);
    }
    const written = this.exports.finish_coder(this.coder) >>> 0;
    let end = written;
    const stream = new Uint8Array(this.exports.memory.buffer, this.stream, written);
    while (end && !stream[end - 1]) end--;
    return stream.slice(0, Math.max(end, leastBytes(written, count)));
  }

  /**
   * The images of a stream: `images` (a Uint8Array each), `labels`, and `whole`: whether an encoder
   * would have written just these bytes. An altered stream is some picture's too.
   *
   * @param {Uint8Array} data the stream
   * @param {number[]} labels those of the images, if they are not written
   * @param {function} watch told (image, log_probs) after each
   */
  decompress(data, labels = null, watch = null) {
    this.room(data.length, 1, data);
    const form = this.readForm();
    if (form.count > IMAGES_A_BYTE * Math.max(data.length, 1))
      throw new Error(`The stream cannot hold ${form.count} images. It was altered.`);
    const images = [];
    const found = [];
    for (let image = 0; image < form.count; image++) {
      if (this.labels) found.push(labels ? labels[image] : this.number(0, this.labels));
      this.engine.set(1, {
        uniforms: new Float32Array(this.levels),
        labels: this.labels ? [found[image]] : [],
        tells: watch ? 1 : 0,
      });
      this.exports.decode(this.engine.context, this.coder);
      this.engine.rows(0, this.engine.height);
      images.push(this.engine.read("images").slice());
      if (watch) watch(images[image], this.engine.read("log_probs").slice());
      if (this.exports.coded(this.coder) >>> 0 > data.length + AHEAD) break;
    }
    for (let byte = 0; byte < form.check; byte++) this.number(0, 256);
    const written = this.exports.finish_coder(this.coder) >>> 0;
    let used = data.length;
    while (used && !data[used - 1]) used--;
    const whole =
      images.length === form.count &&
      used <= written &&
      data.length === Math.max(used, leastBytes(written, form.count));
    return { images, labels: found, whole, form };
  }

  /** Compute the network's outputs for an image that is known. */
  know(levels, label) {
    this.engine.set(1, {
      uniforms: new Float32Array(this.levels),
      labels: this.labels ? [label] : [],
      levels,
      known: new Uint8Array(this.levels).fill(1),
      tells: 2,
    });
    this.exports.options(this.engine.context, 1, 0, 0); // outputs are enough
    this.exports.decode(this.engine.context, 0);
    this.engine.rows(0, this.engine.height);
  }

  room(size, reads, data = null) {
    this.exports.release(this.begin);
    this.stream = this.exports.reserve(Math.max(size, 1)) >>> 0;
    if (!this.stream) throw new Error("The stream does not fit into memory.");
    if (data) new Uint8Array(this.exports.memory.buffer).set(data, this.stream);
    this.engine.mark = this.exports.mark();
    this.engine.shape = "";
    this.exports.start_coder(this.coder, this.stream, size, reads);
  }

  /** A number below `count`: written, or read. */
  number(number, count) {
    return this.exports.code_number(this.coder, number, count) >>> 0;
  }

  /** See pixelcnn/compression/form.py. */
  writeForm(count, number, where) {
    const plain = count === 1 && number === null;
    this.exports.code_answer(this.coder, plain ? 1 : 0, PLAIN_SHARE);
    if (plain) return;
    this.number(0, 4);
    if (count === 1 && number < KIND.named) {
      this.number(number, 64);
      return;
    }
    this.number(number === null ? KIND.unnamed : KIND.numbered, 64);
    if (number !== null) this.number(number, 256);
    this.number(where, 3);
    this.number(0, 5);
    const bits = count ? count.toString(2) : "";
    this.number(bits.length, 33);
    for (const bit of bits.slice(1)) this.number(Number(bit), 2);
  }

  readForm() {
    if (this.exports.code_answer(this.coder, 0, PLAIN_SHARE)) return { count: 1, check: 0 };
    if (this.number(0, 4)) throw new Error("The form of the stream is unknown here.");
    const kind = this.number(0, 64);
    if (kind < KIND.named) return { count: 1, check: 0, number: kind };
    const form = {};
    if (kind === KIND.numbered) form.number = this.number(0, 256);
    if (kind === KIND.hashed) form.hash = this.number(0, 65536) * 65536 + this.number(0, 65536);
    form.where = this.number(0, 3);
    form.check = this.number(0, 5);
    const length = this.number(0, 33);
    form.count = Math.min(length, 1);
    for (let bit = 1; bit < length; bit++) form.count = 2 * form.count + this.number(0, 2);
    return form;
  }
}

/** How many bytes remain when zeros at the end are cut: few bytes must not hold many images. */
function leastBytes(written, images) {
  return Math.max(written - AHEAD, images > 1 ? Math.ceil(images / IMAGES_A_BYTE) : 0);
}
