/** Multiple-gradient ascent: the convex combination of the relative gradients that is nearest to 0 raises, to first order,
 *  every loss at least as much as its own square.
 *
 *  The optimum over the simplex is the optimum over the plane through some affinely independent subset of the points. With
 *  T ≤ 8 all subsets are tried, which is exact, and nothing beside a backward pass.
 *  Source    Désidéri, "Multiple-gradient descent algorithm", 2012; Sener and Koltun, NeurIPS 2018
 */
#include <math.h>

#include "rules.h"

enum { MOST = DGBA_RULE_MOST_TASKS, MOST_ROWS = MOST + 1 };
static const double LEAST_PIVOT = 1e-14; // of a system with entries up to 1: below it the subset is not independent

/** The row with the largest element of a column, at or below the diagonal. */
static int64_t pivot_row(double (*system)[MOST_ROWS + 1], int64_t rows, int64_t column) {
    int64_t best = column;
    for (int64_t r = column + 1; r < rows; ++r)
        if (fabs(system[r][column]) > fabs(system[best][column])) best = r;
    return best;
}

/** Gauss-Jordan elimination: the solution ends in column `rows`. False for a singular system. */
static bool solve(double (*system)[MOST_ROWS + 1], int64_t rows) {
    for (int64_t k = 0; k < rows; ++k) {
        const int64_t p = pivot_row(system, rows, k);
        if (fabs(system[p][k]) < LEAST_PIVOT) return false;
        for (int64_t c = 0; c <= rows; ++c) {
            const double moved = system[k][c];
            system[k][c] = system[p][c];
            system[p][c] = moved;
        }
        for (int64_t r = 0; r < rows; ++r) {
            const double factor = system[r][k] / system[k][k];
            for (int64_t c = k; c <= rows && r != k; ++c) system[r][c] -= factor * system[k][c];
        }
    }
    for (int64_t k = 0; k < rows; ++k) system[k][rows] /= system[k][k];
    return true;
}

/** The point nearest to 0 of the plane through the subset: G w + λ 1 = 0, Σ w = 1. False if it has none, or one outside
 *  the simplex. */
static bool nearest_of_subset(double *w, const double *products, int64_t count, double scale, unsigned subset) {
    double system[MOST_ROWS][MOST_ROWS + 1] = {0};
    int64_t members[MOST], size = 0;
    for (int64_t k = 0; k < count; ++k) {
        w[k] = 0;
        if (subset >> k & 1U) members[size++] = k;
    }
    for (int64_t r = 0; r < size; ++r) {
        for (int64_t c = 0; c < size; ++c) system[r][c] = products[members[r] * count + members[c]] / scale;
        system[r][size] = system[size][r] = 1;
    }
    system[size][size + 1] = 1;
    if (!solve(system, size + 1)) return false;
    for (int64_t r = 0; r < size; ++r) {
        w[members[r]] = system[r][size + 1];
        if (!(w[members[r]] >= 0)) return false;
    }
    return true;
}

static double square_of(const double *w, const double *products, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i)
        for (int64_t j = 0; j < count; ++j) sum += w[i] * products[i * count + j] * w[j];
    return sum;
}

static void coefficients_of(double *c, const double *products, int64_t count) {
    double scale = 0, best = INFINITY, w[MOST];
    for (int64_t k = 0; k < count; ++k) {
        scale = fmax(scale, products[k * count + k]);
        c[k] = 1 / (double)count;
    }
    if (scale == 0) return;
    for (unsigned subset = 1; subset < 1U << count; ++subset) {
        if (!nearest_of_subset(w, products, count, scale, subset)) continue;
        const double square = square_of(w, products, count);
        if (square >= best) continue;
        best = square;
        for (int64_t k = 0; k < count; ++k) c[k] = w[k];
    }
}

static dgba_status combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                           const dgba_rule_input *input) {
    (void)rule;
    dgba_rule_combine_relative(direction, gradients, size, input, coefficients_of);
    return DGBA_OK;
}

static const dgba_option_table table = {.name = "mgda", .help = "multiple-gradient ascent"};

const dgba_rule_kind dgba_rule_mgda = {
    .name = "mgda",
    .help = "follow the shortest convex combination of the relative gradients, which raises every loss",
    .direction = "sum w_t g_t / L_t; w = argmin over the simplex of |sum w_t g_t / L_t|^2",
    .score = "sum (L_t - L0_t) / L0_t",
    .options = &table,
    .needs_task_gradients = true,
    .combine = combine,
    .score_of = dgba_rule_score_relative,
};
