/** The iterated fast gradient sign method: small steps from the clean image, projected after each. What the released code
 *  of arXiv 2305.12066 calls PGD. */
#include <math.h>

#include "steps.h"

/** N times x ← P(x + α·sign u), α = ε/N unless given */
static dgba_status run(float *iterate, dgba_attack_state *state) {
    const dgba_step *step = &state->attack->step;
    DGBA_ASSERT(step->iterations >= 1);
    const double alpha = isnan(step->alpha) ? state->attack->epsilon / (double)step->iterations : step->alpha;
    for (int64_t k = 0; k < step->iterations; ++k) {
        if (k > 0) DGBA_TRY(dgba_attack_evaluate(state, iterate));
        DGBA_TRY(dgba_attack_direction(state));
        dgba_attack_move(iterate, state, alpha);
    }
    return DGBA_OK;
}

static const dgba_option options[] = {
    {"iterations", DGBA_OPTION_INTEGER, offsetof(dgba_step, iterations), "10", 1, 100000, NULL, "number of steps N"},
    {"alpha", DGBA_OPTION_REAL, offsetof(dgba_step, alpha), "auto", 0, 1e6, NULL,
     "size of a step in input units (0..255); auto = epsilon / iterations"},
};
static const dgba_option_table table = {"ifgsm", "iterated fast gradient sign method", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_ifgsm = {
    .name = "ifgsm",
    .help = "N steps of size alpha along the sign of the direction, from the clean image",
    .options = &table,
    .run = run,
};
