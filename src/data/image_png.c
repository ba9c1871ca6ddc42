#include <png.h>
#include <stdio.h>
#include <string.h>

#include "data_file.h"
#include "image.h"

typedef struct reader {
    const uint8_t *bytes;
    size_t left;
    png_structp png;
    png_infop info;
    uint8_t *rows; // as libpng hands them out
    char message[200];
} reader;

static void take_bytes(png_structp png, png_bytep out, size_t count) {
    reader *source = png_get_io_ptr(png);
    if (count > source->left) png_error(png, "the file is truncated");
    memcpy(out, source->bytes, count);
    source->bytes += count;
    source->left -= count;
}

static void keep_message(png_structp png, png_const_charp message) {
    reader *source = png_get_error_ptr(png);
    snprintf(source->message, sizeof source->message, "%s", message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

/** Asks libpng for one layout whatever the file has: 8 or 16 bits a channel in the machine's byte order, no alpha. */
static void choose_layout(png_structp png, png_infop info, data_image_use use) {
    const int colour = png_get_color_type(png, info), bits = png_get_bit_depth(png, info);
    if (use == DATA_IMAGE_PICTURE) {
        if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
        if (colour == PNG_COLOR_TYPE_GRAY && bits < 8) png_set_expand_gray_1_2_4_to_8(png);
        if ((colour & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
        if (bits == 16) png_set_scale_16(png);
    } else {
        png_set_packing(png);              // one byte for each of several pixels in a byte
        if (bits == 16) png_set_swap(png); // stored with the high byte first
    }
    png_set_strip_alpha(png);
}

/** All rows stay in memory, because an interlaced file comes in several passes over them. */
static void read_rows(reader *source, int64_t height, int passes) {
    const size_t stride = png_get_rowbytes(source->png, source->info);
    if (dgba_allocate((void **)&source->rows, height, stride) != DGBA_OK) png_error(source->png, dgba_error());
    for (int pass = 0; pass < passes; ++pass)
        for (int64_t y = 0; y < height; ++y) png_read_row(source->png, source->rows + (size_t)y * stride, NULL);
    png_read_end(source->png, NULL); // checks what follows the pixels
}

static void read_image(reader *source, data_image *out, data_image_use use) {
    png_set_user_limits(source->png, DATA_MOST_SIDE, DATA_MOST_SIDE);
    png_set_read_fn(source->png, source, take_bytes);
    png_read_info(source->png, source->info);
    choose_layout(source->png, source->info, use);
    const int passes = png_set_interlace_handling(source->png);
    png_read_update_info(source->png, source->info);
    out->height = png_get_image_height(source->png, source->info);
    out->width = png_get_image_width(source->png, source->info);
    out->channels = png_get_channels(source->png, source->info);
    read_rows(source, out->height, passes);
    const int64_t count = out->height * out->width * out->channels;
    if (DGBA_NEW(&out->values, count) != DGBA_OK) png_error(source->png, dgba_error());
    if (png_get_bit_depth(source->png, source->info) == 16) {
        memcpy(out->values, source->rows, (size_t)count * sizeof *out->values);
    } else {
        for (int64_t i = 0; i < count; ++i) out->values[i] = source->rows[i];
    }
}

/** The only function that libpng's errors jump to. It has no variables of its own that a jump could spoil: everything
 *  that changes lives in the caller's `source` and `out`. */
static bool read_guarded(reader *source, data_image *out, data_image_use use) {
    if (setjmp(png_jmpbuf(source->png)) != 0) return false;
    read_image(source, out, use);
    return true;
}

dgba_status dgba_data_png_decode(data_image *out, const void *bytes, size_t count, data_image_use use, const char *name) {
    reader source = {.bytes = bytes, .left = count};
    dgba_status status = DGBA_OK;
    source.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, keep_message, ignore_warning);
    if (source.png != NULL) source.info = png_create_info_struct(source.png);
    if (source.info == NULL)
        status = dgba_fail(DGBA_E_MEMORY, "%s: no memory to read it", name);
    else if (!read_guarded(&source, out, use))
        status = dgba_fail(DGBA_E_FORMAT, "%s: not a sound PNG file: %s", name, source.message);
    png_destroy_read_struct(&source.png, &source.info, NULL);
    dgba_free(source.rows);
    return status;
}

dgba_status dgba_data_png_write(const char *path, const uint8_t *rgb, int64_t height, int64_t width) {
    if (height < 1 || width < 1 || height > UINT16_MAX || width > UINT16_MAX)
        return dgba_fail(DGBA_E_SHAPE, "%s: a picture of %lld x %lld pixels is too large for one file", path,
                         (long long)height, (long long)width);
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = PNG_FORMAT_RGB};
    png_alloc_size_t count = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *bytes = NULL;
    DGBA_TRY(DGBA_NEW(&bytes, (int64_t)count));
    const bool encoded = png_image_write_to_memory(&image, bytes, &count, 0, rgb, 0, NULL) != 0;
    const dgba_status status = encoded ? dgba_file_write(path, bytes, count)
                                       : dgba_fail(DGBA_E_IO, "%s: cannot encode the picture: %s", path, image.message);
    dgba_free(bytes);
    return status;
}
