#include "settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OPTION(type, name, kind, fallback, low, high, help) \
    { #name, DGBA_OPTION_##kind, offsetof(type, name), fallback, low, high, NULL, help }

static const char *const compat_words[] = {"none", "released", NULL};

static const dgba_option data_rows[] = {
    OPTION(data_settings, file, TEXT, NULL, 0, 0, "data file made by `dgba data`"),
    OPTION(data_settings, tasks, WORDS, "[]", 0, 0,
           "tasks in the order that layouts count them; [] = all of the data file"),
    OPTION(data_settings, height, INTEGER, "0", 0, 65536, "height of the test images in pixels; 0 = as in the file"),
    OPTION(data_settings, width, INTEGER, "0", 0, 65536, "width of the test images in pixels; 0 = as in the file"),
    OPTION(data_settings, train_images, INTEGER, "0", 0, 1e9, "training images used, from the first; 0 = all"),
    OPTION(data_settings, first_test_image, INTEGER, "0", 0, 1e9,
           "first of the test images used; 0 = the first of the split"),
    OPTION(data_settings, test_images, INTEGER, "0", 0, 1e9, "test images used, from the first; 0 = all"),
    OPTION(data_settings, shard, INTEGER, "16", 1, 65536, "test images per unit of work: one batch"),
    {"compat", DGBA_OPTION_CHOICE, offsetof(data_settings, compat), "none", 0, 0, compat_words,
     "metrics as the released Python code defines them; its batch is the shard"},
};
const dgba_option_table trial_data_options = {"data", "data set", data_rows, DGBA_COUNT_OF(data_rows)};

static const dgba_option attack_rows[] = {
    OPTION(dgba_attack, epsilon, REAL, NULL, 0, 1e6,
           "radius of the ball in input units, 0..255; of an L2 ball: of the whole image"),
    OPTION(dgba_attack, seed, INTEGER, "0", 0, 1e15, "seed of random starts; of no importance to steps without"),
    OPTION(dgba_attack, pooled_loss, BOOL, "false", 0, 0,
           "balance the losses of the batch, not of each image, as the released code; results then depend on data.shard"),
};
const dgba_option_table trial_attack_options = {"attack", "attack", attack_rows, DGBA_COUNT_OF(attack_rows)};

static const dgba_option transfer_rows[] = {
    OPTION(transfer_settings, task, BOOL, "false", 0, 0,
           "attack each task alone (rule single), whatever attack.rule says, and measure all tasks"),
    OPTION(transfer_settings, model, BOOL, "false", 0, 0,
           "measure every model at the images made on each other: one forward pass more per image, attack and other model"),
    OPTION(transfer_settings, step, WORDS, "[]", 0, 0, "steps whose images are measured elsewhere; [] = all"),
    OPTION(transfer_settings, rule, WORDS, "[]", 0, 0, "their rules, such as dgba or 'single:normal'; [] = all"),
    OPTION(transfer_settings, epsilon, WORDS, "[]", 0, 0, "their radii; [] = all"),
};
const dgba_option_table trial_transfer_options = {"transfer", "transferability", transfer_rows,
                                                  DGBA_COUNT_OF(transfer_rows)};

static const dgba_option example_rows[] = {
    OPTION(example_settings, images, INTEGER, "2", 0, 64,
           "test images, from the first, that the results keep with predictions and perturbations of the strongest radius; "
           "fewer if they would take more than 32 MiB"),
};
const dgba_option_table trial_example_options = {"examples", "images to look at", example_rows,
                                                 DGBA_COUNT_OF(example_rows)};

dgba_status trial_read_text(const char **out, const dgba_settings *settings, const char *key) {
    *out = dgba_settings_get(settings, key);
    return *out != NULL ? DGBA_OK : dgba_fail(DGBA_E_FORMAT, "the unit has no setting '%s'", key);
}

dgba_status trial_read_integer(int64_t *out, const dgba_settings *settings, const char *key) {
    const char *text = NULL;
    DGBA_TRY(trial_read_text(&text, settings, key));
    return dgba_context(dgba_text_integer(out, text), "%s", key);
}

static dgba_status read_model_def(dgba_model_def *out, const dgba_settings *settings) {
    dgba_model_def head;
    DGBA_TRY(dgba_settings_read(out, &dgba_model_options, settings, "model."));
    DGBA_TRY(dgba_settings_read(&head, &dgba_head_options, settings, "model.head."));
    out->head_channels = head.head_channels;
    out->head_rates = head.head_rates;
    out->head_dropout = head.head_dropout;
    return DGBA_OK;
}

dgba_status trial_create_model(dgba_model *out, const dgba_settings *settings, const dgba_data_info *data) {
    dgba_model_def def;
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_model_task heads[DGBA_MOST_TASKS];
    DGBA_TRY(read_model_def(&def, settings));
    DGBA_TRY(trial_read_tasks(tasks, data, false));
    for (int64_t t = 0; t < data->task_count; ++t) {
        heads[t].channels = dgba_task_prediction_channels(&tasks[t]);
        memcpy(heads[t].name, tasks[t].name, sizeof heads[t].name);
    }
    dgba_status status = dgba_model_create(out, &def, heads, data->task_count);
    if (status == DGBA_E_USAGE) status = DGBA_E_CONFIG; // what is no way to call a function is a bad value here
    return dgba_context(status, "model");
}

dgba_status trial_open_data(dgba_data **out, const char *file, const dgba_words *tasks) {
    DGBA_TRY(dgba_data_open(out, file));
    if (tasks->count == 0) return DGBA_OK;
    const char *names[DGBA_WORDS_MOST];
    for (int64_t i = 0; i < tasks->count; ++i) names[i] = tasks->items[i];
    const dgba_status status = dgba_data_select_tasks(*out, names, tasks->count);
    if (status != DGBA_OK) dgba_data_close(out);
    return status;
}

/** Reads the options of the chosen kind: all settings "prefix<option>" but the kind itself. */
static dgba_status read_kind_options(void *definition, const dgba_option_table *table, const dgba_settings *settings,
                                     const char *prefix) {
    dgba_option_defaults(definition, table);
    for (int64_t i = 0; i < settings->count; ++i) {
        const char *key = settings->items[i].key;
        if (strncmp(key, prefix, strlen(prefix)) != 0 || strcmp(key + strlen(prefix), "kind") == 0) continue;
        DGBA_TRY(dgba_option_set(definition, table, key + strlen(prefix), settings->items[i].value));
    }
    return DGBA_OK;
}

static dgba_status read_kind(const char **kind, const dgba_settings *settings, const char *prefix) {
    char key[80];
    snprintf(key, sizeof key, "%skind", prefix);
    return trial_read_text(kind, settings, key);
}

static dgba_status bind_rule(dgba_rule *rule, const dgba_task *tasks, int64_t task_count) {
    const char *names[DGBA_MOST_TASKS];
    for (int64_t t = 0; t < task_count; ++t) names[t] = tasks[t].name;
    return dgba_rule_bind(rule, names, task_count);
}

/** Step and rule among settings with the prefix. */
static dgba_status read_step_and_rule(dgba_attack *out, const dgba_settings *settings, const char *prefix,
                                      const dgba_task *tasks, int64_t task_count) {
    char step[64], rule[64];
    const char *step_kind = NULL, *rule_kind = NULL;
    snprintf(step, sizeof step, "%sstep.", prefix);
    snprintf(rule, sizeof rule, "%srule.", prefix);
    DGBA_TRY(read_kind(&step_kind, settings, step));
    DGBA_TRY(read_kind(&rule_kind, settings, rule));
    DGBA_TRY(dgba_step_kind_find(&out->step.kind, step_kind));
    DGBA_TRY(dgba_rule_kind_find(&out->rule.kind, rule_kind));
    DGBA_TRY(read_kind_options(&out->step, out->step.kind->options, settings, step));
    DGBA_TRY(read_kind_options(&out->rule, out->rule.kind->options, settings, rule));
    DGBA_TRY(dgba_attack_pair(out->step.kind, out->rule.kind));
    return bind_rule(&out->rule, tasks, task_count);
}

dgba_status trial_read_attack(dgba_attack *out, const dgba_settings *settings, const dgba_task *tasks, int64_t task_count) {
    *out = (dgba_attack){0};
    DGBA_TRY(dgba_settings_read(out, &trial_attack_options, settings, "attack."));
    return read_step_and_rule(out, settings, "attack.", tasks, task_count);
}

static dgba_status read_adversarial(dgba_train_adversarial *out, const dgba_settings *settings, const dgba_task *tasks,
                                    int64_t task_count) {
    *out = (dgba_train_adversarial){0};
    DGBA_TRY(dgba_settings_read(out, &dgba_train_adversarial_options, settings, "train.adversarial."));
    if (out->attack.epsilon == 0) return DGBA_OK; // clean training, whatever step and rule may be
    out->attack.box = trial_image_box();
    DGBA_TRY(read_step_and_rule(&out->attack, settings, "train.adversarial.", tasks, task_count));
    if (!out->attack.rule.kind->one_task || out->attack.rule.task_index >= 0) return DGBA_OK;
    return dgba_fail(DGBA_E_CONFIG, "rule %s: name the task that is attacked, as %s:%s", out->attack.rule.kind->name,
                     out->attack.rule.kind->name, tasks[0].name);
}

dgba_status trial_read_train(dgba_train *out, dgba_train_adversarial *adversarial, const dgba_settings *settings,
                             const dgba_task *tasks, int64_t task_count) {
    DGBA_TRY(dgba_settings_read(out, &dgba_train_options, settings, "train."));
    DGBA_TRY(dgba_context(dgba_train_check(out, task_count), "train"));
    DGBA_TRY(dgba_context(read_adversarial(adversarial, settings, tasks, task_count), "train.adversarial"));
    return dgba_context(dgba_train_check_adversarial(adversarial, out), "train.adversarial");
}

dgba_box trial_image_box(void) {
    dgba_box box;
    for (int c = 0; c < 3; ++c) {
        box.low[c] = 0 - dgba_data_mean[c];
        box.high[c] = 255 - dgba_data_mean[c];
    }
    return box;
}

dgba_status trial_read_tasks(dgba_task *out, const dgba_data_info *data, bool released) {
    for (int64_t t = 0; t < data->task_count; ++t) {
        out[t] = (dgba_task){.classes = data->tasks[t].classes, .released = released};
        memcpy(out[t].class_weights, data->tasks[t].class_weights, sizeof out[t].class_weights);
        DGBA_TRY(dgba_text_fit(out[t].name, sizeof out[t].name, data->tasks[t].name));
        DGBA_TRY(dgba_context(dgba_task_kind_find(&out[t].kind, data->tasks[t].kind), "task %s", out[t].name));
    }
    return DGBA_OK;
}
