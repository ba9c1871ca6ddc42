/** The registry of steps, and how an attack runs: checks, scratch, passes. */
#include "dgba/attack.h"

#include <math.h>
#include <string.h>

#include "attack_state.h"

static const dgba_step_kind *const kinds[] = {
    &dgba_step_fgsm, &dgba_step_ifgsm,         &dgba_step_pgd,  &dgba_step_mim,
    &dgba_step_apgd, &dgba_step_apgd_released, &dgba_step_saga,
};
const char *const dgba_attack_norms[] = {[DGBA_NORM_LINF] = "linf", [DGBA_NORM_L2] = "l2", NULL};

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

dgba_status dgba_attack_pair(const dgba_step_kind *step, const dgba_rule_kind *rule) {
    if (!step->needs_weights || !rule->needs_task_gradients) return DGBA_OK;
    return dgba_fail(
        DGBA_E_CONFIG,
        "step '%s' does not work with rule '%s': the step weighs the tasks itself, pixel by pixel, and needs a "
        "rule that gives weights",
        step->name, rule->name);
}

double dgba_attack_alpha(const dgba_step *step, double epsilon, double scale) {
    return isnan(step->alpha) ? epsilon * scale : step->alpha;
}

dgba_passes dgba_attack_passes(const dgba_attack *attack, int64_t tasks) {
    if (attack->epsilon == 0) return (dgba_passes){1, 0};
    const dgba_rule_kind *rule = attack->rule.kind;
    dgba_passes passes =
        attack->step.kind->passes(&attack->step, rule->one_task ? 1 : tasks, rule->needs_task_gradients ? tasks : 1);
    passes.forward += 1;
    return passes;
}

enum { MOST_EPSILON = 1000000 }; // far beyond any image, and far below the end of float

static dgba_status check(const dgba_attack *attack, const dgba_oracle *oracle, const float *x) {
    const dgba_shape shape = oracle->shape;
    DGBA_TRY(dgba_attack_pair(attack->step.kind, attack->rule.kind));
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

/** Images that the step works with. */
static int64_t count_arrays(const dgba_step_kind *kind, int64_t tasks) { return kind->images + tasks * kind->task_images; }

static dgba_status take_images(float ***images, dgba_arena *scratch, int64_t count, int64_t size) {
    DGBA_TRY(TAKE(*images, scratch, count));
    for (int64_t i = 0; i < count; ++i) DGBA_TRY(TAKE((*images)[i], scratch, size));
    return DGBA_OK;
}

static dgba_status take_scratch(dgba_attack_state *state, dgba_arena *scratch) {
    const dgba_attack *attack = state->attack;
    const dgba_shape shape = state->oracle->shape;
    const int64_t tasks = state->oracle->tasks, pairs = tasks * shape.n, size = dgba_shape_count(shape);
    const dgba_rule_input sizes = attack_rule_sizes(tasks, shape, attack->epsilon);
    DGBA_TRY(TAKE(state->losses, scratch, pairs));
    DGBA_TRY(TAKE(state->clean_losses, scratch, pairs));
    DGBA_TRY(TAKE(state->shares, scratch, pairs));
    DGBA_TRY(TAKE(state->weights, scratch, pairs));
    DGBA_TRY(TAKE(state->seeds, scratch, pairs));
    DGBA_TRY(TAKE(state->batch_losses, scratch, tasks));
    DGBA_TRY(TAKE(state->batch_clean_losses, scratch, tasks));
    DGBA_TRY(TAKE(state->numbers, scratch, attack->step.kind->numbers * shape.n));
    DGBA_TRY(TAKE(state->active, scratch, pairs));
    DGBA_TRY(TAKE(state->left_out, scratch, pairs));
    memset(state->left_out, 0, (size_t)pairs);
    DGBA_TRY(TAKE(state->direction, scratch, size));
    DGBA_TRY(TAKE(state->lowest, scratch, size));
    DGBA_TRY(TAKE(state->highest, scratch, size));
    DGBA_TRY(take_images(&state->arrays, scratch, count_arrays(attack->step.kind, tasks), size));
    DGBA_TRY(take_images(&state->gradients, scratch, attack->rule.kind->needs_task_gradients ? tasks : 0, size));
    const int64_t bytes = (int64_t)dgba_rule_state_bytes(&attack->rule, &sizes);
    if (bytes > 0) DGBA_TRY(dgba_arena_take(&state->rule_state, scratch, "the rule's memory", bytes, 1));
    return DGBA_OK;
}

/** What an array takes of an arena. */
static size_t padded(int64_t count, size_t size) { return ((size_t)count * size + 63) / 64 * 64; }

static size_t images_bytes(int64_t count, int64_t size) {
    return padded(count, sizeof(float *)) + (size_t)count * padded(size, sizeof(float));
}

size_t dgba_attack_scratch_bytes(const dgba_attack *attack, int64_t tasks, dgba_shape shape) {
    const int64_t pairs = tasks * shape.n, size = dgba_shape_count(shape);
    const dgba_rule_input sizes = attack_rule_sizes(tasks, shape, attack->epsilon);
    size_t bytes = 5 * padded(pairs, sizeof(double)) + 2 * padded(tasks, sizeof(double)) + 2 * padded(pairs, 1);
    bytes += padded(attack->step.kind->numbers * shape.n, sizeof(double));
    bytes += 3 * padded(size, sizeof(float));
    bytes += images_bytes(count_arrays(attack->step.kind, tasks), size);
    bytes += images_bytes(attack->rule.kind->needs_task_gradients ? tasks : 0, size);
    return bytes + padded((int64_t)dgba_rule_state_bytes(&attack->rule, &sizes), 1);
}

static dgba_status run_steps(float *adversarial, dgba_attack_state *state) {
    DGBA_TRY(dgba_attack_evaluate(state, state->clean));
    attack_compute_bounds(state);
    dgba_attack_start(adversarial, state, START_CLEAN, 0);
    return state->attack->epsilon == 0 ? DGBA_OK : state->attack->step.kind->run(adversarial, state);
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
    DGBA_TRY_OUT(run_steps(adversarial, &state));
    log->left_out = sum_of(state.left_out, pairs);
    if (log->clean_losses != NULL) memcpy(log->clean_losses, state.clean_losses, (size_t)pairs * sizeof *log->clean_losses);
out:
    scratch->used = used_before;
    return status;
}
