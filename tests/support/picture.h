/** Image files for tests of the importers, written with the libraries themselves. */
#ifndef TESTS_SUPPORT_PICTURE_H
#define TESTS_SUPPORT_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct picture {
    int64_t height, width;
    int channels;           // 1 grey (or palette index), 2 grey + alpha, 3 colour, 4 colour + alpha
    int bits;               // per channel: 1, 2, 4, 8, 16
    const uint16_t *values; // (H,W,channels)
    const uint8_t *palette; // 4 colours (4,3): the values are indices; or NULL
    bool interlaced;
} picture;

/** Writes a PNG file; a failure fails the test. */
void picture_write_png(const char *path, const picture *p);

/** Writes a JPEG file of the best quality; bits must be 8, channels 1 or 3. */
void picture_write_jpeg(const char *path, const picture *p);

/** Reads a PNG file as red, green, blue; *rgb is freed with dgba_free(). */
void picture_read_png(uint8_t **rgb, int64_t *height, int64_t *width, const char *path);

#endif
