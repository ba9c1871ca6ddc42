#include "support/dataset.h"

#include <math.h>
#include <string.h>

#include "support/check.h"

dgba_data_info dataset_about(int64_t images, int64_t height, int64_t width) {
    return (dgba_data_info){
        .name = "made-up",
        .source = "tests/support/dataset.c",
        .images = images,
        .height = height,
        .width = width,
        .task_count = DATASET_TASKS,
        .tasks = {
            {"segment", "segmentation", "", 4, 1}, {"normal", "normals", "", 0, 3}, {"depth", "depth", "metre", 0, 1}}};
}

void dataset_image(uint8_t *rgb, float *const *values, const dgba_data_info *about, int64_t image) {
    static const float normal[] = {0.6F, 0, 0.8F};
    for (int64_t p = 0; p < about->height * about->width; ++p) {
        for (int64_t c = 0; c < 3; ++c) {
            rgb[3 * p + c] = (uint8_t)(7 * image + p + c);
            values[DATASET_NORMAL][3 * p + c] = p % 7 == 6 ? NAN : normal[c];
        }
        values[DATASET_SEGMENT][p] = p % 5 == 4 ? NAN : (float)(p % 5);
        values[DATASET_DEPTH][p] = (float)(1 + p + image);
    }
}

static void put_images(dgba_data_writer *writer, const dgba_data_info *about) {
    const int64_t pixels = about->height * about->width;
    uint8_t *rgb = NULL;
    float *values[DATASET_TASKS] = {NULL};
    CHECK_OK(DGBA_NEW(&rgb, 3 * pixels));
    for (int64_t t = 0; t < DATASET_TASKS; ++t) CHECK_OK(DGBA_NEW(&values[t], 3 * pixels));
    for (int64_t i = 0; i < about->images; ++i) {
        dataset_image(rgb, values, about, i);
        CHECK_OK(dgba_data_writer_put(writer, i, "image", rgb, (const float *const *)values));
    }
    for (int64_t t = 0; t < DATASET_TASKS; ++t) dgba_free(values[t]);
    dgba_free(rgb);
}

dgba_data *dataset_open(const char *folder, const dgba_data_info *about) {
    static const char *const splits[] = {"train", "test"}, *const classes[] = {"wall", "floor", "bed", "lamp"};
    dgba_text path = {0};
    dgba_text_add(&path, "%s/%s.h5", folder, about->name);
    dgba_data_writer *writer = NULL;
    dgba_data *data = NULL;
    int64_t images[64], counts[2] = {(about->images + 1) / 2, about->images / 2};
    CHECK_OK(dgba_data_writer_create(&writer, dgba_text_chars(&path), about));
    put_images(writer, about);
    for (int64_t s = 0; s < 2; ++s) {
        for (int64_t i = 0; i < counts[s]; ++i) images[i] = 2 * i + s;
        CHECK_OK(dgba_data_writer_split(writer, splits[s], images, counts[s]));
    }
    CHECK_OK(dgba_data_writer_class_names(writer, DATASET_SEGMENT, classes, DGBA_COUNT_OF(classes)));
    CHECK_OK(dgba_data_writer_commit(&writer));
    assert_null(writer);
    CHECK_OK(dgba_data_open(&data, dgba_text_chars(&path)));
    dgba_text_free(&path);
    return data;
}
