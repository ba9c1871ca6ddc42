/** Arrays of float32 in row-major order, last letter fastest: (N,C,H,W), and matrix products on OpenBLAS.
 *
 *  Nothing here owns memory: functions take plain pointers, and the shape says how many elements there are.
 *  Argument order: output, in-outs, inputs, sizes.
 */
#ifndef DGBA_TENSOR_H
#define DGBA_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "dgba/base.h"

/** Sizes of images or feature maps: N samples, C channels, H rows, W columns. */
typedef struct dgba_shape {
    int64_t n, c, h, w;
} dgba_shape;

/** N·C·H·W */
int64_t dgba_shape_count(dgba_shape shape);
bool dgba_shape_equal(dgba_shape a, dgba_shape b);

/** One factor of a matrix product: a row-major matrix with `stride` elements from row to row, used as it is or transposed.
 */
typedef struct dgba_matrix {
    const float *data;
    int64_t stride;
    bool transposed;
} dgba_matrix;

/** Matrix product on this thread.
 *  Formula   C ← A·B + beta·C
 *  Shapes    op(A) (rows,inner)  op(B) (inner,columns)  C (rows,columns) with c_stride elements from row to row
 *  Errors    sizes beyond what BLAS can count are a broken invariant: planning checks them first */
void dgba_gemm(float *c, int64_t c_stride, float beta, dgba_matrix a, dgba_matrix b, int64_t rows, int64_t columns,
               int64_t inner);

/* ---- Products with a narrow, packed second factor ---- */

enum { DGBA_PANEL_COLUMNS = 48, DGBA_PANEL_GRAIN = 16 };

/** A matrix (rows,inner) whose columns lie in groups of 16: element (i,k) is data[i·stride + ⌊k/16⌋·group + k mod 16]. A
 *  row-major matrix has groups 16 apart. */
typedef struct dgba_rows {
    const float *data;
    int64_t stride, group, rows, inner;
} dgba_rows;

/** Matrix product on this thread, with kernels of our own that take the factors as they lie. Faster than dgba_gemm() where
 *  the second factor is made for one product and could be written packed to begin with.
 *  Formula   C ← A·B
 *  Shapes    a (rows,inner)  b (inner,48) of which `columns` are used  C (rows,columns), c_stride from row to row; of the
 *            columns beyond, up to the next multiple of 16, b is read and C written (with anything) */
void dgba_panel_product(float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns);

/** What the sums begin with, one of two or nothing, and how they end. */
typedef struct dgba_panel_ends {
    const float *add; // (rows,columns), add_stride from row to row, read as C is written; may be C
    int64_t add_stride;
    const float *bias; // (rows)
    bool relu;         // NaN stays NaN
} dgba_panel_ends;

/** The same with more.
 *  Formula   C ← add + A·B  or  bias + A·B; with `relu`: max(0, that) */
void dgba_panel_product_onto(float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns,
                             dgba_panel_ends ends);

/** Kernels that this processor can run, the one in use first: "avx512", "avx2", "plain". The first two use fused
 *  multiply-add, so that results differ in the last bits between processors. */
int64_t dgba_panel_kernels(void);
const char *dgba_panel_kernel_name(int64_t index);
void dgba_panel_product_by(int64_t index, float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns);
void dgba_panel_product_onto_by(int64_t index, float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns,
                                dgba_panel_ends ends);

/* ---- The machine's BLAS ---- */

/** Compares products of several shapes, by BLAS and by dgba_panel_product(), with a plain double-precision loop.
 *  Errors    DGBA_E_NUMERIC naming the BLAS core: products are wrong on this machine, nothing may run on it */
dgba_status dgba_blas_check(void);

/** Name of the kernel set OpenBLAS chose for this processor ("SkylakeX"), and its build description; borrowed. */
const char *dgba_blas_core(void);
const char *dgba_blas_config(void);

/** Threads that one matrix product may use (the program starts with 1). */
void dgba_blas_set_threads(int threads);

/** y ← a·x + y */
void dgba_axpy(float *y, float a, const float *x, int64_t count);

/** x ← a·x */
void dgba_scale(float *x, float a, int64_t count);

/** x ← value */
void dgba_fill(float *x, float value, int64_t count);

/** Sums in double precision, in an order that depends on `count` only. */
double dgba_sum(const float *x, int64_t count);
double dgba_dot(const float *x, const float *y, int64_t count);

#endif
