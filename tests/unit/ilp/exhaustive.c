/** Small programs of every kind, by every solver, against a search through all d. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dgba/ilp.h"
#include "ref/ilp.h"
#include "support/near.h"

enum { MOST_TASKS = 5, MOST_VARIABLES = 20 };

/** What makes a program nasty. */
typedef enum flavour { RANDOM, TIES, ZEROS, TINY, HUGE_ONES, SCALES, OPPOSED, MIXED, FLAVOURS } flavour;

typedef struct instance {
    dgba_ilp_problem problem;
    float coefficients[MOST_TASKS][MOST_VARIABLES];
    char name[160];
} instance;

static double coefficient(flavour f, int64_t t, dgba_random *stream) {
    const double x = dgba_random_normal(stream);
    switch (f) {
        case TIES: return round(x);
        case ZEROS: return dgba_random_below(stream, 2) > 0 ? 0 : x;
        case TINY: return 1e-12 * x;
        case HUGE_ONES: return 1e12 * x;
        case SCALES: return x * pow(10, 2.0 * (double)t - 4);
        case MIXED: return x * pow(10, -(double)dgba_random_below(stream, 5));
        default: return x;
    }
}

/** Constraints are asked for by the bits of `kind`: 1 pixels, 2 floor, 4 keep; floors are sometimes out of reach. */
static void constrain(instance *in, int kind, dgba_random *stream) {
    dgba_ilp_problem *p = &in->problem;
    if (kind & 1) p->budget = dgba_random_below(stream, p->pixels + 2);
    for (int64_t t = 0; t < p->task_count; ++t) {
        double most = 0;
        for (int64_t j = 0; j < p->channels * p->pixels; ++j)
            most += p->tasks[t].scale * fabs((double)in->coefficients[t][j]);
        if ((kind & 2) && dgba_random_below(stream, 2) > 0)
            p->tasks[t].floor = dgba_random_between(stream, -0.5, 0.8) * most;
        if ((kind & 4) && dgba_random_below(stream, 2) > 0)
            p->tasks[t].keep = dgba_random_below(stream, 4) > 0 ? dgba_random_between(stream, 0, 0.3) * most : 0;
    }
}

static void make(instance *in, uint64_t seed, int64_t channels, int64_t pixels) {
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 1);
    const flavour f = (flavour)dgba_random_below(&stream, FLAVOURS);
    const int kind = (int)dgba_random_below(&stream, 8);
    in->problem = dgba_ilp_problem_default();
    dgba_ilp_problem *p = &in->problem;
    p->objective = dgba_random_below(&stream, 3) > 0 ? DGBA_ILP_MAXMIN : DGBA_ILP_MEAN;
    p->task_count = 1 + dgba_random_below(&stream, MOST_TASKS);
    p->channels = channels;
    p->pixels = pixels;
    for (int64_t t = 0; t < p->task_count; ++t) {
        for (int64_t j = 0; j < channels * pixels; ++j) {
            const double own = coefficient(f, t, &stream);
            in->coefficients[t][j] = (float)(f == OPPOSED && t > 0 ? 0.2 * own - (double)in->coefficients[t - 1][j] : own);
        }
        p->tasks[t].coefficients = in->coefficients[t];
        p->tasks[t].scale = dgba_random_between(&stream, 0.1, 3);
    }
    constrain(in, kind, &stream);
    snprintf(in->name, sizeof in->name, "seed %llu, flavour %d, constraints %d, %s of %lld tasks, %lld x %lld variables",
             (unsigned long long)seed, (int)f, kind, dgba_ilp_objective_words[p->objective], (long long)p->task_count,
             (long long)channels, (long long)pixels);
}

/** The twin's program, its ranges wider (or narrower) by `slack` of each task's largest coefficient. */
static double twin_best(const instance *in, double slack) {
    const dgba_ilp_problem *p = &in->problem;
    const int64_t n = p->channels * p->pixels;
    double a[MOST_TASKS * MOST_VARIABLES], low[MOST_TASKS], high[MOST_TASKS];
    for (int64_t t = 0; t < p->task_count; ++t) {
        double largest = 0;
        for (int64_t j = 0; j < n; ++j) {
            a[t * n + j] = p->tasks[t].scale * (double)in->coefficients[t][j];
            largest = fmax(largest, fabs(a[t * n + j]));
        }
        low[t] = fmax(p->tasks[t].floor, -p->tasks[t].keep) - slack * largest;
        high[t] = p->tasks[t].keep + slack * largest;
    }
    const ref_ilp twin = {
        p->task_count, n, p->pixels, p->budget < 0 ? p->pixels : p->budget, a, low, high, p->objective == DGBA_ILP_MAXMIN};
    return ref_ilp_best(&twin);
}

/** Σ|a| of the task that decides: the largest for the mean, the smallest for the least. */
static double size_of(const instance *in) {
    const bool maxmin = in->problem.objective == DGBA_ILP_MAXMIN;
    double size = maxmin ? INFINITY : 0;
    for (int64_t t = 0; t < in->problem.task_count; ++t) {
        double sum = 0;
        for (int64_t j = 0; j < in->problem.channels * in->problem.pixels; ++j)
            sum += in->problem.tasks[t].scale * fabs((double)in->coefficients[t][j]);
        size = maxmin ? fmin(size, sum) : fmax(size, sum);
    }
    return size;
}

/** The answer lies between the best of the narrower and of the wider program, and is proven, unless so little is left that
 *  CBC's arithmetic does not tell it from nothing. */
static void check_instance(const instance *in, dgba_ilp_solver solver) {
    dgba_ilp_options options = dgba_ilp_options_default();
    dgba_ilp_solution solution;
    int8_t d[MOST_VARIABLES];
    options.solver = solver;
    options.gap = 1e-7;
    const dgba_status status = dgba_ilp_solve(d, &solution, &in->problem, &options);
    if (status != DGBA_OK) print_error("%s: %s\n", in->name, dgba_error());
    assert_int_equal(status, DGBA_OK);
    const double least = twin_best(in, -2e-6), most = twin_best(in, 2e-6);
    const double rounding = 1e-6 * size_of(in);
    const bool infeasible = solution.status == DGBA_ILP_INFEASIBLE;
    const bool right = infeasible ? least == -INFINITY
                                  : solution.feasible && solution.objective >= least - rounding &&
                                        solution.objective <= most + rounding && solution.bound >= least - rounding &&
                                        (dgba_ilp_proven(&solution) || solution.bound - solution.objective < rounding);
    if (!right)
        print_error("%s by %s: %s, objective %.12g, bound %.12g, gap %.3g; the twin has %.12g to %.12g\n", in->name,
                    dgba_ilp_solver_words[solution.solver], dgba_ilp_status_word(solution.status), solution.objective,
                    solution.bound, solution.gap, least, most);
    assert_true(right);
}

static void both_solvers(uint64_t first, uint64_t last, int64_t channels, int64_t pixels) {
    for (uint64_t seed = first; seed < last; ++seed) {
        instance in;
        make(&in, seed, channels, pixels);
        check_instance(&in, DGBA_ILP_CBC);
        check_instance(&in, DGBA_ILP_DUAL);
    }
}

/** DGBA_ILP_SEEDS=3000 for the long form. */
static uint64_t seeds(void) {
    const char *asked = getenv("DGBA_ILP_SEEDS");
    return asked != NULL ? strtoull(asked, NULL, 10) : 20;
}

static void one_channel(void **state) {
    (void)state;
    both_solvers(0, seeds(), 1, 8);
}

static void three_channels(void **state) {
    (void)state;
    both_solvers(100000, 100000 + seeds(), 3, 3);
}

/** As many variables as the twin's search, which leaves out hopeless branches, can decide in a test. */
static void up_to_fourteen_variables(void **state) {
    (void)state;
    for (int64_t n = 12; n <= 14; ++n) {
        const uint64_t first = 200000 + 1000 * (uint64_t)n;
        both_solvers(first, first + seeds() / 10, 1, n);
    }
}

/** Few enough pixels may change that all choices can be tried. */
static void twenty_variables(void **state) {
    (void)state;
    for (uint64_t seed = 300000; seed < 300000 + seeds() / 2; ++seed) {
        instance in;
        make(&in, seed, 1, MOST_VARIABLES);
        in.problem.budget = 1 + (int64_t)(seed % 4);
        check_instance(&in, DGBA_ILP_CBC);
        check_instance(&in, DGBA_ILP_DUAL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_channel),
        cmocka_unit_test(three_channels),
        cmocka_unit_test(up_to_fourteen_variables),
        cmocka_unit_test(twenty_variables),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
