/* The operations of a program, each on consecutive rows of channels; the words are those of
   `sampling/steps.py`. */

typedef struct { float *out; const float *in, *other; int width, in_width, other_width; } Rows;

static void elu_both(float *out, const float *in, int channels, int half) { /* elu(x), elu(-x) */
    FOR_VECTORS(n, channels) {
        v4 plus, minus;
        elu_of_both(*(v4 *)(in + n), &plus, &minus);
        put(out + n, plus, channels);
        put(out + half + n, minus, channels);
    }
}

static void copy(float *out, const float *in, int channels) {
    FOR_VECTORS(n, channels) put(out + n, *(v4 *)(in + n), channels);
}

/* Layer normalisation over each `group` of the channels of a row. */
static void norm(const Context *c, const Operation *o, Rows r, int channels, int rows) {
    const int group = channels / o->groups;
    const float *weights = c->program.floats + o->weights, *biases = c->program.floats + o->bias;
    for (int m = 0; m < rows; m++, r.out += r.width, r.in += r.in_width)
        for (int first = 0; first < channels; first += group) {
            v4 total = all(0), scatter = all(0);
            for (int n = 0; n < group; n += 4) total += masked(*(v4 *)(r.in + first + n), group - n);
            float mean = sum_of(total) / group;
            for (int n = 0; n < group; n += 4) {
                v4 d = masked(*(v4 *)(r.in + first + n) - all(mean), group - n);
                scatter += d * d;
            }
            float inverse = 1 / __builtin_sqrtf(sum_of(scatter) / group + 1e-5f);
            FOR_VECTORS(n, group) {
                v4 scale = *(v4 *)(weights + first + n), bias = *(v4 *)(biases + first + n);
                v4 y = (*(v4 *)(r.in + first + n) - all(mean)) * all(inverse) * scale + bias;
                if (o->clamp) y = higher(all(0.f), y);
                put(r.out + first + n, y, group);
            }
        }
}

static void linear(Context *c, const Operation *o, float **at, int column, int rows, int step) {
    const Buffer *out = &c->buffers[o->out], *in = &c->buffers[o->source];
    const int width = out->padded;
    const size first = (size)column * c->batch;
    const float *floats = c->program.floats;
    Product p = {at[0] + first * width, width * step, floats + o->bias, 0, o->taps, first * in->padded,
        in->padded * step, o->depth, o->clamp, at[3] ? at[3] + first * width : 0};
    if (at[2]) p.init = at[2] + first * width, p.init_stride = width * step;
    float **taps = c->taps + o->first_tap, *collected = c->scratch;
    if (o->fixed >= 0) {
        product_16(&p, c->narrow_taps + o->first_tap, c->program.shorts + o->fixed, floats + o->units,
                   rows, width);
        return;
    }
    if (o->op == GATHER) { /* few channels: what the taps read is collected into one row first */
        const int channels = in->padded;
        for (int m = 0; m < rows; m++) {
            float *to = collected + (size)m * o->depth, *end = to + o->depth;
            for (int t = 0; t < o->taps; t++)
                for (int n = 0; n < channels; n++) *to++ = taps[t][p.shift + (size)m * channels + n];
            while (to < end) *to++ = 0;
        }
        p.count = 1, p.shift = 0, p.in_stride = o->depth, taps = &collected;
    }
    product(&p, taps, floats + o->weights, rows, width);
}

static void upsample(Context *c, const Operation *o, float **at, int column, int columns) {
    const Buffer *out = &c->buffers[o->out], *in = &c->buffers[o->source];
    for (int to = column; to < column + columns; to++) {
        size from = (size)(to - to % o->source_scale) * c->batch;
        for (int m = 0; m < c->batch; m++)
            copy(at[0] + ((size)to * c->batch + m) * out->padded, at[1] + (from + m) * in->padded,
                 out->channels);
    }
}

/* Whether columns that are not neighbours can be done at once: with one image. */
static int may_step(const Operation *o) {
    return o->op == LINEAR || o->op == GATE || o->op == GATED_RESIDUAL || o->op == CONCAT_ELU;
}

/* An operation on a stretch of columns of the present row, each `step` behind the one before. */
static void execute(Context *c, const Operation *o, float **at, int column, int columns, int step) {
    const int rows = c->batch * columns;
    if (o->op <= GATHER) { linear(c, o, at, column, rows, step); return; }
    if (o->op == UPSAMPLE) { upsample(c, o, at, column, columns); return; }
    const Buffer *out = &c->buffers[o->out], *in = &c->buffers[o->source];
    const Buffer *other = o->base >= 0 ? &c->buffers[o->base] : 0;
    const size first = (size)column * c->batch;
    const int channels = out->channels;
    Rows r = {at[0] + first * out->padded, at[1] + first * in->padded,
        other ? at[2] + first * other->padded : 0, out->padded, in->padded, other ? other->padded : 0};
    if (o->op == NORM) { norm(c, o, r, channels, rows); return; }
#define EACH_ROW \
    for (int m = 0; m < rows; \
         m++, r.out += r.width * step, r.in += r.in_width * step, r.other += r.other_width * step)
#define EACH_NUMBER(result) \
    for (size n = 0; n < (size)rows * r.width; n += 4) { \
        v4 x = *(v4 *)(r.in + n); \
        *(v4 *)(r.out + n) = (result); \
    } \
    return
    switch (o->op) {
    case GATE:
        EACH_ROW FOR_VECTORS(n, channels)
            put(r.out + n, gate_4(*(v4 *)(r.in + n), *(v4 *)(r.in + channels + n)), channels);
        return;
    case GATED_RESIDUAL:
        EACH_ROW FOR_VECTORS(n, channels) {
            v4 opened = *(v4 *)(r.in + n) * sigmoid_4(*(v4 *)(r.in + channels + n));
            put(r.out + n, *(v4 *)(r.other + n) + opened, channels);
        }
        return;
    case SLICE: EACH_ROW copy(r.out, r.in + o->first_channel, channels); return;
    case CAT:
        EACH_ROW {
            copy(r.out, r.in, in->channels);
            copy(r.out + in->channels, r.other, other->channels);
        }
        return;
    case CONCAT_ELU:
        EACH_ROW {
            elu_both(r.out, r.in, in->channels, channels / 2);
            if (other) elu_both(r.out + in->channels, r.other, other->channels, channels / 2);
        }
        return;
    /* The rest treats every number alike, the padding too, which stays finite. */
    case RELU: EACH_NUMBER(higher(all(0.f), x));
    case TANH: EACH_NUMBER(tanh_4(x));
    case SIGMOID: EACH_NUMBER(sigmoid_4(x));
    case ELU: EACH_NUMBER(elu_4(x));
    case NEG: EACH_NUMBER(-x);
    case ADD: EACH_NUMBER(x + *(v4 *)(r.other + n));
    case MUL: EACH_NUMBER(x * *(v4 *)(r.other + n));
    }
    __builtin_trap();
}
