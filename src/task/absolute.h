/** What kinds that predict one number per pixel and are trained on |prediction − label| share. */
#ifndef DGBA_TASK_ABSOLUTE_H
#define DGBA_TASK_ABSOLUTE_H

#include "dgba/task.h"

int64_t dgba_task_absolute_channels(const dgba_task *task);
double dgba_task_absolute_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label);
void dgba_task_absolute_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                 dgba_pixel label);
void dgba_task_absolute_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction);

/* The mean absolute error as the one metric: one sum, one count. */

enum { DGBA_TASK_ABSOLUTE_METRICS = 1, DGBA_TASK_ABSOLUTE_SUMS = 1 };
extern const dgba_metric_info dgba_task_absolute_metrics[DGBA_TASK_ABSOLUTE_METRICS];

int64_t dgba_task_absolute_counts(const dgba_task *task);
void dgba_task_absolute_measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                                dgba_pixel prediction, dgba_pixel label);
void dgba_task_absolute_metrics_of(double *values, const dgba_task *task, const dgba_totals *totals);
bool dgba_task_absolute_batch_mean(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                                   int64_t metric);

#endif
