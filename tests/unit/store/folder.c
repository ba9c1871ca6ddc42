#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dgba/store.h"
#include "support/check.h"

static char folder[600];

static int set_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s/deep/run", check_folder("store"));
    return 0;
}

/** A file of the run folder; borrowed until the next call. */
static const char *at(const char *name) {
    static char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void check_content(const char *name, const char *expected) {
    char *content = NULL;
    size_t bytes = 0;
    CHECK_OK(dgba_file_read(&content, &bytes, at(name)));
    assert_string_equal(content, expected);
    dgba_free(content);
}

static void units_models_and_texts_have_their_places(void **state) {
    (void)state;
    dgba_store *store = NULL;
    CHECK_OK(dgba_store_open(&store, folder));
    assert_string_equal(dgba_store_folder(store), folder);
    assert_false(dgba_store_has(store, DGBA_STORE_UNIT, "ab12"));
    CHECK_OK(dgba_store_put(store, DGBA_STORE_UNIT, "ab12", "unit", 4));
    CHECK_OK(dgba_store_put(store, DGBA_STORE_MODEL, "ab12", "model", 5));
    CHECK_OK(dgba_store_put_text(store, "status.json", "{}"));
    CHECK_OK(dgba_store_put_text(store, "status.json", "{\"done\": 1}"));
    assert_true(dgba_store_has(store, DGBA_STORE_UNIT, "ab12"));
    assert_false(dgba_store_has(store, DGBA_STORE_MODEL, "ab"));
    check_content("units/ab12.h5", "unit");
    check_content("models/ab12.h5", "model");
    check_content("status.json", "{\"done\": 1}");
    dgba_text path = {0};
    dgba_store_path(&path, folder, DGBA_STORE_MODEL, "ab12");
    assert_string_equal(dgba_text_chars(&path), at("models/ab12.h5"));
    dgba_text_free(&path);
    dgba_store_close(&store);
    assert_null(store);
    dgba_store_close(&store);
}

static void one_process_at_a_time(void **state) {
    (void)state;
    dgba_store *first = NULL, *second = NULL;
    char owner[64];
    snprintf(owner, sizeof owner, "run: in use by process %ld on ", (long)getpid());
    CHECK_OK(dgba_store_open(&first, folder));
    CHECK_FAILS(DGBA_E_IO, dgba_store_open(&second, folder));
    CHECK_MESSAGE(owner);
    CHECK_MESSAGE(" since 20");
    CHECK_MESSAGE("; if that process is gone, remove ");
    assert_null(second);
    assert_true(dgba_store_is_locked(folder)); // and still is, though the second open closed the file
    dgba_store_close(&first);
    assert_false(dgba_store_is_locked(folder));
    assert_false(dgba_store_is_locked("/nowhere"));
    CHECK_OK(dgba_store_open(&second, folder));
    dgba_store_close(&second);
}

static void the_lock_of_a_killed_process_is_free(void **state) {
    (void)state;
    int opened[2];
    assert_int_equal(pipe(opened), 0);
    const pid_t child = fork();
    if (child == 0) {
        dgba_store *store = NULL;
        const char ok = dgba_store_open(&store, folder) == DGBA_OK;
        if (write(opened[1], &ok, 1) == 1) pause();
        _exit(1);
    }
    char ok = 0;
    assert_int_equal(read(opened[0], &ok, 1), 1);
    assert_int_equal(ok, 1);
    close(opened[0]);
    close(opened[1]);
    dgba_store *store = NULL;
    char owner[64];
    snprintf(owner, sizeof owner, "in use by process %ld on ", (long)child);
    CHECK_FAILS(DGBA_E_IO, dgba_store_open(&store, folder));
    CHECK_MESSAGE(owner);
    assert_true(dgba_store_is_locked(folder));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK_OK(dgba_store_open(&store, folder));
    dgba_store_close(&store);
}

static void unfinished_files_are_removed(void **state) {
    (void)state;
    CHECK_OK(dgba_file_write(at("units/dead.h5.part"), "x", 1));
    CHECK_OK(dgba_file_write(at("results.h5.part"), "x", 1));
    CHECK_OK(dgba_file_write(at("units/alive.h5"), "x", 1));
    dgba_store *store = NULL;
    CHECK_OK(dgba_store_open(&store, folder));
    assert_false(dgba_file_exists(at("units/dead.h5.part")));
    assert_false(dgba_file_exists(at("results.h5.part")));
    assert_true(dgba_store_has(store, DGBA_STORE_UNIT, "alive"));
    assert_false(dgba_store_has(store, DGBA_STORE_UNIT, "dead"));
    dgba_store_close(&store);
}

static void places_that_cannot_be_written(void **state) {
    (void)state;
    dgba_store *store = NULL;
    CHECK_FAILS(DGBA_E_IO, dgba_store_open(&store, "/proc/run"));
    CHECK_MESSAGE("/proc/run: cannot create the folder");
    CHECK_FAILS(DGBA_E_IO, dgba_store_open(&store, "/proc/self"));
    CHECK_MESSAGE("/proc/self: cannot create the lock file");
    assert_null(store);
    CHECK_FAILS(DGBA_E_IO, dgba_store_open(&store, at("units/alive.h5")));
    CHECK_MESSAGE("exists and is not a folder");
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_FAILS(DGBA_E_IO, dgba_store_put_text(store, "nowhere/status.json", "{}"));
    CHECK_MESSAGE("nowhere/status.json");
    dgba_store_close(&store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_models_and_texts_have_their_places),
        cmocka_unit_test(one_process_at_a_time),
        cmocka_unit_test(the_lock_of_a_killed_process_is_free),
        cmocka_unit_test(unfinished_files_are_removed),
        cmocka_unit_test(places_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, set_folder, check_no_leak);
}
