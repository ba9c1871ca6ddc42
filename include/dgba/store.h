/** The run folder and the results file.
 *
 *  Run folder: config.yaml (as given), config.resolved.yaml, models/<id>.h5, units/<id>.h5 (finished units, each written
 *  whole and renamed), results.h5 (rebuilt from them, replaced whole), status.json, log.txt, lock. Only one process at a
 *  time writes a folder; the files are always whole.
 */
#ifndef DGBA_STORE_H
#define DGBA_STORE_H

#include "dgba/base.h"
#include "dgba/h5io.h"

/* ---- The run folder ---- */

typedef struct dgba_store dgba_store;

/** Opens a folder for writing, creating what is missing, and locks it until closed. A lock left by a dead process on this
 *  host is taken over.
 *  Errors    DGBA_E_IO: cannot be created or written; another process (named) is running in it */
dgba_status dgba_store_open(dgba_store **out, const char *folder);
void dgba_store_close(dgba_store **store);

/** Whether some process holds the folder open for writing just now. */
bool dgba_store_is_locked(const char *folder);

const char *dgba_store_folder(const dgba_store *store);

typedef enum dgba_store_kind { DGBA_STORE_UNIT, DGBA_STORE_MODEL } dgba_store_kind;

/** Path of a finished unit or model: folder/units/<id>.h5 or folder/models/<id>.h5 into `out` (cleared first). */
void dgba_store_path(dgba_text *out, const char *folder, dgba_store_kind kind, const char *id);
bool dgba_store_has(const dgba_store *store, dgba_store_kind kind, const char *id);

/** Writes the bytes of a finished unit or model, atomically.
 *  Errors    DGBA_E_IO */
dgba_status dgba_store_put(dgba_store *store, dgba_store_kind kind, const char *id, const void *bytes, size_t count);

/** Replaces a small text file of the folder, such as status.json, atomically. */
dgba_status dgba_store_put_text(dgba_store *store, const char *name, const char *text);

/* ---- The results ---- */

/** Where the results come from: attributes of /run. */
#define DGBA_PROVENANCE_LIST(X)                                                \
    X(name, "name of the sweep")                                               \
    X(run_id, "hash of what the results depend on: configuration and data")    \
    X(config, "configuration as given")                                        \
    X(config_resolved, "configuration with all defaults")                      \
    X(data_name, "name of the data set")                                       \
    X(data_fingerprint, "hash of the data")                                    \
    X(dgba_version, "version of dgba")                                         \
    X(git_commit, "commit dgba was built from, -dirty if changed")             \
    X(blas_core, "kernel set of OpenBLAS")                                     \
    X(libraries, "versions of the libraries")                                  \
    X(host, "host of rank 0")                                                  \
    X(peak_memory, "most resident memory of a rank, MiB; empty while running") \
    X(plan_memory, "largest plan of a rank, MiB; empty while running")         \
    X(started, "start of the run, UTC")                                        \
    X(finished, "time of these results, UTC")

typedef struct dgba_provenance {
#define DGBA_PROVENANCE_FIELD(name, help) char *name;
    DGBA_PROVENANCE_LIST(DGBA_PROVENANCE_FIELD)
#undef DGBA_PROVENANCE_FIELD
} dgba_provenance;

/** Columns of the tables: X(type, name, unit, description). Types: TEXT (char *), INTEGER (int64_t), REAL (double, NaN =
 *  missing). A column is a dataset /models/<name>, /attacks/<name>, …, one element per row. */
#define DGBA_TASK_COLUMNS(X)                   \
    X(TEXT, name, "", "name of the task")      \
    X(TEXT, kind, "", "kind of the task")      \
    X(TEXT, loss_name, "", "loss of the task") \
    X(TEXT, loss_unit, "", "unit of the loss")

#define DGBA_METRIC_COLUMNS(X)                        \
    X(INTEGER, task, "", "row of the task in /tasks") \
    X(TEXT, name, "", "name of the metric")           \
    X(TEXT, unit, "", "unit of the metric")           \
    X(INTEGER, higher_is_better, "", "1 if a larger value is better")

#define DGBA_MODEL_COLUMNS(X)                                                                    \
    X(TEXT, id, "", "id of the training unit")                                                   \
    X(TEXT, backbone, "", "backbone")                                                            \
    X(REAL, width, "", "multiplier of the backbone's channels")                                  \
    X(INTEGER, layout, "", "index of the layout")                                                \
    X(TEXT, layout_tree, "", "task sets per level")                                              \
    X(INTEGER, sharing_score, "", "(task pair, level) that share")                               \
    X(INTEGER, sharing_score_most, "", "all (task pair, level)")                                 \
    X(INTEGER, parameters, "", "trainable parameters")                                           \
    X(INTEGER, shared_parameters, "", "parameters that serve more than one task")                \
    X(REAL, gmac, "GMAC", "multiply-accumulates of one forward pass of one image")               \
    X(INTEGER, seed, "", "seed of training")                                                     \
    X(INTEGER, iterations, "", "training iterations")                                            \
    X(TEXT, adversarial, "", "attack of adversarial training, empty if trained on clean images") \
    X(REAL, train_seconds, "second", "wall time of training, summed over its ranks")             \
    X(INTEGER, images, "", "test images behind the clean values")                                \
    X(TEXT, status, "", "ok, missing or failed")                                                 \
    X(TEXT, reason, "", "why it failed")

#define DGBA_ATTACK_COLUMNS(X)                                                                            \
    X(INTEGER, model, "", "row of the model in /models; its clean values are the baseline")               \
    X(TEXT, step, "", "attack step")                                                                      \
    X(INTEGER, iterations, "", "iterations of the step")                                                  \
    X(REAL, alpha, "input unit", "size of the first move")                                                \
    X(TEXT, norm, "", "norm of the ball: linf or l2")                                                     \
    X(INTEGER, restarts, "", "number of starts")                                                          \
    X(INTEGER, seed, "", "seed of random starts")                                                         \
    X(TEXT, options, "", "options of step and attack that are not as by default")                         \
    X(TEXT, rule, "", "balancing rule, with the attacked task and options that are not as by default")    \
    X(REAL, epsilon, "input unit", "radius of the ball, input range 0..255")                              \
    X(REAL, arp, "", "average relative performance against the clean model, negative = worse")            \
    X(REAL, mean_relative_loss, "", "mean over tasks of the relative change of the mean loss")            \
    X(REAL, seconds, "second", "processor time of the attack, all shards")                                \
    X(REAL, images_per_second, "1/second", "images attacked per second of one worker")                    \
    X(INTEGER, forward_passes, "", "forward passes of the network, one per batch")                        \
    X(INTEGER, backward_passes, "", "backward passes of the network, one per batch")                      \
    X(INTEGER, left_out, "", "(task, image) pairs left out by the rule in at least one iterate")          \
    X(INTEGER, solves, "", "integer programs solved by the rule, see /ilp")                               \
    X(INTEGER, infeasible, "", "integer programs without a solution, which left their image as it was")   \
    X(INTEGER, unproven, "", "integer programs whose gap was not closed, by the time limit or otherwise") \
    X(INTEGER, images, "", "test images attacked")                                                        \
    X(TEXT, status, "", "ok, missing or failed")                                                          \
    X(TEXT, reason, "", "why it failed")

/** Transfer: images that an attack made on one model, measured on another, or on the same one, as in /attacks.
 *  Columns have three axes: source model, transferred attack, target model. */
#define DGBA_TRANSFER_COLUMNS(X)                                                                                        \
    X(INTEGER, attack, "", "row in /attacks of the attack that made the images, on the source model")                   \
    X(REAL, arp, "", "average relative performance of the target model against its own clean values, negative = worse") \
    X(REAL, mean_relative_loss, "", "mean over tasks of the relative change of the target model's mean loss")           \
    X(REAL, seconds, "second", "processor time of measuring, all shards")                                               \
    X(INTEGER, images, "", "test images measured")                                                                      \
    X(TEXT, status, "", "ok, missing, failed, or empty where no transfer was wanted")                                   \
    X(TEXT, reason, "", "why it failed")

/** Integer programs that rules solved; the group is /ilp. */
#define DGBA_SOLVE_COLUMNS(X)                                                                       \
    X(INTEGER, attack, "", "row of the attack in /attacks")                                         \
    X(INTEGER, image, "", "index of the image in the data file")                                    \
    X(INTEGER, iteration, "", "directions given to the image before, since the start or restart")   \
    X(REAL, objective, "", "objective of the solution; missing without one")                        \
    X(REAL, bound, "", "no solution has a larger objective")                                        \
    X(REAL, gap, "", "relative gap between objective and bound")                                    \
    X(INTEGER, proven, "", "1 if the gap is as small as asked, or proven that nothing is feasible") \
    X(REAL, seconds, "second", "time of the solve")                                                 \
    X(INTEGER, variables, "", "variables")                                                          \
    X(INTEGER, core, "", "variables that reduced costs did not decide")                             \
    X(TEXT, solver, "", "closed_form, cbc or dual")                                                 \
    X(TEXT, status, "", "optimal, gap, infeasible or time_out")

/** What the numbers of a prediction at a pixel are, task after task; the group is /answers. */
#define DGBA_ANSWER_COLUMNS(X)                                     \
    X(INTEGER, task, "", "row of the task in /tasks")              \
    X(TEXT, name, "", "class, value, or x, y, z of a unit vector") \
    X(TEXT, unit, "", "unit of the number")

/** Names of classes; the group is /classes. */
#define DGBA_CLASS_COLUMNS(X)                         \
    X(INTEGER, task, "", "row of the task in /tasks") \
    X(INTEGER, number, "", "number of the class")     \
    X(TEXT, name, "", "name of the class")

/** Attacks whose images are kept to look at; the group is /examples. */
#define DGBA_EXAMPLE_COLUMNS(X) X(INTEGER, attack, "", "row in /attacks of the attack that made the images")

#define DGBA_FIELD_TEXT(name)                     char *name;
#define DGBA_FIELD_INTEGER(name)                  int64_t name;
#define DGBA_FIELD_REAL(name)                     double name;
#define DGBA_FIELD(type, name, unit, description) DGBA_FIELD_##type(name)
typedef struct dgba_task_row {
    DGBA_TASK_COLUMNS(DGBA_FIELD)
} dgba_task_row;
typedef struct dgba_metric_row {
    DGBA_METRIC_COLUMNS(DGBA_FIELD)
} dgba_metric_row;
typedef struct dgba_model_row {
    DGBA_MODEL_COLUMNS(DGBA_FIELD)
} dgba_model_row;
typedef struct dgba_attack_row {
    DGBA_ATTACK_COLUMNS(DGBA_FIELD)
} dgba_attack_row;
typedef struct dgba_transfer_row {
    DGBA_TRANSFER_COLUMNS(DGBA_FIELD)
} dgba_transfer_row;
typedef struct dgba_solve_row {
    DGBA_SOLVE_COLUMNS(DGBA_FIELD)
} dgba_solve_row;
typedef struct dgba_answer_row {
    DGBA_ANSWER_COLUMNS(DGBA_FIELD)
} dgba_answer_row;
typedef struct dgba_class_row {
    DGBA_CLASS_COLUMNS(DGBA_FIELD)
} dgba_class_row;
typedef struct dgba_example_row {
    DGBA_EXAMPLE_COLUMNS(DGBA_FIELD)
} dgba_example_row;
#undef DGBA_FIELD
#undef DGBA_FIELD_TEXT
#undef DGBA_FIELD_INTEGER
#undef DGBA_FIELD_REAL

/** All results of a run. Arrays are row-major; NaN = missing. */
typedef struct dgba_results {
    dgba_provenance run;
    int64_t task_count, metric_count, model_count, attack_count, image_count;
    int64_t transfer_attack_count; // per source model; 0 = no transfer
    int64_t solve_count;
    dgba_task_row *tasks;
    dgba_metric_row *metrics; // grouped by task
    dgba_model_row *models;
    dgba_attack_row *attacks;
    dgba_solve_row *solves;
    int64_t *images;            // [image] index in the data file
    double *model_metrics;      // [model][metric] clean values
    double *model_losses;       // [model][task] clean, mean over images
    double *attack_metrics;     // [attack][metric]
    double *attack_losses;      // [attack][task]
    double *attack_drops;       // [attack][task] relative performance change against the clean model
    double *clean_losses;       // [model][task][image]
    double *adversarial_losses; // [attack][task][image]

    // [source model][transferred attack][target model], then
    dgba_transfer_row *transfers;
    double *transfer_metrics;      // [metric]
    double *transfer_losses;       // [task]
    double *transfer_drops;        // [task] relative performance change against the clean target model
    double *transfer_loss_changes; // [task] relative change of the mean loss against the clean target model

    // Examples: the first test images under some of the attacks, to look at. Predictions are at the resolution of the
    // models' heads (of the largest head; others are nearest-sampled to it).
    int64_t example_image_count, example_count; // images, and attacks; 0 = none
    int64_t answer_count, class_count;
    int64_t row_count, column_count, color_count; // of an image: pixels, and 3
    int64_t head_row_count, head_column_count;
    dgba_answer_row *answers;      // grouped by task
    dgba_class_row *classes;       // grouped by task, in order
    dgba_example_row *examples;    // grouped by model
    uint8_t *example_images;       // [image][row][column][color] red, green, blue
    float *example_truth;          // [image][answer][row][column] ground truth; NaN = not valid
    float *example_clean;          // [model][image][answer][head row][head column] predictions at the clean images
    float *example_adversarial;    // [example][image][answer][head row][head column] and at the adversarial ones
    double *example_largest;       // [example][image] largest change of any pixel, in input units
    uint8_t *example_perturbation; // [example][image][row][column][color] 128 + 127 · change / largest; 0 = missing
} dgba_results;

/** Allocates all rows and arrays of the counts set in `results`: reals NaN, integers 0, texts "". */
dgba_status dgba_results_allocate(dgba_results *results);

/** Replaces a text of a row or of the provenance by a copy. */
void dgba_results_set_text(char **field, const char *value);
void dgba_results_free(dgba_results *results);

/** The table /ilp alone, in a file of its own, such as that of a unit.
 *  Owns      caller frees with dgba_solves_free(), which sets both to 0
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT */
dgba_status dgba_solves_write(dgba_h5 *file, dgba_solve_row *solves, int64_t count);
dgba_status dgba_solves_read(dgba_solve_row **solves, int64_t *count, dgba_h5 *file);
void dgba_solves_free(dgba_solve_row **solves, int64_t *count);

/** Moves rows to the end of others; `from` is then empty.
 *  Errors    DGBA_E_MEMORY; both are then as they were */
dgba_status dgba_solves_move(dgba_solve_row **to, int64_t *to_count, dgba_solve_row **from, int64_t *from_count);

/** Writes the results file atomically: /run attributes · /tasks, /metrics, /models, /attacks, /ilp, a dataset per column ·
 *  /models/metrics, /models/losses, /attacks/metrics, /attacks/losses, /attacks/drops · /losses/clean, /losses/adversarial
 *  · /transfer, columns and arrays whose first axes are source model, transferred attack, target model · /examples,
 * /answers and /classes, what a few images look like. Every dataset has unit and description; axes are dimension scales.
 *  Errors    DGBA_E_IO */
dgba_status dgba_results_write(const char *path, const dgba_results *results);

/** Writes all of that into a file that holds other content, too. */
dgba_status dgba_results_put(dgba_h5 *file, const dgba_results *results);

/** Owns      caller frees with dgba_results_free()
 *  Errors    DGBA_E_IO, DGBA_E_FORMAT (not a results file, a newer version) */
dgba_status dgba_results_read(dgba_results *out, const char *path);

#endif
