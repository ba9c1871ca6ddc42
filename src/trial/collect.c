#include <math.h>
#include <string.h>

#include "collect.h"
#include "examples.h"
#include "settings.h"

dgba_status dgba_sweep_tasks(dgba_task *tasks, const dgba_sweep *sweep) {
    return trial_read_tasks(tasks, &sweep->data, sweep->released);
}

const char *collect_state(const shards *found) {
    if (found->complete) return "ok";
    return found->failure != NULL ? "failed" : "missing";
}

void collect_measure(const measurement *to, const shards *found, const collection *from) {
    const dgba_sweep *sweep = from->sweep;
    double *metrics = to->metrics;
    for (int64_t t = 0; t < sweep->data.task_count; ++t) {
        dgba_task_metrics(metrics, &from->tasks[t], &found->merged.totals[t]);
        metrics += from->tasks[t].kind->metric_count;
        double total = 0;
        int64_t count = 0;
        for (int64_t i = 0; i < sweep->image_count; ++i) {
            const double loss = found->merged.losses[t * sweep->image_count + i];
            if (isnan(loss)) continue;
            total += loss;
            count += 1;
        }
        to->losses[t] = count > 0 ? total / (double)count : NAN;
    }
}

/* ---- Rows ---- */

static void fill_tasks(dgba_results *r, const dgba_task *tasks) {
    int64_t m = 0;
    for (int64_t t = 0; t < r->task_count; ++t) {
        dgba_results_set_text(&r->tasks[t].name, tasks[t].name);
        dgba_results_set_text(&r->tasks[t].kind, tasks[t].kind->name);
        dgba_results_set_text(&r->tasks[t].loss_name, tasks[t].kind->loss_name);
        dgba_results_set_text(&r->tasks[t].loss_unit, tasks[t].kind->loss_unit);
        for (int64_t k = 0; k < tasks[t].kind->metric_count; ++k, ++m) {
            const dgba_metric_info *metric = &tasks[t].kind->metrics[k];
            r->metrics[m].task = t;
            r->metrics[m].higher_is_better = metric->higher_is_better;
            dgba_results_set_text(&r->metrics[m].name, metric->name);
            dgba_results_set_text(&r->metrics[m].unit, metric->unit);
        }
    }
}

/** "ifgsm dgba epsilon 8", or nothing. */
static void set_adversarial(dgba_model_row *row, const dgba_settings *settings) {
    const char *epsilon = dgba_settings_get(settings, "train.adversarial.epsilon");
    if (epsilon == NULL) return;
    const char *task = dgba_settings_get(settings, "train.adversarial.rule.task");
    dgba_text text = {0};
    dgba_text_add(&text, "%s %s%s%s epsilon %s", dgba_settings_get(settings, "train.adversarial.step.kind"),
                  dgba_settings_get(settings, "train.adversarial.rule.kind"), task != NULL ? ":" : "",
                  task != NULL ? task : "", epsilon);
    dgba_results_set_text(&row->adversarial, dgba_text_chars(&text));
    dgba_text_free(&text);
}

static dgba_status describe_model(dgba_model_row *row, const dgba_sweep *sweep, const dgba_unit *unit) {
    dgba_model model = {0};
    dgba_train options;
    dgba_text tree = {0};
    const dgba_settings *settings = &sweep->models[unit->model];
    DGBA_TRY(dgba_settings_read(&options, &dgba_train_options, settings, "train."));
    DGBA_TRY(trial_create_model(&model, settings, &sweep->data));
    dgba_layout_print(&tree, &model.layout);
    dgba_results_set_text(&row->id, unit->id);
    dgba_results_set_text(&row->backbone, dgba_settings_get(settings, "model.backbone"));
    dgba_results_set_text(&row->layout_tree, dgba_text_chars(&tree));
    row->width = model.def.width;
    row->layout = model.def.layout;
    row->sharing_score = dgba_layout_sharing_score(&model.layout, &row->sharing_score_most);
    row->parameters = model.parameter_count;
    row->shared_parameters = model.shared_parameter_count;
    row->gmac = 1e-9 * unit->macs;
    row->seed = options.seed;
    row->iterations = options.iterations;
    set_adversarial(row, settings);
    dgba_text_free(&tree);
    dgba_model_free(&model);
    return DGBA_OK;
}

/** Seconds of training, from the model's file. */
static dgba_status read_train_seconds(double *seconds, const collection *from, const dgba_unit *unit) {
    dgba_text path = {0};
    dgba_h5 *file = NULL;
    dgba_status status = DGBA_OK;
    trial_model_path(&path, from->sweep, from->folder, unit->id);
    if (dgba_file_exists(dgba_text_chars(&path))) {
        status = dgba_h5_open(&file, dgba_text_chars(&path));
        // A model from elsewhere does not say how it was trained.
        if (status == DGBA_OK && dgba_h5_has(file, "/train")) status = dgba_h5_get_real(seconds, file, "/train", "seconds");
        dgba_h5_close(&file);
    }
    dgba_text_free(&path);
    return status;
}

static dgba_status fill_model(dgba_results *r, const collection *from, int64_t m) {
    const dgba_sweep *sweep = from->sweep;
    dgba_model_row *row = &r->models[m];
    shards clean;
    DGBA_TRY(describe_model(row, sweep, &sweep->units[m]));
    DGBA_TRY(read_train_seconds(&row->train_seconds, from, &sweep->units[m]));
    DGBA_TRY(shards_add_up(&clean, from, dgba_sweep_shards(sweep, m, -1), sweep->shard_count, NO_TARGET));
    if (from->failures[m] != NULL) clean.failure = from->failures[m];
    dgba_results_set_text(&row->status, collect_state(&clean));
    if (clean.complete) {
        const measurement to = {.metrics = r->model_metrics + m * r->metric_count,
                                .losses = r->model_losses + m * r->task_count};
        row->images = sweep->image_count;
        collect_measure(&to, &clean, from);
    } else if (clean.failure != NULL) {
        dgba_results_set_text(&row->reason, clean.failure);
    }
    const int64_t size = r->task_count * r->image_count;
    memcpy(r->clean_losses + m * size, clean.merged.losses, (size_t)size * sizeof(double));
    dgba_record_free(&clean.merged);
    return DGBA_OK;
}

/** Relative change of a task: mean over its metrics whose baseline is usable; NaN without any. */
static double task_change(const dgba_task *task, const double *values, const double *baselines) {
    double total = 0;
    int64_t count = 0;
    for (int64_t k = 0; k < task->kind->metric_count; ++k) {
        const double change = dgba_metric_relative_change(&task->kind->metrics[k], values[k], baselines[k]);
        if (isnan(change)) continue;
        total += change;
        count += 1;
    }
    return count > 0 ? total / (double)count : NAN;
}

static double mean(const double *values, int64_t count) {
    double total = 0;
    for (int64_t i = 0; i < count; ++i) total += values[i];
    return total / (double)count;
}

void collect_compare(const measurement *to, const dgba_results *r, const dgba_task *tasks, int64_t model) {
    const double *values = to->metrics, *baselines = r->model_metrics + model * r->metric_count;
    for (int64_t t = 0; t < r->task_count; ++t) {
        to->drops[t] = task_change(&tasks[t], values, baselines);
        const double clean = r->model_losses[model * r->task_count + t], change = (to->losses[t] - clean) / clean;
        to->loss_changes[t] = isfinite(change) ? change : NAN;
        values += tasks[t].kind->metric_count;
        baselines += tasks[t].kind->metric_count;
    }
    *to->arp = mean(to->drops, r->task_count);
    *to->mean_relative_loss = mean(to->loss_changes, r->task_count);
}

static void count_solves(dgba_attack_row *row, const dgba_record *record) {
    row->solves = record->solve_count;
    for (int64_t i = 0; i < record->solve_count; ++i) {
        row->infeasible += strcmp(record->solves[i].status, "infeasible") == 0;
        row->unproven += !record->solves[i].proven;
    }
}

static dgba_status fill_attack(dgba_results *r, const collection *from, int64_t m, int64_t number) {
    const dgba_sweep *sweep = from->sweep;
    const int64_t a = m * sweep->attack_count + number;
    dgba_attack_row *row = &r->attacks[a];
    shards found;
    DGBA_TRY(trial_describe_attack(row, &sweep->attacks[number], from->tasks, r->task_count));
    DGBA_TRY(shards_add_up(&found, from, dgba_sweep_shards(sweep, m, number), sweep->shard_count, NO_TARGET));
    if (from->failures[m] != NULL) found.failure = from->failures[m];
    row->model = m;
    dgba_results_set_text(&row->status, collect_state(&found));
    if (found.complete) {
        double loss_changes[DGBA_MOST_TASKS];
        const measurement to = {.metrics = r->attack_metrics + a * r->metric_count,
                                .losses = r->attack_losses + a * r->task_count,
                                .drops = r->attack_drops + a * r->task_count,
                                .loss_changes = loss_changes,
                                .arp = &row->arp,
                                .mean_relative_loss = &row->mean_relative_loss};
        row->images = sweep->image_count;
        row->seconds = found.merged.seconds;
        row->images_per_second = (double)row->images / row->seconds;
        row->forward_passes = found.merged.forward_passes;
        row->backward_passes = found.merged.backward_passes;
        row->left_out = found.merged.left_out;
        count_solves(row, &found.merged);
        collect_measure(&to, &found, from);
        collect_compare(&to, r, from->tasks, m);
    } else if (found.failure != NULL) {
        dgba_results_set_text(&row->reason, found.failure);
    }
    const int64_t size = r->task_count * r->image_count;
    memcpy(r->adversarial_losses + a * size, found.merged.losses, (size_t)size * sizeof(double));
    for (int64_t i = 0; i < found.merged.solve_count; ++i) found.merged.solves[i].attack = a;
    const dgba_status status =
        dgba_solves_move(&r->solves, &r->solve_count, &found.merged.solves, &found.merged.solve_count);
    dgba_record_free(&found.merged);
    return status;
}

static dgba_status collect(dgba_results *out, const collection *from) {
    const dgba_sweep *sweep = from->sweep;
    const dgba_task *tasks = from->tasks;
    dgba_status status = DGBA_OK;
    *out = (dgba_results){.task_count = sweep->data.task_count,
                          .model_count = sweep->model_count,
                          .attack_count = sweep->model_count * sweep->attack_count,
                          .image_count = sweep->image_count,
                          .transfer_attack_count = sweep->transferred_count};
    for (int64_t t = 0; t < out->task_count; ++t) out->metric_count += tasks[t].kind->metric_count;
    collect_count_examples(out, from);
    DGBA_TRY(dgba_results_allocate(out));
    fill_tasks(out, tasks);
    memcpy(out->images, sweep->images, (size_t)sweep->image_count * sizeof *sweep->images);
    for (int64_t m = 0; m < sweep->model_count; ++m) {
        DGBA_TRY_OUT(fill_model(out, from, m));
        for (int64_t a = 0; a < sweep->attack_count; ++a) DGBA_TRY_OUT(fill_attack(out, from, m, a));
    }
    DGBA_TRY_OUT(collect_transfers(out, from));
    status = collect_examples(out, from);
out:
    if (status != DGBA_OK) dgba_results_free(out);
    return status;
}

dgba_status dgba_sweep_collect(dgba_results *out, const dgba_sweep *sweep, const char *folder,
                               const char *const *failures) {
    dgba_task tasks[DGBA_MOST_TASKS];
    DGBA_TRY(dgba_sweep_tasks(tasks, sweep));
    return collect(out, &(collection){.sweep = sweep, .tasks = tasks, .folder = folder, .failures = failures});
}

dgba_status dgba_sweep_collect_results(dgba_results *out, const dgba_sweep *sweep, const dgba_unit_result *results) {
    dgba_task tasks[DGBA_MOST_TASKS];
    const char **failures = NULL;
    DGBA_TRY(dgba_sweep_tasks(tasks, sweep));
    DGBA_TRY(DGBA_NEW(&failures, sweep->unit_count));
    const collection from = {.sweep = sweep, .tasks = tasks, .results = results, .failures = failures};
    const dgba_status status = collect(out, &from);
    dgba_free(failures);
    return status;
}
