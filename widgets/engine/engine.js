// The sampler in the browser: runs the portable form of a model's program (pixelcnn/sampling/wasm).
// The same input gives the same bits as in Python, on every machine.

const REFUSALS = [
  "",
  "it is no program for this executor",
  "it has another version",
  "it is not whole",
  "its header is wrong",
  "a buffer in it is wrong",
  "an operation in it would read or write outside its buffers",
  "a constant in it is wrong",
  "it holds a weight that is not a number, or far too large",
];

// Places of what is needed here in the header of a program, see portable.py.
const HEADER = { height: 5, width: 6, colours: 7, levels: 8, parameters: 10, labels: 12 };

const ROOM = 64; // bytes behind a program: a vector may be read over its end

class Engine {
  /**
   * @param {WebAssembly.Module} module executor.wasm, compiled
   * @param {Uint8Array} program the portable form of a model
   */
  constructor(module, program) {
    this.exports = new WebAssembly.Instance(module, {}).exports;
    this.program = this.exports.reserve(program.length + ROOM) >>> 0;
    new Uint8Array(this.exports.memory.buffer).set(program, this.program);
    const refusal = this.exports.check(this.program, program.length);
    if (refusal) throw new Error(`The program cannot be run: ${REFUSALS[refusal]}.`);
    const numbers = new Int32Array(program.slice(0, 128).buffer);
    for (const [name, place] of Object.entries(HEADER)) this[name] = numbers[place];
    this.mark = this.exports.mark();
    this.shape = "";
  }

  /**
   * What to draw; then `rows` draws it.
   *
   * @param {number} images how many
   * @param {object} given `uniforms` Float32Array (n, C, H, W) in [0, 1); `labels` Int32Array (n), for
   *   a model with classes; `levels` and `known` Uint8Array (n, C, H, W): what is given where known
   *   is 1; `temperature`; `guidance`, with `labels` of 2 n: the second half without a label;
   *   `tells`: 1 keeps the log-probability of what stands in each row, 2 the network's outputs too
   */
  set(images, { uniforms, labels, levels, known, temperature = 1, guidance = 0, tells = 0 }) {
    const shape = [images, guidance > 0 ? 1 : 0, 0, tells > 1 ? 1 : 0];
    if (this.shape !== shape.join()) {
      this.shape = "";
      this.exports.release(this.mark);
      this.context = this.exports.prepare(this.program, ...shape) >>> 0;
      if (!this.context) throw new Error(`${images} images do not fit into memory. Ask for fewer.`);
      this.shape = shape.join();
      this.images = images;
      this.batch = guidance > 0 ? 2 * images : images;
    }
    this.exports.options(this.context, temperature, guidance, tells > 0 ? 1 : 0);
    this.read("uniforms").set(uniforms);
    if (this.labels) this.read("labels").set(labels);
    if (levels) this.read("images").set(levels);
    else this.read("images").fill(0);
    if (known) this.read("known").set(known);
    else this.read("known").fill(0);
    this.exports.begin(this.context);
  }

  /** Fill the rows from `first` to the one before `stop`. */
  rows(first, stop) {
    this.exports.rows(this.context, first, 0, stop);
  }

  /**
   * A view of memory, good until the next `set`: `images` and `known` (bytes), `uniforms` and
   * `log_probs`, (n, C, H, W); `labels`, (n); `outputs`, (n, H, W, C * P).
   */
  read(name) {
    const numbers = this.images * this.colours * this.height * this.width;
    const Kind =
      { images: Uint8Array, known: Uint8Array, labels: Int32Array }[name] || Float32Array;
    let count = numbers;
    if (name === "labels") count = this.batch;
    if (name === "outputs") count = (numbers / this.images) * this.batch * this.parameters;
    return new Kind(this.exports.memory.buffer, this.exports[name](this.context) >>> 0, count);
  }
}
