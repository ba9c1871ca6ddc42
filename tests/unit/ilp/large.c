/** Image-sized programs: proven gaps, and the same optimum as CBC where that can still be had. */
#include <math.h>

#include "dgba/ilp.h"
#include "support/near.h"

enum { TASKS = 5 };

typedef enum relation { INDEPENDENT, CORRELATED, OPPOSED } relation;

typedef struct image {
    dgba_ilp_problem problem;
    float *coefficients[TASKS];
    double sums[TASKS]; // Σ_j |a_tj|
} image;

/** Gradients of images: many small, few large. */
static void make(image *out, int64_t pixels, int64_t tasks, relation how) {
    *out = (image){.problem = dgba_ilp_problem_default()};
    dgba_ilp_problem *p = &out->problem;
    p->objective = DGBA_ILP_MAXMIN;
    p->task_count = tasks;
    p->channels = 3;
    p->pixels = pixels;
    for (int64_t t = 0; t < tasks; ++t) {
        dgba_random stream = dgba_random_stream(7, DGBA_RANDOM_TEST, (uint64_t)t);
        CHECK_OK(DGBA_NEW(&out->coefficients[t], 3 * pixels));
        for (int64_t j = 0; j < 3 * pixels; ++j) {
            const double own = dgba_random_normal(&stream) * exp(dgba_random_normal(&stream));
            const double other = t > 0 ? (double)out->coefficients[t - 1][j] * 1e5 : 0;
            const double a = how == INDEPENDENT ? own : how == CORRELATED ? 0.3 * own + other : 0.1 * own - other;
            out->coefficients[t][j] = (float)(1e-5 * a);
            out->sums[t] += 1e-5 * fabs(a);
        }
        p->tasks[t].coefficients = out->coefficients[t];
    }
}

static void destroy(image *in) {
    for (int64_t t = 0; t < TASKS; ++t) dgba_free(in->coefficients[t]);
}

/** Checks d with sums of its own. */
static void check_solution(const image *in, const int8_t *d, const dgba_ilp_solution *s) {
    const dgba_ilp_problem *p = &in->problem;
    double objective = INFINITY;
    int64_t changed = 0;
    for (int64_t t = 0; t < p->task_count; ++t) {
        double r = 0;
        for (int64_t j = 0; j < 3 * p->pixels; ++j) r += (double)in->coefficients[t][j] * d[j];
        CHECK_NEAR(s->changes[t], r, 1e-11 * in->sums[t]);
        assert_true(r >= p->tasks[t].floor - 1e-9 * in->sums[t] && fabs(r) <= p->tasks[t].keep + 1e-9 * in->sums[t]);
        objective = fmin(objective, r);
    }
    for (int64_t i = 0; i < p->pixels; ++i) changed += d[i] != 0 || d[p->pixels + i] != 0 || d[2 * p->pixels + i] != 0;
    assert_true(p->budget < 0 || changed <= p->budget);
    CHECK_NEAR(s->objective, objective, 1e-10 * in->sums[0]);
    assert_true(s->bound >= s->objective - 1e-12 * in->sums[0]);
}

static dgba_ilp_solution solve(int8_t *d, const image *in, dgba_ilp_solver solver, double gap) {
    const dgba_ilp_options options = {solver, 20, gap};
    dgba_ilp_solution s;
    CHECK_OK(dgba_ilp_solve(d, &s, &in->problem, &options));
    if (s.feasible) check_solution(in, d, &s);
    return s;
}

static void maxmin_of(int64_t tasks, relation how) {
    enum { PIXELS = 103041 }; // 321²
    image in;
    int8_t *d = NULL;
    make(&in, PIXELS, tasks, how);
    CHECK_OK(DGBA_NEW(&d, 3 * PIXELS));
    const dgba_ilp_solution s = solve(d, &in, DGBA_ILP_AUTO, 2e-6);
    assert_int_equal(s.solver, DGBA_ILP_DUAL);
    assert_int_equal(s.status, DGBA_ILP_OPTIMAL);
    assert_true(s.gap <= 2e-6);
    assert_int_equal(s.n, 309123);
    assert_true(s.core < s.n / 2); // reduced costs decide the rest
    dgba_free(d);
    destroy(&in);
}

static void three_independent(void **state) { (void)state, maxmin_of(3, INDEPENDENT); }
static void five_opposed(void **state) { (void)state, maxmin_of(5, OPPOSED); }

static void pixels_and_floor(void **state) {
    (void)state;
    enum { PIXELS = 9216 }; // 96²
    static int8_t d[3 * PIXELS];
    image in;
    make(&in, PIXELS, 3, CORRELATED);
    in.problem.budget = PIXELS / 10;
    in.problem.tasks[1].floor = 0.15 * in.sums[1];
    in.problem.tasks[2].keep = 0.2 * in.sums[2];
    const dgba_ilp_solution s = solve(d, &in, DGBA_ILP_DUAL, 1e-4);
    assert_int_equal(s.status, DGBA_ILP_OPTIMAL);
    in.problem.tasks[1].floor = 0.6 * in.sums[1]; // a tenth of the pixels cannot do that
    assert_int_equal(solve(d, &in, DGBA_ILP_DUAL, 1e-4).status, DGBA_ILP_INFEASIBLE);
    destroy(&in);
}

/** Two tasks of which one is the other turned round: nothing can be gained, and that is proven. */
static void exact_opponents(void **state) {
    (void)state;
    enum { PIXELS = 3000 };
    static int8_t d[3 * PIXELS];
    image in;
    make(&in, PIXELS, 2, INDEPENDENT);
    for (int64_t j = 0; j < 3 * PIXELS; ++j) in.coefficients[1][j] = -in.coefficients[0][j];
    const dgba_ilp_solution s = solve(d, &in, DGBA_ILP_DUAL, 2e-6);
    assert_int_equal(s.status, DGBA_ILP_OPTIMAL);
    CHECK_NEAR(s.bound, 0, 1e-11 * in.sums[0]);
    destroy(&in);
}

static void agrees_with_cbc(void **state) {
    (void)state;
    enum { PIXELS = 100 };
    int8_t d[3 * PIXELS];
    for (relation how = INDEPENDENT; how <= OPPOSED; ++how) {
        image in;
        make(&in, PIXELS, 3, how);
        const dgba_ilp_solution cbc = solve(d, &in, DGBA_ILP_CBC, 1e-4), dual = solve(d, &in, DGBA_ILP_DUAL, 1e-4);
        assert_true(cbc.status == DGBA_ILP_OPTIMAL && dual.status == DGBA_ILP_OPTIMAL);
        CHECK_NEAR(dual.objective, cbc.objective, 1.01e-4 * fabs(cbc.objective));
        assert_true(dual.bound >= cbc.objective * (1 - 1e-9) && cbc.bound >= dual.objective * (1 - 1e-7));
        destroy(&in);
    }
}

/** The time ends in the middle: what is there is told, with its bound. */
static void time_out(void **state) {
    (void)state;
    enum { PIXELS = 20000 };
    static int8_t d[3 * PIXELS];
    const dgba_ilp_options options = {DGBA_ILP_DUAL, 1e-4, 0};
    dgba_ilp_solution s;
    image in;
    make(&in, PIXELS, 5, INDEPENDENT);
    CHECK_OK(dgba_ilp_solve(d, &s, &in.problem, &options));
    assert_int_equal(s.status, DGBA_ILP_TIME_OUT);
    assert_string_equal(dgba_ilp_status_word(s.status), "time_out");
    assert_true(s.feasible && s.gap > 0 && s.bound > s.objective && !dgba_ilp_proven(&s));
    assert_true(s.seconds < 1);
    check_solution(&in, d, &s);
    destroy(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_independent), cmocka_unit_test(five_opposed),    cmocka_unit_test(pixels_and_floor),
        cmocka_unit_test(exact_opponents),   cmocka_unit_test(agrees_with_cbc), cmocka_unit_test(time_out),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
