// Priorities never change, so the units are put in order once, and "ready" is a set of places in that order: the best
// ready unit is the first member. A second order, by affinity first, answers the same question for the units of one
// affinity, whose places are neighbours there.

#include <stdlib.h>

#include "bitset.h"
#include "dag.h"

enum { NONE = -1 };

enum state { WAITING, RUNNING, DONE, FAILED, BLOCKED };

struct unit {
    enum state state;
    const int64_t *may_fail; // the needs that may have failed
    int64_t may_fail_count;
    double cost;
    int64_t unmet;       // needs that are not done yet; ready when 0
    int64_t shares;      // workers that can share it
    int64_t worker;      // while running, one of them
    int64_t crew;        // how many they are; 0 when they have been released
    int64_t place;       // in by_priority
    int64_t group_place; // in by_affinity
    int64_t group;       // first place in by_affinity of its affinity; NONE without affinity
};

struct worker {
    int64_t unit;  // that it runs, or NONE
    int64_t group; // of its last unit
    bool lost;
};

struct dgba_sched {
    int64_t unit_count, worker_count, workers_left, idle;
    struct unit *units;
    struct worker *workers;
    dgba_dag dag;
    int64_t *by_priority, *by_affinity; // place -> unit
    dgba_bitset ready, ready_by_affinity;
    int64_t *stack; // scratch of block_dependents
    bool stopped, shares_nothing;
    dgba_sched_counts counts;
};

/* ---- Creation ---- */

typedef struct sort_row {
    double priority;
    int64_t affinity, unit;
} sort_row;

static int compare_priority(const void *a, const void *b) {
    const sort_row *x = a, *y = b;
    if (x->priority != y->priority) return x->priority > y->priority ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

static int compare_affinity(const void *a, const void *b) {
    const sort_row *x = a, *y = b;
    if (x->affinity != y->affinity) return x->affinity < y->affinity ? -1 : 1;
    return compare_priority(a, b);
}

static void place_by_priority(dgba_sched *sched, sort_row *rows) {
    qsort(rows, (size_t)sched->unit_count, sizeof *rows, compare_priority);
    for (int64_t place = 0; place < sched->unit_count; ++place) {
        sched->by_priority[place] = rows[place].unit;
        sched->units[rows[place].unit].place = place;
    }
}

static void place_by_affinity(dgba_sched *sched, sort_row *rows) {
    qsort(rows, (size_t)sched->unit_count, sizeof *rows, compare_affinity);
    int64_t group = 0;
    for (int64_t place = 0; place < sched->unit_count; ++place) {
        struct unit *unit = &sched->units[rows[place].unit];
        if (rows[place].affinity != rows[group].affinity) group = place;
        sched->by_affinity[place] = rows[place].unit;
        unit->group_place = place;
        unit->group = rows[place].affinity < 0 ? NONE : group;
    }
}

static dgba_status place_units(dgba_sched *sched, const dgba_sched_unit *units) {
    sort_row *rows = NULL;
    DGBA_TRY(DGBA_NEW(&rows, sched->unit_count));
    for (int64_t u = 0; u < sched->unit_count; ++u)
        rows[u] = (sort_row){.priority = sched->dag.priority[u], .affinity = units[u].affinity, .unit = u};
    place_by_priority(sched, rows);
    place_by_affinity(sched, rows);
    dgba_free(rows);
    return DGBA_OK;
}

static void set_ready(dgba_sched *sched, const struct unit *unit) {
    dgba_bitset_add(&sched->ready, unit->place);
    dgba_bitset_add(&sched->ready_by_affinity, unit->group_place);
}

static void settle_unit(dgba_sched *sched, const dgba_sched_unit *units, int64_t u) {
    struct unit *unit = &sched->units[u];
    DGBA_ASSERT(units[u].may_fail >= 0 && units[u].may_fail <= units[u].need_count);
    unit->cost = units[u].cost;
    unit->shares = units[u].workers;
    unit->may_fail_count = units[u].may_fail;
    if (unit->may_fail_count > 0) unit->may_fail = units[u].needs + units[u].need_count - unit->may_fail_count;
    unit->state = units[u].done_before ? DONE : WAITING;
    if (unit->state == DONE) {
        sched->counts.cached += 1;
        return;
    }
    sched->counts.waiting += 1;
    sched->counts.cost_total += unit->cost;
    for (int64_t i = 0; i < units[u].need_count; ++i) unit->unmet += !units[units[u].needs[i]].done_before;
    if (unit->unmet == 0) set_ready(sched, unit);
}

static dgba_status fill(dgba_sched *sched, const dgba_sched_unit *units) {
    const int64_t count = sched->unit_count;
    DGBA_TRY(DGBA_NEW(&sched->units, count));
    DGBA_TRY(DGBA_NEW(&sched->workers, sched->worker_count));
    DGBA_TRY(DGBA_NEW(&sched->by_priority, count));
    DGBA_TRY(DGBA_NEW(&sched->by_affinity, count));
    DGBA_TRY(DGBA_NEW(&sched->stack, count));
    DGBA_TRY(dgba_bitset_create(&sched->ready, count));
    DGBA_TRY(dgba_bitset_create(&sched->ready_by_affinity, count));
    DGBA_TRY(dgba_dag_create(&sched->dag, units, count, sched->worker_count));
    for (int64_t u = 0; u < count; ++u)
        if (units[u].comes_last) sched->dag.priority[u] *= 1e-9; // below all others, and in their old order
    DGBA_TRY(place_units(sched, units));
    for (int64_t w = 0; w < sched->worker_count; ++w) sched->workers[w] = (struct worker){.unit = NONE, .group = NONE};
    for (int64_t u = 0; u < count; ++u) settle_unit(sched, units, u);
    return DGBA_OK;
}

dgba_status dgba_sched_create(dgba_sched **out, const dgba_sched_unit *units, int64_t count, int64_t workers) {
    DGBA_ASSERT(count >= 0 && workers > 0);
    DGBA_TRY(DGBA_NEW(out, 1));
    **out = (dgba_sched){
        .unit_count = count, .worker_count = workers, .workers_left = workers, .idle = workers, .counts = {.total = count}};
    const dgba_status status = fill(*out, units);
    if (status != DGBA_OK) dgba_sched_free(out);
    return status;
}

void dgba_sched_free(dgba_sched **sched) {
    dgba_sched *s = *sched;
    if (s == NULL) return;
    dgba_free(s->units);
    dgba_free(s->workers);
    dgba_free(s->by_priority);
    dgba_free(s->by_affinity);
    dgba_free(s->stack);
    dgba_bitset_free(&s->ready);
    dgba_bitset_free(&s->ready_by_affinity);
    dgba_dag_free(&s->dag);
    dgba_free(s);
    *sched = NULL;
}

/* ---- Events ---- */

/** The best ready unit of a group, or NONE. */
static int64_t best_of_group(const dgba_sched *sched, int64_t group) {
    if (group == NONE) return NONE;
    const int64_t place = dgba_bitset_first(&sched->ready_by_affinity, group);
    if (place == NONE) return NONE;
    const int64_t u = sched->by_affinity[place];
    return sched->units[u].group == group ? u : NONE;
}

static int64_t crew_size(const dgba_sched *sched, int64_t u) {
    return dgba_dag_crew_size(sched->units[u].shares, sched->shares_nothing ? 1 : sched->workers_left);
}

/** The affinity rule: see dgba_sched_next() in the header. */
static int64_t choose(const dgba_sched *sched, const struct worker *worker) {
    const int64_t place = dgba_bitset_first(&sched->ready, 0);
    if (place == NONE) return NONE;
    const int64_t best = sched->by_priority[place];
    const int64_t akin = best_of_group(sched, worker->group);
    if (akin == NONE || crew_size(sched, best) > 1 || crew_size(sched, akin) > 1) return best;
    return sched->dag.priority[akin] >= 0.5 * sched->dag.priority[best] ? akin : best;
}

/** Gives a unit to so many idle workers, from `first` on. */
static void occupy(dgba_sched *sched, int64_t u, int64_t first, int64_t crew) {
    struct unit *unit = &sched->units[u];
    unit->worker = first;
    unit->crew = crew;
    sched->idle -= crew;
    for (int64_t w = first; crew > 0; w = (w + 1) % sched->worker_count) {
        struct worker *worker = &sched->workers[w];
        if (worker->lost || worker->unit != NONE) continue;
        worker->unit = u;
        worker->group = unit->group;
        crew -= 1;
    }
}

dgba_sched_action dgba_sched_next(int64_t *unit_out, dgba_sched *sched, int64_t w) {
    DGBA_ASSERT(w >= 0 && w < sched->worker_count && sched->workers[w].unit == NONE);
    const struct worker *worker = &sched->workers[w];
    if (sched->stopped || worker->lost || dgba_sched_is_over(sched)) return DGBA_SCHED_EXIT;
    const int64_t u = choose(sched, worker);
    if (u == NONE || crew_size(sched, u) > sched->idle) return DGBA_SCHED_WAIT;
    struct unit *unit = &sched->units[u];
    dgba_bitset_remove(&sched->ready, unit->place);
    dgba_bitset_remove(&sched->ready_by_affinity, unit->group_place);
    unit->state = RUNNING;
    occupy(sched, u, w, crew_size(sched, u));
    sched->counts.waiting -= 1;
    sched->counts.running += 1;
    *unit_out = u;
    return DGBA_SCHED_RUN;
}

int64_t dgba_sched_crew(int64_t *workers, const dgba_sched *sched, int64_t u) {
    DGBA_ASSERT(u >= 0 && u < sched->unit_count && sched->units[u].state == RUNNING);
    const struct unit *unit = &sched->units[u];
    int64_t count = 0;
    if (unit->crew == 1) workers[count++] = unit->worker;
    for (int64_t w = 0; count < unit->crew; ++w)
        if (sched->workers[w].unit == u) workers[count++] = w;
    return count;
}

void dgba_sched_release(dgba_sched *sched, int64_t u) {
    DGBA_ASSERT(u >= 0 && u < sched->unit_count && sched->units[u].state == RUNNING);
    struct unit *unit = &sched->units[u];
    for (int64_t w = unit->worker; unit->crew > 0; w = (w + 1) % sched->worker_count) {
        struct worker *worker = &sched->workers[w];
        if (worker->unit != u) continue;
        worker->unit = NONE;
        sched->idle += !worker->lost;
        unit->crew -= 1;
    }
}

void dgba_sched_share_nothing(dgba_sched *sched) { sched->shares_nothing = true; }

static bool can_do_without(const struct unit *unit, int64_t need) {
    for (int64_t i = 0; i < unit->may_fail_count; ++i)
        if (unit->may_fail[i] == need) return true;
    return false;
}

/** One more of the needs of a unit is out of the way. */
static void need_less(dgba_sched *sched, struct unit *unit) {
    if (unit->state == WAITING && --unit->unmet == 0) set_ready(sched, unit);
}

static void block(dgba_sched *sched, struct unit *unit) {
    unit->state = BLOCKED;
    sched->counts.waiting -= 1;
    sched->counts.blocked += 1;
    sched->counts.cost_total -= unit->cost;
}

/** Blocks all that cannot do without the unit, directly or through others. A blocked unit was never ready: a need of it is
 *  not done. */
static void block_dependents(dgba_sched *sched, int64_t failed) {
    int64_t height = 0;
    sched->stack[height++] = failed;
    while (height > 0) {
        const int64_t u = sched->stack[--height];
        for (int64_t d = sched->dag.first[u]; d < sched->dag.first[u + 1]; ++d) {
            const int64_t dependent = sched->dag.dependents[d];
            if (sched->units[dependent].state != WAITING) continue;
            if (can_do_without(&sched->units[dependent], u)) {
                need_less(sched, &sched->units[dependent]);
                continue;
            }
            block(sched, &sched->units[dependent]);
            sched->stack[height++] = dependent;
        }
    }
}

static void release_dependents(dgba_sched *sched, int64_t done) {
    for (int64_t d = sched->dag.first[done]; d < sched->dag.first[done + 1]; ++d)
        need_less(sched, &sched->units[sched->dag.dependents[d]]);
}

void dgba_sched_finish(dgba_sched *sched, int64_t u, bool ok) {
    dgba_sched_release(sched, u);
    struct unit *unit = &sched->units[u];
    unit->state = ok ? DONE : FAILED;
    sched->counts.running -= 1;
    sched->counts.cost_done += unit->cost;
    if (ok) {
        sched->counts.done += 1;
        release_dependents(sched, u);
    } else {
        sched->counts.failed += 1;
        block_dependents(sched, u);
    }
}

void dgba_sched_put_back(dgba_sched *sched, int64_t u) {
    dgba_sched_release(sched, u);
    struct unit *unit = &sched->units[u];
    unit->state = WAITING;
    sched->counts.running -= 1;
    sched->counts.waiting += 1;
    set_ready(sched, unit);
}

void dgba_sched_lose(dgba_sched *sched, int64_t w) {
    DGBA_ASSERT(w >= 0 && w < sched->worker_count);
    struct worker *worker = &sched->workers[w];
    if (worker->lost) return;
    worker->lost = true;
    sched->workers_left -= 1;
    if (worker->unit != NONE)
        dgba_sched_put_back(sched, worker->unit);
    else
        sched->idle -= 1;
}

void dgba_sched_regain(dgba_sched *sched, int64_t w) {
    DGBA_ASSERT(w >= 0 && w < sched->worker_count && sched->workers[w].lost);
    sched->workers[w].lost = false;
    sched->workers_left += 1;
    sched->idle += 1;
}

void dgba_sched_stop(dgba_sched *sched) { sched->stopped = true; }

dgba_sched_counts dgba_sched_count(const dgba_sched *sched) { return sched->counts; }

bool dgba_sched_is_over(const dgba_sched *sched) {
    if (sched->counts.running > 0) return false;
    return sched->stopped || sched->counts.waiting == 0 || sched->workers_left == 0;
}

double dgba_sched_longest_chain(const dgba_sched *sched) {
    double longest = 0;
    for (int64_t u = 0; u < sched->unit_count; ++u)
        if (sched->units[u].state != DONE && sched->dag.priority[u] > longest) longest = sched->dag.priority[u];
    return longest;
}
