// The farm, whatever its size: alone this program is a farm of one rank, and tests/mpi/farm.sh starts it under mpirun.
// Every rank runs the same tests; a run is collective, so nothing is asserted before it has ended.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgba/sched.h"
#include "support/check.h"

enum kind { SQUARE, NAP, SLOW, LARGE, EMPTY, FAIL, PANIC, ENDLESS, SHARED, SHARED_FAIL, SHARED_ENDLESS };

/** The input of a unit, with padding behind it. */
struct job {
    int64_t unit;
    enum kind kind;
    double seconds;
};

enum { UNITS_MOST = 2000 };
static const size_t LARGE_INPUT = (size_t)70 << 20, LARGE_RESULT = (size_t)150 << 20;

/** What a test asks for, and what the callbacks saw. */
typedef struct sweep {
    enum kind kinds[UNITS_MOST];
    double seconds, slow_seconds;               // of a nap; of a slow unit
    double stop_at;                             // clock seconds; 0 = never
    int64_t unprepared, stop_after, fail_after; // unit that cannot be prepared; numbers of results; -1 = never
    dgba_sched_unit units[UNITS_MOST];
    int64_t count, retries;
    int64_t flaky, flaky_times; // a unit that fails so often, and then succeeds
    double unit_seconds;        // time limit of a unit
    int64_t time_for;           // there is time for so many units; 0 = for all

    int64_t worked; // on this rank
    int64_t finished;
    int64_t order[UNITS_MOST];
    int times[UNITS_MOST];
    int wrong, workers_seen[64];
    int64_t started, retried;
    dgba_status failure;
    char message[256];
    int64_t ticks;
    dgba_sched_counts counts; // of the last tick
} sweep;

static char pattern(size_t i) { return (char)(i * 7 + (i >> 20)); }

static dgba_status prepare(char **bytes, size_t *count, void *context, int64_t unit) {
    sweep *s = context;
    if (unit == s->unprepared) return dgba_fail(DGBA_E_IO, "no model for unit %lld", (long long)unit);
    if (s->kinds[unit] == EMPTY) return DGBA_OK;
    const bool fails = unit == s->flaky && s->flaky_times-- > 0;
    const struct job job = {.unit = unit,
                            .kind = fails ? FAIL : s->kinds[unit],
                            .seconds = s->kinds[unit] == SLOW ? s->slow_seconds : s->seconds};
    *count = job.kind == LARGE ? LARGE_INPUT : sizeof job;
    DGBA_TRY(dgba_allocate((void **)bytes, (int64_t)*count, 1));
    for (size_t i = sizeof job; i < *count; ++i) (*bytes)[i] = pattern(i);
    memcpy(*bytes, &job, sizeof job);
    return DGBA_OK;
}

static dgba_status make_large(char **result, size_t *result_count, const char *bytes, size_t count) {
    for (size_t i = sizeof(struct job); i < count; ++i)
        if (bytes[i] != pattern(i)) return dgba_fail(DGBA_E_BUG, "byte %zu of the input is wrong", i);
    *result_count = LARGE_RESULT;
    DGBA_TRY(dgba_allocate((void **)result, (int64_t)LARGE_RESULT, 1));
    for (size_t i = 0; i < LARGE_RESULT; ++i) (*result)[i] = pattern(i);
    return DGBA_OK;
}

static dgba_status square(char **result, size_t *result_count, int64_t unit) {
    int64_t *out = NULL;
    DGBA_TRY(DGBA_NEW(&out, 1));
    *out = unit * unit;
    *result = (char *)out;
    *result_count = sizeof *out;
    return DGBA_OK;
}

/** Works until the farm is being stopped, and gives the unit back. */
static dgba_status run_endless(void) {
    while (!dgba_farm_is_stopping()) dgba_clock_sleep(0.002);
    return dgba_fail(DGBA_E_STOPPED, "given back");
}

/** Numbers that name the round, the sender and the receiver travel between all members, few and many at a time. */
static dgba_status exchange(const dgba_crew *crew, int64_t unit) {
    enum { MEMBERS = 16, MANY = 30000 };
    static int64_t in[MEMBERS * MANY], out[MEMBERS * MANY];
    const int64_t members = dgba_crew_members(crew), member = dgba_crew_member(crew);
    for (int64_t round = 0; round < 20; ++round) {
        const int64_t count = round % 5 == 0 ? MANY : 1 + round;
        const int64_t own = unit * 1000 + round * 100 + member;
        dgba_crew_gather(crew, in, &own, sizeof own);
        for (int64_t i = 0; i < members; ++i)
            if (in[i] != own - member + i) return dgba_fail(DGBA_E_BUG, "gathered %lld", (long long)in[i]);
        if (crew == NULL) continue;
        for (int64_t i = 0; i < members * count; ++i) out[i] = own * 100 + i / count;
        crew->swap(crew->self, in, out, (size_t)count * sizeof *out);
        for (int64_t i = 0; i < members * count; ++i)
            if (in[i] != (own - member + i / count) * 100 + member) return dgba_fail(DGBA_E_BUG, "swapped wrongly");
    }
    return DGBA_OK;
}

/** The last member fails. */
static dgba_status fail_together(const dgba_crew *crew) {
    const bool fails = dgba_crew_member(crew) == dgba_crew_members(crew) - 1;
    return dgba_crew_agree(crew, fails ? dgba_fail(DGBA_E_NUMERIC, "the last member failed") : DGBA_OK);
}

static dgba_status stop_together(const dgba_crew *crew) {
    while (!dgba_crew_any(crew, dgba_farm_is_stopping())) dgba_clock_sleep(0.002);
    return dgba_fail(DGBA_E_STOPPED, "given back");
}

static dgba_status work(char **result, size_t *result_count, void *context, const char *bytes, size_t count,
                        const dgba_crew *crew) {
    ((sweep *)context)->worked += 1;
    if (count == 0) return DGBA_OK;
    struct job job;
    memcpy(&job, bytes, sizeof job);
    if (job.kind == LARGE) return make_large(result, result_count, bytes, count);
    if (job.kind == FAIL) return dgba_fail(DGBA_E_NUMERIC, "image %lld has no pixels", (long long)job.unit);
    if (job.kind == PANIC && dgba_farm_rank() == dgba_farm_ranks() - 1) DGBA_ASSERT(job.kind != PANIC);
    if (job.kind == ENDLESS) return run_endless();
    if (job.kind == SHARED) DGBA_TRY(exchange(crew, job.unit));
    if (job.kind == SHARED_FAIL) return fail_together(crew);
    if (job.kind == SHARED_ENDLESS) return stop_together(crew);
    if (job.kind == NAP || job.kind == SLOW || job.kind == PANIC) dgba_clock_sleep(job.seconds);
    return square(result, result_count, job.unit);
}

static bool is_right(const sweep *s, const dgba_farm_result *result) {
    const enum kind kind = s->kinds[result->unit];
    if (kind == EMPTY) return result->count == 0;
    if (kind == SQUARE || kind == NAP || kind == SLOW || kind == SHARED) {
        int64_t value = -1;
        if (result->count == sizeof value) memcpy(&value, result->bytes, sizeof value);
        return value == result->unit * result->unit;
    }
    if (result->count != LARGE_RESULT) return false;
    for (size_t i = 0; i < result->count; ++i)
        if (result->bytes[i] != pattern(i)) return false;
    return true;
}

static dgba_status finished(void *context, const dgba_farm_result *result) {
    sweep *s = context;
    s->order[s->finished++] = result->unit;
    s->times[result->unit] += 1;
    for (int64_t i = 0; i < result->worker_count; ++i) s->workers_seen[result->workers[i]] += 1;
    s->retried += result->will_retry;
    if (result->status != DGBA_OK) {
        s->failure = result->status;
        snprintf(s->message, sizeof s->message, "%s", result->message);
    } else if (!is_right(s, result) || result->seconds < 0) {
        s->wrong += 1;
    }
    if (s->finished == s->fail_after) return dgba_fail(DGBA_E_IO, "the disk is full");
    return DGBA_OK;
}

static bool has_time(void *context, int64_t unit) {
    const sweep *s = context;
    (void)unit;
    return s->time_for == 0 || s->started < s->time_for;
}

static void started(void *context, int64_t unit, int worker) {
    (void)unit;
    (void)worker;
    ((sweep *)context)->started += 1;
}

static void tick(void *context, const dgba_sched_counts *counts) {
    sweep *s = context;
    s->ticks += 1;
    s->counts = *counts;
}

static bool should_stop(void *context) {
    const sweep *s = context;
    if (s->stop_at > 0) return dgba_clock_seconds() >= s->stop_at;
    return s->stop_after >= 0 && s->finished >= s->stop_after;
}

static sweep new_sweep(int64_t count, enum kind kind, double seconds) {
    sweep s = {.seconds = seconds, .unprepared = -1, .stop_after = -1, .fail_after = -1, .count = count, .flaky = -1};
    for (int64_t u = 0; u < count; ++u) {
        s.kinds[u] = kind;
        s.units[u] = (dgba_sched_unit){.cost = 1, .affinity = -1};
    }
    return s;
}

/** Tells the scheduler that unit `after` needs the unit *need. */
static void add_need(sweep *s, int64_t after, const int64_t *need) {
    s->units[after].needs = need;
    s->units[after].need_count = 1;
}

static dgba_status run(sweep *s) {
    const dgba_farm farm = {.context = s,
                            .units = s->units,
                            .unit_count = s->count,
                            .retries = s->retries,
                            .unit_seconds = s->unit_seconds,
                            .has_time = has_time,
                            .started = started,
                            .prepare = prepare,
                            .work = work,
                            .finished = finished,
                            .tick = tick,
                            .should_stop = should_stop};
    return dgba_farm_run(&farm);
}

static bool is_root(void) { return dgba_farm_rank() == 0; }

/** Rank 0 saw each unit end once, with the right result; the other ranks saw nothing. */
static void check_all_done(const sweep *s) {
    assert_int_equal(s->wrong, 0);
    assert_int_equal(s->finished, is_root() ? s->count : 0);
    for (int64_t u = 0; u < s->count; ++u) assert_int_equal(s->times[u], is_root());
    if (!is_root()) return;
    assert_int_equal(s->counts.done, s->count);
    assert_int_equal(s->counts.waiting + s->counts.running + s->counts.failed, 0);
}

static int64_t place_of(const sweep *s, int64_t unit) {
    for (int64_t i = 0; i < s->finished; ++i)
        if (s->order[i] == unit) return i;
    return -1;
}

static void every_rank_works(void **state) {
    (void)state;
    sweep s = new_sweep(10 * dgba_farm_workers(), NAP, 0.01);
    CHECK_OK(run(&s));
    check_all_done(&s);
    assert_true(s.worked > 0);
    assert_int_equal(dgba_farm_workers(), dgba_farm_ranks());
    for (int w = 0; is_root() && w < dgba_farm_workers(); ++w) assert_true(s.workers_seen[w] > 0);
}

static void runs_follow_each_other(void **state) {
    (void)state;
    for (int64_t count = 0; count < 8; ++count) {
        sweep s = new_sweep(count, SQUARE, 0);
        CHECK_OK(run(&s));
        check_all_done(&s);
        assert_int_equal(s.ticks, is_root()); // one at the end
    }
}

static void needs_come_first(void **state) {
    (void)state;
    static const int64_t before[] = {0, 0, 1, 2, 3, 4, 5, 6};
    sweep s = new_sweep(40, SQUARE, 0);
    for (int64_t u = 1; u < 8; ++u) add_need(&s, u, &before[u]); // a chain 0 .. 7
    CHECK_OK(run(&s));
    check_all_done(&s);
    for (int64_t u = 1; is_root() && u < 8; ++u) assert_true(place_of(&s, before[u]) < place_of(&s, u));
}

static void failures_are_told(void **state) {
    (void)state;
    static const int64_t failing = 1, behind = 2;
    sweep s = new_sweep(6, SQUARE, 0);
    s.kinds[failing] = FAIL;
    add_need(&s, behind, &failing);
    add_need(&s, 3, &behind);
    CHECK_FAILS(DGBA_E_UNITS_FAILED, run(&s));
    CHECK_MESSAGE("1 of 6 units failed, 2 more need one of them");
    assert_int_equal(s.wrong, 0);
    if (!is_root()) return;
    assert_int_equal(s.finished, 4);
    assert_int_equal(s.counts.blocked, 2);
    assert_int_equal(s.failure, DGBA_E_NUMERIC);
    assert_string_equal(s.message, "image 1 has no pixels");
}

static void a_unit_without_input_fails(void **state) {
    (void)state;
    sweep s = new_sweep(5, SQUARE, 0);
    s.unprepared = 3;
    CHECK_FAILS(DGBA_E_UNITS_FAILED, run(&s));
    if (!is_root()) return;
    assert_int_equal(s.finished, 5);
    assert_int_equal(s.counts.done, 4);
    assert_int_equal(s.failure, DGBA_E_IO);
    assert_string_equal(s.message, "no model for unit 3");
}

static void failed_units_are_tried_again(void **state) {
    (void)state;
    static const int64_t flaky = 1;
    for (int64_t failures = 2; failures <= 3; ++failures) {
        sweep s = new_sweep(6, SQUARE, 0);
        s.retries = 2;
        s.flaky = flaky;
        s.flaky_times = failures;
        add_need(&s, 3, &flaky);
        if (failures == 2)
            CHECK_OK(run(&s));
        else
            CHECK_FAILS(DGBA_E_UNITS_FAILED, run(&s));
        if (!is_root()) continue;
        assert_int_equal(s.wrong, 0);
        assert_int_equal(s.retried, 2);
        assert_int_equal(s.times[flaky], 3);
        assert_int_equal(s.times[3], failures == 2);
        assert_int_equal(s.started, s.finished);
        assert_int_equal(s.counts.done, failures == 2 ? 6 : 4);
        assert_int_equal(s.counts.failed, failures - 2);
    }
}

/** How many of the farm's workers share a unit for `wanted`. */
static int64_t crew_of(int64_t wanted) {
    int64_t crew = wanted < dgba_farm_workers() ? wanted : dgba_farm_workers();
    while (wanted % crew != 0) --crew;
    return crew;
}

static void units_are_shared(void **state) {
    (void)state;
    static const int64_t first = 0;
    sweep s = new_sweep(40, SQUARE, 0);
    int64_t shares = 0;
    for (int64_t u = 0; u < s.count; ++u) {
        if (u % 3 > 0) s.kinds[u] = SHARED;
        if (u % 3 > 0) s.units[u].workers = u % 5 + 1;
        shares += u % 3 > 0 ? crew_of(u % 5 + 1) : 1;
        if (u > 20) add_need(&s, u, &first);
    }
    CHECK_OK(run(&s));
    check_all_done(&s);
    if (is_root()) assert_int_equal(s.started, shares);
    int64_t worked = s.worked;
    dgba_farm_sum(&worked, 1);
    assert_int_equal(worked, shares);
}

static void a_shared_unit_fails_once(void **state) {
    (void)state;
    sweep s = new_sweep(5, SHARED, 0);
    s.retries = 1;
    s.kinds[2] = SHARED_FAIL;
    for (int64_t u = 0; u < s.count; ++u) s.units[u].workers = 2;
    CHECK_FAILS(DGBA_E_UNITS_FAILED, run(&s));
    assert_int_equal(s.wrong, 0);
    if (!is_root()) return;
    assert_int_equal(s.times[2], 2);
    assert_int_equal(s.counts.done, 4);
    assert_string_equal(s.message, "the last member failed");
}

static void shared_units_are_given_back(void **state) {
    (void)state;
    sweep s = new_sweep(3, SHARED_ENDLESS, 0);
    for (int64_t u = 0; u < s.count; ++u) s.units[u].workers = 2;
    s.stop_at = dgba_clock_seconds() + 0.1;
    CHECK_FAILS(DGBA_E_STOPPED, run(&s));
    assert_int_equal(s.finished, 0);
    if (is_root()) assert_int_equal(s.counts.waiting, 3);
}

static void large_messages(void **state) {
    (void)state;
    sweep s = new_sweep(2, LARGE, 0.5);
    s.kinds[0] = NAP; // keeps worker 0 busy, so that with several ranks the large ones go through MPI
    CHECK_OK(run(&s));
    check_all_done(&s);
    if (is_root()) assert_int_equal(s.workers_seen[dgba_farm_workers() > 1], dgba_farm_workers() > 1 ? 1 : 2);
}

static void empty_messages(void **state) {
    (void)state;
    sweep s = new_sweep(20, EMPTY, 0);
    CHECK_OK(run(&s));
    check_all_done(&s);
}

static void stopping(void **state) {
    (void)state;
    sweep s = new_sweep(100, NAP, 0.005);
    s.stop_after = 3;
    CHECK_FAILS(DGBA_E_STOPPED, run(&s));
    CHECK_MESSAGE("of 100 units left");
    assert_int_equal(s.wrong, 0);
    if (!is_root()) return;
    assert_in_range(s.finished, 3, 3 + dgba_farm_workers());
    assert_int_equal(s.counts.done, s.finished); // what ran was waited for
    assert_int_equal(s.counts.running, 0);
}

/** Long units hear of the stop on every rank, and wait again as if nothing had happened; the next run is not stopped. */
static void units_are_given_back(void **state) {
    (void)state;
    const int64_t units = dgba_farm_workers() + 3;
    sweep s = new_sweep(units, ENDLESS, 0);
    s.stop_at = dgba_clock_seconds() + 0.1;
    CHECK_FAILS(DGBA_E_STOPPED, run(&s));
    assert_int_equal(s.worked, 1);
    assert_int_equal(s.finished, 0);
    if (is_root()) assert_int_equal(s.counts.waiting, units);
    sweep next = new_sweep(units, SQUARE, 0);
    CHECK_OK(run(&next));
    check_all_done(&next);
    if (is_root()) assert_false(dgba_farm_is_stopping()); // elsewhere only work may ask: the next run may have begun
}

/** When the time is up, what runs is finished, and nobody is told to give his unit back. */
static void time_is_up(void **state) {
    (void)state;
    sweep s = new_sweep(20, NAP, 0.01);
    s.time_for = 7;
    CHECK_FAILS(DGBA_E_STOPPED, run(&s));
    CHECK_MESSAGE("stopped with 13 of 20 units left");
    if (!is_root()) return;
    assert_false(dgba_farm_is_stopping());
    assert_int_equal(s.finished, 7);
    assert_int_equal(s.counts.done, 7);
    assert_int_equal(dgba_farm_hanging(), 0);
}

static void stopping_when_all_is_done(void **state) {
    (void)state;
    sweep s = new_sweep(4, SQUARE, 0);
    s.stop_after = 4;
    CHECK_OK(run(&s));
    check_all_done(&s);
}

static void an_error_outside_ends_the_run(void **state) {
    (void)state;
    sweep s = new_sweep(100, NAP, 0.002);
    s.fail_after = 5;
    CHECK_FAILS(DGBA_E_IO, run(&s));
    assert_string_equal(dgba_error(), "the disk is full");
    if (!is_root()) return;
    assert_int_equal(s.finished, 5);
    assert_int_equal(s.counts.running, 0);
    assert_int_equal(s.counts.done, 4);
    assert_int_equal(s.counts.waiting, 96); // also those whose results came after the error
}

static void bad_units(void **state) {
    (void)state;
    static const int64_t itself = 0;
    sweep s = new_sweep(1, SQUARE, 0);
    add_need(&s, 0, &itself);
    CHECK_FAILS(DGBA_E_USAGE, run(&s));
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
    sweep s = new_sweep(UNITS_MOST, SQUARE, 0);
    const double start = dgba_clock_seconds();
    CHECK_OK(run(&s));
    const double seconds = dgba_clock_seconds() - start;
    check_all_done(&s);
    if (is_root()) printf("overhead of a unit: %.0f us\n", 1e6 * seconds / UNITS_MOST);
}

static void waiting_costs_little(void **state) {
    (void)state;
    sweep s = new_sweep(1, NAP, 2);
    const double start = dgba_clock_seconds(), used = dgba_clock_thread_seconds();
    CHECK_OK(run(&s));
    const double share = (dgba_clock_thread_seconds() - used) / (dgba_clock_seconds() - start);
    check_all_done(&s);
    printf("rank %d: %.2f %% of a core while waiting\n", dgba_farm_rank(), 100 * share);
    assert_true(share < 0.1);
    if (is_root()) assert_in_range(s.ticks, 4, 10);
}

static int test_all(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rank_works),
        cmocka_unit_test(runs_follow_each_other),
        cmocka_unit_test(needs_come_first),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(failed_units_are_tried_again),
        cmocka_unit_test(a_unit_without_input_fails),
        cmocka_unit_test(units_are_shared),
        cmocka_unit_test(a_shared_unit_fails_once),
        cmocka_unit_test(shared_units_are_given_back),
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
static int run_panic(void) {
    sweep s = new_sweep(dgba_farm_workers(), PANIC, 60);
    return run(&s) == DGBA_OK ? 0 : 1;
}

/** Each worker begins with the unit of its number, and that of worker `slow` takes longer than a unit may. */
static sweep new_slow_sweep(int slow, double seconds, int64_t count) {
    sweep s = new_sweep(count, NAP, 0.02);
    for (int w = 0; w < dgba_farm_workers(); ++w) s.units[w].cost = 1000 - w;
    s.kinds[slow] = SLOW;
    s.slow_seconds = seconds;
    s.unit_seconds = 1;
    s.retries = 3; // not for these
    return s;
}

/** On two ranks or more: the other workers have enough to do for the slow one to come back. */
static void a_slow_worker_comes_back(void **state) {
    (void)state;
    sweep s = new_slow_sweep(1, 2, 150 * dgba_farm_workers());
    CHECK_FAILS(DGBA_E_UNITS_FAILED, run(&s));
    CHECK_MESSAGE("1 of ");
    assert_int_equal(dgba_farm_hanging(), 0);
    if (!is_root()) return;
    assert_int_equal(s.finished, s.count);
    assert_int_equal(s.times[1], 1);
    assert_int_equal(s.wrong, 0);
    assert_int_equal(s.failure, DGBA_E_TIME_OUT);
    assert_string_equal(s.message, "time-out: no answer for 1 s");
    assert_int_equal(s.counts.done, s.count - 1);
    assert_true(s.workers_seen[1] > 1);
}

static int test_slow(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_slow_worker_comes_back)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}

/** A worker hangs for good; what else there is is done, unless there are no other workers. */
static void run_hanging(int slow) {
    static sweep s; // outlives this function, as the worker does
    s = new_slow_sweep(slow, 1000, 20);
    const dgba_status status = run(&s);
    printf("%s; %lld ended, %d hang\n", dgba_error(), (long long)s.finished, dgba_farm_hanging());
    fflush(stdout);
    if (is_root()) dgba_farm_abandon(status);
    pause(); // as a rank does that waits for rank 0
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    const dgba_status status = dgba_farm_start(strcmp(mode, "serial") == 0);
    if (status != DGBA_OK) {
        fprintf(stderr, "%s\n", dgba_error());
        return dgba_status_exit_code(status);
    }
    if (strcmp(mode, "hang") == 0) run_hanging(argc > 2 ? atoi(argv[2]) : 0);
    const bool slow = strcmp(mode, "slow") == 0;
    const int failed = strcmp(mode, "panic") == 0 ? run_panic() : slow ? test_slow() : test_all();
    dgba_farm_end();
    return failed != 0;
}
