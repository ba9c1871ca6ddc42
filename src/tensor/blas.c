#include <cblas.h>
#include <math.h>

#include "dgba/tensor.h"

const char *dgba_blas_core(void) { return openblas_get_corename(); }

const char *dgba_blas_config(void) { return openblas_get_config(); }

void dgba_blas_set_threads(int threads) {
    DGBA_ASSERT(threads >= 1);
    openblas_set_num_threads(threads);
}

/** One product to try. */
typedef struct product {
    int64_t rows, columns, inner;
} product;

// One element; odd sizes below and above every register block; long inner sums, which BLAS cuts; wide and tall.
static const product products[] = {{1, 1, 1},    {3, 5, 7},     {16, 16, 16}, {17, 33, 65},
                                   {64, 97, 31}, {9, 11, 1000}, {5, 901, 9},  {333, 6, 27}};

enum { MOST_FACTOR = 12000, MOST_RESULT = 8000 };

/** Element (row, column) of op(m). */
static double element(dgba_matrix m, int64_t row, int64_t column) {
    return (double)m.data[m.transposed ? column * m.stride + row : row * m.stride + column];
}

/** `who` computed it; `hint` says what can be done. */
static dgba_status compare(const float *result, float beta, dgba_matrix a, dgba_matrix b, product p, const char *who,
                           const char *hint) {
    const double tolerance = 1e-6 * (double)(p.inner + 10); // the factors lie in [-1, 1)
    for (int64_t i = 0; i < p.rows; ++i) {
        for (int64_t j = 0; j < p.columns; ++j) {
            double expected = (double)beta;
            for (int64_t k = 0; k < p.inner; ++k) expected += element(a, i, k) * element(b, k, j);
            const double got = (double)result[i * p.columns + j];
            if (fabs(got - expected) <= tolerance) continue; // NaN is not
            return dgba_fail(DGBA_E_NUMERIC,
                             "%s computes wrong on this processor (core '%s'): element (%lld,%lld) of a (%lld,%lld) by "
                             "(%lld,%lld) product is %g, expected %g%s",
                             who, dgba_blas_core(), (long long)i, (long long)j, (long long)p.rows, (long long)p.inner,
                             (long long)p.inner, (long long)p.columns, got, expected, hint);
        }
    }
    return DGBA_OK;
}

/** All four ways to transpose, each overwriting (over NaN, which must not shine through) and adding (to ones). */
static dgba_status try_product(product p, float *result, const float *left, const float *right) {
    for (int way = 0; way < 8; ++way) {
        const bool left_transposed = way & 1, right_transposed = way & 2;
        const float beta = way & 4 ? 1.0f : 0.0f;
        const dgba_matrix a = {left, left_transposed ? p.rows : p.inner, left_transposed};
        const dgba_matrix b = {right, right_transposed ? p.inner : p.columns, right_transposed};
        dgba_fill(result, beta == 0.0f ? NAN : 1.0f, p.rows * p.columns);
        dgba_gemm(result, p.columns, beta, a, b, p.rows, p.columns, p.inner);
        DGBA_TRY(compare(result, beta, a, b, p, "OpenBLAS", "; another core can be chosen with OPENBLAS_CORETYPE"));
    }
    return DGBA_OK;
}

/** The kernels of our own, over rows that fill no block evenly. */
static dgba_status try_panel(float *result, const float *left, const float *right) {
    const product p = {19, DGBA_PANEL_COLUMNS, 65};
    dgba_fill(result, NAN, p.rows * p.columns);
    dgba_panel_product(result, p.columns, (dgba_rows){left, p.inner, DGBA_PANEL_GRAIN, p.rows, p.inner}, right, p.columns);
    return compare(result, 0, (dgba_matrix){left, p.inner, false}, (dgba_matrix){right, p.columns, false}, p,
                   "the kernel of dgba_panel_product()", "");
}

dgba_status dgba_blas_check(void) {
    float *memory = NULL;
    DGBA_TRY(DGBA_NEW(&memory, 2 * MOST_FACTOR + MOST_RESULT));
    dgba_random stream = dgba_random_stream(0, DGBA_RANDOM_TEST, 0);
    for (int64_t i = 0; i < 2 * MOST_FACTOR; ++i) memory[i] = (float)dgba_random_between(&stream, -1, 1);
    dgba_status status = DGBA_OK;
    for (int64_t i = 0; i < DGBA_COUNT_OF(products) && status == DGBA_OK; ++i) {
        const product p = products[i];
        DGBA_ASSERT(p.rows * p.inner <= MOST_FACTOR && p.inner * p.columns <= MOST_FACTOR &&
                    p.rows * p.columns <= MOST_RESULT);
        status = try_product(p, memory + 2 * MOST_FACTOR, memory, memory + MOST_FACTOR);
    }
    if (status == DGBA_OK) status = try_panel(memory + 2 * MOST_FACTOR, memory, memory + MOST_FACTOR);
    dgba_free(memory);
    return status;
}
