/** What kinds that predict a class share: a score (logit) per class, and the cross entropy as loss. */
#ifndef DGBA_TASK_SEGMENTATION_H
#define DGBA_TASK_SEGMENTATION_H

#include "dgba/task.h"

int64_t dgba_task_segmentation_channels(const dgba_task *task);
bool dgba_task_segmentation_usable(const dgba_task *task, dgba_pixel label);
double dgba_task_segmentation_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label);
void dgba_task_segmentation_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                     dgba_pixel label);

/** The class with the largest score, the first of equals; a score that is NaN never wins. */
void dgba_task_segmentation_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction);

/** log Σ exp of the scores, without overflow. */
double dgba_task_segmentation_log_sum(const dgba_task *task, dgba_pixel scores);

#endif
