/** Auto-PGD as the released code of arXiv 2305.12066 has it, kept for comparison: one score and one step size for the whole
 *  batch, checks at the checkpoints of the paper, and by default no return to the best point. */
#include <math.h>
#include <string.h>

#include "steps.h"

/** One search for the whole batch. */
typedef struct search {
    dgba_attack_state *state;
    float *iterate, *previous, *z, *best, *best_direction; // (N,C,H,W)
    double eta, score, best_score;                         // now
    double eta_at_check, score_at_check;                   // at the last checkpoint
    int64_t raised, since;                                 // steps since then: that raised the score, and all
} search;

static double alpha_of(const dgba_step *step, double epsilon) { return epsilon / (double)step->iterations; }

static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)tasks;
    return (dgba_passes){step->iterations, step->iterations * backward};
}

static void copy_batch(float *to, const float *from, const search *s) {
    memcpy(to, from, (size_t)dgba_shape_count(s->state->oracle->shape) * sizeof *to);
}

/** z = clip_ε(x + η sign u): the ball without the box. */
static void look_ahead(search *s) {
    const double epsilon = s->state->attack->epsilon;
    for (int64_t i = 0; i < dgba_shape_count(s->state->oracle->shape); ++i) {
        const double clean = (double)s->state->clean[i];
        const double z = (double)s->iterate[i] + s->eta * (double)dgba_sign(s->state->direction[i]);
        s->z[i] = (float)fmin(fmax(z, clean - epsilon), clean + epsilon);
    }
}

static void first_step(search *s) {
    copy_batch(s->previous, s->iterate, s);
    dgba_attack_move(s->iterate, s->state, s->eta);
}

static void next_step(search *s) {
    look_ahead(s);
    for (int64_t n = 0; n < s->state->oracle->shape.n; ++n)
        dgba_attack_blend(s->iterate, s->previous, s->z, s->state, n, 0.75);
}

/** Evaluates the new iterate; the best point moves there if it is at least as good. Returns its score in *score. */
static dgba_status evaluate(double *score, search *s, bool more) {
    DGBA_TRY(dgba_attack_evaluate(s->state, s->iterate));
    if (more) DGBA_TRY(dgba_attack_direction(s->state));
    *score = dgba_attack_batch_score(s->state);
    if (*score < s->best_score) return DGBA_OK;
    s->best_score = *score;
    copy_batch(s->best, s->iterate, s);
    copy_batch(s->best_direction, s->state->direction, s);
    return DGBA_OK;
}

/** The test at checkpoint k, with the score of x_k. True if η was halved. */
static bool check_progress(search *s) {
    const bool swings = (double)s->raised <= 0.75 * (double)s->since;
    const bool rests = s->eta == s->eta_at_check && s->score == s->score_at_check;
    s->eta_at_check = s->eta;
    s->score_at_check = s->score;
    s->raised = s->since = 0;
    if (swings || rests) s->eta /= 2;
    return swings || rests;
}

static void return_to_best(double *score, search *s) {
    copy_batch(s->iterate, s->best, s);
    copy_batch(s->state->direction, s->best_direction, s);
    *score = s->best_score;
}

/** The step from x_k to x_{k+1}, and the test at k. */
static dgba_status advance(search *s, int64_t k) {
    const dgba_step *step = &s->state->attack->step;
    double next_score = 0;
    if (k == 0)
        first_step(s);
    else
        next_step(s);
    DGBA_TRY(evaluate(&next_score, s, k + 1 < step->iterations));
    if (k > 0 && dgba_attack_is_checkpoint(k, step->iterations) && check_progress(s) && step->restart_best)
        return_to_best(&next_score, s);
    s->raised += next_score > s->score;
    s->since += 1;
    s->score = next_score;
    return DGBA_OK;
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    float *const *arrays = state->arrays;
    const double eta = alpha_of(&state->attack->step, state->attack->epsilon);
    search s = {state, iterate, arrays[0], arrays[1], arrays[2], arrays[3], .eta = eta, .eta_at_check = eta};
    DGBA_TRY(dgba_attack_direction(state));
    s.score = s.score_at_check = s.best_score = dgba_attack_batch_score(state);
    copy_batch(s.best, iterate, &s);
    copy_batch(s.best_direction, state->direction, &s);
    for (int64_t k = 0; k < state->attack->step.iterations; ++k) DGBA_TRY(advance(&s, k));
    copy_batch(iterate, s.best, &s);
    return DGBA_OK;
}

static const dgba_option options[] = {
    OPTION_ITERATIONS,
    {"restart_best", DGBA_OPTION_BOOL, offsetof(dgba_step, restart_best), "false", 0, 0, NULL,
     "go back to the best iterate when the step size is halved (the released code's AAR)"},
};
static const dgba_option_table table = {"apgd_released", "Auto-PGD of the released code", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_apgd_released = {
    .name = "apgd_released",
    .help = "Auto-PGD as released with DGBA: one score and one step size per batch, so results depend on the batch",
    .formula =
        "eta = epsilon / N; x <- P(x + eta sign u), then N - 1 times z = x + eta sign u clipped to the ball,\n"
        "          x <- P(x + .75 (z - x) + .25 (x - x_before))",
    .options = &table,
    .scores_batch = true,
    .images = 4,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
