#include "absolute.h"

#include <math.h>

int64_t dgba_task_absolute_channels(const dgba_task *task) {
    (void)task;
    return 1;
}

double dgba_task_absolute_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label) {
    (void)task;
    return fabs((double)prediction.values[0] - (double)label.values[0]);
}

/** 0 where prediction and label are equal, as in PyTorch. */
void dgba_task_absolute_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                 dgba_pixel label) {
    (void)task;
    const float difference = prediction.values[0] - label.values[0];
    dprediction[0] = (float)(weight * ((difference > 0) - (difference < 0)));
}

void dgba_task_absolute_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction) {
    (void)task;
    answer[0] = (double)prediction.values[0];
}

const dgba_metric_info dgba_task_absolute_metrics[DGBA_TASK_ABSOLUTE_METRICS] = {{"mean_absolute_error", "", false}};

int64_t dgba_task_absolute_counts(const dgba_task *task) {
    (void)task;
    return 1;
}

void dgba_task_absolute_measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                                dgba_pixel prediction, dgba_pixel label) {
    (void)task, (void)prediction;
    totals->sums[0] += fabs(answer[0] - (double)label.values[0]);
    totals->counts[0] += 1;
}

void dgba_task_absolute_metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    (void)task;
    values[0] = totals->counts[0] > 0 ? totals->sums[0] / (double)totals->counts[0] : NAN;
}

bool dgba_task_absolute_batch_mean(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                                   int64_t metric) {
    (void)task, (void)metric;
    *numerator = totals->sums[0];
    *denominator = (double)totals->counts[0];
    return true;
}
