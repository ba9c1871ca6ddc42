/** The rules that combine relative gradients: mgda against a fine grid and its conditions of optimality, pcgrad against
 *  the published loop. */
#include <math.h>
#include <string.h>

#include "dgba/rule.h"
#include "support/near.h"

enum { TASKS = 3, SIZE = 7 };

/** One image: gradients of very different scales, the losses in proportion. */
static float gradients[TASKS][SIZE], direction[SIZE];
static double losses[TASKS], relative[TASKS][SIZE]; // h_t = g_t/L_t
static uint8_t active[TASKS];

static void make_problem(uint64_t seed) {
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 0);
    for (int t = 0; t < TASKS; ++t) {
        const double scale = pow(1000, t);
        losses[t] = scale * dgba_random_between(&stream, 0.5, 2);
        active[t] = 1;
        const double drift = dgba_random_between(&stream, -1, 1); // gradients that mostly agree, and that oppose each other
        for (int j = 0; j < SIZE; ++j) {
            gradients[t][j] = (float)(scale * (dgba_random_normal(&stream) + drift));
            relative[t][j] = (double)gradients[t][j] / losses[t];
        }
    }
}

static void combine(const char *kind) {
    dgba_rule rule = {0};
    CHECK_OK(dgba_rule_kind_find(&rule.kind, kind));
    const dgba_rule_input input = {
        .tasks = TASKS, .samples = 1, .losses = losses, .clean_losses = losses, .active = active, .pixels = SIZE};
    const float *const pointers[] = {gradients[0], gradients[1], gradients[2]};
    CHECK_OK(dgba_rule_combine(direction, &rule, pointers, SIZE, &input));
}

static double dot(const double *a, const double *b) {
    double sum = 0;
    for (int j = 0; j < SIZE; ++j) sum += a[j] * b[j];
    return sum;
}

static double square_at(double a, double b, double c) {
    double sum = 0;
    for (int j = 0; j < SIZE; ++j) {
        const double u = a * relative[0][j] + b * relative[1][j] + c * relative[2][j];
        sum += u * u;
    }
    return sum;
}

static void mgda_is_the_shortest_combination(void **state) {
    (void)state;
    enum { GRID = 200 };
    int inside = 0;
    for (uint64_t seed = 0; seed < 60; ++seed) {
        make_problem(seed);
        combine("mgda");
        double u[SIZE], best = INFINITY;
        for (int j = 0; j < SIZE; ++j) u[j] = (double)direction[j];
        for (int a = 0; a <= GRID; ++a)
            for (int b = 0; a + b <= GRID; ++b)
                best = fmin(best, square_at((double)a / GRID, (double)b / GRID, (double)(GRID - a - b) / GRID));
        const double square = dot(u, u);
        assert_true(square <= best * (1 + 1e-6) + 1e-12);
        // Karush-Kuhn-Tucker: ⟨h_t, u⟩ ≥ ‖u‖², with equality where w_t > 0, so at least twice or u is an h_t
        int equal = 0;
        for (int t = 0; t < TASKS; ++t) {
            assert_true(dot(relative[t], u) >= square - 1e-5 * dot(relative[t], relative[t]));
            equal += fabs(dot(relative[t], u) - square) <= 1e-5 * dot(relative[t], relative[t]);
        }
        assert_true(equal >= 1);
        inside += equal == TASKS;
    }
    assert_true(inside > 5 && inside < 55);
}

static void mgda_of_degenerate_gradients(void **state) {
    (void)state;
    make_problem(3);
    for (int t = 0; t < TASKS; ++t) losses[t] = 1;
    for (int j = 0; j < SIZE; ++j) gradients[1][j] = gradients[2][j] = -gradients[0][j]; // 0 is within reach
    combine("mgda");
    for (int j = 0; j < SIZE; ++j) CHECK_NEAR((double)direction[j], 0, 1e-6);
    for (int j = 0; j < SIZE; ++j) gradients[1][j] = gradients[2][j] = gradients[0][j];
    combine("mgda");
    CHECK_CLOSE(direction, gradients[0], SIZE, 1e-6, 0);
    memset(gradients, 0, sizeof gradients);
    combine("mgda");
    for (int j = 0; j < SIZE; ++j) assert_true(direction[j] == 0);
}

/** The loop as published, on vectors. */
static void naive_pcgrad(double *u) {
    memset(u, 0, SIZE * sizeof *u);
    for (int t = 0; t < TASKS; ++t) {
        double p[SIZE];
        memcpy(p, relative[t], sizeof p);
        for (int j = 0; j < TASKS; ++j) {
            const double along = dot(p, relative[j]);
            if (j == t || along >= 0) continue;
            for (int i = 0; i < SIZE; ++i) p[i] -= along / dot(relative[j], relative[j]) * relative[j][i];
        }
        for (int i = 0; i < SIZE; ++i) u[i] += p[i];
    }
}

static void pcgrad_equals_the_published_loop(void **state) {
    (void)state;
    int conflicts = 0;
    for (uint64_t seed = 0; seed < 60; ++seed) {
        double expected[SIZE];
        make_problem(seed);
        combine("pcgrad");
        naive_pcgrad(expected);
        for (int j = 0; j < SIZE; ++j) {
            CHECK_NEAR((double)direction[j], expected[j], 1e-5);
            conflicts += fabs(expected[j] - relative[0][j] - relative[1][j] - relative[2][j]) > 1e-3;
        }
    }
    assert_true(conflicts > 100);
}

static void the_scale_of_a_loss_does_not_matter(void **state) {
    (void)state;
    static const char *const kinds[] = {"mgda", "pcgrad"};
    for (int k = 0; k < 2; ++k) {
        float before[SIZE];
        make_problem(7);
        combine(kinds[k]);
        memcpy(before, direction, sizeof before);
        losses[1] *= 1024;
        for (int j = 0; j < SIZE; ++j) gradients[1][j] *= 1024;
        combine(kinds[k]);
        assert_memory_equal(direction, before, sizeof before);
    }
}

static void pcgrad_by_hand(void **state) {
    (void)state;
    memset(gradients, 0, sizeof gradients);
    for (int t = 0; t < TASKS; ++t) losses[t] = 2;
    gradients[0][0] = 2; // h_0 = (1, 0), h_1 = (−1, 1): each gives up the other's component, (1/2, 1/2) and (0, 1)
    gradients[1][0] = -2;
    gradients[1][1] = 2;
    active[0] = active[1] = 1;
    active[2] = 0;
    gradients[2][0] = NAN;
    combine("pcgrad");
    CHECK_CLOSE(direction, ((float[]){0.5F, 1.5F}), 2, 1e-7, 0);
    active[1] = 0;
    combine("pcgrad");
    CHECK_CLOSE(direction, ((float[]){1, 0}), 2, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mgda_is_the_shortest_combination),
        cmocka_unit_test(mgda_of_degenerate_gradients),
        cmocka_unit_test(pcgrad_equals_the_published_loop),
        cmocka_unit_test(the_scale_of_a_loss_does_not_matter),
        cmocka_unit_test(pcgrad_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
