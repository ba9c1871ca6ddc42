#include "search.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Units that are looked at alone, and moves that are looked at in pairs. */
enum { MOST_UNITS = 4096, MOST_PAIRED = 1500 };

/** Another state of a unit: all channels off, all as the prices want, or one channel changed. */
typedef struct move {
    int unit;           // in the pool
    int channel, value; // or ALL_CHANNELS with OFF or AS_PRICED
    int count;          // by how much the number of changed pixels grows
} move;
enum { ALL_CHANNELS = -1, OFF = 0, AS_PRICED = 1 };

typedef struct pooled {
    double slack;
    int64_t unit;
} pooled;

typedef struct search {
    const ilp_program *p;
    const ilp_prices *prices;
    int8_t *d;
    int64_t units, channels, stride; // channel k of unit i is variable k·stride + i
    double changes[DGBA_ILP_MOST_TASKS];
    int64_t count; // pixels changed
    pooled *pool;
    int pool_count, moves_per_unit, move_count;
    move *moves;                        // [pool][moves_per_unit]
    double *steps[DGBA_ILP_MOST_TASKS]; // [task][move]: what each adds to r_t
    double *objectives, *violations;    // [move] scratch
    double *step_memory;
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

/** Sets what the move adds to all r_t and to the number of changed pixels. */
static void measure(search *s, int index) {
    move *m = &s->moves[index];
    bool before = false, after = false;
    for (int64_t t = 0; t < s->p->row_count; ++t) s->steps[t][index] = 0;
    for (int64_t channel = 0; channel < s->channels; ++channel) {
        const int64_t j = channel * s->stride + s->pool[m->unit].unit;
        const int value = value_after(s, m, channel);
        before = before || s->d[j] != 0;
        after = after || value != 0;
        for (int64_t t = 0; t < s->p->row_count; ++t)
            s->steps[t][index] += s->p->rows[t].scale * (double)s->p->rows[t].coefficients[j] * (value - s->d[j]);
    }
    m->count = (int)after - (int)before;
}

/** All moves of a unit from its present state. */
static void list_moves(search *s, int unit) {
    int index = unit * s->moves_per_unit;
    for (int channel = 0; channel < s->channels; ++channel)
        for (int other = 1; other <= 2; ++other)
            s->moves[index++] = (move){unit, channel, (*at(s, unit, channel) + 1 + other) % 3 - 1, 0};
    if (s->channels > 1) {
        s->moves[index++] = (move){unit, ALL_CHANNELS, OFF, 0};
        s->moves[index++] = (move){unit, ALL_CHANNELS, AS_PRICED, 0};
    }
    for (int i = unit * s->moves_per_unit; i < index; ++i) measure(s, i);
}

static void apply(search *s, int index) {
    const move m = s->moves[index];
    for (int64_t channel = 0; channel < s->channels; ++channel) {
        const int value = value_after(s, &m, channel);
        *at(s, m.unit, channel) = (int8_t)value;
    }
    for (int64_t t = 0; t < s->p->row_count; ++t) s->changes[t] += s->steps[t][index];
    s->count += m.count;
    list_moves(s, m.unit);
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

/** Objective and violation after each of the moves first .. last − 1, on top of `base`. */
static void rate(search *s, const double *base, int first, int last) {
    const ilp_program *p = s->p;
    const int64_t count = last - first;
    for (int i = first; i < last; ++i) {
        s->objectives[i] = p->maxmin ? INFINITY : 0;
        s->violations[i] = 0;
    }
    for (int64_t t = 0; t < p->row_count; ++t) {
        const ilp_row *row = &p->rows[t];
        const double *step = s->steps[t] + first;
        if (p->maxmin)
            take_least(s->objectives + first, step, base[t], count);
        else
            add_share(s->objectives + first, step, base[t], 1 / (double)p->row_count, count);
        if (ilp_has_range(row))
            add_violation(s->violations + first, step, base[t], row->low - row->tolerance, row->high + row->tolerance,
                          count);
    }
}

typedef struct choice {
    int first, second; // moves, or -1
    double objective, violation;
} choice;

/** By more than rounding, so that the search ends. */
static bool is_better(double objective, double violation, const choice *than) {
    if (violation < than->violation - 1e-15) return true;
    return violation <= than->violation && objective > than->objective + 1e-15;
}

static void look_at(search *s, choice *best, int alone, int first, int last) {
    for (int i = first; i < last; ++i) {
        if (!is_better(s->objectives[i], s->violations[i], best)) continue;
        int64_t count = s->count + s->moves[i].count;
        if (alone >= 0) {
            if (s->moves[i].unit == s->moves[alone].unit) continue;
            count += s->moves[alone].count;
        }
        if (ilp_is_budgeted(s->p) && count > s->p->budget) continue;
        *best = (choice){i, alone, s->objectives[i], s->violations[i]};
    }
}

static void look_for_one(search *s, choice *best) {
    rate(s, s->changes, 0, s->move_count);
    look_at(s, best, -1, 0, s->move_count);
}

static void look_for_two(search *s, choice *best) {
    const int paired = s->move_count < MOST_PAIRED ? s->move_count : MOST_PAIRED;
    double base[DGBA_ILP_MOST_TASKS];
    for (int i = 0; i + 1 < paired; ++i) {
        for (int64_t t = 0; t < s->p->row_count; ++t) base[t] = s->changes[t] + s->steps[t][i];
        rate(s, base, i + 1, paired);
        look_at(s, best, i, i + 1, paired);
    }
}

/* ---- The search ---- */

static dgba_status create(search *s, int8_t *d, const ilp_program *p, const ilp_prices *prices) {
    const bool budgeted = ilp_is_budgeted(p);
    *s = (search){.p = p,
                  .prices = prices,
                  .d = d,
                  .units = budgeted ? p->pixels : p->n,
                  .stride = p->pixels,
                  .channels = budgeted ? p->channels : 1};
    if (!budgeted) s->stride = p->n;
    s->moves_per_unit = (int)(2 * s->channels + (s->channels > 1 ? 2 : 0));
    DGBA_TRY(DGBA_NEW(&s->pool, MOST_UNITS));
    fill_pool(s);
    s->move_count = s->pool_count * s->moves_per_unit;
    DGBA_TRY(DGBA_NEW(&s->moves, s->move_count));
    DGBA_TRY(DGBA_NEW(&s->step_memory, (p->row_count + 2) * s->move_count));
    for (int64_t t = 0; t < p->row_count; ++t) s->steps[t] = s->step_memory + t * s->move_count;
    s->objectives = s->step_memory + p->row_count * s->move_count;
    s->violations = s->objectives + s->move_count;
    return DGBA_OK;
}

static void destroy(search *s) {
    dgba_free(s->pool);
    dgba_free(s->moves);
    dgba_free(s->step_memory);
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

static void improve(search *s, double enough) {
    choice best = {-1, -1, ilp_objective(s->p, s->changes), ilp_violation(s->p, s->changes)};
    while ((best.violation > 0 || best.objective < enough) && ilp_seconds_left(s->p) > 0) {
        best.first = best.second = -1;
        look_for_one(s, &best);
        if (best.first < 0) look_for_two(s, &best);
        if (best.first < 0) return;
        apply(s, best.first);
        if (best.second >= 0) apply(s, best.second);
    }
}

dgba_status ilp_search(int8_t *d, double *changes, const ilp_program *p, const ilp_prices *prices, double enough) {
    search s;
    dgba_status status;
    DGBA_TRY_OUT(create(&s, d, p, prices));
    s.count = count_changed(&s);
    ilp_changes(s.changes, p, d);
    for (int unit = 0; unit < s.pool_count; ++unit) list_moves(&s, unit);
    improve(&s, enough);
    ilp_changes(changes, p, d);
out:
    destroy(&s);
    return status;
}
