/** How an image of the file is seen by the network: the file's image resized, mirrored, and a window of that. */
#ifndef DATA_VIEW_H
#define DATA_VIEW_H

#include "dgba/data.h"

typedef struct data_view {
    int64_t scaled_height, scaled_width; // of the resized image
    int64_t top, left;                   // of the window in it; negative where the window begins with padding
    bool mirror;                         // of the resized image, left and right exchanged
    double depth_divisor;
} data_view;

/** Errors    DGBA_E_SHAPE if `batch` has no room for `count` samples or was not made for the sizes of `data` */
dgba_status dgba_data_batch_check(const dgba_batch *batch, const dgba_data *data, int64_t count);

/** Loads one image into place `sample` of the batch. */
dgba_status dgba_data_batch_fill(dgba_batch *batch, int64_t sample, dgba_data *data, int64_t image, const data_view *view);

#endif
