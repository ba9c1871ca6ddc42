/** The importer of Taskonomy's folders. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/folder.h"

enum { STORED = 4, SIZE = 2, PIXELS = SIZE * SIZE, SEGMENT = 0, NORMAL, DEPTH, KEYPOINTS, EDGES, CLASSES = 17 };

static dgba_import options;

/** A file of which each 2 × 2 block has its number 0..3 at its first pixel and nonsense elsewhere: nearest resizing to
 *  half the size keeps the first. `values` has what is stored for each number. */
static void image(const char *folder, const char *point, const char *tag, int channels, int bits, const uint16_t *values) {
    char name[128];
    uint16_t stored[3 * STORED * STORED];
    for (int i = 0; i < STORED * STORED; ++i) {
        const int y = i / STORED, x = i % STORED, block = y / 2 * SIZE + x / 2;
        for (int c = 0; c < channels; ++c)
            stored[channels * i + c] = y % 2 == 0 && x % 2 == 0 ? values[channels * block + c] : 9;
    }
    snprintf(name, sizeof name, "%s/%s_domain_%s.png", folder, point, tag);
    folder_picture(name,
                   &(picture){.height = STORED, .width = STORED, .channels = channels, .bits = bits, .values = stored});
}

static void write_point(const char *point, const char *segment_folder) {
    static const uint16_t rgb[3 * PIXELS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, segment[PIXELS] = {0, 1, 17, 5};
    static const uint16_t normal[3 * PIXELS] = {255, 128, 128, 128, 255, 128, 128, 128, 255, 0, 128, 128};
    static const uint16_t depth[PIXELS] = {0, 511, 64499, 64500}, keys[PIXELS] = {0, 164, 328, 60000};
    static const uint16_t edges[PIXELS] = {0, 2621, 5243, 65535};
    image("rgb", point, "rgb", 3, 8, rgb);
    image(segment_folder, point, "segmentsemantic", 1, 8, segment);
    image("normal", point, "normal", 3, 8, normal);
    image("depth_zbuffer", point, "depth_zbuffer", 1, 16, depth);
    image("keypoints2d", point, "keypoints2d", 1, 16, keys);
    image("edge_texture", point, "edge_texture", 1, 16, edges);
}

/** Writes, or mends, the files that can be imported. */
static void write_good(void) {
    write_point("point_0_view_1", "segment_semantic");
    write_point("point_2_view_0", "segmentsemantic");
    folder_text("train.txt", "point_0_view_1\n");
    folder_text("test.txt", "point_2_view_0\n");
    folder_text("weights.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n0.5\n");
    dgba_option_defaults(&options, &dgba_import_options);
    snprintf(options.train_list, sizeof options.train_list, "%s", folder_path("train.txt"));
    snprintf(options.test_list, sizeof options.test_list, "%s", folder_path("test.txt"));
    snprintf(options.class_weights, sizeof options.class_weights, "%s", folder_path("weights.txt"));
    options.size = SIZE;
}

static int start_folder(void **state) {
    (void)state;
    folder_start("taskonomy");
    write_good();
    return 0;
}

static dgba_status import(void) {
    dgba_text folder = {0};
    dgba_path_folder(&folder, folder_path("x"));
    const dgba_status status = dgba_data_import("taskonomy", dgba_text_chars(&folder), folder_path("out.h5"), &options);
    dgba_text_free(&folder);
    return status;
}

static dgba_data *import_and_open(void) {
    dgba_data *data = NULL;
    CHECK_OK(import());
    CHECK_OK(dgba_data_open(&data, folder_path("out.h5")));
    return data;
}

typedef struct values {
    uint8_t rgb[3 * PIXELS];
    float segment[PIXELS], normal[3 * PIXELS], depth[PIXELS], keys[PIXELS], edges[PIXELS];
} values;

static values read_image(dgba_data *data, int64_t image) {
    values v;
    CHECK_OK(dgba_data_read(v.rgb, (float *[]){v.segment, v.normal, v.depth, v.keys, v.edges}, data, image));
    return v;
}

static void check_values(const values *v) {
    for (int i = 0; i < 3 * PIXELS; ++i) assert_int_equal(v->rgb[i], i + 1);
    assert_true(isnan(v->segment[0]) && v->segment[1] == 0 && v->segment[2] == 16 && v->segment[3] == 4);
    CHECK_CLOSE(v->normal, ((float[]){1, 0, 0, 0, 1, 0, 0, 0, 1}), 9, 0, 0.006);
    assert_true(isnan(v->normal[9])); // no depth there
    CHECK_CLOSE(v->depth, ((float[]){0, 9.0F / 16, logf(64500) / logf(65536)}), 3, 1e-6, 0);
    assert_true(isnan(v->depth[3]));
    CHECK_CLOSE(v->keys, ((float[]){-1, 164 / 65536.0F / 0.005F * 2 - 1, 1, 1}), 4, 1e-5, 1e-7);
    CHECK_CLOSE(v->edges, ((float[]){-1, 2621 / 65536.0F / 0.08F * 2 - 1, 1, 1}), 4, 1e-4, 1e-7);
}

static void every_value_arrives(void **state) {
    (void)state;
    static const char *const kinds[] = {"weighted_segmentation", "cosine_normals", "log_depth", "pixel_l1", "pixel_l1"};
    dgba_data *data = import_and_open();
    const dgba_data_info *about = dgba_data_about(data);
    assert_true(about->images == 2 && about->height == SIZE && about->width == SIZE && about->task_count == 5);
    for (int t = 0; t < 5; ++t) assert_string_equal(about->tasks[t].kind, kinds[t]);
    assert_int_equal(about->tasks[SEGMENT].classes, CLASSES);
    assert_true(about->tasks[SEGMENT].class_weights[15] == 16 && about->tasks[SEGMENT].class_weights[16] == 0.5F);
    for (int64_t i = 0; i < 2; ++i) {
        const values v = read_image(data, i);
        check_values(&v);
    }
    dgba_data_close(&data);
}

/** What is not known becomes the background; the size stays as it is stored. */
static void released_segmentation_and_stored_size(void **state) {
    (void)state;
    options.compat = 1;
    dgba_data *data = import_and_open();
    const values v = read_image(data, 0);
    assert_true(v.segment[0] == 0 && v.segment[1] == 0 && v.segment[2] == 16);
    dgba_data_close(&data);
    write_good();
    options.size = 0;
    data = import_and_open();
    assert_int_equal(dgba_data_about(data)->height, STORED);
    dgba_data_close(&data);
}

/** A folder per building, inside the domains' folders or round them; weights from NumPy, or all alike. */
static void buildings_and_weights(void **state) {
    (void)state;
    static const struct {
        const char *folder, *tag;
    } files[] = {{"rgb", "rgb"},
                 {"segment_semantic", "segmentsemantic"},
                 {"normal", "normal"},
                 {"depth_zbuffer", "depth_zbuffer"},
                 {"keypoints2d", "keypoints2d"},
                 {"edge_texture", "edge_texture"}};
    double weights[CLASSES] = {[3] = 2};
    for (int64_t i = 0; i < DGBA_COUNT_OF(files); ++i) {
        char from[256], to[256];
        folder_text(i % 2 == 0 ? "hall/rgb/x" : "normal/hall/x", ""); // makes the folders
        snprintf(from, sizeof from, "%s/point_0_view_1_domain_%s.png", files[i].folder, files[i].tag);
        snprintf(to, sizeof to,
                 i % 2 == 0 ? "%s/hall/point_0_view_1_domain_%s.png" : "hall/%s/point_0_view_1_domain_%s.png",
                 files[i].folder, files[i].tag);
        char *content = NULL;
        size_t bytes = 0;
        CHECK_OK(dgba_file_read(&content, &bytes, folder_path(from)));
        folder_bytes(to, content, bytes);
        dgba_free(content);
        remove(folder_path(from));
    }
    folder_text("train.txt", "hall/point_0_view_1\n");
    folder_npy("weights.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (17,), }", weights, sizeof weights);
    snprintf(options.class_weights, sizeof options.class_weights, "%s", folder_path("weights.npy"));
    dgba_data *data = import_and_open();
    assert_true(dgba_data_about(data)->tasks[SEGMENT].class_weights[3] == 2);
    const values v = read_image(data, 0);
    check_values(&v);
    char fingerprint[DGBA_HASH_TEXT_BYTES];
    memcpy(fingerprint, dgba_data_about(data)->fingerprint, sizeof fingerprint);
    dgba_data_close(&data);
    options.class_weights[0] = '\0';
    data = import_and_open();
    for (int c = 0; c < CLASSES; ++c) assert_true(dgba_data_about(data)->tasks[SEGMENT].class_weights[c] == 1);
    assert_string_not_equal(dgba_data_about(data)->fingerprint, fingerprint);
    dgba_data_close(&data);
}

/** Twice as large is half as far, also in the logarithm. */
static void magnified_images_are_nearer(void **state) {
    (void)state;
    dgba_batch batch;
    dgba_data *data = import_and_open();
    CHECK_OK(dgba_batch_create(&batch, data, 1, 2 * SIZE, 2 * SIZE));
    const dgba_augment augment = {.scale_low = 2, .scale_high = 2};
    CHECK_OK(dgba_batch_load_augmented(&batch, data, (int64_t[]){0}, 1, &augment));
    const float *depth = batch.labels[DEPTH].values;
    CHECK_CLOSE(depth, ((float[]){0, 0, logf(1 + 255.5F) / logf(65536), logf(1 + 255.5F) / logf(65536)}), 4, 1e-6, 1e-7);
    CHECK_CLOSE(depth + 8, ((float[]){logf(1 + 32249.5F) / logf(65536)}), 1, 1e-6, 0);
    assert_true(batch.labels[DEPTH].valid[8] == 1 && batch.labels[DEPTH].valid[10] == 0);
    dgba_batch_free(&batch);
    dgba_data_close(&data);
}

static void check_refused(dgba_status expected, const char *message) {
    CHECK_FAILS(expected, import());
    CHECK_MESSAGE(message);
    assert_false(dgba_file_exists(folder_path("out.h5")) || dgba_file_exists(folder_path("out.h5.part")));
    write_good();
}

static void bad_files(void **state) {
    (void)state;
    static const uint16_t high[PIXELS] = {18}, grey[2] = {0};
    remove(folder_path("edge_texture/point_2_view_0_domain_edge_texture.png"));
    check_refused(DGBA_E_IO, "there is no file point_2_view_0_domain_edge_texture.png in its folder edge_texture");
    image("segment_semantic", "point_0_view_1", "segmentsemantic", 1, 8, high);
    check_refused(DGBA_E_FORMAT, "point_0_view_1_domain_segmentsemantic.png: stored value 18 stands for class 17");
    folder_picture("normal/point_0_view_1_domain_normal.png",
                   &(picture){.height = 1, .width = 2, .channels = 1, .bits = 8, .values = grey});
    check_refused(DGBA_E_SHAPE, "point_0_view_1_domain_normal.png is 2 pixels wide and 1 high, but ");
    folder_damage("depth_zbuffer/point_2_view_0_domain_depth_zbuffer.png", 60, -1);
    check_refused(DGBA_E_FORMAT, "point_2_view_0_domain_depth_zbuffer.png: not a sound PNG file");
    folder_text("weights.txt", "1\n2\n");
    check_refused(DGBA_E_FORMAT, "weights.txt: 2 weights for 17 classes");
    folder_text("weights.txt", "1\ntwo\n");
    check_refused(DGBA_E_USAGE, "weights.txt:2: ");
    folder_text("weights.txt", "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n");
    check_refused(DGBA_E_FORMAT, "task 'segment_semantic': no class has a weight");
    folder_text("weights.txt", "1\n1\n-1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n");
    check_refused(DGBA_E_FORMAT, "the weight of class 2 is -1");
    folder_text("test.txt", "point_9_view_9\n");
    check_refused(DGBA_E_IO, "there is no file point_9_view_9_domain_rgb.png in its folder rgb");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_value_arrives, start_folder),
        cmocka_unit_test_setup(released_segmentation_and_stored_size, start_folder),
        cmocka_unit_test_setup(buildings_and_weights, start_folder),
        cmocka_unit_test_setup(magnified_images_are_nearer, start_folder),
        cmocka_unit_test_setup(bad_files, start_folder),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
