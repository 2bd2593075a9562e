/* The operations that take one position after the other: attention and recurrence. */

INLINE float dot_product(const float *a, const float *b, int count) {
    v4 total = all(0);
    for (int n = 0; n < count; n += 4) total += masked(*(v4 *)(a + n) * *(v4 *)(b + n), count - n);
    return sum_of(total);
}

typedef struct { const float *start; size row, step; } Strided; /* position p: row p / across */

/* One image at one position: a mean of the values at the first `positions` positions. */
static void attend(float *out, const float *query, Strided keys, Strided values, int across,
                   int positions, int heads, int depth, int channels, float *scores) {
    const float scale = 1 / __builtin_sqrtf((float)depth);
    for (int head = 0; head < heads; head++) {
        const float *key = keys.start + head * depth;
        float highest = -3e38f, total = 0;
        for (int p = 0; p < positions; p++) {
            const float *k = key + (size)(p / across) * keys.row + (size)(p % across) * keys.step;
            scores[p] = dot_product(query + head * depth, k, depth) * scale;
            highest = scores[p] > highest ? scores[p] : highest;
        }
        v4 sum = all(0);
        for (int p = 0; p < positions; p += 4) { /* there is room for 4 more scores */
            *(v4 *)(scores + p) = exp_4(*(v4 *)(scores + p) - all(highest));
            sum += masked(*(v4 *)(scores + p), positions - p);
        }
        total = 1 / (sum_of(sum) + 1e-37f);
        const float *value = values.start + head * channels;
        float *result = out + head * channels;
        FOR_VECTORS(n, channels) {
            v4 mean = all(0);
            for (int p = 0; p < positions; p++) {
                size at = (size)(p / across) * values.row + (size)(p % across) * values.step;
                mean += all(scores[p] * total) * *(v4 *)(value + at + n);
            }
            put(result + n, mean, channels);
        }
    }
}

static Strided strided(const Context *c, int buffer, int image, int scale) {
    const Buffer *b = &c->buffers[buffer];
    size step = (size)scale * c->batch * b->padded;
    return (Strided){start_of_row(c, buffer, 0) + (size)image * b->padded, step * b->columns, step};
}

static void attend_all(Context *c, const Operation *o, float **at, int row, int column) {
    const Buffer *out = &c->buffers[o->out], *query = &c->buffers[o->source], *key = &c->buffers[o->base];
    const int across = (o->image_width + o->scale - 1) / o->scale;
    const int positions = row / o->scale * across + column / o->scale + (1 - o->clamp);
    for (int m = 0; m < c->batch; m++) {
        size first = (size)column * c->batch + m;
        attend(at[0] + first * out->padded, at[1] + first * query->padded,
               strided(c, o->base, m, o->scale), strided(c, o->residual, m, o->scale), across, positions,
               o->groups, key->channels / o->groups, out->channels / o->groups, c->scores);
    }
}

/* Gates o, f, i, g: `pixelcnn.recurrence.lstm_cell`. */
static void lstm(float *state, float *memory, const float *before, const float *gates, int hidden) {
    FOR_VECTORS(n, hidden) {
        v4 forget = sigmoid_4(*(v4 *)(gates + hidden + n));
        v4 update = sigmoid_4(*(v4 *)(gates + 2 * hidden + n)) * tanh_4(*(v4 *)(gates + 3 * hidden + n));
        v4 cell = forget * *(v4 *)(before + n) + update;
        put(memory + n, cell, hidden);
        put(state + n, sigmoid_4(*(v4 *)(gates + n)) * tanh_4(cell), hidden);
    }
}

/* Inputs and states of r, z, n: `pixelcnn.recurrence.gru_cell`. */
static void gru(float *state, const float *before, const float *in, const float *states, int hidden) {
    FOR_VECTORS(n, hidden) {
        v4 reset = sigmoid_4(*(v4 *)(in + n) + *(v4 *)(states + n));
        v4 keep = sigmoid_4(*(v4 *)(in + hidden + n) + *(v4 *)(states + hidden + n));
        v4 fresh = tanh_4(*(v4 *)(in + 2 * hidden + n) + reset * *(v4 *)(states + 2 * hidden + n));
        put(state + n, (all(1.f) - keep) * fresh + keep * *(v4 *)(before + n), hidden);
    }
}

static void recur(Context *c, const Operation *o, float **at, int row, int column) {
    const Buffer *out = &c->buffers[o->out], *in = &c->buffers[o->source];
    const size first = (size)column * c->batch;
    const int width = out->padded, hidden = out->channels;
    const float *inputs = at[1] + first * in->padded, *floats = c->program.floats;
    float *gates = at[3] + first * in->padded, *state = at[0] + first * width;
    const float *before = start_of_row(c, o->base, row + o->carry_row)
        + ((long long)column + o->carry_column) * c->batch * width;
    Product p = {gates, in->padded, floats + o->bias, 0, o->taps, first * width, width, o->depth, 0, 0};
    if (o->op == LSTM) p.init = inputs, p.init_stride = in->padded;
    if (o->fixed >= 0)
        product_16(&p, c->narrow_taps + o->first_tap, c->program.shorts + o->fixed, floats + o->units,
                   c->batch, in->padded);
    else product(&p, c->taps + o->first_tap, floats + o->weights, c->batch, in->padded);
    for (int m = 0; m < c->batch; m++, state += width, before += width, gates += in->padded)
        if (o->op == LSTM) lstm(state, at[2] + (first + m) * width, before, gates, hidden);
        else gru(state, before, inputs + (size)m * in->padded, gates, hidden);
}
