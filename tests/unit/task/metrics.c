/** Metrics: by hand, against naive twins, from merged totals; their directions and relative changes. */
#include <math.h>
#include <string.h>

#include "dgba/task.h"
#include "ref/task.h"
#include "support/near.h"

static dgba_task make_task(const char *kind, int64_t classes) {
    dgba_task task = {.classes = classes};
    CHECK_OK(dgba_task_kind_find(&task.kind, kind));
    return task;
}

static dgba_totals make_totals(const dgba_task *task) {
    dgba_totals totals = {0};
    CHECK_OK(DGBA_NEW(&totals.sums, dgba_task_sum_count(task)));
    CHECK_OK(DGBA_NEW(&totals.counts, dgba_task_count_count(task)));
    return totals;
}

static void free_totals(dgba_totals *totals) {
    dgba_free(totals->sums);
    dgba_free(totals->counts);
}

/** Metrics of a row of `pixels` predictions (C,1,pixels) and as many valid labels (L,1,pixels). */
static void metrics_of_row(double *values, const dgba_task *task, const float *prediction, const float *label,
                           int64_t pixels) {
    uint8_t valid[16];
    memset(valid, 1, sizeof valid);
    dgba_totals totals = make_totals(task);
    const dgba_labels labels = {label, valid, 1, pixels};
    const dgba_shape shape = {1, dgba_task_prediction_channels(task), 1, pixels};
    dgba_task_measure(&totals, task, prediction, shape, &labels);
    dgba_task_metrics(values, task, &totals);
    free_totals(&totals);
}

/** Truth 0 0 1 1 3, answers 0 1 1 1 1; classes 2 and 4 occur nowhere. */
static void absent_classes_are_left_out(void **state) {
    (void)state;
    const dgba_task task = make_task("segmentation", 5);
    const float prediction[5][5] = {{1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0}, {0}, {0}}; // [class][pixel]
    double values[2];
    metrics_of_row(values, &task, &prediction[0][0], (float[]){0, 0, 1, 1, 3}, 5);
    CHECK_NEAR(values[0], (1.0 / 2 + 2.0 / 4 + 0) / 3, 1e-15);
    CHECK_NEAR(values[1], 3.0 / 5, 1e-15);
}

/** Equal scores, a score that is not a number, and none that is. */
static void the_first_largest_score_answers(void **state) {
    (void)state;
    const dgba_task task = make_task("segmentation", 2);
    const float prediction[2][3] = {{1, NAN, NAN}, {1, 0, NAN}}; // [class][pixel]: answers 0 1 0
    double values[2];
    metrics_of_row(values, &task, &prediction[0][0], (float[]){0, 1, 1}, 3);
    CHECK_NEAR(values[1], 2.0 / 3, 1e-15);
}

/** Angles 0, 45, 90 and 180 degrees, lengths of no importance. */
static void angles_by_hand(void **state) {
    (void)state;
    const dgba_task task = make_task("normals", 0);
    const float prediction[3][4] = {{0, 1, 5, 0}, {0, 0, 0, 0}, {0.1F, 1, 0, -9}};
    const float label[3][4] = {{0}, {0}, {1, 2, 1, 1}};
    double values[5];
    metrics_of_row(values, &task, &prediction[0][0], &label[0][0], 4);
    CHECK_NEAR(values[0], 315.0 / 4, 1e-12);
    CHECK_NEAR(values[1], 67.5, 1e-12);
    CHECK_NEAR(values[2], 0.25, 0);
    CHECK_NEAR(values[3], 0.25, 0);
    CHECK_NEAR(values[4], 0.25, 0);
    metrics_of_row(values, &task, (float[]){0, 0, -1}, (float[]){0, 0, 1}, 1);
    CHECK_NEAR(values[1], 180, 0);
    metrics_of_row(values, &task, (float[]){NAN, 0, -1}, (float[]){0, 0, 1}, 1);
    assert_true(isnan(values[0]) && values[1] == 180 && values[4] == 0);
}

static void depths_by_hand(void **state) {
    (void)state;
    const dgba_task task = make_task("depth", 0);
    double values[5];
    // Ratios 1.2, 1.25 (not below the limit), 1.9, and a depth that cannot be: never correct.
    metrics_of_row(values, &task, (float[]){1.2F, 1.25F, 1, -2}, (float[]){1, 1, 1.9F, 2}, 4);
    CHECK_NEAR(values[0], (0.2 + 0.25 + 0.9 + 4) / 4, 1e-7);
    CHECK_NEAR(values[1], (0.2 + 0.25 + 0.9 / 1.9 + 2) / 4, 1e-7);
    CHECK_NEAR(values[2], 0.25, 0);
    CHECK_NEAR(values[3], 0.5, 0);
    CHECK_NEAR(values[4], 0.75, 0);
}

static void absolute_error_by_hand(void **state) {
    (void)state;
    const dgba_task task = make_task("pixel_l1", 0);
    double value = 0;
    metrics_of_row(&value, &task, (float[]){1, -1}, (float[]){0.5F, 0.5F}, 2);
    CHECK_NEAR(value, 1, 0);
}

enum { SAMPLES = 4, CLASSES = 6, HEIGHT = 5, WIDTH = 7, LABEL_HEIGHT = 24, LABEL_WIDTH = 31 };
enum { PLANE = HEIGHT * WIDTH, LABEL_PLANE = LABEL_HEIGHT * LABEL_WIDTH };

static float predictions[SAMPLES * CLASSES * PLANE], label_values[SAMPLES * 3 * LABEL_PLANE];
static uint8_t label_valid[SAMPLES * LABEL_PLANE];

static void fill_at_random(const dgba_task *task) {
    dgba_random stream = dgba_random_stream(5, DGBA_RANDOM_TEST, 0);
    const bool classes = strstr(task->kind->name, "segmentation") != NULL;
    for (int64_t i = 0; i < DGBA_COUNT_OF(predictions); ++i) predictions[i] = (float)dgba_random_between(&stream, -0.5, 3);
    for (int64_t i = 0; i < DGBA_COUNT_OF(label_values); ++i)
        label_values[i] =
            classes ? (float)dgba_random_below(&stream, CLASSES) : (float)dgba_random_between(&stream, 0.1, 3);
    for (int64_t i = 0; i < DGBA_COUNT_OF(label_valid); ++i) label_valid[i] = dgba_random_uniform(&stream) < 0.8;
}

/** Adds `count` of the random samples from `first` on. */
static void add_samples(dgba_totals *totals, const dgba_task *task, int64_t first, int64_t count) {
    const dgba_shape shape = {count, dgba_task_prediction_channels(task), HEIGHT, WIDTH};
    const dgba_labels labels = {label_values + first * task->kind->label_channels * LABEL_PLANE,
                                label_valid + first * LABEL_PLANE, LABEL_HEIGHT, LABEL_WIDTH};
    dgba_task_measure(totals, task, predictions + first * shape.c * PLANE, shape, &labels);
}

static void check_twin(const dgba_task *task) {
    const ref_sample sample = {predictions,
                               label_values,
                               label_valid,
                               dgba_task_prediction_channels(task),
                               HEIGHT,
                               WIDTH,
                               task->kind->label_channels,
                               LABEL_HEIGHT,
                               LABEL_WIDTH,
                               task->class_weights};
    double values[DGBA_TASK_MOST_METRICS], expected[DGBA_TASK_MOST_METRICS];
    dgba_totals totals = make_totals(task);
    add_samples(&totals, task, 0, 1);
    dgba_task_metrics(values, task, &totals);
    ref_task_metrics(expected, task->kind->name, &sample);
    for (int64_t m = 0; m < task->kind->metric_count; ++m) {
        const bool histogram = strcmp(task->kind->metrics[m].name, "median_angle") == 0; // bins of 1/1024 degree
        CHECK_NEAR(values[m], expected[m], histogram ? 1.0 / 2048 : 1e-12 * expected[m]);
    }
    free_totals(&totals);
}

/** Totals of all samples at once, sample by sample, and of two halves added up. */
static void check_merging(const dgba_task *task) {
    dgba_totals whole = make_totals(task), single = make_totals(task), half = make_totals(task), other = make_totals(task);
    add_samples(&whole, task, 0, SAMPLES);
    for (int64_t n = 0; n < SAMPLES; ++n) add_samples(&single, task, n, 1);
    add_samples(&half, task, 0, SAMPLES / 2);
    add_samples(&other, task, SAMPLES / 2, SAMPLES / 2);
    for (int64_t i = 0; i < dgba_task_sum_count(task); ++i) {
        assert_true(single.sums[i] == whole.sums[i]);
        CHECK_NEAR(half.sums[i] + other.sums[i], whole.sums[i], 1e-13 * whole.sums[i]);
    }
    for (int64_t i = 0; i < dgba_task_count_count(task); ++i) {
        assert_int_equal(single.counts[i], whole.counts[i]);
        assert_int_equal(half.counts[i] + other.counts[i], whole.counts[i]);
    }
    free_totals(&whole);
    free_totals(&single);
    free_totals(&half);
    free_totals(&other);
}

static void check_nothing_valid(const dgba_task *task) {
    double values[DGBA_TASK_MOST_METRICS];
    dgba_totals totals = make_totals(task);
    memset(label_valid, 0, sizeof label_valid);
    add_samples(&totals, task, 0, SAMPLES);
    dgba_task_metrics(values, task, &totals);
    for (int64_t m = 0; m < task->kind->metric_count; ++m) assert_true(isnan(values[m]));
    free_totals(&totals);
}

static void for_every_kind(void (*check)(const dgba_task *task)) {
    int64_t count = 0;
    const dgba_task_kind *const *kinds = dgba_task_kinds(&count);
    for (int64_t k = 0; k < count; ++k) {
        const dgba_task task = {.kind = kinds[k], .classes = CLASSES, .class_weights = {0.5F, 2, 1, 0.25F, 3, 1.5F}};
        fill_at_random(&task);
        check(&task);
    }
}

static void metrics_equal_their_twins(void **state) {
    (void)state;
    for_every_kind(check_twin);
}

static void totals_add_up(void **state) {
    (void)state;
    for_every_kind(check_merging);
}

static void metrics_of_nothing_are_missing(void **state) {
    (void)state;
    for_every_kind(check_nothing_valid);
}

/** Labels smaller than the prediction: each label pixel still meets exactly one prediction pixel. */
static void labels_may_be_smaller(void **state) {
    (void)state;
    const dgba_task task = make_task("pixel_l1", 0);
    dgba_totals totals = make_totals(&task);
    const float wide[7] = {0, 1, 2, 3, 4, 5, 6}, few[3] = {0};
    dgba_task_measure(&totals, &task, wide, (dgba_shape){1, 1, 1, 7},
                      &(dgba_labels){few, (const uint8_t[]){1, 1, 1}, 1, 3});
    assert_int_equal(totals.counts[0], 3);
    CHECK_NEAR(totals.sums[0], 0 + 2 + 4, 0); // ⌊i·7/3⌋
    free_totals(&totals);
}

/** A prediction that is the label itself is better in every metric than its negative. */
static void check_direction(const dgba_task *task) {
    const bool classes = strstr(task->kind->name, "segmentation") != NULL;
    const int64_t channels = dgba_task_prediction_channels(task);
    float label[3 * 4] = {1, 2, 1, 3, 1, 1, 2, 2, 3, 1, 2, 1}, right[CLASSES * 4] = {0}, wrong[CLASSES * 4];
    for (int64_t i = 0; i < 4; ++i) {
        for (int64_t c = 0; c < channels; ++c)
            right[c * 4 + i] = classes ? (float)(c == (int64_t)label[i]) : label[c * 4 + i];
    }
    for (int64_t i = 0; i < channels * 4; ++i) wrong[i] = -right[i];
    double good[DGBA_TASK_MOST_METRICS], bad[DGBA_TASK_MOST_METRICS];
    metrics_of_row(good, task, right, label, 4);
    metrics_of_row(bad, task, wrong, label, 4);
    for (int64_t m = 0; m < task->kind->metric_count; ++m)
        assert_true(task->kind->metrics[m].higher_is_better ? good[m] > bad[m] : good[m] < bad[m]);
}

static void every_metric_knows_its_direction(void **state) {
    (void)state;
    for_every_kind(check_direction);
}

/** The quirks of the released code, each against our definition. */
static void released_definitions_by_hand(void **state) {
    (void)state;
    double values[5];
    dgba_task task = make_task("segmentation", 5);
    task.released = true;
    // As in absent_classes_are_left_out(), but class 3, never found, is left out as well; 4 digits.
    const float scores[5][5] = {{1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0}, {0}, {0}};
    metrics_of_row(values, &task, &scores[0][0], (float[]){0, 0, 1, 1, 3}, 5);
    CHECK_NEAR(values[0], 0.5, 0);
    CHECK_NEAR(values[1], 0.6, 0);
    task = make_task("depth", 0);
    task.released = true;
    // A ratio of exactly 1.25 and a negative one are within the first limit.
    metrics_of_row(values, &task, (float[]){1.25F, -2, 1, 3}, (float[]){1, 2, 1.9F, 1}, 4);
    CHECK_NEAR(values[0], 1.7875, 1e-12); // (0.25 + 4 + 0.9 + 2)/4
    CHECK_NEAR(values[1], 1.1809, 1e-12); // (0.25 + 2 + 0.473684 + 2)/4 = 1.18092
    CHECK_NEAR(values[2], 0.5, 0);
    CHECK_NEAR(values[4], 0.75, 0);
    task = make_task("normals", 0);
    task.released = true;
    const float direction[3][3] = {{0, 0, 1}, {0}, {1, 1, 1}}, up[3][3] = {{0}, {0}, {1, 1, 1}};
    metrics_of_row(values, &task, &direction[0][0], &up[0][0], 3);
    CHECK_NEAR(values[0], 15, 0);
    CHECK_NEAR(values[2], 0.666667, 1e-12); // 66.6667 %
}

/** A batch of one sample with two pixels and one of two samples with one pixel each. */
static void released_means_of_batch_means(void **state) {
    (void)state;
    double value = 0;
    dgba_task task = make_task("pixel_l1", 0);
    task.released = true;
    dgba_totals totals = make_totals(&task);
    const uint8_t all[2] = {1, 1}, none[2] = {0, 0};
    const float zero[2] = {0};
    dgba_task_metrics(&value, &task, &totals);
    assert_true(isnan(value));
    dgba_task_measure(&totals, &task, (float[]){1, 2}, (dgba_shape){1, 1, 1, 2}, &(dgba_labels){zero, all, 1, 2});
    dgba_task_measure(&totals, &task, (float[]){5, 7}, (dgba_shape){2, 1, 1, 1}, &(dgba_labels){zero, all, 1, 1});
    dgba_task_measure(&totals, &task, (float[]){9, 9}, (dgba_shape){2, 1, 1, 1}, &(dgba_labels){zero, none, 1, 1});
    dgba_task_metrics(&value, &task, &totals);
    CHECK_NEAR(value, (1.5 * 1 + 6 * 2) / 3, 0);
    task.released = false;
    dgba_task_metrics(&value, &task, &totals);
    CHECK_NEAR(value, (1.0 + 2 + 5 + 7) / 4, 0);
    free_totals(&totals);
}

static void relative_changes(void **state) {
    (void)state;
    const dgba_metric_info higher = {"h", "", true}, lower = {"l", "", false};
    CHECK_NEAR(dgba_metric_relative_change(&higher, 3, 4), -0.25, 0);
    CHECK_NEAR(dgba_metric_relative_change(&lower, 3, 4), 0.25, 0);
    CHECK_NEAR(dgba_metric_relative_change(&higher, -3, -4), 0.25, 0);
    assert_true(isnan(dgba_metric_relative_change(&higher, 3, 0)));
    assert_true(isnan(dgba_metric_relative_change(&lower, 3, INFINITY)));
    assert_true(isnan(dgba_metric_relative_change(&lower, 3, NAN)));
    assert_true(isnan(dgba_metric_relative_change(&lower, NAN, 3)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_classes_are_left_out),
        cmocka_unit_test(the_first_largest_score_answers),
        cmocka_unit_test(angles_by_hand),
        cmocka_unit_test(depths_by_hand),
        cmocka_unit_test(absolute_error_by_hand),
        cmocka_unit_test(metrics_equal_their_twins),
        cmocka_unit_test(totals_add_up),
        cmocka_unit_test(metrics_of_nothing_are_missing),
        cmocka_unit_test(labels_may_be_smaller),
        cmocka_unit_test(every_metric_knows_its_direction),
        cmocka_unit_test(released_definitions_by_hand),
        cmocka_unit_test(released_means_of_batch_means),
        cmocka_unit_test(relative_changes),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
