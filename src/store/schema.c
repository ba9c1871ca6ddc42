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

#define ROW dgba_answer_row
static const column_about answer_columns[] = {DGBA_ANSWER_COLUMNS(COLUMN)};
#undef ROW
#define ROW dgba_class_row
static const column_about class_columns[] = {DGBA_CLASS_COLUMNS(COLUMN)};
#undef ROW
#define ROW dgba_example_row
static const column_about example_columns[] = {DGBA_EXAMPLE_COLUMNS(COLUMN)};
#undef ROW

#define TRANSFER_AXES AXIS_SOURCE_MODEL, AXIS_TRANSFER_ATTACK, AXIS_TARGET_MODEL

#define TABLE(its_group, name, its_axes, ...) TABLE_OF(its_group, name, name##s, its_axes, __VA_ARGS__)
#define TABLE_OF(its_group, name, field, its_axes, ...)                                                                  \
    {                                                                                                                    \
        .group = its_group, .axes = its_axes, .axis = {__VA_ARGS__}, .rows = offsetof(dgba_results, field),              \
        .row_bytes = sizeof(dgba_##name##_row), .columns = name##_columns, .column_count = DGBA_COUNT_OF(name##_columns) \
    }

const table_about results_tables[TABLE_COUNT] = {
    [TABLE_TASK] = TABLE("/tasks", task, 1, AXIS_TASK),
    [TABLE_METRIC] = TABLE("/metrics", metric, 1, AXIS_METRIC),
    [TABLE_MODEL] = TABLE("/models", model, 1, AXIS_MODEL),
    [TABLE_ATTACK] = TABLE("/attacks", attack, 1, AXIS_ATTACK),
    [TABLE_TRANSFER] = TABLE("/transfer", transfer, 3, TRANSFER_AXES),
    [TABLE_SOLVE] = TABLE("/ilp", solve, 1, AXIS_SOLVE),
    [TABLE_ANSWER] = TABLE("/answers", answer, 1, AXIS_ANSWER),
    [TABLE_CLASS] = TABLE_OF("/classes", class, classes, 1, AXIS_CLASS),
    [TABLE_EXAMPLE] = TABLE("/examples", example, 1, AXIS_EXAMPLE),
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
    [AXIS_ANSWER] = AXIS(answer, answer, "row of the number of a prediction in /answers"),
    [AXIS_CLASS] = AXIS(class, class, "row of the class in /classes"),
    [AXIS_EXAMPLE] = AXIS(example, example, "row of the attack in /examples"),
    [AXIS_EXAMPLE_IMAGE] = AXIS(example_image, example_image, "place of the image in /image"),
    [AXIS_ROW] = AXIS(row, row, "row of pixels, from the top"),
    [AXIS_COLUMN] = AXIS(column, column, "column of pixels, from the left"),
    [AXIS_COLOR] = AXIS(color, color, "red, green, blue"),
    [AXIS_HEAD_ROW] = AXIS(head_row, head_row, "row of a prediction, from the top"),
    [AXIS_HEAD_COLUMN] = AXIS(head_column, head_column, "column of a prediction, from the left"),
};

#define EXAMPLE_HEAD_AXES AXIS_EXAMPLE_IMAGE, AXIS_ANSWER, AXIS_HEAD_ROW, AXIS_HEAD_COLUMN

#define ARRAY(its_type, its_path, field, its_unit, help, its_axes, ...)                                     \
    {                                                                                                       \
        .path = its_path, .values = offsetof(dgba_results, field), .axes = its_axes, .axis = {__VA_ARGS__}, \
        .unit = its_unit, .description = help, .type = ARRAY_##its_type                                     \
    }

const array_about results_arrays[ARRAY_COUNT] = {
    ARRAY(F64, "/models/metrics", model_metrics, "see /metrics/unit", "clean value of each metric", 2, AXIS_MODEL,
          AXIS_METRIC),
    ARRAY(F64, "/models/losses", model_losses, "see /tasks/loss_unit", "clean loss of each task, mean over the images", 2,
          AXIS_MODEL, AXIS_TASK),
    ARRAY(F64, "/attacks/metrics", attack_metrics, "see /metrics/unit", "value of each metric under attack", 2, AXIS_ATTACK,
          AXIS_METRIC),
    ARRAY(F64, "/attacks/losses", attack_losses, "see /tasks/loss_unit",
          "loss of each task under attack, mean over the images", 2, AXIS_ATTACK, AXIS_TASK),
    ARRAY(F64, "/attacks/drops", attack_drops, "",
          "relative performance change of each task against the clean model, negative = worse", 2, AXIS_ATTACK, AXIS_TASK),
    ARRAY(F64, "/losses/clean", clean_losses, "see /tasks/loss_unit", "clean loss of each image", 3, AXIS_MODEL, AXIS_TASK,
          AXIS_IMAGE),
    ARRAY(F64, "/losses/adversarial", adversarial_losses, "see /tasks/loss_unit", "loss of each image under attack", 3,
          AXIS_ATTACK, AXIS_TASK, AXIS_IMAGE),
    ARRAY(F64, "/transfer/metrics", transfer_metrics, "see /metrics/unit", "value of each metric of the target model", 4,
          TRANSFER_AXES, AXIS_METRIC),
    ARRAY(F64, "/transfer/losses", transfer_losses, "see /tasks/loss_unit",
          "loss of each task of the target model, mean over the images", 4, TRANSFER_AXES, AXIS_TASK),
    ARRAY(F64, "/transfer/drops", transfer_drops, "",
          "relative performance change of each task against the clean target model, negative = worse", 4, TRANSFER_AXES,
          AXIS_TASK),
    ARRAY(F64, "/transfer/loss_changes", transfer_loss_changes, "",
          "relative change of each task's mean loss against the clean target model, positive = worse", 4, TRANSFER_AXES,
          AXIS_TASK),
    ARRAY(U8, "/examples/images", example_images, "input unit", "clean image, rounded", 4, AXIS_EXAMPLE_IMAGE, AXIS_ROW,
          AXIS_COLUMN, AXIS_COLOR),
    ARRAY(F32, "/examples/truth", example_truth, "see /answers/unit", "ground truth; NaN = not valid", 4,
          AXIS_EXAMPLE_IMAGE, AXIS_ANSWER, AXIS_ROW, AXIS_COLUMN),
    ARRAY(F32, "/examples/clean", example_clean, "see /answers/unit", "prediction at the clean image", 5, AXIS_MODEL,
          EXAMPLE_HEAD_AXES),
    ARRAY(F32, "/examples/adversarial", example_adversarial, "see /answers/unit", "prediction at the adversarial image", 5,
          AXIS_EXAMPLE, EXAMPLE_HEAD_AXES),
    ARRAY(F64, "/examples/largest", example_largest, "input unit", "largest change of any pixel by the attack", 2,
          AXIS_EXAMPLE, AXIS_EXAMPLE_IMAGE),
    ARRAY(U8, "/examples/perturbation", example_perturbation, "see description",
          "128 + 127 * (adversarial - clean image) / largest, rounded; 0 = missing", 5, AXIS_EXAMPLE, AXIS_EXAMPLE_IMAGE,
          AXIS_ROW, AXIS_COLUMN, AXIS_COLOR),
};

const dgba_h5_type results_h5_types[] = {[ARRAY_F64] = DGBA_H5_F64, [ARRAY_F32] = DGBA_H5_F32, [ARRAY_U8] = DGBA_H5_U8};

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
