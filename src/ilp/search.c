#include "search.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/** Units that are looked at alone, and moves that are looked at in pairs. */
enum { MOST_UNITS = 4096, MOST_PAIRED = 1500 };

/** Another state of a unit: all channels off, all as the prices want, or one channel changed. */
typedef struct move {
    int unit;           // in the pool
    int channel, value; // or ALL_CHANNELS with OFF or AS_PRICED
    int count;          // by how much the number of changed pixels grows
    double loss;        // what the bound loses if the unit is in that state
} move;
enum { ALL_CHANNELS = -1, OFF = 0, AS_PRICED = 1 };

typedef struct pooled {
    double slack;
    int64_t unit;
} pooled;

/** Moves to choose from. */
typedef struct options {
    int count;
    double *steps[DGBA_ILP_MOST_TASKS]; // [task][option]: what each adds to r_t
} options;

typedef struct search {
    const ilp_program *p;
    const ilp_prices *prices;
    int8_t *d;
    int64_t units, channels, stride; // channel k of unit i is variable k·stride + i
    double changes[DGBA_ILP_MOST_TASKS];
    int64_t count, most; // pixels changed, and how many may be
    pooled *pool;
    int pool_count, moves_per_unit;
    double bound, enough; // of the objective: what shortfalls are counted from, and where the search may end
    double dearest;       // loss of a move that may be made
    bool balance;         // look for less Σ shortfall² instead of more objective
    move *moves;          // [pool][moves_per_unit]
    options all, paired;  // every move; those with the least loss
    int *paired_moves;    // [paired] which those are
    double *objectives, *violations, *losses; // [move] scratch
} search;

/* ---- The pool ---- */

double ilp_slack(const ilp_program *p, const ilp_prices *prices, int64_t unit) {
    if (!ilp_is_budgeted(p)) return fabs(prices->c[unit]);
    double total = 0, least = INFINITY;
    for (int64_t j = unit; j < p->n; j += p->pixels) {
        total += fabs(prices->c[j]);
        least = fmin(least, fabs(prices->c[j]));
    }
    return total < prices->threshold ? prices->threshold - total : fmin(least, total - prices->threshold);
}

static bool matters(const search *s, int64_t unit) {
    for (int64_t j = unit; j < s->units * s->channels; j += s->stride)
        for (int64_t t = 0; t < s->p->row_count; ++t)
            if (s->p->rows[t].coefficients[j] != 0) return true;
    return false;
}

static int by_slack(const void *a, const void *b) {
    const pooled *x = a, *y = b;
    if (x->slack != y->slack) return x->slack < y->slack ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/** Puts the top of a heap, largest slack first, where it belongs. */
static void sift_down(pooled *heap, int count) {
    for (int i = 0, child = 1; child < count; i = child, child = 2 * i + 1) {
        if (child + 1 < count && by_slack(&heap[child], &heap[child + 1]) < 0) ++child;
        if (by_slack(&heap[i], &heap[child]) >= 0) return;
        const pooled greater = heap[child];
        heap[child] = heap[i];
        heap[i] = greater;
    }
}

/** The units of the least slack, sorted. The pool is a heap while it fills: its worst gives way. */
static void fill_pool(search *s) {
    for (int i = 0; i < MOST_UNITS; ++i) s->pool[i] = (pooled){INFINITY, INT64_MAX};
    for (int64_t unit = 0; unit < s->units; ++unit) {
        const pooled candidate = {ilp_slack(s->p, s->prices, unit), unit};
        if (candidate.slack >= s->pool[0].slack || !matters(s, unit)) continue;
        s->pool[0] = candidate;
        sift_down(s->pool, MOST_UNITS);
        ++s->pool_count;
    }
    qsort(s->pool, MOST_UNITS, sizeof *s->pool, by_slack);
    if (s->pool_count > MOST_UNITS) s->pool_count = MOST_UNITS;
}

/* ---- Moves ---- */

static int8_t *at(const search *s, int unit, int64_t channel) { return &s->d[channel * s->stride + s->pool[unit].unit]; }

static int sign_of(double c) { return (c > 0) - (c < 0); }

/** What a move makes of a channel. */
static int value_after(const search *s, const move *m, int64_t channel) {
    if (m->channel == ALL_CHANNELS)
        return m->value == OFF ? 0 : sign_of(s->prices->c[channel * s->stride + s->pool[m->unit].unit]);
    return channel == m->channel ? m->value : *at(s, m->unit, channel);
}

/** Sets what the move adds to all r_t and to the number of changed pixels, and its loss. */
static void measure(search *s, int index) {
    move *m = &s->moves[index];
    bool before = false, after = false;
    double best = -s->prices->threshold, worth = 0;
    for (int64_t t = 0; t < s->p->row_count; ++t) s->all.steps[t][index] = 0;
    for (int64_t channel = 0; channel < s->channels; ++channel) {
        const int64_t j = channel * s->stride + s->pool[m->unit].unit;
        const int value = value_after(s, m, channel);
        before = before || s->d[j] != 0;
        after = after || value != 0;
        best += fabs(s->prices->c[j]);
        worth += s->prices->c[j] * value;
        for (int64_t t = 0; t < s->p->row_count; ++t)
            s->all.steps[t][index] += s->p->rows[t].scale * (double)s->p->rows[t].coefficients[j] * (value - s->d[j]);
    }
    m->count = (int)after - (int)before;
    m->loss = fmax(0, best) - (after ? worth - s->prices->threshold : 0);
}

/** All moves of a unit from its present state. */
static void list_moves(search *s, int unit) {
    int index = unit * s->moves_per_unit;
    for (int channel = 0; channel < s->channels; ++channel)
        for (int other = 1; other <= 2; ++other)
            s->moves[index++] =
                (move){.unit = unit, .channel = channel, .value = (*at(s, unit, channel) + 1 + other) % 3 - 1};
    if (s->channels > 1) {
        s->moves[index++] = (move){.unit = unit, .channel = ALL_CHANNELS, .value = OFF};
        s->moves[index++] = (move){.unit = unit, .channel = ALL_CHANNELS, .value = AS_PRICED};
    }
    for (int i = unit * s->moves_per_unit; i < index; ++i) measure(s, i);
}

static void apply(search *s, int index) {
    const move m = s->moves[index];
    for (int64_t channel = 0; channel < s->channels; ++channel) {
        const int value = value_after(s, &m, channel);
        *at(s, m.unit, channel) = (int8_t)value;
    }
    for (int64_t t = 0; t < s->p->row_count; ++t) s->changes[t] += s->all.steps[t][index];
    s->count += m.count;
    list_moves(s, m.unit);
}

/** Gathers the moves of the least loss. */
static void choose_paired(search *s) {
    const int most = s->paired.count;
    for (int i = 0; i < s->all.count; ++i) s->losses[i] = -s->moves[i].loss;
    const double least = -ilp_select_largest(s->losses, s->all.count, most);
    int count = 0;
    for (int i = 0; i < s->all.count && count < most; ++i) {
        if (s->moves[i].loss > least) continue;
        s->paired_moves[count] = i;
        for (int64_t t = 0; t < s->p->row_count; ++t) s->paired.steps[t][count] = s->all.steps[t][i];
        ++count;
    }
}

/* ---- Looking for the best ---- */

DGBA_VECTORIZE
static void take_least(double *restrict least, const double *restrict step, double base, int64_t count) {
    for (int64_t i = 0; i < count; ++i) least[i] = base + step[i] < least[i] ? base + step[i] : least[i];
}

DGBA_VECTORIZE
static void add_share(double *restrict mean, const double *restrict step, double base, double share, int64_t count) {
    for (int64_t i = 0; i < count; ++i) mean[i] += share * (base + step[i]);
}

DGBA_VECTORIZE
static void add_violation(double *restrict violation, const double *restrict step, double base, double low, double high,
                          int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const double value = base + step[i], under = low - value, over = value - high;
        violation[i] += (under > 0 ? under : 0) + (over > 0 ? over : 0);
    }
}

/** Adds the square of what is missed of low ≤ base + step ≤ high. */
DGBA_VECTORIZE
static void add_square(double *restrict squares, const double *restrict step, double base, double low, double high,
                       int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const double value = base + step[i], under = low - value, over = value - high;
        const double missed = (under > 0 ? under : 0) + (over > 0 ? over : 0);
        squares[i] += missed * missed;
    }
}

/** Objective and violation after each of the options first .. , on top of `base`. In balance the violation is the sum of
 *  all squared shortfalls, and the objective does not count. */
static void rate(search *s, const options *from, const double *base, int first) {
    const ilp_program *p = s->p;
    const int64_t count = from->count - first;
    double *objectives = s->objectives + first, *violations = s->violations + first;
    for (int64_t i = 0; i < count; ++i) {
        objectives[i] = p->maxmin && !s->balance ? INFINITY : 0;
        violations[i] = 0;
    }
    for (int64_t t = 0; t < p->row_count; ++t) {
        const ilp_row *row = &p->rows[t];
        const double *step = from->steps[t] + first, low = row->low - row->tolerance, high = row->high + row->tolerance;
        if (s->balance)
            add_square(violations, step, base[t], p->maxmin ? fmax(low, s->bound) : low, high, count);
        else if (ilp_has_range(row))
            add_violation(violations, step, base[t], low, high, count);
        if (!p->maxmin)
            add_share(objectives, step, base[t], 1 / (double)p->row_count, count);
        else if (!s->balance)
            take_least(objectives, step, base[t], count);
    }
    for (int64_t i = 0; i < count && s->balance && !p->maxmin; ++i) {
        const double missed = fmax(0, s->bound - objectives[i]);
        violations[i] += missed * missed;
        objectives[i] = 0;
    }
}

/** Σ shortfall² as it is. */
static double squares_now(search *s) {
    double zeros[1] = {0};
    options none = {.count = 1};
    for (int64_t t = 0; t < s->p->row_count; ++t) none.steps[t] = zeros;
    rate(s, &none, s->changes, 0);
    return s->violations[0];
}

typedef struct choice {
    int first, second; // moves, or -1
    double objective, violation;
} choice;

/** By more than rounding, so that the search ends. */
static bool is_better(const search *s, int64_t i, const choice *than) {
    if (s->balance) return s->violations[i] < 0.999 * than->violation;
    if (s->violations[i] < than->violation - 1e-15) return true;
    return s->violations[i] <= than->violation && s->objectives[i] > than->objective + 1e-15;
}

static void look_for_one(search *s, choice *best) {
    rate(s, &s->all, s->changes, 0);
    for (int i = 0; i < s->all.count; ++i)
        if (s->moves[i].loss <= s->dearest && is_better(s, i, best) && s->count + s->moves[i].count <= s->most)
            *best = (choice){i, -1, s->objectives[i], s->violations[i]};
}

static void look_for_second(search *s, choice *best, int first) {
    const move *one = &s->moves[s->paired_moves[first]];
    for (int i = first + 1; i < s->paired.count; ++i) {
        if (!is_better(s, i, best)) continue;
        const move *other = &s->moves[s->paired_moves[i]];
        if (other->unit == one->unit || fmax(one->loss, other->loss) > s->dearest ||
            s->count + one->count + other->count > s->most)
            continue;
        *best = (choice){s->paired_moves[first], s->paired_moves[i], s->objectives[i], s->violations[i]};
    }
}

static void look_for_two(search *s, choice *best) {
    double base[DGBA_ILP_MOST_TASKS];
    choose_paired(s);
    for (int i = 0; i + 1 < s->paired.count && ilp_seconds_left(s->p) > 0; ++i) {
        for (int64_t t = 0; t < s->p->row_count; ++t) base[t] = s->changes[t] + s->paired.steps[t][i];
        rate(s, &s->paired, base, i + 1);
        look_for_second(s, best, i);
    }
}

/* ---- The search ---- */

static dgba_status create_options(options *out, int count, int64_t tasks) {
    out->count = count;
    for (int64_t t = 0; t < tasks; ++t) DGBA_TRY(DGBA_NEW(&out->steps[t], count));
    return DGBA_OK;
}

static void free_options(options *all) {
    for (int64_t t = 0; t < DGBA_ILP_MOST_TASKS; ++t) dgba_free(all->steps[t]);
}

static dgba_status create(search *s, int8_t *d, const ilp_program *p, const ilp_prices *prices) {
    const bool budgeted = ilp_is_budgeted(p);
    *s = (search){.p = p,
                  .prices = prices,
                  .d = d,
                  .units = budgeted ? p->pixels : p->n,
                  .stride = budgeted ? p->pixels : p->n,
                  .channels = budgeted ? p->channels : 1,
                  .most = budgeted ? p->budget : p->n};
    s->moves_per_unit = (int)(2 * s->channels + (s->channels > 1 ? 2 : 0));
    DGBA_TRY(DGBA_NEW(&s->pool, MOST_UNITS));
    fill_pool(s);
    const int count = s->pool_count * s->moves_per_unit;
    DGBA_TRY(create_options(&s->all, count, p->row_count));
    DGBA_TRY(create_options(&s->paired, count < MOST_PAIRED ? count : MOST_PAIRED, p->row_count));
    DGBA_TRY(DGBA_NEW(&s->paired_moves, s->paired.count));
    DGBA_TRY(DGBA_NEW(&s->losses, count));
    DGBA_TRY(DGBA_NEW(&s->moves, count));
    DGBA_TRY(DGBA_NEW(&s->objectives, count));
    return DGBA_NEW(&s->violations, count);
}

static void destroy(search *s) {
    dgba_free(s->pool);
    dgba_free(s->moves);
    dgba_free(s->losses);
    dgba_free(s->paired_moves);
    dgba_free(s->objectives);
    dgba_free(s->violations);
    free_options(&s->all);
    free_options(&s->paired);
}

static int64_t count_changed(const search *s) {
    int64_t count = 0;
    for (int64_t i = 0; i < s->units; ++i) {
        bool changed = false;
        for (int64_t j = i; j < s->units * s->channels; j += s->stride) changed = changed || s->d[j] != 0;
        count += changed;
    }
    return count;
}

static bool is_enough(const search *s) {
    return ilp_violation(s->p, s->changes) == 0 && ilp_objective(s->p, s->changes) >= s->enough;
}

/** Until nothing is better. Pairs take long and are left alone if it is good enough. */
static void improve(search *s, bool balance) {
    const ilp_program *p = s->p;
    s->balance = balance;
    while (ilp_seconds_left(p) > 0) {
        choice best = {.first = -1,
                       .second = -1,
                       .objective = ilp_objective(p, s->changes),
                       .violation = balance ? squares_now(s) : ilp_violation(p, s->changes)};
        look_for_one(s, &best);
        if (best.first < 0 && !is_enough(s)) look_for_two(s, &best);
        if (best.first < 0) return;
        apply(s, best.first);
        if (best.second >= 0) apply(s, best.second);
    }
}

/** First the balance of all shortfalls, in which many moves help that leave the least task as it is; then the objective. */
static void settle(search *s, double dearest) {
    s->dearest = dearest;
    improve(s, true);
    improve(s, false);
}

/** The state of the pool, all that the search can change. */
typedef struct snapshot {
    int8_t *d; // [channel][unit]
    double changes[DGBA_ILP_MOST_TASKS];
    int64_t count;
} snapshot;

static void save(snapshot *to, const search *s) {
    int8_t *d = to->d;
    for (int64_t channel = 0; channel < s->channels; ++channel)
        for (int unit = 0; unit < s->pool_count; ++unit) *d++ = *at(s, unit, channel);
    memcpy(to->changes, s->changes, sizeof to->changes);
    to->count = s->count;
}

static void restore(search *s, const snapshot *from) {
    const int8_t *d = from->d;
    for (int64_t channel = 0; channel < s->channels; ++channel)
        for (int unit = 0; unit < s->pool_count; ++unit) *at(s, unit, channel) = *d++;
    memcpy(s->changes, from->changes, sizeof s->changes);
    s->count = from->count;
    for (int unit = 0; unit < s->pool_count; ++unit) list_moves(s, unit);
}

static bool is_better_than(const search *s, const snapshot *other) {
    const double violation = ilp_violation(s->p, s->changes), its = ilp_violation(s->p, other->changes);
    return violation < its || (violation == its && ilp_objective(s->p, s->changes) > ilp_objective(s->p, other->changes));
}

/** From the start with moves that may cost more each time, which leads elsewhere; then on from the best with all moves.
 *  What costs the bound more than may be missed cannot be part of an answer that is good enough, and costs add up. */
static void try_all(search *s, snapshot *start, snapshot *best) {
    save(start, s);
    save(best, s);
    for (double part = 0.03; part <= 1 && !is_enough(s) && ilp_seconds_left(s->p) > 0; part *= 1.5) {
        restore(s, start);
        settle(s, part * (s->bound - s->enough));
        if (is_better_than(s, best)) save(best, s);
    }
    if (is_enough(s)) return;
    restore(s, best);
    settle(s, INFINITY);
}

dgba_status ilp_search(int8_t *d, double *changes, const ilp_program *p, const ilp_prices *prices, double bound) {
    search s;
    snapshot start = {0}, best = {0};
    dgba_status status;
    DGBA_TRY_OUT(create(&s, d, p, prices));
    DGBA_TRY_OUT(DGBA_NEW(&start.d, s.channels * s.pool_count));
    DGBA_TRY_OUT(DGBA_NEW(&best.d, s.channels * s.pool_count));
    s.bound = bound;
    s.enough = ilp_enough(p, bound);
    s.count = count_changed(&s);
    ilp_changes(s.changes, p, d);
    for (int unit = 0; unit < s.pool_count; ++unit) list_moves(&s, unit);
    try_all(&s, &start, &best);
    ilp_changes(changes, p, d);
out:
    dgba_free(start.d);
    dgba_free(best.d);
    destroy(&s);
    return status;
}
