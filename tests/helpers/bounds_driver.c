/* The executor compiled for this machine, to be run under bounds tests: see test_wasm.py.

   bounds_driver FOLDER: draws every case N.program of wasm_cases.write_native with what N.bin
   holds, writes N.out, and then tries every forged number of N.forged. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../pixelcnn/sampling/wasm/source/executor.c"

static byte *read_file(const char *folder, int number, const char *ending, long *bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.%s", folder, number, ending);
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    fseek(file, 0, SEEK_END);
    *bytes = ftell(file);
    rewind(file);
    byte *content = malloc(*bytes + 64);
    if (fread(content, 1, *bytes, file) != (size_t)*bytes) exit(2);
    fclose(file);
    return content;
}

static void try_forged(const byte *program, long bytes, const int *forged, long count) {
    for (long i = 0; i < count; i++) {
        byte *blob = malloc(bytes + 64);
        memcpy(blob, program, bytes);
        ((int *)blob)[forged[2 * i]] = forged[2 * i + 1];
        ((Header *)blob)->checksum = crc_32(blob + 16, bytes - 16);
        size place = mark();
        Context *c = check(blob, (u32)bytes) == FINE ? prepare(blob, 2, 0, 0, 1) : 0;
        if (c) {
            begin(c);
            rows(c, 0, 0, c->program.header->height);
        }
        release(place);
        free(blob);
    }
}

int main(int argc, char **argv) {
    long bytes, length, count;
    if (argc < 2) return 2;
    for (int number = 0;; number++) {
        byte *blob = read_file(argv[1], number, "program", &bytes);
        if (!blob) return number ? 0 : 2;
        byte *inputs = read_file(argv[1], number, "bin", &length);
        int images_in = ((int *)inputs)[0], guided = ((int *)inputs)[1];
        float *options_in = (float *)inputs + 2;
        if (check(blob, (u32)bytes) != FINE) return 3;
        size place = mark();
        Context *c = prepare(blob, images_in, guided, 0, 1);
        if (!c) return 4;
        const Header *h = c->program.header;
        size pixels = (size_t)images_in * h->colours * h->height * h->width;
        options(c, options_in[0], options_in[1], 1);
        byte *next = inputs + 16;
        memcpy(uniforms(c), next, 4 * pixels), next += 4 * pixels;
        memcpy(images(c), next, pixels), next += pixels;
        memcpy(known(c), next, pixels), next += pixels;
        if (next < inputs + length) memcpy(labels(c), next, 4 * c->batch);
        begin(c);
        for (int row = 0; row < h->height; row++) rows(c, row, 0, row + 1);
        char path[4096];
        snprintf(path, sizeof path, "%s/%d.out", argv[1], number);
        FILE *file = fopen(path, "wb");
        fwrite(images(c), 1, pixels, file);
        fwrite(outputs(c), 4, (size_t)c->batch * h->height * h->width * h->colours * h->parameters, file);
        fwrite(log_probs(c), 4, pixels, file);
        fclose(file);
        byte *image = malloc(size_of_image(c));
        save(c, 0, image), load(c, images_in - 1, image);
        free(image);
        release(place);
        byte *forged = read_file(argv[1], number, "forged", &count);
        if (forged) try_forged(blob, bytes, (int *)forged, count / 8);
        free(forged), free(blob), free(inputs);
    }
}
