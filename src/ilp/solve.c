/** Which solver gets a program, the closed form, and what is told of a solution. */
#include <math.h>
#include <string.h>

#include "kernel.h"
#include "program.h"

const char *const dgba_ilp_objective_words[] = {[DGBA_ILP_MEAN] = "mean", [DGBA_ILP_MAXMIN] = "maxmin", NULL};
const char *const dgba_ilp_solver_words[] = {[DGBA_ILP_AUTO] = "auto",
                                             [DGBA_ILP_CLOSED_FORM] = "closed_form",
                                             [DGBA_ILP_CBC] = "cbc",
                                             [DGBA_ILP_DUAL] = "dual",
                                             NULL};

#define WORD(code, word, sentence) [code] = (word),
static const char *const status_words[] = {DGBA_ILP_STATUS_LIST(WORD)};
#undef WORD

const char *dgba_ilp_status_word(dgba_ilp_status status) { return status_words[status]; }

dgba_ilp_options dgba_ilp_options_default(void) { return (dgba_ilp_options){DGBA_ILP_AUTO, 10, 1e-5}; }

/** A single task is its own mean and its own least. */
static const char *what_couples(const ilp_program *p) {
    if (p->row_count == 0) return NULL;
    if (p->maxmin && p->row_count > 1) return "maxmin";
    if (ilp_is_budgeted(p)) return "a pixel budget";
    for (int64_t t = 0; t < p->row_count; ++t)
        if (ilp_has_range(&p->rows[t])) return "a floor or keep";
    return NULL;
}

void ilp_closed_form(int8_t *d, ilp_found *out, const ilp_program *p) {
    double c[ILP_BLOCK], changes[DGBA_ILP_MOST_TASKS];
    for (int64_t start = 0; start < p->n && p->row_count > 0; start += ILP_BLOCK) {
        const int64_t count = p->n - start < ILP_BLOCK ? p->n - start : ILP_BLOCK;
        ilp_weigh(c, p->rows[0].coefficients + start, p->rows[0].scale, count);
        for (int64_t t = 1; t < p->row_count; ++t)
            ilp_weigh_more(c, p->rows[t].coefficients + start, p->rows[t].scale, count);
        for (int64_t i = 0; i < count; ++i) d[start + i] = (int8_t)((c[i] > 0) - (c[i] < 0));
    }
    ilp_changes(changes, p, d);
    out->feasible = true;
    out->objective = out->bound = ilp_objective(p, changes);
    out->core = 0;
}

/** What nothing couples is not given to CBC, which has crashed on models without rows.
 *  Errors    DGBA_E_CONFIG if a solver is asked for what it cannot solve */
static dgba_status choose(dgba_ilp_solver *out, dgba_ilp_solver asked, const ilp_program *p) {
    const char *coupling = what_couples(p);
    if (asked == DGBA_ILP_CLOSED_FORM && coupling != NULL)
        return dgba_fail(DGBA_E_CONFIG, "the solver closed_form cannot do %s; it needs objective mean and no constraints",
                         coupling);
    const int64_t most = ilp_is_budgeted(p) ? DGBA_ILP_MOST_CBC_PIXELS : DGBA_ILP_MOST_CBC;
    if (asked == DGBA_ILP_CBC && coupling != NULL && p->n > most)
        return dgba_fail(DGBA_E_CONFIG, "the solver cbc takes too long for %lld variables with %s; up to %lld, or use dual",
                         (long long)p->n, coupling, (long long)most);
    if (coupling == NULL)
        *out = DGBA_ILP_CLOSED_FORM;
    else if (asked != DGBA_ILP_AUTO)
        *out = asked;
    else
        *out = p->n <= DGBA_ILP_SMALL ? DGBA_ILP_CBC : DGBA_ILP_DUAL;
    return DGBA_OK;
}

/** A range that no d reaches, or that leaves nothing between its ends: known without a solver. */
static bool is_out_of_reach(const ilp_program *p) {
    for (int64_t t = 0; t < p->row_count; ++t) {
        const ilp_row *row = &p->rows[t];
        const double reach = row->sum * (1 + 1e-9) + row->tolerance;
        if (row->low > reach || row->low - row->tolerance > row->high + row->tolerance) return true;
    }
    return false;
}

/** Whether d = 0 is all there is: no pixels to change, or no task that any change matters to. */
static bool must_stay(const ilp_program *p) {
    double sum = 0;
    for (int64_t t = 0; t < p->row_count; ++t) sum += p->rows[t].sum;
    return p->budget == 0 || sum == 0;
}

static void stay(ilp_found *out, const ilp_program *p) {
    static const double changes[DGBA_ILP_MOST_TASKS];
    out->feasible = ilp_violation(p, changes) == 0;
    out->infeasible = !out->feasible;
    out->objective = out->bound = 0;
}

static dgba_status run(int8_t *d, ilp_found *out, dgba_ilp_solver solver, const ilp_program *p) {
    *out = (ilp_found){.bound = INFINITY};
    if (is_out_of_reach(p)) {
        out->infeasible = true;
        return DGBA_OK;
    }
    if (must_stay(p)) {
        stay(out, p);
        return DGBA_OK;
    }
    if (solver == DGBA_ILP_CLOSED_FORM) {
        ilp_closed_form(d, out, p);
        return DGBA_OK;
    }
    return solver == DGBA_ILP_CBC ? ilp_by_cbc(d, out, p) : ilp_by_dual(d, out, p);
}

static dgba_ilp_status status_of(const ilp_program *p, const ilp_found *found) {
    if (found->infeasible) return DGBA_ILP_INFEASIBLE;
    if (ilp_gap(p, found) <= p->gap) return DGBA_ILP_OPTIMAL;
    return found->timed_out ? DGBA_ILP_TIME_OUT : DGBA_ILP_GAP;
}

/** Where no task has a coefficient, a solver's choice would be noise in the image. */
static void clear_indifferent(int8_t *d, const ilp_program *p) {
    for (int64_t j = 0; j < p->n; ++j) {
        bool matters = false;
        for (int64_t t = 0; t < p->row_count; ++t) matters = matters || p->rows[t].coefficients[j] != 0;
        if (!matters) d[j] = 0;
    }
}

static void tell(dgba_ilp_solution *out, const int8_t *d, const ilp_program *p, const ilp_found *found) {
    double changes[DGBA_ILP_MOST_TASKS];
    out->status = status_of(p, found);
    out->feasible = found->feasible;
    out->objective = found->feasible ? found->objective * p->unit : NAN;
    out->bound = found->infeasible ? -INFINITY : found->bound * p->unit;
    out->gap = ilp_gap(p, found);
    out->n = p->n;
    out->core = found->core;
    ilp_changes(changes, p, d);
    for (int64_t t = 0; t < p->row_count; ++t) out->changes[p->rows[t].task] = changes[t] * p->unit;
}

dgba_status dgba_ilp_solve(int8_t *d, dgba_ilp_solution *out, const dgba_ilp_problem *problem,
                           const dgba_ilp_options *options) {
    const double start = dgba_clock_seconds();
    ilp_program program;
    ilp_found found;
    *out = (dgba_ilp_solution){0};
    DGBA_TRY(ilp_program_make(&program, problem, options));
    DGBA_TRY(choose(&out->solver, options->solver, &program));
    memset(d, 0, (size_t)program.n);
    DGBA_TRY(run(d, &found, out->solver, &program));
    if (found.feasible)
        clear_indifferent(d, &program);
    else
        memset(d, 0, (size_t)program.n);
    tell(out, d, &program, &found);
    out->seconds = dgba_clock_seconds() - start;
    return DGBA_OK;
}
