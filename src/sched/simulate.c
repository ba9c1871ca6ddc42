// A heap of the units' ends, and the coordinator's own time: it deals with one end after the other.

#include "dgba/sched.h"

typedef struct ending {
    double time;
    int64_t worker, unit; // one of the unit's workers
} ending;

typedef struct simulation {
    const dgba_sched_unit *units;
    const dgba_sched_farm *farm;
    dgba_sched *sched;
    ending *endings; // a binary heap, the earliest first
    int64_t ending_count;
    int64_t *idle; // workers without a unit, the last one asks first
    int64_t idle_count;
    int64_t *crew; // scratch: workers of a unit
    double now;    // of the coordinator
} simulation;

/* ---- The heap ---- */

/** Equal times in the order of the workers, so that a simulation can be repeated. */
static bool is_before(const ending *a, const ending *b) {
    return a->time != b->time ? a->time < b->time : a->worker < b->worker;
}

static void swap(ending *a, ending *b) {
    const ending kept = *a;
    *a = *b;
    *b = kept;
}

static void push(simulation *s, ending added) {
    int64_t at = s->ending_count++;
    s->endings[at] = added;
    for (; at > 0 && is_before(&s->endings[at], &s->endings[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&s->endings[at], &s->endings[(at - 1) / 2]);
}

static ending pop(simulation *s) {
    const ending first = s->endings[0];
    s->endings[0] = s->endings[--s->ending_count];
    for (int64_t at = 0;;) {
        int64_t least = at;
        for (int64_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->ending_count; ++child)
            if (is_before(&s->endings[child], &s->endings[least])) least = child;
        if (least == at) return first;
        swap(&s->endings[at], &s->endings[least]);
        at = least;
    }
}

/* ---- The run ---- */

static double speed_of(const dgba_sched_farm *farm, int64_t worker) {
    return farm->speeds != NULL ? farm->speeds[worker] : 1;
}

static void take_from_idle(simulation *s, int64_t worker) {
    int64_t at = s->idle_count - 1; // mostly the last one, who has asked
    while (s->idle[at] != worker) --at;
    for (s->idle_count -= 1; at < s->idle_count; ++at) s->idle[at] = s->idle[at + 1];
}

/** The workers of a unit begin with it. */
static void start(simulation *s, int64_t u) {
    const int64_t count = dgba_sched_crew(s->crew, s->sched, u);
    double slowest = speed_of(s->farm, s->crew[0]);
    for (int64_t i = 0; i < count; ++i) {
        if (speed_of(s->farm, s->crew[i]) < slowest) slowest = speed_of(s->farm, s->crew[i]);
        take_from_idle(s, s->crew[i]);
    }
    push(s, (ending){s->now + s->units[u].cost / ((double)count * slowest), s->crew[0], u});
}

static void hand_out(simulation *s) {
    int64_t u = 0;
    while (s->idle_count > 0 && dgba_sched_next(&u, s->sched, s->idle[s->idle_count - 1]) == DGBA_SCHED_RUN) start(s, u);
}

static void finish(simulation *s, int64_t u) {
    const int64_t count = dgba_sched_crew(s->crew, s->sched, u);
    dgba_sched_finish(s->sched, u, true);
    for (int64_t i = count - 1; i >= 0; --i) s->idle[s->idle_count++] = s->crew[i];
}

static void play(simulation *s) {
    for (int64_t worker = s->farm->workers - 1; worker >= 0; --worker) s->idle[s->idle_count++] = worker;
    hand_out(s);
    while (s->ending_count > 0) {
        const ending next = pop(s);
        if (next.time > s->now) s->now = next.time;
        s->now += s->farm->overhead;
        finish(s, next.unit);
        hand_out(s);
    }
}

static double sum_of_speeds(const dgba_sched_farm *farm) {
    double sum = 0;
    for (int64_t w = 0; w < farm->workers; ++w) sum += speed_of(farm, w);
    return sum;
}

dgba_status dgba_sched_simulate(dgba_sched_forecast *out, const dgba_sched_unit *units, int64_t count,
                                const dgba_sched_farm *farm) {
    simulation s = {.units = units, .farm = farm};
    dgba_status status = DGBA_OK;
    *out = (dgba_sched_forecast){.efficiency = 1};
    DGBA_TRY_OUT(dgba_sched_create(&s.sched, units, count, farm->workers));
    DGBA_TRY_OUT(DGBA_NEW(&s.endings, farm->workers));
    DGBA_TRY_OUT(DGBA_NEW(&s.idle, farm->workers));
    DGBA_TRY_OUT(DGBA_NEW(&s.crew, farm->workers));
    out->work = dgba_sched_count(s.sched).cost_total;
    out->chain = dgba_sched_longest_chain(s.sched);
    play(&s);
    out->seconds = s.now;
    if (s.now > 0) out->efficiency = out->work / (s.now * sum_of_speeds(farm));
out:
    dgba_sched_free(&s.sched);
    dgba_free(s.endings);
    dgba_free(s.idle);
    dgba_free(s.crew);
    return status;
}
