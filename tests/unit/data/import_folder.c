#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/folder.h"

enum { PIXELS = 4 }; // images of 2 x 2

static void image(const char *name, int channels, int bits, const uint16_t *values) {
    folder_picture(name, &(picture){.height = 2, .width = 2, .channels = channels, .bits = bits, .values = values});
}

static dgba_data *import(void) {
    dgba_data *data = NULL;
    dgba_text folder = {0};
    dgba_path_folder(&folder, folder_path("x"));
    CHECK_OK(dgba_data_import("folder", dgba_text_chars(&folder), folder_path("out.h5"), NULL));
    CHECK_OK(dgba_data_open(&data, folder_path("out.h5")));
    dgba_text_free(&folder);
    return data;
}

/** Every key of dataset.yaml but those of derived normals. */
static void write_everything(void) {
    static const uint16_t rgb[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, segment[] = {0, 1, 2, 3};
    static const uint16_t normal[] = {255, 128, 127, 128, 128, 0, 128, 127, 128, 9, 9, 9};
    static const uint16_t depth[] = {0, 1500, 9000, 40000}, edges[] = {0, 250, 500, 60000};
    folder_start("import");
    folder_text("dataset.yaml",
                "name: made-up\nsource: a test\nimage: {folder: rgb, color: bgr}\n"
                "splits: {train: lists/train.txt, test: lists/test.txt}\n"
                "tasks:\n"
                "  segment: {folder: seg, kind: segmentation, classes: 3, add: -1, ignore: 0, names: classes.txt}\n"
                "  normal: {folder: normal, kind: normals, add: -127.5, divide: 127.5, color: bgr, ignore: 9}\n"
                "  depth: {folder: depth, kind: depth, scale: 0.001, ignore: 9000, unit: metre}\n"
                "  edges: {folder: edges, kind: pixel_l1, divide: 1000, clip: [0, 0.5], map: [-1, 1]}\n");
    folder_text("lists/train.txt",
                "\xef\xbb\xbf"
                "c\r\na\r\n\r\n");          // byte-order mark, CRLF, an empty line
    folder_text("lists/test.txt", "  b  "); // blanks, no line end
    folder_text("classes.txt", "0 nothing\r\n1 wall\r\n2  floor mat \r\n3 lamp\r\n");
    for (const char *name = "abc"; *name != '\0'; ++name) {
        char path[32];
        const struct {
            const char *folder;
            int channels, bits;
            const uint16_t *values;
        } files[] = {{"rgb", 3, 8, rgb},
                     {"seg", 1, 8, segment},
                     {"normal", 3, 8, normal},
                     {"depth", 1, 16, depth},
                     {"edges", 1, 16, edges}};
        for (int64_t i = 0; i < DGBA_COUNT_OF(files); ++i) {
            snprintf(path, sizeof path, "%s/%c.png", files[i].folder, *name);
            image(path, files[i].channels, files[i].bits, files[i].values);
        }
    }
}

static void every_key_does_what_it_says(void **state) {
    (void)state;
    write_everything();
    dgba_data *data = import();
    const dgba_data_info *about = dgba_data_about(data);
    assert_string_equal(about->name, "made-up");
    assert_string_equal(about->source, "a test");
    assert_true(about->images == 3 && about->height == 2 && about->width == 2 && about->task_count == 4);
    assert_string_equal(about->tasks[2].unit, "metre");
    assert_int_equal(about->tasks[0].classes, 3);
    static const uint8_t expected_rgb[] = {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10};
    static const float expected_edges[] = {-1, 0, 1, 1};
    uint8_t rgb[3 * PIXELS];
    float segment[PIXELS], normal[3 * PIXELS], depth[PIXELS], edges[PIXELS];
    float *values[] = {segment, normal, depth, edges};
    CHECK_OK(dgba_data_read(rgb, values, data, 1));
    assert_memory_equal(rgb, expected_rgb, sizeof rgb);
    assert_true(isnan(segment[0]) && segment[1] == 0 && segment[2] == 1 && segment[3] == 2);
    assert_true(isnan(depth[0]) && isnan(depth[2])); // not positive; ignored
    assert_true(depth[1] == 1.5F && depth[3] == 40.0F);
    CHECK_CLOSE(edges, expected_edges, PIXELS, 0, 1e-6);
    // Stored blue, green, red (255, 128, 127): x −0.5, y 0.5, z 127.5 before the unit length.
    const float tilt = (float)(0.5 / sqrt(127.5 * 127.5 + 0.5)), most = 127.5F / 0.5F * tilt;
    const float expected_normals[] = {-tilt, tilt, most, -most, tilt, tilt};
    CHECK_CLOSE(normal, expected_normals, 6, 1e-6, 0);
    for (int c = 6; c < 12; ++c) assert_true(isnan(normal[c])); // as good as zero; ignored
    dgba_data_close(&data);
}

static void splits_name_images_in_order(void **state) {
    (void)state;
    write_everything();
    dgba_data *data = import();
    const int64_t *images = NULL;
    int64_t count = 0;
    CHECK_OK(dgba_data_split(&images, &count, data, "train"));
    assert_true(count == 2 && images[0] == 2 && images[1] == 0); // c, a: images are sorted by name
    CHECK_OK(dgba_data_split(&images, &count, data, "test"));
    assert_true(count == 1 && images[0] == 1);
    dgba_names names = {0};
    CHECK_OK(dgba_data_class_names(&names, data, 0));
    assert_int_equal(names.count, 3);
    assert_string_equal(names.items[0], "wall");
    assert_string_equal(names.items[1], "floor mat");
    dgba_names_free(&names);
    dgba_data_close(&data);
}

static void importing_again_gives_the_same_file(void **state) {
    (void)state;
    write_everything();
    dgba_data *data = import();
    dgba_data_close(&data);
    char *first = NULL, *second = NULL;
    size_t first_bytes = 0, second_bytes = 0;
    CHECK_OK(dgba_file_read(&first, &first_bytes, folder_path("out.h5")));
    data = import();
    dgba_data_close(&data);
    CHECK_OK(dgba_file_read(&second, &second_bytes, folder_path("out.h5")));
    assert_int_equal(first_bytes, second_bytes);
    assert_memory_equal(first, second, first_bytes);
    dgba_free(first);
    dgba_free(second);
}

/** A folder whose only label is taken as it is stored. */
static void start_pair(void) {
    folder_start("pair");
    folder_text("dataset.yaml",
                "name: pair\nimage: {folder: rgb}\nsplits: {all: all.txt}\n"
                "tasks:\n  level: {folder: level, kind: pixel_l1}\n");
}

static void every_png_layout_is_read(void **state) {
    (void)state;
    static const uint8_t palette[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
    static const struct {
        int channels, bits;
        bool palette;
        uint16_t values[16], rgb[12]; // as stored, as a picture
    } cases[] = {
        {1, 1, false, {0, 1, 1, 0}, {0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0}},
        {1, 2, false, {0, 1, 2, 3}, {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}},
        {1, 8, false, {0, 7, 200, 255}, {0, 0, 0, 7, 7, 7, 200, 200, 200, 255, 255, 255}},
        {1, 16, false, {0, 257, 51400, 65535}, {0, 0, 0, 1, 1, 1, 200, 200, 200, 255, 255, 255}},
        {2, 8, false, {1, 255, 2, 0, 3, 9, 4, 8}, {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}},
        {1, 2, true, {3, 2, 1, 0}, {100, 110, 120, 70, 80, 90, 40, 50, 60, 10, 20, 30}},
        {1, 8, true, {0, 1, 1, 3}, {10, 20, 30, 40, 50, 60, 40, 50, 60, 100, 110, 120}},
        {3, 16, false, {257, 514, 771, 0, 0, 0, 0, 0, 0, 0, 0, 65535}, {1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 255}},
        {4, 8, false, {1, 2, 3, 0, 4, 5, 6, 255, 7, 8, 9, 1, 10, 11, 12, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
    };
    dgba_text list = {0};
    start_pair();
    for (int64_t i = 0; i < 2 * DGBA_COUNT_OF(cases); ++i) {
        const int64_t k = i / 2;
        const picture stored = {.height = 2,
                                .width = 2,
                                .channels = cases[k].channels,
                                .bits = cases[k].bits,
                                .values = cases[k].values,
                                .palette = cases[k].palette ? palette : NULL,
                                .interlaced = i % 2 == 1};
        const picture grey = {.height = 2, .width = 2, .channels = 1, .bits = 16, .values = cases[3].values};
        char name[32];
        snprintf(name, sizeof name, "rgb/%02d.png", (int)i);
        folder_picture(name, &stored);
        snprintf(name, sizeof name, "level/%02d.png", (int)i);
        folder_picture(name, cases[k].channels < 3 ? &stored : &grey);
        dgba_text_add(&list, "%02d\n", (int)i);
    }
    folder_text("all.txt", dgba_text_chars(&list));
    dgba_data *data = import();
    for (int64_t i = 0; i < 2 * DGBA_COUNT_OF(cases); ++i) {
        const int64_t k = i / 2;
        uint8_t rgb[3 * PIXELS];
        float values[PIXELS], *labels[] = {values};
        CHECK_OK(dgba_data_read(rgb, labels, data, i));
        for (int p = 0; p < 3 * PIXELS; ++p) assert_int_equal(rgb[p], cases[k].rgb[p]);
        for (int p = 0; p < PIXELS && cases[k].channels < 3; ++p)
            assert_true(values[p] == cases[k].values[p * cases[k].channels]);
    }
    dgba_data_close(&data);
    dgba_text_free(&list);
}

static void jpeg_files_are_read(void **state) {
    (void)state;
    // Even colours of blocks survive the coding to within a level or two.
    uint16_t colours[3 * 256], greys[256];
    for (int p = 0; p < 256; ++p) {
        greys[p] = 77;
        for (int c = 0; c < 3; ++c) colours[3 * p + c] = (uint16_t)(50 + 60 * c);
    }
    const picture shown = {.height = 16, .width = 16, .channels = 3, .bits = 8, .values = colours};
    const picture label = {.height = 16, .width = 16, .channels = 1, .bits = 8, .values = greys};
    start_pair();
    folder_text("all.txt", "a\nb");
    folder_picture("rgb/a.jpg", &shown);
    folder_picture("level/a.jpeg", &label);
    folder_picture("rgb/b.jpg", &label); // a grey picture
    folder_picture("level/b.png", &label);
    dgba_data *data = import();
    uint8_t rgb[3 * 256];
    float values[256], *labels[] = {values};
    CHECK_OK(dgba_data_read(rgb, labels, data, 0));
    for (int p = 0; p < 256; ++p) {
        for (int c = 0; c < 3; ++c) assert_true(abs(rgb[3 * p + c] - colours[3 * p + c]) <= 2);
        assert_true(values[p] == 77);
    }
    CHECK_OK(dgba_data_read(rgb, labels, data, 1));
    assert_true(rgb[0] == 77 && rgb[1] == 77 && rgb[2] == 77);
    dgba_data_close(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_does_what_it_says),
        cmocka_unit_test(splits_name_images_in_order),
        cmocka_unit_test(importing_again_gives_the_same_file),
        cmocka_unit_test(every_png_layout_is_read),
        cmocka_unit_test(jpeg_files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
