/* A range coder of whole numbers: what it reads and writes is the same on every machine.

   The stream is a number between 0 and 1, byte by byte, with zeros behind its end. Each symbol
   narrows the interval [low, low + range) to its share. See Martin 1979, "Range encoding: an
   algorithm for removing redundancy from a digitised message". */

enum { SHARE_BITS = 28 };
static const u32 WHOLE = 1u << SHARE_BITS; /* the shares of all symbols together */

typedef struct {
    u64 low, range; /* of the next 8 bytes; range >= 2^56 */
    u64 ahead;      /* when decoding: from low to the number that the stream is */
    byte *stream;
    u32 size, at; /* bytes there; written, or of which nothing more depends on */
    int reads;
} Coder;

/* What lies before 8 bytes grows by one. */
static void carry(Coder *k) {
    u32 at = k->at < k->size ? k->at : k->size;
    while (at && !++k->stream[--at]) {}
}

static void narrow_to(Coder *k, u32 from, u32 share) {
    u64 step = k->range >> SHARE_BITS, below = step * from, low = k->low;
    k->low += below, k->range = step * share;
    if (k->reads) k->ahead -= below;
    else if (k->low < low) carry(k);
    for (; k->range < 1ull << 56; k->low <<= 8, k->range <<= 8, k->at++) {
        if (k->reads) {
            u64 next = (u64)k->at + 8;
            k->ahead = k->ahead << 8 | (next < k->size ? k->stream[next] : 0);
        } else if (k->at < k->size) k->stream[k->at] = (byte)(k->low >> 56);
    }
}

/* Where in [0, WHOLE) the next symbol's share is met. */
static u32 met(const Coder *k) {
    u64 place = k->ahead / (k->range >> SHARE_BITS);
    return place < WHOLE ? (u32)place : WHOLE - 1;
}

/* The least multiple in the interval of as few leading bytes as can be; it may be 2^64, as 0. */
static u64 shortest(const Coder *k, int *bytes) {
    for (*bytes = 0; *bytes < 8; ++*bytes) {
        u64 rest = *bytes ? ~0ull >> 8 * *bytes : ~0ull; /* of the bytes left out */
        u64 least = (k->low + rest) & ~rest;             /* 0 if it is 2^64 */
        if (least - k->low < k->range) return least;
    }
    return k->low;
}

EXPORT Coder *coder(void) { return take(sizeof(Coder)); }

/* Begin a stream. To read, it holds `size` bytes; to write, there is room for as many. */
EXPORT void start_coder(Coder *k, byte *stream, u32 size, int reads) {
    *k = (Coder){0, ~0ull, 0, stream, size, 0, reads};
    for (u32 n = 0; reads && n < 8; n++) k->ahead = k->ahead << 8 | (n < size ? stream[n] : 0);
}

/* One of `count` symbols that are equally likely, up to 2^16 of them: written, or read. */
EXPORT u32 code_number(Coder *k, u32 number, u32 count) {
    u32 share = WHOLE / count;
    if (k->reads) number = met(k) / share, number = number < count ? number : count - 1;
    narrow_to(k, number * share, share);
    return number;
}

/* Yes or no; the share of yes is `share` of 2^28. */
EXPORT u32 code_answer(Coder *k, u32 yes, u32 share) {
    if (k->reads) yes = met(k) < share;
    narrow_to(k, yes ? 0 : share, yes ? share : WHOLE - share);
    return yes;
}

/* The bytes so far. */
EXPORT u32 coded(const Coder *k) { return k->at; }

/* The first `count` bytes were taken away; none of them can change any more. */
EXPORT void taken_from(Coder *k, u32 count) {
    k->at -= count;
    for (u32 n = 0; n < k->at; n++) k->stream[n] = k->stream[n + count];
}

/* After the last symbol: ends the stream, and says how many bytes it has. Of a stream that was read:
   how many were written before zeros were cut, or ~0 if another end would have been written. */
EXPORT u32 finish_coder(Coder *k) {
    int bytes;
    u64 end = shortest(k, &bytes);
    if (k->reads) return end == k->low + k->ahead ? k->at + bytes : ~0u;
    if (end < k->low) carry(k);
    for (; bytes > 0; bytes--, end <<= 8, k->at++)
        if (k->at < k->size) k->stream[k->at] = (byte)(end >> 56);
    return k->at;
}
