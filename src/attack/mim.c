/** The momentum iterative method: steps along the sum of all directions so far.
 *  Source    Dong, Liao, Pang, Su, Zhu, Hu, Li, "Boosting adversarial attacks with momentum", CVPR 2018 */
#include <math.h>
#include <string.h>

#include "steps.h"

static double alpha_of(const dgba_step *step, double epsilon) {
    return dgba_attack_alpha(step, epsilon, 1 / (double)step->iterations);
}

static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)tasks;
    return (dgba_passes){step->iterations - 1, step->iterations * backward};
}

/** m ← μ m + u/‖u‖₁; what is not finite in u adds nothing. */
static void add_direction(float *m, const float *u, double momentum, int64_t size) {
    double norm = 0;
    for (int64_t i = 0; i < size; ++i)
        if (isfinite(u[i])) norm += fabs((double)u[i]);
    const double scale = norm > 0 ? 1 / norm : 0;
    for (int64_t i = 0; i < size; ++i)
        m[i] = (float)(momentum * (double)m[i] + (isfinite(u[i]) ? scale * (double)u[i] : 0));
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    const dgba_step *step = &state->attack->step;
    const int64_t size = dgba_attack_size(state), samples = state->oracle->shape.n;
    const double alpha = alpha_of(step, state->attack->epsilon);
    float *m = state->arrays[0];
    memset(m, 0, (size_t)(samples * size) * sizeof *m);
    for (int64_t k = 0; k < step->iterations; ++k) {
        if (k > 0) DGBA_TRY(dgba_attack_evaluate(state, iterate));
        DGBA_TRY(dgba_attack_direction(state));
        for (int64_t n = 0; n < samples; ++n) {
            add_direction(m + n * size, state->direction + n * size, step->momentum, size);
            dgba_attack_move_sample(iterate, state, m, n, alpha);
        }
    }
    return DGBA_OK;
}

static const dgba_option options[] = {
    OPTION_ITERATIONS,
    OPTION_ALPHA("epsilon / iterations"),
    OPTION_NORM,
    {"momentum", DGBA_OPTION_REAL, offsetof(dgba_step, momentum), "1", 0, 100, NULL, "what is kept of the sum so far, mu"},
};
static const dgba_option_table table = {"mim", "momentum iterative method", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_mim = {
    .name = "mim",
    .help = "N steps along the sign of a sum of directions",
    .formula = "m = 0; N times m <- momentum m + u/|u|_1, x <- P(x + alpha sign m)",
    .options = &table,
    .images = 1,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
