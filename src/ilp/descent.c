/** Cutting planes in a trust region.
 *
 *  The dual function q(v) = max_d L(d, v) is convex and piecewise linear; every evaluation gives a plane below it. The
 *  next point is the least of all planes within a box round the best point so far: a linear program of a dozen columns,
 *  which Clp, CBC's own simplex, solves. The box grows where the planes predict q well and shrinks where they do not.
 *  A few dozen evaluations bring the bound to nine digits.
 */
#include "descent.h"

#include <coin/Clp_C_Interface.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_MULTIPLIERS = 3 * DGBA_ILP_MOST_TASKS, MOST_CUTS = 400 };
enum { MOST_COLUMNS = MOST_MULTIPLIERS + 1, MOST_ROWS = MOST_CUTS + 1 };

typedef enum multiplier_kind { OF_OBJECTIVE, OF_LOW, OF_HIGH } multiplier_kind;

/** At least 0. Those of the objective, for maxmin, or of the slack add up to 1. */
typedef struct multiplier {
    multiplier_kind kind;
    int64_t row;
    double scale; // of its constraint
    double limit; // what it adds to the bound beside its part in the weights
} multiplier;

/** q(v) ≥ constant + slope·v, from the relaxed point at `weights`. */
typedef struct cut {
    double constant, slope[MOST_MULTIPLIERS], weights[DGBA_ILP_MOST_TASKS];
} cut;

/** The linear program of the next step, and its solution. */
typedef struct master {
    int starts[MOST_COLUMNS + 1], row_of[MOST_COLUMNS * MOST_ROWS];
    double values[MOST_COLUMNS * MOST_ROWS];
    double low[MOST_COLUMNS], high[MOST_COLUMNS], objective[MOST_COLUMNS], row_low[MOST_ROWS], row_high[MOST_ROWS];
    double next[MOST_MULTIPLIERS]; // the point proposed
    double decrease;               // of q that the planes promise there
    bool at_edge;                  // of the box
    double shares[MOST_CUTS];      // of the cuts: its dual solution
} master;

typedef struct descent {
    ilp_relaxation *relaxation;
    const ilp_program *p;
    bool slack;               // the objective is the least slack of the ranges
    int count, simplex_count; // multipliers; the first of them add up to 1
    multiplier multipliers[MOST_MULTIPLIERS];
    int cut_count;
    cut cuts[MOST_CUTS];
    double center[MOST_MULTIPLIERS], value, radius; // the best point, q there, half the side of the box
    master master;
} descent;

/* ---- The dual function ---- */

static void add_multiplier(descent *s, multiplier_kind kind, int64_t t, double scale) {
    const ilp_row *row = &s->p->rows[t];
    double limit = 0;
    if (kind == OF_LOW) limit = -(row->low - row->tolerance) * scale;
    if (kind == OF_HIGH) limit = (row->high + row->tolerance) * scale;
    s->multipliers[s->count++] = (multiplier){kind, t, scale, limit};
}

static void begin(descent *s, bool slack) {
    const ilp_program *p = s->p;
    s->slack = slack;
    for (int64_t t = 0; t < p->row_count && p->maxmin && !slack; ++t) add_multiplier(s, OF_OBJECTIVE, t, 1);
    s->simplex_count = s->count;
    for (int64_t t = 0; t < p->row_count; ++t) {
        const double scale = slack && p->rows[t].sum > 0 ? 1 / p->rows[t].sum : 1;
        if (p->rows[t].low > -INFINITY) add_multiplier(s, OF_LOW, t, scale);
        if (p->rows[t].high < INFINITY) add_multiplier(s, OF_HIGH, t, scale);
    }
    if (slack) s->simplex_count = s->count;
    for (int i = 0; i < s->simplex_count; ++i) s->center[i] = 1.0 / s->simplex_count;
    s->radius = 0.25;
}

static bool is_mean(const descent *s) { return !s->p->maxmin && !s->slack; }

static void weights_at(double *weights, const descent *s, const double *v) {
    for (int64_t t = 0; t < s->p->row_count; ++t) weights[t] = is_mean(s) ? 1 / (double)s->p->row_count : 0;
    for (int i = 0; i < s->count; ++i) {
        const multiplier *m = &s->multipliers[i];
        weights[m->row] += (m->kind == OF_HIGH ? -v[i] : v[i]) * m->scale;
    }
}

/** q(v), rounded up, and a new cut. */
static double evaluate(descent *s, const double *v) {
    double changes[DGBA_ILP_MOST_TASKS];
    cut *c = &s->cuts[s->cut_count++];
    weights_at(c->weights, s, v);
    double value = ilp_relax(changes, s->relaxation, c->weights);
    c->constant = is_mean(s) ? ilp_objective(s->p, changes) : 0;
    for (int i = 0; i < s->count; ++i) {
        const multiplier *m = &s->multipliers[i];
        const double change = changes[m->row] * m->scale;
        c->slope[i] = (m->kind == OF_HIGH ? -change : change) + m->limit;
        value += v[i] * m->limit + 16 * DBL_EPSILON * fabs(v[i] * m->limit);
    }
    return value;
}

/* ---- The next point: steps in units of the radius, and the height above the present value in the last column ---- */

static double plane_at(const descent *s, const cut *c, const double *v) {
    double value = c->constant;
    for (int i = 0; i < s->count; ++i) value += c->slope[i] * v[i];
    return value;
}

static void build_master(descent *s) {
    master *m = &s->master;
    int element = 0;
    for (int i = 0; i <= s->count; ++i) {
        const bool is_height = i == s->count;
        m->starts[i] = element;
        for (int row = 0; row < s->cut_count; ++row, ++element) {
            m->row_of[element] = row;
            m->values[element] = is_height ? 1 : -s->cuts[row].slope[i];
        }
        if (i < s->simplex_count) {
            m->row_of[element] = s->cut_count;
            m->values[element++] = 1;
        }
        m->low[i] = is_height ? -INFINITY : fmax(-1, -s->center[i] / s->radius);
        m->high[i] = is_height ? INFINITY : 1;
        m->objective[i] = is_height;
    }
    m->starts[s->count + 1] = element;
    for (int row = 0; row < s->cut_count; ++row) {
        m->row_low[row] = (plane_at(s, &s->cuts[row], s->center) - s->value) / s->radius;
        m->row_high[row] = INFINITY;
    }
    m->row_low[s->cut_count] = m->row_high[s->cut_count] = 0; // the steps of those that add up to 1
}

static void read_master(descent *s, Clp_Simplex *model) {
    master *m = &s->master;
    const double *steps = Clp_primalColumnSolution(model);
    double total = 0;
    m->at_edge = false;
    m->decrease = -steps[s->count] * s->radius;
    for (int i = 0; i < s->count; ++i) {
        m->next[i] = fmax(0, s->center[i] + steps[i] * s->radius);
        m->at_edge = m->at_edge || fabs(steps[i]) > 1 - 1e-6;
        if (i < s->simplex_count) total += m->next[i];
    }
    for (int i = 0; i < s->simplex_count; ++i) m->next[i] /= total;
    memcpy(m->shares, Clp_dualRowSolution(model), (size_t)s->cut_count * sizeof *m->shares);
}

static bool solve_master(descent *s) {
    master *m = &s->master;
    build_master(s);
    Clp_Simplex *model = Clp_newModel();
    Clp_setLogLevel(model, 0);
    Clp_loadProblem(model, s->count + 1, s->cut_count + (s->simplex_count > 0), m->starts, m->row_of, m->values, m->low,
                    m->high, m->objective, m->row_low, m->row_high);
    Clp_setPrimalTolerance(model, 1e-9);
    Clp_setDualTolerance(model, 1e-9);
    Clp_dual(model, 0);
    const bool solved = Clp_isProvenOptimal(model);
    if (solved) read_master(s, model);
    Clp_deleteModel(model);
    return solved;
}

/* ---- The descent ---- */

/** A bound that already proves that nothing is feasible: less than any objective there is; no slack. */
static bool proves_infeasible(const descent *s) { return s->slack ? s->value < 0 : s->value < ILP_IMPOSSIBLE; }

static void step(descent *s) {
    const double value = evaluate(s, s->master.next);
    const double won = (s->value - value) / s->master.decrease;
    if (won > 0.1) {
        memcpy(s->center, s->master.next, sizeof s->center);
        s->value = value;
    }
    if (won > 0.5 && s->master.at_edge) s->radius *= 2;
    if (won < -0.5) s->radius /= 2;
}

static void run(descent *s) {
    s->value = evaluate(s, s->center);
    while (s->cut_count < MOST_CUTS && ilp_seconds_left(s->p) > 0 && !proves_infeasible(s) && solve_master(s)) {
        if (s->master.decrease > fmax(1e-9, 1e-3 * s->p->gap) * fabs(s->value))
            step(s);
        else if (s->master.at_edge && s->radius < 1e12)
            s->radius *= 4;
        else
            return;
    }
}

/** The cuts that hold the least point of the planes up, with their shares in it. */
static void read_parts(ilp_dual_bound *out, const descent *s) {
    double total = 0;
    for (int i = 0; i < s->cut_count; ++i) {
        const double share = s->master.shares[i];
        if (!(share > 1e-12) || out->part_count == ILP_MOST_PARTS) continue;
        memcpy(out->parts[out->part_count], s->cuts[i].weights, sizeof s->cuts[i].weights);
        out->shares[out->part_count++] = share;
        total += share;
    }
    for (int i = 0; i < out->part_count; ++i) out->shares[i] /= total;
}

static dgba_status descend(ilp_dual_bound *out, ilp_relaxation *r, bool slack) {
    descent *s = NULL;
    *out = (ilp_dual_bound){0};
    DGBA_TRY(DGBA_NEW(&s, 1));
    s->relaxation = r;
    s->p = r->program;
    begin(s, slack);
    run(s);
    weights_at(out->weights, s, s->center);
    out->bound = s->value;
    read_parts(out, s);
    dgba_free(s);
    return DGBA_OK;
}

dgba_status ilp_descend(ilp_dual_bound *out, ilp_relaxation *r) { return descend(out, r, false); }

dgba_status ilp_descend_to_slack(ilp_dual_bound *out, ilp_relaxation *r) { return descend(out, r, true); }
