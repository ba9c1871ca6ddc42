#include <string.h>

#include "dgba/sched.h"
#include "support/check.h"

static const int64_t on_0[] = {0}, on_1[] = {1}, on_2[] = {2}, on_0_and_1[] = {0, 1}, on_9[] = {9};

#define UNIT(cost_, affinity_) \
    { .cost = (cost_), .affinity = (affinity_) }
#define AFTER(needs_, cost_, affinity_) \
    { .cost = (cost_), .affinity = (affinity_), .needs = (needs_), .need_count = DGBA_COUNT_OF(needs_) }

static dgba_sched *create(const dgba_sched_unit *units, int64_t count, int64_t workers) {
    dgba_sched *sched = NULL;
    CHECK_OK(dgba_sched_create(&sched, units, count, workers));
    return sched;
}

static void check_runs(dgba_sched *sched, int64_t worker, int64_t expected) {
    int64_t unit = -1;
    assert_int_equal(dgba_sched_next(&unit, sched, worker), DGBA_SCHED_RUN);
    assert_int_equal(unit, expected);
}

static void check_waits(dgba_sched *sched, int64_t worker) {
    int64_t unit = -1;
    assert_int_equal(dgba_sched_next(&unit, sched, worker), DGBA_SCHED_WAIT);
    assert_int_equal(unit, -1);
}

static void check_exits(dgba_sched *sched, int64_t worker) {
    int64_t unit = -1;
    assert_int_equal(dgba_sched_next(&unit, sched, worker), DGBA_SCHED_EXIT);
    assert_int_equal(unit, -1);
}

/** Runs a unit that is next for the worker to its end. */
static void check_does(dgba_sched *sched, int64_t worker, int64_t expected) {
    check_runs(sched, worker, expected);
    dgba_sched_finish(sched, expected, true);
}

/** Counts in the order of the struct: cached, done, failed, blocked, running, waiting. */
static void check_counts(const dgba_sched *sched, const int64_t expected[6]) {
    const dgba_sched_counts c = dgba_sched_count(sched);
    const int64_t counts[] = {c.cached, c.done, c.failed, c.blocked, c.running, c.waiting};
    int64_t sum = 0;
    for (int i = 0; i < 6; ++i) {
        assert_int_equal(counts[i], expected[i]);
        sum += counts[i];
    }
    assert_int_equal(c.total, sum);
}
#define CHECK_COUNTS(sched, ...) check_counts(sched, (const int64_t[6]){__VA_ARGS__})

static void longest_first(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(2, -1), UNIT(5, -1), UNIT(2, -1), UNIT(9, -1)};
    dgba_sched *sched = create(units, 4, 1);
    check_does(sched, 0, 3);
    check_does(sched, 0, 1);
    check_does(sched, 0, 0); // equal costs: lower index first
    check_does(sched, 0, 2);
    check_exits(sched, 0);
    dgba_sched_free(&sched);
    assert_null(sched);
}

static void a_long_chain_goes_before_a_long_unit(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(4, -1), UNIT(1, -1), AFTER(on_1, 3, -1), AFTER(on_2, 2, -1)};
    dgba_sched *sched = create(units, 4, 1);
    check_does(sched, 0, 1); // 1 + 3 + 2 > 4
    check_does(sched, 0, 2);
    check_does(sched, 0, 0);
    check_does(sched, 0, 3);
    dgba_sched_free(&sched);
}

static void a_unit_waits_for_all_its_needs(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(1, -1), UNIT(1, -1), AFTER(on_0_and_1, 50, -1)};
    dgba_sched *sched = create(units, 3, 2);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 3);
    check_runs(sched, 0, 0);
    check_runs(sched, 1, 1);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 2, 1);
    dgba_sched_finish(sched, 0, true);
    CHECK_COUNTS(sched, 0, 1, 0, 0, 1, 1);
    check_waits(sched, 0);
    dgba_sched_finish(sched, 1, true);
    check_runs(sched, 0, 2);
    check_waits(sched, 1); // worker 0 may be lost yet
    dgba_sched_finish(sched, 2, true);
    CHECK_COUNTS(sched, 0, 3, 0, 0, 0, 0);
    check_exits(sched, 0);
    check_exits(sched, 1);
    assert_true(dgba_sched_is_over(sched));
    dgba_sched_free(&sched);
}

static void affinity_counts_unless_much_longer_units_wait(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(12, 7), UNIT(11, 8), UNIT(5, 7), UNIT(4, 7),
                                     UNIT(4, 8),  UNIT(1, -1), UNIT(3, -1)};
    dgba_sched *sched = create(units, 7, 1);
    check_does(sched, 0, 0);
    check_does(sched, 0, 1); // unit 2 is akin to unit 0, but 5 is less than half of 11
    check_does(sched, 0, 4); // 4 is at least half of 5
    check_does(sched, 0, 2);
    check_does(sched, 0, 3);
    check_does(sched, 0, 6);
    check_does(sched, 0, 5); // units without affinity are not akin to each other: priority decides
    check_exits(sched, 0);
    dgba_sched_free(&sched);
}

static void suspects_come_last(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {{.cost = 90, .affinity = 7, .comes_last = true},
                                     {.cost = 95, .affinity = -1, .comes_last = true},
                                     {.cost = 1, .affinity = 7},
                                     {.cost = 5, .affinity = -1},
                                     AFTER(on_0, 50, 7)};
    dgba_sched *sched = create(units, 5, 1);
    check_does(sched, 0, 3);
    check_does(sched, 0, 2);
    check_does(sched, 0, 0); // 90 and the 50 that wait for it
    check_does(sched, 0, 4);
    check_does(sched, 0, 1);
    check_exits(sched, 0);
    dgba_sched_free(&sched);
}

static void a_failed_unit_blocks_all_behind_it(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(3, -1), UNIT(2, -1), AFTER(on_0_and_1, 1, -1), AFTER(on_2, 1, -1),
                                     AFTER(on_1, 1, -1)};
    dgba_sched *sched = create(units, 5, 2);
    check_runs(sched, 0, 0);
    check_runs(sched, 1, 1);
    dgba_sched_finish(sched, 0, false);
    CHECK_COUNTS(sched, 0, 0, 1, 2, 1, 1);
    assert_true(dgba_sched_count(sched).cost_total == 6 && dgba_sched_count(sched).cost_done == 3);
    dgba_sched_finish(sched, 1, true);
    CHECK_COUNTS(sched, 0, 1, 1, 2, 0, 1);
    check_does(sched, 0, 4);
    check_exits(sched, 0);
    CHECK_COUNTS(sched, 0, 2, 1, 2, 0, 0);
    assert_true(dgba_sched_count(sched).cost_done == dgba_sched_count(sched).cost_total);
    dgba_sched_free(&sched);
}

static void a_lost_workers_unit_waits_again(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(3, -1), UNIT(2, -1)};
    dgba_sched *sched = create(units, 2, 3);
    check_runs(sched, 0, 0);
    dgba_sched_lose(sched, 0);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 2);
    check_exits(sched, 0);
    dgba_sched_lose(sched, 0); // twice is once
    check_runs(sched, 1, 0);
    dgba_sched_lose(sched, 2); // an idle one
    check_exits(sched, 2);
    assert_false(dgba_sched_is_over(sched));
    dgba_sched_lose(sched, 1);
    assert_true(dgba_sched_is_over(sched)); // nobody is left
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 2);
    dgba_sched_free(&sched);
}

/** Its workers may do something else while its result is kept, but what needs it waits for that. */
static void a_released_unit_still_runs(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(9, -1), AFTER(on_0, 5, -1), UNIT(1, -1)};
    int64_t crew[2];
    dgba_sched *sched = create(units, 3, 2);
    check_runs(sched, 0, 0);
    dgba_sched_release(sched, 0);
    assert_int_equal(dgba_sched_crew(crew, sched, 0), 0);
    check_runs(sched, 0, 2);
    check_waits(sched, 1);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 2, 1);
    dgba_sched_finish(sched, 0, true);
    check_does(sched, 1, 1);
    dgba_sched_release(sched, 2);
    dgba_sched_put_back(sched, 2); // its result could not be kept
    assert_false(dgba_sched_is_over(sched));
    check_does(sched, 1, 2);
    CHECK_COUNTS(sched, 0, 3, 0, 0, 0, 0);
    check_exits(sched, 0);
    dgba_sched_free(&sched);
}

static void a_unit_put_back_waits_again(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(3, -1), UNIT(2, -1)};
    dgba_sched *sched = create(units, 2, 1);
    check_runs(sched, 0, 0);
    dgba_sched_put_back(sched, 0);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 2);
    check_runs(sched, 0, 0); // the same worker may take it again
    dgba_sched_stop(sched);
    dgba_sched_put_back(sched, 0);
    assert_true(dgba_sched_is_over(sched));
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 2);
    dgba_sched_free(&sched);
}

static void stop_lets_running_units_finish(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(3, -1), UNIT(2, -1), AFTER(on_0, 1, -1)};
    dgba_sched *sched = create(units, 3, 2);
    check_runs(sched, 0, 0);
    dgba_sched_stop(sched);
    check_exits(sched, 1);
    assert_false(dgba_sched_is_over(sched));
    dgba_sched_finish(sched, 0, true);
    check_exits(sched, 0);
    assert_true(dgba_sched_is_over(sched));
    CHECK_COUNTS(sched, 0, 1, 0, 0, 0, 2);
    dgba_sched_free(&sched);
}

static void no_units(void **state) {
    (void)state;
    dgba_sched *sched = create(NULL, 0, 2);
    assert_true(dgba_sched_is_over(sched));
    check_exits(sched, 0);
    check_exits(sched, 1);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 0);
    dgba_sched_free(&sched);
}

static void more_workers_than_units(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {UNIT(1, 0)};
    dgba_sched *sched = create(units, 1, 3);
    check_runs(sched, 2, 0);
    check_waits(sched, 0);
    check_waits(sched, 1);
    dgba_sched_finish(sched, 0, true);
    for (int64_t worker = 0; worker < 3; ++worker) check_exits(sched, worker);
    dgba_sched_free(&sched);
}

static void cached_units_satisfy_needs(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {{.cost = 100, .affinity = -1, .done_before = true},
                                     AFTER(on_0, 1, -1),
                                     {.cost = 100,
                                      .affinity = -1,
                                      .needs = on_1,
                                      .need_count = 1,
                                      .done_before = true}, // cached: adds nothing to the chain of 1
                                     UNIT(2, -1)};
    dgba_sched *sched = create(units, 4, 1);
    CHECK_COUNTS(sched, 2, 0, 0, 0, 0, 2);
    assert_true(dgba_sched_count(sched).cost_total == 3);
    check_does(sched, 0, 3);
    check_does(sched, 0, 1);
    check_exits(sched, 0);
    CHECK_COUNTS(sched, 2, 2, 0, 0, 0, 0);
    dgba_sched_free(&sched);
}

static void needs_that_may_fail_are_awaited(void **state) {
    (void)state;
    // 2 cannot do without 0, but without 1; 3 without 2.
    dgba_sched_unit units[] = {UNIT(9, -1), UNIT(8, -1), AFTER(on_0_and_1, 1, -1), AFTER(on_2, 1, -1)};
    units[2].may_fail = units[3].may_fail = 1;
    dgba_sched *sched = create(units, 4, 2);
    check_does(sched, 0, 0);
    check_runs(sched, 0, 1);
    check_waits(sched, 1);
    dgba_sched_finish(sched, 1, false);
    CHECK_COUNTS(sched, 0, 1, 1, 0, 0, 2);
    check_does(sched, 0, 2);
    check_does(sched, 0, 3);
    check_exits(sched, 0);
    dgba_sched_free(&sched);

    sched = create(units, 4, 1); // 2 is blocked, which 3 can do without
    check_runs(sched, 0, 0);
    dgba_sched_finish(sched, 0, false);
    CHECK_COUNTS(sched, 0, 0, 1, 1, 0, 2);
    check_does(sched, 0, 1);
    check_does(sched, 0, 3);
    check_exits(sched, 0);
    dgba_sched_free(&sched);
}

/** The workers that run a unit. */
static void check_crew(const dgba_sched *sched, int64_t unit, int64_t count, const int64_t *expected) {
    int64_t workers[16];
    assert_int_equal(dgba_sched_crew(workers, sched, unit), count);
    for (int64_t i = 0; i < count; ++i) assert_int_equal(workers[i], expected[i]);
}
#define CHECK_CREW(sched, unit, ...) \
    check_crew((sched), (unit), DGBA_COUNT_OF(((const int64_t[]){__VA_ARGS__})), (const int64_t[]){__VA_ARGS__})

static void a_shared_unit_takes_several_workers(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {{.cost = 9, .affinity = -1, .workers = 3}, UNIT(2, -1), UNIT(1, -1)};
    dgba_sched *sched = create(units, 3, 4);
    check_runs(sched, 2, 0);
    CHECK_CREW(sched, 0, 0, 2, 3); // from the one that asked, round the end
    CHECK_COUNTS(sched, 0, 0, 0, 0, 1, 2);
    check_runs(sched, 1, 1);
    CHECK_CREW(sched, 1, 1);
    dgba_sched_finish(sched, 0, true);
    check_does(sched, 3, 2);
    dgba_sched_finish(sched, 1, true);
    for (int64_t worker = 0; worker < 4; ++worker) check_exits(sched, worker);
    assert_true(dgba_sched_count(sched).cost_done == 12);
    dgba_sched_free(&sched);
}

/** The largest divisor that there are workers for: 6 parts on 5 workers are shared by 3. */
static void few_workers_share_as_many_parts(void **state) {
    (void)state;
    static const int64_t workers[] = {1, 2, 3, 4, 5, 6, 9}, expected[] = {1, 2, 3, 3, 3, 6, 6};
    const dgba_sched_unit units[] = {{.cost = 6, .affinity = -1, .workers = 6}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(workers); ++i) {
        int64_t crew[9];
        dgba_sched *sched = create(units, 1, workers[i]);
        assert_true(dgba_sched_longest_chain(sched) == 6.0 / (double)expected[i]);
        check_runs(sched, 0, 0);
        assert_int_equal(dgba_sched_crew(crew, sched, 0), expected[i]);
        dgba_sched_finish(sched, 0, false);
        check_exits(sched, 0);
        dgba_sched_free(&sched);
    }
}

/** Workers wait for a shared unit that is first in line, whatever else is ready, also of their affinity. */
static void a_shared_unit_is_not_put_off(void **state) {
    (void)state;
    dgba_sched_unit units[] = {UNIT(9, 7), UNIT(9, -1), AFTER(on_1, 16, -1), UNIT(5, 7), UNIT(5, 7)};
    units[2].workers = 2;
    dgba_sched *sched = create(units, 5, 2);
    check_runs(sched, 0, 1); // 9 and then 16/2
    check_runs(sched, 1, 0);
    dgba_sched_finish(sched, 1, true);
    check_waits(sched, 0);
    check_waits(sched, 0);
    CHECK_COUNTS(sched, 0, 1, 0, 0, 1, 3);
    dgba_sched_finish(sched, 0, true);
    check_runs(sched, 1, 2); // 8, although 5 of its own affinity is more than half of that
    CHECK_CREW(sched, 2, 0, 1);
    dgba_sched_put_back(sched, 2);
    check_runs(sched, 0, 2);
    dgba_sched_finish(sched, 2, true);
    check_does(sched, 1, 3);
    check_does(sched, 0, 4);
    check_exits(sched, 0);
    dgba_sched_free(&sched);
}

/** A shared unit waits again when one of its workers is gone, and those that are left suffice. */
static void a_lost_worker_of_several(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {{.cost = 8, .affinity = -1, .workers = 4}, UNIT(1, -1)};
    dgba_sched *sched = create(units, 2, 4);
    check_runs(sched, 0, 0);
    CHECK_CREW(sched, 0, 0, 1, 2, 3);
    dgba_sched_lose(sched, 2);
    CHECK_COUNTS(sched, 0, 0, 0, 0, 0, 2);
    check_exits(sched, 2);
    check_runs(sched, 1, 0);
    CHECK_CREW(sched, 0, 1, 3);
    check_runs(sched, 0, 1);
    dgba_sched_lose(sched, 3);
    check_waits(sched, 1); // for worker 0
    dgba_sched_lose(sched, 1);
    dgba_sched_finish(sched, 1, true);
    check_runs(sched, 0, 0);
    CHECK_CREW(sched, 0, 0);
    dgba_sched_put_back(sched, 0);
    dgba_sched_regain(sched, 1);
    check_runs(sched, 1, 0);
    CHECK_CREW(sched, 0, 0, 1);
    dgba_sched_finish(sched, 0, true);
    check_exits(sched, 0);
    dgba_sched_free(&sched);
}

static void nothing_is_shared(void **state) {
    (void)state;
    const dgba_sched_unit units[] = {{.cost = 4, .affinity = -1, .workers = 2}};
    dgba_sched *sched = create(units, 1, 2);
    dgba_sched_share_nothing(sched);
    check_runs(sched, 1, 0);
    CHECK_CREW(sched, 0, 1);
    check_waits(sched, 0);
    dgba_sched_finish(sched, 0, true);
    dgba_sched_free(&sched);
}

static void bad_units_are_refused(void **state) {
    (void)state;
    dgba_sched *sched = NULL;
    const dgba_sched_unit circle[] = {UNIT(1, -1), AFTER(on_2, 1, -1), AFTER(on_1, 1, -1), AFTER(on_2, 1, -1)};
    CHECK_FAILS(DGBA_E_USAGE, dgba_sched_create(&sched, circle, 4, 1));
    assert_null(sched);
    const bool named = strstr(dgba_error(), "unit 1 needs itself") || strstr(dgba_error(), "unit 2 needs itself");
    assert_true(named); // and not unit 3, which only stands behind the circle
    const dgba_sched_unit self[] = {AFTER(on_0, 1, -1)};
    CHECK_FAILS(DGBA_E_USAGE, dgba_sched_create(&sched, self, 1, 1));
    CHECK_MESSAGE("unit 0 needs itself");
    const dgba_sched_unit stranger[] = {UNIT(1, -1), AFTER(on_9, 1, -1)};
    CHECK_FAILS(DGBA_E_USAGE, dgba_sched_create(&sched, stranger, 2, 1));
    CHECK_MESSAGE("unit 1 needs unit 9, but there are only 2 units");
    const dgba_sched_unit negative[] = {UNIT(-1, -1)};
    CHECK_FAILS(DGBA_E_USAGE, dgba_sched_create(&sched, negative, 1, 1));
    CHECK_MESSAGE("unit 0 has the cost -1");
    const dgba_sched_unit owed[] = {{.cost = 1, .affinity = -1, .workers = -2}};
    CHECK_FAILS(DGBA_E_USAGE, dgba_sched_create(&sched, owed, 1, 1));
    CHECK_MESSAGE("unit 0 is shared by -2 workers");
    const dgba_sched_unit nan[] = {UNIT(0.0 / 0.0, -1)};
    CHECK_FAILS(DGBA_E_USAGE, dgba_sched_create(&sched, nan, 1, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_first),
        cmocka_unit_test(a_long_chain_goes_before_a_long_unit),
        cmocka_unit_test(a_unit_waits_for_all_its_needs),
        cmocka_unit_test(affinity_counts_unless_much_longer_units_wait),
        cmocka_unit_test(suspects_come_last),
        cmocka_unit_test(a_failed_unit_blocks_all_behind_it),
        cmocka_unit_test(a_lost_workers_unit_waits_again),
        cmocka_unit_test(a_released_unit_still_runs),
        cmocka_unit_test(a_unit_put_back_waits_again),
        cmocka_unit_test(stop_lets_running_units_finish),
        cmocka_unit_test(no_units),
        cmocka_unit_test(more_workers_than_units),
        cmocka_unit_test(cached_units_satisfy_needs),
        cmocka_unit_test(needs_that_may_fail_are_awaited),
        cmocka_unit_test(a_shared_unit_takes_several_workers),
        cmocka_unit_test(few_workers_share_as_many_parts),
        cmocka_unit_test(a_shared_unit_is_not_put_off),
        cmocka_unit_test(a_lost_worker_of_several),
        cmocka_unit_test(nothing_is_shared),
        cmocka_unit_test(bad_units_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
