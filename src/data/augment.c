#include <math.h>

#include "view.h"

/** Where the window of `window` pixels begins on an image of `scaled` ones: a random crop of the larger image, the middle
 *  of the padding round a smaller one. */
static int64_t draw_start(dgba_random *stream, int64_t scaled, int64_t window) {
    if (scaled <= window) return -((window - scaled) / 2);
    return dgba_random_below(stream, scaled - window + 1);
}

static int64_t scaled_size(int64_t size, double scale) {
    const int64_t scaled = llround((double)size * scale);
    return scaled > 0 ? scaled : 1;
}

static data_view draw_view(const dgba_augment *augment, int64_t sample, const dgba_data_info *about, dgba_shape window) {
    dgba_random stream = dgba_random_stream(augment->seed, DGBA_RANDOM_AUGMENT, (uint64_t)sample);
    const double scale = dgba_random_between(&stream, augment->scale_low, augment->scale_high);
    const bool mirror = dgba_random_uniform(&stream) < 0.5;
    data_view view = {.scaled_height = scaled_size(about->height, scale),
                      .scaled_width = scaled_size(about->width, scale),
                      .mirror = augment->mirror && mirror,
                      .depth_divisor = scale};
    view.top = draw_start(&stream, view.scaled_height, window.h);
    view.left = draw_start(&stream, view.scaled_width, window.w);
    return view;
}

dgba_status dgba_batch_load_augmented(dgba_batch *batch, dgba_data *data, const int64_t *images, int64_t count,
                                      const dgba_augment *augment) {
    DGBA_TRY(dgba_data_batch_check(batch, data, count));
    if (!(augment->scale_low > 0 && augment->scale_high >= augment->scale_low && augment->scale_high <= 100))
        return dgba_fail(DGBA_E_CONFIG, "images cannot be scaled by %g to %g", augment->scale_low, augment->scale_high);
    for (int64_t i = 0; i < count; ++i) {
        const data_view view = draw_view(augment, augment->first_sample + i, dgba_data_about(data), batch->shape);
        DGBA_TRY(dgba_data_batch_fill(batch, i, data, images[i], &view));
    }
    batch->shape.n = count;
    return DGBA_OK;
}
