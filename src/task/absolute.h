/** What kinds that predict one number per pixel and are trained on |prediction − label| share. */
#ifndef DGBA_TASK_ABSOLUTE_H
#define DGBA_TASK_ABSOLUTE_H

#include "dgba/task.h"

int64_t dgba_task_absolute_channels(const dgba_task *task);
double dgba_task_absolute_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label);
void dgba_task_absolute_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                 dgba_pixel label);
void dgba_task_absolute_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction);

#endif
