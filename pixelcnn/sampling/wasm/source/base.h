/* Types, memory and vectors of four numbers. */

typedef unsigned char byte;
typedef unsigned u32;
typedef unsigned long long u64;
typedef __SIZE_TYPE__ size;
typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int i4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef short s4 __attribute__((vector_size(8), aligned(2), may_alias));

#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL
#endif

/* --- memory: one stack; `release` gives back all that was taken after `mark` ---------------- */

#ifdef __wasm__
extern byte __heap_base;
static size top;

EXPORT size mark(void) {
    if (!top) top = ((size)&__heap_base + 63) & ~(size)63;
    return top;
}
EXPORT void release(size place) { top = place; }

/* Zeroed, or 0 if there is no more. */
static void *take(u64 bytes) {
    size place = mark();
    u64 end = (place + bytes + 63) & ~63ull, pages = __builtin_wasm_memory_size(0);
    u64 wanted = (end + 65535) >> 16;
    if (wanted > 65535) return 0;
    if (wanted > pages && __builtin_wasm_memory_grow(0, (size)(wanted - pages)) == (size)-1) return 0;
    top = (size)end;
    __builtin_memset((void *)place, 0, (size)bytes);
    return (void *)place;
}
#else
void *calloc(size, size);
void free(void *);
static void *taken[1 << 16];
static size count_taken;

EXPORT size mark(void) { return count_taken; }
EXPORT void release(size place) {
    while (count_taken > place) free(taken[--count_taken]);
}
static void *take(u64 bytes) {
    if (count_taken == sizeof taken / sizeof *taken) return 0;
    return taken[count_taken++] = calloc((size)bytes + 1, 1);
}
#endif

EXPORT void *reserve(u32 bytes) { return take(bytes); }

/* --- vectors --------------------------------------------------------------------------------- */

INLINE v4 all(float x) { return (v4){x, x, x, x}; }

/* Of two numbers the lower or the higher one. What is not a number counts for nothing if it comes
   second, so a bound comes first. */
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
INLINE v4 lower(v4 a, v4 b) { return (v4)wasm_f32x4_pmin((v128_t)a, (v128_t)b); }
INLINE v4 higher(v4 a, v4 b) { return (v4)wasm_f32x4_pmax((v128_t)a, (v128_t)b); }
#else
INLINE v4 choose(i4 mask, v4 a, v4 b) { return (v4)((mask & (i4)a) | (~mask & (i4)b)); }
INLINE v4 lower(v4 a, v4 b) { return choose((i4)(b < a), b, a); }
INLINE v4 higher(v4 a, v4 b) { return choose((i4)(a < b), b, a); }
#endif
INLINE v4 within(v4 x, float limit) { return lower(all(limit), higher(all(-limit), x)); }

/* The sum of the four numbers, in one order. */
INLINE float sum_of(v4 x) { return (x[0] + x[1]) + (x[2] + x[3]); }

/* The last vector of `count` numbers overlaps the one before, so that nothing behind them is
   touched: a vector written over the end of a row would clear what an earlier row has left there. */
#define FOR_VECTORS(n, count) \
    for (int n = 0, last_ = (count) - 4; n < (count); n = n < last_ && n + 4 > last_ ? last_ : n + 4)
INLINE void put(float *to, v4 x, int count) {
    if (count >= 4) *(v4 *)to = x;
    else for (int i = 0; i < count; i++) to[i] = x[i];
}

/* The first `left` numbers, zeros behind them. */
INLINE v4 masked(v4 x, int left) {
    const i4 lanes = {0, 1, 2, 3};
    return left >= 4 ? x : (v4)((i4)x & (i4)(lanes < (i4){left, left, left, left}));
}
