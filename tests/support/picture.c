#include "support/picture.h"

#include <png.h>
#include <stdio.h> // jpeglib.h needs FILE
#include <string.h>

#include <jpeglib.h>

#include "support/check.h"

static int png_colour(const picture *p) {
    static const int colours[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGBA};
    return p->palette != NULL ? PNG_COLOR_TYPE_PALETTE : colours[p->channels - 1];
}

/** A row as libpng wants it: high byte first, small pixels packed later by libpng. */
static void pack_row(uint8_t *row, const uint16_t *values, int64_t count, int bits) {
    for (int64_t i = 0; i < count; ++i) {
        if (bits == 16) {
            row[2 * i] = (uint8_t)(values[i] >> 8);
            row[2 * i + 1] = (uint8_t)values[i];
        } else {
            row[i] = (uint8_t)values[i];
        }
    }
}

void picture_write_png(const char *path, const picture *p) {
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    uint8_t row[4096];
    const int64_t row_values = p->width * p->channels;
    if (file == NULL || row_values * 2 > (int64_t)sizeof row || setjmp(png_jmpbuf(png)) != 0)
        fail_msg("cannot write %s", path);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, p->bits, png_colour(p),
                 p->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (p->palette != NULL) {
        png_color colours[4];
        memcpy(colours, p->palette, sizeof colours);
        png_set_PLTE(png, info, colours, 4);
    }
    png_write_info(png, info);
    png_set_packing(png);
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; ++pass) {
        for (int64_t y = 0; y < p->height; ++y) {
            pack_row(row, p->values + y * row_values, row_values, p->bits);
            png_write_row(png, row);
        }
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

void picture_write_jpeg(const char *path, const picture *p) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    uint8_t row[4096];
    const int64_t row_values = p->width * p->channels;
    if (file == NULL || row_values > (int64_t)sizeof row) fail_msg("cannot write %s", path);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)p->width;
    jpeg.image_height = (JDIMENSION)p->height;
    jpeg.input_components = p->channels;
    jpeg.in_color_space = p->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int64_t y = 0; y < p->height; ++y) {
        pack_row(row, p->values + y * row_values, row_values, 8);
        JSAMPROW rows[] = {row};
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

void picture_read_png(uint8_t **rgb, int64_t *height, int64_t *width, const char *path) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path)) fail_msg("cannot read %s: %s", path, image.message);
    image.format = PNG_FORMAT_RGB;
    *height = image.height;
    *width = image.width;
    CHECK_OK(dgba_allocate((void **)rgb, (int64_t)PNG_IMAGE_SIZE(image), 1));
    if (!png_image_finish_read(&image, NULL, *rgb, 0, NULL)) fail_msg("cannot read %s: %s", path, image.message);
}
