/* The examples of one shard: made by a worker, kept in its record. */
#include <math.h>

#include "examples.h"
#include "worker.h"

enum { ZERO = 128, MOST = 127 }; // codes of a perturbation: 1..255; 0 is left for what is missing

dgba_status dgba_example_maps_allocate(dgba_example_maps *out, int64_t image_count, dgba_shape image, dgba_shape head,
                                       bool attack) {
    *out = (dgba_example_maps){.image_count = image_count, .image = image, .head = head};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->predictions, image_count * dgba_shape_count(head)));
    if (!attack) return DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&out->largest, image_count));
    DGBA_TRY_OUT(DGBA_NEW(&out->perturbations, image_count * dgba_shape_count(image)));
out:
    if (status != DGBA_OK) dgba_example_maps_free(out);
    return status;
}

void dgba_example_maps_free(dgba_example_maps *maps) {
    dgba_free(maps->predictions);
    dgba_free(maps->largest);
    dgba_free(maps->perturbations);
    *maps = (dgba_example_maps){0};
}

/* ---- Making ---- */

static void keep_perturbation(uint8_t *codes, double *largest, const float *adversarial, const float *clean,
                              int64_t pixels) {
    *largest = 0;
    for (int64_t i = 0; i < 3 * pixels; ++i) *largest = fmax(*largest, fabs((double)adversarial[i] - (double)clean[i]));
    for (int64_t i = 0; i < pixels; ++i)
        for (int64_t c = 0; c < 3; ++c) { // channels of a network's image are blue, green, red
            const int64_t place = (2 - c) * pixels + i;
            const double change = (double)adversarial[place] - (double)clean[place];
            codes[3 * i + c] = (uint8_t)(ZERO + (*largest > 0 ? lround(MOST * change / *largest) : 0));
        }
}

/** Sets the predictions of one image from those of the last evaluation. */
static void keep_predictions(float *to, const dgba_worker *w, int64_t image) {
    for (int64_t t = 0; t < w->task_count; ++t) {
        dgba_shape shape;
        const float *prediction = dgba_network_oracle_prediction(&shape, w->oracle, t);
        shape.n = 1;
        dgba_task_show(to, &w->tasks[t], prediction + image * dgba_shape_count(shape), shape);
        to += w->tasks[t].kind->label_channels * shape.h * shape.w;
    }
}

dgba_status worker_keep_examples(dgba_worker *w, dgba_record *record, const dgba_settings *message,
                                 const float *adversarial) {
    int64_t count = 0;
    if (dgba_settings_get(message, "@examples") == NULL) return DGBA_OK;
    DGBA_TRY(trial_read_integer(&count, message, "@examples"));
    if (count > record->image_count) count = record->image_count;
    if (count < 1) return DGBA_OK;
    dgba_shape image = w->batch.shape, head;
    dgba_network_oracle_prediction(&head, w->oracle, 0); // all heads have the same resolution
    image.n = head.n = 1;
    head.c = 0;
    for (int64_t t = 0; t < w->task_count; ++t) head.c += w->tasks[t].kind->label_channels;
    dgba_example_maps *maps = &record->examples;
    DGBA_TRY(dgba_example_maps_allocate(maps, count, image, head, adversarial != NULL));
    const int64_t floats = dgba_shape_count(image);
    for (int64_t i = 0; i < count; ++i) {
        keep_predictions(maps->predictions + i * dgba_shape_count(head), w, i);
        if (adversarial == NULL) continue;
        keep_perturbation(maps->perturbations + i * floats, &maps->largest[i], adversarial + i * floats,
                          w->batch.images + i * floats, image.h * image.w);
    }
    return DGBA_OK;
}

/* ---- In files ---- */

static const char predictions_path[] = "/examples/predictions", largest_path[] = "/examples/largest",
                  perturbations_path[] = "/examples/perturbations", count_name[] = "examples";

dgba_status example_maps_count(int64_t *out, dgba_h5 *file) {
    *out = 0; // and none in a unit of an older dgba
    if (!dgba_h5_has_attribute(file, "/", count_name)) return DGBA_OK;
    return dgba_h5_get_integer(out, file, "/", count_name);
}

dgba_status example_maps_write(dgba_h5 *file, const dgba_example_maps *maps) {
    const int64_t images = maps->image_count;
    const dgba_shape head = maps->head, image = maps->image;
    const dgba_h5_dataset predictions = {.path = predictions_path,
                                         .type = DGBA_H5_F32,
                                         .axes = 4,
                                         .sizes = {images, head.c, head.h, head.w},
                                         .description = "predictions of the first images, task after task",
                                         .chunk_rows = images,
                                         .compress = true};
    const dgba_h5_dataset perturbations = {.path = perturbations_path,
                                           .type = DGBA_H5_U8,
                                           .axes = 4,
                                           .sizes = {images, image.h, image.w, 3},
                                           .description = "128 + 127 * change / largest change, rounded",
                                           .chunk_rows = images,
                                           .compress = true};
    const dgba_h5_dataset largest = {.path = largest_path,
                                     .type = DGBA_H5_F64,
                                     .axes = 1,
                                     .sizes = {images},
                                     .unit = "input unit",
                                     .description = "largest change of any pixel"};
    DGBA_TRY(dgba_h5_set_integer(file, "/", count_name, images));
    DGBA_TRY(dgba_h5_write(file, &predictions, maps->predictions));
    if (maps->perturbations == NULL) return DGBA_OK;
    DGBA_TRY(dgba_h5_write(file, &perturbations, maps->perturbations));
    return dgba_h5_write(file, &largest, maps->largest);
}

/** Sizes of a dataset with four axes, the first of which is that of the images. */
static dgba_status read_shape(dgba_shape *out, dgba_h5 *file, const char *path, int64_t images) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, path));
    if (axes != 4) return dgba_fail(DGBA_E_FORMAT, "%s:%s: %d axes; expected 4", dgba_h5_name(file), path, axes);
    if (sizes[0] != images)
        return dgba_fail(DGBA_E_FORMAT, "%s:%s: %lld images; expected %lld", dgba_h5_name(file), path, (long long)sizes[0],
                         (long long)images);
    *out = (dgba_shape){sizes[0], sizes[1], sizes[2], sizes[3]};
    return DGBA_OK;
}

dgba_status dgba_example_maps_read(dgba_example_maps *out, dgba_h5 *file) {
    *out = (dgba_example_maps){0};
    int64_t count = 0;
    dgba_shape head = {0}, image = {0};
    DGBA_TRY(example_maps_count(&count, file));
    if (count == 0) return DGBA_OK;
    const bool attack = dgba_h5_has(file, perturbations_path);
    dgba_status status = DGBA_OK;
    DGBA_TRY(read_shape(&head, file, predictions_path, count));
    if (attack) DGBA_TRY(read_shape(&image, file, perturbations_path, count));
    head.n = 1;
    image = (dgba_shape){1, image.w, image.c, image.h}; // rows, columns and colours of the file
    DGBA_TRY(dgba_example_maps_allocate(out, count, image, head, attack));
    DGBA_TRY_OUT(dgba_h5_read(out->predictions, file, predictions_path, DGBA_H5_F32, count * dgba_shape_count(head)));
    if (!attack) return DGBA_OK;
    DGBA_TRY_OUT(dgba_h5_read(out->perturbations, file, perturbations_path, DGBA_H5_U8, count * dgba_shape_count(image)));
    DGBA_TRY_OUT(dgba_h5_read(out->largest, file, largest_path, DGBA_H5_F64, count));
out:
    if (status != DGBA_OK) dgba_example_maps_free(out);
    return status;
}
