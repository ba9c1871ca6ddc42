/** Naive twins of the tasks' losses and metrics: everything in double, maps resampled whole, medians by sorting. */
#ifndef TESTS_REF_TASK_H
#define TESTS_REF_TASK_H

#include <stdint.h>

/** One sample: a prediction (C,h,w) and labels (L,H,W) with their mask (H,W). */
typedef struct ref_sample {
    const float *prediction, *labels;
    const uint8_t *valid;
    int64_t channels, height, width, label_channels, label_height, label_width;
    const float *class_weights; // weighted segmentation only
} ref_sample;

/** Source index of output index i when `in` elements are resampled to `out` by nearest. */
int64_t ref_nearest(int64_t i, int64_t in, int64_t out);

/** Mean loss over the valid pixels at the prediction's size; `kind` is the name of a kind. */
double ref_task_loss(double *denominator, const char *kind, const ref_sample *sample);

/** Metrics of one sample, in the order of the kind's table, over the valid pixels at the label's size. */
void ref_task_metrics(double *values, const char *kind, const ref_sample *sample);

#endif
