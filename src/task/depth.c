/** Depth: the distance at each pixel, in the unit of the label. */
#include <math.h>

#include "absolute.h"
#include "kinds.h"

enum { ABSOLUTE_ERROR, RELATIVE_ERROR, DELTA_1_25, DELTA_1_25_2, DELTA_1_25_3 };

static const dgba_metric_info metrics[] = {
    [ABSOLUTE_ERROR] = {"absolute_error", "m", false}, [RELATIVE_ERROR] = {"relative_error", "", false},
    [DELTA_1_25] = {"delta_1_25", "", true},           [DELTA_1_25_2] = {"delta_1_25_2", "", true},
    [DELTA_1_25_3] = {"delta_1_25_3", "", true},
};

enum { SUM_ABSOLUTE, SUM_RELATIVE, SUMS };
enum { COUNT_PIXELS, COUNT_WITHIN, LIMITS = 3, COUNTS = COUNT_WITHIN + LIMITS };

static const double limits[LIMITS] = {1.25, 1.25 * 1.25, 1.25 * 1.25 * 1.25};

static int64_t count_count(const dgba_task *task) {
    (void)task;
    return COUNTS;
}

/** Sensors write 0 where they saw nothing. */
static bool usable(const dgba_task *task, dgba_pixel label) {
    (void)task;
    return label.values[0] > 3e-5F;
}

/** A depth of 0 or below is never correct, however the ratio comes out; to the released code, a negative ratio is within
 *  every limit. */
static bool is_within(const dgba_task *task, double p, double g, double limit) {
    if (task->released) return p / g <= limit && g / p <= limit;
    return p > 0 && p / g < limit && g / p < limit;
}

static void measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                    dgba_pixel prediction, dgba_pixel label) {
    (void)prediction;
    const double p = answer[0], g = (double)label.values[0];
    totals->sums[SUM_ABSOLUTE] += fabs(p - g);
    totals->sums[SUM_RELATIVE] += fabs(p - g) / g;
    totals->counts[COUNT_PIXELS] += 1;
    for (int64_t k = 0; k < LIMITS; ++k) totals->counts[COUNT_WITHIN + k] += is_within(task, p, g, limits[k]);
}

static void metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    (void)task;
    const int64_t pixels = totals->counts[COUNT_PIXELS];
    for (int64_t m = 0; m < DGBA_COUNT_OF(metrics); ++m) values[m] = NAN;
    if (pixels == 0) return;
    values[ABSOLUTE_ERROR] = totals->sums[SUM_ABSOLUTE] / (double)pixels;
    values[RELATIVE_ERROR] = totals->sums[SUM_RELATIVE] / (double)pixels;
    for (int64_t k = 0; k < LIMITS; ++k) values[DELTA_1_25 + k] = (double)totals->counts[COUNT_WITHIN + k] / (double)pixels;
}

static bool batch_mean(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                       int64_t metric) {
    (void)task;
    if (metric != ABSOLUTE_ERROR && metric != RELATIVE_ERROR) return false;
    *numerator = totals->sums[metric == ABSOLUTE_ERROR ? SUM_ABSOLUTE : SUM_RELATIVE];
    *denominator = (double)totals->counts[COUNT_PIXELS];
    return true;
}

const dgba_task_kind dgba_task_depth = {
    .name = "depth",
    .help = "a distance per pixel",
    .loss_name = "mean absolute error",
    .loss_unit = "m",
    .metrics = metrics,
    .metric_count = DGBA_COUNT_OF(metrics),
    .prediction_channels = dgba_task_absolute_channels,
    .label_channels = 1,
    .sum_count = SUMS,
    .count_count = count_count,
    .usable = usable,
    .loss = dgba_task_absolute_loss,
    .gradient = dgba_task_absolute_gradient,
    .answer = dgba_task_absolute_answer,
    .measure = measure,
    .metrics_of = metrics_of,
    .batch_mean = batch_mean,
    .percentages = LIMITS,
};
