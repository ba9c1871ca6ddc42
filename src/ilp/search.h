/** From a relaxed point to a feasible d that is nearly as good: search among the changes that cost the bound least. */
#ifndef DGBA_ILP_SEARCH_H
#define DGBA_ILP_SEARCH_H

#include "program.h"

/** What the relaxed program says of single changes. */
typedef struct ilp_prices {
    const double *c;  // [n] c_j = Σ_t w_t a_tj
    double threshold; // least Σ_c |c_j| of a pixel within the budget; 0 without one
} ilp_prices;

/** Least part of the bound that is lost if a unit is not as in the relaxed point. A unit is a pixel if there is a budget,
 *  otherwise a variable. */
double ilp_slack(const ilp_program *p, const ilp_prices *prices, int64_t unit);

/** Improves d, which is within the pixel budget, by changes of one and of two units at a time until its objective is near
 *  enough to the bound, nothing is better, or the time is over. Less violation of the ranges comes before more objective.
 *  Returns r_t at the end.
 *  Errors    DGBA_E_MEMORY */
dgba_status ilp_search(int8_t *d, double *changes, const ilp_program *p, const ilp_prices *prices, double bound);

#endif
