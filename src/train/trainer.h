/** What the parts of a training share. */
#ifndef DGBA_TRAIN_TRAINER_H
#define DGBA_TRAIN_TRAINER_H

#include "dgba/oracle.h"
#include "dgba/train.h"

/* ---- attacker.c ---- */

/** Attacks the batches of adversarial training. */
typedef struct attacker {
    dgba_attack attack;
    dgba_network_oracle *oracle;
    dgba_arena scratch;
    int64_t *samples; // running numbers of the batch's samples: they name the random starts
    float *images;    // adversarial images of the last batch
} attacker;

/** Plans for whole batches of this shape. The caller frees it also after an error. */
dgba_status attacker_create(attacker *out, const dgba_train_job *job, dgba_shape shape, float *parameters);
void attacker_free(attacker *a);
dgba_status attacker_run(attacker *a, const dgba_batch *batch, int64_t first_sample);

/* ---- evaluator.c ---- */

/** Measures the model on the images to be evaluated. */
typedef struct evaluator {
    const dgba_train_job *job;
    dgba_network_oracle *oracle;
    dgba_batch batch;
    double *losses; // [task][sample] of a batch
    dgba_totals totals[DGBA_MOST_TASKS];
} evaluator;

/** The caller frees it also after an error. */
dgba_status evaluator_create(evaluator *out, const dgba_train_job *job, float *parameters);
void evaluator_free(evaluator *e);

/** Adds an evaluation of the state's parameters to its log, and keeps them if it is the best so far. */
dgba_status evaluator_run(evaluator *e, dgba_train_state *state);

/* ---- trainer.c ---- */

/** Everything one training run holds beside its state. */
typedef struct trainer {
    const dgba_train_job *job;
    dgba_train_state *state;
    dgba_plan *plan;
    dgba_batch batch;
    float *gradients;
    int64_t *order; // of the images in the current epoch
    int64_t epoch;
    int64_t *chosen;          // images of the current batch
    double *losses, *weights; // per sample
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

/** The labels of a batch, as tasks take them. */
void trainer_labels(dgba_labels labels[DGBA_MOST_TASKS], const dgba_batch *batch);

/* ---- log.c ---- */

dgba_status log_create(dgba_train_log *out, const dgba_train_job *job);
void log_free(dgba_train_log *log);

/** Turns the sums since the last entry into an entry, if one is due after the state's iteration. */
void log_training(dgba_train_state *state, const dgba_train_job *job);

/** Tells the last evaluation in the run's log. */
void log_show_evaluation(const dgba_train_state *state, const dgba_train_job *job);

#endif
