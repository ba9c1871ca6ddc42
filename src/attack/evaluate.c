/** Losses, directions and scores at an iterate: where the oracle and the rule meet. */
#include <math.h>
#include <string.h>

#include "attack_state.h"

dgba_rule_input attack_rule_sizes(int64_t tasks, dgba_shape shape, double epsilon) {
    return (dgba_rule_input){
        .tasks = tasks, .samples = shape.n, .channels = shape.c, .pixels = shape.h * shape.w, .epsilon = epsilon};
}

dgba_rule_input attack_rule_input(const dgba_attack_state *state) {
    dgba_rule_input input = attack_rule_sizes(state->oracle->tasks, state->oracle->shape, state->attack->epsilon);
    input.losses = state->losses;
    input.clean_losses = state->clean_losses;
    input.active = state->active;
    input.iterate = state->iterate;
    input.clean = state->clean;
    input.iteration = state->iteration;
    input.state = state->rule_state;
    input.sink = state->attack->sink;
    return input;
}

bool dgba_attack_looks_at(const dgba_attack *attack, int64_t task) {
    return !attack->rule.kind->one_task || task == attack->rule.task_index;
}

/** Losses of the batch, Σ_n d_n L_n / Σ_n d_n over the samples that have one, and what each sample has in them. */
static void pool(dgba_attack_state *state) {
    const int64_t samples = state->oracle->shape.n;
    for (int64_t t = 0; t < state->oracle->tasks; ++t) {
        const double *losses = state->losses + t * samples, *d = state->oracle->denominators;
        double *shares = state->shares + t * samples, total = 0, sum = 0;
        for (int64_t n = 0; n < samples; ++n) {
            shares[n] = !isfinite(losses[n]) ? 0 : d != NULL ? d[t * samples + n] : 1;
            total += shares[n];
        }
        for (int64_t n = 0; n < samples; ++n) {
            shares[n] = total > 0 ? shares[n] / total : 0;
            if (shares[n] > 0) sum += shares[n] * losses[n];
        }
        state->batch_losses[t] = total > 0 ? sum : NAN;
    }
}

static void use_batch_losses(dgba_attack_state *state) {
    const int64_t samples = state->oracle->shape.n;
    for (int64_t i = 0; i < state->oracle->tasks * samples; ++i) state->losses[i] = state->batch_losses[i / samples];
}

dgba_status dgba_attack_evaluate(dgba_attack_state *state, const float *iterate) {
    const int64_t tasks = state->oracle->tasks, samples = state->oracle->shape.n;
    DGBA_TRY(state->oracle->evaluate(state->oracle->self, state->losses, iterate));
    state->iterate = iterate;
    pool(state);
    if (state->attack->pooled_loss) use_batch_losses(state);
    if (state->log->passes.forward == 0) { // the first iterate that an attack evaluates is the clean image
        memcpy(state->clean_losses, state->losses, (size_t)(tasks * samples) * sizeof *state->losses);
        memcpy(state->batch_clean_losses, state->batch_losses, (size_t)tasks * sizeof *state->batch_losses);
    }
    state->log->passes.forward += 1;
    dgba_rule_active(state->active, state->losses, state->clean_losses, tasks, samples);
    for (int64_t i = 0; i < tasks * samples; ++i)
        if (!state->active[i] && dgba_attack_looks_at(state->attack, i / samples)) state->left_out[i] = 1;
    return DGBA_OK;
}

dgba_status dgba_attack_backward(float *dx, dgba_attack_state *state) {
    const bool pooled = state->attack->pooled_loss;
    state->log->passes.backward += 1;
    for (int64_t i = 0; i < state->oracle->tasks * state->oracle->shape.n; ++i) {
        if (!state->active[i]) state->seeds[i] = 0;
        if (pooled) state->seeds[i] *= state->shares[i];
    }
    return state->oracle->gradient(state->oracle->self, dx, state->seeds);
}

void dgba_attack_weights(dgba_attack_state *state) {
    const dgba_rule_input input = attack_rule_input(state);
    dgba_rule_weights(state->weights, &state->attack->rule, &input);
    state->iteration += 1;
}

dgba_status dgba_attack_direction(dgba_attack_state *state) {
    const dgba_rule *rule = &state->attack->rule;
    const dgba_rule_input input = attack_rule_input(state);
    const int64_t pairs = input.tasks * input.samples;
    if (!rule->kind->needs_task_gradients) {
        dgba_attack_weights(state);
        memcpy(state->seeds, state->weights, (size_t)pairs * sizeof *state->seeds);
        return dgba_attack_backward(state->direction, state);
    }
    for (int64_t t = 0; t < input.tasks; ++t) {
        for (int64_t i = 0; i < pairs; ++i) state->seeds[i] = i / input.samples == t;
        DGBA_TRY(dgba_attack_backward(state->gradients[t], state));
    }
    state->iteration += 1;
    return dgba_rule_combine(state->direction, rule, (const float *const *)state->gradients, dgba_attack_size(state),
                             &input);
}

void dgba_attack_scores(double *scores, const dgba_attack_state *state) {
    const dgba_rule_input input = attack_rule_input(state);
    dgba_rule_score(scores, &state->attack->rule, &input);
}

double dgba_attack_batch_score(const dgba_attack_state *state) {
    const int64_t tasks = state->oracle->tasks;
    const double *given = state->attack->data_losses;
    uint8_t active[DGBA_RULE_MOST_TASKS];
    dgba_rule_input input = {.tasks = tasks,
                             .samples = 1,
                             .losses = state->batch_losses,
                             .clean_losses = given != NULL ? given : state->batch_clean_losses,
                             .active = active};
    double score = 0;
    dgba_rule_active(active, input.losses, input.clean_losses, tasks, 1);
    dgba_rule_score(&score, &state->attack->rule, &input);
    return score;
}
