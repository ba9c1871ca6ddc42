/** Imports real images: DGBA_REAL_DATA names the folder that holds nyuv2_480x640_sample. Skipped without it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"

enum { HEIGHT = 480, WIDTH = 640, PIXELS = HEIGHT * WIDTH, SEGMENT = 0, DEPTH = 1, NORMAL = 2 };

/** The imported file, and room for one image. */
static dgba_data *data;
static uint8_t *rgb;
static float *values[3];

static int import_sample(void **state) {
    (void)state;
    dgba_text folder = {0}, path = {0};
    dgba_path_join(&folder, getenv("DGBA_REAL_DATA"), "nyuv2_480x640_sample");
    dgba_path_join(&path, check_folder("real"), "sample.h5");
    CHECK_OK(dgba_data_import("folder", dgba_text_chars(&folder), dgba_text_chars(&path), NULL));
    CHECK_OK(dgba_data_open(&data, dgba_text_chars(&path)));
    CHECK_OK(DGBA_NEW(&rgb, 3 * PIXELS));
    for (int t = 0; t < 3; ++t) CHECK_OK(DGBA_NEW(&values[t], 3 * PIXELS));
    dgba_text_free(&folder);
    dgba_text_free(&path);
    return 0;
}

static int close_sample(void **state) {
    dgba_data_close(&data);
    dgba_free(rgb);
    for (int t = 0; t < 3; ++t) dgba_free(values[t]);
    return check_no_leak(state);
}

static void the_description_is_as_expected(void **state) {
    (void)state;
    const dgba_data_info *about = dgba_data_about(data);
    assert_true(about->images == 64 && about->height == HEIGHT && about->width == WIDTH && about->task_count == 3);
    assert_string_equal(about->tasks[SEGMENT].name, "segment_semantic");
    assert_string_equal(about->tasks[DEPTH].unit, "metre");
    assert_string_equal(about->tasks[NORMAL].kind, "normals");
    const int64_t *images = NULL;
    int64_t count = 0;
    CHECK_OK(dgba_data_split(&images, &count, data, "train"));
    assert_int_equal(count, 32);
    CHECK_OK(dgba_data_split(&images, &count, data, "test"));
    assert_int_equal(count, 32);
    dgba_names names = {0};
    CHECK_OK(dgba_data_class_names(&names, data, SEGMENT));
    assert_string_equal(names.items[0], "wall");
    assert_string_equal(names.items[39], "otherprop");
    dgba_names_free(&names);
}

/** What the labels of all images are like. */
static void labels_are_plausible(void **state) {
    (void)state;
    int64_t of_class[40] = {0}, labelled = 0, with_normal = 0, to_viewer = 0, up = 0, floor = 0;
    double nearest = INFINITY, farthest = 0, worst_length = 0;
    for (int64_t i = 0; i < 64; ++i) {
        CHECK_OK(dgba_data_read(rgb, values, data, i));
        for (int64_t p = 0; p < PIXELS; ++p) {
            const float *n = values[NORMAL] + 3 * p, class = values[SEGMENT][p], depth = values[DEPTH][p];
            nearest = fmin(nearest, depth);
            farthest = fmax(farthest, depth);
            if (!isnan(class)) {
                ++labelled;
                of_class[(int64_t) class] += 1; // reading checks that it is 0..39
            }
            if (isnan(n[0])) continue;
            ++with_normal;
            const double length = sqrt((double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2]);
            worst_length = fmax(worst_length, fabs(length - 1));
            to_viewer += n[2] > 0;
            if (class != 1) continue;
            ++floor;
            up += n[1] > 0.8F;
        }
    }
    const double all = 64.0 * PIXELS;
    assert_true(labelled > 0.75 * all && labelled < 0.9 * all);
    assert_true(of_class[0] > 0.15 * all); // wall
    assert_true(nearest > 0.5 && nearest < 1 && farthest > 9 && farthest < 10.1);
    assert_true(with_normal > 0.99 * all);
    assert_true(worst_length < 1e-5);
    assert_true(to_viewer > 0.9 * all);
    assert_true(up > 0.7 * (double)floor); // floors look up
}

int main(void) {
    if (getenv("DGBA_REAL_DATA") == NULL) {
        printf("skipped: DGBA_REAL_DATA does not name the folder of the real data sets\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_description_is_as_expected),
        cmocka_unit_test(labels_are_plausible),
    };
    return cmocka_run_group_tests(tests, import_sample, close_sample);
}
