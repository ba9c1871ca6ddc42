#include <math.h>

#include "import.h"

typedef struct importer {
    const char *folder;
    import_plan plan;
    dgba_names names; // of the images
    data_splits splits;
    dgba_text path; // the file at hand
    import_sink sink;
} importer;

/** Puts the path of folder/name with one of the endings into import->path. */
static dgba_status find_file(importer *import, const char *folder, const char *name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    dgba_text inside = {0};
    dgba_path_join(&inside, import->folder, folder);
    for (int64_t i = 0; i < DGBA_COUNT_OF(endings); ++i) {
        dgba_path_join(&import->path, dgba_text_chars(&inside), name);
        dgba_text_add(&import->path, "%s", endings[i]);
        if (!dgba_file_exists(dgba_text_chars(&import->path))) continue;
        dgba_text_free(&inside);
        return DGBA_OK;
    }
    const dgba_status status =
        dgba_fail(DGBA_E_IO, "%s: there is no file %s.png, .jpg or .jpeg", dgba_text_chars(&inside), name);
    dgba_text_free(&inside);
    return status;
}

static dgba_status import_label(importer *import, const char *name, int64_t task) {
    const import_task *rule = &import->plan.tasks[task];
    DGBA_TRY(find_file(import, rule->folder, name));
    return dgba_data_sink_label(&import->sink, task, dgba_text_chars(&import->path), rule);
}

static dgba_status import_image(importer *import, int64_t image) {
    const dgba_data_info *about = &import->sink.about;
    const char *name = import->names.items[image];
    DGBA_TRY(find_file(import, import->plan.image_folder, name));
    DGBA_TRY(dgba_data_sink_picture(&import->sink, dgba_text_chars(&import->path), import->plan.image_bgr));
    for (int64_t t = 0; t < about->task_count; ++t)
        if (import->plan.tasks[t].folder != NULL) DGBA_TRY(import_label(import, name, t));
    for (int64_t t = 0; t < about->task_count; ++t) {
        const import_task *rule = &import->plan.tasks[t];
        if (rule->folder == NULL)
            DGBA_TRY(dgba_data_normals_from_depth(import->sink.values[t], import->sink.values[rule->from], about->height,
                                                  about->width, &rule->camera));
    }
    return dgba_data_sink_put(&import->sink, image, name);
}

/** Reads the files that dataset.yaml names for its tasks. */
static dgba_status read_weights(importer *import) {
    for (int64_t t = 0; t < import->sink.about.task_count; ++t) {
        dgba_data_task *about = &import->sink.about.tasks[t];
        if (import->plan.tasks[t].weights == NULL) continue;
        dgba_path_join(&import->path, import->folder, import->plan.tasks[t].weights);
        DGBA_TRY(dgba_data_list_weights(about->class_weights, dgba_text_chars(&import->path), about->classes));
    }
    return DGBA_OK;
}

static dgba_status write_class_names(importer *import) {
    for (int64_t t = 0; t < import->sink.about.task_count; ++t) {
        const import_task *rule = &import->plan.tasks[t];
        if (rule->names == NULL) continue;
        dgba_path_join(&import->path, import->folder, rule->names);
        DGBA_TRY(dgba_data_sink_class_names(&import->sink, t, dgba_text_chars(&import->path), rule));
    }
    return DGBA_OK;
}

static dgba_status list_images(importer *import) {
    const dgba_yaml_node *splits = import->plan.splits;
    dgba_text *paths = NULL;
    import_split *lists = NULL;
    int64_t count = 0;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(DGBA_NEW(&paths, splits->count));
    DGBA_TRY_OUT(DGBA_NEW(&lists, splits->count));
    for (const dgba_yaml_node *node = splits->first; node != NULL; node = node->next, ++count) {
        dgba_path_join(&paths[count], import->folder, node->text);
        lists[count] = (import_split){node->key, dgba_text_chars(&paths[count])};
    }
    status = dgba_data_list_images(&import->names, &import->splits, lists, count);
out:
    for (int64_t i = 0; i < count; ++i) dgba_text_free(&paths[i]);
    dgba_free(paths);
    dgba_free(lists);
    return status;
}

static void free_importer(importer *import) {
    dgba_data_sink_free(&import->sink);
    dgba_text_free(&import->path);
    dgba_data_splits_free(&import->splits);
    dgba_names_free(&import->names);
    dgba_data_plan_free(&import->plan);
}

static dgba_status run(const char *folder, const char *path, const dgba_import *options) {
    (void)options;
    importer import = {.folder = folder};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_data_plan_read(&import.plan, folder));
    import.sink.about = import.plan.about;
    DGBA_TRY_OUT(list_images(&import));
    import.sink.about.images = import.names.count;
    DGBA_TRY_OUT(find_file(&import, import.plan.image_folder, import.names.items[0]));
    DGBA_TRY_OUT(dgba_data_sink_measure(&import.sink, dgba_text_chars(&import.path), 0));
    DGBA_TRY_OUT(read_weights(&import));
    DGBA_TRY_OUT(dgba_data_sink_open(&import.sink, path, &import.splits));
    DGBA_TRY_OUT(write_class_names(&import));
    for (int64_t i = 0; i < import.names.count; ++i) DGBA_TRY_OUT(import_image(&import, i));
    DGBA_TRY_OUT(dgba_data_writer_commit(&import.sink.writer));
out:
    free_importer(&import);
    return status;
}

const dgba_importer dgba_data_folder_importer = {
    .name = "folder",
    .help = "a folder of aligned images that its dataset.yaml describes",
    .options = (const char *const[]){NULL},
    .run = run,
};
