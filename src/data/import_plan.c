#include <stdio.h>
#include <string.h>

#include "import.h"

/** Which tasks a key of a task goes with. */
enum {
    WITH_SEGMENTATION = 1 << DATA_SEGMENTATION,
    WITH_NORMALS = 1 << DATA_NORMALS,
    WITH_RAW_NORMALS = 1 << DATA_RAW_NORMALS,
    WITH_DEPTH = 1 << DATA_DEPTH,
    WITH_LOG_DEPTH = 1 << DATA_LOG_DEPTH,
    WITH_PIXEL_L1 = 1 << DATA_PIXEL_L1,
    WITH_DERIVED = 1 << DATA_KIND_COUNT,
    WITH_STORED = WITH_DERIVED - 1,
    WITH_ALL = WITH_STORED | WITH_DERIVED,
};

static const struct {
    const char *name;
    int with;
} task_keys[] = {
    {"kind", WITH_ALL},
    {"unit", WITH_ALL},
    {"folder", WITH_STORED},
    {"add", WITH_STORED},
    {"scale", WITH_STORED},
    {"divide", WITH_STORED},
    {"ignore", WITH_STORED},
    {"valid_below", WITH_DEPTH | WITH_LOG_DEPTH | WITH_PIXEL_L1},
    {"clip", WITH_DEPTH | WITH_PIXEL_L1},
    {"map", WITH_DEPTH | WITH_PIXEL_L1},
    {"color", WITH_NORMALS | WITH_RAW_NORMALS},
    {"classes", WITH_SEGMENTATION},
    {"names", WITH_SEGMENTATION},
    {"weights", WITH_SEGMENTATION},
    {"from", WITH_DERIVED},
    {"camera", WITH_DERIVED},
};

static const char *const plan_keys[] = {"name", "source", "image", "splits", "tasks"};
static const char *const image_keys[] = {"folder", "color"};
static const char *const camera_keys[] = {"fx", "fy", "cx", "cy"};

static dgba_status fail_key(const dgba_yaml *document, const dgba_yaml_node *node, const char *place,
                            const char *const *known, int64_t count) {
    const char *nearest = dgba_text_nearest(node->key, known, count);
    if (nearest == NULL) return dgba_yaml_fail(document, node, true, "unknown key '%s' in %s", node->key, place);
    return dgba_yaml_fail(document, node, true, "unknown key '%s' in %s (did you mean '%s'?)", node->key, place, nearest);
}

static dgba_status check_keys(const dgba_yaml *document, const dgba_yaml_node *map, const char *place,
                              const char *const *known, int64_t count) {
    if (map->kind != DGBA_YAML_MAP) return dgba_yaml_fail(document, map, false, "%s must be a map of keys", place);
    for (const dgba_yaml_node *node = map->first; node != NULL; node = node->next) {
        int64_t i = 0;
        while (i < count && strcmp(known[i], node->key) != 0) ++i;
        if (i == count) return fail_key(document, node, place, known, count);
    }
    return DGBA_OK;
}

static dgba_status require(const dgba_yaml_node **out, const dgba_yaml *document, const dgba_yaml_node *map,
                           const char *place, const char *key) {
    *out = dgba_yaml_get(map, key);
    if (*out != NULL) return DGBA_OK;
    return dgba_yaml_fail(document, map, false, "%s lacks the key '%s'", place, key);
}

static dgba_status read_text(const char **out, const dgba_yaml *document, const dgba_yaml_node *node) {
    if (node->kind != DGBA_YAML_SCALAR || node->text[0] == '\0')
        return dgba_yaml_fail(document, node, false, "'%s' must be a word or a path", node->key);
    *out = node->text;
    return DGBA_OK;
}

static dgba_status read_real(double *out, const dgba_yaml *document, const dgba_yaml_node *node, const char *key) {
    if (node->kind != DGBA_YAML_SCALAR) return dgba_yaml_fail(document, node, false, "'%s' must be a number", key);
    if (dgba_text_real(out, node->text) == DGBA_OK) return DGBA_OK;
    return dgba_yaml_fail(document, node, false, "'%s' must be a number, not '%s'", key, node->text);
}

/* The optional keys: without them, the value stays as it is. */

static dgba_status maybe_text(char *out, size_t bytes, const dgba_yaml *document, const dgba_yaml_node *map,
                              const char *key) {
    const dgba_yaml_node *node = dgba_yaml_get(map, key);
    if (node == NULL) return DGBA_OK;
    const char *text = NULL;
    DGBA_TRY(read_text(&text, document, node));
    if (dgba_text_fit(out, bytes, text) == DGBA_OK) return DGBA_OK;
    return dgba_yaml_fail(document, node, false, "'%s' may have at most %zu characters", key, bytes - 1);
}

static dgba_status maybe_real(double *out, const dgba_yaml *document, const dgba_yaml_node *map, const char *key) {
    const dgba_yaml_node *node = dgba_yaml_get(map, key);
    return node == NULL ? DGBA_OK : read_real(out, document, node, key);
}

static dgba_status maybe_integer(int64_t *out, const dgba_yaml *document, const dgba_yaml_node *map, const char *key,
                                 int64_t low, int64_t high) {
    const dgba_yaml_node *node = dgba_yaml_get(map, key);
    if (node == NULL) return DGBA_OK;
    const bool whole = node->kind == DGBA_YAML_SCALAR && dgba_text_integer(out, node->text) == DGBA_OK;
    if (whole && *out >= low && *out <= high) return DGBA_OK;
    return dgba_yaml_fail(document, node, false, "'%s' must be a whole number from %lld to %lld", key, (long long)low,
                          (long long)high);
}

/** Two numbers that are not equal, [low, high]. */
static dgba_status maybe_pair(bool *given, double out[2], const dgba_yaml *document, const dgba_yaml_node *map,
                              const char *key) {
    const dgba_yaml_node *node = dgba_yaml_get(map, key);
    if (node == NULL) return DGBA_OK;
    if (node->kind != DGBA_YAML_LIST || node->count != 2)
        return dgba_yaml_fail(document, node, false, "'%s' must be a list of two numbers", key);
    DGBA_TRY(read_real(&out[0], document, node->first, key));
    DGBA_TRY(read_real(&out[1], document, node->first->next, key));
    if (out[0] >= out[1]) return dgba_yaml_fail(document, node, false, "'%s' must be [low, high]", key);
    *given = true;
    return DGBA_OK;
}

static dgba_status maybe_bgr(bool *out, const dgba_yaml *document, const dgba_yaml_node *map) {
    const dgba_yaml_node *node = dgba_yaml_get(map, "color");
    if (node == NULL) return DGBA_OK;
    *out = node->kind == DGBA_YAML_SCALAR && strcmp(node->text, "bgr") == 0;
    if (*out || (node->kind == DGBA_YAML_SCALAR && strcmp(node->text, "rgb") == 0)) return DGBA_OK;
    return dgba_yaml_fail(document, node, false, "'color' must be rgb or bgr");
}

static dgba_status check_task_keys(const dgba_yaml *document, const dgba_yaml_node *map, const char *place,
                                   const char *kind, int with) {
    const char *names[DGBA_COUNT_OF(task_keys)];
    for (int64_t i = 0; i < DGBA_COUNT_OF(task_keys); ++i) names[i] = task_keys[i].name;
    DGBA_TRY(check_keys(document, map, place, names, DGBA_COUNT_OF(task_keys)));
    for (int64_t i = 0; i < DGBA_COUNT_OF(task_keys); ++i) {
        const dgba_yaml_node *node = dgba_yaml_get(map, task_keys[i].name);
        if (node != NULL && (task_keys[i].with & with) == 0)
            return dgba_yaml_fail(document, node, true, "key '%s' does not go with %s%s", node->key,
                                  with == WITH_DERIVED ? "derived " : "", kind);
    }
    return DGBA_OK;
}

static dgba_status read_kind(data_kind *out, char *text, const dgba_yaml *document, const dgba_yaml_node *map,
                             const char *place) {
    const dgba_yaml_node *node = NULL;
    DGBA_TRY(require(&node, document, map, place, "kind"));
    DGBA_TRY(maybe_text(text, DGBA_DATA_NAME_BYTES, document, map, "kind"));
    if (dgba_data_kind_read(out, text) == DGBA_OK) return DGBA_OK;
    dgba_text reason = {0};
    dgba_text_add(&reason, "%s", dgba_error());
    const dgba_status status = dgba_yaml_fail(document, node, false, "%s", dgba_text_chars(&reason));
    dgba_text_free(&reason);
    return status;
}

static dgba_status read_value_rule(import_task *task, const dgba_yaml *document, const dgba_yaml_node *map) {
    const dgba_yaml_node *divide = dgba_yaml_get(map, "divide"), *mapping = dgba_yaml_get(map, "map");
    if (divide != NULL && dgba_yaml_get(map, "scale") != NULL)
        return dgba_yaml_fail(document, divide, true, "'scale' and 'divide' exclude each other");
    DGBA_TRY(maybe_real(&task->add, document, map, "add"));
    DGBA_TRY(maybe_real(&task->scale, document, map, "scale"));
    DGBA_TRY(maybe_real(&task->divide, document, map, "divide"));
    if (task->divide == 0) return dgba_yaml_fail(document, divide, false, "'divide' must not be 0");
    DGBA_TRY(maybe_pair(&task->clipped, task->clip, document, map, "clip"));
    DGBA_TRY(maybe_pair(&task->mapped, task->map, document, map, "map"));
    if (task->mapped && !task->clipped)
        return dgba_yaml_fail(document, mapping, true, "'map' needs 'clip', the range it starts from");
    DGBA_TRY(maybe_integer(&task->valid_below, document, map, "valid_below", 1, UINT16_MAX));
    return maybe_integer(&task->ignore, document, map, "ignore", 0, UINT16_MAX);
}

static dgba_status read_stored_task(import_task *task, dgba_data_task *about, const dgba_yaml *document,
                                    const dgba_yaml_node *map, const char *place) {
    const dgba_yaml_node *folder = NULL, *classes = NULL, *names = dgba_yaml_get(map, "names");
    const dgba_yaml_node *weights = dgba_yaml_get(map, "weights");
    DGBA_TRY(require(&folder, document, map, place, "folder"));
    DGBA_TRY(read_text(&task->folder, document, folder));
    DGBA_TRY(read_value_rule(task, document, map));
    DGBA_TRY(maybe_bgr(&task->bgr, document, map));
    if (task->kind != DATA_SEGMENTATION) return DGBA_OK;
    DGBA_TRY(require(&classes, document, map, place, "classes"));
    DGBA_TRY(maybe_integer(&about->classes, document, map, "classes", 1, DGBA_DATA_IGNORE));
    if (dgba_data_is_weighted(about) != (weights != NULL))
        return dgba_yaml_fail(document, map, false, "'weights' go with kind weighted_segmentation, which needs them");
    if (weights != NULL) DGBA_TRY(read_text(&task->weights, document, weights));
    return names == NULL ? DGBA_OK : read_text(&task->names, document, names);
}

static dgba_status read_camera(import_camera *camera, const dgba_yaml *document, const dgba_yaml_node *map,
                               const char *place) {
    const dgba_yaml_node *node = NULL;
    DGBA_TRY(require(&node, document, map, place, "camera"));
    DGBA_TRY(check_keys(document, node, "camera", camera_keys, DGBA_COUNT_OF(camera_keys)));
    double *const values[] = {&camera->fx, &camera->fy, &camera->cx, &camera->cy};
    for (int64_t i = 0; i < DGBA_COUNT_OF(camera_keys); ++i) {
        const dgba_yaml_node *value = NULL;
        DGBA_TRY(require(&value, document, node, "camera", camera_keys[i]));
        DGBA_TRY(read_real(values[i], document, value, camera_keys[i]));
    }
    if (camera->fx > 0 && camera->fy > 0) return DGBA_OK;
    return dgba_yaml_fail(document, node, false, "the focal lengths 'fx' and 'fy' must be positive");
}

/** One task; whom it is derived from is looked up when all are known. */
static dgba_status read_task(import_task *task, dgba_data_task *about, const dgba_yaml *document,
                             const dgba_yaml_node *map) {
    char place[DGBA_DATA_NAME_BYTES + 16];
    *task = (import_task){.from = -1, .scale = 1, .divide = 1, .ignore = -1};
    if (dgba_data_name_check(map->key, "task") != DGBA_OK ||
        dgba_text_fit(about->name, sizeof about->name, map->key) != DGBA_OK)
        return dgba_yaml_fail(document, map, true, "'%.80s' cannot be the name of a task", map->key);
    snprintf(place, sizeof place, "task '%s'", about->name);
    if (map->kind != DGBA_YAML_MAP) return dgba_yaml_fail(document, map, false, "%s must be a map of keys", place);
    DGBA_TRY(read_kind(&task->kind, about->kind, document, map, place));
    const bool derived = dgba_yaml_get(map, "from") != NULL;
    DGBA_TRY(check_task_keys(document, map, place, about->kind, derived ? WITH_DERIVED : 1 << task->kind));
    DGBA_TRY(maybe_text(about->unit, sizeof about->unit, document, map, "unit"));
    about->channels = task->kind == DATA_NORMALS || task->kind == DATA_RAW_NORMALS ? 3 : 1;
    if (!derived) return read_stored_task(task, about, document, map, place);
    if (task->kind != DATA_NORMALS)
        return dgba_yaml_fail(document, dgba_yaml_get(map, "from"), true,
                              "only normals can be derived 'from' another task");
    return read_camera(&task->camera, document, map, place);
}

static dgba_status find_origin(import_plan *plan, import_task *task, const dgba_yaml_node *map) {
    const dgba_yaml_node *from = dgba_yaml_get(map, "from");
    if (from == NULL) return DGBA_OK;
    const char *name = NULL;
    DGBA_TRY(read_text(&name, plan->document, from));
    for (int64_t t = 0; t < plan->about.task_count; ++t) {
        const import_task *origin = &plan->tasks[t];
        if (strcmp(plan->about.tasks[t].name, name) != 0) continue;
        if (origin->kind != DATA_DEPTH || origin->clipped)
            return dgba_yaml_fail(plan->document, from, false, "'%s' is not a task of kind depth without 'clip'", name);
        task->from = t;
        return DGBA_OK;
    }
    return dgba_yaml_fail(plan->document, from, false, "there is no task '%s'", name);
}

static dgba_status read_tasks(import_plan *plan, const dgba_yaml_node *tasks) {
    if (tasks->kind != DGBA_YAML_MAP || tasks->count < 1 || tasks->count > DGBA_DATA_MOST_TASKS)
        return dgba_yaml_fail(plan->document, tasks, false, "'tasks' must be a map of 1 to %d tasks", DGBA_DATA_MOST_TASKS);
    int64_t *count = &plan->about.task_count;
    for (const dgba_yaml_node *node = tasks->first; node != NULL; node = node->next, ++*count)
        DGBA_TRY(read_task(&plan->tasks[*count], &plan->about.tasks[*count], plan->document, node));
    int64_t t = 0;
    for (const dgba_yaml_node *node = tasks->first; node != NULL; node = node->next, ++t)
        DGBA_TRY(find_origin(plan, &plan->tasks[t], node));
    return DGBA_OK;
}

static dgba_status read_splits(import_plan *plan, const dgba_yaml_node *splits) {
    if (splits->kind != DGBA_YAML_MAP || splits->count < 1)
        return dgba_yaml_fail(plan->document, splits, false, "'splits' must be a map of names to files");
    for (const dgba_yaml_node *node = splits->first; node != NULL; node = node->next) {
        const char *file = NULL;
        DGBA_TRY(read_text(&file, plan->document, node));
        if (dgba_data_name_check(node->key, "split") != DGBA_OK)
            return dgba_yaml_fail(plan->document, node, true, "'%.80s' cannot be the name of a split", node->key);
    }
    plan->splits = splits;
    return DGBA_OK;
}

static dgba_status read_image(import_plan *plan, const dgba_yaml_node *image) {
    const dgba_yaml_node *folder = NULL;
    DGBA_TRY(check_keys(plan->document, image, "image", image_keys, DGBA_COUNT_OF(image_keys)));
    DGBA_TRY(require(&folder, plan->document, image, "image", "folder"));
    DGBA_TRY(read_text(&plan->image_folder, plan->document, folder));
    return maybe_bgr(&plan->image_bgr, plan->document, image);
}

dgba_status dgba_data_plan_read(import_plan *out, const char *folder) {
    *out = (import_plan){0};
    dgba_text path = {0};
    dgba_path_join(&path, folder, "dataset.yaml");
    const dgba_status status = dgba_yaml_load(&out->document, dgba_text_chars(&path));
    dgba_text_free(&path);
    DGBA_TRY(status);
    const dgba_yaml *document = out->document;
    const dgba_yaml_node *root = dgba_yaml_root(document), *node = NULL;
    DGBA_TRY(check_keys(document, root, "dataset.yaml", plan_keys, DGBA_COUNT_OF(plan_keys)));
    DGBA_TRY(require(&node, document, root, "dataset.yaml", "name"));
    DGBA_TRY(maybe_text(out->about.name, sizeof out->about.name, document, root, "name"));
    DGBA_TRY(maybe_text(out->about.source, sizeof out->about.source, document, root, "source"));
    DGBA_TRY(require(&node, document, root, "dataset.yaml", "image"));
    DGBA_TRY(read_image(out, node));
    DGBA_TRY(require(&node, document, root, "dataset.yaml", "splits"));
    DGBA_TRY(read_splits(out, node));
    DGBA_TRY(require(&node, document, root, "dataset.yaml", "tasks"));
    return read_tasks(out, node);
}

void dgba_data_plan_free(import_plan *plan) { dgba_yaml_free(&plan->document); }
