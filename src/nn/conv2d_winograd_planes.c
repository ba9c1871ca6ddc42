#include "conv2d_winograd_lanes.h"

DGBA_VECTORIZE
static void read_planes(float *pixels, const float *planes, int64_t plane) {
    const int64_t whole = plane - plane % BLOCK;
    for (int64_t p = 0; p < whole; p += BLOCK)
        for (int64_t c = 0; c < WINOGRAD_LANES; c += BLOCK)
            transpose_block(pixels + p * WINOGRAD_LANES + c, WINOGRAD_LANES, planes + c * plane + p, plane);
    for (int64_t p = whole; p < plane; ++p)
        for (int64_t c = 0; c < WINOGRAD_LANES; ++c) pixels[p * WINOGRAD_LANES + c] = planes[c * plane + p];
}

void winograd_read_planes(float *pixels, const float *planes, int64_t plane, int64_t channels) {
    if (channels == WINOGRAD_LANES) {
        read_planes(pixels, planes, plane);
        return;
    }
    for (int64_t p = 0; p < plane; ++p)
        for (int64_t c = 0; c < WINOGRAD_LANES; ++c)
            pixels[p * WINOGRAD_LANES + c] = c < channels ? planes[c * plane + p] : 0;
}

DGBA_VECTORIZE
static void write_planes(float *planes, const float *pixels, int64_t plane) {
    const int64_t whole = plane - plane % BLOCK;
    for (int64_t p = 0; p < whole; p += BLOCK)
        for (int64_t c = 0; c < WINOGRAD_LANES; c += BLOCK)
            transpose_block(planes + c * plane + p, plane, pixels + p * WINOGRAD_LANES + c, WINOGRAD_LANES);
    for (int64_t p = whole; p < plane; ++p)
        for (int64_t c = 0; c < WINOGRAD_LANES; ++c) planes[c * plane + p] = pixels[p * WINOGRAD_LANES + c];
}

DGBA_VECTORIZE
static void add_planes(float *planes, const float *pixels, int64_t plane) {
    const int64_t whole = plane - plane % BLOCK;
    for (int64_t p = 0; p < whole; p += BLOCK) {
        for (int64_t c = 0; c < WINOGRAD_LANES; c += BLOCK) {
            eight rows[BLOCK];
            transpose_block((float *)rows, BLOCK, pixels + p * WINOGRAD_LANES + c, WINOGRAD_LANES);
            for (int64_t i = 0; i < BLOCK; ++i) *(eight *)(planes + (c + i) * plane + p) += rows[i];
        }
    }
    for (int64_t p = whole; p < plane; ++p)
        for (int64_t c = 0; c < WINOGRAD_LANES; ++c) planes[c * plane + p] += pixels[p * WINOGRAD_LANES + c];
}

void winograd_write_planes(float *planes, const float *pixels, int64_t plane, int64_t channels, bool accumulate) {
    if (channels == WINOGRAD_LANES) {
        (accumulate ? add_planes : write_planes)(planes, pixels, plane);
        return;
    }
    for (int64_t c = 0; c < channels; ++c)
        for (int64_t p = 0; p < plane; ++p)
            planes[c * plane + p] = pixels[p * WINOGRAD_LANES + c] + (accumulate ? planes[c * plane + p] : 0);
}
