#include "import.h"

dgba_status dgba_data_sink_measure(import_sink *sink, const char *path, int64_t size) {
    data_image picture = {0};
    DGBA_TRY(dgba_data_image_read(&picture, path, DATA_IMAGE_PICTURE));
    sink->stored_height = picture.height;
    sink->stored_width = picture.width;
    sink->about.height = size > 0 ? size : picture.height;
    sink->about.width = size > 0 ? size : picture.width;
    dgba_text_clear(&sink->first_path);
    dgba_text_add(&sink->first_path, "%s", path);
    dgba_data_image_free(&picture);
    return DGBA_OK;
}

dgba_status dgba_data_sink_open(import_sink *sink, const char *path, const data_splits *splits) {
    const dgba_data_info *about = &sink->about;
    const int64_t pixels = about->height * about->width;
    DGBA_TRY(DGBA_NEW(&sink->rgb, 3 * pixels));
    for (int64_t t = 0; t < about->task_count; ++t) DGBA_TRY(DGBA_NEW(&sink->values[t], about->tasks[t].channels * pixels));
    DGBA_TRY(dgba_data_writer_create(&sink->writer, path, about));
    for (int64_t s = 0; s < splits->count; ++s) {
        const data_split *split = &splits->items[s];
        DGBA_TRY(dgba_data_writer_split(sink->writer, split->name, split->images, split->count));
    }
    return DGBA_OK;
}

dgba_status dgba_data_sink_class_names(import_sink *sink, int64_t task, const char *path, const import_task *rule) {
    if (path[0] == '\0') return DGBA_OK;
    dgba_names names = {0};
    dgba_status status = dgba_data_list_classes(&names, path, rule, sink->about.tasks[task].classes);
    if (status == DGBA_OK)
        status = dgba_data_writer_class_names(sink->writer, task, (const char *const *)names.items, names.count);
    dgba_names_free(&names);
    return status;
}

/** Takes the nearest pixel, ⌊i·in/out⌋, as OpenCV does. */
static dgba_status resize(data_image *image, int64_t height, int64_t width) {
    if (image->height == height && image->width == width) return DGBA_OK;
    const int64_t channels = image->channels;
    uint16_t *resized = NULL;
    DGBA_TRY(DGBA_NEW(&resized, height * width * channels));
    for (int64_t y = 0; y < height; ++y) {
        const uint16_t *row = image->values + y * image->height / height * image->width * channels;
        for (int64_t x = 0; x < width; ++x)
            for (int64_t c = 0; c < channels; ++c)
                resized[(y * width + x) * channels + c] = row[x * image->width / width * channels + c];
    }
    dgba_free(image->values);
    *image = (data_image){.height = height, .width = width, .channels = channels, .values = resized};
    return DGBA_OK;
}

dgba_status dgba_data_sink_check_size(const import_sink *sink, const char *path, int64_t height, int64_t width) {
    if (height == sink->stored_height && width == sink->stored_width) return DGBA_OK;
    return dgba_fail(DGBA_E_SHAPE, "%s is %lld pixels wide and %lld high, but %s is %lld wide and %lld high", path,
                     (long long)width, (long long)height, dgba_text_chars(&sink->first_path), (long long)sink->stored_width,
                     (long long)sink->stored_height);
}

static dgba_status read_image(data_image *out, const import_sink *sink, const char *path, data_image_use use) {
    *out = (data_image){0};
    DGBA_TRY(dgba_data_image_read(out, path, use));
    dgba_status status = dgba_data_sink_check_size(sink, path, out->height, out->width);
    if (status == DGBA_OK) status = resize(out, sink->about.height, sink->about.width);
    if (status != DGBA_OK) dgba_data_image_free(out);
    return status;
}

dgba_status dgba_data_sink_picture(import_sink *sink, const char *path, bool bgr) {
    data_image picture = {0};
    DGBA_TRY(read_image(&picture, sink, path, DATA_IMAGE_PICTURE));
    const int64_t red = bgr ? 2 : 0;
    for (int64_t i = 0; i < picture.height * picture.width; ++i) {
        sink->rgb[3 * i] = (uint8_t)picture.values[3 * i + red];
        sink->rgb[3 * i + 1] = (uint8_t)picture.values[3 * i + 1];
        sink->rgb[3 * i + 2] = (uint8_t)picture.values[3 * i + 2 - red];
    }
    dgba_data_image_free(&picture);
    return DGBA_OK;
}

dgba_status dgba_data_sink_label(import_sink *sink, int64_t task, const char *path, const import_task *rule) {
    data_image stored = {0};
    DGBA_TRY(read_image(&stored, sink, path, DATA_IMAGE_NUMBERS));
    const dgba_status status = dgba_data_decode_label(sink->values[task], &stored, rule, &sink->about.tasks[task]);
    dgba_data_image_free(&stored);
    return dgba_context(status, "%s", path);
}

dgba_status dgba_data_sink_put(import_sink *sink, int64_t image, const char *name) {
    return dgba_data_writer_put(sink->writer, image, name, sink->rgb, (const float *const *)sink->values);
}

void dgba_data_sink_free(import_sink *sink) {
    dgba_data_writer_abandon(&sink->writer);
    for (int64_t t = 0; t < DGBA_DATA_MOST_TASKS; ++t) dgba_free(sink->values[t]);
    dgba_free(sink->rgb);
    dgba_text_free(&sink->first_path);
    *sink = (import_sink){0};
}
