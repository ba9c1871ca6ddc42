#include <string.h>

#include "dgba/graph.h"
#include "settings.h"

static dgba_status read_data_settings(data_settings *out, const dgba_config *config) {
    int64_t count = 0;
    const dgba_settings *points = dgba_config_points(config, "data", &count);
    if (count != 1)
        return dgba_fail(DGBA_E_CONFIG, "data: a sweep runs on one data set; this one names %lld", (long long)count);
    return dgba_settings_read(out, &trial_data_options, &points[0], "");
}

static int64_t limited(int64_t count, int64_t limit) { return limit > 0 && limit < count ? limit : count; }

static dgba_status read_data(dgba_sweep *sweep, const data_settings *settings) {
    dgba_data *data = NULL;
    const int64_t *images = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY(trial_open_data(&data, settings->file, &settings->tasks));
    sweep->data = *dgba_data_about(data);
    sweep->input = (dgba_shape){1, 3, settings->height > 0 ? settings->height : sweep->data.height,
                                settings->width > 0 ? settings->width : sweep->data.width};
    DGBA_TRY_OUT(dgba_data_split(&images, &sweep->image_count, data, "test"));
    sweep->image_count = limited(sweep->image_count, settings->test_images);
    if (sweep->image_count == 0) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: the split 'test' is empty", settings->file);
        goto out;
    }
    DGBA_TRY_OUT(DGBA_NEW(&sweep->images, sweep->image_count));
    memcpy(sweep->images, images, (size_t)sweep->image_count * sizeof *images);
    DGBA_ASSERT(settings->shard > 0); // the option's least value
    sweep->shard_images = settings->shard;
    sweep->shard_count = (sweep->image_count + settings->shard - 1) / settings->shard;
    DGBA_TRY_OUT(dgba_text_fit(sweep->data_file, sizeof sweep->data_file, settings->file));
out:
    dgba_data_close(&data);
    return status;
}

/* ---- The attacks of a model ---- */

static bool is_known_attack(const dgba_sweep *sweep, const dgba_settings *attack) {
    const dgba_hash id = dgba_config_id(attack);
    for (int64_t i = 0; i < sweep->attack_count; ++i)
        if (dgba_hash_equal(id, dgba_config_id(&sweep->attacks[i]))) return true;
    return false;
}

static dgba_status add_attack(dgba_sweep *sweep, const dgba_settings *point, const char *rule_task) {
    DGBA_TRY(DGBA_GROW(&sweep->attacks, sweep->attack_count));
    dgba_settings attack = {0};
    dgba_settings_add(&attack, "attack.", point);
    if (rule_task != NULL) dgba_settings_set(&attack, "attack.rule.task", rule_task);
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_attack checked;
    dgba_status status = trial_read_tasks(tasks, &sweep->data);
    if (status == DGBA_OK) status = trial_read_attack(&checked, &attack, tasks, sweep->data.task_count);
    if (status == DGBA_OK && !checked.step.kind->is_random) dgba_settings_set(&attack, "attack.seed", "0");
    // [single, single:normal] names one attack twice, as do two seeds of one without random starts; it runs once.
    if (status == DGBA_OK && !is_known_attack(sweep, &attack))
        sweep->attacks[sweep->attack_count++] = attack;
    else
        dgba_settings_free(&attack);
    return dgba_context(status, "attack");
}

static dgba_status expand_attacks(dgba_sweep *sweep, const dgba_config *config) {
    if (!dgba_config_has(config, "attack")) return DGBA_OK;
    int64_t count = 0;
    const dgba_settings *points = dgba_config_points(config, "attack", &count);
    for (int64_t i = 0; i < count; ++i) {
        // A rule for one task that names none stands for one attack per task.
        const char *task = dgba_settings_get(&points[i], "rule.task");
        const bool each = task != NULL && task[0] == '\0';
        for (int64_t t = 0; t < (each ? sweep->data.task_count : 1); ++t)
            DGBA_TRY(add_attack(sweep, &points[i], each ? sweep->data.tasks[t].name : NULL));
    }
    return DGBA_OK;
}

/* ---- Units ---- */

static const char *const kind_names[] = {"train", "clean", "attack"};

static dgba_status add_unit(dgba_unit **out, dgba_sweep *sweep, dgba_unit_kind kind, int64_t needs) {
    DGBA_TRY(DGBA_GROW(&sweep->units, sweep->unit_count));
    dgba_unit *unit = &sweep->units[sweep->unit_count++];
    *unit = (dgba_unit){.kind = kind, .attack = -1, .shard = -1, .needs = needs};
    dgba_settings *s = &unit->settings;
    dgba_settings_format(s, "format", "%d", DGBA_UNIT_FORMAT);
    dgba_settings_set(s, "kind", kind_names[kind]);
    dgba_settings_set(s, "data.fingerprint", sweep->data.fingerprint);
    dgba_settings_format(s, "data.height", "%lld", (long long)sweep->input.h);
    dgba_settings_format(s, "data.width", "%lld", (long long)sweep->input.w);
    *out = unit;
    return DGBA_OK;
}

static void set_id(dgba_unit *unit) { dgba_hash_text(unit->id, dgba_config_id(&unit->settings)); }

static void set_tasks(dgba_settings *settings, const dgba_data_info *data) {
    dgba_text names = {0};
    for (int64_t t = 0; t < data->task_count; ++t) dgba_text_add(&names, "%s%s", t > 0 ? ", " : "[", data->tasks[t].name);
    dgba_text_add(&names, "]");
    dgba_settings_set(settings, "data.tasks", dgba_text_chars(&names));
    dgba_text_free(&names);
}

/** Multiply-accumulates of one forward pass of one image through the model of a training unit. */
static dgba_status count_macs(double *macs, const dgba_sweep *sweep, const dgba_settings *settings) {
    dgba_model model = {0};
    int64_t count = 0;
    DGBA_TRY(trial_create_model(&model, settings, &sweep->data));
    const dgba_status status = dgba_graph_macs(&count, model.graph, sweep->input);
    *macs = (double)count;
    dgba_model_free(&model);
    return status;
}

static dgba_status add_train_unit(dgba_sweep *sweep, const dgba_settings *model, const dgba_settings *train,
                                  const data_settings *data) {
    dgba_unit *unit = NULL;
    dgba_train options;
    DGBA_TRY(dgba_settings_read(&options, &dgba_train_options, train, ""));
    DGBA_TRY(add_unit(&unit, sweep, DGBA_UNIT_TRAIN, -1));
    unit->model = sweep->model_count++;
    set_tasks(&unit->settings, &sweep->data);
    dgba_settings_format(&unit->settings, "data.train_images", "%lld", (long long)data->train_images);
    dgba_settings_add(&unit->settings, "model.", model);
    dgba_settings_add(&unit->settings, "train.", train);
    set_id(unit);
    DGBA_TRY(count_macs(&unit->macs, sweep, &unit->settings));
    // Forward, backward to the inputs, backward to the parameters.
    unit->cost = 3.0 * unit->macs * (double)options.batch * (double)options.iterations;
    return DGBA_OK;
}

static dgba_status add_model_units(dgba_sweep *sweep, const dgba_config *config, const data_settings *data) {
    int64_t models = 0, trainings = 0;
    const dgba_settings *model = dgba_config_points(config, "model", &models);
    const dgba_settings *train = dgba_config_points(config, "train", &trainings);
    for (int64_t m = 0; m < models; ++m)
        for (int64_t t = 0; t < trainings; ++t) DGBA_TRY(add_train_unit(sweep, &model[m], &train[t], data));
    return DGBA_OK;
}

static int64_t images_of_shard(const dgba_sweep *sweep, int64_t shard) {
    return limited(sweep->image_count - shard * sweep->shard_images, sweep->shard_images);
}

static dgba_status set_attack(dgba_unit *unit, const dgba_sweep *sweep, int64_t number) {
    dgba_settings_add(&unit->settings, "", &sweep->attacks[number]);
    const dgba_step_kind *step = NULL;
    DGBA_TRY(dgba_step_kind_find(&step, dgba_settings_get(&unit->settings, "attack.step.kind")));
    // Such a step compares with the clean losses of all test images.
    if (step->scores_batch)
        dgba_settings_format(&unit->settings, "data.test_images", "%lld", (long long)sweep->image_count);
    return DGBA_OK;
}

static dgba_status add_shard_unit(dgba_sweep *sweep, dgba_unit_kind kind, int64_t model, int64_t attack, int64_t shard,
                                  double passes) {
    dgba_unit *unit = NULL;
    DGBA_TRY(add_unit(&unit, sweep, kind, model)); // training units come first, one per model
    unit->model = model;
    unit->attack = attack;
    unit->shard = shard;
    dgba_settings_set(&unit->settings, "model", sweep->units[model].id);
    dgba_settings_format(&unit->settings, "shard.first", "%lld", (long long)(shard * sweep->shard_images));
    dgba_settings_format(&unit->settings, "shard.images", "%lld", (long long)images_of_shard(sweep, shard));
    dgba_settings_format(&unit->settings, "shard.most", "%lld", (long long)sweep->shard_images);
    if (attack >= 0) DGBA_TRY(set_attack(unit, sweep, attack));
    set_id(unit);
    unit->macs = sweep->units[model].macs;
    unit->cost = passes * unit->macs * (double)images_of_shard(sweep, shard);
    return DGBA_OK;
}

/** Passes through the network that an attack makes, the last evaluation included. */
static dgba_status passes_of_attack(double *passes, const dgba_sweep *sweep, int64_t number) {
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_attack attack;
    DGBA_TRY(trial_read_tasks(tasks, &sweep->data));
    DGBA_TRY(trial_read_attack(&attack, &sweep->attacks[number], tasks, sweep->data.task_count));
    const dgba_passes made = dgba_attack_passes(&attack, sweep->data.task_count);
    *passes = (double)(made.forward + made.backward + 1);
    return DGBA_OK;
}

static dgba_status add_shard_units(dgba_sweep *sweep, int64_t model) {
    for (int64_t shard = 0; shard < sweep->shard_count; ++shard)
        DGBA_TRY(add_shard_unit(sweep, DGBA_UNIT_CLEAN, model, -1, shard, 1));
    for (int64_t attack = 0; attack < sweep->attack_count; ++attack) {
        double passes = 0;
        DGBA_TRY(passes_of_attack(&passes, sweep, attack));
        for (int64_t shard = 0; shard < sweep->shard_count; ++shard)
            DGBA_TRY(add_shard_unit(sweep, DGBA_UNIT_ATTACK, model, attack, shard, passes));
    }
    return DGBA_OK;
}

dgba_status dgba_sweep_create(dgba_sweep *out, const dgba_config *config) {
    *out = (dgba_sweep){.config = config};
    data_settings data = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(read_data_settings(&data, config));
    DGBA_TRY_OUT(read_data(out, &data));
    DGBA_TRY_OUT(expand_attacks(out, config));
    DGBA_TRY_OUT(add_model_units(out, config, &data));
    for (int64_t model = 0; model < out->model_count; ++model) DGBA_TRY_OUT(add_shard_units(out, model));
out:
    if (status != DGBA_OK) dgba_sweep_free(out);
    return status;
}

int64_t dgba_sweep_shards(const dgba_sweep *sweep, int64_t model, int64_t attack) {
    return sweep->model_count + (model * (1 + sweep->attack_count) + 1 + attack) * sweep->shard_count;
}

void dgba_sweep_free(dgba_sweep *sweep) {
    for (int64_t i = 0; i < sweep->attack_count; ++i) dgba_settings_free(&sweep->attacks[i]);
    for (int64_t i = 0; i < sweep->unit_count; ++i) dgba_settings_free(&sweep->units[i].settings);
    dgba_free(sweep->attacks);
    dgba_free(sweep->units);
    dgba_free(sweep->images);
    *sweep = (dgba_sweep){0};
}
