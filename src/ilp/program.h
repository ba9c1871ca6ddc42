/** A checked program in units of its own: no |r_t| exceeds 1. For all solvers. */
#ifndef DGBA_ILP_PROGRAM_H
#define DGBA_ILP_PROGRAM_H

#include <math.h>

#include "dgba/ilp.h"

/** A task that is not left out. */
typedef struct ilp_row {
    const float *coefficients;
    double scale;     // a_j = scale · coefficients[j]
    double low, high; // low ≤ r ≤ high; infinite = no limit
    double tolerance; // of both
    double sum;       // Σ_j |a_j|
    double largest;   // max_j |a_j|
    int64_t task;     // its number in the problem
} ilp_row;

typedef struct ilp_program {
    bool maxmin;
    int64_t channels, pixels, n;
    int64_t budget; // = pixels if there is no limit
    int64_t row_count;
    ilp_row rows[DGBA_ILP_MOST_TASKS];
    double unit;     // what 1 is in the problem's units
    double deadline; // of dgba_clock_seconds()
    double gap;
} ilp_program;

/** Checks and scales. The coefficients stay borrowed.
 *  Errors    as dgba_ilp_solve() */
dgba_status ilp_program_make(ilp_program *out, const dgba_ilp_problem *problem, const dgba_ilp_options *options);

static inline bool ilp_is_budgeted(const ilp_program *p) { return p->budget < p->pixels; }
static inline bool ilp_has_range(const ilp_row *row) { return row->low > -INFINITY || row->high < INFINITY; }

/** What is left until the deadline; 0 if nothing. */
double ilp_seconds_left(const ilp_program *p);

/** r_t = Σ_j a_tj d_j of each row. */
void ilp_changes(double *changes, const ilp_program *p, const int8_t *d);

double ilp_objective(const ilp_program *p, const double *changes);

/** How far the ranges are missed beyond their tolerances, summed; 0 = feasible. */
double ilp_violation(const ilp_program *p, const double *changes);

/** What a solver found, in the program's units. */
typedef struct ilp_found {
    bool feasible, infeasible, timed_out; // infeasible: proven
    double objective, bound;              // the bound is INFINITY until something is known
    int64_t core;
} ilp_found;

double ilp_gap(const ilp_program *p, const ilp_found *found);

/** An objective whose gap to the bound is safely as small as asked. */
double ilp_enough(const ilp_program *p, double bound);

/* The solvers. d is zeroed by the caller. */
void ilp_closed_form(int8_t *d, ilp_found *out, const ilp_program *p);
dgba_status ilp_by_cbc(int8_t *d, ilp_found *out, const ilp_program *p);
dgba_status ilp_by_dual(int8_t *d, ilp_found *out, const ilp_program *p);

#endif
