/** What kinds that predict a direction share: the loss, and the angles as metrics. */
#ifndef DGBA_TASK_NORMALS_H
#define DGBA_TASK_NORMALS_H

#include "dgba/task.h"

enum { DGBA_TASK_NORMALS_METRICS = 5, DGBA_TASK_NORMALS_SUMS = 1, DGBA_TASK_NORMALS_PERCENTAGES = 3 };
extern const dgba_metric_info dgba_task_normals_metrics[DGBA_TASK_NORMALS_METRICS];

int64_t dgba_task_normals_channels(const dgba_task *task);
double dgba_task_normals_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label);
void dgba_task_normals_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                dgba_pixel label);

/** The prediction's unit vector, and its cosine with a label, within [−1, 1]. */
void dgba_task_normals_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction);
double dgba_task_normals_cosine(const double answer[DGBA_TASK_ANSWER], dgba_pixel label);

int64_t dgba_task_normals_counts(const dgba_task *task);
void dgba_task_normals_measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                               dgba_pixel prediction, dgba_pixel label);
void dgba_task_normals_metrics_of(double *values, const dgba_task *task, const dgba_totals *totals);

#endif
