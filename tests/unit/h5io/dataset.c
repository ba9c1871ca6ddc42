#include <math.h>
#include <pthread.h>
#include <string.h>

#include "dgba/h5io.h"
#include "support/check.h"

/** Closes a file under creation and opens its bytes, named "t.h5". */
static void reopen(dgba_h5 **file) {
    char *bytes = NULL;
    size_t count = 0;
    CHECK_OK(dgba_h5_to_bytes(&bytes, &count, file));
    CHECK_OK(dgba_h5_open_bytes(file, bytes, count, "t.h5"));
    dgba_free(bytes);
}

static dgba_h5 *new_file(void) {
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create_in_memory(&file));
    return file;
}

static void every_type_comes_back(void **state) {
    (void)state;
    const uint8_t u8[3] = {0, 7, 255};
    const int32_t i32[3] = {INT32_MIN, 0, INT32_MAX};
    const int64_t i64[3] = {INT64_MIN, 0, INT64_MAX};
    const float f32[3] = {-0.0F, 1e-38F, NAN};
    const double f64[3] = {1.0 / 3, -INFINITY, 1e300};
    const void *contents[] = {u8, i32, i64, f32, f64};
    const size_t bytes[] = {1, 4, 8, 4, 8};
    const char *const paths[] = {"/u8", "/i32", "/deep/er/i64", "/deep/f32", "/f64"};
    dgba_h5 *file = new_file();
    for (int t = 0; t < 5; ++t) {
        const dgba_h5_dataset about = {.path = paths[t], .type = (dgba_h5_type)t, .axes = 1, .sizes = {3}};
        CHECK_OK(dgba_h5_write(file, &about, contents[t]));
    }
    reopen(&file);
    for (int t = 0; t < 5; ++t) {
        double content[3];
        CHECK_OK(dgba_h5_read(content, file, paths[t], (dgba_h5_type)t, 3));
        assert_memory_equal(content, contents[t], 3 * bytes[t]);
    }
    dgba_h5_close(&file);
}

static void values_are_converted_but_never_bent(void **state) {
    (void)state;
    const double values[4] = {3, 300, 0.5, NAN};
    const int64_t large[1] = {(INT64_C(1) << 53) + 1};
    dgba_h5 *file = new_file();
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/x", .type = DGBA_H5_F64, .axes = 1, .sizes = {4}}, values));
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/n", .type = DGBA_H5_I64, .axes = 1, .sizes = {1}}, large));
    reopen(&file);
    uint8_t byte = 0;
    CHECK_OK(dgba_h5_read_rows(&byte, file, "/x", DGBA_H5_U8, 0, 1));
    assert_int_equal(byte, 3);
    for (int row = 1; row < 4; ++row) {
        CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read_rows(&byte, file, "/x", DGBA_H5_U8, row, 1));
        CHECK_MESSAGE("t.h5:/x: cannot read");
    }
    float single[4];
    CHECK_OK(dgba_h5_read(single, file, "/x", DGBA_H5_F32, 4));
    CHECK_CLOSE(single, ((float[]){3, 300, 0.5F}), 3, 0, 0);
    assert_true(isnan(single[3]));
    double rounded = 0;
    CHECK_OK(dgba_h5_read(&rounded, file, "/n", DGBA_H5_F64, 1));
    assert_true(rounded == 0x1p53);
    dgba_h5_close(&file);
}

static void rows_are_written_and_read_in_pieces(void **state) {
    (void)state;
    enum { ROWS = 10, COLUMNS = 6 };
    float values[ROWS][COLUMNS], read[ROWS][COLUMNS];
    check_random(&values[0][0], ROWS * COLUMNS, 1);
    for (int chunk_rows = 0; chunk_rows <= 12; chunk_rows += 4) {
        dgba_h5 *file = new_file();
        const dgba_h5_dataset about = {.path = "/a/x",
                                       .type = DGBA_H5_F32,
                                       .axes = 3,
                                       .sizes = {ROWS, 2, 3},
                                       .chunk_rows = chunk_rows,
                                       .compress = chunk_rows > 0};
        CHECK_OK(dgba_h5_add(file, &about));
        CHECK_OK(dgba_h5_write_rows(file, "/a/x", DGBA_H5_F32, 7, 3, values[7]));
        CHECK_OK(dgba_h5_write_rows(file, "/a/x", DGBA_H5_F32, 0, 7, values[0]));
        CHECK_OK(dgba_h5_write_rows(file, "/a/x", DGBA_H5_F32, 10, 0, NULL));
        reopen(&file);
        CHECK_OK(dgba_h5_read_rows(read[2], file, "/a/x", DGBA_H5_F32, 2, 5));
        assert_memory_equal(read[2], values[2], sizeof values[0] * 5);
        CHECK_OK(dgba_h5_read(read, file, "/a/x", DGBA_H5_F32, ROWS * COLUMNS));
        assert_memory_equal(read, values, sizeof values);
        dgba_h5_close(&file);
    }
}

static void empty_datasets(void **state) {
    (void)state;
    dgba_h5 *file = new_file();
    CHECK_OK(dgba_h5_write(
        file,
        &(dgba_h5_dataset){
            .path = "/x", .type = DGBA_H5_F64, .axes = 3, .sizes = {0, 4, 5}, .chunk_rows = 8, .compress = true},
        NULL));
    CHECK_OK(dgba_h5_write_texts(file, "/t", NULL, 0, "no texts"));
    reopen(&file);
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    CHECK_OK(dgba_h5_sizes(&axes, sizes, file, "/x"));
    assert_int_equal(axes, 3);
    assert_int_equal(sizes[0], 0);
    assert_int_equal(sizes[1], 4);
    assert_int_equal(sizes[2], 5);
    CHECK_OK(dgba_h5_read(NULL, file, "/x", DGBA_H5_F64, 0));
    CHECK_OK(dgba_h5_read_rows(NULL, file, "/x", DGBA_H5_F64, 0, 0));
    dgba_names names;
    CHECK_OK(dgba_h5_read_texts(&names, file, "/t"));
    assert_int_equal(names.count, 0);
    dgba_names_free(&names);
    dgba_h5_close(&file);
}

static void wrong_counts_and_places_are_refused(void **state) {
    (void)state;
    const int32_t values[6] = {1, 2, 3, 4, 5, 6};
    int32_t read[7];
    dgba_h5 *file = new_file();
    const dgba_h5_dataset about = {.path = "/a/x", .type = DGBA_H5_I32, .axes = 2, .sizes = {3, 2}};
    CHECK_OK(dgba_h5_write(file, &about, values));
    reopen(&file);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read(read, file, "/a/x", DGBA_H5_I32, 7));
    CHECK_MESSAGE("t.h5:/a/x: 6 elements; expected 7");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read_rows(read, file, "/a/x", DGBA_H5_I32, 2, 2));
    CHECK_MESSAGE("t.h5:/a/x: 2 rows from row 2 on; there are 3");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read_rows(read, file, "/a/x", DGBA_H5_I32, -1, 1));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read_rows(read, file, "/a/x", DGBA_H5_I32, 1, INT64_MAX));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read(read, file, "/a/y", DGBA_H5_I32, 6));
    CHECK_MESSAGE("t.h5:/a/y: the dataset is missing");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read(read, file, "/b/c/d", DGBA_H5_I32, 6));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read(read, file, "/a", DGBA_H5_I32, 6));
    CHECK_MESSAGE("t.h5:/a: cannot open the dataset: not a dataset");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read(read, file, "/a/x/deeper", DGBA_H5_I32, 6));
    CHECK_FAILS(DGBA_E_IO, dgba_h5_write_rows(file, "/a/x", DGBA_H5_I32, 0, 1, values));
    CHECK_MESSAGE("t.h5:/a/x: cannot write");
    dgba_h5_close(&file);
}

static void impossible_datasets_are_refused(void **state) {
    (void)state;
    dgba_h5 *file = new_file();
    dgba_h5_dataset about = {.path = "/x", .type = DGBA_H5_U8, .axes = 7};
    CHECK_FAILS(DGBA_E_SHAPE, dgba_h5_add(file, &about));
    CHECK_MESSAGE("file in memory:/x: 7 axes; it must be 1 to 6");
    about.axes = 0;
    CHECK_FAILS(DGBA_E_SHAPE, dgba_h5_add(file, &about));
    about = (dgba_h5_dataset){.path = "/x", .type = DGBA_H5_U8, .axes = 2, .sizes = {3, -1}};
    CHECK_FAILS(DGBA_E_SHAPE, dgba_h5_write(file, &about, NULL));
    CHECK_MESSAGE("size -1 of axis 1");
    about.sizes[0] = about.sizes[1] = INT64_C(1) << 40;
    CHECK_FAILS(DGBA_E_SHAPE, dgba_h5_add(file, &about));
    about.sizes[0] = about.sizes[1] = 1;
    CHECK_OK(dgba_h5_add(file, &about));
    CHECK_FAILS(DGBA_E_IO, dgba_h5_add(file, &about));
    CHECK_MESSAGE("file in memory:/x: cannot create the dataset");
    char *bytes = NULL;
    size_t count = 0;
    CHECK_FAILS(DGBA_E_IO, dgba_h5_to_bytes(&bytes, &count, &file));
    assert_null(file);
    assert_null(bytes);
}

static void texts_come_back(void **state) {
    (void)state;
    static const char *const texts[] = {"", "seg", "Straße →", "a somewhat longer text"};
    dgba_h5 *file = new_file();
    CHECK_OK(dgba_h5_write_texts(file, "/names/some", texts, 4, "some names"));
    CHECK_OK(dgba_h5_write_texts(file, "/names/one", texts, 1, "one empty name"));
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/n", .type = DGBA_H5_U8, .axes = 1, .sizes = {1}}, "x"));
    const dgba_h5_dataset square = {.path = "/names/square", .axes = 2, .sizes = {2, 2}};
    CHECK_OK(dgba_h5_write_text_array(file, &square, texts));
    reopen(&file);
    dgba_names names;
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    CHECK_OK(dgba_h5_sizes(&axes, sizes, file, "/names/square"));
    assert_true(axes == 2 && sizes[0] == 2 && sizes[1] == 2);
    CHECK_OK(dgba_h5_read_texts(&names, file, "/names/square"));
    assert_int_equal(names.count, 4);
    for (int i = 0; i < 4; ++i) assert_string_equal(names.items[i], texts[i]);
    dgba_names_free(&names);
    CHECK_OK(dgba_h5_read_texts(&names, file, "/names/some"));
    assert_int_equal(names.count, 4);
    for (int i = 0; i < 4; ++i) assert_string_equal(names.items[i], texts[i]);
    dgba_names_free(&names);
    CHECK_OK(dgba_h5_read_texts(&names, file, "/names/one"));
    assert_string_equal(names.items[0], "");
    dgba_names_free(&names);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read_texts(&names, file, "/n"));
    CHECK_MESSAGE("t.h5:/n: not a list of texts");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read_texts(&names, file, "/m"));
    double number = 0;
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_read(&number, file, "/names/one", DGBA_H5_F64, 1));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_members(&names, file, "/n"));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_members(&names, file, "/nowhere"));
    CHECK_MESSAGE("t.h5:/nowhere: missing");
    CHECK_OK(dgba_h5_members(&names, file, "/"));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[0], "n");
    assert_string_equal(names.items[1], "names");
    dgba_names_free(&names);
    dgba_h5_close(&file);
}

static void attributes_come_back(void **state) {
    (void)state;
    static char long_text[100001];
    memset(long_text, 'x', sizeof long_text - 1);
    dgba_h5 *file = new_file();
    CHECK_OK(dgba_h5_set_integer(file, "/", "n", 1));
    CHECK_OK(dgba_h5_set_integer(file, "/", "n", INT64_MIN));
    CHECK_OK(dgba_h5_set_real(file, "/some/group", "x", 1.0 / 3));
    CHECK_OK(dgba_h5_set_text(file, "/some/group", "text", "Größe"));
    CHECK_OK(dgba_h5_set_text(file, "/", "empty", ""));
    CHECK_OK(dgba_h5_set_text(file, "/", "long", long_text));
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/d", .axes = 1, .sizes = {1}, .unit = "metre"}, "x"));
    reopen(&file);
    int64_t n = 0;
    double x = 0;
    dgba_text text = {0};
    CHECK_OK(dgba_h5_get_integer(&n, file, "/", "n"));
    assert_true(n == INT64_MIN);
    CHECK_OK(dgba_h5_get_real(&x, file, "/some/group", "x"));
    assert_true(x == 1.0 / 3);
    CHECK_OK(dgba_h5_get_text(&text, file, "/some/group", "text"));
    assert_string_equal(dgba_text_chars(&text), "Größe");
    CHECK_OK(dgba_h5_get_text(&text, file, "/", "empty"));
    assert_string_equal(dgba_text_chars(&text), "");
    CHECK_OK(dgba_h5_get_text(&text, file, "/", "long"));
    assert_string_equal(dgba_text_chars(&text), long_text);
    CHECK_OK(dgba_h5_get_text(&text, file, "/d", "units"));
    assert_string_equal(dgba_text_chars(&text), "metre");
    CHECK_OK(dgba_h5_get_text(&text, file, "/d", "description"));
    assert_string_equal(dgba_text_chars(&text), "");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_get_integer(&n, file, "/", "m"));
    CHECK_MESSAGE("t.h5:/: attribute 'm' is missing");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_get_text(&text, file, "/", "n"));
    CHECK_MESSAGE("t.h5:/: attribute 'n' is not a text");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_get_integer(&n, file, "/nowhere", "n"));
    CHECK_MESSAGE("t.h5:/nowhere: missing");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_get_real(&x, file, "/", "empty"));
    CHECK_MESSAGE("t.h5:/: cannot read the attribute 'empty'");
    dgba_text_free(&text);
    dgba_h5_close(&file);
}

static void scales_need_their_datasets(void **state) {
    (void)state;
    const uint8_t rows[2] = {0, 1};
    dgba_h5 *file = new_file();
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/row", .axes = 1, .sizes = {2}}, rows));
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/a/x", .axes = 1, .sizes = {2}}, rows));
    CHECK_OK(dgba_h5_set_scale(file, "/a/x", 0, "/row"));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_set_scale(file, "/a/y", 0, "/row"));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_set_scale(file, "/a/x", 0, "/column"));
    CHECK_MESSAGE("/column: the dataset is missing");
    CHECK_FAILS(DGBA_E_IO, dgba_h5_set_scale(file, "/a/x", 1, "/row"));
    dgba_h5_close(&file);
}

/** What one of several threads does, each with a file of its own. */
static void *use_files(void *seed) {
    float values[50], read[50];
    check_random(values, 50, *(uint64_t *)seed);
    for (int round = 0; round < 20; ++round) {
        dgba_h5 *file = new_file();
        CHECK_OK(
            dgba_h5_write(file, &(dgba_h5_dataset){.path = "/x", .type = DGBA_H5_F32, .axes = 1, .sizes = {50}}, values));
        reopen(&file);
        if (dgba_h5_read(read, file, "/missing", DGBA_H5_F32, 50) == DGBA_OK) return NULL;
        CHECK_OK(dgba_h5_read(read, file, "/x", DGBA_H5_F32, 50));
        dgba_h5_close(&file);
        if (memcmp(values, read, sizeof values) != 0) return NULL;
    }
    return seed;
}

static void threads_use_files_side_by_side(void **state) {
    (void)state;
    pthread_t threads[2];
    uint64_t seeds[2] = {1, 2};
    for (int i = 0; i < 2; ++i) assert_int_equal(pthread_create(&threads[i], NULL, use_files, &seeds[i]), 0);
    for (int i = 0; i < 2; ++i) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &seeds[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(values_are_converted_but_never_bent),
        cmocka_unit_test(rows_are_written_and_read_in_pieces),
        cmocka_unit_test(empty_datasets),
        cmocka_unit_test(wrong_counts_and_places_are_refused),
        cmocka_unit_test(impossible_datasets_are_refused),
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(attributes_come_back),
        cmocka_unit_test(scales_need_their_datasets),
        cmocka_unit_test(threads_use_files_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
