/** Surface normals measured by the mean cosine, as on Taskonomy. */
#include <math.h>

#include "kinds.h"
#include "normals.h"

static const dgba_metric_info metrics[] = {{"mean_cosine", "", true}};

static int64_t count_count(const dgba_task *task) {
    (void)task;
    return 1;
}

static void measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                    dgba_pixel prediction, dgba_pixel label) {
    (void)task, (void)prediction;
    totals->sums[0] += dgba_task_normals_cosine(answer, label);
    totals->counts[0] += 1;
}

static void metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    (void)task;
    values[0] = totals->counts[0] > 0 ? totals->sums[0] / (double)totals->counts[0] : NAN;
}

const dgba_task_kind dgba_task_cosine_normals = {
    .name = "cosine_normals",
    .help = "a direction in space per pixel, measured by its cosine",
    .loss_name = "1 - cosine",
    .loss_unit = "",
    .metrics = metrics,
    .metric_count = DGBA_COUNT_OF(metrics),
    .prediction_channels = dgba_task_normals_channels,
    .label_channels = 3,
    .sum_count = 1,
    .count_count = count_count,
    .loss = dgba_task_normals_loss,
    .gradient = dgba_task_normals_gradient,
    .answer = dgba_task_normals_answer,
    .measure = measure,
    .metrics_of = metrics_of,
};
