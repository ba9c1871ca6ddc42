/** Surface normals as the released code takes them from 8-bit images: the channels 0..255 themselves are the direction, so
 *  every label points into one octant. */
#include "kinds.h"
#include "normals.h"

/** White means that there is no normal. */
static bool usable(const dgba_task *task, dgba_pixel label) {
    (void)task;
    float largest = label.values[0];
    for (int64_t c = 1; c < 3; ++c)
        if (label.values[c * label.stride] > largest) largest = label.values[c * label.stride];
    return largest < 255;
}

const dgba_task_kind dgba_task_raw_normals = {
    .name = "raw_normals",
    .help = "8-bit channels taken for a direction",
    .loss_name = "1 - cosine",
    .loss_unit = "",
    .metrics = dgba_task_normals_metrics,
    .metric_count = DGBA_TASK_NORMALS_METRICS,
    .prediction_channels = dgba_task_normals_channels,
    .label_channels = 3,
    .sum_count = DGBA_TASK_NORMALS_SUMS,
    .count_count = dgba_task_normals_counts,
    .usable = usable,
    .loss = dgba_task_normals_loss,
    .gradient = dgba_task_normals_gradient,
    .answer = dgba_task_normals_answer,
    .measure = dgba_task_normals_measure,
    .metrics_of = dgba_task_normals_metrics_of,
    .percentages = DGBA_TASK_NORMALS_PERCENTAGES,
};
