/** Naive twin of the integer programs: every d is tried. */
#ifndef TESTS_REF_ILP_H
#define TESTS_REF_ILP_H

#include <stdint.h>

/** maximise mean_t or min_t of r_t = Σ_j a[t·n + j] d_j over d ∈ {−1,0,1}ⁿ with low_t ≤ r_t ≤ high_t and at most `budget`
 *  of the pixels changed, where variable j belongs to pixel j mod `pixels`. */
typedef struct ref_ilp {
    int64_t tasks, n, pixels, budget;
    const double *a; // (T,n)
    const double *low, *high;
    int maxmin;
} ref_ilp;

/** The most; -INFINITY if nothing satisfies the constraints. Parts of the tree that cannot hold more are skipped. */
double ref_ilp_best(const ref_ilp *program);

/** Objective of one d; -INFINITY if it does not satisfy the constraints. */
double ref_ilp_value(const ref_ilp *program, const int8_t *d);

#endif
