/* exp, log, sigmoid, tanh and ELU, the same to the bit on every machine.

   Largest errors, measured by tests/sampling/test_wasm_functions.py: of float32 1.5 units in the
   last place for exp(x) - 1, 3 for sigmoid and tanh, 1 for ELU; of double precision 5e-16, relative.
   None of them returns what is not a number, whatever it is given. */

/* x = n ln 2 + r; the bits of n come out of an addition that rounds. Polynomial: Cephes, `expf`. */
INLINE v4 split_exp(v4 x, v4 *power) {
    x = lower(all(88.f), higher(all(-87.f), x));
    v4 shifted = x * all(1.44269504f) + all(12582912.f);
    v4 n = shifted - all(12582912.f);
    v4 r = (x - n * all(0.693359375f)) + n * all(2.12194440e-4f);
    v4 q = all(1.9875691500e-4f);
    q = q * r + all(1.3981999507e-3f);
    q = q * r + all(8.3334519073e-3f);
    q = q * r + all(4.1665795894e-2f);
    q = q * r + all(1.6666665459e-1f);
    q = q * r + all(0.5f);
    const i4 one = {0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000};
    *power = (v4)(((i4)shifted << 23) + one);
    return q * (r * r) + r; /* exp(r) - 1 */
}
INLINE v4 exp_4(v4 x) {
    v4 power, e = split_exp(x, &power);
    return power * (e + all(1.f));
}
INLINE v4 expm1_4(v4 x) { /* exp(x) - 1, exact near 0 too */
    v4 power, e = split_exp(x, &power);
    return power * e + (power - all(1.f));
}
INLINE v4 sigmoid_4(v4 x) { return all(1.f) / (all(2.f) + expm1_4(-x)); }
INLINE v4 tanh_4(v4 x) { /* beyond 15 it is 1 to the last bit */
    v4 e = expm1_4(all(-2.f) * within(x, 15.f));
    return -e / (all(2.f) + e);
}
INLINE v4 elu_4(v4 x) { return higher(all(0.f), x) + expm1_4(lower(all(0.f), x)); }
INLINE void elu_of_both(v4 x, v4 *plus, v4 *minus) { /* elu(x) and elu(-x) with one exponential */
    v4 zero = all(0.f), above = higher(zero, x), below = higher(zero, -x);
    i4 e = (i4)expm1_4(-higher(above, below));
    *plus = above + (v4)(e & (i4)(x < zero));
    *minus = below + (v4)(e & (i4)(x > zero));
}
INLINE v4 gate_4(v4 content, v4 opening) { /* tanh(content) * sigmoid(opening) with one division */
    v4 a = expm1_4(lower(all(40.f), all(-2.f) * content));
    v4 b = expm1_4(lower(all(40.f), -opening));
    return -a / ((all(2.f) + a) * (all(2.f) + b));
}

static double exp_1(double x) {
    if (!(x > -700)) return 0;
    if (x > 700) x = 700;
    double shifted = x * 1.4426950408889634 + 6755399441055744.0, n = shifted - 6755399441055744.0;
    double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
    static const double series[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
        1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0};
    double p = 1.0 / 6227020800.0; /* Taylor to r^13: |r| < 0.35 */
    for (int i = 0; i < 13; i++) p = p * r + series[i];
    union { double number; u64 bits; } power = {.number = 1.0}, low = {.number = shifted};
    power.bits += low.bits << 52;
    return p * power.number;
}
static double log_1(double x) { /* of 1e-300 for anything below it */
    union { double number; u64 bits; } u = {.number = x > 1e-300 ? x : 1e-300};
    int n = (int)(u.bits >> 52) - 1023; /* the rest to [0.707, 1.414) */
    u.bits = (u.bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
    if (u.number > 1.4142135623730951) u.number *= 0.5, n++;
    double s = (u.number - 1) / (u.number + 1), z = s * s, p = 1.0 / 21; /* 2 atanh(s) */
    for (int k = 19; k >= 1; k -= 2) p = p * z + 1.0 / k;
    return n * 0.693147180369123816490 + (2 * s * p + n * 1.90821492927058770002e-10);
}
static double size_of(double x) { return x < 0 ? -x : x; }
static double log_sigmoid(double x) { return (x < 0 ? x : 0) - log_1(1 + exp_1(-size_of(x))); }
static double softplus(double x) { return (x > 0 ? x : 0) + log_1(1 + exp_1(-size_of(x))); }
static double tanh_1(double x) {
    double e = exp_1(-2 * size_of(x)), t = (1 - e) / (1 + e);
    return x < 0 ? -t : t;
}
/* log(1 - exp(-x)) for x > 0: by its series where the difference would lose digits. */
static double log_1_minus_exp(double x) {
    return log_1(x < 1e-3 ? x * (1 - x * (0.5 - x * (1.0 / 6 - x / 24))) : 1 - exp_1(-x));
}

/* For the tests of the errors. */
EXPORT void apply(int function, float *x, int count) {
    for (int n = 0; n + 4 <= count; n += 4) {
        v4 *at = (v4 *)(x + n);
        *at = function == 0 ? expm1_4(*at) : function == 1 ? sigmoid_4(*at)
            : function == 2 ? tanh_4(*at) : function == 3 ? elu_4(*at) : exp_4(*at);
    }
}
EXPORT void apply_double(int function, double *x, int count) {
    for (int n = 0; n < count; n++)
        x[n] = function == 0 ? exp_1(x[n]) : function == 1 ? log_1(x[n]) : tanh_1(x[n]);
}
