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
#define ROW dgba_solve_row
static const column_about solve_columns[] = {DGBA_SOLVE_COLUMNS(COLUMN)};
#undef ROW

#define TABLE(its_group, name, its_axis)                                                                                 \
    {                                                                                                                    \
        .group = its_group, .axis = its_axis, .rows = offsetof(dgba_results, name##s),                                   \
        .row_bytes = sizeof(dgba_##name##_row), .columns = name##_columns, .column_count = DGBA_COUNT_OF(name##_columns) \
    }

const table_about results_tables[TABLE_COUNT] = {
    TABLE("/tasks", task, AXIS_TASK),
    TABLE("/metrics", metric, AXIS_METRIC),
    TABLE("/models", model, AXIS_MODEL),
    TABLE("/attacks", attack, AXIS_ATTACK),
    [TABLE_SOLVE] = TABLE("/ilp", solve, AXIS_SOLVE),
};

#define AXIS(name, help) \
    { .scale = "/" #name, .count = offsetof(dgba_results, name##_count), .description = help }

// At the root, where netCDF readers find the dimensions of every group.
const axis_about results_axes[AXIS_COUNT] = {
    [AXIS_TASK] = AXIS(task, "row of the task in /tasks"),
    [AXIS_METRIC] = AXIS(metric, "row of the metric in /metrics"),
    [AXIS_MODEL] = AXIS(model, "row of the model in /models"),
    [AXIS_ATTACK] = AXIS(attack, "row of the attack in /attacks"),
    [AXIS_IMAGE] = AXIS(image, "index of the image in the data file"),
    [AXIS_SOLVE] = AXIS(solve, "row of the integer program in /ilp"),
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
};

#define PROVENANCE_NAME(name, help) #name,
const char *const results_provenance[PROVENANCE_COUNT] = {DGBA_PROVENANCE_LIST(PROVENANCE_NAME)};

int64_t results_axis_count(const dgba_results *results, results_axis axis) {
    return *FIELD(const int64_t, results, results_axes[axis].count);
}

dgba_status results_array_count(int64_t *out, const dgba_results *results, const array_about *about) {
    *out = 1;
    for (int i = 0; i < about->axes; ++i)
        if (__builtin_mul_overflow(*out, results_axis_count(results, about->axis[i]), out))
            return dgba_fail(DGBA_E_MEMORY, "%s would have too many elements", about->path);
    return DGBA_OK;
}
