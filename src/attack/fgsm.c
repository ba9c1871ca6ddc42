/** The fast gradient sign method: one step to the surface of the ball. */
#include "steps.h"

static double alpha_of(const dgba_step *step, double epsilon) {
    (void)step;
    return epsilon;
}

static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)step, (void)tasks;
    return (dgba_passes){0, backward};
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    DGBA_TRY(dgba_attack_direction(state));
    dgba_attack_move(iterate, state, state->attack->epsilon);
    return DGBA_OK;
}

static const dgba_option options[] = {OPTION_NORM};
static const dgba_option_table table = {"fgsm", "fast gradient sign method", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_fgsm = {
    .name = "fgsm",
    .help = "one step of size epsilon along the sign of the direction",
    .formula = "x' = P(x + epsilon sign u)",
    .options = &table,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
