/** Any quantity of one number per pixel, compared by its absolute error: key points, edges, curvatures. */
#include <math.h>

#include "absolute.h"
#include "kinds.h"

static const dgba_metric_info metrics[] = {{"mean_absolute_error", "", false}};

static int64_t count_count(const dgba_task *task) {
    (void)task;
    return 1;
}

static void measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER], dgba_pixel label) {
    (void)task;
    totals->sums[0] += fabs(answer[0] - (double)label.values[0]);
    totals->counts[0] += 1;
}

static void metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    (void)task;
    values[0] = totals->counts[0] > 0 ? totals->sums[0] / (double)totals->counts[0] : NAN;
}

const dgba_task_kind dgba_task_pixel_l1 = {
    .name = "pixel_l1",
    .help = "one number per pixel",
    .loss_name = "mean absolute error",
    .loss_unit = "",
    .metrics = metrics,
    .metric_count = DGBA_COUNT_OF(metrics),
    .prediction_channels = dgba_task_absolute_channels,
    .label_channels = 1,
    .sum_count = 1,
    .count_count = count_count,
    .loss = dgba_task_absolute_loss,
    .gradient = dgba_task_absolute_gradient,
    .answer = dgba_task_absolute_answer,
    .measure = measure,
    .metrics_of = metrics_of,
};
