/** The registry of steps, and what all steps share: checks, scratch, directions from the rule, projection. */
#include "dgba/attack.h"

#include <math.h>
#include <string.h>

#include "steps.h"

static const dgba_step_kind *const kinds[] = {&dgba_step_fgsm, &dgba_step_ifgsm};

const dgba_step_kind *const *dgba_step_kinds(int64_t *count) {
    *count = DGBA_COUNT_OF(kinds);
    return kinds;
}

dgba_status dgba_step_kind_find(const dgba_step_kind **out, const char *name) {
    const char *known[DGBA_COUNT_OF(kinds)];
    int64_t found = 0;
    for (int64_t i = 0; i < DGBA_COUNT_OF(kinds); ++i) known[i] = kinds[i]->name;
    DGBA_TRY(dgba_text_find(&found, name, known, DGBA_COUNT_OF(kinds), "step"));
    *out = kinds[found];
    return DGBA_OK;
}

/** The sizes that a rule asks for its memory by. */
static dgba_rule_input rule_sizes(int64_t tasks, dgba_shape shape, double epsilon) {
    return (dgba_rule_input){
        .tasks = tasks, .samples = shape.n, .channels = shape.c, .pixels = shape.h * shape.w, .epsilon = epsilon};
}

static dgba_rule_input rule_input(const dgba_attack_state *state) {
    dgba_rule_input input = rule_sizes(state->oracle->tasks, state->oracle->shape, state->attack->epsilon);
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

dgba_status dgba_attack_evaluate(dgba_attack_state *state, const float *iterate) {
    const dgba_rule *rule = &state->attack->rule;
    const int64_t tasks = state->oracle->tasks, samples = state->oracle->shape.n;
    DGBA_TRY(state->oracle->evaluate(state->oracle->self, state->losses, iterate));
    state->iterate = iterate;
    // The first iterate that an attack evaluates is the clean image.
    const size_t bytes = (size_t)(tasks * samples) * sizeof *state->losses;
    if (state->log->forward_passes == 0) memcpy(state->clean_losses, state->losses, bytes);
    state->log->forward_passes += 1;
    dgba_rule_active(state->active, state->losses, state->clean_losses, tasks, samples);
    for (int64_t i = 0; i < tasks * samples; ++i)
        if (!state->active[i] && (!rule->kind->one_task || i / samples == rule->task_index)) state->left_out[i] = 1;
    return DGBA_OK;
}

static dgba_status backward(float *dx, dgba_attack_state *state) {
    state->log->backward_passes += 1;
    return state->oracle->gradient(state->oracle->self, dx, state->weights);
}

dgba_status dgba_attack_direction(dgba_attack_state *state) {
    const dgba_rule *rule = &state->attack->rule;
    const dgba_rule_input input = rule_input(state);
    state->iteration += 1;
    if (!rule->kind->needs_task_gradients) {
        dgba_rule_weights(state->weights, rule, &input);
        return backward(state->direction, state);
    }
    for (int64_t t = 0; t < input.tasks; ++t) {
        for (int64_t i = 0; i < input.tasks * input.samples; ++i)
            state->weights[i] = i / input.samples == t && input.active[i];
        DGBA_TRY(backward(state->gradients[t], state));
    }
    const dgba_shape shape = state->oracle->shape;
    return dgba_rule_combine(state->direction, rule, (const float *const *)state->gradients, shape.c * shape.h * shape.w,
                             &input);
}

DGBA_VECTORIZE
static void move(float *restrict iterate, const float *restrict direction, const float *restrict lowest,
                 const float *restrict highest, float alpha, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float moved = iterate[i] + alpha * dgba_sign(direction[i]);
        const float raised = moved < lowest[i] ? lowest[i] : moved;
        iterate[i] = raised > highest[i] ? highest[i] : raised;
    }
}

/** Undoes what lies outside the pixels that the rule allows to change. */
static void restore(float *iterate, const dgba_attack_state *state) {
    const dgba_rule_input input = rule_input(state);
    const uint8_t *support = dgba_rule_support(&state->attack->rule, &input);
    if (support == NULL) return;
    for (int64_t i = 0; i < dgba_shape_count(state->oracle->shape); ++i) {
        const int64_t sample = i / (input.channels * input.pixels);
        if (!support[sample * input.pixels + i % input.pixels]) iterate[i] = state->clean[i];
    }
}

void dgba_attack_move(float *iterate, const dgba_attack_state *state, double alpha) {
    move(iterate, state->direction, state->lowest, state->highest, (float)alpha, dgba_shape_count(state->oracle->shape));
    restore(iterate, state);
}

static float clip(float value, float low, float high) { return value < low ? low : value > high ? high : value; }

/** The number nearest to x + offset that is not farther from x than that: sums of floats are rounded, the ball is not. */
static float within(float x, double offset) {
    const float sum = (float)((double)x + offset);
    return fabs((double)sum - (double)x) > fabs(offset) ? nextafterf(sum, x) : sum;
}

static void compute_bounds(dgba_attack_state *state, const float *x) {
    const dgba_shape shape = state->oracle->shape;
    const dgba_box *box = &state->attack->box;
    const int64_t plane = shape.h * shape.w;
    for (int64_t i = 0; i < dgba_shape_count(shape); ++i) {
        const int64_t c = i / plane % shape.c;
        state->lowest[i] = clip(within(x[i], -state->attack->epsilon), box->low[c], box->high[c]);
        state->highest[i] = clip(within(x[i], state->attack->epsilon), box->low[c], box->high[c]);
    }
}

enum { MOST_EPSILON = 1000000 }; // far beyond any image, and far below the end of float

static dgba_status check(const dgba_attack *attack, const dgba_oracle *oracle, const float *x) {
    const dgba_shape shape = oracle->shape;
    if (!(attack->epsilon >= 0 && attack->epsilon <= MOST_EPSILON))
        return dgba_fail(DGBA_E_CONFIG, "epsilon is %g; it must be between 0 and %d", attack->epsilon, MOST_EPSILON);
    if (shape.c > DGBA_COUNT_OF(attack->box.low))
        return dgba_fail(DGBA_E_SHAPE, "images have %lld channels, more than a box has", (long long)shape.c);
    if (oracle->tasks > DGBA_RULE_MOST_TASKS)
        return dgba_fail(DGBA_E_SHAPE, "%lld tasks are more than %d, the most that rules balance", (long long)oracle->tasks,
                         DGBA_RULE_MOST_TASKS);
    if (attack->rule.kind->one_task && (attack->rule.task_index < 0 || attack->rule.task_index >= oracle->tasks))
        return dgba_fail(DGBA_E_BUG, "rule '%s' attacks task number %lld of %lld", attack->rule.kind->name,
                         (long long)attack->rule.task_index, (long long)oracle->tasks);
    for (int64_t i = 0; i < dgba_shape_count(shape); ++i)
        if (!isfinite(x[i]))
            return dgba_fail(DGBA_E_NUMERIC, "image %lld of the batch has a value that is not finite",
                             (long long)(i / (shape.c * shape.h * shape.w)));
    return DGBA_OK;
}

#define TAKE(pointer, arena, count) \
    dgba_arena_take((void **)&(pointer), (arena), "the attack's " #pointer, (count), sizeof *(pointer))

static dgba_status take_scratch(dgba_attack_state *state, dgba_arena *scratch) {
    const int64_t pairs = state->oracle->tasks * state->oracle->shape.n, size = dgba_shape_count(state->oracle->shape);
    DGBA_TRY(TAKE(state->losses, scratch, pairs));
    DGBA_TRY(TAKE(state->clean_losses, scratch, pairs));
    DGBA_TRY(TAKE(state->weights, scratch, pairs));
    DGBA_TRY(TAKE(state->active, scratch, pairs));
    DGBA_TRY(TAKE(state->left_out, scratch, pairs));
    DGBA_TRY(TAKE(state->direction, scratch, size));
    DGBA_TRY(TAKE(state->lowest, scratch, size));
    DGBA_TRY(TAKE(state->highest, scratch, size));
    memset(state->left_out, 0, (size_t)pairs);
    const dgba_rule_input sizes = rule_sizes(state->oracle->tasks, state->oracle->shape, state->attack->epsilon);
    const size_t bytes = dgba_rule_state_bytes(&state->attack->rule, &sizes);
    if (bytes > 0) DGBA_TRY(dgba_arena_take(&state->rule_state, scratch, "the rule's memory", (int64_t)bytes, 1));
    if (!state->attack->rule.kind->needs_task_gradients) return DGBA_OK;
    DGBA_TRY(TAKE(state->gradients, scratch, state->oracle->tasks));
    for (int64_t t = 0; t < state->oracle->tasks; ++t) DGBA_TRY(TAKE(state->gradients[t], scratch, size));
    return DGBA_OK;
}

/** What an array takes of an arena. */
static size_t padded(int64_t count, size_t size) { return ((size_t)count * size + 63) / 64 * 64; }

size_t dgba_attack_scratch_bytes(const dgba_attack *attack, int64_t tasks, dgba_shape shape) {
    const int64_t pairs = tasks * shape.n, size = dgba_shape_count(shape);
    const dgba_rule_input sizes = rule_sizes(tasks, shape, attack->epsilon);
    const size_t always = 3 * padded(pairs, sizeof(double)) + 2 * padded(pairs, 1) + 3 * padded(size, sizeof(float)) +
                          padded((int64_t)dgba_rule_state_bytes(&attack->rule, &sizes), 1);
    if (!attack->rule.kind->needs_task_gradients) return always;
    return always + padded(tasks, sizeof(float *)) + (size_t)tasks * padded(size, sizeof(float));
}

static dgba_status run_steps(float *adversarial, dgba_attack_state *state, const float *x) {
    DGBA_TRY(dgba_attack_evaluate(state, x));
    memcpy(adversarial, x, (size_t)dgba_shape_count(state->oracle->shape) * sizeof *x);
    if (state->attack->epsilon == 0) return DGBA_OK;
    compute_bounds(state, x);
    const dgba_rule_input input = rule_input(state);
    dgba_rule_start(&state->attack->rule, &input);
    return state->attack->step.kind->run(adversarial, state);
}

static int64_t sum_of(const uint8_t *flags, int64_t count) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += flags[i];
    return sum;
}

dgba_status dgba_attack_run(float *adversarial, dgba_attack_log *log, const dgba_attack *attack, const dgba_oracle *oracle,
                            const float *x, dgba_arena *scratch) {
    DGBA_TRY(check(attack, oracle, x));
    const size_t used_before = scratch->used;
    const int64_t pairs = oracle->tasks * oracle->shape.n;
    *log = (dgba_attack_log){.clean_losses = log->clean_losses};
    dgba_attack_state state = {.attack = attack, .oracle = oracle, .log = log, .clean = x};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(take_scratch(&state, scratch));
    DGBA_TRY_OUT(run_steps(adversarial, &state, x));
    log->left_out = sum_of(state.left_out, pairs);
    if (log->clean_losses != NULL) memcpy(log->clean_losses, state.clean_losses, (size_t)pairs * sizeof *log->clean_losses);
out:
    scratch->used = used_before;
    return status;
}
