/** The program without its coupling rows: what Lagrangian multipliers leave, solved exactly. */
#ifndef DGBA_ILP_RELAX_H
#define DGBA_ILP_RELAX_H

#include "program.h"

/** Scratch of ilp_relax(); after it, what the solution looked like. */
typedef struct ilp_relaxation {
    const ilp_program *program;
    double *magnitudes; // [pixel] Σ_c |c_j|, if there is a budget
    double *sorted;     // [pixel] scratch
    uint8_t *kept;      // [pixel] within the budget
} ilp_relaxation;

/** `out` is zeroed by the caller, who frees it also on errors. */
dgba_status ilp_relaxation_create(ilp_relaxation *out, const ilp_program *p);
void ilp_relaxation_free(ilp_relaxation *r);

/** An upper bound on max_d Σ_t w_t r_t(d) over all d within the pixel budget, exact but for rounding, which it includes;
 *  and r_t at the d that reaches it: sign of c_j = Σ_t w_t a_tj in the `budget` pixels of the largest Σ_c |c_j|. */
double ilp_relax(double *changes, ilp_relaxation *r, const double *weights);

/** That d, and c_j of every variable. */
void ilp_relaxed_point(int8_t *d, double *c, ilp_relaxation *r, const double *weights);

#endif
