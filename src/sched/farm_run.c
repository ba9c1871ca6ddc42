#include <string.h>

#include "farm.h"

static const double TICK_SECONDS = 0.25;

/** What the coordinator knows of a worker. */
typedef struct worker_state {
    int64_t unit;             // that it runs; -1 = idle
    double since;             // clock seconds
    bool hangs;               // its unit took too long and has been answered in its place
    dgba_farm_message answer; // to a unit that others still work on; tag RESULT once it is there
} worker_state;

typedef struct coordinator {
    const dgba_farm *farm;
    dgba_sched *sched;
    dgba_farm_thread *thread; // worker 0
    worker_state *workers;
    int *idle; // workers without a unit, the last one asks first
    int idle_count, hanging;
    int64_t *crew;     // scratch: the workers of a unit
    int64_t *answered; // those of the unit whose result is being kept
    int64_t *tries;    // [unit] how often it has failed
    double next_tick;
    bool stopping;
    dgba_status status; // of the callback `finished`, and its message
    char *message;
} coordinator;

static void stop(coordinator *c) {
    if (c->stopping) return;
    c->stopping = true;
    dgba_sched_stop(c->sched);
    dgba_farm_set_stopping(true);
    const dgba_farm_message message = {.tag = DGBA_FARM_STOP};
    for (int rank = 1; rank < dgba_farm_ranks(); ++rank) dgba_farm_send(rank, &message);
}

/** Tells the outside, then the scheduler: units that need this one are handed out only when its result is kept. After an
 *  error of the outside it is not called again; what still runs is awaited and dropped, and waits for the next run. */
static void finish_unit(coordinator *c, const int64_t *crew, int64_t crew_count, const dgba_farm_message *answer) {
    if (answer->status == DGBA_E_STOPPED) {
        dgba_sched_put_back(c->sched, answer->unit);
        return;
    }
    const bool ok = answer->status == DGBA_OK;
    const bool may_retry = !ok && !c->stopping && answer->status != DGBA_E_TIME_OUT; // which would cost another worker
    const bool retry = may_retry && c->tries[answer->unit]++ < c->farm->retries;
    const dgba_farm_result result = {.unit = answer->unit,
                                     .workers = crew,
                                     .worker_count = crew_count,
                                     .status = answer->status,
                                     .message = ok ? "" : answer->bytes,
                                     .bytes = ok ? answer->bytes : NULL,
                                     .count = ok ? answer->count : 0,
                                     .seconds = answer->seconds,
                                     .will_retry = retry};
    if (c->status == DGBA_OK) {
        c->status = c->farm->finished(c->farm->context, &result);
        if (c->status != DGBA_OK) {
            c->message = dgba_text_copy(dgba_error());
            stop(c);
        }
    }
    if (retry || c->status != DGBA_OK)
        dgba_sched_put_back(c->sched, answer->unit);
    else
        dgba_sched_finish(c->sched, answer->unit, ok);
}

/** A copy for each of the workers. */
static void *copy(const void *bytes, size_t count) {
    void *out = NULL;
    if (dgba_allocate(&out, (int64_t)count, 1) != DGBA_OK)
        dgba_panic(__FILE__, __LINE__, "out of memory for a message of %zu bytes", count);
    memcpy(out, bytes, count);
    return out;
}

static void send_unit(coordinator *c, int worker, const dgba_farm_message *unit) {
    c->workers[worker].unit = unit->unit;
    c->workers[worker].since = dgba_clock_seconds();
    if (worker > 0) {
        dgba_farm_send(worker, unit);
        return;
    }
    dgba_farm_message own = *unit;
    if (unit->bytes != NULL) own.bytes = copy(unit->bytes, unit->count);
    if (unit->crew != NULL) own.crew = copy(unit->crew, (size_t)unit->crew_count * sizeof *unit->crew);
    dgba_farm_thread_send(c->thread, &own);
}

static void set_idle(coordinator *c, int worker) {
    dgba_farm_message_free(&c->workers[worker].answer);
    c->workers[worker] = (worker_state){.unit = -1};
    c->idle[c->idle_count++] = worker;
}

static void take_from_idle(coordinator *c, int64_t worker) {
    int at = c->idle_count - 1; // mostly the last one, who has asked
    while (c->idle[at] != worker) --at;
    for (c->idle_count -= 1; at < c->idle_count; ++at) c->idle[at] = c->idle[at + 1];
}

/** Sends a unit to all of its workers. */
static void start_unit(coordinator *c, dgba_farm_message *unit, int64_t crew_count) {
    if (crew_count > 1) {
        unit->crew = c->crew;
        unit->crew_count = crew_count;
    }
    for (int64_t i = 0; i < crew_count; ++i) {
        const int worker = (int)c->crew[i];
        take_from_idle(c, worker);
        send_unit(c, worker, unit);
        if (c->farm->started != NULL) c->farm->started(c->farm->context, unit->unit, worker);
    }
}

/** Gives units to idle workers while there are any, unless the run shall stop. A unit without input is a failed unit; its
 *  workers stay idle. */
static void hand_out(coordinator *c) {
    int64_t u = 0;
    if (c->farm->should_stop != NULL && c->farm->should_stop(c->farm->context)) stop(c);
    while (c->idle_count > 0 && dgba_sched_next(&u, c->sched, c->idle[c->idle_count - 1]) == DGBA_SCHED_RUN) {
        if (c->farm->has_time != NULL && !c->farm->has_time(c->farm->context, u)) {
            dgba_sched_put_back(c->sched, u);
            dgba_sched_stop(c->sched);
            return;
        }
        const int64_t crew_count = dgba_sched_crew(c->crew, c->sched, u);
        dgba_farm_message unit = {.tag = DGBA_FARM_UNIT, .unit = u};
        const dgba_status status = c->farm->prepare(&unit.bytes, &unit.count, c->farm->context, u);
        if (status == DGBA_OK) {
            start_unit(c, &unit, crew_count);
        } else {
            dgba_farm_message failure = dgba_farm_status_message(DGBA_FARM_RESULT, status);
            failure.unit = u;
            finish_unit(c, c->crew, crew_count, &failure);
            dgba_farm_message_free(&failure);
        }
        dgba_free(unit.bytes);
    }
}

/** The answer of a unit's workers: the first failure, or what the first of them has found; NULL until all have answered. */
static dgba_farm_message *find_answer(const coordinator *c, int64_t crew_count) {
    dgba_farm_message *first = &c->workers[c->answered[0]].answer;
    for (int64_t i = 0; i < crew_count; ++i) {
        dgba_farm_message *answer = &c->workers[c->answered[i]].answer;
        if (answer->tag != DGBA_FARM_RESULT) return NULL;
        if (first->status == DGBA_OK && answer->status != DGBA_OK) first = answer;
    }
    return first;
}

/** The workers of a unit are idle when all of them have answered. They go on with others while its result is written to
 *  disk, which takes longer than all the rest. */
static void take_answer(coordinator *c, int64_t u) {
    const int64_t crew_count = dgba_sched_crew(c->answered, c->sched, u);
    dgba_farm_message *found = find_answer(c, crew_count);
    if (found == NULL) return;
    dgba_farm_message answer = *found;
    *found = (dgba_farm_message){0};
    dgba_sched_release(c->sched, u);
    for (int64_t i = 0; i < crew_count; ++i) set_idle(c, (int)c->answered[i]);
    hand_out(c);
    finish_unit(c, c->answered, crew_count, &answer);
    dgba_farm_message_free(&answer);
}

/** Takes one result, if one has arrived. */
static bool collect(coordinator *c) {
    dgba_farm_message answer;
    int from = 0;
    if (!dgba_farm_thread_receive(&answer, c->thread) && !dgba_farm_receive(&answer, &from)) return false;
    DGBA_ASSERT(answer.tag == DGBA_FARM_RESULT);
    c->workers[from].answer = answer;
    if (c->workers[from].hangs) {
        DGBA_INFO("rank %d answers after all and works again", from);
        c->hanging -= 1;
        dgba_sched_regain(c->sched, from);
        set_idle(c, from);
    } else {
        take_answer(c, answer.unit);
    }
    return true;
}

/** Answers in the place of workers whose unit takes too long. Those that have answered already are idle. */
static void give_up_on(coordinator *c, int64_t u, double seconds) {
    const int64_t crew_count = dgba_sched_crew(c->crew, c->sched, u);
    const dgba_status status = dgba_fail(DGBA_E_TIME_OUT, "time-out: no answer for %.4g s", c->farm->unit_seconds);
    dgba_farm_message answer = dgba_farm_status_message(DGBA_FARM_RESULT, status);
    answer.unit = u;
    answer.seconds = seconds;
    finish_unit(c, c->crew, crew_count, &answer);
    dgba_farm_message_free(&answer);
    for (int64_t i = 0; i < crew_count; ++i) {
        const int worker = (int)c->crew[i];
        if (c->workers[worker].answer.tag == DGBA_FARM_RESULT) {
            set_idle(c, worker);
            continue;
        }
        c->workers[worker].hangs = true;
        c->hanging += 1;
        dgba_sched_lose(c->sched, worker);
    }
}

static void give_up_on_units(coordinator *c) {
    const double now = dgba_clock_seconds();
    for (int w = 0; w < dgba_farm_workers() && c->farm->unit_seconds > 0; ++w) {
        const worker_state *worker = &c->workers[w];
        const double seconds = now - worker->since;
        if (worker->unit >= 0 && !worker->hangs && seconds > c->farm->unit_seconds) give_up_on(c, worker->unit, seconds);
    }
}

static void tick(const coordinator *c) {
    const dgba_sched_counts counts = dgba_sched_count(c->sched);
    if (c->farm->tick != NULL) c->farm->tick(c->farm->context, &counts);
}

static void tick_now_and_then(coordinator *c) {
    const double now = dgba_clock_seconds();
    if (now < c->next_tick) return;
    c->next_tick = now + TICK_SECONDS;
    tick(c);
}

static void coordinate(coordinator *c) {
    double pause = 0;
    for (int w = dgba_farm_workers() - 1; w >= 0; --w) {
        c->workers[w].unit = -1;
        c->idle[c->idle_count++] = w;
    }
    c->next_tick = dgba_clock_seconds() + TICK_SECONDS;
    while (!dgba_sched_is_over(c->sched)) {
        if (collect(c)) {
            pause = 0;
        } else {
            give_up_on_units(c); // their answers are not there
            pause = dgba_farm_next_pause(pause);
            dgba_farm_thread_wait(c->thread, pause);
        }
        hand_out(c);
        tick_now_and_then(c);
    }
    tick(c);
}

static dgba_status conclude(const coordinator *c) {
    const dgba_sched_counts counts = dgba_sched_count(c->sched);
    if (c->status != DGBA_OK) return dgba_fail(c->status, "%s", c->message);
    if (counts.waiting > 0)
        return dgba_fail(DGBA_E_STOPPED, "stopped with %lld of %lld units left", (long long)counts.waiting,
                         (long long)counts.total);
    if (counts.failed > 0)
        return dgba_fail(DGBA_E_UNITS_FAILED, "%lld of %lld units failed, %lld more need one of them",
                         (long long)counts.failed, (long long)counts.total, (long long)counts.blocked);
    return DGBA_OK;
}

static int hanging; // of the last run

static dgba_status run_units(const dgba_farm *farm) {
    coordinator c = {.farm = farm};
    dgba_status status = DGBA_OK;
    dgba_farm_set_stopping(false);
    DGBA_TRY_OUT(DGBA_NEW(&c.idle, dgba_farm_workers()));
    DGBA_TRY_OUT(DGBA_NEW(&c.workers, dgba_farm_workers()));
    DGBA_TRY_OUT(DGBA_NEW(&c.crew, dgba_farm_workers()));
    DGBA_TRY_OUT(DGBA_NEW(&c.answered, dgba_farm_workers()));
    DGBA_TRY_OUT(DGBA_NEW(&c.tries, farm->unit_count));
    DGBA_TRY_OUT(dgba_sched_create(&c.sched, farm->units, farm->unit_count, dgba_farm_workers()));
    if (dgba_farm_crew_communicator() == MPI_COMM_NULL) dgba_sched_share_nothing(c.sched);
    DGBA_TRY_OUT(dgba_farm_thread_start(&c.thread, farm));
    coordinate(&c);
    hanging = c.hanging;
    if (!c.workers[0].hangs) dgba_farm_thread_join(&c.thread);
    status = conclude(&c);
out:
    dgba_sched_free(&c.sched);
    dgba_free(c.workers);
    dgba_free(c.idle);
    dgba_free(c.crew);
    dgba_free(c.answered);
    dgba_free(c.tries);
    dgba_free(c.message);
    return status;
}

static dgba_status lead(const dgba_farm *farm) {
    const dgba_status status = run_units(farm);
    dgba_farm_message exit = dgba_farm_status_message(DGBA_FARM_EXIT, status);
    for (int rank = 1; rank < dgba_farm_ranks(); ++rank) dgba_farm_send(rank, &exit);
    dgba_farm_message_free(&exit);
    return status;
}

int dgba_farm_hanging(void) { return hanging; }

dgba_status dgba_farm_run(const dgba_farm *farm) { return dgba_farm_rank() == 0 ? lead(farm) : dgba_farm_serve(farm); }
