/** What the parts of a training share. */
#ifndef DGBA_TRAIN_TRAINER_H
#define DGBA_TRAIN_TRAINER_H

#include "dgba/oracle.h"
#include "dgba/train.h"

/* ---- attacker.c ---- */

/** Attacks the batches of adversarial training, part by part. */
typedef struct attacker {
    dgba_attack attack;
    dgba_shape part;
    int64_t parts; // of a batch that are attacked here
    dgba_network_oracle *oracle;
    dgba_arena scratch;
    int64_t *samples; // running numbers of a part's samples: they name the random starts
    float *images;    // adversarial images of the last batch
} attacker;

/** The caller frees it also after an error. */
dgba_status attacker_create(attacker *out, const dgba_train_job *job, dgba_shape part, int64_t parts, float *parameters);
void attacker_free(attacker *a);

/** `first_sample` is the running number of the first image of `batch`. */
dgba_status attacker_run(attacker *a, const dgba_batch *batch, int64_t first_sample);

/* ---- evaluator.c ---- */

/** Measures the model on the images to be evaluated. As many parts of them as there are of a batch are measured each by
 *  itself and then added up, so that the members of a crew share the work. */
typedef struct evaluator {
    const dgba_train_job *job;
    dgba_network_oracle *oracle;
    dgba_batch batch;
    double *losses;         // [task][sample] of a batch
    int64_t reals, counts;  // of a row: what was found on a part
    double *found, *in_all; // [part] rows, of the parts measured here; of all
} evaluator;

/** The caller frees it also after an error. */
dgba_status evaluator_create(evaluator *out, const dgba_train_job *job, float *parameters);
void evaluator_free(evaluator *e);

/** Adds an evaluation of the state's parameters to its log, and keeps them if it is the best so far. */
dgba_status evaluator_run(evaluator *e, dgba_train_state *state);

/* ---- trainer.c ---- */

/** A batch is computed in parts, of which this process has some: which of its samples those are. */
typedef struct batch_share {
    int64_t parts;               // computed here, one behind the other
    int64_t part_samples;        // of a part
    int64_t first, samples, all; // computed here, of all samples of the batch
} batch_share;

/** Everything one training run holds beside its state. */
typedef struct trainer {
    const dgba_train_job *job;
    dgba_train_state *state;
    batch_share share;
    dgba_plan *plan;
    dgba_batch batch; // the samples computed here
    float *gradients; // of all parameters, if they are clipped; otherwise NULL
    int64_t *order;   // of the images in the current epoch
    int64_t epoch;
    int64_t *chosen;          // images of `batch`
    double *found, *in_all;   // a task's losses, then weights, of the samples computed here; [member] the same
    double *losses, *weights; // of a task, per sample of the batch
    double *sums;             // of the losses of each task: where this step adds its own
    double rate;              // of this step
    attacker attacker;
    evaluator evaluator;
} trainer;

/** The caller frees it also after an error. */
dgba_status trainer_create(trainer *out, const dgba_train_job *job, dgba_train_state *state);
void trainer_free(trainer *t);

/** One iteration on the batch of the state's iteration; its losses are added to the state's sums. */
dgba_status trainer_iterate(trainer *t);

/** Whether batches are attacked. */
bool trainer_is_adversarial(const dgba_train_job *job);

/** How a job's batches are shared. */
batch_share trainer_share(const dgba_train_job *job);

/** The labels of a batch, as tasks take them, from its sample `first` on. */
void trainer_labels(dgba_labels labels[DGBA_MOST_TASKS], const dgba_batch *batch, int64_t first);

/* ---- log.c ---- */

dgba_status log_create(dgba_train_log *out, const dgba_train_job *job);
void log_free(dgba_train_log *log);

/** Whether the log has an entry after this iteration. */
bool log_is_due(const dgba_train *options, int64_t iteration);

/** Turns the sums since the last entry into an entry, if one is due after the state's iteration. */
void log_training(dgba_train_state *state, const dgba_train_job *job);

/** Tells the last evaluation in the run's log. */
void log_show_evaluation(const dgba_train_state *state, const dgba_train_job *job);

#endif
