#include <setjmp.h>
#include <stdio.h> // jpeglib.h needs FILE
#include <string.h>

#include <jpeglib.h>

#include "data_file.h"
#include "image.h"

typedef struct reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf jump;
    JSAMPLE *row;
    char message[JMSG_LENGTH_MAX];
} reader;

static void stop(j_common_ptr jpeg) {
    reader *source = jpeg->client_data;
    jpeg->err->format_message(jpeg, source->message);
    longjmp(source->jump, 1);
}

/** libjpeg only warns of truncated and damaged pixels and makes some up; here they end the reading. */
static void stop_at_warning(j_common_ptr jpeg, int level) {
    if (level < 0) stop(jpeg);
}

static void read_image(reader *source, data_image *out, const void *bytes, size_t count, data_image_use use) {
    struct jpeg_decompress_struct *jpeg = &source->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, bytes, count);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->image_width > DATA_MOST_SIDE || jpeg->image_height > DATA_MOST_SIDE) {
        snprintf(source->message, sizeof source->message, "a side is longer than %d pixels", DATA_MOST_SIDE);
        longjmp(source->jump, 1);
    }
    const bool grey = use == DATA_IMAGE_NUMBERS && jpeg->jpeg_color_space == JCS_GRAYSCALE;
    jpeg->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(jpeg);
    *out = (data_image){.height = jpeg->output_height, .width = jpeg->output_width, .channels = jpeg->output_components};
    const int64_t row_values = out->width * out->channels;
    if (DGBA_NEW(&source->row, row_values) != DGBA_OK || DGBA_NEW(&out->values, out->height * row_values) != DGBA_OK) {
        snprintf(source->message, sizeof source->message, "out of memory");
        longjmp(source->jump, 1);
    }
    for (int64_t y = 0; y < out->height; ++y) {
        jpeg_read_scanlines(jpeg, &source->row, 1);
        for (int64_t i = 0; i < row_values; ++i) out->values[y * row_values + i] = source->row[i];
    }
    jpeg_finish_decompress(jpeg);
}

/** The only function that libjpeg's errors jump to. It has no variables of its own that a jump could spoil: everything
 *  that changes lives in the caller's `source` and `out`. */
static bool read_guarded(reader *source, data_image *out, const void *bytes, size_t count, data_image_use use) {
    if (setjmp(source->jump) != 0) return false;
    read_image(source, out, bytes, count, use);
    return true;
}

dgba_status dgba_data_jpeg_decode(data_image *out, const void *bytes, size_t count, data_image_use use, const char *name) {
    reader source = {0};
    source.jpeg.err = jpeg_std_error(&source.errors);
    source.jpeg.client_data = &source; // jpeg_create_decompress() may fail already, and keeps it
    source.errors.error_exit = stop;
    source.errors.emit_message = stop_at_warning;
    dgba_status status = DGBA_OK;
    if (!read_guarded(&source, out, bytes, count, use))
        status = dgba_fail(DGBA_E_FORMAT, "%s: not a sound JPEG file: %s", name, source.message);
    jpeg_destroy_decompress(&source.jpeg);
    dgba_free(source.row);
    return status;
}
