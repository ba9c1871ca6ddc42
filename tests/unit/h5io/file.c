#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "dgba/h5io.h"
#include "support/check.h"

enum { SEAL_BYTES = 32 }; // behind the end that HDF5 knows

static dgba_text path;

/** A path in this test's folder; borrowed until the next call. */
static const char *at(const char *name) {
    static char folder[512];
    if (folder[0] == '\0') CHECK_OK(dgba_text_fit(folder, sizeof folder, check_folder("h5io-file")));
    dgba_path_join(&path, folder, name);
    return dgba_text_chars(&path);
}

static int free_path(void **state) {
    dgba_text_free(&path);
    return check_no_leak(state);
}

/** Some of everything: groups, an attribute, a compressed dataset, a half-written one, texts, a scale. */
static void fill(dgba_h5 *file) {
    static const int64_t rows[4] = {0, 1, 2, 3};
    static const char *const texts[3] = {"a", "Größe", ""};
    float values[4][3];
    check_random(&values[0][0], 12, 7);
    CHECK_OK(dgba_h5_set_text(file, "/run", "name", "test"));
    CHECK_OK(dgba_h5_write(file, &(dgba_h5_dataset){.path = "/row", .type = DGBA_H5_I64, .axes = 1, .sizes = {4}}, rows));
    CHECK_OK(dgba_h5_write(file,
                           &(dgba_h5_dataset){.path = "/a/b/values",
                                              .type = DGBA_H5_F32,
                                              .axes = 2,
                                              .sizes = {4, 3},
                                              .unit = "metre",
                                              .description = "some values",
                                              .chunk_rows = 3,
                                              .compress = true},
                           values));
    CHECK_OK(dgba_h5_add(file, &(dgba_h5_dataset){.path = "/a/half", .type = DGBA_H5_U8, .axes = 2, .sizes = {4, 2}}));
    CHECK_OK(dgba_h5_write_rows(file, "/a/half", DGBA_H5_U8, 1, 2, "abcd"));
    CHECK_OK(dgba_h5_write_texts(file, "/a/texts", texts, 3, "three texts"));
    CHECK_OK(dgba_h5_set_scale(file, "/a/b/values", 0, "/row"));
    CHECK_OK(dgba_h5_set_scale(file, "/a/half", 0, "/row"));
}

static void a_file_appears_only_when_committed(void **state) {
    (void)state;
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create(&file, at("new.h5")));
    fill(file);
    assert_false(dgba_file_exists(at("new.h5")));
    assert_true(dgba_file_exists(at("new.h5.part")));
    CHECK_OK(dgba_h5_commit(&file));
    assert_null(file);
    assert_true(dgba_file_exists(at("new.h5")));
    assert_false(dgba_file_exists(at("new.h5.part")));
    CHECK_OK(dgba_h5_open(&file, at("new.h5")));
    assert_string_equal(dgba_h5_name(file), at("new.h5"));
    assert_true(dgba_h5_has(file, "/a/b/values"));
    dgba_h5_close(&file);
    dgba_h5_close(&file);
}

static void a_file_is_open_twice(void **state) {
    (void)state;
    dgba_h5 *first = NULL, *second = NULL;
    CHECK_OK(dgba_h5_create(&first, at("twice.h5")));
    fill(first);
    CHECK_OK(dgba_h5_commit(&first));
    CHECK_OK(dgba_h5_open(&first, at("twice.h5")));
    CHECK_OK(dgba_h5_open(&second, at("twice.h5")));
    dgba_h5_close(&first);
    int64_t rows[4];
    CHECK_OK(dgba_h5_read(rows, second, "/row", DGBA_H5_I64, 4));
    assert_int_equal(rows[3], 3);
    dgba_h5_close(&second);
}

static void a_closed_file_is_discarded_and_the_old_one_stays(void **state) {
    (void)state;
    CHECK_OK(dgba_file_write(at("kept.h5"), "old", 3));
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create(&file, at("kept.h5")));
    dgba_h5_close(&file);
    assert_false(dgba_file_exists(at("kept.h5.part")));
    char *content = NULL;
    size_t bytes = 0;
    CHECK_OK(dgba_file_read(&content, &bytes, at("kept.h5")));
    assert_string_equal(content, "old");
    dgba_free(content);
}

static void fill_bytes(char **bytes, size_t *count) {
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create_in_memory(&file));
    fill(file);
    CHECK_OK(dgba_h5_to_bytes(bytes, count, &file));
    assert_null(file);
}

static void equal_content_gives_equal_bytes(void **state) {
    (void)state;
    char *files[2], *bytes[2];
    size_t file_sizes[2], sizes[2];
    for (int i = 0; i < 2; ++i) {
        dgba_h5 *file = NULL;
        CHECK_OK(dgba_h5_create(&file, at("same.h5")));
        fill(file);
        CHECK_OK(dgba_h5_commit(&file));
        CHECK_OK(dgba_file_read(&files[i], &file_sizes[i], at("same.h5")));
        fill_bytes(&bytes[i], &sizes[i]);
        dgba_clock_sleep(i == 0 ? 1.1 : 0); // object times count seconds
    }
    assert_int_equal(file_sizes[0], file_sizes[1]);
    assert_memory_equal(files[0], files[1], file_sizes[0]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    for (int i = 0; i < 2; ++i) {
        dgba_free(files[i]);
        dgba_free(bytes[i]);
    }
}

static void files_in_memory_do_not_meet(void **state) {
    (void)state;
    dgba_h5 *a = NULL, *b = NULL;
    CHECK_OK(dgba_h5_create_in_memory(&a));
    CHECK_OK(dgba_h5_create_in_memory(&b));
    CHECK_OK(dgba_h5_set_integer(a, "/", "which", 1));
    CHECK_OK(dgba_h5_set_integer(b, "/", "which", 2));
    char *bytes[2];
    size_t sizes[2];
    CHECK_OK(dgba_h5_to_bytes(&bytes[0], &sizes[0], &a));
    CHECK_OK(dgba_h5_to_bytes(&bytes[1], &sizes[1], &b));
    CHECK_OK(dgba_h5_open_bytes(&a, bytes[0], sizes[0], "unit 1"));
    CHECK_OK(dgba_h5_open_bytes(&b, bytes[1], sizes[1], "unit 1"));
    dgba_free(bytes[0]); // the bytes were copied
    dgba_free(bytes[1]);
    int64_t which = 0;
    CHECK_OK(dgba_h5_get_integer(&which, a, "/", "which"));
    assert_int_equal(which, 1);
    CHECK_OK(dgba_h5_get_integer(&which, b, "/", "which"));
    assert_int_equal(which, 2);
    assert_string_equal(dgba_h5_name(b), "unit 1");
    dgba_h5_close(&a);
    dgba_h5_close(&b);
}

static void what_is_no_hdf5_file_is_refused(void **state) {
    (void)state;
    dgba_h5 *file = NULL;
    CHECK_FAILS(DGBA_E_IO, dgba_h5_open(&file, at("missing.h5")));
    CHECK_MESSAGE("missing.h5: cannot open: No such file or directory");
    assert_null(file);
    CHECK_FAILS(DGBA_E_IO, dgba_h5_open(&file, at("")));
    CHECK_MESSAGE("not a regular file");
    CHECK_OK(dgba_file_write(at("text.h5"), "hello", 5));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open(&file, at("text.h5")));
    CHECK_MESSAGE("text.h5: not an HDF5 file");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open_bytes(&file, "hello", 5, "bytes of unit 3"));
    CHECK_MESSAGE("bytes of unit 3: not an HDF5 file");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open_bytes(&file, "", 0, "no bytes"));
    CHECK_MESSAGE("no bytes: empty");
}

static void every_truncation_is_noticed(void **state) {
    (void)state;
    char *bytes = NULL;
    size_t count = 0;
    fill_bytes(&bytes, &count);
    dgba_h5 *file = NULL;
    for (size_t kept = 1; kept < count - SEAL_BYTES; kept += 61) {
        CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open_bytes(&file, bytes, kept, "cut"));
        assert_null(file);
    }
    CHECK_OK(dgba_file_write(at("cut.h5"), bytes, count / 2));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open(&file, at("cut.h5")));
    CHECK_MESSAGE("truncated");
    dgba_free(bytes);
}

static void every_changed_byte_is_noticed(void **state) {
    (void)state;
    char *bytes = NULL;
    size_t count = 0;
    fill_bytes(&bytes, &count);
    dgba_h5 *file = NULL;
    for (size_t place = 0; place < count - SEAL_BYTES; place += 7) {
        bytes[place] ^= 4;
        CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open_bytes(&file, bytes, count, "changed"));
        CHECK_MESSAGE("changed: damaged: its content does not match its checksum");
        assert_null(file);
        bytes[place] ^= 4;
    }
    bytes[count / 2] ^= 1;
    CHECK_OK(dgba_file_write(at("changed.h5"), bytes, count));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_open(&file, at("changed.h5")));
    CHECK_MESSAGE("changed.h5: damaged: its content does not match its checksum");
    dgba_free(bytes);
}

static void a_file_without_seal_is_read(void **state) {
    (void)state;
    char *bytes = NULL;
    size_t count = 0;
    int64_t value = 0;
    fill_bytes(&bytes, &count);
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_file_write(at("unsealed.h5"), bytes, count - SEAL_BYTES));
    CHECK_OK(dgba_h5_open(&file, at("unsealed.h5")));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_h5_get_integer(&value, file, "/", "missing"));
    dgba_h5_close(&file);
    dgba_free(bytes);
}

static void places_that_cannot_be_written(void **state) {
    (void)state;
    dgba_h5 *file = NULL;
    CHECK_FAILS(DGBA_E_IO, dgba_h5_create(&file, "/nowhere/deep/x.h5"));
    CHECK_MESSAGE("/nowhere/deep/x.h5: cannot create: No such file or directory");
    assert_null(file);
    CHECK_FAILS(DGBA_E_IO, dgba_h5_create(&file, "/proc/x.h5"));
    CHECK_MESSAGE("/proc/x.h5: cannot create:");
}

static void a_full_disk_leaves_the_old_file(void **state) {
    (void)state;
    CHECK_OK(dgba_file_write(at("full.h5"), "old", 3));
    static uint8_t noise[1 << 20];
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create(&file, at("full.h5")));
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit little = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
    const struct rlimit any = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    const dgba_h5_dataset large = {.path = "/large", .type = DGBA_H5_U8, .axes = 1, .sizes = {sizeof noise}};
    const dgba_status wrote = dgba_h5_write(file, &large, noise);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &any), 0);
    const dgba_status committed = dgba_h5_commit(&file);
    assert_int_equal(wrote, DGBA_E_IO);
    assert_int_equal(committed, DGBA_E_IO);
    CHECK_MESSAGE("full.h5: not kept, because writing it failed");
    assert_null(file);
    assert_false(dgba_file_exists(at("full.h5.part")));
    char *content = NULL;
    size_t bytes = 0;
    CHECK_OK(dgba_file_read(&content, &bytes, at("full.h5")));
    assert_string_equal(content, "old");
    dgba_free(content);
    CHECK_OK(dgba_h5_create(&file, at("full.h5")));
    CHECK_OK(dgba_h5_commit(&file));
}

static void the_library_is_named(void **state) {
    (void)state;
    assert_memory_equal(dgba_h5_library_version(), "1.", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_only_when_committed),
        cmocka_unit_test(a_file_is_open_twice),
        cmocka_unit_test(a_closed_file_is_discarded_and_the_old_one_stays),
        cmocka_unit_test(equal_content_gives_equal_bytes),
        cmocka_unit_test(files_in_memory_do_not_meet),
        cmocka_unit_test(what_is_no_hdf5_file_is_refused),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(a_file_without_seal_is_read),
        cmocka_unit_test(places_that_cannot_be_written),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
        cmocka_unit_test(the_library_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, free_path);
}
