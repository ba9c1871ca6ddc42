/** The fast gradient sign method: one step to the surface of the ball. */
#include "steps.h"

/** x' = clip_box(x + ε·sign u) */
static dgba_status run(float *iterate, dgba_attack_state *state) {
    DGBA_TRY(dgba_attack_direction(state));
    dgba_attack_move(iterate, state, state->attack->epsilon);
    return DGBA_OK;
}

static const dgba_option_table table = {.name = "fgsm", .help = "fast gradient sign method"};

const dgba_step_kind dgba_step_fgsm = {
    .name = "fgsm",
    .help = "one step of size epsilon along the sign of the direction",
    .options = &table,
    .run = run,
};
