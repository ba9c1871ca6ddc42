/** The iterated fast gradient sign method: small steps from the clean image, projected after each. What the released code
 *  of arXiv 2305.12066 calls PGD. */
#include "steps.h"

static double alpha_of(const dgba_step *step, double epsilon) {
    return dgba_attack_alpha(step, epsilon, 1 / (double)step->iterations);
}

static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)tasks;
    return (dgba_passes){step->iterations - 1, step->iterations * backward};
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    const dgba_step *step = &state->attack->step;
    const double alpha = alpha_of(step, state->attack->epsilon);
    for (int64_t k = 0; k < step->iterations; ++k) {
        if (k > 0) DGBA_TRY(dgba_attack_evaluate(state, iterate));
        DGBA_TRY(dgba_attack_direction(state));
        dgba_attack_move(iterate, state, alpha);
    }
    return DGBA_OK;
}

static const dgba_option options[] = {OPTION_ITERATIONS, OPTION_ALPHA("epsilon / iterations"), OPTION_NORM};
static const dgba_option_table table = {"ifgsm", "iterated fast gradient sign method", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_ifgsm = {
    .name = "ifgsm",
    .help = "N steps of size alpha along the sign of the direction, from the clean image",
    .formula = "N times x <- P(x + alpha sign u)",
    .options = &table,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
