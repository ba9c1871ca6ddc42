/** Image-sized programs: the bound of the Lagrangian dual, a d rounded from its solution and improved, what reduced costs
 *  decide, and CBC for the rest where it is worth it. */
#include <math.h>
#include <string.h>

#include "core.h"
#include "descent.h"
#include "search.h"

/** Open variables of a core for CBC, with a pixel budget and without. */
enum { MOST_TIED = 1000, MOST_FREE = 4000 };

typedef struct solver {
    const ilp_program *p;
    ilp_relaxation relaxation;
    ilp_dual_bound dual;
    double *c;     // [n] at the dual's weights
    int8_t *point; // [n] the relaxed point
    ilp_prices prices;
} solver;

static dgba_status create(solver *s, const ilp_program *p) {
    s->p = p;
    DGBA_TRY(ilp_relaxation_create(&s->relaxation, p));
    DGBA_TRY(DGBA_NEW(&s->c, p->n));
    return DGBA_NEW(&s->point, p->n);
}

static void destroy(solver *s) {
    ilp_relaxation_free(&s->relaxation);
    dgba_free(s->c);
    dgba_free(s->point);
}

/* ---- Rounding ---- */

/** A number in [0, 1) for each pixel, evenly spread along any stretch of pixels (multiples of the golden ratio). */
static double spread(int64_t pixel) { return fmod((double)pixel * 0.6180339887498949, 1); }

/** The dual's solution is a mean of relaxed points; each pixel takes its values from one of them, as often as its share. */
static void mix(int8_t *d, solver *s) {
    const ilp_program *p = s->p;
    double below = 0;
    for (int part = 0; part < s->dual.part_count; ++part) {
        const double from = below;
        below += s->dual.shares[part];
        if (part == s->dual.part_count - 1) below = 2;
        ilp_relaxed_point(s->point, s->c, &s->relaxation, s->dual.parts[part]);
        for (int64_t j = 0; j < p->n; ++j) {
            const double place = spread(j % p->pixels);
            if (place >= from && place < below) d[j] = s->point[j];
        }
    }
}

static bool is_changed(const int8_t *d, const ilp_program *p, int64_t pixel) {
    for (int64_t j = pixel; j < p->n; j += p->pixels)
        if (d[j] != 0) return true;
    return false;
}

/** The relaxed point uses the budget up; a mean of several may not, or may use more. Where they differ, pixels become as
 *  the relaxed point has them until the budget fits. */
static void fit_budget(int8_t *d, const solver *s) {
    const ilp_program *p = s->p;
    int64_t changed = 0;
    if (!ilp_is_budgeted(p)) return;
    for (int64_t i = 0; i < p->pixels; ++i) changed += is_changed(d, p, i);
    for (int64_t i = 0; i < p->pixels && changed != p->budget; ++i) {
        const bool was = is_changed(d, p, i), wanted = is_changed(s->point, p, i);
        if (was == wanted || wanted != (changed < p->budget)) continue;
        for (int64_t j = i; j < p->n; j += p->pixels) d[j] = s->point[j];
        changed += wanted ? 1 : -1;
    }
}

/** Prices at the best multipliers. */
static void set_prices(solver *s) {
    const ilp_program *p = s->p;
    ilp_relaxed_point(s->point, s->c, &s->relaxation, s->dual.weights);
    s->prices = (ilp_prices){s->c, 0};
    if (!ilp_is_budgeted(p)) return;
    double threshold = INFINITY;
    for (int64_t i = 0; i < p->pixels; ++i)
        if (s->relaxation.kept[i]) threshold = fmin(threshold, s->relaxation.magnitudes[i]);
    s->prices.threshold = p->budget > 0 ? threshold : INFINITY;
}

static dgba_status round_and_improve(int8_t *d, ilp_found *out, solver *s) {
    double changes[DGBA_ILP_MOST_TASKS];
    if (s->dual.part_count > 0) mix(d, s);
    set_prices(s);
    fit_budget(d, s);
    DGBA_TRY(ilp_search(d, changes, s->p, &s->prices, s->dual.bound));
    if (ilp_violation(s->p, changes) > 0) return DGBA_OK;
    out->feasible = true;
    out->objective = ilp_objective(s->p, changes);
    return DGBA_OK;
}

/* ---- Reduced costs ---- */

/** Decides what cannot be otherwise in any d that is better than the found one: whose change alone would cost the bound
 *  more than the gap. */
static void decide(ilp_core *core, const solver *s, double gap) {
    const ilp_program *p = s->p;
    double outside = 0;
    for (int64_t j = 0; j < p->n; ++j)
        core->values[j] = (int8_t)(fabs(s->c[j]) > gap ? (s->c[j] > 0) - (s->c[j] < 0) : ILP_OPEN);
    if (!ilp_is_budgeted(p)) return;
    for (int64_t i = 0; i < p->pixels; ++i)
        if (!s->relaxation.kept[i]) outside = fmax(outside, s->relaxation.magnitudes[i]);
    for (int64_t i = 0; i < p->pixels; ++i) {
        const double magnitude = s->relaxation.magnitudes[i];
        core->pixels[i] = ILP_PIXEL_OPEN;
        if (s->relaxation.kept[i] && magnitude - outside > gap) core->pixels[i] = ILP_PIXEL_IN;
        if (!s->relaxation.kept[i] && s->prices.threshold - magnitude > gap) core->pixels[i] = ILP_PIXEL_OUT;
    }
}

/** CBC looks at its clock between phases that take seconds on larger cores, and finds nothing better there. */
static bool is_within_reach(int64_t core, const ilp_program *p) {
    return core > 0 && core <= (ilp_is_budgeted(p) ? MOST_TIED : MOST_FREE);
}

static dgba_status finish_core(int8_t *d, ilp_found *out, const solver *s) {
    ilp_core core = {.base = out->feasible ? out->objective : 0};
    const double gap = out->feasible ? out->bound - out->objective : INFINITY;
    dgba_status status;
    DGBA_TRY_OUT(ilp_core_create(&core, s->p));
    decide(&core, s, gap + 1e-12);
    out->core = ilp_core_size(&core, s->p);
    if (ilp_gap(s->p, out) <= s->p->gap || ilp_seconds_left(s->p) <= 0) goto out;
    if (is_within_reach(out->core, s->p)) DGBA_TRY_OUT(ilp_core_solve(d, out, &core, s->p));
out:
    ilp_core_free(&core);
    return status;
}

/** Nothing feasible was found: perhaps because there is nothing. */
static dgba_status look_for_proof(ilp_found *out, solver *s) {
    ilp_dual_bound slack;
    DGBA_TRY(ilp_descend_to_slack(&slack, &s->relaxation));
    out->infeasible = slack.bound < 0;
    return DGBA_OK;
}

static bool has_range(const ilp_program *p) {
    for (int64_t t = 0; t < p->row_count; ++t)
        if (ilp_has_range(&p->rows[t])) return true;
    return false;
}

static dgba_status solve(int8_t *d, ilp_found *out, solver *s) {
    DGBA_TRY(ilp_descend(&s->dual, &s->relaxation));
    out->bound = s->dual.bound;
    out->infeasible = out->bound < ILP_IMPOSSIBLE;
    if (out->infeasible) return DGBA_OK;
    DGBA_TRY(round_and_improve(d, out, s));
    if (!out->feasible && has_range(s->p)) DGBA_TRY(look_for_proof(out, s));
    if (out->infeasible) return DGBA_OK;
    DGBA_TRY(finish_core(d, out, s));
    out->timed_out = ilp_seconds_left(s->p) <= 0;
    return DGBA_OK;
}

dgba_status ilp_by_dual(int8_t *d, ilp_found *out, const ilp_program *p) {
    solver s = {0};
    dgba_status status;
    DGBA_TRY_OUT(create(&s, p));
    DGBA_TRY_OUT(solve(d, out, &s));
out:
    destroy(&s);
    return status;
}
