/* A program is checked before it runs: that it is whole, and that whatever it says to read or write
   lies inside its buffers, tables and weights. What it computes is its own affair. */

enum { FINE, NO_PROGRAM, OTHER_VERSION, DAMAGED, BAD_HEADER, BAD_BUFFER, BAD_OPERATION, BAD_CONSTANT,
       BAD_NUMBER };

#define NEED(condition) do { if (!(condition)) return 0; } while (0)
INLINE int between(long long low, long long x, long long high) { return low <= x && x <= high; }

static u32 crc_32(const byte *from, size count) {
    u32 table[256], crc = ~0u;
    for (u32 n = 0; n < 256; n++) {
        table[n] = n;
        for (int bit = 0; bit < 8; bit++) table[n] = table[n] >> 1 ^ (table[n] & 1 ? 0xedb88320u : 0);
    }
    while (count--) crc = crc >> 8 ^ table[(crc ^ *from++) & 255];
    return ~crc;
}

static int check_header(const Header *h) {
    NEED(between(FLOAT32, h->kind, INT16) && between(1, h->height, 256) && between(1, h->width, 256));
    NEED((h->colours == 1 || h->colours == 3) && between(2, h->levels, 256));
    NEED(between(0, h->sees_own_colours, 1) && between(0, h->labels, 1 << 14));
    int n = h->parameters;
    switch (h->likelihood) {
    case BERNOULLI: NEED(n == 1 && h->levels == 2); break;
    case CATEGORICAL: NEED(n == h->levels); break;
    case MIXTURE: NEED(between(3, n, 300) && n % 3 == 0); break;
    case COUPLED_MIXTURE: NEED(between(5, n, 500) && n % 5 == 0 && h->colours == 3); break;
    default: return 0;
    }
    NEED(between(2, h->buffers, 1 << 16) && between(0, h->taps, 1 << 20));
    NEED(between(0, h->constants, 1 << 16) && between(0, h->floats, 1 << 28));
    NEED(between(0, h->shorts, 1 << 28) && between(0, h->gathered, 1 << 16));
    u64 total = sizeof(Header) + (u64)h->buffers * sizeof(Shape) + 8ull * h->taps
        + 4ull * h->constants * ints_of_constant(h) + 4ull * h->floats + 2ull * h->shorts;
    for (int phase = 0; phase < PHASES; phase++) {
        NEED(between(0, h->operations[phase], 1 << 16));
        total += (u64)h->operations[phase] * sizeof(Operation);
    }
    NEED(total == (u64)h->size && between(0, h->image, h->buffers - 1));
    NEED(between(0, h->output, h->buffers - 1) && h->image != h->output);
    NEED(between(0, h->scaled, h->floats - h->levels));
    return h->kind == FLOAT32 || between(0, h->scales, h->floats - h->buffers);
}

static int check_shape(const Header *h, const Shape *s, int is_image) {
    NEED(between(1, s->rows, 512) && between(0, s->left, 512) && between(1, s->channels, 1 << 14));
    NEED(between(s->left + h->width, s->columns, 1024) && between(s->channels, s->padded, 1 << 14));
    if (is_image) return s->channels == h->colours && s->padded == h->colours;
    return s->padded % 4 == 0;
}

/* Whether a buffer may be read at an offset from every position of the image. */
static int reaches(const Header *h, const Shape *s, int dy, int dx) {
    return between(1 - s->rows, dy, 0) && between(-s->left, dx, s->columns - s->left - h->width);
}

static int check_product(const Program *p, const Operation *o, int columns) {
    const Header *h = p->header;
    const Shape *tapped = &p->shapes[o->tapped];
    NEED(between(2, o->depth, 1 << 16) && o->depth % 2 == 0);
    for (int t = o->first_tap; t < o->first_tap + o->taps; t++)
        NEED(reaches(h, tapped, p->taps[t][0], p->taps[t][1]));
    long long depth = o->depth;
    if (o->op == GATHER) {
        NEED(between((long long)o->taps * tapped->padded, depth, h->gathered) && o->fixed < 0);
    } else {
        NEED(o->tapped != h->image && depth <= tapped->padded);
        depth *= o->taps;
    }
    if (o->fixed < 0) return between(0, o->weights, h->floats - depth * columns);
    NEED(h->kind == INT16 && p->floats[h->scales + o->tapped] > 0);
    NEED(o->fixed % 2 == 0); /* pairs are read together */
    NEED(between(0, o->fixed, h->shorts - depth * columns) && between(0, o->units, h->floats - columns));
    for (int n = 0; n < columns; n++) { /* no sum of a column may overflow */
        int width = columns - (n & ~7) < 8 ? 4 : 8;
        const short *w = p->shorts + o->fixed + (n & ~7) * depth + n % width * 2;
        long long sum = 0;
        for (long long k = 0; k < depth; k++) {
            int weight = w[k / 2 * 2 * width + k % 2];
            sum += weight < 0 ? -weight : weight;
        }
        NEED(sum * 4095 < 1ll << 31);
    }
    return 1;
}

static int check_recurrence(const Program *p, const Operation *o) {
    const Header *h = p->header;
    const Shape *out = &p->shapes[o->out], *in = &p->shapes[o->source];
    NEED(o->base >= 0 && o->residual >= 0 && o->tapped == o->out);
    const Shape *memory = &p->shapes[o->base], *gates = &p->shapes[o->residual];
    NEED(memory->padded == out->padded && gates->padded == in->padded);
    NEED(gates->channels == in->channels && out->channels * (o->op == LSTM ? 4 : 3) <= in->channels);
    NEED((o->op == GRU) == (o->base == o->out) && o->residual != o->out && o->residual != o->source);
    NEED(reaches(h, memory, o->carry_row, o->carry_column));
    NEED(o->carry_row || o->carry_column); /* the position itself has nothing to carry over yet */
    return between(0, o->bias, h->floats - in->padded) && check_product(p, o, in->padded);
}

static int check_attention(const Program *p, const Operation *o) {
    const Header *h = p->header;
    NEED(o->base >= 0 && o->residual >= 0 && o->base != h->image && o->residual != h->image);
    const Shape *out = &p->shapes[o->out], *query = &p->shapes[o->source];
    const Shape *key = &p->shapes[o->base], *value = &p->shapes[o->residual];
    NEED(o->image_width == h->width && key->rows >= h->height && value->rows >= h->height);
    NEED(key->channels <= query->channels && value->channels == out->channels);
    NEED(between(1, o->groups, 1 << 14));
    return key->channels % o->groups == 0 && value->channels % o->groups == 0;
}

/* `free_tap`: the first tap that no operation before has: each has its own. */
static int check_operation(const Program *p, const Operation *o, int *free_tap) {
    const Header *h = p->header;
    if (o->op <= GATHER || o->op > ATTENTION) {
        NEED(between(*free_tap, o->first_tap, h->taps) && between(1, o->taps, h->taps - o->first_tap));
        *free_tap = o->first_tap + o->taps;
    } else NEED(o->taps == 0);
    const int last = h->buffers - 1, *slots = &o->out;
    NEED(between(0, o->op, OPERATIONS - 1) && between(1, o->scale, 256));
    NEED(between(0, o->out, last) && between(0, o->source, last) && between(0, o->tapped, last));
    NEED(between(-1, o->base, last) && between(-1, o->residual, last) && between(0, o->clamp, 1));
    NEED(o->out != h->image && o->source != o->out && between(1, o->source_scale, 256));
    if (o->op > GATHER && o->op < ATTENTION)
        for (int s = 2; s < 4; s++) NEED(slots[s] != o->out);
    const Shape *out = &p->shapes[o->out], *in = &p->shapes[o->source];
    const Shape *other = o->base >= 0 ? &p->shapes[o->base] : 0;
    switch (o->op) {
    case LINEAR:
    case GATHER:
        NEED(o->tapped == o->source && (!other || other->padded == out->padded));
        NEED(o->residual < 0 || p->shapes[o->residual].padded == out->padded);
        NEED(other || between(0, o->bias, h->floats - out->padded));
        return check_product(p, o, out->padded);
    case NORM:
        NEED(in->padded == out->padded && in->channels >= out->channels && o->source != h->image);
        NEED(between(1, o->groups, out->channels) && out->channels % o->groups == 0);
        NEED(between(0, o->weights, h->floats - out->padded));
        return between(0, o->bias, h->floats - out->padded);
    case GATE: return in->channels >= 2 * out->channels && o->source != h->image;
    case GATED_RESIDUAL:
        NEED(other && o->base != h->image && other->padded >= out->channels);
        return in->channels >= 2 * out->channels && o->source != h->image;
    case SLICE: return between(0, o->first_channel, in->padded - out->channels);
    case CAT: return other && in->channels + other->channels == out->channels;
    case CONCAT_ELU: return 2 * (in->channels + (other ? other->channels : 0)) == out->channels;
    case UPSAMPLE: return in->rows >= o->source_scale && in->padded >= out->channels;
    case ADD:
    case MUL: NEED(other && o->base != h->image && other->padded == out->padded); /* fall through */
    case RELU: case TANH: case SIGMOID: case ELU: case NEG:
        return in->padded == out->padded && o->source != h->image;
    case ATTENTION: return o->source != h->image && check_attention(p, o);
    default: return o->source != h->image && check_recurrence(p, o);
    }
}

static int check_constant(const Program *p, const Constant *c) {
    const Header *h = p->header;
    NEED(between(0, c->buffer, h->buffers - 1) && c->buffer != h->image);
    NEED(between(1, c->channels, p->shapes[c->buffer].padded) && between(0, c->is_function, 1));
    if (c->is_function) return between(0, c->place, h->floats - 6ll * c->channels);
    NEED(between(1, c->labels, 1 << 14) && (c->labels == 1 || c->labels == h->labels));
    NEED(between(1, c->rows, h->height) && between(1, c->columns, h->width));
    long long numbers = (long long)c->labels * c->rows * c->columns * c->channels;
    NEED(between(0, c->place, h->floats - numbers));
    const int *kinds = (const int *)(c + 1);
    for (int y = 0; y < h->height; y++) NEED(between(0, kinds[y], c->rows - 1));
    for (int x = 0; x < h->width; x++) NEED(between(0, kinds[h->height + x], c->columns - 1));
    return 1;
}

/* FINE, or why the program of `bytes` bytes must not run. */
EXPORT int check(byte *blob, u32 bytes) {
    Header *h = (Header *)blob;
    if (bytes < sizeof(Header) || h->magic != MAGIC) return NO_PROGRAM;
    if (h->version != VERSION) return OTHER_VERSION;
    if ((u32)h->size != bytes || crc_32(blob + 16, bytes - 16) != h->checksum) return DAMAGED;
    if (!check_header(h)) return BAD_HEADER;
    Program p = open_program(blob);
    for (int n = 0; n < h->floats; n++) /* false for what is not a number too */
        if (!(p.floats[n] < 1e30f && p.floats[n] > -1e30f)) return BAD_NUMBER;
    for (int i = 0; i < h->buffers; i++)
        if (!check_shape(h, &p.shapes[i], i == h->image)) return BAD_BUFFER;
    if (p.shapes[h->output].channels < h->colours * h->parameters) return BAD_BUFFER;
    for (int phase = 0, free_tap = 0; phase < PHASES; phase++)
        for (int i = 0; i < h->operations[phase]; i++)
            if (!check_operation(&p, &p.operations[phase][i], &free_tap)) return BAD_OPERATION;
    for (int i = 0; i < h->constants; i++)
        if (!check_constant(&p, constant_at(&p, i))) return BAD_CONSTANT;
    return FINE;
}
