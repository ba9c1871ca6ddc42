/** A results file of one model and one attack (dgba/store.h) that holds the images, too. */
#include "attack.h"

#include <string.h>

#define CLEAN       "/images/clean"
#define ADVERSARIAL "/images/adversarial"
#define MEAN        "/images/channel_mean"

static const char units[] = "input unit";
static const char channels[] = "B, G, R";

static dgba_status write_axis(dgba_h5 *file, const char *path, int64_t count, const char *description) {
    const dgba_h5_dataset about = {
        .path = path, .type = DGBA_H5_I64, .axes = 1, .sizes = {count}, .unit = "", .description = description};
    int64_t *numbers = NULL;
    DGBA_TRY(DGBA_NEW(&numbers, count));
    for (int64_t i = 0; i < count; ++i) numbers[i] = i;
    const dgba_status status = dgba_h5_write(file, &about, numbers);
    dgba_free(numbers);
    return status;
}

static dgba_status write_mean(dgba_h5 *file) {
    const dgba_h5_dataset about = {.path = MEAN,
                                   .type = DGBA_H5_F32,
                                   .axes = 1,
                                   .sizes = {3},
                                   .unit = units,
                                   .description = "what was subtracted from each channel: image + mean is within 0..255"};
    DGBA_TRY(dgba_h5_write(file, &about, dgba_data_mean));
    return dgba_h5_set_scale(file, MEAN, 0, "/channel");
}

static dgba_status add_images(dgba_h5 *file, const char *path, const dgba_sweep *sweep, const char *description) {
    const dgba_shape s = sweep->input;
    const dgba_h5_dataset about = {.path = path,
                                   .type = DGBA_H5_F32,
                                   .axes = 4,
                                   .sizes = {sweep->image_count, s.c, s.h, s.w},
                                   .unit = units,
                                   .description = description};
    DGBA_TRY(dgba_h5_add(file, &about));
    DGBA_TRY(dgba_h5_set_text(file, path, "channels", channels));
    DGBA_TRY(dgba_h5_set_scale(file, path, 1, "/channel"));
    DGBA_TRY(dgba_h5_set_scale(file, path, 2, "/input_row"));
    return dgba_h5_set_scale(file, path, 3, "/input_column");
}

static dgba_status add_all(dgba_h5 *file, const dgba_sweep *sweep) {
    DGBA_TRY(write_axis(file, "/channel", sweep->input.c, "channel of the network's input: 0 blue, 1 green, 2 red"));
    DGBA_TRY(write_axis(file, "/input_row", sweep->input.h, "row of the network's input, from the top"));
    DGBA_TRY(write_axis(file, "/input_column", sweep->input.w, "column of the network's input, from the left"));
    DGBA_TRY(write_mean(file));
    DGBA_TRY(add_images(file, CLEAN, sweep, "test images as the network sees them: BGR, mean subtracted, not divided"));
    return add_images(file, ADVERSARIAL, sweep, "the same images attacked: BGR, mean subtracted, not divided or rounded");
}

dgba_status attack_file_create(dgba_h5 **out, const char *path, const dgba_sweep *sweep) {
    DGBA_TRY(dgba_h5_create(out, path));
    const dgba_status status = add_all(*out, sweep);
    if (status != DGBA_OK) dgba_h5_close(out);
    return status;
}

dgba_status attack_file_add(dgba_h5 *file, const dgba_attacked *batch, int64_t first) {
    DGBA_TRY(dgba_h5_write_rows(file, CLEAN, DGBA_H5_F32, first, batch->shape.n, batch->clean));
    return dgba_h5_write_rows(file, ADVERSARIAL, DGBA_H5_F32, first, batch->shape.n, batch->adversarial);
}

dgba_status attack_file_finish(dgba_h5 **file, const dgba_results *results) {
    DGBA_TRY(dgba_results_put(*file, results));
    DGBA_TRY(dgba_h5_set_scale(*file, CLEAN, 0, "/image"));
    DGBA_TRY(dgba_h5_set_scale(*file, ADVERSARIAL, 0, "/image"));
    return dgba_h5_commit(file);
}
