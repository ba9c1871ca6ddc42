/** CBC behind a wall: a model of ours goes in, values and a bound come out, and nothing else happens. */
#ifndef DGBA_ILP_CBC_H
#define DGBA_ILP_CBC_H

#include <stdbool.h>

#include "dgba/base.h"

/** maximise Σ objective_i x_i subject to row_low ≤ A x ≤ row_high, low ≤ x ≤ high. By columns: the coefficients of column
 *  i are those from starts[i] up to starts[i+1]. There is at least one row, and everything is finite but for limits. */
typedef struct cbc_model {
    int columns, rows;
    const int *starts, *row_of;
    const double *values;
    const double *low, *high, *objective;
    const bool *whole; // [column] takes whole numbers only
    const double *row_low, *row_high;
} cbc_model;

/** CBC stops when its bound is as near as this, in either sense. */
typedef struct cbc_gap {
    double absolute, relative;
} cbc_gap;

typedef struct cbc_answer {
    bool found, optimal, infeasible; // found: x is a solution
    double bound;                    // no x has more
} cbc_answer;

/** A fresh model each time, one thread, nothing on the standard output.
 *  Shapes    x (columns)
 *  Errors    DGBA_E_IO if the standard output cannot be kept clean */
dgba_status cbc_solve(double *x, cbc_answer *out, const cbc_model *model, double seconds, cbc_gap gap);

#endif
