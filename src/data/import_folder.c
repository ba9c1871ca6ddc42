#include <math.h>

#include "import.h"

typedef struct importer {
    const char *folder;
    import_plan plan;
    dgba_names names; // of the images
    data_splits splits;
    dgba_text path, first_path; // the file at hand; the first picture, whose size all must have
    uint8_t *rgb;               // one image and its labels
    float *values[DGBA_DATA_MOST_TASKS];
    dgba_data_writer *writer;
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

/** Reads a picture or stored label, which must have the size of the first picture. */
static dgba_status read_file(data_image *out, importer *import, const char *folder, const char *name, data_image_use use) {
    const dgba_data_info *about = &import->plan.about;
    *out = (data_image){0};
    DGBA_TRY(find_file(import, folder, name));
    DGBA_TRY(dgba_data_image_read(out, dgba_text_chars(&import->path), use));
    if (out->height == about->height && out->width == about->width) return DGBA_OK;
    const dgba_status status =
        dgba_fail(DGBA_E_SHAPE, "%s is %lld pixels wide and %lld high, but %s is %lld wide and %lld high",
                  dgba_text_chars(&import->path), (long long)out->width, (long long)out->height,
                  dgba_text_chars(&import->first_path), (long long)about->width, (long long)about->height);
    dgba_data_image_free(out);
    return status;
}

static dgba_status measure_first(importer *import) {
    data_image picture = {0};
    dgba_data_info *about = &import->plan.about;
    about->images = import->names.count;
    DGBA_TRY(find_file(import, import->plan.image_folder, import->names.items[0]));
    DGBA_TRY(dgba_data_image_read(&picture, dgba_text_chars(&import->path), DATA_IMAGE_PICTURE));
    about->height = picture.height;
    about->width = picture.width;
    dgba_text_add(&import->first_path, "%s", dgba_text_chars(&import->path));
    dgba_data_image_free(&picture);
    return DGBA_OK;
}

static dgba_status import_picture(importer *import, const char *name) {
    data_image picture = {0};
    DGBA_TRY(read_file(&picture, import, import->plan.image_folder, name, DATA_IMAGE_PICTURE));
    const int64_t red = import->plan.image_bgr ? 2 : 0;
    for (int64_t i = 0; i < picture.height * picture.width; ++i) {
        import->rgb[3 * i] = (uint8_t)picture.values[3 * i + red];
        import->rgb[3 * i + 1] = (uint8_t)picture.values[3 * i + 1];
        import->rgb[3 * i + 2] = (uint8_t)picture.values[3 * i + 2 - red];
    }
    dgba_data_image_free(&picture);
    return DGBA_OK;
}

static dgba_status import_label(importer *import, const char *name, int64_t task) {
    const import_task *rule = &import->plan.tasks[task];
    data_image stored = {0};
    DGBA_TRY(read_file(&stored, import, rule->folder, name, DATA_IMAGE_NUMBERS));
    const dgba_status status = dgba_data_decode_label(import->values[task], &stored, rule, &import->plan.about.tasks[task]);
    dgba_data_image_free(&stored);
    return dgba_context(status, "%s", dgba_text_chars(&import->path));
}

static dgba_status import_image(importer *import, int64_t image) {
    const dgba_data_info *about = &import->plan.about;
    const char *name = import->names.items[image];
    DGBA_TRY(import_picture(import, name));
    for (int64_t t = 0; t < about->task_count; ++t)
        if (import->plan.tasks[t].folder != NULL) DGBA_TRY(import_label(import, name, t));
    for (int64_t t = 0; t < about->task_count; ++t) {
        const import_task *rule = &import->plan.tasks[t];
        if (rule->folder == NULL)
            DGBA_TRY(dgba_data_normals_from_depth(import->values[t], import->values[rule->from], about->height,
                                                  about->width, &rule->camera));
    }
    return dgba_data_writer_put(import->writer, image, name, import->rgb, (const float *const *)import->values);
}

static dgba_status write_class_names(importer *import, int64_t task) {
    const import_task *rule = &import->plan.tasks[task];
    if (rule->names == NULL) return DGBA_OK;
    const int64_t classes = import->plan.about.tasks[task].classes;
    dgba_names names = {0};
    dgba_path_join(&import->path, import->folder, rule->names);
    dgba_status status = dgba_data_list_classes(&names, dgba_text_chars(&import->path), rule, classes);
    if (status == DGBA_OK)
        status = dgba_data_writer_class_names(import->writer, task, (const char *const *)names.items, names.count);
    dgba_names_free(&names);
    return status;
}

static dgba_status prepare(importer *import, const char *path) {
    const dgba_data_info *about = &import->plan.about;
    const int64_t pixels = about->height * about->width;
    DGBA_TRY(DGBA_NEW(&import->rgb, 3 * pixels));
    for (int64_t t = 0; t < about->task_count; ++t)
        DGBA_TRY(DGBA_NEW(&import->values[t], about->tasks[t].channels * pixels));
    DGBA_TRY(dgba_data_writer_create(&import->writer, path, about));
    for (int64_t t = 0; t < about->task_count; ++t) DGBA_TRY(write_class_names(import, t));
    for (int64_t s = 0; s < import->splits.count; ++s) {
        const data_split *split = &import->splits.items[s];
        DGBA_TRY(dgba_data_writer_split(import->writer, split->name, split->images, split->count));
    }
    return DGBA_OK;
}

static void free_importer(importer *import) {
    dgba_data_writer_abandon(&import->writer);
    for (int64_t t = 0; t < DGBA_DATA_MOST_TASKS; ++t) dgba_free(import->values[t]);
    dgba_free(import->rgb);
    dgba_text_free(&import->first_path);
    dgba_text_free(&import->path);
    dgba_data_splits_free(&import->splits);
    dgba_names_free(&import->names);
    dgba_data_plan_free(&import->plan);
}

dgba_status dgba_data_import_folder(const char *folder, const char *path) {
    importer import = {.folder = folder};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(dgba_data_plan_read(&import.plan, folder));
    DGBA_TRY_OUT(dgba_data_list_images(&import.names, &import.splits, &import.plan, folder));
    DGBA_TRY_OUT(measure_first(&import));
    DGBA_TRY_OUT(prepare(&import, path));
    for (int64_t i = 0; i < import.names.count; ++i) DGBA_TRY_OUT(import_image(&import, i));
    DGBA_TRY_OUT(dgba_data_writer_commit(&import.writer));
out:
    free_importer(&import);
    return status;
}
