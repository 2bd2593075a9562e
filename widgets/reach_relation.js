// What every target sees at every depth, as bits; and what that makes of each source.

const ROLE_NAMES = ["seen", "legal_not_yet", "never", "future", "leak", "target"];
const [SEEN, NOT_YET, NEVER, FUTURE, LEAK, TARGET] = ROLE_NAMES.keys();

class Relation {
  constructor(meta, arrays) {
    this.cells = meta.height * meta.width;
    this.order = arrays.order ?? Int32Array.from({ length: this.cells }, (_, cell) => cell);
    this.seen = accumulate(arrays.changes, meta.depths, this.cells);
    this.limit = arrays.limit && combine(arrays.limit, this.seen.at(-1), this.cells);
  }

  /** The role of each source for a target, an index into ROLE_NAMES. */
  roles(target, depth) {
    const seen = this.seen[depth];
    const now = this.order[target];
    const roles = new Uint8Array(this.cells);
    for (let source = 0; source < this.cells; source++) {
      const sees = seen.get(target * this.cells + source);
      if (this.order[source] >= now) roles[source] = sees ? LEAK : source === target ? TARGET : FUTURE;
      else if (sees) roles[source] = SEEN;
      else roles[source] = this.limit && !this.limit.get(target * this.cells + source) ? NEVER : NOT_YET;
    }
    return roles;
  }

  counts(roles) {
    const counts = new Array(ROLE_NAMES.length).fill(0);
    for (const role of roles) counts[role]++;
    return { seen: counts[SEEN], notYet: counts[NOT_YET], never: counts[NEVER], leaked: counts[LEAK] };
  }
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
