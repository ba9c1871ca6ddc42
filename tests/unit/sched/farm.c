// The farm, whatever its size: alone this program is a farm of one rank, and tests/mpi/farm.sh starts it under mpirun.

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/farm.h"

static int64_t place_of(const farm_sweep *s, int64_t unit) {
    for (int64_t i = 0; i < s->finished; ++i)
        if (s->order[i] == unit) return i;
    return -1;
}

static void every_rank_works(void **state) {
    (void)state;
    farm_sweep s = farm_new(10 * dgba_farm_workers(), FARM_NAP, 0.01);
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
    assert_true(s.worked > 0);
    assert_int_equal(dgba_farm_workers(), dgba_farm_ranks());
    for (int w = 0; farm_is_root() && w < dgba_farm_workers(); ++w) assert_true(s.workers_seen[w] > 0);
    if (farm_is_root()) assert_int_equal(s.gone_on, s.count - dgba_farm_workers()); // the last ones find nothing more
}

static void runs_follow_each_other(void **state) {
    (void)state;
    for (int64_t count = 0; count < 8; ++count) {
        farm_sweep s = farm_new(count, FARM_SQUARE, 0);
        CHECK_OK(farm_run(&s));
        farm_check_all_done(&s);
        assert_int_equal(s.ticks, farm_is_root()); // one at the end
    }
}

static void needs_come_first(void **state) {
    (void)state;
    static const int64_t before[] = {0, 0, 1, 2, 3, 4, 5, 6};
    farm_sweep s = farm_new(40, FARM_SQUARE, 0);
    for (int64_t u = 1; u < 8; ++u) farm_need(&s, u, &before[u]); // a chain 0 .. 7
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
    for (int64_t u = 1; farm_is_root() && u < 8; ++u) assert_true(place_of(&s, before[u]) < place_of(&s, u));
}

static void failures_are_told(void **state) {
    (void)state;
    static const int64_t failing = 1, behind = 2;
    farm_sweep s = farm_new(6, FARM_SQUARE, 0);
    s.kinds[failing] = FARM_FAIL;
    farm_need(&s, behind, &failing);
    farm_need(&s, 3, &behind);
    CHECK_FAILS(DGBA_E_UNITS_FAILED, farm_run(&s));
    CHECK_MESSAGE("1 of 6 units failed, 2 more need one of them");
    assert_int_equal(s.wrong, 0);
    if (!farm_is_root()) return;
    assert_int_equal(s.finished, 4);
    assert_int_equal(s.counts.blocked, 2);
    assert_int_equal(s.failure, DGBA_E_NUMERIC);
    assert_string_equal(s.message, "image 1 has no pixels");
}

static void a_unit_without_input_fails(void **state) {
    (void)state;
    farm_sweep s = farm_new(5, FARM_SQUARE, 0);
    s.unprepared = 3;
    CHECK_FAILS(DGBA_E_UNITS_FAILED, farm_run(&s));
    if (!farm_is_root()) return;
    assert_int_equal(s.finished, 5);
    assert_int_equal(s.counts.done, 4);
    assert_int_equal(s.failure, DGBA_E_IO);
    assert_string_equal(s.message, "no model for unit 3");
}

static void failed_units_are_tried_again(void **state) {
    (void)state;
    static const int64_t flaky = 1;
    for (int64_t failures = 2; failures <= 3; ++failures) {
        farm_sweep s = farm_new(6, FARM_SQUARE, 0);
        s.retries = 2;
        s.flaky = flaky;
        s.flaky_times = failures;
        farm_need(&s, 3, &flaky);
        if (failures == 2)
            CHECK_OK(farm_run(&s));
        else
            CHECK_FAILS(DGBA_E_UNITS_FAILED, farm_run(&s));
        if (!farm_is_root()) continue;
        assert_int_equal(s.wrong, 0);
        assert_int_equal(s.retried, 2);
        assert_int_equal(s.times[flaky], 3);
        assert_int_equal(s.times[3], failures == 2);
        assert_int_equal(s.started, s.finished);
        assert_int_equal(s.counts.done, failures == 2 ? 6 : 4);
        assert_int_equal(s.counts.failed, failures - 2);
    }
}

static void large_messages(void **state) {
    (void)state;
    farm_sweep s = farm_new(2, FARM_LARGE, 0.5);
    s.kinds[0] = FARM_NAP; // keeps worker 0 busy, so that with several ranks the large ones go through MPI
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
    if (farm_is_root()) assert_int_equal(s.workers_seen[dgba_farm_workers() > 1], dgba_farm_workers() > 1 ? 1 : 2);
}

static void empty_messages(void **state) {
    (void)state;
    farm_sweep s = farm_new(20, FARM_EMPTY, 0);
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
}

static void stopping(void **state) {
    (void)state;
    farm_sweep s = farm_new(100, FARM_NAP, 0.005);
    s.stop_after = 3;
    CHECK_FAILS(DGBA_E_STOPPED, farm_run(&s));
    CHECK_MESSAGE("of 100 units left");
    assert_int_equal(s.wrong, 0);
    if (!farm_is_root()) return;
    assert_in_range(s.finished, 3, 3 + dgba_farm_workers());
    assert_int_equal(s.counts.done, s.finished); // what ran was waited for
    assert_int_equal(s.counts.running, 0);
}

/** Long units hear of the stop on every rank, and wait again as if nothing had happened; the next run is not stopped. */
static void units_are_given_back(void **state) {
    (void)state;
    const int64_t units = dgba_farm_workers() + 3;
    farm_sweep s = farm_new(units, FARM_ENDLESS, 0);
    s.stop_at = dgba_clock_seconds() + 0.1;
    CHECK_FAILS(DGBA_E_STOPPED, farm_run(&s));
    assert_int_equal(s.worked, 1);
    assert_int_equal(s.finished, 0);
    if (farm_is_root()) assert_int_equal(s.counts.waiting, units);
    farm_sweep next = farm_new(units, FARM_SQUARE, 0);
    CHECK_OK(farm_run(&next));
    farm_check_all_done(&next);
    if (farm_is_root()) assert_false(dgba_farm_is_stopping()); // elsewhere only work may ask: the next run may have begun
}

/** When the time is up, what runs is finished, and nobody is told to give his unit back. */
static void time_is_up(void **state) {
    (void)state;
    farm_sweep s = farm_new(20, FARM_NAP, 0.01);
    s.time_for = 7;
    CHECK_FAILS(DGBA_E_STOPPED, farm_run(&s));
    CHECK_MESSAGE("stopped with 13 of 20 units left");
    if (!farm_is_root()) return;
    assert_false(dgba_farm_is_stopping());
    assert_int_equal(s.finished, 7);
    assert_int_equal(s.counts.done, 7);
    assert_int_equal(dgba_farm_hanging(), 0);
}

static void stopping_when_all_is_done(void **state) {
    (void)state;
    farm_sweep s = farm_new(4, FARM_SQUARE, 0);
    s.stop_after = 4;
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
}

static void an_error_outside_ends_the_run(void **state) {
    (void)state;
    farm_sweep s = farm_new(100, FARM_NAP, 0.002);
    s.fail_after = 5;
    CHECK_FAILS(DGBA_E_IO, farm_run(&s));
    assert_string_equal(dgba_error(), "the disk is full");
    if (!farm_is_root()) return;
    assert_int_equal(s.finished, 5);
    assert_int_equal(s.counts.running, 0);
    assert_int_equal(s.counts.done, 4);
    assert_int_equal(s.counts.waiting, 96); // also those whose results came after the error
}

static void bad_units(void **state) {
    (void)state;
    static const int64_t itself = 0;
    farm_sweep s = farm_new(1, FARM_SQUARE, 0);
    farm_need(&s, 0, &itself);
    CHECK_FAILS(DGBA_E_USAGE, farm_run(&s));
    CHECK_MESSAGE("unit 0 needs itself");
}

static void agreement(void **state) {
    (void)state;
    CHECK_OK(dgba_farm_agree(DGBA_OK));
    const int last = dgba_farm_ranks() - 1;
    const dgba_status mine = dgba_farm_rank() == last ? dgba_fail(DGBA_E_FORMAT, "not a data file") : DGBA_OK;
    CHECK_FAILS(DGBA_E_FORMAT, dgba_farm_agree(mine));
    CHECK_MESSAGE("not a data file");
}

static void tiny_units(void **state) {
    (void)state;
    farm_sweep s = farm_new(FARM_UNITS_MOST, FARM_SQUARE, 0);
    const double start = dgba_clock_seconds();
    CHECK_OK(farm_run(&s));
    const double seconds = dgba_clock_seconds() - start;
    farm_check_all_done(&s);
    if (farm_is_root()) printf("overhead of a unit: %.0f us\n", 1e6 * seconds / FARM_UNITS_MOST);
}

static void waiting_costs_little(void **state) {
    (void)state;
    farm_sweep s = farm_new(1, FARM_NAP, 1);
    const double start = dgba_clock_seconds(), used = dgba_clock_thread_seconds();
    CHECK_OK(farm_run(&s));
    const double share = (dgba_clock_thread_seconds() - used) / (dgba_clock_seconds() - start);
    farm_check_all_done(&s);
    printf("rank %d: %.2f %% of a core while waiting\n", dgba_farm_rank(), 100 * share);
    assert_true(share < 0.1);
    if (farm_is_root()) assert_in_range(s.ticks, 2, 6);
}

static int test(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rank_works),
        cmocka_unit_test(runs_follow_each_other),
        cmocka_unit_test(needs_come_first),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(failed_units_are_tried_again),
        cmocka_unit_test(a_unit_without_input_fails),
        cmocka_unit_test(large_messages),
        cmocka_unit_test(empty_messages),
        cmocka_unit_test(stopping),
        cmocka_unit_test(units_are_given_back),
        cmocka_unit_test(time_is_up),
        cmocka_unit_test(stopping_when_all_is_done),
        cmocka_unit_test(an_error_outside_ends_the_run),
        cmocka_unit_test(bad_units),
        cmocka_unit_test(agreement),
        cmocka_unit_test(tiny_units),
        cmocka_unit_test(waiting_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}

/** One unit for each rank; the last rank breaks an invariant, which must end all of them. */
static int panic(void) {
    farm_sweep s = farm_new(dgba_farm_workers(), FARM_PANIC, 60);
    return farm_run(&s) == DGBA_OK ? 0 : 1;
}

static int test_serial(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_follow_each_other)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "panic") == 0) return farm_main(panic, false);
    if (strcmp(mode, "serial") == 0) return farm_main(test_serial, true);
    return farm_main(test, false);
}
