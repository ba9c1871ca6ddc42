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
