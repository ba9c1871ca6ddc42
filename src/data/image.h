/** Image files: PNG and JPEG read into one form, PNG written. */
#ifndef DATA_IMAGE_H
#define DATA_IMAGE_H

#include "dgba/base.h"

/** What a file is read as. */
typedef enum data_image_use {
    DATA_IMAGE_PICTURE, // 8-bit red, green, blue, whatever the file holds
    DATA_IMAGE_NUMBERS, // the stored numbers: 1 or 3 channels, palette indices, no scaling
} data_image_use;

typedef struct data_image {
    int64_t height, width, channels;
    uint16_t *values; // (H,W,channels)
} data_image;

/** Reads a file whose name ends in .png, .jpg or .jpeg.
 *  Owns      caller frees with dgba_data_image_free()
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT (also for truncated and corrupt files), naming the file; *out is then empty */
dgba_status dgba_data_image_read(data_image *out, const char *path, data_image_use use);
void dgba_data_image_free(data_image *image);

/** The decoders behind it; `name` is used in messages. What they leave in *out on error is freed by the caller. */
dgba_status dgba_data_png_decode(data_image *out, const void *bytes, size_t count, data_image_use use, const char *name);
dgba_status dgba_data_jpeg_decode(data_image *out, const void *bytes, size_t count, data_image_use use, const char *name);

/** Writes red, green, blue (H,W,3).
 *  Errors    DGBA_E_IO, DGBA_E_SHAPE */
dgba_status dgba_data_png_write(const char *path, const uint8_t *rgb, int64_t height, int64_t width);

#endif
