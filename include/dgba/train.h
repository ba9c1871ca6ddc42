/** Training: Adam with step decay on the plain sum of the task losses, each pooled over the batch's valid pixels. */
#ifndef DGBA_TRAIN_H
#define DGBA_TRAIN_H

#include "dgba/base.h"
#include "dgba/data.h"
#include "dgba/model.h"
#include "dgba/task.h"

/** Filled from dgba_train_options. */
typedef struct dgba_train {
    int64_t iterations, batch, seed;
    double learning_rate;
    double decay;        // the rate is multiplied by it …
    int64_t decay_every; // … every so many iterations
    double beta1, beta2, weight_decay;
    int64_t crop_height, crop_width; // 0 = the size of the test images
    double scale_low, scale_high;
    bool mirror;
} dgba_train;

extern const dgba_option_table dgba_train_options;

/** State of Adam for an array of parameters. */
typedef struct dgba_adam {
    float *first, *second; // moments
    int64_t step;          // updates done
} dgba_adam;

/** One update of `count` parameters with the state's step already counted up.
 *  Formula   g ← g + decay·p;  m ← β1·m + (1−β1)·g;  v ← β2·v + (1−β2)·g²;
 *            p ← p − rate/(1−β1^t) · m / (√v/√(1−β2^t) + 1e-8)
 *  Source    Kingma & Ba 2015, weight decay as L2 (PyTorch's Adam) */
void dgba_adam_update(float *parameters, float *first, float *second, const float *gradients, int64_t count, int64_t step,
                      double rate, const dgba_train *options);

/** Counts the step up and updates every trainable parameter of a graph; arrays are laid out as its parameters. */
void dgba_adam_step(float *parameters, dgba_adam *adam, const float *gradients, const dgba_graph *graph, double rate,
                    const dgba_train *options);

/** Writes the seeds of one output of a plan for the loss of its task pooled over the batch's valid pixels.
 *  Formula   Σ losses·denominators / Σ denominators, 0 if no pixel is valid
 *  Shapes    losses, weights (N): scratch
 *  Returns   that loss */
double dgba_train_seed_task(dgba_plan *plan, int64_t output, double *losses, double *weights, const dgba_task *task,
                            const dgba_labels *labels);

/** Learning rate of an iteration counted from 0.
 *  Formula   rate · decay^⌊iteration/decay_every⌋ */
double dgba_train_rate(const dgba_train *options, int64_t iteration);

/** What training saw: mean loss per task over the iterations since the entry before. */
typedef struct dgba_train_log {
    int64_t count, tasks;
    int64_t *iterations; // [count] iterations done
    double *losses;      // [count][tasks]
    double seconds;
    int64_t plan_bytes;
} dgba_train_log;

void dgba_train_log_free(dgba_train_log *log);

/** Where training images come from. */
typedef struct dgba_train_source {
    dgba_data *data;
    const int64_t *images; // of the training split
    int64_t count;
    int64_t height, width; // of the test images, the default crop
} dgba_train_source;

/** Trains `parameters` in place. The result depends on the options, the data and the initial values only.
 *  Owns      caller frees the log
 *  Errors    DGBA_E_NUMERIC if the loss is not finite, naming the iteration; DGBA_E_SHAPE; what the data reports */
dgba_status dgba_train_model(float *parameters, dgba_train_log *log, const dgba_model *model, const dgba_task *tasks,
                             const dgba_train_source *source, const dgba_train *options);

#endif
