/* Images as bytes: each level takes its share of the interval that is left. */

/* The probabilities of all levels as shares of 2^28, each at least 1: from the log-probabilities in
   `levels`, which it replaces. Rounding leaves a few over, which the likeliest level gets. */
static void shares_of(double *levels, int count, u32 *shares) {
    int best = 0;
    double total = 0;
    for (int l = 1; l < count; l++) best = levels[l] > levels[best] ? l : best;
    const double highest = levels[best];
    for (int l = 0; l < count; l++) total += levels[l] = exp_1(levels[l] - highest);
    u32 left = WHOLE;
    for (int l = 0; l < count; l++) {
        double share = levels[l] / total * (WHOLE - count);
        shares[l] = 1 + (share > 0 ? (u32)share : 0);
        left -= shares[l];
    }
    shares[best] += left;
}

/* The log-probabilities of a sub-pixel's levels are in `levels`: write `level`, or read it. */
static byte code_level(Context *c, Coder *k, byte level) {
    u32 shares[256], from = 0, l = 0;
    const int count = c->program.header->levels;
    shares_of(c->levels, count, shares);
    if (k->reads) {
        u32 place = met(k);
        while (l + 1 < (u32)count && place >= from + shares[l]) from += shares[l++];
    } else while (l < level) from += shares[l++];
    narrow_to(k, from, shares[l]);
    return (byte)l;
}

/* Levels are read from a stream from now on, in place of being drawn; of one image. */
EXPORT void decode(Context *c, Coder *k) { c->decoder = k; }

/* Write an image whose rows have been computed with everything known, and with outputs kept. */
EXPORT void encode(Context *c, int image, Coder *k) {
    const Header *h = c->program.header;
    const int area = h->height * h->width, numbers = h->colours * h->parameters;
    for (int place = 0; c->outputs && place < area; place++) {
        const byte *pixel = c->image + (size)image * h->colours * area + place;
        const float *raw = c->outputs + ((size)image * area + place) * numbers;
        for (int colour = 0; colour < h->colours; colour++) {
            level_log_probs(h, raw, pixel, area, colour, c->levels);
            code_level(c, k, pixel[colour * area]);
        }
    }
}
