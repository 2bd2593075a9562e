// What every target sees at every depth, and the role of each source.

const ROLE_NAMES = ["seen", "legal_not_yet", "never", "future", "leak", "target"];
const [SEEN, NOT_YET, NEVER, FUTURE, LEAK, TARGET] = ROLE_NAMES.keys();

/** Given by a table of all pairs. */
class Relation {
  constructor(meta, arrays) {
    this.cells = meta.height * meta.width;
    this.order = arrays.order;
    this.seen = accumulate(arrays.changes, meta.depths, this.cells);
    this.limit = arrays.limit && combine(arrays.limit, this.seen.at(-1), this.cells);
  }

  /** The role of each source for a target, an index into ROLE_NAMES. */
  roles(target, depth) {
    const [seen, limit, start] = [this.seen[depth], this.limit, target * this.cells];
    const ever = (source) => !limit || limit.get(start + source);
    return roleOfEach(target, this.cells, (source) => seen.get(start + source), ever, this.order);
  }
}

/** Computed from the masks of a stack of convolutions, so that an edit shows at once. */
class StackRelation {
  constructor({ height, width, stack }) {
    Object.assign(this, { height, width, cells: height * width, keeps: stack.keeps });
    this.moves = stack.masks.map((mask, layer) => movesOf(mask, layer ? stack.dilation : 1));
  }

  /** As `Relation.roles`. */
  roles(target, depth) {
    const alone = new Uint8Array(this.cells);
    alone[target] = 1;
    const seen = this.readFrom(alone, depth);
    const ever = this.readFrom(this.spread(alone), this.moves.length - 1);
    return roleOfEach(target, this.cells, (source) => seen[source], (source) => ever[source]);
  }

  /** The sources that the layers up to `depth` read for these positions, traced back to the image. */
  readFrom(places, depth) {
    const last = this.moves.length - 1;
    for (let layer = depth; layer > 0; layer--) {
      const read = this.through(this.moves[Math.min(layer, last)], places);
      if (this.keeps) places.forEach((here, cell) => here && (read[cell] = 1));
      places = read;
    }
    return this.through(this.moves[0], places);
  }

  /** All positions that any number of layers like the last would read for these. */
  spread(places) {
    const found = places.slice();
    for (let fresh = places; fresh.includes(1); ) {
      fresh = this.through(this.moves.at(-1), fresh).map((read, cell) => read && !found[cell]);
      fresh.forEach((isNew, cell) => isNew && (found[cell] = 1));
    }
    return found;
  }

  /** What one layer reads for these positions. */
  through(moves, places) {
    const read = new Uint8Array(this.cells);
    places.forEach((here, cell) => {
      if (!here) return;
      const [row, column] = [Math.floor(cell / this.width), cell % this.width];
      for (const [down, right] of moves) {
        const [y, x] = [row + down, column + right];
        if (y >= 0 && y < this.height && x >= 0 && x < this.width) read[y * this.width + x] = 1;
      }
    });
    return read;
  }
}

/** The offsets that a mask reads, in rows and columns from the pixel. */
function movesOf(mask, dilation) {
  const side = Math.sqrt(mask.length);
  const middle = (side - 1) / 2;
  const kept = [...mask.keys()].filter((at) => mask[at]);
  return kept.map((at) => [(Math.floor(at / side) - middle) * dilation, ((at % side) - middle) * dilation]);
}

/** `seen(source)`, `ever(source)`: whether the target sees it at this depth, and at any. */
function roleOfEach(target, cells, seen, ever, order) {
  const when = (cell) => (order ? order[cell] : cell); // raster order, where none is given
  const now = when(target);
  const roles = new Uint8Array(cells);
  for (let source = 0; source < cells; source++) {
    if (when(source) >= now) roles[source] = seen(source) ? LEAK : source === target ? TARGET : FUTURE;
    else if (seen(source)) roles[source] = SEEN;
    else roles[source] = ever(source) ? NOT_YET : NEVER;
  }
  return roles;
}

function countRoles(roles) {
  const counts = new Array(ROLE_NAMES.length).fill(0);
  for (const role of roles) counts[role]++;
  return { seen: counts[SEEN], notYet: counts[NOT_YET], never: counts[NEVER], leaked: counts[LEAK] };
}

/** Undo the differences between depths: one set of bits for each depth. */
function accumulate(changes, depths, cells) {
  const bits = cells * cells;
  const sets = [];
  for (let depth = 0; depth < depths; depth++) {
    const set = slice(changes, depth * bits, bits);
    if (depth > 0) flip(set.bytes, sets[depth - 1].bytes);
    sets.push(set);
  }
  return sets;
}

/** Two million bytes for a picture of 28 x 28: a plain loop, since `forEach` takes ten times as long. */
function flip(bytes, where) {
  for (let at = 0; at < bytes.length; at++) bytes[at] ^= where[at];
}

function slice(source, start, length) {
  if (start % 8 === 0) return new Bits(source.bytes.slice(start / 8, Math.ceil((start + length) / 8)));
  const part = new Bits(new Uint8Array(Math.ceil(length / 8)));
  for (let bit = 0; bit < length; bit++) part.bytes[bit >> 3] |= source.get(start + bit) << (bit & 7);
  return part;
}

function combine(difference, base, cells) {
  const whole = slice(difference, 0, cells * cells);
  flip(whole.bytes, base.bytes);
  return whole;
}
