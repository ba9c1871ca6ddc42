/** A hundred iterations of training against PyTorch, on the same batches in the same order: see generate.py. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/h5io.h"
#include "dgba/train.h"
#include "support/check.h"
#include "support/fill.h"

enum { SALT = 7, IMAGES = 6, HEIGHT = 41, WIDTH = 33, PIXELS = HEIGHT * WIDTH, CLASSES = 4, ITERATIONS = 100, TASKS = 3 };

/** Largest relative difference of a loss in the first 20 iterations and in all of them: twice what separates PyTorch's own
 *  single precision from its double precision (curve.h5 holds both). Rounding grows from update to update. */
static const double EARLY_TOLERANCE = 1e-3, TOLERANCE = 1.5e-2;

static dgba_data *make_data(void) {
    static const dgba_data_info about = {
        .name = "curve",
        .images = IMAGES,
        .height = HEIGHT,
        .width = WIDTH,
        .task_count = TASKS,
        .tasks = {{"seg", "segmentation", "", CLASSES, 1}, {"normal", "normals", "", 0, 3}, {"depth", "depth", "m", 0, 1}}};
    static float picture[3 * PIXELS], seg[PIXELS], normal[3 * PIXELS], depth[PIXELS], valid[PIXELS];
    static uint8_t rgb[3 * PIXELS];
    const float *const values[] = {seg, normal, depth};
    const int64_t images[IMAGES] = {0, 1, 2, 3, 4, 5};
    dgba_data_writer *writer = NULL;
    dgba_data *data = NULL;
    char path[600], number[24];
    snprintf(path, sizeof path, "%s/data.h5", check_folder("curve"));
    CHECK_OK(dgba_data_writer_create(&writer, path, &about));
    for (int64_t i = 0; i < IMAGES; ++i) {
        snprintf(number, sizeof number, "%lld", (long long)i);
        fill(picture, 3 * PIXELS, SALT, "picture.", number, 0, 255);
        fill(seg, PIXELS, SALT, "seg.", number, 0, CLASSES);
        fill(normal, 3 * PIXELS, SALT, "normal.", number, -1, 1);
        fill(depth, PIXELS, SALT, "depth.", number, 1, 5);
        fill(valid, PIXELS, SALT, "valid.", number, 0, 1);
        for (int64_t p = 0; p < 3 * PIXELS; ++p) rgb[p] = (uint8_t)picture[p];
        for (int64_t p = 0; p < PIXELS; ++p) {
            const bool is_valid = valid[p] >= 0.1F;
            seg[p] = is_valid ? floorf(seg[p]) : NAN;
            if (!is_valid) normal[3 * p] = depth[p] = NAN;
        }
        CHECK_OK(dgba_data_writer_put(writer, i, "", rgb, values));
    }
    CHECK_OK(dgba_data_writer_split(writer, "train", images, IMAGES));
    CHECK_OK(dgba_data_writer_commit(&writer));
    CHECK_OK(dgba_data_open(&data, path));
    return data;
}

static void make_model(dgba_model *model, dgba_task *tasks) {
    static const char *const kinds[TASKS] = {"segmentation", "normals", "depth"};
    static const dgba_model_task heads[TASKS] = {{"seg", CLASSES}, {"normal", 3}, {"depth", 1}};
    const dgba_model_def def = {
        .width = 0.0625, .layout = 20, .head_channels = 8, .head_rates = {.count = 2, .values = {1, 2}}};
    for (int t = 0; t < TASKS; ++t) {
        tasks[t] = (dgba_task){.classes = t == 0 ? CLASSES : 0};
        strcpy(tasks[t].name, heads[t].name);
        CHECK_OK(dgba_task_kind_find(&tasks[t].kind, kinds[t]));
    }
    CHECK_OK(dgba_model_create(model, &def, heads, TASKS));
}

static dgba_train make_options(void) {
    dgba_train options;
    dgba_option_defaults(&options, &dgba_train_options);
    options.iterations = ITERATIONS;
    options.batch = 3;
    options.seed = 3;
    options.learning_rate = 3e-5;
    options.decay_every = 40;
    options.clip_norm = 2;
    options.loss_weights = (dgba_reals){.count = TASKS, .values = {1, 2, 0.5}};
    options.scale_low = options.scale_high = 1;
    options.mirror = false;
    options.log_every = 1;
    return options;
}

/** The largest relative difference between two curves in their first iterations. */
static double difference(const double *a, const double *b, int64_t iterations) {
    double largest = 0;
    for (int64_t i = 0; i < iterations * TASKS; ++i) largest = fmax(largest, fabs(a[i] - b[i]) / b[i]);
    return largest;
}

static void the_curves_lie_on_each_other(void **state) {
    (void)state;
    static double expected[ITERATIONS * TASKS], single[ITERATIONS * TASKS];
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_open(&file, TEST_SOURCE_DIR "/golden/train/curve.h5"));
    CHECK_OK(dgba_h5_read(expected, file, "/double", DGBA_H5_F64, ITERATIONS * TASKS));
    CHECK_OK(dgba_h5_read(single, file, "/single", DGBA_H5_F64, ITERATIONS * TASKS));
    dgba_h5_close(&file);

    dgba_task tasks[TASKS];
    dgba_model model;
    const dgba_train options = make_options();
    const int64_t images[IMAGES] = {0, 1, 2, 3, 4, 5};
    make_model(&model, tasks);
    dgba_train_job job = {.model = &model,
                          .tasks = tasks,
                          .options = &options,
                          .data = make_data(),
                          .images = {images, IMAGES},
                          .height = HEIGHT,
                          .width = WIDTH};
    dgba_train_state training;
    CHECK_OK(dgba_train_begin(&training, &job));
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(model.graph, &count);
    for (int64_t i = 0; i < count; ++i) fill_parameter(training.parameters + list[i].offset, &list[i], SALT);
    CHECK_OK(dgba_train_run(&training, &job));

    assert_int_equal(training.log.count, ITERATIONS);
    const double early = difference(training.log.losses, expected, 20);
    const double all = difference(training.log.losses, expected, ITERATIONS);
    printf(
        "largest relative difference from double precision: %.2g in 20 iterations, %.2g in all (PyTorch's single: %.2g, "
        "%.2g)\n",
        early, all, difference(single, expected, 20), difference(single, expected, ITERATIONS));
    assert_true(early < EARLY_TOLERANCE && all < TOLERANCE);
    dgba_train_state_free(&training);
    dgba_data_close(&job.data);
    dgba_model_free(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_curves_lie_on_each_other)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
