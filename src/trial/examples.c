/* Which examples a sweep has. */
#include "examples.h"

#include <math.h>
#include <string.h>

/* ---- Choosing ---- */

/** What tells which attacks are kept: the step with its options, and the radius. */
typedef struct step_radius {
    dgba_hash step;
    double epsilon;
} step_radius;

static dgba_status read_step_radius(step_radius *out, const dgba_settings *attack) {
    static const char prefix[] = "attack.step.";
    dgba_settings step = {0};
    for (int64_t i = 0; i < attack->count; ++i)
        if (strncmp(attack->items[i].key, prefix, sizeof prefix - 1) == 0)
            dgba_settings_set(&step, attack->items[i].key, attack->items[i].value);
    out->step = dgba_config_id(&step);
    dgba_settings_free(&step);
    return dgba_text_real(&out->epsilon, dgba_settings_get(attack, "attack.epsilon"));
}

static bool is_largest(const step_radius *all, int64_t count, const step_radius *own) {
    for (int64_t i = 0; i < count; ++i)
        if (all[i].epsilon > own->epsilon && dgba_hash_equal(all[i].step, own->step)) return false;
    return true;
}

/** The attacks whose step has no larger radius in the sweep. */
static dgba_status choose_attacks(dgba_sweep *sweep) {
    dgba_sweep_examples *e = &sweep->examples;
    step_radius *all = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&e->attacks, sweep->attack_count));
    DGBA_TRY_OUT(DGBA_NEW(&all, sweep->attack_count));
    for (int64_t a = 0; a < sweep->attack_count; ++a) DGBA_TRY_OUT(read_step_radius(&all[a], &sweep->attacks[a]));
    for (int64_t a = 0; a < sweep->attack_count; ++a)
        if (is_largest(all, sweep->attack_count, &all[a])) e->attacks[e->attack_count++] = a;
out:
    dgba_free(all);
    return status;
}

static double bytes_of(const dgba_sweep *sweep, int64_t images, int64_t models) {
    const dgba_sweep_examples *e = &sweep->examples;
    const double pixels = (double)(sweep->input.h * sweep->input.w), rgb = 3 * pixels;
    const double answers = (double)e->head.c * sizeof(float), head = (double)(e->head.h * e->head.w) * answers;
    const double attacks = (double)(models * e->attack_count);
    return (double)images * (rgb + pixels * answers + (double)sweep->model_count * head + attacks * (rgb + head));
}

/** Fewer images while there are several, then fewer models, until the bytes are enough. */
static void fit(dgba_sweep *sweep, int64_t wanted) {
    dgba_sweep_examples *e = &sweep->examples;
    e->images = wanted < sweep->image_count ? wanted : sweep->image_count;
    e->models = sweep->model_count;
    while (e->images > 1 && bytes_of(sweep, e->images, e->models) > DGBA_EXAMPLE_BYTES) e->images -= 1;
    while (e->models > 0 && bytes_of(sweep, e->images, e->models) > DGBA_EXAMPLE_BYTES) e->models -= 1;
    if (e->models == 0) e->images = 0; // not even one
}

/* ---- Images and ground truth ---- */

/** The image as the network sees it: blue, green, red, the mean subtracted. */
static void copy_image(uint8_t *rgb, const float *image, int64_t pixels) {
    for (int64_t i = 0; i < pixels; ++i)
        for (int64_t c = 0; c < 3; ++c) {
            const double value = (double)(image[(2 - c) * pixels + i] + dgba_data_mean[2 - c]);
            rgb[3 * i + c] = (uint8_t)lround(fmin(fmax(value, 0), 255));
        }
}

static void copy_batch(dgba_sweep_examples *e, const dgba_batch *batch, const dgba_task *tasks, int64_t image) {
    const int64_t pixels = batch->shape.h * batch->shape.w;
    float *truth = e->truth + image * e->head.c * pixels;
    copy_image(e->rgb + image * 3 * pixels, batch->images, pixels);
    for (int64_t t = 0; t < batch->task_count; ++t) {
        const dgba_labels labels = {batch->labels[t].values, batch->labels[t].valid, batch->shape.h, batch->shape.w};
        dgba_task_show_labels(truth, &tasks[t], &labels, 1);
        truth += tasks[t].kind->label_channels * pixels;
    }
}

static dgba_status read_truth(dgba_sweep *sweep, dgba_data *data, const dgba_task *tasks) {
    dgba_sweep_examples *e = &sweep->examples;
    const int64_t pixels = sweep->input.h * sweep->input.w;
    dgba_batch batch = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(DGBA_NEW(&e->rgb, e->images * pixels * 3));
    DGBA_TRY(DGBA_NEW(&e->truth, e->images * pixels * e->head.c));
    DGBA_TRY_OUT(dgba_batch_create(&batch, data, 1, sweep->input.h, sweep->input.w));
    for (int64_t i = 0; i < e->images; ++i) {
        DGBA_TRY_OUT(dgba_batch_load(&batch, data, &sweep->images[i], 1));
        copy_batch(e, &batch, tasks, i);
    }
    for (int64_t t = 0; t < sweep->data.task_count; ++t) DGBA_TRY_OUT(dgba_data_class_names(&e->class_names[t], data, t));
out:
    dgba_batch_free(&batch);
    return status;
}

dgba_status sweep_choose_examples(dgba_sweep *sweep, const example_settings *settings, const data_settings *from) {
    dgba_sweep_examples *e = &sweep->examples;
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_data *data = NULL;
    DGBA_TRY(dgba_sweep_tasks(tasks, sweep));
    for (int64_t t = 0; t < sweep->data.task_count; ++t) e->head.c += tasks[t].kind->label_channels;
    e->head.n = 1;
    DGBA_TRY(choose_attacks(sweep));
    fit(sweep, settings->images);
    if (e->images == 0) return DGBA_OK;
    DGBA_TRY(trial_open_data(&data, from->file, &from->tasks));
    const dgba_status status = read_truth(sweep, data, tasks);
    dgba_data_close(&data);
    return status;
}

void sweep_free_examples(dgba_sweep_examples *examples) {
    for (int64_t t = 0; t < DGBA_MOST_TASKS; ++t) dgba_names_free(&examples->class_names[t]);
    dgba_free(examples->attacks);
    dgba_free(examples->rgb);
    dgba_free(examples->truth);
    *examples = (dgba_sweep_examples){0};
}

/* ---- Units ---- */

static bool is_chosen(const dgba_sweep_examples *e, int64_t attack) {
    for (int64_t i = 0; i < e->attack_count; ++i)
        if (e->attacks[i] == attack) return true;
    return false;
}

int64_t sweep_examples_of(const dgba_sweep *sweep, const dgba_unit *unit) {
    const dgba_sweep_examples *e = &sweep->examples;
    if (unit->kind == DGBA_UNIT_TRAIN || unit->model >= e->models) return 0;
    if (unit->attack >= 0 && !is_chosen(e, unit->attack)) return 0;
    const int64_t most = sweep->shard_images * (unit->kind == DGBA_UNIT_TRANSFER ? sweep->transfer_shards : 1);
    const int64_t left = e->images - unit->shard * sweep->shard_images;
    if (left <= 0) return 0;
    return left < most ? left : most;
}
