/** What a checkpoint looks like: /model has the definition as attributes; /model/tasks, /model/task_channels and
 *  /model/head_rates are its lists; /model/parameters/NAME are the values. */
#include <stdio.h>
#include <string.h>

#include "parts.h"

#define GROUP      "/model"
#define TASKS      GROUP "/tasks"
#define CHANNELS   GROUP "/task_channels"
#define RATES      GROUP "/head_rates"
#define PARAMETERS GROUP "/parameters"

enum { FORMAT = 1, GROUP_BYTES = 64, PATH_BYTES = GROUP_BYTES + DGBA_PARAMETER_NAME_BYTES };

static void dataset_path(char path[PATH_BYTES], const char *group, const dgba_parameter *p) {
    DGBA_ASSERT(strlen(group) < GROUP_BYTES - 1);
    snprintf(path, PATH_BYTES, "%s/%s", group, p->name);
}

/** Sizes of a parameter's dataset: four axes for weights, one for the others. */
static int dataset_axes(int64_t sizes[DGBA_H5_MOST_AXES], const dgba_parameter *p) {
    const dgba_shape s = p->shape;
    const bool is_weight = p->role == DGBA_PARAMETER_WEIGHT;
    const int64_t all[] = {is_weight ? s.n : s.c, s.c, s.h, s.w};
    memcpy(sizes, all, sizeof all);
    return is_weight ? 4 : 1;
}

/* ---- Writing ---- */

static dgba_status write_integers(dgba_h5 *file, const char *path, const int64_t *values, int64_t count,
                                  const char *description) {
    const dgba_h5_dataset dataset = {
        .path = path, .type = DGBA_H5_I64, .axes = 1, .sizes = {count}, .unit = "", .description = description};
    return dgba_h5_write(file, &dataset, values);
}

static dgba_status write_layout(dgba_h5 *file, const dgba_layout *layout) {
    dgba_text tree = {0};
    dgba_layout_print(&tree, layout);
    const dgba_status status = dgba_h5_set_text(file, GROUP, "layout_tree", dgba_text_chars(&tree));
    dgba_text_free(&tree);
    return status;
}

static dgba_status write_def(dgba_h5 *file, const dgba_model *model) {
    const dgba_model_def *def = &model->def;
    DGBA_TRY(dgba_h5_set_integer(file, GROUP, "format", FORMAT));
    DGBA_TRY(dgba_h5_set_text(file, GROUP, "backbone", dgba_backbone_names[def->backbone]));
    DGBA_TRY(dgba_h5_set_real(file, GROUP, "width", def->width));
    DGBA_TRY(dgba_h5_set_integer(file, GROUP, "layout", def->layout));
    DGBA_TRY(write_layout(file, &model->layout));
    DGBA_TRY(dgba_h5_set_integer(file, GROUP, "head_channels", def->head_channels));
    DGBA_TRY(dgba_h5_set_real(file, GROUP, "head_dropout", def->head_dropout));
    return write_integers(file, RATES, def->head_rates.values, def->head_rates.count, "dilation rates of each head");
}

static dgba_status write_tasks(dgba_h5 *file, const dgba_model *model) {
    const char *names[DGBA_MOST_TASKS];
    int64_t channels[DGBA_MOST_TASKS];
    for (int64_t t = 0; t < model->task_count; ++t) {
        names[t] = model->tasks[t].name;
        channels[t] = model->tasks[t].channels;
    }
    DGBA_TRY(dgba_h5_write_texts(file, TASKS, names, model->task_count, "tasks in the order of the outputs"));
    return write_integers(file, CHANNELS, channels, model->task_count, "channels of each task's prediction");
}

dgba_status dgba_checkpoint_write(dgba_h5 *file, const dgba_model *model, const float *parameters) {
    DGBA_TRY(write_def(file, model));
    DGBA_TRY(write_tasks(file, model));
    return dgba_checkpoint_write_parameters(file, PARAMETERS, model, parameters);
}

dgba_status dgba_checkpoint_write_parameters(dgba_h5 *file, const char *group, const dgba_model *model,
                                             const float *parameters) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(model->graph, &count);
    for (int64_t i = 0; i < count; ++i) {
        char path[PATH_BYTES];
        dataset_path(path, group, &list[i]);
        dgba_h5_dataset dataset = {.path = path, .type = DGBA_H5_F32, .unit = "", .description = "parameter"};
        dataset.axes = dataset_axes(dataset.sizes, &list[i]);
        DGBA_TRY(dgba_h5_write(file, &dataset, parameters + list[i].offset));
    }
    return DGBA_OK;
}

/* ---- Reading ---- */

/** What our own checks object to is the file's fault. */
static dgba_status blame_file(dgba_status status, const dgba_h5 *file) {
    if (status == DGBA_OK || status == DGBA_E_MEMORY) return status;
    return dgba_fail(DGBA_E_FORMAT, "%s: %s", dgba_h5_name(file), dgba_error());
}

static dgba_status read_rates(dgba_integers *out, dgba_h5 *file) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    DGBA_TRY(dgba_h5_sizes(&axes, sizes, file, RATES));
    if (axes != 1 || sizes[0] > DGBA_INTEGERS_MOST)
        return dgba_fail(DGBA_E_FORMAT, "%s: %s is not a list of at most %d numbers", dgba_h5_name(file), RATES,
                         DGBA_INTEGERS_MOST);
    out->count = sizes[0];
    return dgba_h5_read(out->values, file, RATES, DGBA_H5_I64, out->count);
}

static dgba_status read_backbone(int64_t *out, dgba_h5 *file) {
    dgba_text word = {0};
    dgba_model_def def = {0};
    dgba_status status = dgba_h5_get_text(&word, file, GROUP, "backbone");
    if (status == DGBA_OK)
        status = blame_file(dgba_option_set(&def, &dgba_model_options, "backbone", dgba_text_chars(&word)), file);
    dgba_text_free(&word);
    *out = def.backbone;
    return status;
}

static dgba_status read_def(dgba_model_def *def, dgba_h5 *file) {
    int64_t format = 0;
    DGBA_TRY(dgba_h5_get_integer(&format, file, GROUP, "format"));
    if (format != FORMAT)
        return dgba_fail(DGBA_E_FORMAT, "%s: a checkpoint of format %lld; this program reads format %d", dgba_h5_name(file),
                         (long long)format, FORMAT);
    DGBA_TRY(read_backbone(&def->backbone, file));
    DGBA_TRY(dgba_h5_get_real(&def->width, file, GROUP, "width"));
    DGBA_TRY(dgba_h5_get_integer(&def->layout, file, GROUP, "layout"));
    DGBA_TRY(dgba_h5_get_integer(&def->head_channels, file, GROUP, "head_channels"));
    DGBA_TRY(dgba_h5_get_real(&def->head_dropout, file, GROUP, "head_dropout"));
    return read_rates(&def->head_rates, file);
}

static dgba_status read_tasks(dgba_model_task *tasks, int64_t *count, dgba_h5 *file) {
    dgba_names names = {0};
    int64_t channels[DGBA_MOST_TASKS];
    dgba_status status;
    DGBA_TRY_OUT(dgba_h5_read_texts(&names, file, TASKS));
    if (names.count > DGBA_MOST_TASKS)
        DGBA_TRY_OUT(dgba_fail(DGBA_E_FORMAT, "%s: %s lists %lld tasks; %d are allowed", dgba_h5_name(file), TASKS,
                               (long long)names.count, DGBA_MOST_TASKS));
    DGBA_TRY_OUT(dgba_h5_read(channels, file, CHANNELS, DGBA_H5_I64, names.count));
    for (int64_t t = 0; t < names.count; ++t) {
        DGBA_TRY_OUT(blame_file(dgba_text_fit(tasks[t].name, sizeof tasks[t].name, names.items[t]), file));
        tasks[t].channels = channels[t];
    }
    *count = names.count;
out:
    dgba_names_free(&names);
    return status;
}

/** The enumeration that gave the index must be ours: the parameters belong to the tree. */
static dgba_status check_layout(dgba_h5 *file, const dgba_model *model) {
    dgba_text stored = {0}, ours = {0};
    dgba_layout_print(&ours, &model->layout);
    dgba_status status = dgba_h5_get_text(&stored, file, GROUP, "layout_tree");
    if (status == DGBA_OK && strcmp(dgba_text_chars(&stored), dgba_text_chars(&ours)) != 0)
        status = dgba_fail(DGBA_E_FORMAT, "%s: its layout is %s, but layout %lld is %s", dgba_h5_name(file),
                           dgba_text_chars(&stored), (long long)model->def.layout, dgba_text_chars(&ours));
    dgba_text_free(&stored);
    dgba_text_free(&ours);
    return status;
}

static void print_sizes(dgba_text *out, const int64_t *sizes, int axes) {
    for (int i = 0; i < axes; ++i) dgba_text_add(out, "%s%lld", i > 0 ? "," : "", (long long)sizes[i]);
}

static dgba_status fail_shape(const dgba_h5 *file, const char *name, const int64_t *found, int found_axes,
                              const int64_t *expected, int expected_axes) {
    dgba_text has = {0}, needs = {0};
    print_sizes(&has, found, found_axes);
    print_sizes(&needs, expected, expected_axes);
    const dgba_status status = dgba_fail(DGBA_E_FORMAT, "%s: the parameter %s has the shape (%s); the model needs (%s)",
                                         dgba_h5_name(file), name, dgba_text_chars(&has), dgba_text_chars(&needs));
    dgba_text_free(&has);
    dgba_text_free(&needs);
    return status;
}

static dgba_status check_parameter(dgba_h5 *file, const dgba_parameter *p) {
    char path[PATH_BYTES];
    int found_axes = 0;
    int64_t found[DGBA_H5_MOST_AXES], expected[DGBA_H5_MOST_AXES];
    const int axes = dataset_axes(expected, p);
    dataset_path(path, PARAMETERS, p);
    if (!dgba_h5_has(file, path))
        return dgba_fail(DGBA_E_FORMAT, "%s: the parameter %s is missing", dgba_h5_name(file), p->name);
    DGBA_TRY(dgba_h5_sizes(&found_axes, found, file, path));
    if (found_axes == axes && memcmp(found, expected, (size_t)axes * sizeof *found) == 0) return DGBA_OK;
    return fail_shape(file, p->name, found, found_axes, expected, axes);
}

/** The file has all parameters, so that it is no more than memory for them that a caller now needs. */
static dgba_status check_parameters(dgba_h5 *file, const dgba_model *model) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(model->graph, &count);
    for (int64_t i = 0; i < count; ++i) DGBA_TRY(check_parameter(file, &list[i]));
    return DGBA_OK;
}

static dgba_status read_parameter(float *values, dgba_h5 *file, const dgba_parameter *p) {
    char path[PATH_BYTES];
    dataset_path(path, PARAMETERS, p);
    return dgba_h5_read(values, file, path, DGBA_H5_F32, dgba_shape_count(p->shape));
}

dgba_status dgba_checkpoint_read_parameters(float *parameters, const dgba_model *model, dgba_h5 *file) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(model->graph, &count);
    for (int64_t i = 0; i < count; ++i) DGBA_TRY(read_parameter(parameters + list[i].offset, file, &list[i]));
    return DGBA_OK;
}

dgba_status dgba_checkpoint_read_model(dgba_model *model, dgba_h5 *file) {
    dgba_model_def def = {0};
    dgba_model_task tasks[DGBA_MOST_TASKS];
    int64_t count = 0;
    *model = (dgba_model){0};
    DGBA_TRY(read_def(&def, file));
    DGBA_TRY(read_tasks(tasks, &count, file));
    DGBA_TRY(blame_file(dgba_model_create(model, &def, tasks, count), file));
    dgba_status status = check_layout(file, model);
    if (status == DGBA_OK) status = check_parameters(file, model);
    if (status != DGBA_OK) dgba_model_free(model);
    return status;
}

dgba_status dgba_checkpoint_read(dgba_model *model, float **parameters, dgba_h5 *file) {
    *parameters = NULL;
    DGBA_TRY(dgba_checkpoint_read_model(model, file));
    dgba_status status = DGBA_NEW(parameters, dgba_graph_parameter_floats(model->graph));
    if (status == DGBA_OK) status = dgba_checkpoint_read_parameters(*parameters, model, file);
    if (status != DGBA_OK) {
        dgba_free(*parameters);
        *parameters = NULL;
        dgba_model_free(model);
    }
    return status;
}
