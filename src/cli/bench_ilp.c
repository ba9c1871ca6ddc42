/** Integer programs of the size of images, from gradients that agree, oppose each other, or have nothing to do with each
 *  other. */
#include <math.h>

#include "bench.h"
#include "command.h"
#include "dgba/ilp.h"

enum { MOST_TASKS = 5, CHANNELS = 3, TIME_LIMIT = 2 };

typedef enum relation { INDEPENDENT, CORRELATED, OPPOSED, RELATIONS } relation;
static const char *const relation_words[] = {"independent", "correlated", "opposed"};

/** What is asked; fractions of the pixels, and of what the first and the last task could change. */
typedef struct constraints {
    const char *name;
    dgba_ilp_objective objective;
    double pixels, floor, keep; // NaN = none
    double gap;
} constraints;

static const constraints mixes[] = {
    {"maxmin", DGBA_ILP_MAXMIN, NAN, NAN, NAN, 2e-6},
    {"maxmin, floor", DGBA_ILP_MAXMIN, NAN, 0.25, NAN, 2e-6},
    {"maxmin, pixels 10%", DGBA_ILP_MAXMIN, 0.1, NAN, NAN, 1e-4},
    {"maxmin, pixels 10%, floor", DGBA_ILP_MAXMIN, 0.1, 0.05, NAN, 1e-4},
    {"maxmin, pixels 1%, floor", DGBA_ILP_MAXMIN, 0.01, 0.01, NAN, 1e-4},
    {"mean, pixels 10%, floor", DGBA_ILP_MEAN, 0.1, 0.05, NAN, 1e-4},
    {"mean, pixels 1%, floor", DGBA_ILP_MEAN, 0.01, 0.01, NAN, 1e-4},
    {"mean, pixels 3%, keep", DGBA_ILP_MEAN, 0.03, NAN, 0.005, 1e-4},
};

typedef struct gradients {
    int64_t tasks, pixels;
    relation how;
    float *values[MOST_TASKS];
    double sums[MOST_TASKS];
} gradients;

static dgba_status create(gradients *g, int64_t tasks, int64_t pixels, relation how, uint64_t seed) {
    *g = (gradients){.tasks = tasks, .pixels = pixels, .how = how};
    for (int64_t t = 0; t < tasks; ++t) {
        dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, (uint64_t)t);
        DGBA_TRY(DGBA_NEW(&g->values[t], CHANNELS * pixels));
        for (int64_t j = 0; j < CHANNELS * pixels; ++j) {
            const double own = dgba_random_normal(&stream) * exp(dgba_random_normal(&stream));
            const double other = t > 0 ? (double)g->values[t - 1][j] : 0;
            g->values[t][j] = (float)(how == INDEPENDENT ? own : how == CORRELATED ? other + 0.3 * own : 0.1 * own - other);
            g->sums[t] += fabs((double)g->values[t][j]);
        }
    }
    return DGBA_OK;
}

static void destroy(gradients *g) {
    for (int64_t t = 0; t < MOST_TASKS; ++t) dgba_free(g->values[t]);
}

static dgba_ilp_problem make(const gradients *g, const constraints *mix) {
    dgba_ilp_problem problem = dgba_ilp_problem_default();
    problem.objective = mix->objective;
    problem.task_count = g->tasks;
    problem.channels = CHANNELS;
    problem.pixels = g->pixels;
    for (int64_t t = 0; t < g->tasks; ++t) problem.tasks[t].coefficients = g->values[t];
    if (!isnan(mix->pixels)) problem.budget = (int64_t)(mix->pixels * (double)g->pixels);
    if (!isnan(mix->floor)) problem.tasks[0].floor = mix->floor * g->sums[0];
    if (!isnan(mix->keep)) problem.tasks[g->tasks - 1].keep = mix->keep * g->sums[g->tasks - 1];
    return problem;
}

/** A line as soon as it is known. */
static dgba_status print(bench_format format, const gradients *g, const char *program, const dgba_ilp_solution *s,
                         double seconds) {
    dgba_text line = {0};
    dgba_text_add(&line,
                  format == BENCH_CSV ? "%lld,%lld,%s,\"%s\",%s,%s,%.1e,%lld,%.1f\n"
                                      : "%7lld %2lld  %-11s  %-26s  %-6s  %-10s  %8.1e  %7lld  %8.1f\n",
                  (long long)s->n, (long long)g->tasks, relation_words[g->how], program, dgba_ilp_solver_words[s->solver],
                  dgba_ilp_status_word(s->status), s->gap, (long long)s->core, 1e3 * seconds);
    const dgba_status status = print_text(&line);
    dgba_text_free(&line);
    return status;
}

static dgba_status measure(const gradients *g, const constraints *mix, const bench_options *options) {
    const dgba_ilp_problem problem = make(g, mix);
    const dgba_ilp_options how = {DGBA_ILP_AUTO, TIME_LIMIT, mix->gap};
    dgba_ilp_solution s = {0};
    double seconds = INFINITY;
    int8_t *d = NULL;
    dgba_status status;
    DGBA_TRY_OUT(DGBA_NEW(&d, CHANNELS * g->pixels));
    for (int64_t r = 0; r < options->repeat; ++r) {
        DGBA_TRY_OUT(dgba_ilp_solve(d, &s, &problem, &how));
        seconds = fmin(seconds, s.seconds);
    }
    status = print((bench_format)options->format, g, mix->name, &s, seconds);
out:
    dgba_free(d);
    return status;
}

static dgba_status measure_all(int64_t tasks, relation how, const bench_options *options) {
    gradients g;
    dgba_status status;
    DGBA_TRY_OUT(create(&g, tasks, options->size * options->size, how, (uint64_t)options->seed));
    for (int64_t i = 0; i < DGBA_COUNT_OF(mixes); ++i) DGBA_TRY_OUT(measure(&g, &mixes[i], options));
out:
    destroy(&g);
    return status;
}

dgba_status bench_ilp(const bench_options *options) {
    static const int64_t tasks[] = {3, 5};
    dgba_text heading = {0};
    dgba_text_add(&heading, options->format == BENCH_CSV ? "variables,tasks,gradients,program,solver,status,gap,core,ms\n"
                                                         : "      n  T  gradients    program                     solver  "
                                                           "status           gap     core        ms\n");
    dgba_status status = print_text(&heading);
    dgba_text_free(&heading);
    for (int64_t t = 0; t < DGBA_COUNT_OF(tasks); ++t)
        for (relation how = INDEPENDENT; how < RELATIONS && status == DGBA_OK; ++how)
            status = measure_all(tasks[t], how, options);
    return status;
}
