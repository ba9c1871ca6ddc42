#include "support/farm.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

static const size_t LARGE_INPUT = (size_t)70 << 20, LARGE_RESULT = (size_t)150 << 20;

/** The input of a unit, with padding behind it. */
struct job {
    int64_t unit;
    farm_kind kind;
    double seconds;
};

static char pattern(size_t i) { return (char)(i * 7 + (i >> 20)); }

static dgba_status prepare(char **bytes, size_t *count, void *context, int64_t unit) {
    farm_sweep *s = context;
    if (unit == s->unprepared) return dgba_fail(DGBA_E_IO, "no model for unit %lld", (long long)unit);
    if (s->kinds[unit] == FARM_EMPTY) return DGBA_OK;
    const bool fails = unit == s->flaky && s->flaky_times-- > 0;
    const struct job job = {.unit = unit,
                            .kind = fails ? FARM_FAIL : s->kinds[unit],
                            .seconds = s->kinds[unit] == FARM_SLOW ? s->slow_seconds : s->seconds};
    *count = job.kind == FARM_LARGE ? LARGE_INPUT : sizeof job + (size_t)s->padding;
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

static dgba_status work(char **result, size_t *result_count, void *context, const char *bytes, size_t count,
                        const dgba_crew *crew) {
    farm_sweep *s = context;
    s->worked += 1;
    if (count == 0) return DGBA_OK;
    struct job job;
    memcpy(&job, bytes, sizeof job);
    if (job.kind == FARM_LARGE) return make_large(result, result_count, bytes, count);
    if (job.kind == FARM_FAIL) return dgba_fail(DGBA_E_NUMERIC, "image %lld has no pixels", (long long)job.unit);
    if (job.kind == FARM_PANIC && dgba_farm_rank() == dgba_farm_ranks() - 1) DGBA_ASSERT(job.kind != FARM_PANIC);
    if (job.kind == FARM_ENDLESS) return run_endless();
    if (job.kind == FARM_TOGETHER) DGBA_TRY(s->together(crew, job.unit));
    if (job.kind == FARM_NAP || job.kind == FARM_SLOW || job.kind == FARM_PANIC) dgba_clock_sleep(job.seconds);
    return square(result, result_count, job.unit);
}

static bool is_right(const farm_sweep *s, const dgba_farm_result *result) {
    const farm_kind kind = s->kinds[result->unit];
    if (kind == FARM_EMPTY) return result->count == 0;
    if (kind == FARM_SQUARE || kind == FARM_NAP || kind == FARM_SLOW || kind == FARM_TOGETHER) {
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
    farm_sweep *s = context;
    s->gone_on += s->started - s->finished > dgba_farm_workers();
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
    const farm_sweep *s = context;
    (void)unit;
    return s->time_for == 0 || s->started < s->time_for;
}

static void started(void *context, int64_t unit, int worker) {
    (void)unit;
    (void)worker;
    ((farm_sweep *)context)->started += 1;
}

static void tick(void *context, const dgba_sched_counts *counts) {
    farm_sweep *s = context;
    s->ticks += 1;
    s->counts = *counts;
}

static bool should_stop(void *context) {
    const farm_sweep *s = context;
    if (s->stop_at > 0) return dgba_clock_seconds() >= s->stop_at;
    return s->stop_after >= 0 && s->finished >= s->stop_after;
}

farm_sweep farm_new(int64_t count, farm_kind kind, double seconds) {
    farm_sweep s = {.seconds = seconds, .unprepared = -1, .stop_after = -1, .fail_after = -1, .count = count, .flaky = -1};
    for (int64_t u = 0; u < count; ++u) {
        s.kinds[u] = kind;
        s.units[u] = (dgba_sched_unit){.cost = 1, .affinity = -1};
    }
    return s;
}

void farm_need(farm_sweep *s, int64_t after, const int64_t *need) {
    s->units[after].needs = need;
    s->units[after].need_count = 1;
}

dgba_status farm_run(farm_sweep *s) {
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

bool farm_is_root(void) { return dgba_farm_rank() == 0; }

void farm_check_all_done(const farm_sweep *s) {
    assert_int_equal(s->wrong, 0);
    assert_int_equal(s->finished, farm_is_root() ? s->count : 0);
    for (int64_t u = 0; u < s->count; ++u) assert_int_equal(s->times[u], farm_is_root());
    if (!farm_is_root()) return;
    assert_int_equal(s->counts.done, s->count);
    assert_int_equal(s->counts.waiting + s->counts.running + s->counts.failed, 0);
}

int farm_main(int (*tests)(void), bool serial) {
    const dgba_status status = dgba_farm_start(serial);
    if (status != DGBA_OK) {
        fprintf(stderr, "%s\n", dgba_error());
        return dgba_status_exit_code(status);
    }
    const int failed = tests();
    dgba_farm_end();
    return failed != 0;
}
