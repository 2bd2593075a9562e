/* What does not depend on the image: see constants.py. */

/* From -1 for the first of `count` rows or columns to 1 for the last. */
INLINE float on_axis(int index, int count) { return count > 1 ? -1 + 2.f * index / (count - 1) : -1; }

static void fill_constant(Context *c, const Constant *k, int from_row, int ring_row) {
    const Header *h = c->program.header;
    const Buffer *b = &c->buffers[k->buffer];
    const float *numbers = c->program.floats + k->place;
    const int *kinds = (const int *)(k + 1), d = k->channels;
    float *to = start_of_row(c, k->buffer, ring_row), y = on_axis(from_row, h->height);
    for (int column = 0; column < h->width; column++) {
        float x = on_axis(column, h->width), *first = to;
        if (k->is_function)
            FOR_VECTORS(n, d) {
                const float *q = numbers + n;
#define FACTOR(k) *(v4 *)(q + (k) * d)
                v4 z = FACTOR(0) + FACTOR(1) * all(y) + FACTOR(2) * all(x) + FACTOR(3) * all(y * y)
                    + FACTOR(4) * all(x * x) + FACTOR(5) * all(y * x);
#undef FACTOR
                put(first + n, z, d);
            }
        size place = (size)kinds[from_row] * k->columns + kinds[h->height + column];
        for (int m = 0; m < c->batch; m++, to += b->padded) {
            size label = k->labels > 1 ? (size)c->labels[m] * k->rows * k->columns : 0;
            const float *from = k->is_function ? first : numbers + (label + place) * d;
            if (from != to) FOR_VECTORS(n, d) put(to + n, *(v4 *)(from + n), d);
        }
    }
}

/* What is the same in every row is written once, into all rows of its ring. */
static void fill_constants(Context *c, int row, int first) {
    const Header *h = c->program.header;
    for (int i = 0; i < h->constants; i++) {
        const Constant *k = constant_at(&c->program, i);
        int same = !k->is_function && k->rows == 1;
        if (first && same)
            for (int r = 0; r < c->buffers[k->buffer].rows; r++) fill_constant(c, k, 0, r);
        if (!first && !same) fill_constant(c, k, row, row);
    }
}
