#include "released.h"

#include <math.h>

int64_t task_released_sum_count(const dgba_task *task) { return 2 * task->kind->metric_count; }

static bool batch_mean(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                       int64_t metric) {
    return task->kind->batch_mean != NULL && task->kind->batch_mean(numerator, denominator, task, totals, metric);
}

void task_released_before(released_marks *marks, const dgba_task *task, const dgba_totals *totals) {
    *marks = (released_marks){0};
    for (int64_t m = 0; m < task->kind->metric_count; ++m)
        batch_mean(&marks->numerators[m], &marks->denominators[m], task, totals, m);
}

void task_released_after(dgba_totals *totals, const dgba_task *task, const released_marks *before, int64_t samples) {
    double *sums = totals->sums + task->kind->sum_count;
    for (int64_t m = 0; m < task->kind->metric_count; ++m) {
        double numerator = 0, denominator = 0;
        if (!batch_mean(&numerator, &denominator, task, totals, m)) continue;
        denominator -= before->denominators[m];
        if (denominator == 0) continue;
        sums[2 * m] += (double)samples * (numerator - before->numerators[m]) / denominator;
        sums[2 * m + 1] += (double)samples;
    }
}

void task_released_metrics(double *values, const dgba_task *task, const dgba_totals *totals) {
    const double *sums = totals->sums + task->kind->sum_count;
    const int64_t count = task->kind->metric_count;
    for (int64_t m = 0; m < count; ++m) {
        double numerator = 0, denominator = 0;
        if (batch_mean(&numerator, &denominator, task, totals, m)) values[m] = sums[2 * m] / sums[2 * m + 1];
        const double steps = m < count - task->kind->percentages ? 1e4 : 1e6;
        values[m] = rint(values[m] * steps) / steps;
    }
}
