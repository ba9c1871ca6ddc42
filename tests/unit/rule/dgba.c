/** What makes DGBA what it is: its direction solves an integer program, and it does not see the scale of a loss. */
#include <math.h>

#include "dgba/rule.h"
#include "support/near.h"

enum { TASKS = 3, SIZE = 6, PATTERNS = 729 }; // 3^SIZE

/** A random first-order model of three tasks at one image. */
typedef struct problem {
    double losses[TASKS], clean_losses[TASKS];
    float gradients[TASKS][SIZE];
} problem;

static problem make_problem(uint64_t seed) {
    problem p;
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 0);
    for (int t = 0; t < TASKS; ++t) {
        p.losses[t] = dgba_random_between(&stream, 0.1, 5);
        p.clean_losses[t] = dgba_random_between(&stream, 0.1, 5);
        for (int j = 0; j < SIZE; ++j) p.gradients[t][j] = (float)dgba_random_normal(&stream);
        p.gradients[t][SIZE - 1] = 0; // a coordinate that matters to no task
    }
    return p;
}

/** sign u of a weights rule. */
static void signs_of(int signs[SIZE], const char *kind, const problem *p) {
    static const uint8_t active[TASKS] = {1, 1, 1};
    const dgba_rule_input input = {
        .tasks = TASKS, .samples = 1, .losses = p->losses, .clean_losses = p->clean_losses, .active = active};
    dgba_rule rule = {0};
    double weights[TASKS];
    CHECK_OK(dgba_rule_kind_find(&rule.kind, kind));
    dgba_rule_weights(weights, &rule, &input);
    for (int j = 0; j < SIZE; ++j) {
        double u = 0;
        for (int t = 0; t < TASKS; ++t) u += weights[t] * (double)p->gradients[t][j];
        signs[j] = (int)dgba_sign((float)u);
    }
}

/** Mean relative change of the losses under the step d, to first order. */
static double predicted_change(const problem *p, const int d[SIZE]) {
    double mean = 0;
    for (int t = 0; t < TASKS; ++t)
        for (int j = 0; j < SIZE; ++j) mean += (double)p->gradients[t][j] * d[j] / p->losses[t] / TASKS;
    return mean;
}

static double best_by_exhaustion(const problem *p) {
    double best = -INFINITY;
    for (int pattern = 0; pattern < PATTERNS; ++pattern) {
        int d[SIZE];
        for (int j = 0, rest = pattern; j < SIZE; ++j, rest /= 3) d[j] = rest % 3 - 1;
        best = fmax(best, predicted_change(p, d));
    }
    return best;
}

static void direction_is_optimal(void **state) {
    (void)state;
    int total_is_worse = 0;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        const problem p = make_problem(seed);
        int dgba[SIZE], total[SIZE];
        signs_of(dgba, "dgba", &p);
        signs_of(total, "total", &p);
        const double best = best_by_exhaustion(&p);
        CHECK_NEAR(predicted_change(&p, dgba), best, 1e-12);
        assert_int_equal(dgba[SIZE - 1], 0);
        total_is_worse += predicted_change(&p, total) < best - 1e-6;
    }
    assert_true(total_is_worse > 25);
}

static bool same_signs(const int a[SIZE], const int b[SIZE]) {
    bool same = true;
    for (int j = 0; j < SIZE; ++j) same = same && a[j] == b[j];
    return same;
}

static void the_scale_of_a_loss_does_not_matter(void **state) {
    (void)state;
    int total_changes = 0;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        problem p = make_problem(seed);
        int dgba[SIZE], fixed[SIZE], total[SIZE], again[SIZE];
        signs_of(dgba, "dgba", &p);
        signs_of(fixed, "static", &p);
        signs_of(total, "total", &p);
        p.losses[1] *= 1024;
        p.clean_losses[1] *= 1024;
        for (int j = 0; j < SIZE; ++j) p.gradients[1][j] *= 1024;
        signs_of(again, "dgba", &p);
        assert_true(same_signs(dgba, again));
        signs_of(again, "static", &p);
        assert_true(same_signs(fixed, again));
        signs_of(again, "total", &p);
        total_changes += !same_signs(total, again);
    }
    assert_true(total_changes > 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direction_is_optimal),
        cmocka_unit_test(the_scale_of_a_loss_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
