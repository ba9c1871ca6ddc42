/** Tasks: what a head predicts, its loss, its metrics. One file per kind; the table of kinds is the registry.
 *
 *  Labels of a batch are floats (N,L,H,W) at image size with a byte mask `valid` (N,H,W): 1 where the label may be used.
 *  A prediction is (N,C,h,w) at the head's resolution. For the loss the label is nearest-downsampled to it (source index
 *  ⌊i·in/out⌋, as PyTorch's `nearest`); for metrics the prediction is nearest-upsampled to the label.
 */
#ifndef DGBA_TASK_H
#define DGBA_TASK_H

#include "dgba/base.h"
#include "dgba/tensor.h"

enum { DGBA_TASK_NAME_BYTES = 64, DGBA_TASK_MOST_METRICS = 8, DGBA_TASK_MOST_CLASSES = 255 };

typedef struct dgba_metric_info {
    const char *name; // "mean_angle"
    const char *unit; // "degree", "" for a ratio
    bool higher_is_better;
} dgba_metric_info;

typedef struct dgba_task_kind dgba_task_kind;

/** One task of a data set. A plain value; copy it freely. */
typedef struct dgba_task {
    char name[DGBA_TASK_NAME_BYTES]; // "segment_semantic"
    const dgba_task_kind *kind;
    int64_t classes; // segmentation only
    bool released;   // metrics as the released Python code defines them; see dgba_task_metrics()
    float class_weights[DGBA_TASK_MOST_CLASSES]; // weighted segmentation only
} dgba_task;

/** Labels of one task for a batch; borrowed arrays. */
typedef struct dgba_labels {
    const float *values;  // (N,L,H,W)
    const uint8_t *valid; // (N,H,W)
    int64_t height, width;
} dgba_labels;

/** Running totals that metrics are computed from. Totals of disjoint sets of images add up, so a metric does not depend on
 *  batches, shards or ranks. */
typedef struct dgba_totals {
    double *sums;    // dgba_task_sum_count() of them
    int64_t *counts; // dgba_task_count_count() of them
} dgba_totals;

/** One pixel of a map (C,H,W): channel c is values[c·stride]. */
typedef struct dgba_pixel {
    const float *values;
    int64_t stride;
} dgba_pixel;

/** Numbers that the answer of a prediction at one pixel consists of, at most: a class, a unit vector, a depth. */
enum { DGBA_TASK_ANSWER = 3 };

/** A kind speaks of single pixels only; sampling, masks and means over pixels are the same for all kinds. */
struct dgba_task_kind {
    const char *name; // "segmentation"
    const char *help;
    const char *loss_name, *loss_unit;
    const dgba_metric_info *metrics;
    int64_t metric_count;
    int64_t (*prediction_channels)(const dgba_task *task);
    int64_t label_channels;
    int64_t sum_count;
    int64_t (*count_count)(const dgba_task *task);
    /** Whether a label that the mask calls valid can be used; NULL if every one can. */
    bool (*usable)(const dgba_task *task, dgba_pixel label);
    /** How much the pixel counts in the mean loss; NULL if all count alike. */
    double (*weight)(const dgba_task *task, dgba_pixel label);
    double (*loss)(const dgba_task *task, dgba_pixel prediction, dgba_pixel label);
    /** dprediction = weight · ∂loss/∂prediction, with the stride of `prediction`. */
    void (*gradient)(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction, dgba_pixel label);
    /** What a prediction says, computed once for all the label pixels it is compared with. */
    void (*answer)(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction);
    /** The same as people want to see it: as many numbers as a label has channels; NULL: it is the answer. */
    void (*show)(double shown[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction);
    void (*measure)(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                    dgba_pixel prediction, dgba_pixel label);
    void (*metrics_of)(double *values, const dgba_task *task, const dgba_totals *totals);
    /** A metric that the released code takes as the mean of batch means is numerator / denominator (0 when called) of a
     *  batch's totals; false for a metric that it pools, as we do. NULL if it pools all of them. */
    bool (*batch_mean)(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                       int64_t metric);
    int64_t percentages; // so many of the last metrics are told in percent by the released code
};

/** All kinds, and the kind of a name.
 *  Errors    DGBA_E_CONFIG with the nearest known name */
const dgba_task_kind *const *dgba_task_kinds(int64_t *count);
dgba_status dgba_task_kind_find(const dgba_task_kind **out, const char *name);

int64_t dgba_task_prediction_channels(const dgba_task *task);

/** Losses per sample, and where asked the seeds of a backward pass.
 *  Formula   losses[n] = (weighted sum over the sample's own valid pixels) / denominators[n]; NaN for a sample without any.
 *            denominators[n] = sum of the weights, which is the number of valid pixels where all count alike, so that Σ
 * losses·denominators / Σ denominators is the pooled loss. dprediction = Σ_n weights[n] · ∂losses[n]/∂prediction; 0 for a
 * sample without valid pixels, and for weight 0 Shapes    losses, denominators, weights (N)  prediction, dprediction
 * (N,C,h,w) */
void dgba_task_loss(double *losses, double *denominators, const dgba_task *task, const float *prediction, dgba_shape shape,
                    const dgba_labels *labels);
void dgba_task_loss_gradient(float *dprediction, const double *weights, const dgba_task *task, const float *prediction,
                             dgba_shape shape, const dgba_labels *labels);

int64_t dgba_task_sum_count(const dgba_task *task);
int64_t dgba_task_count_count(const dgba_task *task);

/** Adds a batch to the totals. A released task remembers the batch's own means, weighted by its number of samples. */
void dgba_task_measure(dgba_totals *totals, const dgba_task *task, const float *prediction, dgba_shape shape,
                       const dgba_labels *labels);

/** values[metric_count] from totals over the whole split; NaN where nothing was valid.
 *  If task->released, as the released Python code computes them: the mean IoU over classes with a true positive only;
 *  pixel accuracy, weighted cross entropy and absolute and relative errors as means of batch means weighted by the number
 *  of samples (a batch without a valid pixel is left out); a depth below 0 may be correct; angles and ratios at a limit
 *  count as within it; everything rounded to 4 digits, of the percentage for shares. */
void dgba_task_metrics(double *values, const dgba_task *task, const dgba_totals *totals);

/** What a prediction says, pixel by pixel, to look at: a class, a unit vector, a value.
 *  Shapes    shown (N,L,h,w), L the kind's label_channels  prediction (N,C,h,w) */
void dgba_task_show(float *shown, const dgba_task *task, const float *prediction, dgba_shape shape);

/** The same of labels; NaN where they cannot be used. Vectors become unit vectors.
 *  Shapes    shown (N,L,H,W) */
void dgba_task_show_labels(float *shown, const dgba_task *task, const dgba_labels *labels, int64_t samples);

/** Signed relative change of a metric, positive = better.
 *  Formula   higher is better: (value − baseline)/|baseline|, otherwise (baseline − value)/|baseline|; NaN if the baseline
 * is 0 or not finite */
double dgba_metric_relative_change(const dgba_metric_info *metric, double value, double baseline);

#endif
