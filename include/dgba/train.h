/** Training: Adam with step decay on the weighted sum of the task losses, each pooled over the batch's valid pixels;
 *  adversarial training; evaluations on the way.
 *
 *  All that a training will do next follows from its options, the data and a dgba_train_state: random numbers are named by
 *  the iteration. So a training that goes on from a stored state ends with the bits of one that was never interrupted.
 */
#ifndef DGBA_TRAIN_H
#define DGBA_TRAIN_H

#include "dgba/attack.h"
#include "dgba/base.h"
#include "dgba/data.h"
#include "dgba/model.h"
#include "dgba/task.h"

/** Which parameters a training gives. */
typedef enum dgba_train_keep { DGBA_TRAIN_KEEP_LAST, DGBA_TRAIN_KEEP_BEST } dgba_train_keep;

/** Filled from dgba_train_options. */
typedef struct dgba_train {
    int64_t iterations, batch, seed;
    int64_t group; // equal parts of a batch, each planned for itself: as many workers can share a training
    double learning_rate;
    double decay;        // the rate is multiplied by it …
    int64_t decay_every; // … every so many iterations
    double beta1, beta2, weight_decay;
    double clip_norm;                // 0 = the gradient is not clipped
    dgba_reals loss_weights;         // per task; none = 1
    int64_t crop_height, crop_width; // 0 = the size of the test images
    double scale_low, scale_high;
    bool mirror;
    int64_t log_every;      // 0 = a hundred entries in all
    int64_t evaluate_every; // 0 = never
    int64_t evaluate_images;
    char evaluate_split[DGBA_OPTION_TEXT_BYTES];
    int64_t keep; // a dgba_train_keep
} dgba_train;

extern const dgba_option_table dgba_train_options;

/** Whether the options go together.
 *  Errors    DGBA_E_CONFIG */
dgba_status dgba_train_check(const dgba_train *options, int64_t tasks);

/** How adversarial training attacks its batches. Filled from dgba_train_adversarial_options, but for the attack's step,
 *  rule and box. */
typedef struct dgba_train_adversarial {
    dgba_attack attack; // epsilon 0: clean training; the seed is that of the training
    bool clean_step;    // before each adversarial step, a step on the images as they are
} dgba_train_adversarial;

extern const dgba_option_table dgba_train_adversarial_options;

/** Whether the attack goes together with the training's options.
 *  Errors    DGBA_E_CONFIG */
dgba_status dgba_train_check_adversarial(const dgba_train_adversarial *adversarial, const dgba_train *options);

/* ---- The optimiser ---- */

/** State of Adam for an array of parameters. */
typedef struct dgba_adam {
    float *first, *second; // moments
    int64_t step;          // updates done, or begun
} dgba_adam;

/** One update of `count` parameters with the state's step already counted up.
 *  Formula   g ← g + decay·p;  m ← β1·m + (1−β1)·g;  v ← β2·v + (1−β2)·g²;
 *            p ← p − rate/(1−β1^t) · m / (√v/√(1−β2^t) + 1e-8)
 *  Source    Kingma & Ba 2015, weight decay as L2 (PyTorch's Adam) */
void dgba_adam_update(float *parameters, float *first, float *second, const float *gradients, int64_t count, int64_t step,
                      double rate, const dgba_train *options);

/** One update of a parameter of a graph with its gradient, likewise; the other arrays are laid out as the parameters. */
void dgba_adam_update_parameter(float *parameters, dgba_adam *adam, const float *gradient, const dgba_parameter *parameter,
                                double rate, const dgba_train *options);

/** The same for every trainable parameter of a graph. */
void dgba_adam_step(float *parameters, dgba_adam *adam, const float *gradients, const dgba_graph *graph, double rate,
                    const dgba_train *options);

/** Shortens the gradient of all trainable parameters of a graph to the norm `most`.
 *  Formula   g ← g · min(1, most/(‖g‖₂ + 1e-6)), as PyTorch's clip_grad_norm_
 *  Returns   ‖g‖₂ as it was; the gradient is untouched if that is not finite */
double dgba_train_clip(float *gradients, const dgba_graph *graph, double most);

/** Pools losses: those of samples become that of their batch.
 *  Formula   pooled = Σ losses·denominators / Σ denominators, 0 if no pixel is valid
 *            weights: on entry denominators, afterwards factor · ∂pooled/∂losses
 *  Returns   pooled */
double dgba_train_pool(double *weights, const double *losses, int64_t samples, double factor);

/** Writes the seeds of one output of a plan for the loss of its task pooled over the batch, times `factor`.
 *  Shapes    losses, weights (N): scratch
 *  Returns   that loss, without the factor */
double dgba_train_seed_task(dgba_plan *plan, int64_t output, double *losses, double *weights, const dgba_task *task,
                            const dgba_labels *labels, double factor);

/** Learning rate of an iteration counted from 0.
 *  Formula   rate · decay^⌊iteration/decay_every⌋ */
double dgba_train_rate(const dgba_train *options, int64_t iteration);

/* ---- A training ---- */

/** What training saw. Losses are those of the tasks, without their weights. */
typedef struct dgba_train_log {
    int64_t tasks, metrics;
    int64_t count, most;        // entries, and room for them
    int64_t *iterations;        // [count] iterations done
    double *losses;             // [count][tasks] mean over the iterations since the entry before; NaN without clean steps
    double *adversarial_losses; // the same on adversarial images; NULL in clean training

    // Evaluations: in evaluation mode on images of another split, before the first iteration and every so many.
    int64_t evaluation_count, evaluation_most;
    int64_t *evaluation_iterations; // [count] iterations done
    double *evaluation_losses;      // [count][tasks] pooled over all valid pixels
    double *evaluation_metrics;     // [count][metrics] of all tasks one after the other
    double *scores;                 // [count] mean over tasks of loss / loss at the first evaluation; the least is best
} dgba_train_log;

/** All that the rest of a training depends on, and what it gives. */
typedef struct dgba_train_state {
    int64_t iteration; // iterations done
    int64_t floats;    // length of the arrays of parameters
    float *parameters;
    dgba_adam adam;
    float *best;                          // parameters at the best evaluation; NULL if none are evaluated
    int64_t best_evaluation;              // its number in the log; the first of equals; -1 = none yet
    double losses_since[DGBA_MOST_TASKS]; // sums since the last entry of the log
    double adversarial_losses_since[DGBA_MOST_TASKS];
    dgba_train_log log;
    double seconds;     // spent so far, from start to start, summed over the crew's members
    int64_t plan_bytes; // of the plans
} dgba_train_state;

/** Images of the data file. */
typedef struct dgba_train_images {
    const int64_t *items;
    int64_t count;
} dgba_train_images;

/** What is trained on what, and how; borrowed. */
typedef struct dgba_train_job {
    const dgba_model *model;
    const dgba_task *tasks;
    const dgba_train *options;
    const dgba_train_adversarial *adversarial; // NULL, or epsilon 0: clean training
    dgba_data *data;
    dgba_train_images images, evaluated; // to train on; for evaluations
    int64_t height, width;               // of evaluated images, the default crop
    const dgba_crew *crew;               // shares each batch: its size divides options->group; NULL = this process alone
    /** Called after each iteration; the training ends with what it returns unless that is DGBA_OK, which all members of the
     *  crew must return alike. May be NULL. */
    dgba_status (*after)(void *self, const dgba_train_state *state);
    void *self;
} dgba_train_job;

/** The state before the first iteration: the weights of dgba_model_initialise() for the seed.
 *  Owns      caller frees with dgba_train_state_free() */
dgba_status dgba_train_begin(dgba_train_state *out, const dgba_train_job *job);
void dgba_train_state_free(dgba_train_state *state);

/** Whether a training can have been in the state, which comes from a file: its log must be that of the iterations done.
 *  Errors    DGBA_E_FORMAT */
dgba_status dgba_train_check_state(const dgba_train_state *state, const dgba_train *options);

/** Trains from the state on to the last iteration. Where it ends depends on the job and the state only, but not on the
 *  crew: each of its members calls this with the same job and state, and ends with the same state.
 *  Formula   an iteration of adversarial training: a step on a batch (unless switched off); an attack on it with the model
 *            in evaluation mode, as it is then; a step on the images of the attack. Both steps with the labels of the
 *            batch and the rate of the iteration, each moves the batch normalisation's statistics
 *  Errors    DGBA_E_NUMERIC if a loss, or a gradient to be clipped, is not finite, naming the iteration; DGBA_E_CONFIG,
 *            DGBA_E_SHAPE; what data, attack and job->after() report. After an error of job->after() the state is as
 *            it was told */
dgba_status dgba_train_run(dgba_train_state *state, const dgba_train_job *job);

/** The parameters that the training gives: by options->keep those after the last iteration or of the best evaluation;
 *  borrowed. */
float *dgba_train_kept(const dgba_train_state *state, const dgba_train *options);

#endif
