// Runs that are only simulated: what equal units, chains, unequal workers and a busy coordinator come to.

#include <math.h>

#include "dgba/sched.h"
#include "support/check.h"

enum { MOST = 100000 };

static dgba_sched_unit units[MOST];

/** `count` units of one cost, each without needs. */
static void set_equal(int64_t count, double cost) {
    for (int64_t u = 0; u < count; ++u) units[u] = (dgba_sched_unit){.cost = cost, .affinity = -1};
}

static dgba_sched_forecast simulate(int64_t count, int64_t workers, const double *speeds, double overhead) {
    dgba_sched_forecast forecast;
    const dgba_sched_farm farm = {.workers = workers, .speeds = speeds, .overhead = overhead};
    CHECK_OK(dgba_sched_simulate(&forecast, units, count, &farm));
    return forecast;
}

static void check_near(double value, double expected) { assert_true(fabs(value - expected) <= 1e-9 * fabs(expected)); }

static void equal_units(void **state) {
    (void)state;
    set_equal(10, 3);
    dgba_sched_forecast f = simulate(10, 4, NULL, 0);
    check_near(f.seconds, 9); // 4 + 4 + 2
    check_near(f.work, 30);
    check_near(f.chain, 3);
    check_near(f.efficiency, 30.0 / 36);
    f = simulate(10, 5, NULL, 0);
    check_near(f.seconds, 6);
    check_near(f.efficiency, 1);
    f = simulate(10, 1, NULL, 0);
    check_near(f.seconds, 30);
    check_near(f.efficiency, 1);
}

static void more_workers_than_units(void **state) {
    (void)state;
    set_equal(3, 2);
    const dgba_sched_forecast f = simulate(3, 100, NULL, 0);
    check_near(f.seconds, 2);
    check_near(f.efficiency, 0.03);
}

/** In the order of the list the long unit would begin last and the run take 6. */
static void longest_first(void **state) {
    (void)state;
    set_equal(5, 1);
    units[4].cost = 4;
    const dgba_sched_forecast f = simulate(5, 2, NULL, 0);
    check_near(f.seconds, 4);
    check_near(f.efficiency, 1);
}

/** A long training and its attacks begin before units that nobody waits for. */
static void chains(void **state) {
    (void)state;
    static const int64_t training[] = {5};
    set_equal(8, 1);
    units[5].cost = 5;
    for (int64_t u = 6; u < 8; ++u) {
        units[u].needs = training;
        units[u].need_count = 1;
    }
    const dgba_sched_forecast f = simulate(8, 2, NULL, 0);
    check_near(f.chain, 6);
    check_near(f.seconds, 6);
    check_near(f.efficiency, 1);
}

static void workers_of_unequal_speed(void **state) {
    (void)state;
    static const double speeds[] = {1, 3};
    set_equal(4, 3);
    dgba_sched_forecast f = simulate(4, 2, speeds, 0); // the fast one does three while the slow one does one
    check_near(f.seconds, 3);
    check_near(f.efficiency, 1);
    // The last unit may fall to the slow worker: nobody knows how fast it is. It costs at most one unit at its speed.
    static const double uneven[] = {0.1, 1};
    set_equal(2, 1);
    f = simulate(2, 2, uneven, 0);
    check_near(f.seconds, 10);
    check_near(f.efficiency, 2 / (10 * 1.1));
}

static void the_coordinator_takes_its_time(void **state) {
    (void)state;
    set_equal(4, 1);
    check_near(simulate(4, 1, NULL, 0.5).seconds, 6);
    // All end at once, and each is dealt with in turn.
    set_equal(1000, 1);
    check_near(simulate(1000, 1000, NULL, 0.01).seconds, 11);
}

/** Shared units take the share of each of their workers, at the pace of the slowest. */
static void shared_units(void **state) {
    (void)state;
    static const double uneven[] = {1, 4, 4, 4};
    set_equal(3, 8);
    for (int64_t u = 0; u < 2; ++u) units[u].workers = 4;
    dgba_sched_forecast f = simulate(2, 4, NULL, 0);
    check_near(f.seconds, 4);
    check_near(f.chain, 2);
    check_near(f.work, 16);
    check_near(f.efficiency, 1);
    check_near(simulate(2, 3, NULL, 0).seconds, 8); // two of three, one after the other
    check_near(simulate(2, 5, NULL, 0).seconds, 4);
    check_near(simulate(2, 4, uneven, 0).seconds, 4);
    check_near(simulate(2, 8, NULL, 0).seconds, 2);
    check_near(simulate(3, 4, NULL, 0).seconds, 12); // the unit that is not shared begins first: it is longer
}

static void nothing_to_do(void **state) {
    (void)state;
    set_equal(3, 1);
    for (int64_t u = 0; u < 3; ++u) units[u].done_before = true;
    for (int64_t count = 0; count <= 3; count += 3) {
        const dgba_sched_forecast f = simulate(count, 2, NULL, 0.1);
        assert_true(f.seconds == 0 && f.work == 0 && f.chain == 0 && f.efficiency == 1);
    }
}

/** List scheduling: at most the ideal time and one chain; at least either of them. The same again gives the same. */
static void bounds(void **state) {
    (void)state;
    static int64_t needs[MOST];
    dgba_random random = dgba_random_stream(1, DGBA_RANDOM_TEST, 0);
    for (int64_t round = 0; round < 50; ++round) {
        const int64_t count = 1 + dgba_random_below(&random, 500), workers = 1 + dgba_random_below(&random, 40);
        for (int64_t u = 0; u < count; ++u) {
            needs[u] = u > 0 ? dgba_random_below(&random, u) : 0;
            units[u] = (dgba_sched_unit){.cost = exp(dgba_random_normal(&random)),
                                         .affinity = dgba_random_below(&random, 4) - 1,
                                         .needs = &needs[u],
                                         .need_count = u > 0 && dgba_random_uniform(&random) < 0.3};
        }
        const dgba_sched_forecast f = simulate(count, workers, NULL, 0), again = simulate(count, workers, NULL, 0);
        const double ideal = f.work / (double)workers;
        assert_true(f.seconds <= (ideal + f.chain) * (1 + 1e-9));
        assert_true(f.seconds >= fmax(ideal, f.chain) * (1 - 1e-9));
        check_near(f.efficiency, ideal / f.seconds);
        assert_true(f.seconds == again.seconds);
    }
}

static void a_cluster(void **state) {
    (void)state;
    dgba_random random = dgba_random_stream(2, DGBA_RANDOM_TEST, 0);
    set_equal(MOST, 1);
    for (int64_t u = 0; u < MOST; ++u) {
        units[u].cost = 10 + dgba_random_uniform(&random);
        units[u].affinity = u % 51;
    }
    const dgba_sched_forecast f = simulate(MOST, 4096, NULL, 1e-4);
    assert_true(f.efficiency > 0.95);
}

/** A unit that failed and is tried again is like one that never ran. */
static void a_retried_unit_waits_again(void **state) {
    (void)state;
    dgba_sched *sched = NULL;
    int64_t unit = -1;
    set_equal(2, 1);
    units[0].cost = 2;
    CHECK_OK(dgba_sched_create(&sched, units, 2, 2));
    assert_int_equal(dgba_sched_next(&unit, sched, 0), DGBA_SCHED_RUN);
    assert_int_equal(unit, 0);
    dgba_sched_put_back(sched, 0);
    dgba_sched_counts counts = dgba_sched_count(sched);
    assert_int_equal(counts.waiting, 2);
    assert_int_equal(counts.running + counts.failed + counts.done, 0);
    assert_int_equal(dgba_sched_next(&unit, sched, 1), DGBA_SCHED_RUN);
    assert_int_equal(unit, 0);
    dgba_sched_finish(sched, 0, true);
    assert_int_equal(dgba_sched_next(&unit, sched, 0), DGBA_SCHED_RUN);
    dgba_sched_finish(sched, unit, true);
    counts = dgba_sched_count(sched);
    assert_int_equal(counts.done, 2);
    assert_true(counts.cost_done == 3 && counts.cost_total == 3);
    assert_true(dgba_sched_is_over(sched));
    dgba_sched_free(&sched);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_units),
        cmocka_unit_test(more_workers_than_units),
        cmocka_unit_test(longest_first),
        cmocka_unit_test(chains),
        cmocka_unit_test(workers_of_unequal_speed),
        cmocka_unit_test(the_coordinator_takes_its_time),
        cmocka_unit_test(shared_units),
        cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(bounds),
        cmocka_unit_test(a_cluster),
        cmocka_unit_test(a_retried_unit_waits_again),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
