#include <math.h>
#include <string.h>

#include "dgba/tensor.h"
#include "support/check.h"

enum { MOST = 200 * 200 };

static float left[MOST], right[MOST], result[MOST], before[MOST], expected[MOST];

static double element(dgba_matrix m, int64_t row, int64_t column) {
    return (double)m.data[m.transposed ? column * m.stride + row : row * m.stride + column];
}

/** A product within larger arrays, so that rows do not follow each other; nothing outside it may change. */
static void check_product(int64_t rows, int64_t columns, int64_t inner, int way, float beta) {
    const bool left_transposed = way & 1, right_transposed = way & 2;
    const dgba_matrix a = {left, (left_transposed ? rows : inner) + 3, left_transposed};
    const dgba_matrix b = {right, (right_transposed ? inner : columns) + 1, right_transposed};
    const int64_t stride = columns + 2;
    memcpy(result, before, sizeof result);
    memcpy(expected, before, sizeof result);
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
            double sum = (double)beta * (double)before[i * stride + j];
            for (int64_t k = 0; k < inner; ++k) sum += element(a, i, k) * element(b, k, j);
            expected[i * stride + j] = (float)sum;
        }
    }
    dgba_gemm(result, stride, beta, a, b, rows, columns, inner);
    CHECK_CLOSE(result, expected, MOST, 1e-6, 3e-6 * sqrt((double)inner + 1));
}

static void products_equal_the_double_loop(void **state) {
    (void)state;
    static const int64_t sizes[][3] = {{1, 1, 1},   {1, 7, 5},     {2, 3, 0},     {13, 1, 9},
                                       {5, 17, 64}, {31, 33, 127}, {64, 144, 27}, {150, 6, 100}};
    check_random(left, MOST, 1);
    check_random(right, MOST, 2);
    check_random(before, MOST, 3);
    for (int64_t i = 0; i < DGBA_COUNT_OF(sizes); ++i)
        for (int way = 0; way < 4; ++way)
            for (int beta = 0; beta < 3; ++beta)
                check_product(sizes[i][0], sizes[i][1], sizes[i][2], way, 0.5f * (float)beta);
}

static void nothing_to_do(void **state) {
    (void)state;
    result[0] = 5;
    dgba_gemm(result, 1, 0, (dgba_matrix){left, 1, false}, (dgba_matrix){right, 1, false}, 0, 1, 1);
    dgba_gemm(result, 1, 0, (dgba_matrix){left, 1, false}, (dgba_matrix){right, 1, false}, 1, 0, 1);
    assert_true(result[0] == 5);
}

static void this_blas_computes_right(void **state) {
    (void)state;
    CHECK_OK(dgba_blas_check());
    assert_true(strlen(dgba_blas_core()) > 0);
    check_contains(dgba_blas_config(), "OpenBLAS", __FILE__, __LINE__);
}

/** Two threads may sum in another order, but not to something else. */
static void threads_change_nothing_but_time(void **state) {
    (void)state;
    dgba_blas_set_threads(2);
    CHECK_OK(dgba_blas_check());
    products_equal_the_double_loop(state);
    dgba_blas_set_threads(1);
    CHECK_OK(dgba_blas_check());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_the_double_loop),
        cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(this_blas_computes_right),
        cmocka_unit_test(threads_change_nothing_but_time),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
