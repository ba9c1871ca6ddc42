/** NYUv2 in the form that AdaShare distributed and TreeMTL reads: a JSON file with a list per split, each entry the paths
 *  of [image, segmentation, normals, depth] from the JSON file's folder. Image and normals are 8-bit PNG files,
 *  segmentation is 0..39 with 255 = ignore, depth a .npy file in metres. JSON is read as the YAML that it also is. */
#include <math.h>
#include <string.h>

#include "import.h"
#include "npy.h"

static const char usual_name[] = "nyu_v2_3task.json";

enum { SEGMENT, NORMAL, DEPTH, TASKS, ENTRY = 1 + TASKS };

typedef struct adashare {
    dgba_text json, folder, path; // the JSON file, where it lies, the file at hand
    dgba_yaml *document;
    data_splits splits;
    import_task segment, normal;
    import_sink sink;
} adashare;

static dgba_status load_json(adashare *import, const char *source) {
    dgba_path_join(&import->json, source, usual_name);
    if (!dgba_file_exists(dgba_text_chars(&import->json))) {
        dgba_text_clear(&import->json);
        dgba_text_add(&import->json, "%s", source);
    }
    dgba_path_folder(&import->folder, dgba_text_chars(&import->json));
    return dgba_yaml_load(&import->document, dgba_text_chars(&import->json));
}

static dgba_status check_entry(const dgba_yaml *document, const dgba_yaml_node *entry) {
    bool good = entry->kind == DGBA_YAML_LIST && entry->count == ENTRY;
    for (const dgba_yaml_node *node = good ? entry->first : NULL; node != NULL; node = node->next)
        good = good && node->kind == DGBA_YAML_SCALAR && node->text[0] != '\0';
    if (good) return DGBA_OK;
    return dgba_yaml_fail(document, entry, false, "not a list of four paths [image, segmentation, normals, depth]");
}

/** The images of the data file are the entries in their order. */
static dgba_status list_entries(adashare *import) {
    const dgba_yaml_node *root = dgba_yaml_root(import->document);
    int64_t *images = &import->sink.about.images;
    if (root->kind != DGBA_YAML_MAP || root->count == 0)
        return dgba_yaml_fail(import->document, root, false, "not a map of splits such as 'train' and 'test'");
    for (const dgba_yaml_node *list = root->first; list != NULL; list = list->next) {
        data_split *split = NULL;
        if (list->kind != DGBA_YAML_LIST || list->count == 0 || dgba_data_name_check(list->key, "split") != DGBA_OK)
            return dgba_yaml_fail(import->document, list, true, "'%.80s' is not a split with a list of images", list->key);
        DGBA_TRY(dgba_data_splits_add(&split, &import->splits, list->key, list->count));
        for (int64_t i = 0; i < list->count; ++i) split->images[i] = (*images)++;
        for (const dgba_yaml_node *entry = list->first; entry != NULL; entry = entry->next)
            DGBA_TRY(check_entry(import->document, entry));
    }
    return DGBA_OK;
}

static void describe(adashare *import, const dgba_import *options) {
    static const dgba_data_task tasks[TASKS] = {
        [SEGMENT] = {.name = "segment_semantic", .kind = "segmentation", .unit = "class", .channels = 1},
        [NORMAL] = {.name = "normal", .kind = "normals", .unit = "unit vector", .channels = 3},
        [DEPTH] = {.name = "depth_zbuffer", .kind = "depth", .unit = "metre", .channels = 1}};
    dgba_data_info *about = &import->sink.about;
    about->task_count = TASKS;
    memcpy(about->tasks, tasks, sizeof tasks);
    about->tasks[SEGMENT].classes = options->classes;
    memcpy(about->name, "nyuv2-adashare", sizeof "nyuv2-adashare");
    import->segment = (import_task){.kind = DATA_SEGMENTATION, .scale = 1, .divide = 1, .ignore = 255};
    // OpenCV, which wrote and reads these files, calls the channels blue, green, red: x is the last one of the PNG.
    import->normal =
        (import_task){.kind = DATA_NORMALS, .add = -127.5, .scale = 1, .divide = 127.5, .ignore = 255, .bgr = true};
    if (options->compat == 0) return;
    static const char kind[] = "raw_normals", unit[] = "0..255";
    memcpy(about->tasks[NORMAL].kind, kind, sizeof kind);
    memcpy(about->tasks[NORMAL].unit, unit, sizeof unit);
    import->normal = (import_task){.kind = DATA_RAW_NORMALS, .scale = 1, .divide = 1, .ignore = -1, .bgr = true};
}

static const char *path_of(adashare *import, const dgba_yaml_node *node) {
    dgba_path_join(&import->path, dgba_text_chars(&import->folder), node->text);
    return dgba_text_chars(&import->path);
}

static dgba_status import_depth(adashare *import, const char *path) {
    data_array stored = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY(dgba_data_npy_read(&stored, path));
    if (stored.axes != 2)
        status = dgba_fail(DGBA_E_SHAPE, "%s: %lld axes; a map of depth has two", path, (long long)stored.axes);
    else
        status = dgba_data_sink_check_size(&import->sink, path, stored.sizes[0], stored.sizes[1]);
    float *depth = import->sink.values[DEPTH];
    for (int64_t i = 0; status == DGBA_OK && i < stored.sizes[0] * stored.sizes[1]; ++i)
        depth[i] = stored.values[i] > 0 && isfinite(stored.values[i]) ? stored.values[i] : NAN;
    dgba_data_array_free(&stored);
    return status;
}

static dgba_status import_entry(adashare *import, int64_t image, const dgba_yaml_node *entry) {
    const dgba_yaml_node *segment = entry->first->next, *normal = segment->next, *depth = normal->next;
    import_sink *sink = &import->sink;
    DGBA_TRY(dgba_data_sink_picture(sink, path_of(import, entry->first), false));
    DGBA_TRY(dgba_data_sink_label(sink, SEGMENT, path_of(import, segment), &import->segment));
    DGBA_TRY(dgba_data_sink_label(sink, NORMAL, path_of(import, normal), &import->normal));
    DGBA_TRY(import_depth(import, path_of(import, depth)));
    return dgba_data_sink_put(sink, image, entry->first->text);
}

static dgba_status import_entries(adashare *import) {
    int64_t image = 0;
    for (const dgba_yaml_node *list = dgba_yaml_root(import->document)->first; list != NULL; list = list->next)
        for (const dgba_yaml_node *entry = list->first; entry != NULL; entry = entry->next)
            DGBA_TRY(import_entry(import, image++, entry));
    return DGBA_OK;
}

static void free_importer(adashare *import) {
    dgba_data_sink_free(&import->sink);
    dgba_data_splits_free(&import->splits);
    dgba_yaml_free(&import->document);
    dgba_text_free(&import->path);
    dgba_text_free(&import->folder);
    dgba_text_free(&import->json);
}

static dgba_status run(const char *source, const char *path, const dgba_import *options) {
    adashare import = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(load_json(&import, source));
    DGBA_TRY_OUT(list_entries(&import));
    describe(&import, options);
    DGBA_TRY_OUT(
        dgba_data_sink_measure(&import.sink, path_of(&import, dgba_yaml_root(import.document)->first->first->first), 0));
    DGBA_TRY_OUT(dgba_data_sink_open(&import.sink, path, &import.splits));
    DGBA_TRY_OUT(dgba_data_sink_class_names(&import.sink, SEGMENT, options->class_names, &import.segment));
    DGBA_TRY_OUT(import_entries(&import));
    status = dgba_data_writer_commit(&import.sink.writer);
out:
    free_importer(&import);
    return status;
}

const dgba_importer dgba_data_adashare_importer = {
    .name = "adashare",
    .help = "NYUv2 as AdaShare's JSON file with PNG and .npy files lists it",
    .options = (const char *const[]){"classes", "class_names", "compat", NULL},
    .run = run,
};
