#include <cblas.h>

#include "dgba/tensor.h"

/** A size as BLAS counts it. */
static int narrow(int64_t size) {
    int narrowed = 0;
    DGBA_ASSERT(dgba_narrow(&narrowed, size, "a matrix size") == DGBA_OK);
    return narrowed;
}

void dgba_gemm(float *c, int64_t c_stride, float beta, dgba_matrix a, dgba_matrix b, int64_t rows, int64_t columns,
               int64_t inner) {
    if (rows == 0 || columns == 0) return;
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans,
                narrow(rows), narrow(columns), narrow(inner), 1.0f, a.data, narrow(a.stride), b.data, narrow(b.stride),
                beta, c, narrow(c_stride));
}
