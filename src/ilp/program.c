#include "program.h"

#include <math.h>

#include "kernel.h"

/** Part of a row's largest coefficient by which a constraint may be missed. */
#define TOLERANCE 1e-6

/** Largest Σ|a| that leaves room for products. */
#define MOST 1e100

dgba_ilp_problem dgba_ilp_problem_default(void) {
    dgba_ilp_problem problem = {.objective = DGBA_ILP_MEAN, .budget = -1};
    for (int64_t t = 0; t < DGBA_ILP_MOST_TASKS; ++t)
        problem.tasks[t] = (dgba_ilp_task){.scale = 1, .floor = -INFINITY, .keep = INFINITY};
    return problem;
}

static dgba_status check_sizes(const dgba_ilp_problem *problem) {
    int narrow = 0;
    if (problem->task_count < 0 || problem->task_count > DGBA_ILP_MOST_TASKS)
        return dgba_fail(DGBA_E_SHAPE, "an integer program of %lld tasks; there can be 0 to %d",
                         (long long)problem->task_count, DGBA_ILP_MOST_TASKS);
    if (problem->channels < 0 || problem->pixels < 0 || problem->channels > 1024)
        return dgba_fail(DGBA_E_SHAPE, "an integer program of %lld channels and %lld pixels", (long long)problem->channels,
                         (long long)problem->pixels);
    // CBC counts coefficients of its rows in an int: those of the tasks, and four a variable for the pixel budget.
    DGBA_TRY(dgba_narrow(&narrow, problem->pixels, "the number of pixels"));
    return dgba_narrow(&narrow, problem->channels * problem->pixels * (DGBA_ILP_MOST_TASKS + 5),
                       "the number of coefficients of an integer program");
}

static dgba_status check_task(const dgba_ilp_task *task, int64_t t) {
    if (!isfinite(task->scale) || task->scale < 0)
        return dgba_fail(DGBA_E_NUMERIC, "task %lld: its scale %g is not usable", (long long)t, task->scale);
    if (isnan(task->floor) || task->floor == INFINITY)
        return dgba_fail(DGBA_E_NUMERIC, "task %lld: its floor %g is not usable", (long long)t, task->floor);
    if (isnan(task->keep) || task->keep < 0)
        return dgba_fail(DGBA_E_NUMERIC, "task %lld: its keep %g is not usable", (long long)t, task->keep);
    return DGBA_OK;
}

static dgba_status refuse_coefficient(const float *coefficients, int64_t n, int64_t t) {
    int64_t j = 0;
    while (j < n && isfinite(coefficients[j])) ++j;
    if (j == n) return dgba_fail(DGBA_E_NUMERIC, "task %lld: its coefficients are too large", (long long)t);
    return dgba_fail(DGBA_E_NUMERIC, "task %lld, variable %lld: the coefficient is %g", (long long)t, (long long)j,
                     (double)coefficients[j]);
}

/** In the problem's units. */
static dgba_status make_row(ilp_row *out, const dgba_ilp_task *task, int64_t t, int64_t n) {
    ilp_sum sum = {0};
    DGBA_TRY(check_task(task, t));
    ilp_add_magnitudes(&sum, task->coefficients, n);
    *out = (ilp_row){.coefficients = task->coefficients, .scale = task->scale, .task = t};
    out->sum = task->scale * ilp_sum_value(&sum);
    if (!isfinite(ilp_sum_value(&sum)) || !(out->sum < MOST)) return refuse_coefficient(task->coefficients, n, t);
    out->largest = task->scale * (double)ilp_largest(task->coefficients, n);
    out->low = fmax(task->floor, -task->keep);
    out->high = task->keep;
    out->tolerance = TOLERANCE * out->largest;
    return DGBA_OK;
}

/** Divides everything by the largest Σ|a|. */
static void scale_rows(ilp_program *p) {
    double largest = 0;
    for (int64_t t = 0; t < p->row_count; ++t) largest = fmax(largest, p->rows[t].sum);
    p->unit = largest > 0 ? largest : 1;
    for (int64_t t = 0; t < p->row_count; ++t) {
        ilp_row *row = &p->rows[t];
        row->scale /= p->unit;
        row->low /= p->unit;
        row->high /= p->unit;
        row->tolerance /= p->unit;
        row->sum /= p->unit;
        row->largest /= p->unit;
    }
}

static dgba_status check_options(const dgba_ilp_options *options) {
    if (!(options->seconds > 0)) return dgba_fail(DGBA_E_CONFIG, "a time limit of %g s", options->seconds);
    if (!(options->gap >= 0)) return dgba_fail(DGBA_E_CONFIG, "a gap of %g", options->gap);
    return DGBA_OK;
}

dgba_status ilp_program_make(ilp_program *out, const dgba_ilp_problem *problem, const dgba_ilp_options *options) {
    DGBA_TRY(check_options(options));
    DGBA_TRY(check_sizes(problem));
    const int64_t pixels = problem->channels > 0 ? problem->pixels : 0;
    *out = (ilp_program){.maxmin = problem->objective == DGBA_ILP_MAXMIN,
                         .channels = problem->channels,
                         .pixels = pixels,
                         .n = problem->channels * pixels,
                         .budget = problem->budget >= 0 && problem->budget < pixels ? problem->budget : pixels,
                         .deadline = dgba_clock_seconds() + options->seconds,
                         .gap = options->gap};
    for (int64_t t = 0; t < problem->task_count; ++t) {
        if (problem->tasks[t].coefficients == NULL) continue;
        DGBA_TRY(make_row(&out->rows[out->row_count], &problem->tasks[t], t, out->n));
        ++out->row_count;
    }
    scale_rows(out);
    return DGBA_OK;
}

double ilp_seconds_left(const ilp_program *p) { return fmax(0, p->deadline - dgba_clock_seconds()); }

void ilp_changes(double *changes, const ilp_program *p, const int8_t *d) {
    for (int64_t t = 0; t < p->row_count; ++t) {
        ilp_sum sum = {0};
        ilp_add_products(&sum, p->rows[t].coefficients, d, p->n);
        changes[t] = p->rows[t].scale * ilp_sum_value(&sum);
    }
}

double ilp_objective(const ilp_program *p, const double *changes) {
    double mean = 0, least = INFINITY;
    for (int64_t t = 0; t < p->row_count; ++t) {
        mean += changes[t] / (double)p->row_count;
        least = fmin(least, changes[t]);
    }
    if (p->row_count == 0) return 0;
    return p->maxmin ? least : mean;
}

double ilp_violation(const ilp_program *p, const double *changes) {
    double violation = 0;
    for (int64_t t = 0; t < p->row_count; ++t) {
        const ilp_row *row = &p->rows[t];
        violation += fmax(0, row->low - row->tolerance - changes[t]) + fmax(0, changes[t] - row->tolerance - row->high);
    }
    return violation;
}

static double gap_unit(double bound, double most) { return fmax(fabs(bound), 1e-6 * most); }

double dgba_ilp_gap(double bound, double objective, double most) {
    const double difference = bound - objective;
    if (isnan(difference)) return INFINITY;
    if (difference <= 1e-13 * most) return 0;
    return difference / gap_unit(bound, most);
}

/** What the objective could be if the tasks agreed. */
static double most(const ilp_program *p) {
    double sums[DGBA_ILP_MOST_TASKS];
    for (int64_t t = 0; t < p->row_count; ++t) sums[t] = p->rows[t].sum;
    return ilp_objective(p, sums);
}

double ilp_gap(const ilp_program *p, const ilp_found *found) {
    return found->feasible ? dgba_ilp_gap(found->bound, found->objective, most(p)) : INFINITY;
}

double ilp_enough(const ilp_program *p, double bound) {
    return bound - 0.99 * fmax(1e-13 * most(p), p->gap * gap_unit(bound, most(p)));
}
