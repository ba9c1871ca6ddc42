#include "schema.h"

#define COLUMN(field_type, field, field_unit, help) \
    {.name = #field, .type = COLUMN_##field_type, .offset = offsetof(ROW, field), .unit = field_unit, .description = help},

#define ROW dgba_task_row
static const column_about task_columns[] = {DGBA_TASK_COLUMNS(COLUMN)};
#undef ROW
#define ROW dgba_metric_row
static const column_about metric_columns[] = {DGBA_METRIC_COLUMNS(COLUMN)};
#undef ROW
#define ROW dgba_model_row
static const column_about model_columns[] = {DGBA_MODEL_COLUMNS(COLUMN)};
#undef ROW
#define ROW dgba_attack_row
static const column_about attack_columns[] = {DGBA_ATTACK_COLUMNS(COLUMN)};
#undef ROW
#define ROW dgba_transfer_row
static const column_about transfer_columns[] = {DGBA_TRANSFER_COLUMNS(COLUMN)};
#undef ROW

#define ROW dgba_solve_row
static const column_about solve_columns[] = {DGBA_SOLVE_COLUMNS(COLUMN)};
#undef ROW

#define TRANSFER_AXES AXIS_SOURCE_MODEL, AXIS_TRANSFER_ATTACK, AXIS_TARGET_MODEL

#define TABLE(its_group, name, its_axes, ...)                                                                            \
    {                                                                                                                    \
        .group = its_group, .axes = its_axes, .axis = {__VA_ARGS__}, .rows = offsetof(dgba_results, name##s),            \
        .row_bytes = sizeof(dgba_##name##_row), .columns = name##_columns, .column_count = DGBA_COUNT_OF(name##_columns) \
    }

const table_about results_tables[TABLE_COUNT] = {
    [TABLE_TASK] = TABLE("/tasks", task, 1, AXIS_TASK),
    [TABLE_METRIC] = TABLE("/metrics", metric, 1, AXIS_METRIC),
    [TABLE_MODEL] = TABLE("/models", model, 1, AXIS_MODEL),
    [TABLE_ATTACK] = TABLE("/attacks", attack, 1, AXIS_ATTACK),
    [TABLE_TRANSFER] = TABLE("/transfer", transfer, 3, TRANSFER_AXES),
    [TABLE_SOLVE] = TABLE("/ilp", solve, 1, AXIS_SOLVE),
};

#define AXIS(name, counted, help) \
    { .scale = "/" #name, .count = offsetof(dgba_results, counted##_count), .description = help }

// At the root, where netCDF readers find the dimensions of every group.
const axis_about results_axes[AXIS_COUNT] = {
    [AXIS_TASK] = AXIS(task, task, "row of the task in /tasks"),
    [AXIS_METRIC] = AXIS(metric, metric, "row of the metric in /metrics"),
    [AXIS_MODEL] = AXIS(model, model, "row of the model in /models"),
    [AXIS_ATTACK] = AXIS(attack, attack, "row of the attack in /attacks"),
    [AXIS_IMAGE] = AXIS(image, image, "index of the image in the data file"),
    [AXIS_SOURCE_MODEL] = AXIS(source_model, model, "row in /models of the model that images were made on"),
    [AXIS_TRANSFER_ATTACK] = AXIS(transfer_attack, transfer_attack, "number of the transferred attack"),
    [AXIS_TARGET_MODEL] = AXIS(target_model, model, "row in /models of the model that images were measured on"),
    [AXIS_SOLVE] = AXIS(solve, solve, "row of the integer program in /ilp"),
};

const array_about results_arrays[ARRAY_COUNT] = {
    {"/models/metrics",
     offsetof(dgba_results, model_metrics),
     2,
     {AXIS_MODEL, AXIS_METRIC},
     "see /metrics/unit",
     "clean value of each metric"},
    {"/models/losses",
     offsetof(dgba_results, model_losses),
     2,
     {AXIS_MODEL, AXIS_TASK},
     "see /tasks/loss_unit",
     "clean loss of each task, mean over the images"},
    {"/attacks/metrics",
     offsetof(dgba_results, attack_metrics),
     2,
     {AXIS_ATTACK, AXIS_METRIC},
     "see /metrics/unit",
     "value of each metric under attack"},
    {"/attacks/losses",
     offsetof(dgba_results, attack_losses),
     2,
     {AXIS_ATTACK, AXIS_TASK},
     "see /tasks/loss_unit",
     "loss of each task under attack, mean over the images"},
    {"/attacks/drops",
     offsetof(dgba_results, attack_drops),
     2,
     {AXIS_ATTACK, AXIS_TASK},
     "",
     "relative performance change of each task against the clean model, negative = worse"},
    {"/losses/clean",
     offsetof(dgba_results, clean_losses),
     3,
     {AXIS_MODEL, AXIS_TASK, AXIS_IMAGE},
     "see /tasks/loss_unit",
     "clean loss of each image"},
    {"/losses/adversarial",
     offsetof(dgba_results, adversarial_losses),
     3,
     {AXIS_ATTACK, AXIS_TASK, AXIS_IMAGE},
     "see /tasks/loss_unit",
     "loss of each image under attack"},
    {"/transfer/metrics",
     offsetof(dgba_results, transfer_metrics),
     4,
     {TRANSFER_AXES, AXIS_METRIC},
     "see /metrics/unit",
     "value of each metric of the target model"},
    {"/transfer/losses",
     offsetof(dgba_results, transfer_losses),
     4,
     {TRANSFER_AXES, AXIS_TASK},
     "see /tasks/loss_unit",
     "loss of each task of the target model, mean over the images"},
    {"/transfer/drops",
     offsetof(dgba_results, transfer_drops),
     4,
     {TRANSFER_AXES, AXIS_TASK},
     "",
     "relative performance change of each task against the clean target model, negative = worse"},
    {"/transfer/loss_changes",
     offsetof(dgba_results, transfer_loss_changes),
     4,
     {TRANSFER_AXES, AXIS_TASK},
     "",
     "relative change of each task's mean loss against the clean target model, positive = worse"},
};

#define PROVENANCE_NAME(name, help) #name,
const char *const results_provenance[PROVENANCE_COUNT] = {DGBA_PROVENANCE_LIST(PROVENANCE_NAME)};

int64_t results_axis_count(const dgba_results *results, results_axis axis) {
    return *FIELD(const int64_t, results, results_axes[axis].count);
}

static dgba_status count_elements(int64_t *out, const dgba_results *results, const char *path, const results_axis *axis,
                                  int axes) {
    *out = 1;
    for (int i = 0; i < axes; ++i)
        if (__builtin_mul_overflow(*out, results_axis_count(results, axis[i]), out))
            return dgba_fail(DGBA_E_MEMORY, "%s would have too many elements", path);
    return DGBA_OK;
}

dgba_status results_table_count(int64_t *out, const dgba_results *results, const table_about *about) {
    return count_elements(out, results, about->group, about->axis, about->axes);
}

dgba_status results_array_count(int64_t *out, const dgba_results *results, const array_about *about) {
    return count_elements(out, results, about->path, about->axis, about->axes);
}
