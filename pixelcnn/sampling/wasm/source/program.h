/* The portable form of a program: see portable.py, which writes it. All numbers are little endian. */

enum { MAGIC = 0x4e434c50, VERSION = 1 };
enum { ABOVE, PIXEL, AFTER, ROW, PHASES };
enum { FLOAT32, INT16 };
enum { BERNOULLI, CATEGORICAL, MIXTURE, COUPLED_MIXTURE };
enum { LINEAR, GATHER, NORM, GATE, RELU, TANH, SIGMOID, ADD, MUL, SLICE, ELU, NEG, CAT, CONCAT_ELU,
       UPSAMPLE, GATED_RESIDUAL, ATTENTION, LSTM, GRU, OPERATIONS };

typedef struct {
    int magic, version, size;
    u32 checksum; /* CRC-32 of everything behind it */
    int kind, height, width, colours, levels, likelihood, parameters, sees_own_colours, labels;
    int buffers, operations[PHASES], taps, constants, floats, shorts; /* how many of each */
    int image, output, gathered; /* buffers, and the longest collected row */
    int scaled, scales; /* places in the floats: what each level reads as, what 16 bits stand for */
    int spare[5];
} Header;

typedef struct { int rows, left, columns, channels, padded; } Shape;

typedef struct { /* tables.Field, and where 16-bit weights and their units are */
    int op, out, source, base, residual, bias, weights, first_tap, taps, tapped, depth, clamp,
        first_channel, groups, scale, source_scale, carry_row, carry_column, image_width,
        fixed, units;
} Operation;

typedef struct { /* followed by the kinds of H rows and of W columns; see constants.py */
    int buffer, is_function, place, channels, labels, rows, columns;
} Constant;

typedef struct {
    Header *header;
    Shape *shapes;
    Operation *operations[PHASES];
    int (*taps)[2];
    int *constants;
    float *floats;
    short *shorts;
} Program;

INLINE int ints_of_constant(const Header *h) { return 7 + h->height + h->width; }
INLINE Constant *constant_at(const Program *p, int index) {
    return (Constant *)(p->constants + (size)index * ints_of_constant(p->header));
}

static Program open_program(byte *blob) {
    Program p = {.header = (Header *)blob};
    Header *h = p.header;
    p.shapes = (Shape *)(h + 1);
    Operation *next = (Operation *)(p.shapes + h->buffers);
    for (int phase = 0; phase < PHASES; next += h->operations[phase++]) p.operations[phase] = next;
    p.taps = (int(*)[2])next;
    p.constants = (int *)(p.taps + h->taps);
    p.floats = (float *)(p.constants + (size)h->constants * ints_of_constant(h));
    p.shorts = (short *)(p.floats + h->floats);
    return p;
}
