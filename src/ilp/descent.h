/** The Lagrangian dual: multipliers of the coupling rows that give the least upper bound. */
#ifndef DGBA_ILP_DESCENT_H
#define DGBA_ILP_DESCENT_H

#include "relax.h"

/** No objective is less than −1, in the program's units: a bound below this proves that there is none. */
#define ILP_IMPOSSIBLE (-1 - 1e-6)

enum { ILP_MOST_PARTS = 3 * DGBA_ILP_MOST_TASKS + 2 };

typedef struct ilp_dual_bound {
    double weights[DGBA_ILP_MOST_TASKS]; // of the rows: the bound is that of max Σ w_t r_t(d) plus a constant
    double bound;
    /* The solution of the linear relaxation: a mean of the relaxed points at these weights. */
    int part_count;
    double parts[ILP_MOST_PARTS][DGBA_ILP_MOST_TASKS], shares[ILP_MOST_PARTS];
} ilp_dual_bound;

/** Least upper bound on the objective.
 *  Errors    DGBA_E_MEMORY */
dgba_status ilp_descend(ilp_dual_bound *out, ilp_relaxation *r);

/** Least upper bound on how far all ranges can be satisfied at once, each in units of its row's Σ|a|: a bound below 0
 *  proves that nothing satisfies them. */
dgba_status ilp_descend_to_slack(ilp_dual_bound *out, ilp_relaxation *r);

#endif
