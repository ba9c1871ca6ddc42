/** Semantic segmentation with a weight per class, in the loss and in the one metric, as on Taskonomy.
 *
 *  Both are Σ w·l / Σ w over pixels, where w is the weight of the true class and l the cross entropy.
 */
#include <math.h>

#include "kinds.h"
#include "segmentation.h"

static const dgba_metric_info metrics[] = {{"weighted_cross_entropy", "nat", false}};

enum { SUM_LOSSES, SUM_WEIGHTS, SUMS };

static int64_t count_count(const dgba_task *task) {
    (void)task;
    return 0;
}

static double weight(const dgba_task *task, dgba_pixel label) {
    return (double)task->class_weights[(int64_t)label.values[0]];
}

static void answer_of(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction) {
    answer[0] = dgba_task_segmentation_log_sum(task, prediction);
}

static void measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                    dgba_pixel prediction, dgba_pixel label) {
    const int64_t truth = (int64_t)label.values[0];
    const double w = weight(task, label);
    totals->sums[SUM_LOSSES] += w * (answer[0] - (double)prediction.values[truth * prediction.stride]);
    totals->sums[SUM_WEIGHTS] += w;
}

static void metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    (void)task;
    values[0] = totals->sums[SUM_WEIGHTS] > 0 ? totals->sums[SUM_LOSSES] / totals->sums[SUM_WEIGHTS] : NAN;
}

static bool batch_mean(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                       int64_t metric) {
    (void)task, (void)metric;
    *numerator = totals->sums[SUM_LOSSES];
    *denominator = totals->sums[SUM_WEIGHTS];
    return true;
}

const dgba_task_kind dgba_task_weighted_segmentation = {
    .name = "weighted_segmentation",
    .help = "a class per pixel, some of more weight",
    .loss_name = "weighted cross entropy",
    .loss_unit = "nat",
    .metrics = metrics,
    .metric_count = DGBA_COUNT_OF(metrics),
    .prediction_channels = dgba_task_segmentation_channels,
    .label_channels = 1,
    .sum_count = SUMS,
    .count_count = count_count,
    .usable = dgba_task_segmentation_usable,
    .weight = weight,
    .loss = dgba_task_segmentation_loss,
    .gradient = dgba_task_segmentation_gradient,
    .answer = answer_of,
    .show = dgba_task_segmentation_answer,
    .measure = measure,
    .metrics_of = metrics_of,
    .batch_mean = batch_mean,
};
