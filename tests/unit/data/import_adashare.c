/** The importer of AdaShare's form of NYUv2, and .npy files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/folder.h"

enum { HEIGHT = 2, WIDTH = 3, PIXELS = HEIGHT * WIDTH, SEGMENT = 0, NORMAL = 1, DEPTH = 2 };

static const char json[] =
    "{\n\t\"train\": [[\"image\\/0.png\", \"seg/0.png\", \"normal/0.png\", \"depth/0.npy\"],\n"
    "\t\t[\"image/1.png\", \"seg/0.png\", \"normal/0.png\", \"depth/1.npy\"]],\n"
    "\t\"test\":[[\"image/2.png\",\"seg/0.png\",\"normal/0.png\",\"depth/0.npy\"]]}\n";
static const char single[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
static const char twice[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
static const float depth[PIXELS] = {1.5F, 0, -1, 2, NAN, 4};
static const double other_depth[PIXELS] = {1, 2, 3, 4, 5, 6.25};

static void image(const char *name, int64_t width, int channels, const uint16_t *values) {
    folder_picture(name, &(picture){.height = HEIGHT, .width = width, .channels = channels, .bits = 8, .values = values});
}

static void write_good(void) {
    static const uint16_t segment[PIXELS] = {0, 39, 255, 1, 2, 3};
    // Red, green, blue of the file are z, y, x: along x, up, towards the viewer; grey and white are no normals.
    static const uint16_t normal[3 * PIXELS] = {128, 128, 255, 128, 255, 128, 255, 128, 128,
                                                127, 128, 127, 255, 255, 255, 200, 60,  0};
    uint16_t rgb[3 * PIXELS];
    for (int n = 0; n < 3; ++n) {
        char name[32];
        for (int i = 0; i < 3 * PIXELS; ++i) rgb[i] = (uint16_t)(40 * n + i);
        snprintf(name, sizeof name, "image/%d.png", n);
        image(name, WIDTH, 3, rgb);
    }
    folder_text("nyu_v2_3task.json", json);
    image("seg/0.png", WIDTH, 1, segment);
    image("normal/0.png", WIDTH, 3, normal);
    folder_npy("depth/0.npy", single, depth, sizeof depth);
    folder_npy("depth/1.npy", twice, other_depth, sizeof other_depth);
}

static int start_folder(void **state) {
    (void)state;
    folder_start("adashare");
    write_good();
    return 0;
}

static dgba_status import(const char *source, const dgba_import *options) {
    char path[512];
    snprintf(path, sizeof path, "%s", folder_path(source));
    return dgba_data_import("adashare", path, folder_path("out.h5"), options);
}

static void check_segment_and_depth(dgba_data *data) {
    float segment[PIXELS], metres[PIXELS];
    CHECK_OK(dgba_data_read((uint8_t[3 *PIXELS]){0}, (float *[]){segment, NULL, metres}, data, 0));
    assert_true(segment[0] == 0 && segment[1] == 39 && isnan(segment[2]) && segment[5] == 3);
    assert_true(metres[0] == 1.5F && isnan(metres[1]) && isnan(metres[2]) && metres[3] == 2 && isnan(metres[4]));
    CHECK_OK(dgba_data_read((uint8_t[3 *PIXELS]){0}, (float *[]){NULL, NULL, metres}, data, 1));
    assert_true(metres[0] == 1 && metres[5] == 6.25F);
}

static void every_value_arrives(void **state) {
    (void)state;
    dgba_data *data = NULL;
    uint8_t rgb[3 * PIXELS];
    float normal[3 * PIXELS];
    CHECK_OK(import("nyu_v2_3task.json", NULL));
    CHECK_OK(dgba_data_open(&data, folder_path("out.h5")));
    assert_int_equal(dgba_data_about(data)->images, 3);
    for (int n = 0; n < 3; ++n) {
        CHECK_OK(dgba_data_read(rgb, (float *[]){NULL, normal, NULL}, data, n));
        for (int i = 0; i < 3 * PIXELS; ++i) assert_int_equal(rgb[i], 40 * n + i);
    }
    CHECK_CLOSE(normal, ((float[]){1, 0, 0, 0, 1, 0, 0, 0, 1}), 9, 0, 0.006);
    assert_true(isnan(normal[9]) && isnan(normal[12]));
    const float length = sqrtf(127.5F * 127.5F + 67.5F * 67.5F + 72.5F * 72.5F);
    CHECK_CLOSE(normal + 15, ((float[]){-127.5F / length, -67.5F / length, 72.5F / length}), 3, 1e-6, 0);
    check_segment_and_depth(data);
    const int64_t *images = NULL;
    int64_t count = 0;
    CHECK_OK(dgba_data_split(&images, &count, data, "train"));
    assert_true(count == 2 && images[0] == 0 && images[1] == 1);
    CHECK_OK(dgba_data_split(&images, &count, data, "test"));
    assert_true(count == 1 && images[0] == 2);
    dgba_data_close(&data);
}

/** The folder names the file; normals stay as they are stored, blue first, and are not mirrored. */
static void released_normals_are_raw(void **state) {
    (void)state;
    dgba_data *data = NULL;
    dgba_batch batch;
    float normal[3 * PIXELS];
    dgba_import options;
    dgba_option_defaults(&options, &dgba_import_options);
    options.compat = 1;
    CHECK_OK(import("", &options));
    CHECK_OK(dgba_data_open(&data, folder_path("out.h5")));
    assert_string_equal(dgba_data_about(data)->tasks[NORMAL].kind, "raw_normals");
    CHECK_OK(dgba_data_read((uint8_t[3 *PIXELS]){0}, (float *[]){NULL, normal, NULL}, data, 0));
    CHECK_CLOSE(normal, ((float[]){255, 128, 128, 128, 255, 128, 128, 128, 255}), 9, 0, 0);
    CHECK_CLOSE(normal + 12, ((float[]){255, 255, 255, 0, 60, 200}), 6, 0, 0);
    CHECK_OK(dgba_batch_create(&batch, data, 8, HEIGHT, WIDTH));
    const dgba_augment augment = {.scale_low = 1, .scale_high = 1, .mirror = true, .seed = 3};
    CHECK_OK(dgba_batch_load_augmented(&batch, data, (int64_t[8]){0}, 8, &augment));
    int mirrored = 0;
    for (int n = 0; n < 8; ++n) {
        const float first = batch.labels[NORMAL].values[3 * n * PIXELS];
        assert_true(first == 255 || first == 128); // x of the first or of the third pixel
        mirrored += first == 128;
    }
    assert_true(mirrored > 0 && mirrored < 8);
    dgba_batch_free(&batch);
    dgba_data_close(&data);
}

static void check_refused(dgba_status expected, const char *message) {
    CHECK_FAILS(expected, import("nyu_v2_3task.json", NULL));
    CHECK_MESSAGE(message);
    assert_false(dgba_file_exists(folder_path("out.h5")) || dgba_file_exists(folder_path("out.h5.part")));
    write_good();
}

static void bad_lists(void **state) {
    (void)state;
    static const struct {
        const char *content, *message;
    } cases[] = {
        {"{}", "nyu_v2_3task.json:1:1: not a map of splits"},
        {"[1]", "nyu_v2_3task.json:1:1: not a map of splits"},
        {"{\"train\": []}", "nyu_v2_3task.json:1:2: 'train' is not a split with a list of images"},
        {"{\"train\": [[\"a\", \"b\", \"c\"]]}", "nyu_v2_3task.json:1:12: not a list of four paths"},
        {"{\"train\": [[\"a\", \"b\", \"c\", []]]}", "not a list of four paths"},
        {"{\"train\": [[\"a\", \"b\", \"c\"", "nyu_v2_3task.json:"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        folder_text("nyu_v2_3task.json", cases[i].content);
        check_refused(DGBA_E_CONFIG, cases[i].message);
    }
}

static void bad_files(void **state) {
    (void)state;
    static const uint16_t zeros[64] = {0}, forty[PIXELS] = {40};
    remove(folder_path("depth/1.npy"));
    check_refused(DGBA_E_IO, "depth/1.npy: cannot open");
    remove(folder_path("image/2.png"));
    check_refused(DGBA_E_IO, "image/2.png: cannot open");
    image("image/2.png", 4, 3, zeros);
    check_refused(DGBA_E_SHAPE, "image/2.png is 4 pixels wide and 2 high, but ");
    image("seg/0.png", 2, 1, zeros);
    check_refused(DGBA_E_SHAPE, "seg/0.png is 2 pixels wide");
    image("seg/0.png", WIDTH, 1, forty);
    check_refused(DGBA_E_FORMAT, "seg/0.png: stored value 40 stands for class 40");
    image("normal/0.png", WIDTH, 1, zeros);
    check_refused(DGBA_E_FORMAT, "normal/0.png: has 1 channels");
    folder_damage("normal/0.png", 50, -1);
    check_refused(DGBA_E_FORMAT, "normal/0.png: not a sound PNG file");
}

static void bad_npy_files(void **state) {
    (void)state;
    static const struct {
        const char *header;
        dgba_status status;
        const char *message;
    } cases[] = {
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", DGBA_E_FORMAT,
         "depth/1.npy: holds elements of type '<i4'; '<f4' and '<f8' can be read"},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", DGBA_E_FORMAT, "elements of type '>f4'"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", DGBA_E_FORMAT, "depth/1.npy: is in Fortran order"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }", DGBA_E_SHAPE,
         "depth/1.npy is 2 pixels wide and 3 high, but "},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", DGBA_E_SHAPE, "depth/1.npy: 1 axes; a map of depth"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }", DGBA_E_FORMAT,
         "depth/1.npy: holds 24 bytes of content"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000, 2000000000), }", DGBA_E_FORMAT,
         "holds 24 bytes of content"},
        {"{'descr': '<f4', 'shape': (2, 3), }", DGBA_E_FORMAT, "the header of this .npy file cannot be read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", DGBA_E_FORMAT, "header of this .npy file"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        folder_npy("depth/1.npy", cases[i].header, depth, sizeof depth);
        check_refused(cases[i].status, cases[i].message);
    }
    folder_text("depth/1.npy", "\x93NUMPY\x02");
    check_refused(DGBA_E_FORMAT, "depth/1.npy: not a .npy file");
    folder_bytes("depth/1.npy", "\x93NUMPY\x02\x00\x76\x00", 10);
    check_refused(DGBA_E_FORMAT, "depth/1.npy: a .npy file of format 2.0; 1.0 can be read");
    for (int64_t kept = 10; kept < 128 + (int64_t)sizeof other_depth; kept += 13) {
        folder_damage("depth/1.npy", kept, -1);
        check_refused(DGBA_E_FORMAT, kept < 128 ? "depth/1.npy: this .npy file is truncated" : "depth/1.npy: holds ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_value_arrives, start_folder),
        cmocka_unit_test_setup(released_normals_are_raw, start_folder),
        cmocka_unit_test_setup(bad_lists, start_folder),
        cmocka_unit_test_setup(bad_files, start_folder),
        cmocka_unit_test_setup(bad_npy_files, start_folder),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
