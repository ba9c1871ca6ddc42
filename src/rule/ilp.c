/** The direction is the solution of an integer program over the predicted relative changes of the tasks (dgba/ilp.h).
 *
 *  With a pixel budget, the memory holds which pixels may change. They are chosen at the first iterate whose program has a
 *  solution and kept from then on, so that the budget holds for the final image; until then none may change. With
 *  `resupport` they are chosen anew at each iterate, and what leaves is undone by the projection.
 *  A program without a solution leaves the image as it is at that iterate.
 */
#include "dgba/ilp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* ---- Options ---- */

/** "task=number", as the option has checked. */
static dgba_status read_limit(double *limits, const char *amount, const char *option, double least,
                              const char *const *tasks, int64_t count) {
    char task[DGBA_WORD_BYTES];
    int64_t found = 0;
    double value = 0;
    const int length = (int)strcspn(amount, "=");
    snprintf(task, sizeof task, "%.*s", length, amount);
    DGBA_TRY(dgba_context(dgba_text_find(&found, task, tasks, count, "task"), "%s", option));
    DGBA_TRY(dgba_text_real(&value, amount + length + 1));
    if (!(value >= least && value < INFINITY))
        return dgba_fail(DGBA_E_CONFIG, "%s: '%s' is no value for a task", option, amount);
    limits[found] = value;
    return DGBA_OK;
}

static dgba_status read_limits(double *limits, const dgba_words *words, const char *option, double least, double none,
                               const char *const *tasks, int64_t count) {
    for (int64_t t = 0; t < DGBA_RULE_MOST_TASKS; ++t) limits[t] = none;
    for (int64_t i = 0; i < words->count; ++i) DGBA_TRY(read_limit(limits, words->items[i], option, least, tasks, count));
    return DGBA_OK;
}

static bool has_budget(const dgba_rule *rule) { return rule->ilp.pixels[0] != '\0'; }

/** "300" or "3%", rounded down; `pixels` if there is no budget. */
static dgba_status read_budget(int64_t *out, const dgba_rule *rule, int64_t pixels) {
    char text[DGBA_OPTION_TEXT_BYTES];
    double value = 0;
    snprintf(text, sizeof text, "%s", rule->ilp.pixels);
    *out = pixels;
    if (!has_budget(rule)) return DGBA_OK;
    char *percent = strchr(text, '%');
    if (percent != NULL) *percent = '\0';
    if (dgba_text_real(&value, text) != DGBA_OK || !(value >= 0) ||
        (percent != NULL && (value > 100 || percent[1] != '\0')) || (percent == NULL && value != floor(value)))
        return dgba_fail(DGBA_E_CONFIG, "pixels: '%s' is neither a number of pixels nor a percentage", rule->ilp.pixels);
    const double budget = percent != NULL ? floor(value / 100 * (double)pixels + 1e-9) : value;
    *out = budget < (double)pixels ? (int64_t)budget : pixels;
    return DGBA_OK;
}

static dgba_status bind(dgba_rule *rule, const char *const *tasks, int64_t count) {
    int64_t budget = 0;
    dgba_rule_ilp *ilp = &rule->ilp;
    DGBA_TRY(read_limits(ilp->floors, &ilp->floor, "floor", -INFINITY, -INFINITY, tasks, count));
    DGBA_TRY(read_limits(ilp->keeps, &ilp->keep, "keep", 0, INFINITY, tasks, count));
    DGBA_TRY(read_budget(&budget, rule, 0));
    if (ilp->solver != DGBA_ILP_CLOSED_FORM) return DGBA_OK;
    if (ilp->objective != DGBA_ILP_MEAN || has_budget(rule) || ilp->floor.count > 0 || ilp->keep.count > 0)
        return dgba_fail(DGBA_E_CONFIG, "the solver closed_form needs objective mean and no constraints");
    return DGBA_OK;
}

/* ---- Memory: a flag per sample, whether its pixels are chosen, then which they are ---- */

static uint8_t *chosen_of(const dgba_rule_input *input) { return input->state; }
static uint8_t *support_of(const dgba_rule_input *input) { return (uint8_t *)input->state + input->samples; }

static size_t state_bytes(const dgba_rule *rule, const dgba_rule_input *input) {
    return has_budget(rule) ? (size_t)(input->samples * (1 + input->pixels)) : 0;
}

static void start(const dgba_rule *rule, const dgba_rule_input *input) {
    if (has_budget(rule)) memset(input->state, 0, state_bytes(rule, input));
}

static const uint8_t *support(const dgba_rule *rule, const dgba_rule_input *input) {
    return has_budget(rule) ? support_of(input) : NULL;
}

/* ---- One sample ---- */

/** The task's gradient, 0 where it is not finite or the pixel may not change. */
static void copy_gradient(float *to, const float *from, const dgba_rule_input *input, const uint8_t *allowed) {
    for (int64_t c = 0; c < input->channels; ++c)
        for (int64_t i = 0; i < input->pixels; ++i) {
            const int64_t j = c * input->pixels + i;
            to[j] = isfinite(from[j]) && (allowed == NULL || allowed[i]) ? from[j] : 0;
        }
}

static void set_problem(dgba_ilp_problem *problem, float *coefficients, const dgba_rule *rule,
                        const float *const *gradients, const dgba_rule_input *input, int64_t sample,
                        const uint8_t *allowed) {
    const int64_t size = input->channels * input->pixels;
    *problem = dgba_ilp_problem_default();
    problem->objective = (dgba_ilp_objective)rule->ilp.objective;
    problem->task_count = input->tasks;
    problem->channels = input->channels;
    problem->pixels = input->pixels;
    for (int64_t t = 0; t < input->tasks; ++t) {
        const int64_t pair = t * input->samples + sample;
        dgba_ilp_task *task = &problem->tasks[t];
        if (!input->active[pair]) continue;
        copy_gradient(coefficients + t * size, gradients[t] + sample * size, input, allowed);
        task->coefficients = coefficients + t * size;
        task->scale = input->epsilon / input->losses[pair];
        if (rule->ilp.floor.count > 0) task->floor = rule->ilp.floors[t];
        if (rule->ilp.keep.count > 0) task->keep = rule->ilp.keeps[t];
    }
}

static void tell(const dgba_rule_input *input, int64_t sample, const dgba_ilp_solution *s) {
    const dgba_rule_solve solve = {.sample = sample,
                                   .iteration = input->iteration,
                                   .variables = s->n,
                                   .core = s->core,
                                   .objective = s->objective,
                                   .bound = s->bound,
                                   .gap = s->gap,
                                   .proven = dgba_ilp_proven(s),
                                   .seconds = s->seconds,
                                   .solver = dgba_ilp_solver_words[s->solver],
                                   .status = dgba_ilp_status_word(s->status)};
    dgba_rule_tell(input, &solve);
}

/** The pixels that d changes are those that may change. */
static void set_support(uint8_t *allowed, const int8_t *d, const dgba_rule_input *input) {
    memset(allowed, 0, (size_t)input->pixels);
    for (int64_t j = 0; j < input->channels * input->pixels; ++j)
        if (d[j] != 0) allowed[j % input->pixels] = 1;
}

static dgba_status combine_sample(float *direction, int8_t *d, float *coefficients, const dgba_rule *rule,
                                  const float *const *gradients, const dgba_rule_input *input, int64_t sample) {
    const int64_t size = input->channels * input->pixels;
    const dgba_ilp_options options = {(dgba_ilp_solver)rule->ilp.solver, rule->ilp.seconds, rule->ilp.gap};
    uint8_t *allowed = has_budget(rule) ? support_of(input) + sample * input->pixels : NULL;
    const bool choose = allowed != NULL && (rule->ilp.resupport || input->iteration == 0 || !chosen_of(input)[sample]);
    dgba_ilp_problem problem;
    dgba_ilp_solution solution;
    set_problem(&problem, coefficients, rule, gradients, input, sample, choose ? NULL : allowed);
    if (choose) DGBA_TRY(read_budget(&problem.budget, rule, input->pixels));
    DGBA_TRY(dgba_context(dgba_ilp_solve(d, &solution, &problem, &options), "sample %lld", (long long)sample));
    tell(input, sample, &solution);
    if (choose && solution.feasible) {
        set_support(allowed, d, input);
        chosen_of(input)[sample] = 1;
    }
    for (int64_t j = 0; j < size; ++j) direction[sample * size + j] = d[j];
    return DGBA_OK;
}

static dgba_status combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                           const dgba_rule_input *input) {
    float *coefficients = NULL;
    int8_t *d = NULL;
    dgba_status status;
    DGBA_TRY_OUT(DGBA_NEW(&coefficients, input->tasks * size));
    DGBA_TRY_OUT(DGBA_NEW(&d, size));
    for (int64_t n = 0; n < input->samples; ++n)
        DGBA_TRY_OUT(combine_sample(direction, d, coefficients, rule, gradients, input, n));
out:
    dgba_free(coefficients);
    dgba_free(d);
    return status;
}

/** What the objective predicts, as it came: mean or least of the relative rises. */
static void score_of(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    for (int64_t n = 0; n < input->samples; ++n) {
        double mean = 0, least = INFINITY, count = 0;
        for (int64_t i = n; i < input->tasks * input->samples; i += input->samples) {
            if (!input->active[i]) continue;
            const double rise = (input->losses[i] - input->clean_losses[i]) / input->clean_losses[i];
            mean += rise;
            least = fmin(least, rise);
            count += 1;
        }
        if (count == 0)
            scores[n] = 0;
        else
            scores[n] = rule->ilp.objective == DGBA_ILP_MAXMIN ? least : mean / count;
    }
}

#define ILP(name, kind, fallback, low, high, choices, help) \
    { #name, DGBA_OPTION_##kind, offsetof(dgba_rule, ilp.name), fallback, low, high, choices, help }

static const dgba_option options[] = {
    ILP(objective, CHOICE, "maxmin", 0, 0, dgba_ilp_objective_words,
        "predicted relative change: of the mean task, or least"),
    ILP(pixels, TEXT, "", 0, 0, NULL, "most pixels changed, in the final image: a number, or as 3%; without it all"),
    ILP(floor, AMOUNTS, "[]", 0, 0, NULL, "least predicted relative change of tasks, {task: value} or [task=value]"),
    ILP(keep, AMOUNTS, "[]", 0, 0, NULL,
        "most predicted relative change of tasks, up or down, {task: value} or [task=value]"),
    ILP(solver, CHOICE, "auto", 0, 0, dgba_ilp_solver_words, "who solves"),
    {"time_limit", DGBA_OPTION_REAL, offsetof(dgba_rule, ilp.seconds), "10", 1e-6, 1e9, NULL, "seconds for each program"},
    ILP(gap, REAL, "1e-4", 0, 1, NULL, "relative gap at which a solution counts as proven"),
    ILP(resupport, BOOL, "false", 0, 0, NULL, "choose the pixels anew at each iterate, and undo what leaves them"),
};
static const dgba_option_table table = {"ilp", "integer program", options, DGBA_COUNT_OF(options)};

const dgba_rule_kind dgba_rule_ilp_kind = {
    .name = "ilp",
    .help = "solve an integer program: hurt every task, within a pixel budget, with floors, or sparing a task",
    .direction =
        "d in {-1,0,1}^n that maximises mean_t or min_t r_t, r_t = sum_j a_tj d_j, a_tj = epsilon g_tj / L_t,\n"
        "            with at most `pixels` pixels changed, r_t >= floor, |r_t| <= keep",
    .score = "mean or min of (L_t - L0_t) / L0_t",
    .options = &table,
    .needs_task_gradients = true,
    .combine = combine,
    .score_of = score_of,
    .state_bytes = state_bytes,
    .start = start,
    .support = support,
    .bind = bind,
};
