#include <ctype.h>
#include <string.h>

#include "parts.h"

// More than any model has; so few that the parameters can be counted.
enum { IMAGE_CHANNELS = 3, MOST_CHANNELS = 1 << 16, MOST_RATE = 1024 };

/* ---- Checks ---- */

static dgba_status check_def(const dgba_model_def *def) {
    if (dgba_backbone_find(def->backbone) == NULL)
        return dgba_fail(DGBA_E_USAGE, "there is no backbone %lld", (long long)def->backbone);
    if (!(def->width > 0 && def->width <= 16))
        return dgba_fail(DGBA_E_USAGE, "a width of %g; it must be above 0 and at most 16", def->width);
    if (def->head_channels < 1 || def->head_channels > MOST_CHANNELS)
        return dgba_fail(DGBA_E_USAGE, "a head of %lld channels; it can have 1 to %d", (long long)def->head_channels,
                         MOST_CHANNELS);
    if (!(def->head_dropout >= 0 && def->head_dropout < 1))
        return dgba_fail(DGBA_E_USAGE, "a dropout of %g; it must be at least 0 and below 1", def->head_dropout);
    if (def->head_rates.count < 1 || def->head_rates.count > DGBA_INTEGERS_MOST)
        return dgba_fail(DGBA_E_USAGE, "a head with %lld dilation rates; it needs 1 to %d",
                         (long long)def->head_rates.count, DGBA_INTEGERS_MOST);
    for (int64_t r = 0; r < def->head_rates.count; ++r)
        if (def->head_rates.values[r] < 1 || def->head_rates.values[r] > MOST_RATE)
            return dgba_fail(DGBA_E_USAGE, "a dilation rate of %lld; it can be 1 to %d",
                             (long long)def->head_rates.values[r], MOST_RATE);
    return DGBA_OK;
}

/** Names become parts of parameter names and of paths in checkpoints. */
static bool is_good_name(const char *name) {
    for (const char *c = name; *c != '\0'; ++c)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-') return false;
    return name[0] != '\0';
}

static dgba_status check_tasks(const dgba_model_task *tasks, int64_t count) {
    if (count < 1 || count > DGBA_MOST_TASKS)
        return dgba_fail(DGBA_E_USAGE, "a model of %lld tasks; it can have 1 to %d", (long long)count, DGBA_MOST_TASKS);
    for (int64_t t = 0; t < count; ++t) {
        if (!is_good_name(tasks[t].name))
            return dgba_fail(DGBA_E_USAGE, "the task name '%s' has other characters than letters, digits, _ and -",
                             tasks[t].name);
        if (tasks[t].channels < 1 || tasks[t].channels > MOST_CHANNELS)
            return dgba_fail(DGBA_E_USAGE, "task %s predicts %lld channels; it can predict 1 to %d", tasks[t].name,
                             (long long)tasks[t].channels, MOST_CHANNELS);
        for (int64_t other = 0; other < t; ++other)
            if (strcmp(tasks[other].name, tasks[t].name) == 0)
                return dgba_fail(DGBA_E_USAGE, "two tasks are called %s", tasks[t].name);
    }
    return DGBA_OK;
}

/* ---- Graph ---- */

/** Weights, biases, gammas and betas from parameter `first` on. */
static int64_t count_trainable(const dgba_graph *graph, int64_t first) {
    int64_t count = 0, trainable = 0;
    const dgba_parameter *parameters = dgba_graph_parameters(graph, &count);
    for (int64_t i = first; i < count; ++i)
        if (dgba_parameter_is_trainable(parameters[i].role)) trainable += dgba_shape_count(parameters[i].shape);
    return trainable;
}

/** One copy of a fine block, for the tasks of set `s` of its level. `end` is where each task's chain ends so far. */
static dgba_status append_copy(dgba_model *model, dgba_node *end, int64_t level, int64_t block, int64_t s) {
    const dgba_backbone_parts *parts = dgba_backbone_find(model->def.backbone);
    const dgba_task_set set = model->layout.sets[level][s];
    char name[DGBA_PARAMETER_NAME_BYTES];
    int64_t before = 0;
    dgba_node node = end[__builtin_ctz(set)]; // the same for all tasks of the set, as each level refines the one before
    dgba_graph_parameters(model->graph, &before);
    DGBA_TRY(dgba_part_name(name, DGBA_TRUNK_PREFIX "%lld.%lld", (long long)block, (long long)s));
    DGBA_TRY(parts->append(&node, model->graph, node, block, model->def.width, name));
    for (int64_t t = 0; t < model->task_count; ++t)
        if (set >> t & 1) end[t] = node;
    const int64_t parameters = count_trainable(model->graph, before);
    if (__builtin_popcount(set) > 1) model->shared_parameter_count += parameters;
    if (s == 0) model->level_parameters[level] += parameters;
    return DGBA_OK;
}

/** Block by block, within a block set by set: the order of the released checkpoints. */
static dgba_status append_trunk(dgba_model *model, dgba_node *end) {
    const dgba_backbone_parts *parts = dgba_backbone_find(model->def.backbone);
    for (int64_t level = 0; level < parts->levels; ++level)
        for (int64_t block = parts->first_block[level]; block < parts->first_block[level + 1]; ++block)
            for (int64_t s = 0; s < model->layout.set_count[level]; ++s) DGBA_TRY(append_copy(model, end, level, block, s));
    return DGBA_OK;
}

static dgba_status append_heads(dgba_model *model, const dgba_node *end) {
    for (int64_t t = 0; t < model->task_count; ++t) {
        const dgba_model_task *task = &model->tasks[t];
        char name[DGBA_PARAMETER_NAME_BYTES];
        dgba_node prediction = 0;
        DGBA_TRY(dgba_part_name(name, DGBA_HEAD_PREFIX "%s", task->name));
        DGBA_TRY(dgba_head_aspp(&prediction, model->graph, end[t], &model->def, task->channels, name));
        DGBA_TRY(dgba_graph_output(model->graph, prediction));
    }
    return DGBA_OK;
}

static dgba_status build(dgba_model *model) {
    dgba_node end[DGBA_MOST_TASKS] = {0}; // all chains begin at the input
    DGBA_TRY(dgba_graph_create(&model->graph, IMAGE_CHANNELS));
    DGBA_TRY(append_trunk(model, end));
    DGBA_TRY(append_heads(model, end));
    model->parameter_count = count_trainable(model->graph, 0);
    return DGBA_OK;
}

dgba_status dgba_model_create(dgba_model *out, const dgba_model_def *def, const dgba_model_task *tasks,
                              int64_t task_count) {
    *out = (dgba_model){0};
    DGBA_TRY(check_def(def));
    DGBA_TRY(check_tasks(tasks, task_count));
    dgba_model model = {.def = *def, .task_count = task_count};
    memcpy(model.tasks, tasks, (size_t)task_count * sizeof *tasks);
    DGBA_TRY(dgba_layout_at(&model.layout, task_count, dgba_backbone_levels(def->backbone), def->layout));
    const dgba_status status = build(&model);
    if (status != DGBA_OK) {
        dgba_model_free(&model);
        return status;
    }
    *out = model;
    return DGBA_OK;
}

void dgba_model_free(dgba_model *model) {
    dgba_graph_free(&model->graph);
    *model = (dgba_model){0};
}
