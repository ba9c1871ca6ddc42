#include "label_filters.h"

#include <math.h>
#include <string.h>

enum { MOST_RADIUS = 127 }; // enough for images 1024 high

static const float full_height = 480;

/** A filter along one axis: taps[r + i] multiplies the pixel i ahead. */
typedef struct kernel {
    int64_t radius;
    float taps[2 * MOST_RADIUS + 1];
} kernel;

void dgba_filter_grey(float *out, const uint8_t *rgb, int64_t pixels) {
    for (int64_t i = 0; i < pixels; ++i)
        out[i] = (0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2]) / 255;
}

static int64_t inside(int64_t i, int64_t count) { return i < 0 ? 0 : i >= count ? count - 1 : i; }

DGBA_VECTORIZE
static void add_scaled(float *restrict out, const float *restrict in, float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] += factor * in[i];
}

/** Filters down the columns; the first and last row are repeated beyond the border. */
static void filter_columns(float *out, const float *in, const kernel *k, int64_t height, int64_t width) {
    memset(out, 0, (size_t)(height * width) * sizeof *out);
    for (int64_t y = 0; y < height; ++y)
        for (int64_t i = -k->radius; i <= k->radius; ++i)
            if (k->taps[k->radius + i] != 0)
                add_scaled(out + y * width, in + inside(y + i, height) * width, k->taps[k->radius + i], width);
}

/** Filters along the rows: the inside at one stride, the two borders pixel by pixel. */
static void filter_rows(float *out, const float *in, const kernel *k, int64_t height, int64_t width) {
    memset(out, 0, (size_t)(height * width) * sizeof *out);
    const int64_t from = k->radius < width ? k->radius : width, to = width - from > from ? width - from : from;
    for (int64_t y = 0; y < height; ++y) {
        const float *row = in + y * width;
        float *result = out + y * width;
        for (int64_t i = -k->radius; i <= k->radius; ++i) {
            const float tap = k->taps[k->radius + i];
            if (tap == 0) continue;
            if (to > from) add_scaled(result + from, row + from + i, tap, to - from);
            for (int64_t x = 0; x < from; ++x) result[x] += tap * row[inside(x + i, width)];
            for (int64_t x = to; x < width; ++x) result[x] += tap * row[inside(x + i, width)];
        }
    }
}

static void filter_both(float *out, const float *in, const kernel *rows, const kernel *columns, int64_t height,
                        int64_t width, float *work) {
    filter_rows(work, in, rows, height, width);
    filter_columns(out, work, columns, height, width);
}

static kernel gaussian(float sigma) {
    kernel k = {.radius = (int64_t)ceilf(4 * sigma)};
    float sum = 0;
    for (int64_t i = -k.radius; i <= k.radius; ++i) {
        const float t = (float)i / sigma;
        sum += k.taps[k.radius + i] = expf(-0.5f * t * t);
    }
    for (int64_t i = 0; i <= 2 * k.radius; ++i) k.taps[i] /= sum;
    return k;
}

void dgba_filter_edges(float *out, const float *grey, int64_t height, int64_t width, float *work) {
    const int64_t pixels = height * width;
    const float scale = (float)height / full_height;
    const kernel blur = gaussian(3 * scale), smooth = {1, {0.25f, 0.5f, 0.25f}}, slope = {1, {-1, 0, 1}};
    float *blurred = work, *across = work + pixels, *down = work + 2 * pixels, *rows = work + 3 * pixels;
    filter_both(blurred, grey, &blur, &blur, height, width, rows);
    filter_both(across, blurred, &slope, &smooth, height, width, rows);
    filter_both(down, blurred, &smooth, &slope, height, width, rows);
    for (int64_t i = 0; i < pixels; ++i) out[i] = scale * sqrtf(0.5f * (across[i] * across[i] + down[i] * down[i]));
}

/** Adds a box of height `value` over [low, high], measured in pixels from the middle of the centre pixel: a pixel counts
 *  by the share of it that the box covers, so any size has its exact meaning. */
static void add_box(kernel *k, float low, float high, float value) {
    for (int64_t i = -k->radius; i <= k->radius; ++i) {
        const float from = fmaxf(low, (float)i - 0.5f), to = fminf(high, (float)i + 0.5f);
        if (to > from) k->taps[k->radius + i] += value * (to - from);
    }
}

/** What SURF's filter of three lobes per side computes along one axis. */
typedef struct box_filters {
    kernel smooth, slope, bend; // a box of two lobes; −1, +1 lobes; 1, −2, 1 lobes
} box_filters;

static box_filters boxes_of(float lobe) {
    const int64_t radius = (int64_t)ceilf(1.5f * lobe);
    box_filters f = {{.radius = radius}, {.radius = radius}, {.radius = radius}};
    add_box(&f.smooth, -lobe, lobe, 1);
    add_box(&f.slope, -lobe, 0, -1);
    add_box(&f.slope, 0, lobe, 1);
    add_box(&f.bend, -1.5f * lobe, 1.5f * lobe, 1);
    add_box(&f.bend, -0.5f * lobe, 0.5f * lobe, -3);
    return f;
}

DGBA_VECTORIZE
static void keep_larger(float *restrict out, const float *restrict xx, const float *restrict yy, const float *restrict xy,
                        float factor, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        // 0.81 makes up for boxes in place of Gaussians (section 3.2 of the paper).
        const float determinant = factor * (xx[i] * yy[i] - 0.81f * (xy[i] * xy[i]));
        out[i] = determinant > out[i] ? determinant : out[i];
    }
}

void dgba_filter_keypoints(float *out, const float *grey, int64_t height, int64_t width, float *work) {
    const int64_t pixels = height * width;
    float *xx = work, *yy = work + pixels, *xy = work + 2 * pixels, *rows = work + 3 * pixels;
    memset(out, 0, (size_t)pixels * sizeof *out);
    for (int scale = 0; scale < 10; ++scale) {
        const float lobe = (1 + (float)scale * 29 / 9) * (float)height / full_height, area = 9 * lobe * lobe;
        const box_filters f = boxes_of(lobe);
        filter_both(xx, grey, &f.bend, &f.smooth, height, width, rows);
        filter_both(yy, grey, &f.smooth, &f.bend, height, width, rows);
        filter_both(xy, grey, &f.slope, &f.slope, height, width, rows);
        keep_larger(out, xx, yy, xy, 1 / (area * area), pixels);
    }
}

void dgba_filter_encode(float *x, int64_t count, float most) {
    for (int64_t i = 0; i < count; ++i) x[i] = fminf(x[i], most) / most * 2 - 1;
}
