#include <math.h>
#include <string.h>

#include "dgba/trial.h"
#include "support/check.h"

enum { TASKS = 2, IMAGES = 3 };

static dgba_task tasks[TASKS];

static int find_kinds(void **state) {
    (void)state;
    static const char *const kinds[TASKS] = {"segmentation", "normals"};
    for (int t = 0; t < TASKS; ++t) {
        strcpy(tasks[t].name, kinds[t]);
        tasks[t].classes = 5;
        CHECK_OK(dgba_task_kind_find(&tasks[t].kind, kinds[t]));
    }
    return 0;
}

/** A record with some counts, written to `path` as unit "a". */
static void write_record(const char *path) {
    dgba_record record;
    dgba_settings settings = {0};
    char *bytes = NULL;
    size_t count = 0;
    CHECK_OK(dgba_record_allocate(&record, tasks, TASKS, IMAGES));
    for (int i = 0; i < IMAGES; ++i) record.images[i] = 10 + i;
    for (int i = 0; i < TASKS * IMAGES; ++i) record.losses[i] = i == 4 ? NAN : 0.1 * i;
    record.totals[0].counts[7] = 3;
    record.totals[1].counts[dgba_task_count_count(&tasks[1]) - 1] = 1LL << 40;
    if (dgba_task_sum_count(&tasks[1]) > 0) record.totals[1].sums[0] = 1.0 / 3;
    record.seconds = 2.5;
    record.forward_passes = 10;
    record.backward_passes = 30;
    record.left_out = 1;
    record.solve_count = 2;
    CHECK_OK(DGBA_NEW(&record.solves, record.solve_count));
    for (int i = 0; i < 2; ++i)
        record.solves[i] = (dgba_solve_row){.image = 10 + i,
                                            .iteration = 3,
                                            .bound = 0.5,
                                            .objective = NAN,
                                            .variables = 9216,
                                            .solver = dgba_text_copy("dual"),
                                            .status = dgba_text_copy(i == 0 ? "gap" : "infeasible")};
    dgba_settings_set(&settings, "kind", "attack");
    CHECK_OK(dgba_record_write(&bytes, &count, &record, tasks, &settings, "a"));
    CHECK_OK(dgba_file_write(path, bytes, count));
    dgba_free(bytes);
    dgba_settings_free(&settings);
    dgba_record_free(&record);
}

static void round_trip(void **state) {
    (void)state;
    dgba_text path = {0};
    dgba_path_join(&path, check_folder("record"), "a.h5");
    write_record(dgba_text_chars(&path));
    dgba_record record;
    CHECK_OK(dgba_record_read(&record, tasks, TASKS, dgba_text_chars(&path), "a"));
    assert_int_equal(record.image_count, IMAGES);
    assert_int_equal(record.images[2], 12);
    assert_true(isnan(record.losses[4]) && record.losses[5] == 0.1 * 5);
    assert_int_equal(record.totals[0].counts[7], 3);
    assert_int_equal(record.totals[0].counts[8], 0);
    assert_int_equal(record.totals[1].counts[dgba_task_count_count(&tasks[1]) - 1], 1LL << 40);
    assert_true(record.seconds == 2.5);
    assert_int_equal(record.forward_passes, 10);
    assert_int_equal(record.backward_passes, 30);
    assert_int_equal(record.left_out, 1);
    assert_int_equal(record.solve_count, 2);
    assert_int_equal(record.solves[1].image, 11);
    assert_int_equal(record.solves[1].variables, 9216);
    assert_true(record.solves[1].bound == 0.5 && isnan(record.solves[1].objective));
    assert_string_equal(record.solves[1].solver, "dual");
    assert_string_equal(record.solves[1].status, "infeasible");
    dgba_record_free(&record);
    dgba_text_free(&path);
}

static void foreign_records_are_refused(void **state) {
    (void)state;
    dgba_text path = {0};
    dgba_record record;
    dgba_path_join(&path, check_folder("foreign"), "a.h5");
    const char *name = dgba_text_chars(&path);
    write_record(name);
    CHECK_OK(dgba_record_check(name, "a"));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_record_check(name, "b"));
    CHECK_MESSAGE("holds unit a instead of b");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_record_read(&record, tasks, 1, name, "b"));
    CHECK_OK(dgba_file_write(name, "text", 4));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_record_read(&record, tasks, TASKS, name, "a"));
    CHECK_MESSAGE("a.h5");
    dgba_text_free(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(foreign_records_are_refused)};
    return cmocka_run_group_tests(tests, find_kinds, check_no_leak);
}
