/** Depth as Taskonomy encodes it, log(1 + d)/log 2¹⁶: measured on the encoded number. */
#include "absolute.h"
#include "kinds.h"

const dgba_task_kind dgba_task_log_depth = {
    .name = "log_depth",
    .help = "the logarithm of a distance per pixel",
    .loss_name = "mean absolute error",
    .loss_unit = "",
    .metrics = dgba_task_absolute_metrics,
    .metric_count = DGBA_TASK_ABSOLUTE_METRICS,
    .prediction_channels = dgba_task_absolute_channels,
    .label_channels = 1,
    .sum_count = DGBA_TASK_ABSOLUTE_SUMS,
    .count_count = dgba_task_absolute_counts,
    .loss = dgba_task_absolute_loss,
    .gradient = dgba_task_absolute_gradient,
    .answer = dgba_task_absolute_answer,
    .measure = dgba_task_absolute_measure,
    .metrics_of = dgba_task_absolute_metrics_of,
    .batch_mean = dgba_task_absolute_batch_mean,
};
