/** The kinds of tasks: a row here and in the table of task.c for each. */
#ifndef DGBA_TASK_KINDS_H
#define DGBA_TASK_KINDS_H

#include "dgba/task.h"

extern const dgba_task_kind dgba_task_segmentation, dgba_task_weighted_segmentation, dgba_task_normals,
    dgba_task_cosine_normals, dgba_task_raw_normals, dgba_task_depth, dgba_task_log_depth, dgba_task_pixel_l1;

#endif
