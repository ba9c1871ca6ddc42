/** A data file: a valid one, edited. What is accepted can be read whole, and copied by our own writer to a file that reads
 *  the same. */
#include <stdlib.h>
#include <string.h>

#include "dgba/data.h"
#include "fuzz.h"

enum { MOST_PIXELS = 1 << 12, MOST_IMAGES = 8 };

typedef struct content {
    uint8_t *rgb;
    float *values[DGBA_DATA_MOST_TASKS];
} content;

static void make_content(content *c, const dgba_data_info *about) {
    const int64_t pixels = about->height * about->width;
    *c = (content){0};
    FUZZ_OK(DGBA_NEW(&c->rgb, 3 * pixels));
    for (int64_t t = 0; t < about->task_count; ++t) FUZZ_OK(DGBA_NEW(&c->values[t], pixels * about->tasks[t].channels));
}

static void free_content(content *c) {
    dgba_free(c->rgb);
    for (int64_t t = 0; t < DGBA_DATA_MOST_TASKS; ++t) dgba_free(c->values[t]);
}

/** Copies image after image; whether all could be read and written. */
static bool copy_images(dgba_data_writer *writer, dgba_data *data, content *c) {
    const dgba_data_info *about = dgba_data_about(data);
    for (int64_t i = 0; i < about->images; ++i)
        if (dgba_data_read(c->rgb, c->values, data, i) != DGBA_OK ||
            dgba_data_writer_put(writer, i, "image", c->rgb, (const float *const *)c->values) != DGBA_OK)
            return false;
    return true;
}

/** The copy reads as the original does. */
static void check_copy(dgba_data *data, content *c, const char *path) {
    const dgba_data_info *about = dgba_data_about(data);
    dgba_data *copy = NULL;
    content other;
    FUZZ_OK(dgba_data_open(&copy, path));
    make_content(&other, about);
    for (int64_t i = 0; i < about->images; ++i) {
        FUZZ_OK(dgba_data_read(c->rgb, c->values, data, i));
        FUZZ_OK(dgba_data_read(other.rgb, other.values, copy, i));
        const size_t pixels = (size_t)(about->height * about->width);
        FUZZ_CHECK(memcmp(c->rgb, other.rgb, 3 * pixels) == 0);
        for (int64_t t = 0; t < about->task_count; ++t)
            for (size_t p = 0; p < pixels * (size_t)about->tasks[t].channels; ++p) {
                const float a = c->values[t][p], b = other.values[t][p];
                FUZZ_CHECK(a == b || (a != a && b != b));
            }
    }
    free_content(&other);
    dgba_data_close(&copy);
}

static void check_copying(dgba_data *data, content *c) {
    dgba_data_writer *writer = NULL;
    char path[128];
    FUZZ_OK(dgba_text_fit(path, sizeof path, fuzz_path("copy.h5")));
    FUZZ_OK(dgba_data_writer_create(&writer, path, dgba_data_about(data)));
    if (!copy_images(writer, data, c)) {
        fuzz_refused();
        dgba_data_writer_abandon(&writer);
        return;
    }
    FUZZ_OK(dgba_data_writer_commit(&writer));
    check_copy(data, c, path);
}

/** A batch of the test split, at half the size. */
static void check_batch(dgba_data *data) {
    const int64_t *images = NULL;
    int64_t count = 0;
    dgba_batch batch = {0};
    const dgba_data_info *about = dgba_data_about(data);
    if (dgba_data_split(&images, &count, data, "test") != DGBA_OK) {
        fuzz_refused();
        return;
    }
    FUZZ_OK(dgba_batch_create(&batch, data, 2, 1 + about->height / 2, 1 + about->width / 2));
    if (dgba_batch_load(&batch, data, images, count < 2 ? count : 2) != DGBA_OK) fuzz_refused();
    dgba_batch_free(&batch);
}

static void check_data(dgba_data *data) {
    const dgba_data_info *about = dgba_data_about(data);
    FUZZ_CHECK(about->task_count >= 0 && about->task_count <= DGBA_DATA_MOST_TASKS);
    for (int64_t t = 0; t < about->task_count; ++t) {
        dgba_names names = {0};
        if (dgba_data_class_names(&names, data, t) != DGBA_OK) fuzz_refused();
        dgba_names_free(&names);
    }
    if (about->images > MOST_IMAGES || about->height * about->width > MOST_PIXELS) return;
    content c;
    make_content(&c, about);
    check_copying(data, &c);
    free_content(&c);
    check_batch(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = NULL;
    size_t count = 0;
    dgba_data *opened = NULL;
    fuzz_edit(&bytes, &count, fuzz_sample_data(), data, size);
    if (dgba_data_open(&opened, fuzz_file(0, bytes, count)) == DGBA_OK)
        check_data(opened);
    else
        fuzz_refused();
    FUZZ_CHECK(size > 0 || opened != NULL);
    dgba_data_close(&opened);
    free(bytes);
    fuzz_end();
    return 0;
}

FUZZ_MUTATE_EDITS(fuzz_sample_data)
