#include <string.h>

#include "dgba/graph.h"
#include "examples.h"
#include "finished_model.h"
#include "sweep.h"

// A few lines of YAML can multiply to more than a machine can list. These take minutes and about a gigabyte at most.
enum { MOST_MODELS = 50000, MOST_ATTACKS = 10000, MOST_UNITS = 5000000 };

static dgba_status read_data_settings(data_settings *out, const dgba_config *config) {
    int64_t count = 0;
    const dgba_settings *points = dgba_config_points(config, "data", &count);
    if (count != 1)
        return dgba_fail(DGBA_E_CONFIG, "data: a sweep runs on one data set; this one names %lld", (long long)count);
    return dgba_settings_read(out, &trial_data_options, &points[0], "");
}

/** A section that is no axis of the sweep. */
static dgba_status read_single(void *out, const dgba_config *config, const char *section,
                               const dgba_option_table *options) {
    int64_t count = 0;
    const dgba_settings *points = dgba_config_points(config, section, &count);
    if (count != 1) return dgba_fail(DGBA_E_CONFIG, "%s: it can be one way only; here are %lld", section, (long long)count);
    return dgba_settings_read(out, options, &points[0], "");
}

static int64_t limited(int64_t count, int64_t limit) { return limit > 0 && limit < count ? limit : count; }

static dgba_status choose_images(dgba_sweep *sweep, const dgba_data *data, const data_settings *settings) {
    const int64_t *images = NULL, first = settings->first_test_image;
    int64_t count = 0;
    DGBA_TRY(dgba_data_split(&images, &count, data, "test"));
    if (count == 0) return dgba_fail(DGBA_E_FORMAT, "%s: the split 'test' is empty", settings->file);
    if (first >= count)
        return dgba_fail(DGBA_E_CONFIG, "first_test_image: %s has %lld test images, counted from 0; %lld is none of them",
                         settings->file, (long long)count, (long long)first);
    sweep->first_image = first;
    sweep->image_count = limited(count - first, settings->test_images);
    DGBA_TRY(DGBA_NEW(&sweep->images, sweep->image_count));
    memcpy(sweep->images, images + first, (size_t)sweep->image_count * sizeof *images);
    return DGBA_OK;
}

static dgba_status read_data(dgba_sweep *sweep, const data_settings *settings) {
    dgba_data *data = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY(trial_open_data(&data, settings->file, &settings->tasks));
    sweep->data = *dgba_data_about(data);
    sweep->released = settings->compat == 1;
    sweep->input = (dgba_shape){1, 3, settings->height > 0 ? settings->height : sweep->data.height,
                                settings->width > 0 ? settings->width : sweep->data.width};
    DGBA_TRY_OUT(choose_images(sweep, data, settings));
    DGBA_ASSERT(settings->shard > 0); // the option's least value
    sweep->shard_images = settings->shard;
    sweep->shard_count = (sweep->image_count + settings->shard - 1) / settings->shard;
    DGBA_TRY_OUT(dgba_text_fit(sweep->data_file, sizeof sweep->data_file, settings->file));
out:
    dgba_data_close(&data);
    return status;
}

/* ---- The attacks of a model ---- */

static bool are_equal(const dgba_settings *a, const dgba_settings *b) {
    if (a->count != b->count) return false;
    for (int64_t i = 0; i < a->count; ++i) {
        const char *other = dgba_settings_get(b, a->items[i].key);
        if (other == NULL || strcmp(a->items[i].value, other) != 0) return false;
    }
    return true;
}

static bool is_known_attack(const dgba_sweep *sweep, const dgba_settings *attack) {
    for (int64_t i = 0; i < sweep->attack_count; ++i)
        if (are_equal(attack, &sweep->attacks[i])) return true;
    return false;
}

/** Adds to a refusal of a pair how to do without it. */
static dgba_status advise(dgba_status status, const dgba_attack *attack) {
    if (status == DGBA_OK || attack->step.kind == NULL || attack->rule.kind == NULL) return status;
    if (dgba_attack_pair(attack->step.kind, attack->rule.kind) == DGBA_OK) return status;
    return dgba_fail(status, "%s; `exclude: {step: %s, rule: %s}` leaves the pair out", dgba_error(),
                     attack->step.kind->name, attack->rule.kind->name);
}

dgba_status sweep_add_attack(dgba_sweep *sweep, const dgba_settings *point, const char *rule_task) {
    if (sweep->attack_count == MOST_ATTACKS)
        return dgba_fail(DGBA_E_CONFIG, "attack: more than %d attacks on each model", MOST_ATTACKS);
    DGBA_TRY(DGBA_GROW(&sweep->attacks, sweep->attack_count));
    dgba_settings attack = {0};
    dgba_settings_add(&attack, "attack.", point);
    if (rule_task != NULL) dgba_settings_set(&attack, "attack.rule.task", rule_task);
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_attack checked = {0};
    dgba_status status = dgba_sweep_tasks(tasks, sweep);
    if (status == DGBA_OK) status = advise(trial_read_attack(&checked, &attack, tasks, sweep->data.task_count), &checked);
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
            DGBA_TRY(sweep_add_attack(sweep, &points[i], each ? sweep->data.tasks[t].name : NULL));
    }
    return DGBA_OK;
}

/* ---- Units ---- */

static void set_tasks(dgba_settings *settings, const dgba_data_info *data) {
    dgba_text names = {0};
    for (int64_t t = 0; t < data->task_count; ++t) dgba_text_add(&names, "%s%s", t > 0 ? ", " : "[", data->tasks[t].name);
    dgba_text_add(&names, "]");
    dgba_settings_set(settings, "data.tasks", dgba_text_chars(&names));
    dgba_text_free(&names);
}

/** Notes what the model of a training unit costs: memory, and work per image; and how large its predictions are. */
static dgba_status measure_model(dgba_sweep *sweep, dgba_unit *unit) {
    dgba_model model = {0};
    dgba_shape head = {0}, *largest = &sweep->examples.head;
    int64_t macs = 0;
    DGBA_TRY(trial_create_model(&model, &sweep->models[unit->model], &sweep->data));
    dgba_status status = dgba_graph_macs(&macs, model.graph, sweep->input);
    if (status == DGBA_OK) status = dgba_graph_output_shape(&head, model.graph, 0, sweep->input);
    if (head.h > largest->h) largest->h = head.h;
    if (head.w > largest->w) largest->w = head.w;
    const int64_t bytes = dgba_graph_parameter_floats(model.graph) * (int64_t)sizeof(float);
    if (bytes > sweep->parameter_bytes) sweep->parameter_bytes = bytes;
    unit->macs = (double)macs;
    dgba_model_free(&model);
    return status;
}

/** A new model: its training unit and its settings, which are still empty. */
static dgba_status add_model(dgba_unit **unit, dgba_settings **settings, dgba_sweep *sweep) {
    DGBA_TRY(DGBA_GROW(&sweep->models, sweep->model_count));
    DGBA_TRY(sweep_add_unit(unit, sweep, DGBA_UNIT_TRAIN, -1));
    *settings = &sweep->models[sweep->model_count];
    **settings = (dgba_settings){0};
    (*unit)->model = sweep->model_count++;
    return DGBA_OK;
}

static dgba_status read_train(dgba_train *options, dgba_train_adversarial *adversarial, const dgba_sweep *sweep,
                              const dgba_settings *train) {
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_settings settings = {0};
    DGBA_TRY(dgba_sweep_tasks(tasks, sweep));
    dgba_settings_add(&settings, "train.", train);
    const dgba_status status = trial_read_train(options, adversarial, &settings, tasks, sweep->data.task_count);
    dgba_settings_free(&settings);
    return status;
}

/** What of a training determines its model: without an attack's step and rule where there is none, and without a group of
 *  one part, as trainings were before there were groups. */
static void add_train_settings(dgba_settings *settings, const dgba_settings *train, bool adversarial) {
    static const char prefix[] = "adversarial.";
    dgba_text key = {0};
    for (int64_t i = 0; i < train->count; ++i) {
        if (!adversarial && strncmp(train->items[i].key, prefix, sizeof prefix - 1) == 0) continue;
        if (strcmp(train->items[i].key, "group") == 0 && strcmp(train->items[i].value, "1") == 0) continue;
        dgba_text_clear(&key);
        dgba_text_add(&key, "train.%s", train->items[i].key);
        dgba_settings_set(settings, dgba_text_chars(&key), train->items[i].value);
    }
    dgba_text_free(&key);
}

/** Passes of training over an image: forward, backward to the inputs, backward to the parameters; and those of attacks. */
static double train_passes(const dgba_train_adversarial *adversarial, int64_t tasks) {
    if (adversarial->attack.epsilon == 0) return 3;
    const dgba_passes attack = dgba_attack_passes(&adversarial->attack, tasks);
    return (adversarial->clean_step ? 6 : 3) + (double)(attack.forward + attack.backward);
}

/** Removes the last unit, a training, if the sweep has one like it: [0, 0] for the radius and two rules, of no matter
 * without an attack, name one clean training. */
static void drop_known_model(dgba_sweep *sweep) {
    dgba_unit *last = &sweep->units[sweep->unit_count - 1];
    for (int64_t u = 0; u < sweep->unit_count - 1; ++u) {
        if (strcmp(sweep->units[u].id, last->id) != 0) continue;
        sweep->unit_count -= 1;
        sweep->model_count -= 1;
        dgba_settings_free(&sweep->models[sweep->model_count]);
        return;
    }
}

static dgba_status add_train_unit(dgba_sweep *sweep, const dgba_settings *model, const dgba_settings *train,
                                  const data_settings *data) {
    dgba_unit *unit = NULL;
    dgba_settings *settings = NULL;
    dgba_train options;
    dgba_train_adversarial adversarial;
    DGBA_TRY(read_train(&options, &adversarial, sweep, train));
    DGBA_TRY(add_model(&unit, &settings, sweep));
    sweep_set_common(settings, sweep, DGBA_UNIT_TRAIN);
    set_tasks(settings, &sweep->data);
    dgba_settings_format(settings, "data.train_images", "%lld", (long long)data->train_images);
    dgba_settings_add(settings, "model.", model);
    add_train_settings(settings, train, adversarial.attack.epsilon > 0);
    sweep_set_id(unit, settings);
    DGBA_TRY(measure_model(sweep, unit));
    unit->cost = train_passes(&adversarial, sweep->data.task_count) * unit->macs * (double)options.batch *
                 (double)options.iterations;
    unit->workers = options.group;
    drop_known_model(sweep);
    return DGBA_OK;
}

static dgba_status add_model_units(dgba_sweep *sweep, const dgba_config *config, const data_settings *data) {
    int64_t models = 0, trainings = 0;
    const dgba_settings *model = dgba_config_points(config, "model", &models);
    const dgba_settings *train = dgba_config_points(config, "train", &trainings);
    if (models * trainings > MOST_MODELS)
        return dgba_fail(DGBA_E_CONFIG, "%lld models, trained in %lld ways: at most %d trainings are possible",
                         (long long)models, (long long)trainings, MOST_MODELS);
    for (int64_t m = 0; m < models; ++m)
        for (int64_t t = 0; t < trainings; ++t) DGBA_TRY(add_train_unit(sweep, &model[m], &train[t], data));
    return DGBA_OK;
}

dgba_status sweep_attack_passes(double *passes, const dgba_sweep *sweep, int64_t number) {
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_attack attack;
    DGBA_TRY(dgba_sweep_tasks(tasks, sweep));
    DGBA_TRY(trial_read_attack(&attack, &sweep->attacks[number], tasks, sweep->data.task_count));
    const dgba_passes made = dgba_attack_passes(&attack, sweep->data.task_count);
    *passes = (double)(made.forward + made.backward + 1);
    return DGBA_OK;
}

static dgba_status add_shard_units(dgba_sweep *sweep, int64_t model) {
    const double macs = sweep->units[model].macs;
    shard_work work = {.kind = DGBA_UNIT_CLEAN, .model = model, .attack = -1, .shards = 1, .macs = macs};
    DGBA_TRY(sweep_add_shard_units(sweep, &work));
    work.kind = DGBA_UNIT_ATTACK;
    for (work.attack = 0; work.attack < sweep->attack_count; ++work.attack) {
        double passes = 0;
        DGBA_TRY(sweep_attack_passes(&passes, sweep, work.attack));
        work.macs = passes * macs;
        DGBA_TRY(sweep_add_shard_units(sweep, &work));
    }
    return DGBA_OK;
}

/** Training units are there; all other units go by model, attack and shard. */
static dgba_status check_unit_count(const dgba_sweep *sweep) {
    int64_t units = 1 + sweep->attack_count + (sweep->between_models ? sweep->transferred_count : 0);
    if (!__builtin_mul_overflow(units, sweep->shard_count, &units) &&
        !__builtin_mul_overflow(units, sweep->model_count, &units) && units <= MOST_UNITS)
        return DGBA_OK;
    return dgba_fail(DGBA_E_CONFIG, "%lld models, %lld attacks on each and %lld shards of images: more than %d units",
                     (long long)sweep->model_count, (long long)sweep->attack_count, (long long)sweep->shard_count,
                     MOST_UNITS);
}

dgba_status dgba_sweep_create(dgba_sweep *out, const dgba_config *config) {
    *out = (dgba_sweep){.config = config};
    data_settings data = {0};
    transfer_settings transfer = {0};
    example_settings examples = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(read_data_settings(&data, config));
    DGBA_TRY(read_single(&transfer, config, "transfer", &trial_transfer_options));
    DGBA_TRY(read_single(&examples, config, "examples", &trial_example_options));
    DGBA_TRY_OUT(read_data(out, &data));
    DGBA_TRY_OUT(expand_attacks(out, config));
    DGBA_TRY_OUT(sweep_choose_transferred(out, &transfer, config));
    DGBA_TRY_OUT(add_model_units(out, config, &data));
    DGBA_TRY_OUT(check_unit_count(out));
    for (int64_t model = 0; model < out->model_count; ++model) DGBA_TRY_OUT(add_shard_units(out, model));
    if (out->between_models) DGBA_TRY_OUT(sweep_add_transfer_units(out));
    DGBA_TRY_OUT(sweep_choose_examples(out, &examples, &data));
out:
    if (status != DGBA_OK) dgba_sweep_free(out);
    return status;
}

/* ---- One attack on a finished model ---- */

/** What the configuration leaves open is as the model was trained. */
static dgba_status choose_as_trained(data_settings *data, const finished_model *model) {
    const dgba_settings *s = &model->settings;
    if (data->tasks.count == 0) data->tasks = model->tasks;
    bool same = data->tasks.count == model->tasks.count;
    for (int64_t t = 0; same && t < model->tasks.count; ++t)
        same = strcmp(data->tasks.items[t], model->tasks.items[t]) == 0;
    if (!same) return dgba_fail(DGBA_E_CONFIG, "data.tasks: these are not the model's tasks");
    if (data->height == 0 && dgba_settings_get(s, "data.height") != NULL)
        DGBA_TRY(trial_read_integer(&data->height, s, "data.height"));
    if (data->width == 0 && dgba_settings_get(s, "data.width") != NULL)
        DGBA_TRY(trial_read_integer(&data->width, s, "data.width"));
    return DGBA_OK;
}

static dgba_status add_finished_model(dgba_sweep *sweep, const finished_model *model) {
    dgba_unit *unit = NULL;
    dgba_settings *settings = NULL;
    DGBA_TRY(add_model(&unit, &settings, sweep));
    dgba_settings_add(settings, "", &model->settings);
    set_tasks(settings, &sweep->data);
    memcpy(unit->id, model->id, sizeof unit->id);
    return measure_model(sweep, unit);
}

dgba_status dgba_sweep_create_for_model(dgba_sweep *out, const dgba_config *config, const char *model_file) {
    *out = (dgba_sweep){.config = config};
    data_settings data = {0};
    finished_model model = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_text_fit(out->model_file, sizeof out->model_file, model_file));
    DGBA_TRY_OUT(finished_model_read(&model, model_file));
    DGBA_TRY_OUT(read_data_settings(&data, config));
    DGBA_TRY_OUT(choose_as_trained(&data, &model));
    DGBA_TRY_OUT(read_data(out, &data));
    DGBA_TRY_OUT(expand_attacks(out, config));
    if (out->attack_count != 1)
        DGBA_TRY_OUT(
            dgba_fail(DGBA_E_CONFIG, "attack: one attack at a time; these are %lld", (long long)out->attack_count));
    DGBA_TRY_OUT(add_finished_model(out, &model));
    status = add_shard_units(out, 0);
out:
    finished_model_free(&model);
    if (status != DGBA_OK) dgba_sweep_free(out);
    return status;
}

int64_t dgba_sweep_shards(const dgba_sweep *sweep, int64_t model, int64_t attack) {
    return sweep->model_count + (model * (1 + sweep->attack_count) + 1 + attack) * sweep->shard_count;
}

void dgba_sweep_free(dgba_sweep *sweep) {
    for (int64_t i = 0; i < sweep->attack_count; ++i) dgba_settings_free(&sweep->attacks[i]);
    for (int64_t i = 0; i < sweep->model_count; ++i) dgba_settings_free(&sweep->models[i]);
    sweep_free_examples(&sweep->examples);
    dgba_free(sweep->attacks);
    dgba_free(sweep->models);
    dgba_free(sweep->transferred);
    dgba_free(sweep->units);
    dgba_free(sweep->images);
    *sweep = (dgba_sweep){0};
}
