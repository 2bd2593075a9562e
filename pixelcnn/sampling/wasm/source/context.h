/* A batch of images, and all that is kept of the network for them.

   Everything stands in rows of channels, [ring row][column][image][channel], so that all images of
   a column, or of a row, are one matrix product. */

typedef struct {
    float *start;
    short *narrow; /* the same in 16 bits, if products of such read it */
    float scale;
    int rows, left, columns, channels, padded;
} Buffer;

typedef struct {
    Program program;
    Buffer *buffers;
    int images; /* asked for */
    int batch;  /* computed: with guidance each image twice, in the second half without its label */
    float *scratch, *scores, **taps, *(*places[PHASES])[4];
    short **narrow_taps;
    double *levels, *others;
    /* what a caller sees: [image][colour][row][column] */
    byte *image, *known;
    float *uniforms, *log_probs;
    int *labels;    /* [batch] */
    float *outputs; /* [batch][row][column][colours * parameters] */
    float temperature, guidance;
    int tells_log_probs;
    Coder *decoder; /* of a stream that holds the levels, or 0 to draw them */
} Context;

/* Of row `row`, where column 0 begins. A row above the image is one that was never written. */
INLINE size cell_of(const Context *c, const Buffer *b, int row) {
    int ring_row = row >= 0 ? row % b->rows : row + b->rows;
    return ((size)ring_row * b->columns + b->left) * c->batch * b->padded;
}
INLINE float *start_of_row(const Context *c, int buffer, int row) {
    const Buffer *b = &c->buffers[buffer];
    return b->start + cell_of(c, b, row);
}

/* Room for a batch, or 0 if there is not enough memory. `keep_rows`: no row is overwritten by a
   later one, so that `rows` may begin again at any pixel. `tells`: outputs are kept too. */
EXPORT Context *prepare(byte *blob, int images, int guided, int keep_rows, int tells) {
    Context *c = take(sizeof(Context));
    if (!c) return 0;
    Program p = c->program = open_program(blob);
    const Header *h = p.header;
    u64 batch = (u64)images * (guided ? 2 : 1), pixels = (u64)images * h->colours * h->height * h->width;
    if (images < 1 || images > 1 << 16) return 0;
    c->images = images, c->batch = (int)batch;
    if (!(c->buffers = take(sizeof(Buffer) * h->buffers))) return 0;
    for (int i = 0; i < h->buffers; i++) {
        Shape s = p.shapes[i];
        Buffer *b = &c->buffers[i];
        *b = (Buffer){0, 0, 0, s.rows + (keep_rows ? h->height : 0), s.left, s.columns, s.channels, s.padded};
        u64 numbers = (u64)b->rows * s.columns * batch * s.padded + 8; /* vectors read over the end */
        if (!(b->start = take(4 * numbers))) return 0;
        if (h->kind == INT16 && p.floats[h->scales + i] > 0) {
            b->scale = p.floats[h->scales + i];
            if (!(b->narrow = take(2 * numbers))) return 0;
        }
    }
    for (int phase = 0; phase < PHASES; phase++)
        if (!(c->places[phase] = take((h->operations[phase] + 1ull) * sizeof(float *[4])))) return 0;
    c->taps = take((h->taps + 1ull) * sizeof(float *));
    c->narrow_taps = take((h->taps + 1ull) * sizeof(short *));
    c->scratch = take(4 * (batch * h->width * (h->gathered + 1) + 8));
    c->scores = take(4ull * h->height * h->width + 16);
    c->levels = take(8ull * h->levels), c->others = take(8ull * h->levels);
    c->image = take(pixels), c->known = take(pixels);
    c->uniforms = take(4 * pixels), c->log_probs = take(4 * pixels), c->labels = take(4 * batch);
    if (tells)
        c->outputs = take(4 * batch * h->height * h->width * h->colours * h->parameters);
    c->temperature = 1;
    int whole = c->taps && c->narrow_taps && c->scratch && c->scores && c->levels && c->others && c->image
        && c->known && c->uniforms && c->log_probs && c->labels && (c->outputs || !tells);
    return whole ? c : 0;
}

EXPORT byte *images(Context *c) { return c->image; }
EXPORT byte *known(Context *c) { return c->known; }
EXPORT float *uniforms(Context *c) { return c->uniforms; }
EXPORT float *log_probs(Context *c) { return c->log_probs; }
EXPORT float *outputs(Context *c) { return c->outputs; }
EXPORT int *labels(Context *c) { return c->labels; }

/* Before `begin`. What cannot be is taken for the model itself. */
EXPORT void options(Context *c, float temperature, float guidance, int tells_log_probs) {
    c->temperature = temperature >= 0 && temperature <= 100 ? temperature : 1;
    c->guidance = c->batch > c->images && guidance > 0 && guidance <= 100 ? guidance : 0;
    c->tells_log_probs = tells_log_probs;
}

/* The largest size of a number in each buffer so far, for the scales of 16-bit numbers. A ring keeps
   only its latest rows, so it is asked after each. */
EXPORT void peaks(Context *c, float *most) {
    for (int i = 0; i < c->program.header->buffers; i++) {
        const Buffer *b = &c->buffers[i];
        size numbers = (size)b->rows * b->columns * c->batch * b->padded;
        for (size n = 0; n < numbers; n++) {
            float x = b->start[n] < 0 ? -b->start[n] : b->start[n];
            most[i] = x > most[i] ? x : most[i];
        }
    }
}

/* --- one image out of a batch: its label and all that is kept of the network for it ----------- */

/* How many bytes that is. */
EXPORT u32 size_of_image(const Context *c) {
    u64 numbers = 0;
    for (int i = 0; i < c->program.header->buffers; i++) {
        const Buffer *b = &c->buffers[i];
        u64 own = (u64)b->rows * b->columns * b->padded;
        numbers += 4 * own + (b->narrow ? 2 * own : 0);
    }
    numbers = (numbers + sizeof(int)) * (c->batch / c->images);
    return numbers < 1u << 31 ? (u32)numbers : 0;
}

/* From the batch to `place` or back. With guidance an image stands in the batch twice. */
static void exchange(Context *c, int image, byte *place, int back) {
    if (image < 0 || image >= c->images) return;
    for (int m = image; m < c->batch; m += c->images) {
#define EXCHANGE(at, bytes) do { \
        if (back) __builtin_memcpy((at), place, (bytes)); \
        else __builtin_memcpy(place, (at), (bytes)); \
        place += (bytes); } while (0)
        EXCHANGE(c->labels + m, sizeof(int));
        for (int i = 0; i < c->program.header->buffers; i++) {
            const Buffer *b = &c->buffers[i];
            for (int cell = 0; cell < b->rows * b->columns; cell++) {
                size at = ((size)cell * c->batch + m) * b->padded;
                EXCHANGE(b->start + at, 4 * (size)b->padded);
                if (b->narrow) EXCHANGE(b->narrow + at, 2 * (size)b->padded);
            }
        }
#undef EXCHANGE
    }
}
EXPORT void save(Context *c, int image, byte *to) { exchange(c, image, to, 0); }
EXPORT void load(Context *c, int image, byte *from) {
    const int labels = c->program.header->labels;
    exchange(c, image, from, 1);
    for (int m = 0; labels && m < c->batch; m++)
        if (c->labels[m] < 0 || c->labels[m] >= labels) c->labels[m] = labels - 1;
}
