/** Moves within the ball and the box. The images stay in both exactly, not up to rounding. */
#include <math.h>
#include <string.h>

#include "attack_state.h"

int64_t dgba_attack_size(const dgba_attack_state *state) {
    const dgba_shape shape = state->oracle->shape;
    return shape.c * shape.h * shape.w;
}

void dgba_attack_copy(float *to, const float *from, const dgba_attack_state *state, int64_t sample) {
    const int64_t size = dgba_attack_size(state);
    memcpy(to + sample * size, from + sample * size, (size_t)size * sizeof *to);
}

static float clip(float value, float low, float high) { return value < low ? low : value > high ? high : value; }

/** The number nearest to x + offset that is not farther from x than that: sums of floats are rounded, the ball is not. */
static float within(float x, double offset) {
    const float sum = (float)((double)x + offset);
    return fabs((double)sum - (double)x) > fabs(offset) ? nextafterf(sum, x) : sum;
}

void attack_compute_bounds(dgba_attack_state *state) {
    const dgba_shape shape = state->oracle->shape;
    const dgba_box *box = &state->attack->box;
    const double radius = state->attack->step.norm == DGBA_NORM_LINF ? state->attack->epsilon : INFINITY;
    const int64_t plane = shape.h * shape.w;
    for (int64_t i = 0; i < dgba_shape_count(shape); ++i) {
        const int64_t c = i / plane % shape.c;
        state->lowest[i] = clip(within(state->clean[i], -radius), box->low[c], box->high[c]);
        state->highest[i] = clip(within(state->clean[i], radius), box->low[c], box->high[c]);
    }
}

/* ---- P ---- */

static double distance(const float *x, const float *from, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += ((double)x[i] - (double)from[i]) * ((double)x[i] - (double)from[i]);
    return sqrt(sum);
}

/** Back onto the L2 ball. */
static void shorten(float *x, const float *clean, int64_t count, double epsilon) {
    const double length = distance(x, clean, count);
    if (length <= epsilon) return;
    const double scale = epsilon / length * (1 - 1e-12); // a hair less, for the rounding of the sum of squares
    for (int64_t i = 0; i < count; ++i) x[i] = within(clean[i], scale * ((double)x[i] - (double)clean[i]));
}

DGBA_VECTORIZE
static void clip_all(float *restrict x, const float *restrict lowest, const float *restrict highest, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float raised = x[i] < lowest[i] ? lowest[i] : x[i];
        x[i] = raised > highest[i] ? highest[i] : raised;
    }
}

/** Undoes what lies outside the pixels that the rule allows to change. */
static void restore(float *x, const float *clean, const dgba_attack_state *state, int64_t sample) {
    const dgba_rule_input input = attack_rule_input(state);
    const uint8_t *support = dgba_rule_support(&state->attack->rule, &input);
    if (support == NULL) return;
    for (int64_t i = 0; i < input.channels * input.pixels; ++i)
        if (!support[sample * input.pixels + i % input.pixels]) x[i] = clean[i];
}

void dgba_attack_project(float *iterate, const dgba_attack_state *state, int64_t sample) {
    const int64_t size = dgba_attack_size(state), first = sample * size;
    if (state->attack->step.norm == DGBA_NORM_L2)
        shorten(iterate + first, state->clean + first, size, state->attack->epsilon);
    clip_all(iterate + first, state->lowest + first, state->highest + first, size);
    restore(iterate + first, state->clean + first, state, sample);
}

/* ---- Moves ---- */

DGBA_VECTORIZE
static void add_signs(float *restrict x, const float *restrict direction, float alpha, int64_t count) {
    for (int64_t i = 0; i < count; ++i) x[i] += alpha * dgba_sign(direction[i]);
}

/** Along direction/‖direction‖₂; what is not finite in it moves nothing. */
static void add_unit(float *x, const float *direction, double alpha, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i)
        if (isfinite(direction[i])) sum += (double)direction[i] * (double)direction[i];
    if (sum == 0) return;
    const double scale = alpha / sqrt(sum);
    for (int64_t i = 0; i < count; ++i)
        if (isfinite(direction[i])) x[i] = (float)((double)x[i] + scale * (double)direction[i]);
}

void dgba_attack_move_sample(float *iterate, const dgba_attack_state *state, const float *direction, int64_t sample,
                             double alpha) {
    const int64_t size = dgba_attack_size(state), first = sample * size;
    if (state->attack->step.norm == DGBA_NORM_L2)
        add_unit(iterate + first, direction + first, alpha, size);
    else
        add_signs(iterate + first, direction + first, (float)alpha, size);
    dgba_attack_project(iterate, state, sample);
}

void dgba_attack_move(float *iterate, const dgba_attack_state *state, double alpha) {
    for (int64_t n = 0; n < state->oracle->shape.n; ++n)
        dgba_attack_move_sample(iterate, state, state->direction, n, alpha);
}

void dgba_attack_blend(float *iterate, float *previous, const float *z, const dgba_attack_state *state, int64_t sample,
                       double a) {
    const int64_t size = dgba_attack_size(state), first = sample * size;
    const float ahead = (float)a, on = (float)(1 - a);
    for (int64_t i = first; i < first + size; ++i) {
        const float x = iterate[i];
        iterate[i] = x + ahead * (z[i] - x) + on * (x - previous[i]);
        previous[i] = x;
    }
    dgba_attack_project(iterate, state, sample);
}

/* ---- Starts ---- */

/** A random offset from the clean image: its direction, and how long it is for a ball of radius 1. */
static double draw(float *offset, dgba_random *stream, int64_t size, dgba_norm norm, attack_start start) {
    double squares = 0, largest = 0;
    for (int64_t i = 0; i < size; ++i) {
        const double value = norm == DGBA_NORM_L2 ? dgba_random_normal(stream) : dgba_random_between(stream, -1, 1);
        squares += value * value;
        largest = fmax(largest, fabs(value));
        offset[i] = (float)value;
    }
    if (norm == DGBA_NORM_LINF) return start == START_SURFACE ? 1 / largest : 1;
    const double radius = start == START_SURFACE ? 1 : pow(dgba_random_uniform(stream), 1 / (double)size);
    return radius / sqrt(squares);
}

static void scatter(float *iterate, const dgba_attack_state *state, int64_t sample, attack_start start, int64_t restart) {
    enum { RESTART_BITS = 16 };
    const dgba_attack *attack = state->attack;
    const uint64_t image = (uint64_t)(attack->images != NULL ? attack->images[sample] : sample);
    const int64_t size = dgba_attack_size(state), first = sample * size;
    dgba_random stream =
        dgba_random_stream((uint64_t)attack->seed, DGBA_RANDOM_ATTACK_START, image << RESTART_BITS | (uint64_t)restart);
    const double scale = attack->epsilon * draw(iterate + first, &stream, size, (dgba_norm)attack->step.norm, start);
    for (int64_t i = first; i < first + size; ++i)
        iterate[i] = (float)((double)state->clean[i] + scale * (double)iterate[i]);
    dgba_attack_project(iterate, state, sample);
}

/** Whether the rule has a task to attack in the clean image. */
static bool has_task(const dgba_attack_state *state, int64_t sample) {
    for (int64_t t = 0; t < state->oracle->tasks; ++t) {
        const double *loss = &state->clean_losses[t * state->oracle->shape.n + sample];
        uint8_t active = 0;
        dgba_rule_active(&active, loss, loss, 1, 1);
        if (active && dgba_attack_looks_at(state->attack, t)) return true;
    }
    return false;
}

void dgba_attack_start(float *iterate, dgba_attack_state *state, attack_start start, int64_t restart) {
    state->iteration = 0;
    const dgba_rule_input input = attack_rule_input(state);
    dgba_rule_start(&state->attack->rule, &input);
    for (int64_t n = 0; n < input.samples; ++n) {
        dgba_attack_copy(iterate, state->clean, state, n);
        if (start != START_CLEAN && has_task(state, n)) scatter(iterate, state, n, start, restart);
    }
}
