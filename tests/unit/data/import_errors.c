#include <stdio.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/folder.h"

static const uint16_t zeros[3 * 64 * 64];

static const char head[] = "name: x\nimage: {folder: rgb}\nsplits: {all: all.txt}\n";
static const char tasks[] = "tasks:\n  seg: {folder: seg, kind: segmentation, classes: 2, names: classes.txt}\n";

static void image(const char *name, int64_t height, int64_t width, int channels) {
    folder_picture(name, &(picture){.height = height, .width = width, .channels = channels, .bits = 8, .values = zeros});
}

/** Writes, or mends, the files of a folder that can be imported. */
static void write_good(void) {
    char yaml[512];
    snprintf(yaml, sizeof yaml, "%s%s", head, tasks);
    folder_text("dataset.yaml", yaml);
    folder_text("all.txt", "a\nb\n");
    folder_text("classes.txt", "0 wall\n1 floor\n");
    image("rgb/a.png", 16, 16, 3);
    image("rgb/b.jpg", 16, 16, 3);
    image("seg/a.png", 16, 16, 1);
    image("seg/b.png", 16, 16, 1);
}

static int start_folder(void **state) {
    (void)state;
    folder_start("errors");
    return 0;
}

static dgba_status import(void) {
    dgba_text folder = {0};
    dgba_path_folder(&folder, folder_path("x"));
    const dgba_status status = dgba_data_import("folder", dgba_text_chars(&folder), folder_path("out.h5"), NULL);
    dgba_text_free(&folder);
    return status;
}

/** Importing fails with this message, and nothing is left where the data file would be. */
static void check_refused(dgba_status expected, const char *message) {
    CHECK_FAILS(expected, import());
    CHECK_MESSAGE(message);
    dgba_text folder = {0};
    dgba_names left = {0};
    dgba_path_folder(&folder, folder_path("x"));
    CHECK_OK(dgba_folder_list(&left, dgba_text_chars(&folder)));
    for (int64_t i = 0; i < left.count; ++i) assert_null(strstr(left.items[i], "out"));
    dgba_names_free(&left);
    dgba_text_free(&folder);
}

static void a_good_folder_is_imported(void **state) {
    (void)state;
    write_good();
    CHECK_OK(import());
}

/** Whole files, or what follows `head`, and what is wrong with them. */
static void bad_descriptions(void **state) {
    (void)state;
    static const struct {
        const char *head, *rest, *message;
    } cases[] = {
        {"name: x\n", "", "dataset.yaml:1:1: dataset.yaml lacks the key 'image'"},
        {"name: x\nimages: {folder: rgb}\n", "",
         "dataset.yaml:2:1: unknown key 'images' in dataset.yaml (did you mean 'image'?)"},
        {"name: [x]\nimage: {folder: rgb}\n", "", "'name' must be a word or a path"},
        {"name: x\nimage: rgb\n", "", "dataset.yaml:2:8: image must be a map of keys"},
        {"name: x\nimage: {folder: rgb, colour: bgr}\n", "", "2:22: unknown key 'colour' in image (did you mean 'color'?)"},
        {"name: x\nimage: {folder: rgb, color: rbg}\n", "", "'color' must be rgb or bgr"},
        {"name: x\nimage: {folder: rgb}\nsplits: all.txt\n", "", "'splits' must be a map"},
        {"name: x\nimage: {folder: rgb}\nsplits: {a/b: all.txt}\n", "", "'a/b' cannot be the name of a split"},
        {head, "tasks: {}\n", "'tasks' must be a map of 1 to 8 tasks"},
        {head, "tasks: {'a b': {}}\n", "'a b' cannot be the name of a task"},
        {head, "tasks: {d: depth}\n", "task 'd' must be a map of keys"},
        {head, "tasks: {d: {folder: d}}\n", "dataset.yaml:4:12: task 'd' lacks the key 'kind'"},
        {head, "tasks: {d: {kind: dept}}\n",
         "4:19: unknown kind 'dept' (there are segmentation, weighted_segmentation, normals, "},
        {head, "tasks: {d: {kind: depth}}\n", "task 'd' lacks the key 'folder'"},
        {head, "tasks: {d: {kind: depth, foldr: d}}\n", "4:26: unknown key 'foldr' in task 'd' (did you mean 'folder'?)"},
        {head, "tasks: {d: {kind: depth, zebra: d}}\n", "unknown key 'zebra' in task 'd'"},
        {head, "tasks: {d: {kind: depth, folder: d, classes: 4}}\n", "4:37: key 'classes' does not go with depth"},
        {head, "tasks: {s: {kind: segmentation, folder: d}}\n", "task 's' lacks the key 'classes'"},
        {head, "tasks: {s: {kind: segmentation, folder: d, classes: 256}}\n",
         "'classes' must be a whole number from 1 to 255"},
        {head, "tasks: {d: {kind: depth, folder: d, add: one}}\n", "'add' must be a number, not 'one'"},
        {head, "tasks: {d: {kind: depth, folder: d, add: [1]}}\n", "'add' must be a number"},
        {head, "tasks: {d: {kind: depth, folder: d, divide: 0}}\n", "'divide' must not be 0"},
        {head, "tasks: {d: {kind: depth, folder: d, divide: 2, scale: 1}}\n", "'scale' and 'divide' exclude each other"},
        {head, "tasks: {d: {kind: depth, folder: d, ignore: -1}}\n", "'ignore' must be a whole number from 0 to 65535"},
        {head, "tasks: {d: {kind: depth, folder: d, clip: 3}}\n", "'clip' must be a list of two numbers"},
        {head, "tasks: {d: {kind: depth, folder: d, clip: [3, 1]}}\n", "'clip' must be [low, high]"},
        {head, "tasks: {d: {kind: depth, folder: d, map: [0, 1]}}\n", "'map' needs 'clip'"},
        {head, "tasks: {n: {kind: normals, from: d}}\n", "task 'n' lacks the key 'camera'"},
        {head, "tasks: {n: {kind: normals, from: d, camera: {fx: 1, fy: 1, cx: 0, cy: 0}}}\n", "there is no task 'd'"},
        {head, "tasks: {n: {kind: normals, from: n, camera: {fx: 1, fy: 1, cx: 0, cy: 0}}}\n",
         "'n' is not a task of kind depth"},
        {head, "tasks: {n: {kind: normals, from: d, camera: {fx: 1, fy: 1, cx: 0}}}\n", "camera lacks the key 'cy'"},
        {head, "tasks: {n: {kind: normals, from: d, camera: {fx: 0, fy: 1, cx: 0, cy: 0}}}\n", "must be positive"},
        {head, "tasks: {n: {kind: normals, from: d, folder: n}}\n", "key 'folder' does not go with derived normals"},
        {head, "tasks: {d: {kind: depth, from: e, camera: {fx: 1, fy: 1, cx: 0, cy: 0}}}\n", "only normals can be derived"},
        {head, "tasks: {d: {kind: depth, folder: d}, d: {kind: depth, folder: d}}\n", "dataset.yaml:4:"},
    };
    write_good();
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        char yaml[512];
        snprintf(yaml, sizeof yaml, "%s%s", cases[i].head, cases[i].rest);
        folder_text("dataset.yaml", yaml);
        check_refused(DGBA_E_CONFIG, cases[i].message);
    }
}

static void bad_lists(void **state) {
    (void)state;
    static const struct {
        const char *file, *content, *message;
    } cases[] = {
        {"all.txt", "a\nb\na\n", "all.txt: 'a' is listed twice"},
        {"all.txt", " \r\n\r\n", "all.txt: lists no images"},
        {"classes.txt", "0 wall\n", "classes.txt: class 1 of 0..1 has no name"},
        {"classes.txt", "0 wall\n1 floor\n0 door\n", "classes.txt:3: stored value 0 is named a second time"},
        {"classes.txt", "0 wall\nfloor\n", "classes.txt:2: 'floor' is not a stored value and a name"},
        {"classes.txt", "0 wall\n1 floor\n2 sky\n", "classes.txt:3: stored value 2 stands for class 2"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        write_good();
        folder_text(cases[i].file, cases[i].content);
        check_refused(DGBA_E_FORMAT, cases[i].message);
    }
}

static void missing_files(void **state) {
    (void)state;
    static const struct {
        const char *file, *message;
    } cases[] = {{"dataset.yaml", "dataset.yaml: cannot open"},
                 {"all.txt", "all.txt: cannot open"},
                 {"classes.txt", "classes.txt: cannot open"},
                 {"rgb/b.jpg", "rgb: there is no file b.png, .jpg or .jpeg"},
                 {"seg/b.png", "seg: there is no file b.png, .jpg or .jpeg"}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        write_good();
        assert_int_equal(remove(folder_path(cases[i].file)), 0);
        check_refused(DGBA_E_IO, cases[i].message);
    }
}

static void sizes_that_differ(void **state) {
    (void)state;
    write_good();
    image("rgb/b.jpg", 8, 24, 3);
    check_refused(DGBA_E_SHAPE, "rgb/b.jpg is 24 pixels wide and 8 high, but ");
    CHECK_MESSAGE("rgb/a.png is 16 wide and 16 high");
    write_good();
    image("seg/b.png", 16, 15, 1);
    check_refused(DGBA_E_SHAPE, "seg/b.png is 15 pixels wide and 16 high");
}

static void labels_that_make_no_sense(void **state) {
    (void)state;
    write_good();
    image("seg/b.png", 16, 16, 3);
    check_refused(DGBA_E_FORMAT, "seg/b.png: has 3 channels; a label of kind segmentation has 1");
    uint16_t classes[256] = {0, 1, 7};
    write_good();
    folder_picture("seg/b.png", &(picture){.height = 16, .width = 16, .channels = 1, .bits = 8, .values = classes});
    check_refused(DGBA_E_FORMAT, "seg/b.png: stored value 7 stands for class 7, which is not one of 0..1");
}

static void damaged_images(void **state) {
    (void)state;
    static const struct {
        const char *file;
        int64_t bytes, flipped;
        const char *message;
    } cases[] = {{"rgb/a.png", 0, -1, "rgb/a.png: not a sound PNG file"},
                 {"rgb/a.png", 40, -1, "rgb/a.png: not a sound PNG file: the file is truncated"},
                 {"rgb/a.png", 60, 50, "rgb/a.png: not a sound PNG file"},
                 {"rgb/a.png", 33, 17, "rgb/a.png: not a sound PNG file"}, // the width
                 {"rgb/b.jpg", 0, -1, "rgb/b.jpg: not a sound JPEG file: Empty input file"},
                 {"rgb/b.jpg", 100, 0, "rgb/b.jpg: not a sound JPEG file: Not a JPEG file"},
                 {"rgb/b.jpg", 300, -1, "rgb/b.jpg: not a sound JPEG file: Premature end"},
                 {"seg/b.png", 50, -1, "seg/b.png: not a sound PNG file"}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        write_good();
        folder_damage(cases[i].file, cases[i].bytes, cases[i].flipped);
        check_refused(DGBA_E_FORMAT, cases[i].message);
    }
}

/** Cut anywhere, a file is refused; with a bit changed anywhere, it is refused or read as something, and the import goes
 *  on to the third image, which is missing. */
static void files_damaged_everywhere(void **state) {
    (void)state;
    static const char *const files[] = {"rgb/a.png", "rgb/b.jpg"};
    for (int64_t i = 0; i < DGBA_COUNT_OF(files); ++i) {
        char *content = NULL;
        size_t bytes = 0;
        write_good();
        CHECK_OK(dgba_file_read(&content, &bytes, folder_path(files[i])));
        dgba_free(content);
        for (int64_t k = 0; k < (int64_t)bytes; k += 23) {
            write_good();
            folder_damage(files[i], k, -1);
            check_refused(DGBA_E_FORMAT, "not a sound");
            write_good();
            folder_text("all.txt", "a\nb\nmissing\n");
            folder_damage(files[i], (int64_t)bytes, k);
            const dgba_status status = import();
            assert_true(status == DGBA_E_IO || status == DGBA_E_FORMAT || status == DGBA_E_SHAPE);
        }
    }
}

static void an_older_data_file_stays(void **state) {
    (void)state;
    write_good();
    folder_text("out.h5", "old");
    image("seg/b.png", 16, 15, 1);
    CHECK_FAILS(DGBA_E_SHAPE, import());
    char *content = NULL;
    size_t bytes = 0;
    CHECK_OK(dgba_file_read(&content, &bytes, folder_path("out.h5")));
    assert_string_equal(content, "old");
    dgba_free(content);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_folder_is_imported, start_folder),
        cmocka_unit_test_setup(bad_descriptions, start_folder),
        cmocka_unit_test_setup(bad_lists, start_folder),
        cmocka_unit_test_setup(missing_files, start_folder),
        cmocka_unit_test_setup(sizes_that_differ, start_folder),
        cmocka_unit_test_setup(labels_that_make_no_sense, start_folder),
        cmocka_unit_test_setup(damaged_images, start_folder),
        cmocka_unit_test_setup(files_damaged_everywhere, start_folder),
        cmocka_unit_test_setup(an_older_data_file_stays, start_folder),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
