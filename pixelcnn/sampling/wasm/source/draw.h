/* A level from the numbers that a network gives a sub-pixel, in double precision. */

/* What is not a number, or too large for one, must not decide anything. */
INLINE float bounded(float x) { return x > -1e30f ? (x < 1e30f ? x : 1e30f) : x < 0 ? -1e30f : 0; }

enum { MOST_COMPONENTS = 100 };
typedef struct { int count; double weights[MOST_COMPONENTS], means[MOST_COMPONENTS], scales[MOST_COMPONENTS]; } Mixture;

/* See `DiscretizedLogisticMixture._log_bin`. */
static double log_bin(int level, int levels, double mean, double log_scale) {
    double half = 1.0 / (levels - 1), sharpness = exp_1(-log_scale);
    double distance = level * 2 * half - 1 - mean;
    double upper = log_sigmoid((distance + half) * sharpness);
    double lower_end = log_sigmoid((half - distance) * sharpness);
    if (level == 0) return upper;
    if (level == levels - 1) return lower_end;
    return upper + lower_end + log_1_minus_exp(2 * half * sharpness);
}

/* Log weights, means and log scales of a sub-pixel's components; `pixel` holds the colours before. */
static void mixture_of(const Header *h, const float *raw, const byte *pixel, int stride, int colour,
                       Mixture *x) {
    const int coupled = h->likelihood == COUPLED_MIXTURE, n = h->parameters / (coupled ? 5 : 3);
    x->count = n;
    for (int c = coupled ? 0 : colour; c <= colour; c++) {
        const float *q = raw + c * h->parameters;
        double highest = -1e300, total = 0;
        for (int k = 0; k < n; k++) {
            double weight = bounded(q[k]);
            /* What was drawn for the colour before tells which component it came from. */
            if (coupled && c > 0)
                weight += x->weights[k] + log_bin(pixel[(c - 1) * stride], h->levels, x->means[k], x->scales[k]);
            x->weights[k] = weight;
            highest = weight > highest ? weight : highest;
        }
        for (int k = 0; k < n; k++) total += exp_1(x->weights[k] - highest);
        for (int k = 0; k < n; k++) {
            x->weights[k] -= highest + log_1(total);
            x->means[k] = bounded(q[n + k]);
            double above = -7 + softplus(bounded(q[2 * n + k]) + 7);
            x->scales[k] = 7 - softplus(7 - above);
            if (coupled && c > 0)
                x->means[k] += tanh_1(bounded(q[3 * n + k])) * (pixel[0] * 2.0 / (h->levels - 1) - 1);
            if (coupled && c > 1)
                x->means[k] += tanh_1(bounded(q[4 * n + k])) * (pixel[stride] * 2.0 / (h->levels - 1) - 1);
        }
    }
}

/* Log-probability of every level, up to a constant. `raw`: the numbers of the pixel's first colour. */
static void level_log_probs(const Header *h, const float *raw, const byte *pixel, int stride, int colour,
                            double *result) {
    const int levels = h->levels;
    const float *own = raw + colour * h->parameters;
    if (h->likelihood == BERNOULLI) { result[0] = 0, result[1] = bounded(own[0]); return; }
    if (h->likelihood == CATEGORICAL) {
        for (int l = 0; l < levels; l++) result[l] = bounded(own[l]);
        return;
    }
    Mixture x;
    mixture_of(h, raw, pixel, stride, colour, &x);
    const double half = 1.0 / (levels - 1);
    double sharpness[MOST_COMPONENTS], inside[MOST_COMPONENTS], above[MOST_COMPONENTS], parts[MOST_COMPONENTS];
    for (int k = 0; k < x.count; k++) {
        sharpness[k] = exp_1(-x.scales[k]);
        inside[k] = log_1_minus_exp(2 * half * sharpness[k]), above[k] = x.weights[k];
    }
    for (int l = 0; l < levels; l++) { /* each edge between two bins is worked out once */
        double highest = -1e300, total = 0;
        for (int k = 0; k < x.count; k++) {
            double edge = ((2 * l + 1) * half - 1 - x.means[k]) * sharpness[k], last = l == levels - 1;
            double tail = last ? 0 : log_1(1 + exp_1(-size_of(edge)));
            parts[k] = above[k] + (last ? 0 : (edge < 0 ? edge : 0) - tail) + (l && !last ? inside[k] : 0);
            above[k] = x.weights[k] + (edge > 0 ? -edge : 0) - tail;
            highest = parts[k] > highest ? parts[k] : highest;
        }
        for (int k = 0; k < x.count; k++) total += exp_1(parts[k] - highest);
        result[l] = highest + log_1(total);
    }
}

/* The level at which the cumulative distribution first exceeds the uniform number. */
static int draw(double *log_probs, int levels, double temperature, double uniform) {
    int best = 0;
    double total = 0, reached = 0;
    for (int l = 1; l < levels; l++) best = log_probs[l] > log_probs[best] ? l : best;
    if (temperature == 0) return best;
    const double highest = log_probs[best];
    for (int l = 0; l < levels; l++)
        total += log_probs[l] = exp_1((log_probs[l] - highest) / temperature);
    for (int l = 0; l < levels - 1; l++) {
        reached += log_probs[l];
        if (reached > uniform * total) return l;
    }
    return levels - 1;
}

/* The same for a mixture at temperature 1. Up to a level, the probabilities of a logistic's bins
   add up to one sigmoid, so the level is found by halving: 8 sums for 256 levels. Without coupled
   colours no logarithm is needed: exp(-scale) of `mixture_of` is e^-7 + e^7 / (1 + e^(raw + 7)). */
static int draw_from_mixture(const Header *h, const float *raw, const byte *pixel, int stride, int colour,
                             double uniform) {
    static const double e_7 = 1096.6331584284585, e_minus_7 = 9.118819655545162e-4;
    Mixture x;
    const double half = 1.0 / (h->levels - 1);
    double all_weights = 0, highest = -1e300;
    if (h->likelihood == COUPLED_MIXTURE) {
        mixture_of(h, raw, pixel, stride, colour, &x);
        for (int k = 0; k < x.count; k++) x.scales[k] = exp_1(-x.scales[k]);
    } else {
        const int n = x.count = h->parameters / 3;
        const float *q = raw + colour * h->parameters;
        for (int k = 0; k < n; k++) {
            x.weights[k] = bounded(q[k]), x.means[k] = bounded(q[n + k]);
            x.scales[k] = e_minus_7 + e_7 / (1 + exp_1(bounded(q[2 * n + k]) + 7));
        }
    }
    for (int k = 0; k < x.count; k++) highest = x.weights[k] > highest ? x.weights[k] : highest;
    for (int k = 0; k < x.count; k++) all_weights += x.weights[k] = exp_1(x.weights[k] - highest);
    int low = 0, high = h->levels - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        double reached = 0;
        for (int k = 0; k < x.count; k++)
            reached += x.weights[k] / (1 + exp_1(((2 * middle + 1) * half - 1 - x.means[k]) * -x.scales[k]));
        if (reached > uniform * all_weights) high = middle;
        else low = middle + 1;
    }
    return low;
}

/* Log-probability of a level, in nats, from those of all levels up to a constant. */
static float log_prob(const double *log_probs, int levels, int level) {
    double highest = log_probs[0], total = 0;
    for (int l = 1; l < levels; l++) highest = log_probs[l] > highest ? log_probs[l] : highest;
    for (int l = 0; l < levels; l++) total += exp_1(log_probs[l] - highest);
    return (float)(log_probs[level] - highest - log_1(total));
}
