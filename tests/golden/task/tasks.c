/** Losses, seeds and nearest sampling against PyTorch, metrics against NumPy: tasks.h5, made by generate.py. */
#include <stdio.h>
#include <string.h>

#include "dgba/h5io.h"
#include "dgba/task.h"
#include "support/near.h"

enum { SAMPLES = 3, HEIGHT = 7, WIDTH = 9, LABEL_HEIGHT = 31, LABEL_WIDTH = 40, CLASSES = 5 };

static dgba_h5 *golden;

static int open_golden(void **state) {
    (void)state;
    CHECK_OK(dgba_h5_open(&golden, TEST_SOURCE_DIR "/golden/task/tasks.h5"));
    return 0;
}

static int close_golden(void **state) {
    dgba_h5_close(&golden);
    return check_no_leak(state);
}

static void *read_values(const char *group, const char *name, dgba_h5_type type, int64_t count) {
    char path[64];
    snprintf(path, sizeof path, "/%s/%s", group, name);
    void *values = NULL;
    CHECK_OK(dgba_allocate(&values, count, sizeof(double))); // the largest type there is
    CHECK_OK(dgba_h5_read(values, golden, path, type, count));
    return values;
}

/** One kind's inputs from the file. */
typedef struct inputs {
    dgba_task task;
    dgba_shape shape;
    float *prediction, *values;
    uint8_t *valid;
    dgba_labels labels;
} inputs;

static inputs read_inputs(const char *kind) {
    inputs in = {.task.classes = CLASSES};
    CHECK_OK(dgba_task_kind_find(&in.task.kind, kind));
    CHECK_OK(dgba_h5_read(in.task.class_weights, golden, "/class_weights", DGBA_H5_F32, CLASSES));
    in.shape = (dgba_shape){SAMPLES, dgba_task_prediction_channels(&in.task), HEIGHT, WIDTH};
    const int64_t pixels = (int64_t)SAMPLES * LABEL_HEIGHT * LABEL_WIDTH;
    in.prediction = read_values(kind, "prediction", DGBA_H5_F32, dgba_shape_count(in.shape));
    in.values = read_values(kind, "labels", DGBA_H5_F32, pixels * in.task.kind->label_channels);
    in.valid = read_values(kind, "valid", DGBA_H5_U8, pixels);
    in.labels = (dgba_labels){in.values, in.valid, LABEL_HEIGHT, LABEL_WIDTH};
    return in;
}

static void free_inputs(inputs *in) {
    dgba_free(in->prediction);
    dgba_free(in->values);
    dgba_free(in->valid);
}

static void check_losses(const inputs *in) {
    const char *kind = in->task.kind->name;
    double *expected = read_values(kind, "losses", DGBA_H5_F64, SAMPLES);
    double *counts = read_values(kind, "denominators", DGBA_H5_F64, SAMPLES);
    double losses[SAMPLES], denominators[SAMPLES];
    dgba_task_loss(losses, denominators, &in->task, in->prediction, in->shape, &in->labels);
    for (int n = 0; n < SAMPLES; ++n) {
        CHECK_NEAR(losses[n], expected[n], 1e-12 * expected[n]);
        CHECK_NEAR(denominators[n], counts[n], 1e-12 * counts[n]);
    }
    dgba_free(expected);
    dgba_free(counts);
}

static void check_gradient(const inputs *in) {
    const char *kind = in->task.kind->name;
    const int64_t count = dgba_shape_count(in->shape);
    double *weights = read_values(kind, "weights", DGBA_H5_F64, SAMPLES);
    float *expected = read_values(kind, "gradient", DGBA_H5_F32, count);
    float *gradient = NULL;
    CHECK_OK(DGBA_NEW(&gradient, count));
    dgba_task_loss_gradient(gradient, weights, &in->task, in->prediction, in->shape, &in->labels);
    CHECK_CLOSE(gradient, expected, count, 2e-7, 1e-12);
    dgba_free(gradient);
    dgba_free(expected);
    dgba_free(weights);
}

static void check_metrics(const inputs *in) {
    const dgba_task_kind *kind = in->task.kind;
    dgba_totals totals = {0};
    CHECK_OK(DGBA_NEW(&totals.sums, dgba_task_sum_count(&in->task)));
    CHECK_OK(DGBA_NEW(&totals.counts, dgba_task_count_count(&in->task)));
    double *expected = read_values(kind->name, "metrics", DGBA_H5_F64, kind->metric_count);
    double values[DGBA_TASK_MOST_METRICS];
    dgba_task_measure(&totals, &in->task, in->prediction, in->shape, &in->labels);
    dgba_task_metrics(values, &in->task, &totals);
    for (int64_t m = 0; m < kind->metric_count; ++m) {
        const bool histogram = strcmp(kind->metrics[m].name, "median_angle") == 0; // bins of 1/1024°
        CHECK_NEAR(values[m], expected[m], histogram ? 1.0 / 2048 : 1e-12 * expected[m]);
    }
    dgba_free(expected);
    dgba_free(totals.sums);
    dgba_free(totals.counts);
}

/** What the released code would tell, batches of two samples and of one. It rounds, so the last digit may differ; the
 *  median is that of bins. */
static void check_released(inputs *in) {
    const dgba_task_kind *kind = in->task.kind;
    in->task.released = true;
    dgba_totals totals = {0};
    CHECK_OK(DGBA_NEW(&totals.sums, dgba_task_sum_count(&in->task)));
    CHECK_OK(DGBA_NEW(&totals.counts, dgba_task_count_count(&in->task)));
    double *expected = read_values(kind->name, "released", DGBA_H5_F64, kind->metric_count);
    double values[DGBA_TASK_MOST_METRICS];
    for (int64_t first = 0; first < SAMPLES; first += 2) {
        dgba_shape shape = in->shape;
        shape.n = first + 2 <= SAMPLES ? 2 : 1;
        const int64_t pixels = (int64_t)LABEL_HEIGHT * LABEL_WIDTH;
        const dgba_labels labels = {in->values + first * kind->label_channels * pixels, in->valid + first * pixels,
                                    LABEL_HEIGHT, LABEL_WIDTH};
        dgba_task_measure(&totals, &in->task, in->prediction + first * shape.c * shape.h * shape.w, shape, &labels);
    }
    dgba_task_metrics(values, &in->task, &totals);
    for (int64_t m = 0; m < kind->metric_count; ++m) {
        const bool histogram = strcmp(kind->metrics[m].name, "median_angle") == 0;
        CHECK_NEAR(values[m], expected[m], histogram ? 1.0 / 2048 + 1e-4 : 1e-9);
    }
    dgba_free(expected);
    dgba_free(totals.sums);
    dgba_free(totals.counts);
}

static void kinds_agree(void **state) {
    (void)state;
    int64_t count = 0;
    const dgba_task_kind *const *kinds = dgba_task_kinds(&count);
    for (int64_t k = 0; k < count; ++k) {
        inputs in = read_inputs(kinds[k]->name);
        check_losses(&in);
        check_gradient(&in);
        check_metrics(&in);
        check_released(&in);
        free_inputs(&in);
    }
}

enum { PAIRS = 11, MOST = 321 };

/** With label i of class i and equal scores, a pixel's gradient is negative at the index it was sampled from. */
static void check_down(const dgba_task *task, int64_t in, int64_t out, const int64_t *expected) {
    static float prediction[MOST * MOST], gradient[MOST * MOST], values[MOST];
    static uint8_t valid[MOST];
    const dgba_shape shape = {1, task->classes, 1, out};
    const dgba_labels labels = {values, valid, 1, in};
    for (int64_t i = 0; i < in; ++i) values[i] = (float)i, valid[i] = 1;
    dgba_task_loss_gradient(gradient, (double[]){1}, task, prediction, shape, &labels);
    for (int64_t j = 0; j < out; ++j) assert_true(gradient[expected[j] * out + j] < 0);
}

/** With label i of class i and a prediction q that answers q, label i meets the prediction it was sampled from. */
static void check_up(const dgba_task *task, int64_t in, int64_t out, const int64_t *expected) {
    static float prediction[MOST * MOST], values[MOST];
    static int64_t counts[MOST * MOST];
    static uint8_t valid[MOST];
    memset(prediction, 0, sizeof prediction);
    memset(counts, 0, sizeof counts);
    for (int64_t q = 0; q < in; ++q) prediction[q * in + q] = 1;
    for (int64_t i = 0; i < out; ++i) values[i] = (float)i, valid[i] = 1;
    dgba_totals totals = {.counts = counts};
    dgba_task_measure(&totals, task, prediction, (dgba_shape){1, task->classes, 1, in},
                      &(dgba_labels){values, valid, 1, out});
    for (int64_t i = 0; i < out; ++i) assert_int_equal(counts[i * task->classes + expected[i]], 1);
}

static void nearest_indices_agree(void **state) {
    (void)state;
    int64_t *sizes = read_values("nearest", "sizes", DGBA_H5_I64, 2 * PAIRS);
    int64_t total = 0;
    for (int p = 0; p < PAIRS; ++p) total += sizes[2 * p + 1];
    int64_t *indices = read_values("nearest", "indices", DGBA_H5_I64, total), *expected = indices;
    dgba_task task = {0};
    CHECK_OK(dgba_task_kind_find(&task.kind, "segmentation"));
    for (int p = 0; p < PAIRS; ++p) {
        const int64_t in = sizes[2 * p], out = sizes[2 * p + 1];
        task.classes = in > out ? in : out;
        check_down(&task, in, out, expected);
        check_up(&task, in, out, expected);
        expected += out;
    }
    dgba_free(sizes);
    dgba_free(indices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_agree),
        cmocka_unit_test(nearest_indices_agree),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
