/** Auto-PGD: momentum, and a step size that is halved, sample by sample, when progress stalls.
 *  Source    Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
 *            attacks", ICML 2020, as published with AutoAttack
 */
#include <math.h>

#include "steps.h"

/** Each per sample. */
typedef enum number { ETA, SCORE, LAST_SCORE, BEST, BEST_AT_CHECK, RAISED, HALVED, KEPT, NUMBERS } number;

typedef struct search {
    dgba_attack_state *state;
    float *iterate, *previous, *z;
    float *best, *best_direction; // (N,C,H,W) of this start
    float *kept;                  // (N,C,H,W) best of all starts
} search;

static double *number_of(const search *s, number which, int64_t sample) {
    return s->state->numbers + (int64_t)which * s->state->oracle->shape.n + sample;
}

static double alpha_of(const dgba_step *step, double epsilon) {
    (void)step;
    return 2 * epsilon;
}

static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)tasks;
    const int64_t clean_starts = !step->random_start;
    return (dgba_passes){step->restarts * (step->iterations + 1) - clean_starts,
                         step->restarts * step->iterations * backward};
}

static int64_t at_least(double value, int64_t least) { return value > (double)least ? (int64_t)value : least; }

/** Scores of the last evaluation; the best point moves where they are higher. `has_direction`: that of the point is known.
 */
static void note_scores(search *s, bool has_direction) {
    dgba_attack_scores(number_of(s, SCORE, 0), s->state);
    for (int64_t n = 0; n < s->state->oracle->shape.n; ++n) {
        const double score = *number_of(s, SCORE, n);
        *number_of(s, RAISED, n) += score > *number_of(s, LAST_SCORE, n);
        *number_of(s, LAST_SCORE, n) = score;
        if (score <= *number_of(s, BEST, n)) continue;
        *number_of(s, BEST, n) = score;
        dgba_attack_copy(s->best, s->iterate, s->state, n);
        if (has_direction) dgba_attack_copy(s->best_direction, s->state->direction, s->state, n);
    }
}

/** Halves the step size of the samples whose search stalls, and sends them back to their best point. */
static void check_progress(search *s, int64_t period) {
    for (int64_t n = 0; n < s->state->oracle->shape.n; ++n) {
        double *best_at_check = number_of(s, BEST_AT_CHECK, n), *halved = number_of(s, HALVED, n);
        const double best = *number_of(s, BEST, n);
        const bool swings = *number_of(s, RAISED, n) <= 0.75 * (double)period;
        const bool rests = *halved == 0 && best <= *best_at_check;
        *halved = swings || rests;
        *best_at_check = best;
        *number_of(s, RAISED, n) = 0;
        if (*halved == 0) continue;
        *number_of(s, ETA, n) /= 2;
        dgba_attack_copy(s->iterate, s->best, s->state, n);
        dgba_attack_copy(s->state->direction, s->best_direction, s->state, n);
    }
}

static void step_once(search *s, double a) {
    for (int64_t n = 0; n < s->state->oracle->shape.n; ++n) {
        dgba_attack_copy(s->z, s->iterate, s->state, n);
        dgba_attack_move_sample(s->z, s->state, s->state->direction, n, *number_of(s, ETA, n));
        dgba_attack_blend(s->iterate, s->previous, s->z, s->state, n, a);
    }
}

/** The first point of a start, and its direction. */
static dgba_status begin(search *s, int64_t restart) {
    dgba_attack_state *state = s->state;
    const bool random = restart > 0 || state->attack->step.random_start;
    dgba_attack_start(s->iterate, state, random ? START_SURFACE : START_CLEAN, restart);
    if (random) DGBA_TRY(dgba_attack_evaluate(state, s->iterate));
    DGBA_TRY(dgba_attack_direction(state));
    for (int64_t n = 0; n < state->oracle->shape.n; ++n) {
        *number_of(s, ETA, n) = alpha_of(&state->attack->step, state->attack->epsilon);
        *number_of(s, BEST, n) = *number_of(s, LAST_SCORE, n) = -INFINITY;
        dgba_attack_copy(s->previous, s->iterate, state, n);
    }
    note_scores(s, true);
    for (int64_t n = 0; n < state->oracle->shape.n; ++n) {
        *number_of(s, RAISED, n) = 0;
        *number_of(s, HALVED, n) = 1; // the first check has no check before it
        *number_of(s, BEST_AT_CHECK, n) = *number_of(s, BEST, n);
    }
    return DGBA_OK;
}

static dgba_status climb(search *s, int64_t restart) {
    const int64_t iterations = s->state->attack->step.iterations;
    int64_t period = at_least(0.22 * (double)iterations, 1), since = 0;
    DGBA_TRY(begin(s, restart));
    for (int64_t k = 1; k <= iterations; ++k) {
        const bool more = k < iterations;
        step_once(s, k == 1 ? 1 : 0.75);
        DGBA_TRY(dgba_attack_evaluate(s->state, s->iterate));
        if (more) DGBA_TRY(dgba_attack_direction(s->state));
        note_scores(s, more);
        if (++since < period) continue;
        check_progress(s, period);
        period -= at_least(0.03 * (double)iterations, 1);
        period = at_least((double)period, at_least(0.06 * (double)iterations, 1));
        since = 0;
    }
    return DGBA_OK;
}

static void keep_better(search *s, int64_t restart) {
    for (int64_t n = 0; n < s->state->oracle->shape.n; ++n) {
        if (restart > 0 && *number_of(s, BEST, n) <= *number_of(s, KEPT, n)) continue;
        *number_of(s, KEPT, n) = *number_of(s, BEST, n);
        dgba_attack_copy(s->kept, s->best, s->state, n);
    }
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    float *const *arrays = state->arrays;
    search s = {state, iterate, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4]};
    for (int64_t r = 0; r < state->attack->step.restarts; ++r) {
        DGBA_TRY(climb(&s, r));
        keep_better(&s, r);
    }
    for (int64_t n = 0; n < state->oracle->shape.n; ++n) dgba_attack_copy(iterate, s.kept, state, n);
    return DGBA_OK;
}

static const dgba_option options[] = {
    OPTION_ITERATIONS,
    OPTION_NORM,
    OPTION_RESTARTS,
    {"random_start", DGBA_OPTION_BOOL, offsetof(dgba_step, random_start), "true", 0, 0, NULL,
     "whether the first start is random too, not the clean image"},
};
static const dgba_option_table table = {"apgd", "Auto-PGD", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_apgd = {
    .name = "apgd",
    .help = "Auto-PGD as published: momentum, step sizes halved per sample where progress stalls, best iterate kept",
    .formula =
        "x on the surface of the ball; eta = 2 epsilon; N times z = P(x + eta sign u),\n"
        "          x <- P(x + a (z - x) + (1 - a)(x - x_before)), a = 1, then .75; first check after .22 N steps",
    .options = &table,
    .is_random = true,
    .images = 5,
    .numbers = NUMBERS,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
