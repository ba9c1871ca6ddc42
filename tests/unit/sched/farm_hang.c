// Workers that take too long for a unit, or for good. tests/mpi/farm.sh starts this program on several ranks; alone it
// tests little.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"
#include "support/farm.h"

static const double LIMIT = 1;

/** More bytes than MPI sends before they are asked for. */
enum { LONG_MESSAGE = 1 << 20 };

/** Each worker begins with the unit of its number. */
static farm_sweep new_limited_sweep(int64_t count, double seconds) {
    farm_sweep s = farm_new(count, FARM_NAP, seconds);
    for (int w = 0; w < dgba_farm_workers(); ++w) s.units[w].cost = 1000 - w;
    s.unit_seconds = LIMIT;
    s.retries = 3; // not for these
    return s;
}

/** All units have ended, and only that of worker 1, who has worked since, took too long. */
static void check_worker_is_back(const farm_sweep *s) {
    assert_int_equal(dgba_farm_hanging(), 0);
    if (!farm_is_root()) return;
    assert_int_equal(s->finished, s->count);
    assert_int_equal(s->times[1], 1);
    assert_int_equal(s->wrong, 0);
    assert_int_equal(s->failure, DGBA_E_TIME_OUT);
    assert_string_equal(s->message, "time-out: no answer for 1 s");
    assert_int_equal(s->counts.done, s->count - 1);
    assert_true(s->workers_seen[1] > 1);
}

static void a_limit_that_is_kept(void **state) {
    (void)state;
    farm_sweep s = new_limited_sweep(3 * dgba_farm_workers(), 0.01);
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
}

/** The other workers have enough to do for the slow one to come back. */
static void a_slow_worker_comes_back(void **state) {
    (void)state;
    if (dgba_farm_ranks() == 1) skip();
    farm_sweep s = new_limited_sweep(150 * dgba_farm_workers(), 0.02);
    s.kinds[1] = FARM_SLOW;
    s.slow_seconds = 2 * LIMIT;
    CHECK_FAILS(DGBA_E_UNITS_FAILED, farm_run(&s));
    CHECK_MESSAGE("1 of ");
    check_worker_is_back(&s);
}

/** Until then it asks for nothing. */
static void a_late_rank_comes_back(void **state) {
    (void)state;
    if (dgba_farm_ranks() == 1) skip();
    farm_sweep s = new_limited_sweep(150 * dgba_farm_workers(), 0.02);
    s.padding = LONG_MESSAGE;
    if (dgba_farm_rank() == 1) dgba_clock_sleep(2 * LIMIT);
    CHECK_FAILS(DGBA_E_UNITS_FAILED, farm_run(&s));
    check_worker_is_back(&s);
}

static int test(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_that_is_kept),
        cmocka_unit_test(a_slow_worker_comes_back),
        cmocka_unit_test(a_late_rank_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}

/* ---- For good ---- */

static int hanging_rank;
static farm_sweep hanging_sweep; // outlives the functions below, as the worker does

static void hang_here(int rank) {
    while (dgba_farm_rank() == rank) pause();
}

/** Runs the sweep; what is not for the workers that hang is done. */
static int run_with_hanging(void) {
    const dgba_status status = farm_run(&hanging_sweep);
    printf("%s; %lld ended, %d hang\n", dgba_error(), (long long)hanging_sweep.finished, dgba_farm_hanging());
    fflush(stdout);
    if (farm_is_root()) dgba_farm_abandon(status);
    pause(); // as a rank does that waits for rank 0
    return 1;
}

static int hang_in_a_unit(void) {
    hanging_sweep = new_limited_sweep(20, 0.02);
    hanging_sweep.kinds[hanging_rank] = FARM_SLOW;
    hanging_sweep.slow_seconds = 1000;
    return run_with_hanging();
}

static int hang_before_the_first_unit(void) {
    hanging_sweep = new_limited_sweep(20, 0.02);
    hanging_sweep.padding = LONG_MESSAGE;
    hang_here(hanging_rank);
    return run_with_hanging();
}

static dgba_status exchange_or_hang(const dgba_crew *crew, int64_t unit) {
    (void)unit;
    hang_here(hanging_rank);
    return dgba_crew_agree(crew, DGBA_OK);
}

/** Two workers share the first unit, and one of them hangs. The other waits for it, so both are lost. */
static int hang_in_a_shared_unit(void) {
    hanging_sweep = new_limited_sweep(20, 0.02);
    hanging_sweep.kinds[0] = FARM_TOGETHER;
    hanging_sweep.units[0].workers = 2;
    hanging_sweep.units[0].cost = 3000; // first, also when two do it
    hanging_sweep.together = exchange_or_hang;
    return run_with_hanging();
}

/** Before the ranks have met. */
static void hang_before_the_start(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    while (rank != NULL && atoi(rank) == hanging_rank) pause();
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    hanging_rank = argc > 2 ? atoi(argv[2]) : 0;
    if (strcmp(mode, "unit") == 0) return farm_main(hang_in_a_unit, false);
    if (strcmp(mode, "first") == 0) return farm_main(hang_before_the_first_unit, false);
    if (strcmp(mode, "shared") == 0) return farm_main(hang_in_a_shared_unit, false);
    if (strcmp(mode, "start") == 0) hang_before_the_start();
    return farm_main(test, false);
}
