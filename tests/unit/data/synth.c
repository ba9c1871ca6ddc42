/** Rendered scenes and the data file made of them. */
#include "dgba/data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../../src/data/scene.h"
#include "support/check.h"

enum { HEIGHT = 24, WIDTH = 32, PIXELS = HEIGHT * WIDTH };

static bool same_image(const scene_image *a, const scene_image *b) {
    bool same = memcmp(a->rgb, b->rgb, 3 * PIXELS) == 0;
    for (int task = 0; task < SCENE_TASKS; ++task)
        same &= memcmp(a->labels[task], b->labels[task], (task == TASK_NORMAL ? 3 : 1) * PIXELS * sizeof(float)) == 0;
    return same;
}

static void scenes_depend_on_seed_and_index_only(void **state) {
    (void)state;
    scene_image alone, later;
    CHECK_OK(dgba_scene_image_create(&alone, HEIGHT, WIDTH));
    CHECK_OK(dgba_scene_image_create(&later, HEIGHT, WIDTH));
    dgba_scene_sample(&alone, 3, 5);
    for (int64_t i = 0; i <= 5; ++i) {
        dgba_scene_sample(&later, 3, i);
        assert_int_equal(same_image(&alone, &later), i == 5);
    }
    dgba_scene_sample(&later, 4, 5);
    assert_false(same_image(&alone, &later));
    dgba_scene_image_free(&alone);
    dgba_scene_image_free(&later);
}

typedef struct spread {
    double mean, deviation, least, most;
} spread;

static spread spread_of(const float *x, int64_t count) {
    spread s = {.least = x[0], .most = x[0]};
    double squares = 0;
    for (int64_t i = 0; i < count; ++i) {
        s.mean += x[i] / (double)count;
        squares += (double)x[i] * x[i] / (double)count;
        s.least = fmin(s.least, x[i]);
        s.most = fmax(s.most, x[i]);
    }
    s.deviation = sqrt(squares - s.mean * s.mean);
    return s;
}

static void images_and_filtered_labels_have_a_usable_range(void **state) {
    (void)state;
    scene_image image;
    float colours[3 * PIXELS];
    double darkest = 255, brightest = 0;
    CHECK_OK(dgba_scene_image_create(&image, HEIGHT, WIDTH));
    for (int64_t i = 0; i < 60; ++i) {
        dgba_scene_sample(&image, 0, i);
        for (int k = 0; k < 3 * PIXELS; ++k) colours[k] = image.rgb[k];
        const spread colour = spread_of(colours, 3 * PIXELS);
        assert_true(colour.mean > 25 && colour.mean < 200 && colour.deviation > 12);
        darkest = fmin(darkest, colour.mean);
        brightest = fmax(brightest, colour.mean);
        const spread edges = spread_of(image.labels[TASK_EDGES], PIXELS);
        const spread keypoints = spread_of(image.labels[TASK_KEYPOINTS], PIXELS);
        assert_true(edges.least >= -1 && edges.most <= 1 && edges.deviation > 0.02);
        assert_true(keypoints.least >= -1 && keypoints.most <= 1 && keypoints.deviation > 0.005);
    }
    assert_true(brightest - darkest > 40);
    dgba_scene_image_free(&image);
}

static void options_have_defaults(void **state) {
    (void)state;
    dgba_synth synth;
    dgba_option_defaults(&synth, &dgba_synth_options);
    assert_true(synth.train == 640 && synth.test == 160 && synth.height == 96 && synth.width == 128 && synth.seed == 0);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_option_set(&synth, &dgba_synth_options, "heigth", "48"));
    CHECK_MESSAGE("did you mean 'height'?");
}

static void check_content(dgba_data *data, int64_t index, uint64_t seed) {
    scene_image written;
    uint8_t rgb[3 * PIXELS];
    float labels[SCENE_TASKS][3 * PIXELS];
    float *const values[] = {labels[0], labels[1], labels[2], labels[3], labels[4]};
    CHECK_OK(dgba_scene_image_create(&written, HEIGHT, WIDTH));
    dgba_scene_sample(&written, seed, index);
    CHECK_OK(dgba_data_read(rgb, values, data, index));
    const scene_image found = {HEIGHT, WIDTH, rgb, {labels[0], labels[1], labels[2], labels[3], labels[4]},
                               NULL,   NULL,  NULL};
    assert_true(same_image(&found, &written));
    dgba_scene_image_free(&written);
}

static void check_split(const dgba_data *data, const char *name, int64_t first, int64_t count) {
    const int64_t *indices = NULL;
    int64_t found = 0;
    CHECK_OK(dgba_data_split(&indices, &found, data, name));
    assert_int_equal(found, count);
    for (int64_t i = 0; i < count; ++i) assert_int_equal(indices[i], first + i);
}

static void data_files_hold_the_scenes(void **state) {
    (void)state;
    const dgba_synth synth = {.train = 3, .test = 2, .height = HEIGHT, .width = WIDTH, .seed = 9};
    static const char *const names[] = {"segment_semantic", "normal", "depth_zbuffer", "keypoints2d", "edge_texture"};
    dgba_text path = {0};
    dgba_path_join(&path, check_folder("synth"), "rooms.h5");
    CHECK_OK(dgba_data_synth(dgba_text_chars(&path), &synth));
    dgba_data *data = NULL;
    CHECK_OK(dgba_data_open(&data, dgba_text_chars(&path)));
    const dgba_data_info *info = dgba_data_about(data);
    assert_true(info->images == 5 && info->height == HEIGHT && info->width == WIDTH && info->task_count == SCENE_TASKS);
    for (int task = 0; task < SCENE_TASKS; ++task) assert_string_equal(info->tasks[task].name, names[task]);
    check_split(data, "train", 0, 3);
    check_split(data, "test", 3, 2);
    dgba_names classes = {0};
    CHECK_OK(dgba_data_class_names(&classes, data, TASK_SEGMENT));
    assert_int_equal(classes.count, CLASS_COUNT);
    assert_string_equal(classes.items[CLASS_SOFA], "sofa");
    for (int64_t i = 0; i < info->images; ++i) check_content(data, i, 9);
    dgba_names_free(&classes);
    dgba_data_close(&data);
    dgba_text_free(&path);
}

static void bad_requests_leave_nothing(void **state) {
    (void)state;
    dgba_text path = {0};
    dgba_names left = {0};
    const char *folder = check_folder("synth-bad");
    dgba_path_join(&path, folder, "rooms.h5");
    CHECK_FAILS(DGBA_E_CONFIG,
                dgba_data_synth(dgba_text_chars(&path), &(dgba_synth){.train = 1, .test = 1, .height = 8, .width = 32}));
    CHECK_MESSAGE("height is 8; it must be between 16 and 1024");
    CHECK_OK(dgba_folder_list(&left, folder));
    assert_int_equal(left.count, 0);
    CHECK_FAILS(DGBA_E_IO,
                dgba_data_synth("/nowhere/rooms.h5", &(dgba_synth){.train = 1, .test = 1, .height = 16, .width = 16}));
    CHECK_MESSAGE("/nowhere/rooms.h5");
    dgba_names_free(&left);
    dgba_text_free(&path);
}

int main(void) {
    dgba_log_set_level(DGBA_LOG_WARNING);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenes_depend_on_seed_and_index_only),
        cmocka_unit_test(images_and_filtered_labels_have_a_usable_range),
        cmocka_unit_test(options_have_defaults),
        cmocka_unit_test(data_files_hold_the_scenes),
        cmocka_unit_test(bad_requests_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
