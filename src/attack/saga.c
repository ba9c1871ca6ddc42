/** Auto-SAGA: task weights for every pixel, learned on the way from how a trial step turns out.
 *
 *  The rule's weights take part in every gradient, those of the iterate at the trial point too: with `dgba` g_t stands for
 *  g_t/L_t.
 *  Source    arXiv 2305.12066; there h uses the last task T times by mistake (option `released`), and sech² overflows,
 * which it does not here in either form
 */
#include <math.h>
#include <string.h>

#include "steps.h"

static const double LEARNING_RATE = 10, SHARPNESS = 50; // sign u is learned through as tanh(50 u)

typedef struct learner {
    dgba_attack_state *state;
    float *trial, *rise; // (N,C,H,W) x~ and what the losses do there, −h
    float **gradients;   // [task] (N,C,H,W) g_t with the rule's weight
    float **weights;     // [task] (N,C,H,W) a_t
} learner;

static double alpha_of(const dgba_step *step, double epsilon) { return epsilon / (double)step->iterations; }

static dgba_passes passes_of(const dgba_step *step, int64_t tasks, int64_t backward) {
    (void)backward;
    return (dgba_passes){2 * step->iterations - 1, step->iterations * (tasks + 1)};
}

static dgba_status take_gradients(learner *l) {
    dgba_attack_state *state = l->state;
    const int64_t tasks = state->oracle->tasks, samples = state->oracle->shape.n;
    dgba_attack_weights(state);
    for (int64_t t = 0; t < tasks; ++t) {
        if (!dgba_attack_looks_at(state->attack, t)) {
            memset(l->gradients[t], 0, (size_t)dgba_shape_count(state->oracle->shape) * sizeof(float));
            continue;
        }
        for (int64_t i = 0; i < tasks * samples; ++i) state->seeds[i] = i / samples == t ? state->weights[i] : 0;
        DGBA_TRY(dgba_attack_backward(l->gradients[t], state));
    }
    return DGBA_OK;
}

/** direction ← Σ_t a_t g_t */
static void combine(learner *l) {
    for (int64_t i = 0; i < dgba_shape_count(l->state->oracle->shape); ++i) {
        double u = 0;
        for (int64_t t = 0; t < l->state->oracle->tasks; ++t) u += (double)l->weights[t][i] * (double)l->gradients[t][i];
        l->state->direction[i] = (float)u;
    }
}

/** The gradient of the losses at the trial point. */
static dgba_status try_step(learner *l, const float *iterate, double alpha) {
    dgba_attack_state *state = l->state;
    const int64_t tasks = state->oracle->tasks, samples = state->oracle->shape.n;
    memcpy(l->trial, iterate, (size_t)dgba_shape_count(state->oracle->shape) * sizeof *iterate);
    dgba_attack_move(l->trial, state, alpha);
    DGBA_TRY(dgba_attack_evaluate(state, l->trial));
    for (int64_t i = 0; i < tasks * samples; ++i) {
        state->seeds[i] = state->weights[i];
        if (state->attack->step.released) state->seeds[i] *= i / samples == tasks - 1 ? (double)tasks : 0;
    }
    return dgba_attack_backward(l->rise, state);
}

/** sech²(x) = 1/cosh²(x), which is 4e^(−2|x|)/(1 + e^(−2|x|))² without overflow. */
static double sech_squared(double x) {
    const double decay = exp(-2 * fabs(x));
    return 4 * decay / ((1 + decay) * (1 + decay));
}

/** a_t ← a_t − lr·h·50·s·g_t·sech²(50u) */
static void learn(learner *l, double alpha) {
    for (int64_t i = 0; i < dgba_shape_count(l->state->oracle->shape); ++i) {
        const double slope = SHARPNESS * alpha * sech_squared(SHARPNESS * (double)l->state->direction[i]);
        const double h = -(double)l->rise[i];
        for (int64_t t = 0; t < l->state->oracle->tasks; ++t) {
            const double change = LEARNING_RATE * h * slope * (double)l->gradients[t][i];
            l->weights[t][i] = (float)((double)l->weights[t][i] - change);
        }
    }
}

static dgba_status run(float *iterate, dgba_attack_state *state) {
    const dgba_step *step = &state->attack->step;
    const double alpha = alpha_of(step, state->attack->epsilon);
    const int64_t tasks = state->oracle->tasks, count = dgba_shape_count(state->oracle->shape);
    float **arrays = state->arrays;
    learner l = {state, arrays[0], arrays[1], arrays + 2, arrays + 2 + tasks};
    for (int64_t t = 0; t < tasks; ++t) dgba_fill(l.weights[t], 1, count);
    for (int64_t k = 0; k < step->iterations; ++k) {
        if (k > 0) DGBA_TRY(dgba_attack_evaluate(state, iterate));
        DGBA_TRY(take_gradients(&l));
        combine(&l);
        DGBA_TRY(try_step(&l, iterate, alpha));
        learn(&l, alpha);
        combine(&l);
        dgba_attack_move(iterate, state, alpha);
    }
    return DGBA_OK;
}

static const dgba_option options[] = {
    OPTION_ITERATIONS,
    {"released", DGBA_OPTION_BOOL, offsetof(dgba_step, released), "false", 0, 0, NULL,
     "as the released code: the trial point is judged by the last task alone, T times"},
};
static const dgba_option_table table = {"saga", "auto-SAGA", options, DGBA_COUNT_OF(options)};

const dgba_step_kind dgba_step_saga = {
    .name = "saga",
    .help = "auto-SAGA: weights of the tasks for every pixel are learned from trial steps",
    .formula =
        "a_t = 1; N times u = sum a_t g_t, h = -sum dL_t/dx at P(x + s sign u), s = epsilon / N,\n"
        "          a_t <- a_t - 500 h s g_t sech^2(50 u), x <- P(x + s sign sum a_t g_t)",
    .options = &table,
    .needs_weights = true,
    .images = 2,
    .task_images = 2,
    .alpha = alpha_of,
    .passes = passes_of,
    .run = run,
};
