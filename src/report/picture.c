#include "picture.h"

#include <math.h>
#include <png.h>
#include <string.h>

#include "print.h"
#include "svg.h"
#include "table.h"

void picture_create(picture *p, int64_t height, int64_t width) {
    *p = (picture){.height = height, .width = width};
    report_need(DGBA_NEW(&p->rgb, height * width * 3));
}

/* ---- As text ---- */

static void add_base64(dgba_text *out, const uint8_t *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        const size_t left = count - i;
        const unsigned three = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? (unsigned)bytes[i + 2] : 0);
        dgba_text_add(out, "%c%c%c%c", digits[three >> 18], digits[three >> 12 & 63],
                      left > 1 ? digits[three >> 6 & 63] : '=', left > 2 ? digits[three & 63] : '=');
    }
}

void picture_add(dgba_text *out, const picture *p, const char *alt) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)p->width,
                       .height = (png_uint_32)p->height,
                       .format = PNG_FORMAT_RGB};
    png_alloc_size_t count = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *bytes = NULL;
    report_need(DGBA_NEW(&bytes, (int64_t)count));
    if (png_image_write_to_memory(&image, bytes, &count, 0, p->rgb, 0, NULL) == 0)
        report_need(dgba_fail(DGBA_E_MEMORY, "cannot encode a picture: %s", image.message));
    dgba_text_add(out, "<img src=\"data:image/png;base64,");
    add_base64(out, bytes, count);
    dgba_text_add(out, "\" alt=\"");
    text_add_html(out, alt);
    dgba_text_add(out, "\">");
    dgba_free(bytes);
}

/* ---- Colours ---- */

void picture_class_color(uint8_t rgb[3], int64_t class) {
    // Okabe and Ito's colours without black; the blues and greens apart from one another.
    static const uint8_t base[][3] = {{0, 114, 178},  {230, 159, 0}, {0, 158, 115},  {204, 121, 167},
                                      {86, 180, 233}, {213, 94, 0},  {240, 228, 66}, {140, 140, 140}};
    static const double lightness[] = {0, -0.45, 0.5, -0.7, 0.75, -0.25, 0.25}; // to black, or to white
    const double light = lightness[class / DGBA_COUNT_OF(base) % DGBA_COUNT_OF(lightness)];
    for (int c = 0; c < 3; ++c) {
        const double from = base[class % DGBA_COUNT_OF(base)][c], to = light < 0 ? 0 : 255;
        rgb[c] = (uint8_t)lround(from + fabs(light) * (to - from));
    }
}

void picture_direction_color(uint8_t rgb[3], const float n[3]) {
    for (int c = 0; c < 3; ++c) rgb[c] = (uint8_t)lround(127.5 * (fmin(fmax((double)n[c], -1), 1) + 1));
}

void picture_value_color(uint8_t rgb[3], double share) {
    double color[3];
    svg_heat_color(color, 1 - fmin(fmax(share, 0), 1));
    for (int c = 0; c < 3; ++c) rgb[c] = (uint8_t)lround(color[c]);
}

void picture_missing_color(uint8_t rgb[3]) { memset(rgb, 48, 3); }
