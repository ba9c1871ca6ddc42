/** What the released Python code does alike to the metrics of every kind: means of batch means, and rounding. */
#ifndef DGBA_TASK_RELEASED_H
#define DGBA_TASK_RELEASED_H

#include "dgba/task.h"

/** Numerators and denominators of the metrics when a batch begins. */
typedef struct released_marks {
    double numerators[DGBA_TASK_MOST_METRICS], denominators[DGBA_TASK_MOST_METRICS];
} released_marks;

/** Sums behind those of the kind: per metric the batch means times the samples of the batch, and those samples. */
int64_t task_released_sum_count(const dgba_task *task);

void task_released_before(released_marks *marks, const dgba_task *task, const dgba_totals *totals);
void task_released_after(dgba_totals *totals, const dgba_task *task, const released_marks *before, int64_t samples);

/** Puts means of batch means in place of pooled ones and rounds. */
void task_released_metrics(double *values, const dgba_task *task, const dgba_totals *totals);

#endif
