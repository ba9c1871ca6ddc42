/** Trainings of a tiny model on made-up images. */
#ifndef TESTS_SUPPORT_TRAINING_H
#define TESTS_SUPPORT_TRAINING_H

#include "dgba/train.h"
#include "support/dataset.h"

enum {
    TRAINING_TASKS = DATASET_TASKS,
    TRAINING_IMAGES = 10,
    TRAINING_HEIGHT = 25,
    TRAINING_WIDTH = 21,
    TRAINING_BATCH = 2
};

/** A model, data and a job for them; the options of a case are changed before begin(). */
typedef struct training_fixture {
    dgba_model model;
    dgba_task tasks[TRAINING_TASKS];
    dgba_train options;
    dgba_train_adversarial adversarial;
    dgba_train_job job;
    char path[600]; // of the data
} training_fixture;

extern training_fixture fixture;

/** Group setup and teardown, which looks for leaks. */
int training_make(void **state);
int training_unmake(void **state);

/** Setup of each case: the defaults. */
int training_reset(void **state);

/** Adversarial training by two steps of PGD, which has a random start. */
void training_attack_batches(void);

/** Caller frees the state. */
dgba_train_state training_run(void);

void training_check_bits(const void *a, const void *b, int64_t count, size_t size);

/** Two trainings are the same in all but time. */
void training_check_same(const dgba_train_state *a, const dgba_train_state *b);

#endif
