/* Matrix products: where nearly all of the time goes.

   A sum is always taken in the same order, two products at a time, whatever the tile. So an image
   does not depend on how many are drawn together, and a row that is known is computed at once with
   the same bits as pixel by pixel. Weights lie in panels of 8 columns (the last may have 4), one
   row of a panel behind the other. */

enum { TALL = 3 }; /* images of a tile: 3 x 8 results, 4 weights and 2 inputs fit 15 registers */

typedef struct {
    float *out; int out_stride;
    const float *init; int init_stride; /* what the sums start from; stride 0 repeats one row */
    int count; size shift; int in_stride; /* taps, each read `shift` numbers on */
    int depth, clamp;
    const float *added; /* or 0 */
} Product;

INLINE void finish(const Product *p, v4 s, int m, int v, float *out, const float *added) {
    if (p->clamp) s = higher(all(0.f), s);
    if (added) s += *(v4 *)(added + m * p->out_stride + 4 * v);
    *(v4 *)(out + m * p->out_stride + 4 * v) = s;
}

/* M images, 4 * V columns; `width` of a panel and `panel`, from one panel to the next. */
INLINE void tile(const int M, const int V, const Product *p, float *const *taps, const float *w,
                 const int width, int panel, int m0, int n) {
    float *out = p->out + (size)m0 * p->out_stride + n;
    const float *init = p->init + (size)m0 * p->init_stride + n;
    const float *added = p->added ? p->added + (size)m0 * p->out_stride + n : 0;
    size shift = p->shift + (size)m0 * p->in_stride;
    const int in = p->in_stride;
    v4 sum[M][V];
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int v = 0; v < V; v++) sum[m][v] = *(v4 *)(init + m * p->init_stride + 4 * v);
    for (int t = 0; t < p->count; t++) {
        const float *x = taps[t] + shift;
        for (int k = 0; k < p->depth; k += 2, x += 2, w += 2 * width) {
            v4 a[V], b[V];
            UNROLL for (int v = 0; v < V; v++) {
                a[v] = *(v4 *)(w + v / 2 * panel + v % 2 * 4);
                b[v] = *(v4 *)(w + v / 2 * panel + v % 2 * 4 + width);
            }
            UNROLL for (int m = 0; m < M; m++) {
                v4 s = all(x[m * in]), u = all(x[m * in + 1]);
                UNROLL for (int v = 0; v < V; v++) sum[m][v] += s * a[v] + u * b[v];
            }
        }
    }
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int v = 0; v < V; v++) finish(p, sum[m][v], m, v, out, added);
}

/* One image, 8 * PANELS columns and the 4 of the last panel behind them: so that more sums are under
   way at a time than the processor waits steps for each. */
INLINE void row_with_rest(const int PANELS, const Product *p, float *const *taps, const float *w, int n) {
    enum { MOST = 5 };
    const int V = 2 * PANELS + 1, panel = 8 * p->count * p->depth;
    const float *rest = w + PANELS * panel;
    v4 sum[MOST];
    UNROLL for (int v = 0; v < V; v++) sum[v] = *(v4 *)(p->init + n + 4 * v);
    for (int t = 0; t < p->count; t++) {
        const float *x = taps[t] + p->shift;
        for (int k = 0; k < p->depth; k += 2, x += 2, w += 16, rest += 8) {
            v4 s = all(x[0]), u = all(x[1]);
            UNROLL for (int v = 0; v < V - 1; v++) {
                const float *at = w + v / 2 * panel + v % 2 * 4;
                sum[v] += s * *(v4 *)at + u * *(v4 *)(at + 8);
            }
            sum[V - 1] += s * *(v4 *)rest + u * *(v4 *)(rest + 4);
        }
    }
    UNROLL for (int v = 0; v < V; v++) finish(p, sum[v], 0, v, p->out + n, p->added ? p->added + n : 0);
}

static void product(const Product *p, float *const *taps, const float *weights, int rows, int columns) {
    const int depth = p->count * p->depth, panel = 8 * depth;
#define TILE(M, V, width) tile(M, V, p, taps, w, width, panel, m, n)
    for (int n = 0, done; n < columns; n += done) {
        const float *w = weights + (size)n * depth;
        int m = 0;
        if (rows == 1 && columns - n == 20) {
            done = 20;
            row_with_rest(2, p, taps, w, n);
        } else if (rows == 1 && columns - n == 12) {
            done = 12;
            row_with_rest(1, p, taps, w, n);
        } else if (columns - n < 8) {
            done = 4;
            for (; m + 2 * TALL <= rows; m += 2 * TALL) TILE(2 * TALL, 1, 4);
            for (; m + TALL <= rows; m += TALL) TILE(TALL, 1, 4);
            for (; m < rows; m++) TILE(1, 1, 4);
        } else if (rows == 1 && columns - n >= 16) {
            done = 16;
            TILE(1, 4, 8);
        } else {
            done = 8;
            for (; m + TALL <= rows; m += TALL) TILE(TALL, 2, 8);
            if (m + 2 <= rows) { TILE(2, 2, 8); m += 2; }
            if (m < rows) TILE(1, 2, 8);
        }
    }
#undef TILE
}

/* --- 16-bit inputs and weights, 32-bit sums -------------------------------------------------- */

/* Such sums are exact, so there is no order to agree upon: check.h has seen to it that none
   overflows. Two products of a pair share a lane. */
#ifdef __wasm_simd128__
INLINE i4 dot(i4 a, i4 b) { return (i4)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b); }
#elif defined(__SSE2__)
#include <emmintrin.h>
INLINE i4 dot(i4 a, i4 b) { return (i4)_mm_madd_epi16((__m128i)a, (__m128i)b); }
#else
INLINE i4 dot(i4 a, i4 b) { return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16); }
#endif
typedef int pair_of_shorts __attribute__((aligned(2), may_alias));

INLINE void tile_16(const int M, const int V, const Product *p, short *const *taps, const short *w,
                    const float *units, const int width, int panel, int m0, int n) {
    float *out = p->out + (size)m0 * p->out_stride + n;
    const float *init = p->init + (size)m0 * p->init_stride + n;
    const float *added = p->added ? p->added + (size)m0 * p->out_stride + n : 0;
    size shift = p->shift + (size)m0 * p->in_stride;
    const int in = p->in_stride;
    i4 sum[M][V];
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int v = 0; v < V; v++) sum[m][v] = (i4){0, 0, 0, 0};
    for (int t = 0; t < p->count; t++) {
        const short *x = taps[t] + shift;
        for (int k = 0; k < p->depth; k += 2, x += 2, w += 2 * width) {
            i4 a[V];
            UNROLL for (int v = 0; v < V; v++) a[v] = *(i4 *)(w + v / 2 * panel + v % 2 * 8);
            UNROLL for (int m = 0; m < M; m++) {
                int pair = *(const pair_of_shorts *)(x + m * in);
                i4 pairs = {pair, pair, pair, pair};
                UNROLL for (int v = 0; v < V; v++) sum[m][v] += dot(pairs, a[v]);
            }
        }
    }
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int v = 0; v < V; v++) {
            v4 exact = __builtin_convertvector(sum[m][v], v4) * *(v4 *)(units + n + 4 * v);
            finish(p, *(v4 *)(init + m * p->init_stride + 4 * v) + exact, m, v, out, added);
        }
}

static void product_16(const Product *p, short *const *taps, const short *weights,
                       const float *units, int rows, int columns) {
    const int depth = p->count * p->depth, panel = 8 * depth;
#define TILE(M, V, width) tile_16(M, V, p, taps, w, units, width, panel, m, n)
    for (int n = 0, done; n < columns; n += done) {
        const short *w = weights + (size)n * depth;
        int m = 0;
        if (columns - n < 8) {
            done = 4;
            for (; m + 4 <= rows; m += 4) TILE(4, 1, 4);
            for (; m < rows; m++) TILE(1, 1, 4);
        } else if (rows == 1 && columns - n >= 16) {
            done = 16;
            TILE(1, 4, 8);
        } else {
            done = 8;
            for (; m + 4 <= rows; m += 4) TILE(4, 2, 8);
            if (m + 2 <= rows) { TILE(2, 2, 8); m += 2; }
            if (m < rows) TILE(1, 2, 8);
        }
    }
#undef TILE
}

/* The numbers of a buffer in 16 bits: of 13 at most, `scale` to one. `count` is a multiple of 4. */
static void narrow(const float *from, short *to, float scale, size count) {
    for (size n = 0; n < count; n += 4) {
        v4 x = within(*(v4 *)(from + n) * all(scale), 4095.f) + all(12582912.f);
        *(s4 *)(to + n) = __builtin_convertvector((i4)x, s4); /* the low bits of a rounded sum */
    }
}
