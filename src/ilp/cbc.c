#include "cbc.h"

#include <coin/Cbc_C_Interface.h>
#include <math.h>
#include <string.h>

#include "wall.h"

static Cbc_Model *load(const cbc_model *model) {
    Cbc_Model *cbc = Cbc_newModel();
    Cbc_setLogLevel(cbc, 0);
    Cbc_loadProblem(cbc, model->columns, model->rows, model->starts, model->row_of, model->values, model->low, model->high,
                    model->objective, model->row_low, model->row_high);
    for (int i = 0; i < model->columns; ++i)
        if (model->whole[i]) Cbc_setInteger(cbc, i);
    Cbc_setObjSense(cbc, -1);
    return cbc;
}

/** Having stopped within the gap, CBC takes what it found for the bound. */
static double bound_of(Cbc_Model *cbc, bool optimal, cbc_gap gap) {
    const double bound = Cbc_getBestPossibleObjValue(cbc), value = Cbc_getObjValue(cbc);
    if (optimal) return fmax(bound, value + fmax(gap.absolute, gap.relative * fabs(value)));
    return isfinite(bound) && fabs(bound) < 1e40 ? bound : INFINITY;
}

static void read_answer(double *x, cbc_answer *out, const cbc_model *model, cbc_gap gap, Cbc_Model *cbc) {
    const double *solution = Cbc_bestSolution(cbc);
    out->optimal = Cbc_isProvenOptimal(cbc) != 0;
    out->infeasible = Cbc_isProvenInfeasible(cbc) != 0;
    out->found = solution != NULL && !out->infeasible;
    out->bound = bound_of(cbc, out->optimal, gap);
    for (int i = 0; i < model->columns && out->found; ++i) x[i] = model->whole[i] ? round(solution[i]) : solution[i];
}

/** A call of CBC. */
typedef struct job {
    double *x;
    cbc_answer *answer;
    const cbc_model *model;
    double seconds;
    cbc_gap gap;
} job;

/** What is off made CBC call a wrong solution optimal on small programs that a search through all d settles: preprocessing
 *  merges columns that are nearly alike, cuts take the optimum away by their rounding. The heuristic rins ran into an
 *  assertion now and then. */
static void solve(void *self) {
    const job *j = self;
    Cbc_Model *cbc = load(j->model);
    Cbc_setParameter(cbc, "preprocess", "off");
    Cbc_setParameter(cbc, "cuts", "off");
    Cbc_setParameter(cbc, "rins", "off");
    Cbc_setParameter(cbc, "timeMode", "elapsed"); // not processor time
    Cbc_setMaximumSeconds(cbc, j->seconds);
    Cbc_setAllowableGap(cbc, j->gap.absolute);
    Cbc_setAllowableFractionGap(cbc, j->gap.relative);
    Cbc_solve(cbc);
    read_answer(j->x, j->answer, j->model, j->gap, cbc);
    Cbc_deleteModel(cbc);
}

dgba_status cbc_solve(double *x, cbc_answer *out, const cbc_model *model, double seconds, cbc_gap gap) {
    job j = {x, out, model, seconds, gap};
    bool survived = false;
    DGBA_ASSERT(model->rows > 0 && model->columns > 0);
    *out = (cbc_answer){.bound = INFINITY};
    DGBA_TRY(wall_run(&survived, solve, &j));
    if (!survived) *out = (cbc_answer){.bound = INFINITY};
    return DGBA_OK;
}
