/** What is refused, what needs no solver, what is told of a solution. */
#include <math.h>
#include <string.h>

#include "dgba/ilp.h"
#include "support/near.h"

static const float first[] = {3, -2, 0, 1}, second[] = {-1, -2, 0, 2};

/** Two tasks, one channel, four pixels. */
static dgba_ilp_problem make(dgba_ilp_objective objective) {
    dgba_ilp_problem problem = dgba_ilp_problem_default();
    problem.objective = objective;
    problem.task_count = 2;
    problem.channels = 1;
    problem.pixels = 4;
    problem.tasks[0].coefficients = first;
    problem.tasks[1].coefficients = second;
    return problem;
}

static dgba_ilp_solution solve(int8_t *d, const dgba_ilp_problem *problem, dgba_ilp_solver solver) {
    dgba_ilp_options options = dgba_ilp_options_default();
    dgba_ilp_solution solution;
    options.solver = solver;
    CHECK_OK(dgba_ilp_solve(d, &solution, problem, &options));
    return solution;
}

static void check_d(const int8_t *d, const int8_t *expected, size_t count) { assert_memory_equal(d, expected, count); }

static void mean_is_the_sign_of_the_sum(void **state) {
    (void)state;
    static const int8_t expected[] = {1, -1, 0, 1};
    int8_t d[4];
    const dgba_ilp_problem problem = make(DGBA_ILP_MEAN);
    for (dgba_ilp_solver solver = DGBA_ILP_AUTO; solver <= DGBA_ILP_DUAL; ++solver) {
        const dgba_ilp_solution s = solve(d, &problem, solver);
        check_d(d, expected, 4);
        assert_int_equal(s.solver, DGBA_ILP_CLOSED_FORM); // nothing couples the variables
        assert_int_equal(s.status, DGBA_ILP_OPTIMAL);
        CHECK_NEAR(s.objective, 4.5, 1e-12);
        CHECK_NEAR(s.bound, 4.5, 1e-12);
        CHECK_NEAR(s.changes[0], 6, 1e-12);
        CHECK_NEAR(s.changes[1], 3, 1e-12);
        assert_int_equal(s.n, 4);
        assert_int_equal(s.core, 0);
        assert_true(s.seconds >= 0 && s.seconds < 10);
    }
}

/** r = (6, 3) at d = (1,-1,0,1), (0, 5) at (-1,-1,0,1), (3, 4) at (0,-1,0,1): no least is above 3. */
static void maxmin_worked_by_hand(void **state) {
    (void)state;
    int8_t d[4];
    const dgba_ilp_problem problem = make(DGBA_ILP_MAXMIN);
    const dgba_ilp_solver solvers[] = {DGBA_ILP_CBC, DGBA_ILP_DUAL};
    for (int i = 0; i < 2; ++i) {
        const dgba_ilp_solution s = solve(d, &problem, solvers[i]);
        CHECK_NEAR(s.objective, 3, 1e-9);
        CHECK_NEAR(s.bound, 3, 1e-4);
        assert_int_equal(s.solver, solvers[i]);
        assert_true(dgba_ilp_proven(&s));
        assert_int_equal(d[2], 0);
    }
    assert_int_equal(solve(d, &problem, DGBA_ILP_AUTO).solver, DGBA_ILP_CBC);
}

static void constraints_worked_by_hand(void **state) {
    (void)state;
    int8_t d[4];
    dgba_ilp_problem problem = make(DGBA_ILP_MEAN);
    problem.budget = 1; // the pixel with the largest sum, 4/2
    for (dgba_ilp_solver solver = DGBA_ILP_CBC; solver <= DGBA_ILP_DUAL; ++solver) {
        static const int8_t one[] = {0, -1, 0, 0};
        CHECK_NEAR(solve(d, &problem, solver).objective, 2, 1e-9);
        check_d(d, one, 4);
    }
    problem = make(DGBA_ILP_MEAN);
    problem.tasks[0].keep = 0; // 3 d0 - 2 d1 + d3 = 0: the best is (-1,-1,0,1), where the second has 5
    for (dgba_ilp_solver solver = DGBA_ILP_CBC; solver <= DGBA_ILP_DUAL; ++solver) {
        static const int8_t spared[] = {-1, -1, 0, 1};
        const dgba_ilp_solution s = solve(d, &problem, solver);
        CHECK_NEAR(s.objective, 2.5, 1e-9);
        check_d(d, spared, 4);
        CHECK_NEAR(s.changes[0], 0, 1e-9);
    }
    problem = make(DGBA_ILP_MEAN);
    problem.tasks[1].floor = 5;
    for (dgba_ilp_solver solver = DGBA_ILP_CBC; solver <= DGBA_ILP_DUAL; ++solver)
        CHECK_NEAR(solve(d, &problem, solver).changes[1], 5, 1e-9);
}

static void infeasible_is_said(void **state) {
    (void)state;
    static const int8_t nothing[4];
    int8_t d[4];
    dgba_ilp_problem out_of_reach = make(DGBA_ILP_MEAN), apart = make(DGBA_ILP_MEAN), both = make(DGBA_ILP_MAXMIN);
    out_of_reach.tasks[0].floor = 7;
    apart.tasks[0].floor = 1;
    apart.tasks[0].keep = 0.5;
    both.tasks[0].floor = 6; // only at (1,-1,.,1), where the second has 3
    both.tasks[1].floor = 4;
    const dgba_ilp_problem *problems[] = {&out_of_reach, &apart, &both};
    for (int i = 0; i < 3; ++i)
        for (dgba_ilp_solver solver = DGBA_ILP_CBC; solver <= DGBA_ILP_DUAL; ++solver) {
            const dgba_ilp_solution s = solve(d, problems[i], solver);
            assert_int_equal(s.status, DGBA_ILP_INFEASIBLE);
            assert_string_equal(dgba_ilp_status_word(s.status), "infeasible");
            assert_true(dgba_ilp_proven(&s) && !s.feasible);
            assert_true(isnan(s.objective) && s.bound == -INFINITY);
            check_d(d, nothing, 4);
        }
}

static void nothing_to_choose(void **state) {
    (void)state;
    static const float zeros[4];
    static const int8_t nothing[4];
    int8_t d[4] = {1, 1, 1, 1};
    dgba_ilp_problem problem = make(DGBA_ILP_MAXMIN);
    problem.budget = 0;
    assert_int_equal(solve(d, &problem, DGBA_ILP_AUTO).status, DGBA_ILP_OPTIMAL);
    check_d(d, nothing, 4);
    problem = make(DGBA_ILP_MAXMIN);
    problem.tasks[0].coefficients = problem.tasks[1].coefficients = zeros;
    for (dgba_ilp_solver solver = DGBA_ILP_CBC; solver <= DGBA_ILP_DUAL; ++solver) {
        const dgba_ilp_solution s = solve(d, &problem, solver);
        assert_int_equal(s.status, DGBA_ILP_OPTIMAL);
        CHECK_NEAR(s.objective, 0, 0);
        check_d(d, nothing, 4);
    }
    problem = make(DGBA_ILP_MAXMIN);
    problem.pixels = 0;
    assert_int_equal(solve(d, &problem, DGBA_ILP_DUAL).n, 0);
    problem = make(DGBA_ILP_MAXMIN);
    problem.task_count = 0;
    CHECK_NEAR(solve(d, &problem, DGBA_ILP_DUAL).objective, 0, 0);
    check_d(d, nothing, 4);
}

/** The others are solved as if it were not there, its constraints included. */
static void left_out_task(void **state) {
    (void)state;
    static const int8_t alone[] = {-1, -1, 0, 1};
    int8_t d[4];
    dgba_ilp_problem problem = make(DGBA_ILP_MAXMIN);
    problem.tasks[0].coefficients = NULL;
    problem.tasks[0].floor = 100;
    const dgba_ilp_solution s = solve(d, &problem, DGBA_ILP_AUTO);
    check_d(d, alone, 4);
    CHECK_NEAR(s.objective, 5, 1e-12);
    CHECK_NEAR(s.changes[0], 0, 0);
    CHECK_NEAR(s.changes[1], 5, 1e-12);
}

static void refused(const dgba_ilp_problem *problem, dgba_ilp_options options, dgba_status status, const char *message) {
    int8_t d[4] = {7, 7, 7, 7};
    dgba_ilp_solution solution;
    CHECK_FAILS(status, dgba_ilp_solve(d, &solution, problem, &options));
    CHECK_MESSAGE(message);
    assert_int_equal(d[0], 7);
}

static void bad_input_is_refused(void **state) {
    (void)state;
    static const float broken[] = {1, 2, NAN, 4}, endless[] = {1, -INFINITY, 3, 4};
    const dgba_ilp_options usual = dgba_ilp_options_default();
    dgba_ilp_problem p = make(DGBA_ILP_MAXMIN);
    p.tasks[1].coefficients = broken;
    refused(&p, usual, DGBA_E_NUMERIC, "task 1, variable 2: the coefficient is nan");
    p.tasks[1].coefficients = endless;
    refused(&p, usual, DGBA_E_NUMERIC, "task 1, variable 1: the coefficient is -inf");
    p = make(DGBA_ILP_MAXMIN);
    p.tasks[0].scale = 1e200;
    refused(&p, usual, DGBA_E_NUMERIC, "task 0: its coefficients are too large");
    p.tasks[0].scale = NAN;
    refused(&p, usual, DGBA_E_NUMERIC, "task 0: its scale nan is not usable");
    p = make(DGBA_ILP_MAXMIN);
    p.tasks[0].floor = NAN;
    refused(&p, usual, DGBA_E_NUMERIC, "task 0: its floor nan is not usable");
    p = make(DGBA_ILP_MAXMIN);
    p.tasks[1].keep = -1;
    refused(&p, usual, DGBA_E_NUMERIC, "task 1: its keep -1 is not usable");
    p = make(DGBA_ILP_MAXMIN);
    p.task_count = 9;
    refused(&p, usual, DGBA_E_SHAPE, "an integer program of 9 tasks; there can be 0 to 8");
    p = make(DGBA_ILP_MAXMIN);
    p.pixels = INT32_MAX;
    refused(&p, usual, DGBA_E_SHAPE, "the number of coefficients of an integer program is");
    p = make(DGBA_ILP_MAXMIN);
    refused(&p, (dgba_ilp_options){DGBA_ILP_AUTO, 0, 0}, DGBA_E_CONFIG, "a time limit of 0 s");
    refused(&p, (dgba_ilp_options){DGBA_ILP_AUTO, 1, NAN}, DGBA_E_CONFIG, "a gap of nan");
}

static void closed_form_is_refused_by_name(void **state) {
    (void)state;
    const dgba_ilp_options closed = {DGBA_ILP_CLOSED_FORM, 1, 0};
    dgba_ilp_problem p = make(DGBA_ILP_MAXMIN);
    refused(&p, closed, DGBA_E_CONFIG, "the solver closed_form cannot do maxmin");
    p = make(DGBA_ILP_MEAN);
    p.budget = 2;
    refused(&p, closed, DGBA_E_CONFIG, "the solver closed_form cannot do a pixel budget");
    p = make(DGBA_ILP_MEAN);
    p.tasks[1].keep = 2;
    refused(&p, closed, DGBA_E_CONFIG, "the solver closed_form cannot do a floor or keep");
}

static void gap_has_a_scale(void **state) {
    (void)state;
    CHECK_NEAR(dgba_ilp_gap(10, 9, 100), 0.1, 1e-15);
    CHECK_NEAR(dgba_ilp_gap(-9, -10, 100), 1.0 / 9, 1e-15);
    CHECK_NEAR(dgba_ilp_gap(9, 10, 100), 0, 0);
    CHECK_NEAR(dgba_ilp_gap(1e-9, 0, 100), 1e-5, 1e-15);
    assert_true(dgba_ilp_gap(10, NAN, 100) == INFINITY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_is_the_sign_of_the_sum),
        cmocka_unit_test(maxmin_worked_by_hand),
        cmocka_unit_test(constraints_worked_by_hand),
        cmocka_unit_test(infeasible_is_said),
        cmocka_unit_test(nothing_to_choose),
        cmocka_unit_test(left_out_task),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(closed_form_is_refused_by_name),
        cmocka_unit_test(gap_has_a_scale),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
