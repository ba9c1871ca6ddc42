#include <math.h>
#include <string.h>

#include "examples.h"
#include "worker.h"

/* ---- Making what a shard needs ---- */

static dgba_status check_model_tasks(const dgba_worker *w, const char *path) {
    bool same = w->model.task_count == w->task_count;
    for (int64_t t = 0; same && t < w->task_count; ++t) same = strcmp(w->model.tasks[t].name, w->tasks[t].name) == 0;
    return same ? DGBA_OK : dgba_fail(DGBA_E_FORMAT, "%s: the model's tasks are not those of the data", path);
}

/** From the file and folded, unless another worker has put them on the shelf. */
static dgba_status load_parameters(dgba_worker *w, dgba_h5 *file, const char *id) {
    const int64_t floats = dgba_graph_parameter_floats(w->model.graph);
    DGBA_TRY(dgba_shelf_take(&w->parameters, w->shelf, id, floats, sizeof(float)));
    w->memory.models_taken += 1;
    if (w->parameters.filled) return DGBA_OK;
    w->memory.models_read += 1;
    DGBA_TRY(dgba_checkpoint_read_parameters(w->parameters.memory, &w->model, file));
    dgba_graph_fold(w->model.graph, w->parameters.memory);
    dgba_shelf_announce(&w->parameters);
    return DGBA_OK;
}

static dgba_status load_model(dgba_worker *w, const dgba_settings *message) {
    const char *id = NULL, *path = NULL;
    DGBA_TRY(trial_read_text(&id, message, "model"));
    DGBA_TRY(trial_read_text(&path, message, "@model.file"));
    if (strcmp(id, w->model_id) == 0) return DGBA_OK;
    worker_forget_model(w);
    dgba_h5 *file = NULL;
    DGBA_TRY(dgba_h5_open(&file, path));
    dgba_status status = dgba_checkpoint_read_model(&w->model, file);
    if (status == DGBA_OK) status = check_model_tasks(w, path);
    if (status == DGBA_OK) status = load_parameters(w, file, id);
    dgba_h5_close(&file);
    if (status == DGBA_OK) status = dgba_text_fit(w->model_id, sizeof w->model_id, id);
    if (status != DGBA_OK) worker_forget_model(w);
    return status;
}

static dgba_status plan(dgba_worker *w, dgba_shape shape) {
    if (dgba_shape_equal(shape, w->planned)) return DGBA_OK;
    worker_forget_plan(w);
    DGBA_TRY(dgba_network_oracle_create(&w->oracle, &w->model, w->parameters.memory, w->tasks, shape,
                                        DGBA_PURPOSE_ATTACK_FOLDED));
    worker_note_plan(w, dgba_network_oracle_bytes(w->oracle));
    DGBA_TRY(dgba_batch_create(&w->batch, w->data, shape.n, shape.h, shape.w));
    DGBA_TRY(DGBA_NEW(&w->adversarial, dgba_shape_count(shape)));
    w->planned = shape;
    return DGBA_OK;
}

/** Loads test images and tells the oracle their labels. `image` receives their indices in the data file. */
static dgba_status load_images(dgba_worker *w, int64_t *image, int64_t first, int64_t count) {
    const int64_t *images = NULL;
    int64_t available = 0;
    DGBA_TRY(dgba_data_split(&images, &available, w->data, "test"));
    if (count < 1 || count > w->planned.n || first < 0 || first + count > available)
        return dgba_fail(DGBA_E_FORMAT, "the shard [%lld, %lld) is not within the %lld test images", (long long)first,
                         (long long)(first + count), (long long)available);
    memcpy(image, images + first, (size_t)count * sizeof *image);
    DGBA_TRY(dgba_batch_load(&w->batch, w->data, image, count));
    dgba_labels labels[DGBA_MOST_TASKS];
    for (int64_t t = 0; t < w->task_count; ++t)
        labels[t] = (dgba_labels){.values = w->batch.labels[t].values,
                                  .valid = w->batch.labels[t].valid,
                                  .height = w->batch.shape.h,
                                  .width = w->batch.shape.w};
    dgba_network_oracle_set_labels(w->oracle, labels, count);
    return DGBA_OK;
}

/** Adds the losses of the loaded images, each times its denominator, to sums[task], and the denominators to weights. */
static dgba_status add_clean_losses(dgba_worker *w, double *sums, double *weights, double *losses, int64_t count) {
    const dgba_oracle oracle = dgba_network_oracle_interface(w->oracle);
    DGBA_TRY(dgba_network_oracle_evaluate(losses, w->oracle, w->batch.images));
    for (int64_t i = 0; i < w->task_count * count; ++i) {
        if (!isfinite(losses[i])) continue;
        sums[i / count] += losses[i] * oracle.denominators[i];
        weights[i / count] += oracle.denominators[i];
    }
    return DGBA_OK;
}

/** Clean losses of the first `total` test images, pooled over their valid pixels, into w->data_losses. */
static dgba_status measure_data_losses(dgba_worker *w, int64_t total) {
    double sums[DGBA_MOST_TASKS] = {0}, weights[DGBA_MOST_TASKS] = {0}, *losses = NULL;
    int64_t *image = NULL;
    dgba_status status = DGBA_OK;
    if (w->data_images == total) return DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&losses, w->task_count * w->planned.n));
    DGBA_TRY_OUT(DGBA_NEW(&image, w->planned.n));
    for (int64_t first = 0; first < total; first += w->planned.n) {
        const int64_t count = total - first < w->planned.n ? total - first : w->planned.n;
        DGBA_TRY_OUT(load_images(w, image, first, count));
        DGBA_TRY_OUT(add_clean_losses(w, sums, weights, losses, count));
    }
    for (int64_t t = 0; t < w->task_count; ++t) w->data_losses[t] = sums[t] / weights[t];
    w->data_images = total;
out:
    dgba_free(losses);
    dgba_free(image);
    return status;
}

/** Plans for full shards, so that how the network is computed does not depend on which shard came first. */
dgba_status worker_prepare_shard(dgba_worker *w, dgba_record *record, const dgba_settings *message) {
    dgba_shape most = {.c = 3};
    int64_t first = 0, count = 0, total = 0;
    DGBA_TRY(trial_read_integer(&most.n, message, "shard.most"));
    DGBA_TRY(trial_read_integer(&most.h, message, "data.height"));
    DGBA_TRY(trial_read_integer(&most.w, message, "data.width"));
    DGBA_TRY(trial_read_integer(&first, message, "shard.first"));
    DGBA_TRY(trial_read_integer(&count, message, "shard.images"));
    DGBA_TRY(load_model(w, message));
    const dgba_status status = plan(w, most);
    if (status != DGBA_OK) worker_forget_plan(w);
    DGBA_TRY(status);
    DGBA_TRY(dgba_record_allocate(record, w->tasks, w->task_count, count));
    // Not for the targets of a transfer, whose messages still name the attack.
    const bool attacks = strcmp(dgba_settings_get(message, "kind"), "attack") == 0;
    if (attacks && dgba_settings_get(message, "data.test_images") != NULL) {
        DGBA_TRY(trial_read_integer(&total, message, "data.test_images"));
        DGBA_TRY(measure_data_losses(w, total));
    }
    return load_images(w, record->images, first, count);
}

/* ---- Clean and attacked shards ---- */

/** Where the rule's solves go. */
typedef struct solve_listener {
    dgba_record *record;
    dgba_status status;
} solve_listener;

static void hear(void *self, const dgba_rule_solve *s) {
    solve_listener *l = self;
    dgba_record *record = l->record;
    if (l->status != DGBA_OK) return;
    l->status = DGBA_GROW(&record->solves, record->solve_count);
    if (l->status != DGBA_OK) return;
    record->solves[record->solve_count++] = (dgba_solve_row){.image = record->images[s->sample],
                                                             .iteration = s->iteration,
                                                             .objective = s->objective,
                                                             .bound = s->bound,
                                                             .gap = s->gap,
                                                             .proven = s->proven,
                                                             .seconds = s->seconds,
                                                             .variables = s->variables,
                                                             .core = s->core,
                                                             .solver = dgba_text_copy(s->solver),
                                                             .status = dgba_text_copy(s->status)};
}

static dgba_status run_attack(dgba_worker *w, dgba_record *record, const dgba_settings *message) {
    dgba_attack attack;
    dgba_attack_log log = {0};
    DGBA_TRY(trial_read_attack(&attack, message, w->tasks, w->task_count));
    attack.box = trial_image_box();
    attack.images = record->images;
    solve_listener listener = {.record = record};
    const dgba_rule_sink sink = {&listener, hear};
    attack.sink = &sink;
    if (attack.step.kind->scores_batch) attack.data_losses = w->data_losses;
    const dgba_oracle oracle = dgba_network_oracle_interface(w->oracle);
    const size_t bytes = dgba_attack_scratch_bytes(&attack, w->task_count, w->batch.shape);
    if (w->scratch.bytes < bytes) {
        dgba_arena_free(&w->scratch);
        DGBA_TRY(dgba_arena_create(&w->scratch, bytes));
    }
    dgba_arena_reset(&w->scratch);
    DGBA_TRY(dgba_attack_run(w->adversarial, &log, &attack, &oracle, w->batch.images, &w->scratch));
    record->forward_passes = log.passes.forward;
    record->backward_passes = log.passes.backward;
    record->left_out = log.left_out;
    return listener.status;
}

dgba_status worker_measure_images(dgba_worker *w, dgba_record *record, const float *images) {
    const double start = dgba_clock_thread_seconds();
    DGBA_TRY(dgba_network_oracle_evaluate(record->losses, w->oracle, images));
    record->seconds = dgba_clock_thread_seconds() - start;
    dgba_network_oracle_measure(record->totals, w->oracle);
    return DGBA_OK;
}

dgba_status worker_attack_shard(dgba_worker *w, dgba_record *record, const dgba_settings *message) {
    DGBA_TRY(worker_prepare_shard(w, record, message));
    const double start = dgba_clock_thread_seconds();
    DGBA_TRY(run_attack(w, record, message));
    const double seconds = dgba_clock_thread_seconds() - start;
    DGBA_TRY(worker_measure_images(w, record, w->adversarial));
    record->seconds = seconds;
    return worker_keep_examples(w, record, message, w->adversarial);
}

static dgba_status measure_shard(dgba_worker *w, dgba_record *record, const dgba_settings *message) {
    DGBA_TRY(worker_prepare_shard(w, record, message));
    DGBA_TRY(worker_measure_images(w, record, w->batch.images));
    return worker_keep_examples(w, record, message, NULL);
}

dgba_status worker_run_shard(char **result, size_t *count, dgba_worker *w, const unit_message *message, bool attack) {
    dgba_record record = {0};
    dgba_status status = (attack ? worker_attack_shard : measure_shard)(w, &record, &message->all);
    if (status == DGBA_OK) status = dgba_record_write(result, count, &record, w->tasks, &message->identity, message->id);
    dgba_record_free(&record);
    return status;
}
