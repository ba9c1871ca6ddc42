/** An oracle without a network: every task's loss is a quadratic function of the image.
 *
 *  L_t(x) = ½‖A_t x − b_t‖² + 1, so ∂L_t/∂x = A_tᵀ(A_t x − b_t), for each sample of a batch alike.
 */
#ifndef TESTS_SUPPORT_QUADRATIC_H
#define TESTS_SUPPORT_QUADRATIC_H

#include "dgba/attack.h"

enum { QUADRATIC_NONE = -1, QUADRATIC_ALL = -2 };

typedef struct quadratic {
    int64_t tasks, rows, size; // A_t is (rows,size), size = C·H·W
    dgba_shape shape;
    double *a, *b; // [task][row][element], [task][row]
    float *x;      // of the last evaluation
    int64_t evaluations, gradients;
    int64_t broken_task, broken_sample; // whose loss is NaN: a number, QUADRATIC_NONE or QUADRATIC_ALL
    int64_t broken_element;             // of each gradient that is NaN: a number or QUADRATIC_NONE
    bool fails;                         // evaluate() gives DGBA_E_IO
    const double *denominators;         // of the oracle, or NULL
    double scale;                       // of the last task's loss, in the oracle alone
} quadratic;

/** Random A_t and b_t, of very different scales from task to task. */
void quadratic_create(quadratic *q, int64_t tasks, dgba_shape shape, uint64_t seed);
void quadratic_free(quadratic *q);
dgba_oracle quadratic_oracle(quadratic *q);

/** Loss of a task at one image (size elements). */
double quadratic_loss(const quadratic *q, int64_t task, const float *x);

/** Adds weight · ∂L_task/∂x to dx. */
void quadratic_add_gradient(double *dx, const quadratic *q, int64_t task, double weight, const float *x);

#endif
