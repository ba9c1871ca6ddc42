/** What a worker keeps, and the kinds of unit it runs. */
#ifndef DGBA_TRIAL_WORKER_H
#define DGBA_TRIAL_WORKER_H

#include "dgba/oracle.h"
#include "settings.h"

/** What stays from unit to unit: each part is made anew only when a unit names another. */
struct dgba_worker {
    char data_key[2 * DGBA_OPTION_TEXT_BYTES]; // file and tasks
    dgba_data *data;
    dgba_task tasks[DGBA_MOST_TASKS];
    int64_t task_count;

    char model_id[DGBA_HASH_TEXT_BYTES];
    dgba_model model;
    float *parameters;

    dgba_shape planned; // of the oracle and the batch; n = 0: none
    dgba_network_oracle *oracle;
    dgba_batch batch;
    double data_losses[DGBA_MOST_TASKS]; // clean losses of the first test images, see data_images
    int64_t data_images;                 // how many; 0: not known

    float *adversarial; // images of the planned shape
    dgba_arena scratch; // of attacks
};

/** A unit's message: the settings that determine the result, and where things lie (keys with '@'). */
typedef struct unit_message {
    dgba_settings all;
    dgba_settings identity; // without the places
    const char *id;
} unit_message;

/** Makes data and tasks those of the message. */
dgba_status worker_load_data(dgba_worker *worker, const dgba_settings *message);

/** Gives up the model, and all that was made for it. */
void worker_forget_model(dgba_worker *worker);
void worker_forget_plan(dgba_worker *worker);

/** The kinds of unit; the data is loaded. Caller frees *result. */
dgba_status worker_run_train(char **result, size_t *count, dgba_worker *worker, const unit_message *message);
dgba_status worker_run_shard(char **result, size_t *count, dgba_worker *worker, const unit_message *message, bool attack);

#endif
