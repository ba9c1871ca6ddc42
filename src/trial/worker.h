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
    const dgba_shelf *shelf; // of the node, or NULL
    dgba_shelf_block parameters;
    dgba_worker_memory memory;
    dgba_worker_watch watch;
    const dgba_crew *crew; // that runs the current unit

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

/** Remembers the largest plan. */
void worker_note_plan(dgba_worker *worker, int64_t bytes);

/** Gives up the model, and all that was made for it. */
void worker_forget_model(dgba_worker *worker);
void worker_forget_plan(dgba_worker *worker);

/** The kinds of unit; the data is loaded. Caller frees *result. */
dgba_status worker_run_train(char **result, size_t *count, dgba_worker *worker, const unit_message *message);
dgba_status worker_run_shard(char **result, size_t *count, dgba_worker *worker, const unit_message *message, bool attack);

dgba_status worker_run_transfer(char **result, size_t *count, dgba_worker *worker, const unit_message *message);

/** Makes model, plan and batch those of a shard, and allocates its record. */
dgba_status worker_prepare_shard(dgba_worker *worker, dgba_record *record, const dgba_settings *message);

/** Measures the prepared model at images of the prepared shard: losses, totals, seconds. */
dgba_status worker_measure_images(dgba_worker *worker, dgba_record *record, const float *images);

/** Keeps what the first images of a measured shard look like, as many as the message wants. `adversarial` is NULL for clean
 *  ones. */
dgba_status worker_keep_examples(dgba_worker *worker, dgba_record *record, const dgba_settings *message,
                                 const float *adversarial);

/** Prepares a shard, attacks it and measures the images of the attack, which then are worker->adversarial. */
dgba_status worker_attack_shard(dgba_worker *worker, dgba_record *record, const dgba_settings *message);

#endif
