#include <math.h>
#include <string.h>

#include "dgba/tensor.h"
#include "support/check.h"

enum { MOST_ROWS = 35, MOST_INNER = 131, PAD = 3, MOST_GROUPS = 9 };

static float a[MOST_ROWS * (MOST_GROUPS * DGBA_PANEL_GRAIN + PAD)], b[MOST_INNER * DGBA_PANEL_COLUMNS];
static float c[MOST_ROWS * (DGBA_PANEL_COLUMNS + PAD)];

static int64_t rounded(int64_t columns) { return (columns + DGBA_PANEL_GRAIN - 1) / DGBA_PANEL_GRAIN * DGBA_PANEL_GRAIN; }

static float element(dgba_rows m, int64_t i, int64_t k) {
    return m.data[i * m.stride + k / DGBA_PANEL_GRAIN * m.group + k % DGBA_PANEL_GRAIN];
}

/** Result against a double-precision sum; nothing is written beyond the columns' next multiple of 16. */
static void check_product(int64_t kernel, dgba_rows shape, int64_t columns) {
    const int64_t c_stride = DGBA_PANEL_COLUMNS + PAD, rows = shape.rows, inner = shape.inner;
    dgba_fill(c, NAN, rows * c_stride);
    dgba_panel_product_by(kernel, c, c_stride, shape, b, columns);
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
            double sum = 0;
            for (int64_t k = 0; k < inner; ++k) sum += (double)element(shape, i, k) * (double)b[k * DGBA_PANEL_COLUMNS + j];
            assert_true(fabs((double)c[i * c_stride + j] - sum) <= 1e-6 * sqrt((double)inner) * 4);
        }
        for (int64_t j = rounded(columns); j < c_stride; ++j) assert_true(isnan(c[i * c_stride + j]));
    }
}

/** Row-major, and group by group. */
static void check_layouts(int64_t kernel, int64_t rows, int64_t inner, int64_t columns) {
    const int64_t grain = DGBA_PANEL_GRAIN;
    check_product(kernel, (dgba_rows){a, inner + PAD, grain, rows, inner}, columns);
    check_product(kernel, (dgba_rows){a, grain, rows * grain, rows, inner}, columns);
}

static void every_kernel_equals_the_plain_sum(void **state) {
    (void)state;
    static const int64_t columns[] = {1, 15, 16, 17, 31, 32, 40, 48}, inner[] = {1, 2, 7, 64, MOST_INNER};
    check_random(a, DGBA_COUNT_OF(a), 1);
    check_random(b, DGBA_COUNT_OF(b), 2);
    for (int64_t kernel = 0; kernel < dgba_panel_kernels(); ++kernel)
        for (int64_t rows = 1; rows <= MOST_ROWS; ++rows)
            for (int64_t j = 0; j < DGBA_COUNT_OF(columns); ++j)
                check_layouts(kernel, rows, inner[rows % DGBA_COUNT_OF(inner)], columns[j]);
}

/** How rows and columns are cut must not show: an image's result must not depend on its neighbours in the batch. */
static void every_element_has_the_same_bits_wherever_it_stands(void **state) {
    (void)state;
    enum { INNER = 100 };
    check_random(a, INNER, 3);
    check_random(b, DGBA_COUNT_OF(b), 4);
    for (int64_t i = 1; i < MOST_ROWS; ++i)
        for (int64_t k = 0; k < INNER; ++k) a[i * INNER + k] = a[k];
    for (int64_t k = 0; k < INNER; ++k)
        for (int64_t j = 1; j < DGBA_PANEL_COLUMNS; ++j) b[k * DGBA_PANEL_COLUMNS + j] = b[k * DGBA_PANEL_COLUMNS];
    for (int64_t kernel = 0; kernel < dgba_panel_kernels(); ++kernel) {
        for (int64_t rows = 1; rows <= MOST_ROWS; ++rows) {
            const dgba_rows all = {a, INNER, DGBA_PANEL_GRAIN, rows, INNER};
            dgba_panel_product_by(kernel, c, DGBA_PANEL_COLUMNS, all, b, DGBA_PANEL_COLUMNS);
            for (int64_t i = 1; i < rows * DGBA_PANEL_COLUMNS; ++i) assert_true(c[i] == c[0]);
        }
    }
}

/** Sums that begin with a matrix or with a number per row, the first also in place; rectified or not. */
static void check_ends(int64_t kernel, int64_t rows, int64_t columns) {
    enum { INNER = 20, STRIDE = DGBA_PANEL_COLUMNS + PAD };
    static float add[MOST_ROWS * STRIDE], plain[MOST_ROWS * STRIDE];
    const dgba_rows shape = {a, INNER, DGBA_PANEL_GRAIN, rows, INNER};
    check_random(add, DGBA_COUNT_OF(add), 5);
    dgba_panel_product_by(kernel, plain, STRIDE, shape, b, columns);
    for (int way = 0; way < 6; ++way) {
        const bool relu = way % 2, by_row = way / 2 == 0, in_place = way / 2 == 1;
        dgba_fill(c, NAN, rows * STRIDE);
        if (in_place) memcpy(c, add, (size_t)(rows * STRIDE) * sizeof *c);
        const dgba_panel_ends ends = {by_row ? NULL : in_place ? c : add, STRIDE, by_row ? add : NULL, relu};
        dgba_panel_product_onto_by(kernel, c, STRIDE, shape, b, columns, ends);
        for (int64_t i = 0; i < rows; ++i) {
            for (int64_t j = 0; j < columns; ++j) {
                const double sum = (double)plain[i * STRIDE + j] + (double)(by_row ? add[i] : add[i * STRIDE + j]);
                assert_true(fabs((double)c[i * STRIDE + j] - (relu ? fmax(sum, 0) : sum)) <= 1e-5);
            }
        }
    }
}

static void sums_begin_and_end_as_told(void **state) {
    (void)state;
    check_random(a, DGBA_COUNT_OF(a), 1);
    check_random(b, DGBA_COUNT_OF(b), 2);
    for (int64_t kernel = 0; kernel < dgba_panel_kernels(); ++kernel)
        for (int64_t rows = 1; rows <= 19; ++rows)
            for (int64_t columns = 1; columns <= DGBA_PANEL_COLUMNS; columns += 13) check_ends(kernel, rows, columns);
}

static void not_a_number_is_not_rectified_away(void **state) {
    (void)state;
    check_random(b, DGBA_COUNT_OF(b), 2);
    a[0] = NAN;
    for (int64_t kernel = 0; kernel < dgba_panel_kernels(); ++kernel) {
        dgba_panel_product_onto_by(kernel, c, DGBA_PANEL_COLUMNS, (dgba_rows){a, 1, DGBA_PANEL_GRAIN, 1, 1}, b,
                                   DGBA_PANEL_COLUMNS, (dgba_panel_ends){.relu = true});
        for (int64_t j = 0; j < DGBA_PANEL_COLUMNS; ++j) assert_true(isnan(c[j]));
    }
}

static void kernels_have_names(void **state) {
    (void)state;
    assert_in_range(dgba_panel_kernels(), 1, 3);
    assert_string_equal(dgba_panel_kernel_name(dgba_panel_kernels() - 1), "plain");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_equals_the_plain_sum),
        cmocka_unit_test(every_element_has_the_same_bits_wherever_it_stands),
        cmocka_unit_test(sums_begin_and_end_as_told),
        cmocka_unit_test(not_a_number_is_not_rectified_away),
        cmocka_unit_test(kernels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
