/** Projected gradient descent: iterated steps from random starts.
 *  Source    Madry, Makelov, Schmidt, Tsipras, Vladu, ICLR 2018 */
#include <math.h>

#include "steps.h"

static double alpha_of(const dgba_step *step, double epsilon) {
    return dgba_attack_alpha(step, epsilon, 2.5 / (double)step->iterations);
}

/** A single start needs no score: there is nothing to choose from. */
static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)tasks;
    const int64_t scores = step->restarts > 1;
    return (dgba_passes){step->restarts * (step->iterations + scores), step->restarts * step->iterations * backward};
}

static dgba_status climb(float *iterate, dgba_attack_state *state, int64_t restart) {
    const dgba_step *step = &state->attack->step;
    const double alpha = alpha_of(step, state->attack->epsilon);
    dgba_attack_start(iterate, state, START_INSIDE, restart);
    for (int64_t k = 0; k < step->iterations; ++k) {
        DGBA_TRY(dgba_attack_evaluate(state, iterate));
        DGBA_TRY(dgba_attack_direction(state));
        dgba_attack_move(iterate, state, alpha);
    }
    return DGBA_OK;
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    const int64_t restarts = state->attack->step.restarts, samples = state->oracle->shape.n;
    if (restarts == 1) return climb(iterate, state, 0);
    float *best = state->arrays[0];
    double *scores = state->numbers, *best_scores = state->numbers + samples;
    for (int64_t r = 0; r < restarts; ++r) {
        DGBA_TRY(climb(iterate, state, r));
        DGBA_TRY(dgba_attack_evaluate(state, iterate));
        dgba_attack_scores(scores, state);
        for (int64_t n = 0; n < samples; ++n) {
            if (r > 0 && scores[n] <= best_scores[n]) continue;
            best_scores[n] = scores[n];
            dgba_attack_copy(best, iterate, state, n);
        }
    }
    for (int64_t n = 0; n < samples; ++n) dgba_attack_copy(iterate, best, state, n);
    return DGBA_OK;
}

static const dgba_option options[] = {OPTION_ITERATIONS, OPTION_ALPHA("2.5 epsilon / iterations"), OPTION_NORM,
                                      OPTION_RESTARTS};
static const dgba_option_table table = {"pgd", "projected gradient descent", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_pgd = {
    .name = "pgd",
    .help = "ifgsm from uniformly random starts in the ball; of several, the image of the highest score is kept",
    .formula = "x uniform in the ball; N times x <- P(x + alpha sign u)",
    .options = &table,
    .is_random = true,
    .images = 1,
    .numbers = 2,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
