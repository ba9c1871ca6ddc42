/** The importer of NYU Depth V2's MATLAB file, on a made-up file of the same structure. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/folder.h"
#include "support/mat.h"

enum { PIXELS = MAT_HEIGHT * MAT_WIDTH, SEGMENT = 0, NORMAL = 1, DEPTH = 2 };

static const char map[] = "name,class40,class13\nwall,1,2\nbook, shelf,0,0\n\xc3\xa9,39,13\nfloor,2,1\n";
static dgba_import options;

/** Writes, or mends, the files that can be imported. */
static void write_good(void) {
    char names[1024] = "";
    for (int i = 1; i <= 40; ++i) snprintf(names + strlen(names), sizeof names - strlen(names), "%d class-%d\n", i, i);
    mat_write(folder_path("labeled.mat"), MAT_SOUND);
    folder_text("train.txt", "1\n4\n");
    folder_text("test.txt", "5\n2\n");
    folder_text("map.csv", map);
    folder_text("names.txt", names);
    dgba_option_defaults(&options, &dgba_import_options);
    snprintf(options.train_list, sizeof options.train_list, "%s", folder_path("train.txt"));
    snprintf(options.test_list, sizeof options.test_list, "%s", folder_path("test.txt"));
    snprintf(options.class_map, sizeof options.class_map, "%s", folder_path("map.csv"));
    snprintf(options.class_names, sizeof options.class_names, "%s", folder_path("names.txt"));
    snprintf(options.camera, sizeof options.camera, "100,120,3.5,2");
}

static int start_folder(void **state) {
    (void)state;
    folder_start("mat");
    write_good();
    return 0;
}

static dgba_status import(void) {
    char source[512];
    snprintf(source, sizeof source, "%s", folder_path("labeled.mat"));
    return dgba_data_import("nyuv2-mat", source, folder_path("out.h5"), &options);
}

static dgba_data *import_and_open(void) {
    dgba_data *data = NULL;
    CHECK_OK(import());
    CHECK_OK(dgba_data_open(&data, folder_path("out.h5")));
    return data;
}

static void check_image(dgba_data *data, int64_t image, int64_t n, const int64_t *classes) {
    uint8_t rgb[3 * PIXELS];
    float segment[PIXELS], normal[3 * PIXELS], depth[PIXELS];
    CHECK_OK(dgba_data_read(rgb, (float *[]){segment, normal, depth}, data, image));
    for (int64_t p = 0; p < PIXELS; ++p) {
        const int64_t y = p / MAT_WIDTH, x = p % MAT_WIDTH, class = classes[mat_label(n, y, x)];
        for (int64_t c = 0; c < 3; ++c) assert_int_equal(rgb[3 * p + c], mat_colour(n, c, y, x));
        assert_true(class < 0 ? isnan(segment[p]) : segment[p] == (float)class);
        assert_true(mat_depth(n, y, x) > 0 ? depth[p] == mat_depth(n, y, x) : isnan(depth[p]));
        const bool corner = y % (MAT_HEIGHT - 1) == 0 && x % (MAT_WIDTH - 1) == 0; // too few pixels for a plane
        const bool near_hole = y <= 1 && x >= 2 && x <= 4;                         // in the depth
        assert_true(isnan(normal[3 * p]) == (corner || near_hole));
    }
}

/** In image 1, 1/z = 0.5 + 0.01·x − 0.02·y: one plane, whose normal is the same everywhere. */
static void check_normals(dgba_data *data) {
    float normal[3 * PIXELS], expected[] = {-0.01F * 100, -0.02F * 120, 0.5F + 0.01F * 3.5F - 0.02F * 2};
    const float length = sqrtf(expected[0] * expected[0] + expected[1] * expected[1] + expected[2] * expected[2]);
    for (int c = 0; c < 3; ++c) expected[c] /= length;
    CHECK_OK(dgba_data_read((uint8_t[3 *PIXELS]){0}, (float *[]){NULL, normal, NULL}, data, 0));
    for (int64_t p = 0; p < PIXELS; ++p)
        if (!isnan(normal[3 * p])) CHECK_CLOSE(normal + 3 * p, expected, 3, 0, 1e-4);
}

static void every_value_arrives(void **state) {
    (void)state;
    static const int64_t classes[] = {-1, 0, -1, 38, 1}, numbers[] = {0, 1, 3, 4}; // images 1 2 4 5
    dgba_data *data = import_and_open();
    const dgba_data_info *about = dgba_data_about(data);
    assert_int_equal(about->images, 4);
    assert_int_equal(about->height, MAT_HEIGHT);
    assert_int_equal(about->width, MAT_WIDTH);
    assert_int_equal(about->tasks[SEGMENT].classes, 40);
    assert_string_equal(about->tasks[NORMAL].kind, "normals");
    assert_string_equal(about->tasks[DEPTH].unit, "metre");
    for (int64_t i = 0; i < 4; ++i) check_image(data, i, numbers[i], classes);
    check_normals(data);
    const int64_t *images = NULL;
    int64_t count = 0;
    CHECK_OK(dgba_data_split(&images, &count, data, "train"));
    assert_true(count == 2 && images[0] == 0 && images[1] == 2);
    CHECK_OK(dgba_data_split(&images, &count, data, "test"));
    assert_true(count == 2 && images[0] == 3 && images[1] == 1);
    dgba_names names = {0};
    CHECK_OK(dgba_data_class_names(&names, data, SEGMENT));
    assert_int_equal(names.count, 40);
    assert_string_equal(names.items[38], "class-39");
    dgba_names_free(&names);
    dgba_data_close(&data);
}

static void thirteen_classes(void **state) {
    (void)state;
    static const int64_t classes[] = {-1, 1, -1, 12, 0};
    options.classes = 13;
    options.class_names[0] = '\0';
    dgba_data *data = import_and_open();
    assert_int_equal(dgba_data_about(data)->tasks[SEGMENT].classes, 13);
    check_image(data, 0, 0, classes);
    dgba_data_close(&data);
}

/** Importing fails with this message, and nothing is left where the data file would be. */
static void check_refused(dgba_status expected, const char *message) {
    CHECK_FAILS(expected, import());
    CHECK_MESSAGE(message);
    assert_false(dgba_file_exists(folder_path("out.h5")) || dgba_file_exists(folder_path("out.h5.part")));
    write_good();
}

static void bad_files(void **state) {
    (void)state;
    static const struct {
        mat_fault fault;
        const char *message;
    } cases[] = {{MAT_WITHOUT_LABELS, "labeled.mat:/labels: the dataset is missing"},
                 {MAT_OTHER_SIZE, "labeled.mat:/depths: its sizes do not fit those of /images"},
                 {MAT_GREY, "labeled.mat:/images: not images of three channels"},
                 {MAT_HIGH_LABEL, "labeled.mat:/labels, image 3: label 5; there are 4"},
                 {MAT_NO_CELLS, "labeled.mat:/names: not a cell array"},
                 {MAT_ODD_CELL, "labeled.mat:/names: a cell is not a text"}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        mat_write(folder_path("labeled.mat"), cases[i].fault);
        folder_text("test.txt", "3\n");
        check_refused(DGBA_E_FORMAT, cases[i].message);
    }
    folder_text("labeled.mat", "MATLAB 5.0 MAT-file");
    check_refused(DGBA_E_FORMAT, "labeled.mat: not an HDF5 file");
    remove(folder_path("labeled.mat"));
    check_refused(DGBA_E_IO, "labeled.mat: cannot open");
}

/** Cut anywhere, the file is refused by its name. */
static void truncated_files(void **state) {
    (void)state;
    char *content = NULL;
    size_t bytes = 0;
    CHECK_OK(dgba_file_read(&content, &bytes, folder_path("labeled.mat")));
    dgba_free(content);
    for (int64_t kept = 0; kept < (int64_t)bytes; kept += (int64_t)bytes / 9) {
        folder_damage("labeled.mat", kept, -1);
        check_refused(DGBA_E_FORMAT, "labeled.mat: ");
    }
}

static void bad_lists_and_maps(void **state) {
    (void)state;
    static const struct {
        const char *file, *content, *message;
    } cases[] = {
        {"train.txt", "1\n6\n", "'6' in the lists is not one of the 5 images of "},
        {"train.txt", "0\n", "'0' in the lists"},
        {"train.txt", "one\n", "'one' in the lists"},
        {"train.txt", "1\n1\n", "train.txt: '1' is listed twice"},
        {"test.txt", "\n", "test.txt: lists no images"},
        {"map.csv", "", "map.csv: empty"},
        {"map.csv", "name,class13\n", "map.csv:1: the header must be 'name' and columns such as 'class40'"},
        {"map.csv", "name,class40\nwall,1\n", "map.csv: 1 rows for the 4 labels of "},
        {"map.csv", "name,class40\nwall\n", "map.csv:2: 'wall' does not have 2 columns"},
        {"map.csv", "name,class40\nwall,41\n", "map.csv:2: '41' is not one of the classes 1..40 or 0 for none"},
        {"map.csv", "name,class40\nfloor,1\n", "map.csv:2: label 1 is called 'floor' here, but 'wall' where it is used"},
        {"map.csv", "name,class40\nwall,1\nbook, shelf,1\n\xc3\xa9,1\nfloor,1\nsky,1\n",
         "map.csv:6: a row too many: there are 4 labels"},
        {"names.txt", "1 wall\n", "names.txt: class 1 of 0..39 has no name"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        folder_text(cases[i].file, cases[i].content);
        check_refused(DGBA_E_FORMAT, cases[i].message);
    }
}

static void options_that_make_no_sense(void **state) {
    (void)state;
    static const char *const cameras[] = {"1,2,3", "1,2,3,4,5", "a,2,3,4", "1,2,3,nan", ""};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cameras); ++i) {
        snprintf(options.camera, sizeof options.camera, "%s", cameras[i]);
        check_refused(DGBA_E_USAGE, "is not four numbers fx,fy,cx,cy");
    }
    snprintf(options.camera, sizeof options.camera, "1,0,3,4");
    check_refused(DGBA_E_USAGE, "focal lengths must be positive");
    options.train_list[0] = '\0';
    check_refused(DGBA_E_USAGE, "say which images are for training: --train-list FILE");
    options.class_map[0] = '\0';
    check_refused(DGBA_E_USAGE, "--class-map FILE");
    options.size = 128;
    check_refused(DGBA_E_USAGE, "the importer nyuv2-mat takes no option 'size'");
    CHECK_FAILS(DGBA_E_USAGE, dgba_data_import("nyuv2mat", "x", "y", NULL));
    CHECK_MESSAGE("unknown importer 'nyuv2mat' (did you mean 'nyuv2-mat'?)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_value_arrives, start_folder),
        cmocka_unit_test_setup(thirteen_classes, start_folder),
        cmocka_unit_test_setup(bad_files, start_folder),
        cmocka_unit_test_setup(truncated_files, start_folder),
        cmocka_unit_test_setup(bad_lists_and_maps, start_folder),
        cmocka_unit_test_setup(options_that_make_no_sense, start_folder),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
