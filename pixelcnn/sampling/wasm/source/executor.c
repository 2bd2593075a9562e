/* Runs a lowered program that `portable.py` has packed: an executor beside torch and numba.

   Compiled to WebAssembly (SIMD of 128 bits, nothing relaxed) it gives the same bits on every
   machine; compiled for a processor with -ffp-contract=off it gives them too. No libc. */

#include "base.h"
#include "functions.h"
#include "program.h"
#include "range_coder.h"
#include "check.h"
#include "product.h"
#include "context.h"
#include "constants.h"
#include "operations.h"
#include "positions.h"
#include "draw.h"
#include "coding.h"

/* Addresses that stay the same for a whole row: each operation's buffers and taps. */
static void locate(Context *c, int phase, int row) {
    const Program *p = &c->program;
    for (int i = 0; i < p->header->operations[phase]; i++) {
        const Operation *o = &p->operations[phase][i];
        float **at = c->places[phase][i];
        const int *slots = &o->out;
        for (int s = 0; s < 4; s++) at[s] = slots[s] >= 0 ? start_of_row(c, slots[s], row) : 0;
        if (o->op == UPSAMPLE) at[1] = start_of_row(c, o->source, row - row % o->source_scale);
        const Buffer *tapped = &c->buffers[o->tapped];
        for (int t = o->first_tap; t < o->first_tap + o->taps; t++) {
            size cell = cell_of(c, tapped, row + p->taps[t][0])
                + (size)((long long)p->taps[t][1] * c->batch * tapped->padded);
            c->taps[t] = tapped->start + cell;
            if (tapped->narrow) c->narrow_taps[t] = tapped->narrow + cell;
        }
    }
}

/* After a stretch of a buffer was written: its copy in 16 bits, if there is one. */
static void narrow_stretch(Context *c, const Operation *o, float **at, int column, int columns) {
    const Buffer *b = &c->buffers[o->out];
    const size cell = (size)c->batch * b->padded;
    if (!b->narrow) return;
    const float *from = at[0] + column * cell;
    narrow(from, b->narrow + (from - b->start), b->scale, columns * cell);
}

/* All operations of one phase, for a stretch of columns of the present row. */
static void run(Context *c, int phase, int row, int column, int columns) {
    for (int i = 0; i < c->program.header->operations[phase]; i++) {
        const Operation *o = &c->program.operations[phase][i];
        float **at = c->places[phase][i];
        const int scale = o->scale;
        if (row % scale) continue;
        if (scale == 1 && o->op < ATTENTION) {
            execute(c, o, at, column, columns, 1);
            narrow_stretch(c, o, at, column, columns);
            continue;
        }
        const int first = (column + scale - 1) / scale * scale, end = column + columns;
        const int count = first < end ? (end - first + scale - 1) / scale : 0;
        if (c->batch == 1 && count > 1 && may_step(o)) {
            execute(c, o, at, first, count, scale);
            narrow_stretch(c, o, at, first, (count - 1) * scale + 1);
            continue;
        }
        for (int n = 0; n < count; n++) {
            /* A recurrence that reads to its right begins there. */
            int backwards = o->op > ATTENTION && o->carry_column > 0;
            int position = first + (backwards ? count - 1 - n : n) * scale;
            if (o->op == ATTENTION) attend_all(c, o, at, row, position);
            else if (o->op > ATTENTION) recur(c, o, at, row, position);
            else execute(c, o, at, position, 1, 1);
            narrow_stretch(c, o, at, position, 1);
        }
    }
}

/* After options, labels, images and uniforms were written, and before row 0: above the image there
   is nothing. */
EXPORT void begin(Context *c) {
    const Header *h = c->program.header;
    for (int i = 0; i < h->buffers; i++) {
        const Buffer *b = &c->buffers[i];
        size numbers = (size)b->rows * b->columns * c->batch * b->padded;
        __builtin_memset(b->start, 0, 4 * numbers);
        if (b->narrow) __builtin_memset(b->narrow, 0, 2 * numbers);
    }
    for (int m = 0; h->labels && m < c->batch; m++)
        if (c->labels[m] < 0 || c->labels[m] >= h->labels) c->labels[m] = h->labels - 1;
    for (size n = 0; n < (size)c->images * h->colours * h->height * h->width; n++)
        if (c->image[n] >= h->levels) c->image[n] = (byte)(h->levels - 1);
    fill_constants(c, 0, 1);
}

typedef struct { Context *c; const Header *h; const float *output; float *input; int stride, row, area; } Line;

INLINE byte *pixel_at(const Line *l, int image, int column) { /* its first colour */
    return l->c->image + (size)image * l->h->colours * l->area + l->row * l->h->width + column;
}
INLINE const float *raw_at(const Line *l, int image, int column) {
    return l->output + ((size)column * l->c->batch + image) * l->stride;
}

/* One sub-pixel of every image, from the second half too with guidance. */
static void draw_sub_pixel(const Line *l, int column, int colour) {
    Context *c = l->c;
    const Header *h = l->h;
    for (int m = 0; m < c->images; m++) {
        byte *pixel = pixel_at(l, m, column);
        size place = (size)(pixel - c->image) + (size)colour * l->area;
        if (c->known[place]) continue;
        const float *raw = raw_at(l, m, column);
        if (c->decoder) {
            level_log_probs(h, raw, pixel, l->area, colour, c->levels);
            c->image[place] = code_level(c, c->decoder, 0);
            continue;
        }
        if (h->likelihood >= MIXTURE && c->temperature == 1 && c->guidance == 0) {
            c->image[place] = (byte)draw_from_mixture(h, raw, pixel, l->area, colour, c->uniforms[place]);
            continue;
        }
        level_log_probs(h, raw, pixel, l->area, colour, c->levels);
        if (c->guidance > 0) {
            level_log_probs(h, raw_at(l, c->images + m, column), pixel, l->area, colour, c->others);
            for (int n = 0; n < h->levels; n++)
                c->levels[n] = (1 + (double)c->guidance) * c->levels[n] - c->guidance * c->others[n];
        }
        c->image[place] = (byte)draw(c->levels, h->levels, c->temperature, c->uniforms[place]);
    }
}

/* Put levels where the network reads them. */
static void show(const Line *l, int column, int colour) {
    const float *scaled = l->c->program.floats + l->h->scaled;
    for (int m = 0; m < l->c->batch; m++)
        l->input[((size)column * l->c->batch + m) * l->h->colours + colour]
            = scaled[pixel_at(l, m % l->c->images, column)[colour * l->area]];
}

static int known_in_all(const Line *l, int column) {
    for (int m = 0; m < l->c->images; m++)
        for (int k = 0; k < l->h->colours; k++)
            if (!l->c->known[pixel_at(l, m, column) - l->c->image + k * l->area]) return 0;
    return 1;
}

/* The log-probabilities and the network's outputs, of a finished row. */
static void tell(const Line *l, int first_column) {
    Context *c = l->c;
    const Header *h = l->h;
    const int numbers = h->colours * h->parameters;
    for (int column = first_column; column < h->width; column++) {
        for (int m = 0; c->outputs && m < c->batch; m++) {
            float *to = c->outputs + ((size)m * l->area + l->row * h->width + column) * numbers;
            for (int n = 0; n < numbers; n++) to[n] = bounded(raw_at(l, m, column)[n]);
        }
        for (int m = 0; c->tells_log_probs && m < c->images; m++)
            for (int k = 0; k < h->colours; k++) {
                const byte *pixel = pixel_at(l, m, column);
                level_log_probs(h, raw_at(l, m, column), pixel, l->area, k, c->levels);
                c->log_probs[pixel - c->image + k * l->area]
                    = log_prob(c->levels, h->levels, pixel[k * l->area]);
            }
    }
}

/* Fill the rows from (row, first_column) to the row before `stop`. */
EXPORT void rows(Context *c, int row, int first_column, int stop) {
    const Header *h = c->program.header;
    const int width = h->width;
    if (row < 0 || first_column < 0 || first_column >= width || stop > h->height) return;
    /* Where a pixel waits for the one before it to be drawn, no run can be passed over at once. */
    const int longest = h->operations[AFTER] ? 1 : width;
    for (; row < stop; row++, first_column = 0) {
        Line l = {c, h, start_of_row(c, h->output, row), start_of_row(c, h->image, row),
            c->buffers[h->output].padded, row, h->height * width};
        if (!first_column) {
            fill_constants(c, row, 0);
            locate(c, ABOVE, row);
            run(c, ABOVE, row, 0, width);
        }
        locate(c, PIXEL, row);
        locate(c, AFTER, row);
        for (int column = first_column, end = column; column < width; column = end) {
            while (end < width && end - column < longest && known_in_all(&l, end)) {
                for (int k = 0; k < h->colours; k++) show(&l, end, k);
                end++;
            }
            if (end > column) run(c, PIXEL, row, column, end - column); /* nothing to draw */
            else {
                end = column + 1;
                for (int k = 0; k < h->colours; k++) {
                    /* Features of a later colour may see the earlier ones: then each has its turn. */
                    if (!k || h->sees_own_colours) run(c, PIXEL, row, column, 1);
                    draw_sub_pixel(&l, column, k);
                    show(&l, column, k);
                }
            }
            run(c, AFTER, row, column, end - column);
        }
        tell(&l, first_column);
        locate(c, ROW, row);
        run(c, ROW, row, 0, width);
    }
}
