// The drawing as data: two layers, strokes into them, and undo.

const UNDO_STEPS = 200;

class Layers {
  constructor(height, width, levels) {
    Object.assign(this, { height, width, levels });
    this.image = new Uint8Array(height * width); // levels; kept under unknown cells too
    this.known = new Uint8Array(height * width); // 1 where given
    this.past = [];
    this.future = [];
  }

  // -------------------------------------------------------------- undo

  /** Call before a change: undo restores this state. */
  remember() {
    this.past.push(this.snapshot());
    if (this.past.length > UNDO_STEPS) this.past.shift();
    this.future = [];
  }

  undo() {
    return this.travel(this.past, this.future);
  }

  redo() {
    return this.travel(this.future, this.past);
  }

  travel(from, to) {
    if (!from.length) return false;
    to.push(this.snapshot());
    this.restore(from.pop());
    return true;
  }

  snapshot() {
    return { image: this.image.slice(), known: this.known.slice() };
  }

  restore({ image, known }) {
    this.image = image.slice();
    this.known = known.slice();
  }

  // -------------------------------------------------------------- strokes

  /** Stamp along a line, so that a fast stroke has no gaps. Coordinates in cells. */
  stroke(tool, size, from, to) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
    for (let i = 1; i <= steps; i++) {
      const part = i / steps;
      this.stamp(tool, size, from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
    }
  }

  stamp(tool, size, x, y) {
    const radius = size / 2;
    const reach = Math.ceil(radius) + 1;
    for (let row = Math.floor(y) - reach; row <= Math.floor(y) + reach; row++) {
      for (let column = Math.floor(x) - reach; column <= Math.floor(x) + reach; column++) {
        if (row < 0 || row >= this.height || column < 0 || column >= this.width) continue;
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const under = row === Math.floor(y) && column === Math.floor(x);
        this.touch(tool, row * this.width + column, distance, radius, under);
      }
    }
  }

  /** Paint the cell under the pen in full, however fine the brush. */
  touch(tool, cell, distance, radius, under) {
    const soft = under ? 1 : clamp(radius + 0.5 - distance, 0, 1);
    const hit = under || distance <= radius;
    if (tool === "unknown") {
      if (hit) this.known[cell] = 0;
    } else if (tool === "eraser") {
      if (hit) this.give(cell, 0);
    } else if (this.levels === 2) {
      if (hit) this.give(cell, 1);
    } else if (soft > 0) {
      const before = this.known[cell] ? this.image[cell] : 0;
      this.give(cell, Math.max(before, Math.round((this.levels - 1) * soft)));
    }
  }

  give(cell, level) {
    this.known[cell] = 1;
    this.image[cell] = level;
  }

  // -------------------------------------------------------------- the whole drawing

  clear() {
    this.image.fill(0);
    this.known.fill(0);
  }

  empty() {
    this.image.fill(0);
    this.known.fill(1);
  }

  mirror() {
    for (const layer of [this.image, this.known]) {
      for (let row = 0; row < this.height; row++) {
        layer.subarray(row * this.width, (row + 1) * this.width).reverse();
      }
    }
  }

  /** Everything above the row is given, everything from it on is unknown. */
  giveDownTo(row) {
    this.known.fill(1, 0, row * this.width);
    this.known.fill(0, row * this.width);
  }

  /** The number of complete rows given from the top, up to the first unknown cell. */
  get givenRows() {
    const first = this.known.indexOf(0);
    return first < 0 ? this.height : Math.floor(first / this.width);
  }

  get counts() {
    let given = 0;
    let ink = 0;
    for (let cell = 0; cell < this.known.length; cell++) {
      given += this.known[cell];
      ink += this.known[cell] && this.image[cell] > 0 ? 1 : 0;
    }
    return { given, ink, unknown: this.known.length - given };
  }
}
