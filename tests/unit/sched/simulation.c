// Random farms in simulated time: whatever happens, no unit runs before its needs or twice, every farm ends, and it does
// not take longer than list scheduling may.

#include <math.h>
#include <stdio.h>

#include "dgba/sched.h"
#include "support/check.h"

typedef struct farm {
    int64_t units, workers, affinities;
    bool shared;             // whether units are shared by several workers
    double failures, losses; // probability that a unit fails, that a worker is lost with its unit
    dgba_random random;
    dgba_sched_unit *unit;
    int64_t *needs;
    int *started, *ended, *done; // how often
    int64_t running[16];         // unit of each worker, or -1
    double until[16];
    int64_t lost;
    double now;
    dgba_sched *sched;
} farm;

enum { NEEDS_MOST = 4 };

/** A unit needs only units of lower index, so there is no circle; the scheduler does not know that. */
static void make_unit(farm *f, int64_t u) {
    dgba_sched_unit *unit = &f->unit[u];
    int64_t *needs = f->needs + u * NEEDS_MOST;
    unit->cost = dgba_random_uniform(&f->random) < 0.1 ? 0 : exp(2 * dgba_random_normal(&f->random));
    unit->affinity = dgba_random_below(&f->random, f->affinities + 1) - 1;
    unit->done_before = dgba_random_uniform(&f->random) < 0.05;
    if (f->shared && dgba_random_uniform(&f->random) < 0.3) unit->workers = 1 + dgba_random_below(&f->random, 8);
    unit->needs = needs;
    if (u > 0 && dgba_random_uniform(&f->random) < 0.7) unit->need_count = 1 + dgba_random_below(&f->random, NEEDS_MOST);
    for (int64_t i = 0; i < unit->need_count; ++i) {
        const int64_t near = u < 10 ? u : 10;
        needs[i] = dgba_random_uniform(&f->random) < 0.5 ? u - 1 - dgba_random_below(&f->random, near)
                                                         : dgba_random_below(&f->random, u);
    }
}

static void make(farm *f) {
    CHECK_OK(DGBA_NEW(&f->unit, f->units));
    CHECK_OK(DGBA_NEW(&f->needs, f->units * NEEDS_MOST));
    CHECK_OK(DGBA_NEW(&f->started, f->units));
    CHECK_OK(DGBA_NEW(&f->ended, f->units));
    CHECK_OK(DGBA_NEW(&f->done, f->units));
    for (int64_t u = 0; u < f->units; ++u) make_unit(f, u);
    for (int64_t u = 0; u < f->units; ++u) f->done[u] = f->unit[u].done_before;
    for (int64_t w = 0; w < f->workers; ++w) f->running[w] = -1;
    CHECK_OK(dgba_sched_create(&f->sched, f->unit, f->units, f->workers));
}

static void destroy(farm *f) {
    dgba_free(f->unit);
    dgba_free(f->needs);
    dgba_free(f->started);
    dgba_free(f->ended);
    dgba_free(f->done);
    dgba_sched_free(&f->sched);
}

static void check_sum(const farm *f) {
    const dgba_sched_counts c = dgba_sched_count(f->sched);
    int64_t running = 0;
    for (int64_t w = 0; w < f->workers; ++w) {
        bool counted = false; // of a shared unit
        for (int64_t before = 0; before < w; ++before) counted = counted || f->running[before] == f->running[w];
        running += f->running[w] >= 0 && !counted;
    }
    assert_int_equal(c.running, running);
    assert_int_equal(c.total, c.cached + c.done + c.failed + c.blocked + c.running + c.waiting);
}

/** As many workers as divide the wish and are there; idle ones. */
static void start(farm *f, int64_t worker, int64_t u) {
    int64_t crew[16];
    const int64_t count = dgba_sched_crew(crew, f->sched, u), wanted = f->unit[u].workers > 1 ? f->unit[u].workers : 1;
    bool asked = false;
    assert_false(f->unit[u].done_before);
    for (int64_t w = 0; w < f->workers; ++w) assert_true(f->running[w] != u);
    assert_int_equal(f->ended[u], 0);
    for (int64_t i = 0; i < f->unit[u].need_count; ++i) assert_true(f->done[f->unit[u].needs[i]]);
    f->started[u] += 1;
    assert_int_equal(wanted % count, 0);
    for (int64_t more = count + 1; more <= f->workers - f->lost; ++more) assert_true(more > wanted || wanted % more != 0);
    for (int64_t i = 0; i < count; ++i) {
        asked = asked || crew[i] == worker;
        assert_true(f->running[crew[i]] == -1 && (i == 0 || crew[i] > crew[i - 1]));
        f->running[crew[i]] = u;
        f->until[crew[i]] = f->now + f->unit[u].cost / (double)count;
    }
    assert_true(asked);
}

static void hand_out(farm *f) {
    for (int64_t w = 0; w < f->workers; ++w) {
        int64_t u = -1;
        if (f->running[w] < 0 && dgba_sched_next(&u, f->sched, w) == DGBA_SCHED_RUN) start(f, w, u);
    }
}

static void end(farm *f, int64_t worker) {
    const int64_t u = f->running[worker];
    for (int64_t w = 0; w < f->workers; ++w)
        if (f->running[w] == u) f->running[w] = -1;
    if (f->lost + 1 < f->workers && dgba_random_uniform(&f->random) < f->losses) {
        dgba_sched_lose(f->sched, worker);
        f->started[u] -= 1;
        f->lost += 1;
        return;
    }
    const bool ok = dgba_random_uniform(&f->random) >= f->failures;
    dgba_sched_finish(f->sched, u, ok);
    f->ended[u] += 1;
    f->done[u] = ok;
}

static void simulate(farm *f) {
    hand_out(f);
    while (!dgba_sched_is_over(f->sched)) {
        int64_t next = -1;
        for (int64_t w = 0; w < f->workers; ++w)
            if (f->running[w] >= 0 && (next < 0 || f->until[w] < f->until[next])) next = w;
        assert_true(next >= 0); // otherwise it would wait forever
        f->now = f->until[next];
        end(f, next);
        hand_out(f);
        check_sum(f);
    }
}

/** A unit ran once, unless it was cached or one that it needs is not done. */
static void check_end(const farm *f) {
    int64_t blocked = 0;
    for (int64_t u = 0; u < f->units; ++u) {
        bool ready = true;
        for (int64_t i = 0; i < f->unit[u].need_count; ++i) ready = ready && f->done[f->unit[u].needs[i]];
        const bool runs = ready && !f->unit[u].done_before;
        assert_int_equal(f->started[u], runs);
        assert_int_equal(f->ended[u], runs);
        blocked += !ready && !f->unit[u].done_before;
    }
    assert_int_equal(dgba_sched_count(f->sched).blocked, blocked);
    assert_int_equal(dgba_sched_count(f->sched).waiting, 0);
}

/** Costliest chain of units that run; needs have lower indices. */
static double critical_path(const farm *f) {
    double *finish = NULL, longest = 0;
    CHECK_OK(DGBA_NEW(&finish, f->units));
    for (int64_t u = 0; u < f->units; ++u) {
        if (f->unit[u].done_before) continue;
        for (int64_t i = 0; i < f->unit[u].need_count; ++i) finish[u] = fmax(finish[u], finish[f->unit[u].needs[i]]);
        finish[u] += f->unit[u].cost;
        longest = fmax(longest, finish[u]);
    }
    dgba_free(finish);
    return longest;
}

static farm random_farm(uint64_t seed) {
    farm f = {.random = dgba_random_stream(seed, DGBA_RANDOM_TEST, 0)};
    f.units = dgba_random_below(&f.random, 200);
    f.workers = 1 + dgba_random_below(&f.random, 16);
    f.affinities = dgba_random_below(&f.random, 8);
    return f;
}

static void nothing_goes_wrong(void **state) {
    (void)state;
    double worst = 0;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        farm f = random_farm(seed);
        make(&f);
        simulate(&f);
        check_end(&f);
        const double total = dgba_sched_count(f.sched).cost_total;
        const double least = fmax(critical_path(&f), total / (double)f.workers);
        assert_true(f.now <= 2 * least * (1 + 1e-9));
        if (least > 0) worst = fmax(worst, f.now / least);
        destroy(&f);
    }
    printf("longest makespan: %.3f times the lower bound\n", worst);
}

static void units_fail_and_workers_are_lost(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        farm f = random_farm(seed);
        f.failures = 0.05;
        f.losses = 0.02;
        make(&f);
        simulate(&f);
        check_end(&f);
        destroy(&f);
    }
}

static void units_are_shared(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        farm f = random_farm(seed);
        f.shared = true;
        f.failures = seed % 2 == 0 ? 0 : 0.05;
        f.losses = seed % 3 == 0 ? 0 : 0.02;
        make(&f);
        simulate(&f);
        check_end(&f);
        destroy(&f);
    }
}

static void many_units(void **state) {
    (void)state;
    farm f = {.units = 300000, .workers = 16, .affinities = 50, .random = dgba_random_stream(1, DGBA_RANDOM_TEST, 1)};
    const double begin = dgba_clock_seconds();
    make(&f);
    simulate(&f);
    printf("%lld units: %.2f s\n", (long long)f.units, dgba_clock_seconds() - begin);
    check_end(&f);
    destroy(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_wrong),
        cmocka_unit_test(units_fail_and_workers_are_lost),
        cmocka_unit_test(units_are_shared),
        cmocka_unit_test(many_units),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
