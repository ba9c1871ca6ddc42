/** Trials: a sweep becomes units of work; a unit becomes a record; records become results.
 *
 *  Kinds of unit: `train` makes a model, `clean` measures it on a shard of the test images, `attack` attacks a shard. A
 *  shard is a fixed run of test images, cut by the configuration and never by the number of ranks; an attack on a shard is
 *  one batch. A unit's id is the hash of all that determines its result: its settings, the data's fingerprint, the id of
 *  the model it needs, the format version.
 *
 *  A `transfer` unit attacks a model on a run of shards and measures all other models of the sweep at these images, which
 *  stay in memory. Its result is a record per other model, with an id of its own, and the records of the attack units of
 *  its shards: these need not run then, and run if the transfer unit fails.
 */
#ifndef DGBA_TRIAL_H
#define DGBA_TRIAL_H

#include "dgba/attack.h"
#include "dgba/base.h"
#include "dgba/config.h"
#include "dgba/data.h"
#include "dgba/model.h"
#include "dgba/store.h"
#include "dgba/task.h"
#include "dgba/train.h"

/** Raised whenever the same settings give another result than before: old units are then not taken for done. */
enum { DGBA_UNIT_FORMAT = 2 };

/** The sections of a sweep: data, model, train, attack, transfer, examples; borrowed. */
const dgba_config_schema *dgba_trial_schema(void);

/** Those of an attack on one model: data, attack. */
const dgba_config_schema *dgba_trial_attack_schema(void);

/* ---- Units ---- */

typedef enum dgba_unit_kind { DGBA_UNIT_TRAIN, DGBA_UNIT_CLEAN, DGBA_UNIT_ATTACK, DGBA_UNIT_TRANSFER } dgba_unit_kind;
enum { DGBA_UNIT_KINDS = 4 };

/** "train", "clean", "attack", "transfer". */
const char *dgba_unit_kind_name(dgba_unit_kind kind);

typedef struct dgba_unit {
    dgba_unit_kind kind;
    char id[DGBA_HASH_TEXT_BYTES];
    double macs;     // multiply-accumulates of one forward pass of one image
    double cost;     // estimated multiply-accumulates of the unit
    int64_t workers; // that can share it: the group of a training, otherwise 1
    int64_t model;   // number of the model in the sweep
    int64_t attack;  // number of the attack in the sweep; -1 unless kind is ATTACK or TRANSFER
    int64_t shard;   // number of the shard, of a transfer unit the first; -1 if kind is TRAIN
    int64_t needs;   // index of the training unit, -1 for none; a transfer unit wants all of them
} dgba_unit;

/** What results show of a few test images: the first of the sweep's images, under the attacks with the largest radius of
 * each step, on the first of the sweep's models. As many as DGBA_EXAMPLE_BYTES hold, which bounds the arrays in the
 * results: first there are fewer images, then fewer models. The ids of units do not depend on it. */
enum { DGBA_EXAMPLE_BYTES = 32 << 20 };
typedef struct dgba_sweep_examples {
    int64_t images, models; // 0 images: none
    int64_t *attacks;       // [attack_count] numbers of attacks in the sweep
    int64_t attack_count;   // per model
    dgba_shape head;        // n = 1, c = numbers of a prediction at a pixel, all tasks; h, w of the largest prediction
    uint8_t *rgb;           // [image][row][column][3]
    float *truth;           // [image][c][row][column]; NaN = not valid
    dgba_names class_names[DGBA_MOST_TASKS];
} dgba_sweep_examples;

/** All units of a sweep: first the models, then per model the clean shards and per attack the shards, then per model and
 *  transferred attack the transfer units. */
typedef struct dgba_sweep {
    const dgba_config *config;
    char data_file[DGBA_OPTION_TEXT_BYTES];
    dgba_data_info data;                     // with only the tasks of the sweep, in its order
    bool released;                           // metrics as the released code defines them
    dgba_shape input;                        // of one image
    char model_file[DGBA_OPTION_TEXT_BYTES]; // of a model that was there before; empty: models are in the run folder
    int64_t first_image;                     // of the test images
    int64_t *images;                         // test images
    int64_t image_count, shard_images, shard_count;
    int64_t model_count, attack_count; // attack_count is per model
    int64_t parameter_bytes;           // of the largest model
    dgba_settings *models;             // [model_count] settings of the training units
    dgba_settings *attacks;            // [attack_count] step, rule with its task, epsilon
    int64_t *transferred;              // [transferred_count] numbers of the attacks in the transfer arrays of the results
    int64_t transferred_count;
    bool between_models;                    // whether other models are measured at their images
    int64_t transfer_shards, transfer_runs; // shards of a transfer unit at most; transfer units of a model and attack
    dgba_sweep_examples examples;
    dgba_unit *units;
    int64_t unit_count;
} dgba_sweep;

/** Expands a configuration; opens the data file for its fingerprint and sizes. The configuration must outlive the sweep.
 *  Owns      caller frees with dgba_sweep_free()
 *  Errors    what does not fit together: a task that the data does not have, an unknown layout, …; DGBA_E_IO */
dgba_status dgba_sweep_create(dgba_sweep *out, const dgba_config *config);

/** The sweep of one attack on a finished model: a configuration of dgba_trial_attack_schema() with one point. Tasks and
 * size of the images are those of the model unless the configuration names others. Its units have the ids they would have
 * in the sweep that trained the model. Errors    as above; DGBA_E_FORMAT for a file that is no checkpoint; DGBA_E_CONFIG
 * for more than one attack */
dgba_status dgba_sweep_create_for_model(dgba_sweep *out, const dgba_config *config, const char *model_file);
void dgba_sweep_free(dgba_sweep *sweep);

/** Index of the first of the shard units of a model and one of its attacks (-1: of its clean measurement); the other shards
 *  follow it. */
int64_t dgba_sweep_shards(const dgba_sweep *sweep, int64_t model, int64_t attack);

/** Index of the first of the transfer units of a model and the transferred attack of this number, in the order of their
 *  shards, if between_models. */
int64_t dgba_sweep_transfers(const dgba_sweep *sweep, int64_t model, int64_t transferred);

/** Index of the transfer unit that an attack unit's shard belongs to; -1 if it is not transferred. */
int64_t dgba_sweep_transfer_of(const dgba_sweep *sweep, const dgba_unit *attack);

/** All that determines the result of a unit: what its id is the hash of. A sweep can have a million units, so they do not
 *  keep their settings.
 *  Owns      caller frees with dgba_settings_free() */
void dgba_unit_settings(dgba_settings *out, const dgba_sweep *sweep, const dgba_unit *unit);

/** Id of a transfer unit's record of the model of number `target`. */
void dgba_unit_target_id(char id[DGBA_HASH_TEXT_BYTES], const dgba_sweep *sweep, const dgba_unit *unit, int64_t target);

/** "train layout 31 seed 0", "attack layout 31 seed 0 ifgsm dgba 8 shard 2", for logs; into `out` (cleared first). */
void dgba_unit_describe(dgba_text *out, const dgba_sweep *sweep, const dgba_unit *unit);

/** The message that tells a worker to run a unit: its settings, and where data and models lie. The folder is not looked at
 *  if the sweep names the file of its model.
 *  Owns      caller frees *bytes with dgba_free() */
dgba_status dgba_unit_message(char **bytes, size_t *count, const dgba_sweep *sweep, const dgba_unit *unit,
                              const char *folder);

/** What lies in the run folder of a unit, a result with the examples that the sweep wants of it; of a transfer unit: of all
 *  its records of models. */
typedef enum dgba_finding {
    DGBA_FOUND_RESULT,
    DGBA_FOUND_NOTHING,
    DGBA_FOUND_WITHOUT_EXAMPLES, // whole, but without the examples that the sweep wants of it
    DGBA_FOUND_DAMAGED // truncated, of another unit, of another version: dgba_error() says it, and the caller clears that
} dgba_finding;
dgba_finding dgba_unit_find(const dgba_sweep *sweep, const dgba_unit *unit, const char *folder);

/** Whether a finished, readable result of the unit is there, with its examples; what is damaged is told in a warning. */
bool dgba_unit_is_done(const dgba_sweep *sweep, const dgba_unit *unit, const char *folder);

/** Puts the result of a unit into the run folder.
 *  Errors    DGBA_E_IO; DGBA_E_FORMAT if it is not the result of a transfer unit */
dgba_status dgba_unit_put(dgba_store *store, const dgba_unit *unit, const char *result, size_t count);

/* ---- How long units take ---- */

/** What finished units have cost and taken, by kind: a second for so many multiply-accumulates. Starts zeroed. */
typedef struct dgba_rates {
    double macs[DGBA_UNIT_KINDS], seconds[DGBA_UNIT_KINDS];
    double assumed_macs_per_second; // for as long as nothing has finished
} dgba_rates;

void dgba_rates_note(dgba_rates *rates, const dgba_unit *unit, double seconds);

/** Notes a finished unit by the seconds that its result tells. Transfer units are not told apart from their parts, and are
 *  left out, as is what cannot be read. */
void dgba_rates_learn(dgba_rates *rates, const dgba_unit *unit, const char *folder);

/** Seconds of one worker per multiply-accumulate. A kind that has not been seen takes the rate of one that has: attack,
 *  clean, transfer, train, in this order. */
double dgba_rates_per_mac(const dgba_rates *rates, dgba_unit_kind kind);

/* ---- Running a unit ---- */

typedef struct dgba_worker dgba_worker;

/** A worker keeps data, model and plan from unit to unit. Weights of finished models stand on `shelf`, where other workers
 *  of the node use them, too; NULL: each worker has its own. The shelf must outlive the worker. */
dgba_status dgba_worker_create(dgba_worker **out, const dgba_shelf *shelf);
void dgba_worker_free(dgba_worker **worker);

/** What interrupts a training: units that take minutes are not interrupted. */
typedef struct dgba_worker_watch {
    bool (*should_stop)(void); // asked after each iteration, by the thread that runs the unit; NULL = never
    double save_seconds;       // between two savings of a training under way
} dgba_worker_watch;

/** Without it trainings run to their end and are not saved before. */
void dgba_worker_set_watch(dgba_worker *worker, const dgba_worker_watch *watch);

/** Runs the unit of a message: the record (or checkpoint) as the bytes of an HDF5 file.
 *  A crew shares a training of a group: each member's worker runs the same message; the first has the result and saves the
 *  training, the others have none. NULL: this worker alone.
 *  Owns      caller frees *result with dgba_free()
 *  Errors    whatever went wrong, with its reason; the worker remains usable. DGBA_E_STOPPED for a training that was
 *            asked to stop: its state is saved in the run folder, and the same message makes it go on */
dgba_status dgba_worker_run(char **result, size_t *result_count, dgba_worker *worker, const char *message, size_t count,
                            const dgba_crew *crew);

/** The images (N,3,H,W) of the attack unit that was run last, as the network sees them; borrowed until the next unit. */
typedef struct dgba_attacked {
    dgba_shape shape;
    const float *clean, *adversarial;
} dgba_attacked;
dgba_attacked dgba_worker_attacked(const dgba_worker *worker);

/** What a worker has needed so far. */
typedef struct dgba_worker_memory {
    int64_t plan_bytes;                // of its largest plan
    int64_t models_taken, models_read; // models it attacked or measured; those it read from a file, the others were there
} dgba_worker_memory;
dgba_worker_memory dgba_worker_used(const dgba_worker *worker);

/* ---- Records ---- */

/** What the first images of a shard look like. */
typedef struct dgba_example_maps {
    int64_t image_count;
    dgba_shape image, head; // n = 1; head.c = numbers of a prediction at a pixel, all tasks
    float *predictions;     // [image][c][head.h][head.w] as dgba_task_show() gives them
    double *largest;        // [image] largest change of any pixel by the attack; NULL if clean
    uint8_t *perturbations; // [image][image.h][image.w][red, green, blue] 128 + 127 · change / largest; NULL if clean
} dgba_example_maps;

/** Maps without predictions or perturbations, `attack` says whether there are perturbations. */
dgba_status dgba_example_maps_allocate(dgba_example_maps *out, int64_t image_count, dgba_shape image, dgba_shape head,
                                       bool attack);
void dgba_example_maps_free(dgba_example_maps *maps);

/** Those of a record's file; of no images if it has none.
 *  Owns      caller frees with dgba_example_maps_free()
 *  Errors    DGBA_E_FORMAT */
dgba_status dgba_example_maps_read(dgba_example_maps *out, dgba_h5 *file);

/** What was found on a shard, or on several. */
typedef struct dgba_record {
    int64_t task_count, image_count;
    int64_t part_count; // shards; sums[part][…] stay apart, so that their order of adding is always the same
    int64_t *images;    // index in the data file
    double *losses;     // [task][image]; at the adversarial images for an attack
    dgba_totals totals[DGBA_MOST_TASKS]; // of the metrics
    double seconds;                      // processor time of the attack (or evaluation)
    int64_t forward_passes, backward_passes, left_out;
    dgba_solve_row *solves; // integer programs of the rule; their row of the attack is not known here
    int64_t solve_count;
    dgba_example_maps examples; // written if there are any; reading leaves them to dgba_example_maps_read()
} dgba_record;

dgba_status dgba_record_allocate(dgba_record *out, const dgba_task *tasks, int64_t task_count, int64_t image_count);
dgba_status dgba_record_allocate_parts(dgba_record *out, const dgba_task *tasks, int64_t task_count, int64_t image_count,
                                       int64_t part_count);
void dgba_record_free(dgba_record *record);

/** Owns      caller frees *bytes with dgba_free() */
dgba_status dgba_record_write(char **bytes, size_t *count, const dgba_record *record, const dgba_task *tasks,
                              const dgba_settings *settings, const char *id);

/** Errors    DGBA_E_FORMAT if it is not the record of unit `id`; DGBA_E_IO */
dgba_status dgba_record_read(dgba_record *out, const dgba_task *tasks, int64_t task_count, const char *path,
                             const char *id);

/** The same from an open file. */
dgba_status dgba_record_read_file(dgba_record *out, const dgba_task *tasks, int64_t task_count, dgba_h5 *file,
                                  const char *id);

/** Whether `path` is the record of unit `id`, without reading it whole.
 *  Errors    DGBA_E_FORMAT, DGBA_E_IO */
dgba_status dgba_record_check(const char *path, const char *id);

/* ---- Results ---- */

/** The tasks of a sweep, tasks[sweep->data.task_count]. */
dgba_status dgba_sweep_tasks(dgba_task *tasks, const dgba_sweep *sweep);

/** Merges the finished units of a run folder into results: totals of the shards add up, in the order of the shards.
 *  `failures[unit]` is the reason of a failed unit or NULL. Everything but the provenance is filled in.
 *  Owns      caller frees with dgba_results_free() */
dgba_status dgba_sweep_collect(dgba_results *out, const dgba_sweep *sweep, const char *folder, const char *const *failures);

/** What dgba_worker_run() gave for a unit; NULL if it did not run. */
typedef struct dgba_unit_result {
    char *bytes;
    size_t count;
} dgba_unit_result;

/** The same of results [unit] in memory, without a run folder. */
dgba_status dgba_sweep_collect_results(dgba_results *out, const dgba_sweep *sweep, const dgba_unit_result *results);

#endif
