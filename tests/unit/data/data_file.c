#include <math.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/dataset.h"

enum { HEIGHT = 4, WIDTH = 6, PIXELS = HEIGHT * WIDTH };

/** One image with its labels. */
typedef struct sample {
    uint8_t rgb[3 * PIXELS];
    float segment[PIXELS], normal[3 * PIXELS], depth[PIXELS];
} sample;

static void make_sample(sample *out, int64_t image) {
    const dgba_data_info about = dataset_about(3, HEIGHT, WIDTH);
    float *values[] = {out->segment, out->normal, out->depth};
    dataset_image(out->rgb, values, &about, image);
}

static dgba_status put(dgba_data_writer *writer, int64_t image, const sample *content) {
    const float *values[] = {content->segment, content->normal, content->depth};
    return dgba_data_writer_put(writer, image, "image", content->rgb, values);
}

/** Equal, where NaN equals NaN. */
static void check_same(const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])))) fail_msg("value %lld differs", (long long)i);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(3, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("data"), &about);
    const dgba_data_info *found = dgba_data_about(data);
    assert_int_equal(strlen(found->fingerprint), 32);
    assert_string_equal(found->name, "made-up");
    assert_string_equal(found->source, "tests/support/dataset.c");
    assert_true(found->images == 3 && found->height == HEIGHT && found->width == WIDTH);
    assert_int_equal(found->task_count, DATASET_TASKS);
    for (int64_t t = 0; t < DATASET_TASKS; ++t) {
        assert_string_equal(found->tasks[t].name, about.tasks[t].name);
        assert_string_equal(found->tasks[t].kind, about.tasks[t].kind);
        assert_string_equal(found->tasks[t].unit, about.tasks[t].unit);
        assert_int_equal(found->tasks[t].classes, about.tasks[t].classes);
        assert_int_equal(found->tasks[t].channels, about.tasks[t].channels);
    }
    for (int64_t i = 0; i < 3; ++i) {
        sample expected, read;
        make_sample(&expected, i);
        float *values[] = {read.segment, read.normal, read.depth};
        CHECK_OK(dgba_data_read(read.rgb, values, data, i));
        assert_memory_equal(read.rgb, expected.rgb, sizeof read.rgb);
        check_same(read.segment, expected.segment, PIXELS);
        check_same(read.normal, expected.normal, 3 * PIXELS);
        check_same(read.depth, expected.depth, PIXELS);
    }
    dgba_data_close(&data);
    assert_null(data);
}

static void labels_may_be_skipped(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(2, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("data"), &about);
    uint8_t rgb[3 * PIXELS];
    float depth[PIXELS], *values[] = {NULL, NULL, depth};
    CHECK_OK(dgba_data_read(rgb, values, data, 1));
    assert_true(depth[0] == 2);
    CHECK_FAILS(DGBA_E_SHAPE, dgba_data_read(rgb, values, data, 2));
    CHECK_MESSAGE("numbered from 0 to 1");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_data_read(rgb, values, data, -1));
    dgba_data_close(&data);
}

static void tasks_are_selected_by_name(void **state) {
    (void)state;
    static const char *const chosen[] = {"depth", "segment"}, *const unknown[] = {"dept"},
                             *const twice[] = {"depth", "depth"};
    const dgba_data_info about = dataset_about(2, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("data"), &about);
    CHECK_FAILS(DGBA_E_CONFIG, dgba_data_select_tasks(data, unknown, 1));
    CHECK_MESSAGE("unknown task 'dept' (did you mean 'depth'?)");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_data_select_tasks(data, twice, 2));
    CHECK_MESSAGE("task 'depth' is named twice");
    assert_int_equal(dgba_data_about(data)->task_count, 3);
    CHECK_OK(dgba_data_select_tasks(data, chosen, 2));
    assert_int_equal(dgba_data_about(data)->task_count, 2);
    dgba_batch batch;
    static const int64_t image = 1;
    CHECK_OK(dgba_batch_create(&batch, data, 1, HEIGHT, WIDTH));
    CHECK_OK(dgba_batch_load(&batch, data, &image, 1));
    assert_int_equal(batch.task_count, 2);
    assert_true(batch.labels[0].values[5] == 7); // depth: 1 + 5 + image
    assert_true(batch.labels[1].values[3] == 3); // class
    dgba_batch_free(&batch);
    dgba_data_close(&data);
}

static void splits_and_class_names(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(5, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("data"), &about);
    const int64_t *images = NULL;
    int64_t count = 0;
    CHECK_OK(dgba_data_split(&images, &count, data, "train"));
    assert_int_equal(count, 3);
    assert_true(images[0] == 0 && images[1] == 2 && images[2] == 4);
    CHECK_OK(dgba_data_split(&images, &count, data, "test"));
    assert_int_equal(count, 2);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_data_split(&images, &count, data, "val"));
    CHECK_MESSAGE("no split 'val' (there are: test, train)");
    dgba_names names = {0};
    CHECK_OK(dgba_data_class_names(&names, data, DATASET_SEGMENT));
    assert_int_equal(names.count, 4);
    assert_string_equal(names.items[3], "lamp");
    dgba_names_free(&names);
    CHECK_OK(dgba_data_class_names(&names, data, DATASET_DEPTH));
    assert_int_equal(names.count, 0);
    dgba_data_close(&data);
}

/** The fingerprint of a data set of one image. */
static void fingerprint(char out[DGBA_HASH_TEXT_BYTES], const dgba_data_info *about, const sample *content,
                        const char *split) {
    static const int64_t images[] = {0};
    dgba_text path = {0};
    dgba_path_join(&path, check_folder("fingerprint"), "a.h5");
    dgba_data_writer *writer = NULL;
    dgba_data *data = NULL;
    CHECK_OK(dgba_data_writer_create(&writer, dgba_text_chars(&path), about));
    CHECK_OK(put(writer, 0, content));
    CHECK_OK(dgba_data_writer_split(writer, split, images, 1));
    CHECK_OK(dgba_data_writer_commit(&writer));
    CHECK_OK(dgba_data_open(&data, dgba_text_chars(&path)));
    strcpy(out, dgba_data_about(data)->fingerprint);
    dgba_data_close(&data);
    dgba_text_free(&path);
}

static void the_fingerprint_is_of_what_reaches_a_network(void **state) {
    (void)state;
    dgba_data_info about = dataset_about(1, HEIGHT, WIDTH);
    char first[DGBA_HASH_TEXT_BYTES], other[DGBA_HASH_TEXT_BYTES];
    sample content;
    make_sample(&content, 0);
    fingerprint(first, &about, &content, "test");
    strcpy(about.name, "renamed");
    content.normal[3 * 6] = -NAN; // another NaN is not valid all the same
    fingerprint(other, &about, &content, "test");
    assert_string_equal(first, other);
    fingerprint(other, &about, &content, "train");
    assert_string_not_equal(first, other);
    content.depth[5] += 1;
    fingerprint(other, &about, &content, "test");
    assert_string_not_equal(first, other);
    make_sample(&content, 0);
    content.rgb[7] += 1;
    fingerprint(other, &about, &content, "test");
    assert_string_not_equal(first, other);
    make_sample(&content, 0);
    strcpy(about.tasks[0].name, "semantics");
    fingerprint(other, &about, &content, "test");
    assert_string_not_equal(first, other);
}

static void nothing_is_left_when_writing_fails(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(2, HEIGHT, WIDTH);
    const char *folder = check_folder("failing");
    dgba_text path = {0};
    dgba_path_join(&path, folder, "a.h5");
    dgba_data_writer *writer = NULL;
    sample content;
    make_sample(&content, 0);
    CHECK_OK(dgba_data_writer_create(&writer, dgba_text_chars(&path), &about));
    CHECK_FAILS(DGBA_E_USAGE, put(writer, 1, &content));
    CHECK_MESSAGE("image 1 of 2 cannot be put after 0 images");
    CHECK_OK(put(writer, 0, &content));
    CHECK_FAILS(DGBA_E_USAGE, dgba_data_writer_commit(&writer));
    CHECK_MESSAGE("only 1 of 2 images were put");
    assert_null(writer);
    CHECK_OK(dgba_data_writer_create(&writer, dgba_text_chars(&path), &about));
    dgba_data_writer_abandon(&writer);
    assert_null(writer);
    dgba_names left = {0};
    CHECK_OK(dgba_folder_list(&left, folder));
    assert_int_equal(left.count, 0);
    dgba_names_free(&left);
    dgba_text_free(&path);
}

static void bad_labels_and_splits_are_refused(void **state) {
    (void)state;
    static const int64_t outside[] = {0, 1};
    static const char *const names[] = {"one"};
    const dgba_data_info about = dataset_about(1, HEIGHT, WIDTH);
    dgba_text path = {0};
    dgba_path_join(&path, check_folder("bad"), "a.h5");
    dgba_data_writer *writer = NULL;
    sample content;
    CHECK_OK(dgba_data_writer_create(&writer, dgba_text_chars(&path), &about));
    static const float wrong[] = {4, -1, 0.5F, INFINITY};
    for (int64_t i = 0; i < DGBA_COUNT_OF(wrong); ++i) {
        make_sample(&content, 0);
        content.segment[3] = wrong[i];
        CHECK_FAILS(DGBA_E_FORMAT, put(writer, 0, &content));
        CHECK_MESSAGE("image 'image': task 'segment': class");
    }
    make_sample(&content, 0);
    content.depth[3] = INFINITY;
    CHECK_FAILS(DGBA_E_NUMERIC, put(writer, 0, &content));
    CHECK_MESSAGE("task 'depth': a label is infinite");
    CHECK_FAILS(DGBA_E_USAGE, dgba_data_writer_split(writer, "all", outside, 2));
    CHECK_MESSAGE("split 'all' has image 1 of 1");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_data_writer_split(writer, "a/b", outside, 1));
    CHECK_OK(dgba_data_writer_split(writer, "one", outside, 1));
    CHECK_FAILS(DGBA_E_USAGE, dgba_data_writer_split(writer, "one", outside, 1));
    CHECK_FAILS(DGBA_E_USAGE, dgba_data_writer_class_names(writer, DATASET_SEGMENT, names, 1));
    CHECK_MESSAGE("1 class names for the 4 classes of task 'segment'");
    dgba_data_writer_abandon(&writer);
    dgba_text_free(&path);
}

static void impossible_descriptions_are_refused(void **state) {
    (void)state;
    static const struct {
        dgba_data_task task;
        const char *message;
    } cases[] = {{{"a/b", "depth", "", 0, 1, {0}}, "'a/b' cannot be the name of a task"},
                 {{"a", "colour", "", 0, 1, {0}}, "unknown kind 'colour'"},
                 {{"a", "depth", "", 0, 3, {0}}, "has 3 channels"},
                 {{"a", "normals", "", 0, 1, {0}}, "has 1 channels"},
                 {{"a", "segmentation", "", 256, 1, {0}}, "256 classes; 1 to 255 are possible"},
                 {{"a", "depth", "", 3, 1, {0}}, "only segmentation has any"},
                 {{"segment", "depth", "", 0, 1, {0}}, "two tasks 'segment'"}};
    dgba_data_writer *writer = NULL;
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_data_info about = dataset_about(1, HEIGHT, WIDTH);
        about.tasks[1] = cases[i].task;
        CHECK_FAILS(DGBA_E_FORMAT, dgba_data_writer_create(&writer, "/nowhere/a.h5", &about));
        CHECK_MESSAGE("/nowhere/a.h5");
        CHECK_MESSAGE(cases[i].message);
    }
    dgba_data_info about = dataset_about(0, HEIGHT, WIDTH);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_data_writer_create(&writer, "/nowhere/a.h5", &about));
    about = dataset_about(1, HEIGHT, 20000);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_data_writer_create(&writer, "/nowhere/a.h5", &about));
    CHECK_MESSAGE("4 x 20000 pixels");
}

/** A data file written by hand with one thing wrong. */
typedef struct forgery {
    const char *format;
    int64_t version, depth_height, split_image;
    uint8_t class;
} forgery;

static void add(dgba_h5 *file, const char *path, dgba_h5_type type, int64_t height, const void *content) {
    const bool picture = strcmp(path, "/images") == 0;
    const dgba_h5_dataset dataset = {
        .path = path, .type = type, .axes = picture ? 4 : 3, .sizes = {1, height, 2, 3}, .unit = "", .description = ""};
    CHECK_OK(dgba_h5_write(file, &dataset, content));
}

static dgba_status open_forgery(dgba_data **out, const forgery *f) {
    dgba_text path = {0};
    dgba_path_join(&path, check_folder("forged"), "a.h5");
    dgba_h5 *file = NULL;
    const float zeros[12] = {0};
    const uint8_t classes[4] = {0, 1, f->class, 255};
    static const char *const attributes[] = {"name", "source", "fingerprint"}, *const names[] = {"image"};
    CHECK_OK(dgba_h5_create(&file, dgba_text_chars(&path)));
    if (f->format != NULL) CHECK_OK(dgba_h5_set_text(file, "/", "format", f->format));
    CHECK_OK(dgba_h5_set_integer(file, "/", "format_version", f->version));
    for (int i = 0; i < 3; ++i) CHECK_OK(dgba_h5_set_text(file, "/", attributes[i], "x"));
    add(file, "/images", DGBA_H5_U8, 2, zeros);
    add(file, "/tasks/depth", DGBA_H5_F32, f->depth_height, zeros);
    add(file, "/tasks/segment", DGBA_H5_U8, 2, classes);
    CHECK_OK(dgba_h5_set_text(file, "/tasks/depth", "kind", "depth"));
    CHECK_OK(dgba_h5_set_integer(file, "/tasks/depth", "classes", 0));
    CHECK_OK(dgba_h5_set_integer(file, "/tasks/depth", "position", 0));
    CHECK_OK(dgba_h5_set_text(file, "/tasks/segment", "kind", "segmentation"));
    CHECK_OK(dgba_h5_set_integer(file, "/tasks/segment", "classes", 3));
    CHECK_OK(dgba_h5_set_integer(file, "/tasks/segment", "position", 1));
    CHECK_OK(dgba_h5_write_texts(file, "/names", names, 1, ""));
    const dgba_h5_dataset split = {.path = "/splits/test", .type = DGBA_H5_I64, .axes = 1, .sizes = {1}, .description = ""};
    CHECK_OK(dgba_h5_write(file, &split, &f->split_image));
    CHECK_OK(dgba_h5_commit(&file));
    const dgba_status status = dgba_data_open(out, dgba_text_chars(&path));
    dgba_text_free(&path);
    return status;
}

static void foreign_files_are_refused(void **state) {
    (void)state;
    dgba_data *data = NULL;
    CHECK_FAILS(DGBA_E_IO, dgba_data_open(&data, "/nowhere/a.h5"));
    CHECK_FAILS(DGBA_E_FORMAT, open_forgery(&data, &(forgery){NULL, 1, 2, 0, 2}));
    CHECK_MESSAGE("not a data file of dgba");
    CHECK_FAILS(DGBA_E_FORMAT, open_forgery(&data, &(forgery){"dgba-model", 1, 2, 0, 2}));
    CHECK_MESSAGE("not a data file of dgba");
    CHECK_FAILS(DGBA_E_FORMAT, open_forgery(&data, &(forgery){"dgba-data", 2, 2, 0, 2}));
    CHECK_MESSAGE("a data file of version 2; this program reads version 1");
    CHECK_FAILS(DGBA_E_FORMAT, open_forgery(&data, &(forgery){"dgba-data", 1, 1, 0, 2}));
    CHECK_MESSAGE("the sizes of /tasks/depth do not fit those of /images");
    CHECK_FAILS(DGBA_E_FORMAT, open_forgery(&data, &(forgery){"dgba-data", 1, 2, 1, 2}));
    CHECK_MESSAGE("/splits/test has image 1 of 1");
    assert_null(data);
}

static void stored_classes_are_checked(void **state) {
    (void)state;
    dgba_data *data = NULL;
    uint8_t rgb[12];
    float depth[4], segment[4], *values[] = {depth, segment};
    CHECK_OK(open_forgery(&data, &(forgery){"dgba-data", 1, 2, 0, 2}));
    CHECK_OK(dgba_data_read(rgb, values, data, 0));
    assert_true(segment[2] == 2 && isnan(segment[3]));
    dgba_data_close(&data);
    CHECK_OK(open_forgery(&data, &(forgery){"dgba-data", 1, 2, 0, 3}));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_data_read(rgb, values, data, 0));
    CHECK_MESSAGE("/tasks/segment, image 0: class 3 is not one of 0..2");
    dgba_data_close(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(labels_may_be_skipped),
        cmocka_unit_test(tasks_are_selected_by_name),
        cmocka_unit_test(splits_and_class_names),
        cmocka_unit_test(the_fingerprint_is_of_what_reaches_a_network),
        cmocka_unit_test(nothing_is_left_when_writing_fails),
        cmocka_unit_test(bad_labels_and_splits_are_refused),
        cmocka_unit_test(impossible_descriptions_are_refused),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(stored_classes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
