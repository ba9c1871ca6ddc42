#include "plan.h"

enum { MOST_BUFFERS_PER_STEP = 8, ALIGNMENT = 64 };

static int32_t backward_time(const dgba_plan *plan, int32_t i) { return 2 * plan->step_count - 1 - i; }

static int32_t end_time(const dgba_plan *plan) { return backward_time(plan, 0); }

/** Last time at which the backward half of step i may look at what it keeps. The backward pass to the input can run
 *  again and again after one forward pass, so there everything is kept to the end. */
static int32_t keep_time(const dgba_plan *plan, int32_t i) {
    return plan->purpose == DGBA_PURPOSE_ATTACK ? end_time(plan) : backward_time(plan, i);
}

static int32_t add_buffer(dgba_plan *plan, int64_t count, size_t size, int32_t first, int32_t last) {
    const int64_t bytes = count * (int64_t)size;
    if (bytes == 0) return NONE;
    const int64_t lines = (bytes + ALIGNMENT - 1) / ALIGNMENT;
    plan->buffers[plan->buffer_count] = (buffer){.bytes = lines * ALIGNMENT, .first = first, .last = last};
    return plan->buffer_count++;
}

/** The input's gradient is wanted for an attack; in training, gradients are wanted from the last layer back to the first
 *  one with parameters. */
static void mark_wanted_gradients(dgba_plan *plan) {
    plan->values[0].wants_gradient = plan->purpose == DGBA_PURPOSE_ATTACK;
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        bool wants = plan->purpose == DGBA_PURPOSE_TRAIN && (is_convolution(s->op) || s->op == OP_BATCHNORM);
        for (int k = 0; k < s->inputs; ++k) wants = wants || plan->values[s->x[k]].wants_gradient;
        plan->values[s->y].wants_gradient = wants;
    }
}

static bool rectifies(const step *s) { return s->relu || s->op == OP_RELU; }

/** The backward pass to the input needs to know of a rectified value only where it is positive: a bit per element is kept
 *  instead of the value. In training the value is there anyway, for the gradients of the next layer's weights. */
static bool keeps_marks(const dgba_plan *plan, const step *s) {
    return rectifies(s) && plan->purpose == DGBA_PURPOSE_ATTACK && plan->values[s->y].wants_gradient;
}

static void extend(int32_t *time, int32_t to) {
    if (*time < to) *time = to;
}

static void add_value_buffers(dgba_plan *plan, int32_t *last) {
    const bool trains = plan->purpose == DGBA_PURPOSE_TRAIN;
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        for (int k = 0; k < s->inputs; ++k) extend(&last[s->x[k]], i);
        if (!plan->values[s->y].wants_gradient) continue;
        if (rectifies(s) && !keeps_marks(plan, s)) extend(&last[s->y], keep_time(plan, i));
        if (trains && (is_convolution(s->op) || s->op == OP_BATCHNORM)) extend(&last[s->x[0]], keep_time(plan, i));
    }
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const int32_t y = plan->steps[i].y;
        value *v = &plan->values[y];
        if (v->is_output) last[y] = end_time(plan);
        v->buffer = add_buffer(plan, dgba_shape_count(v->shape), sizeof(float), i, last[y]);
    }
}

/** Walks the steps as the backward pass does: the first to write a gradient overwrites, later ones add. `first` is when
 *  each gradient is written first, 0 for not yet. Seeds of outputs are written before the walk begins. */
static void add_gradient_buffers(dgba_plan *plan, int32_t *first) {
    if (plan->purpose == DGBA_PURPOSE_EVALUATE) return;
    for (int32_t v = 0; v < plan->value_count; ++v) first[v] = plan->values[v].is_output ? plan->step_count : 0;
    for (int32_t i = plan->step_count - 1; i >= 0; --i) {
        step *s = &plan->steps[i];
        value *v = &plan->values[s->y];
        const int32_t now = backward_time(plan, i);
        if (v->wants_gradient || v->is_output)
            v->gradient = add_buffer(plan, dgba_shape_count(v->shape), sizeof(float), first[s->y], now);
        for (int k = 0; k < s->inputs && v->wants_gradient; ++k) {
            s->accumulates[k] = first[s->x[k]] != 0;
            if (!s->accumulates[k]) first[s->x[k]] = now;
        }
    }
}

static void add_folded_buffers(dgba_plan *plan, step *s) {
    const node *conv = &plan->graph->nodes[s->node];
    s->weight = add_buffer(plan, conv->channels * filter_size(conv), sizeof(float), 0, end_time(plan));
    s->bias = add_buffer(plan, conv->channels, sizeof(float), 0, end_time(plan));
    s->scale = add_buffer(plan, conv->channels, sizeof(float), 0, end_time(plan));
}

static const dgba_conv2d *options_of(const dgba_plan *plan, const step *s) {
    return &plan->graph->nodes[s->node].conv.options;
}

static bool wants_direction(const dgba_plan *plan, const step *s, dgba_conv2d_direction direction) {
    switch (direction) {
        case DGBA_CONV2D_BACKWARD_INPUT: return plan->values[s->x[0]].wants_gradient;
        case DGBA_CONV2D_BACKWARD_PARAMS: return plan->purpose == DGBA_PURPOSE_TRAIN;
        default: return true;
    }
}

/** Enough for every number of samples: fewer may be cut another way, which can need more. */
static int64_t most_scratch(const dgba_plan *plan, const step *s, dgba_conv2d_direction direction) {
    int64_t most = 0;
    for (dgba_shape x = plan->values[s->x[0]].shape; x.n >= 1; --x.n) {
        const int64_t needed = dgba_conv2d_scratch(s->algorithm[direction], options_of(plan, s), x, direction);
        if (needed > most) most = needed;
    }
    return most;
}

/** Chooses the algorithms, for the planned number of samples: fewer are computed in the same way. */
static void add_convolution_buffers(dgba_plan *plan, step *s, int32_t i) {
    int64_t scratch[DGBA_CONV2D_DIRECTIONS] = {0};
    for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d) {
        if (!wants_direction(plan, s, d)) continue;
        s->algorithm[d] = dgba_conv2d_choose(options_of(plan, s), plan->values[s->x[0]].shape, d);
        scratch[d] = most_scratch(plan, s, d);
    }
    s->forward_scratch = add_buffer(plan, scratch[DGBA_CONV2D_FORWARD], sizeof(float), i, i);
    if (!plan->values[s->y].wants_gradient) return;
    const int32_t now = backward_time(plan, i);
    const int64_t backward = scratch[DGBA_CONV2D_BACKWARD_INPUT] > scratch[DGBA_CONV2D_BACKWARD_PARAMS]
                                 ? scratch[DGBA_CONV2D_BACKWARD_INPUT]
                                 : scratch[DGBA_CONV2D_BACKWARD_PARAMS];
    s->backward_scratch = add_buffer(plan, backward, sizeof(float), now, now);
}

static void add_depthwise_buffers(dgba_plan *plan, step *s, int32_t i) {
    const int64_t scratch = dgba_depthwise_scratch(options_of(plan, s), plan->values[s->x[0]].shape);
    const int32_t now = backward_time(plan, i);
    s->forward_scratch = add_buffer(plan, scratch, sizeof(float), i, i);
    if (plan->values[s->y].wants_gradient) s->backward_scratch = add_buffer(plan, scratch, sizeof(float), now, now);
}

static void add_batchnorm_buffers(dgba_plan *plan, step *s, int32_t i) {
    for (int k = 0; k < 2; ++k)
        s->kept[k] = add_buffer(plan, plan->values[s->y].shape.c, sizeof(float), i, backward_time(plan, i));
}

/** What only this step reads and writes. */
static void add_private_buffers(dgba_plan *plan, int32_t i) {
    step *s = &plan->steps[i];
    const value *y = &plan->values[s->y];
    const int32_t last = keep_time(plan, i);
    const int64_t count = dgba_shape_count(y->shape);
    if (s->batchnorm != NONE && !plan->folded) add_folded_buffers(plan, s);
    if (s->op == OP_CONV2D) add_convolution_buffers(plan, s, i);
    if (s->op == OP_DEPTHWISE) add_depthwise_buffers(plan, s, i);
    if (s->op == OP_MAXPOOL && y->wants_gradient) s->kept[0] = add_buffer(plan, count, sizeof(int32_t), i, last);
    if (keeps_marks(plan, s)) s->kept[0] = add_buffer(plan, dgba_relu_mark_words(count), sizeof(uint32_t), i, last);
    if (s->op == OP_DROPOUT) s->kept[0] = add_buffer(plan, count, sizeof(uint8_t), i, last);
    if (s->op == OP_BATCHNORM) add_batchnorm_buffers(plan, s, i);
}

dgba_status dgba_plan_add_buffers(dgba_plan *plan) {
    int32_t *times = NULL;
    DGBA_TRY(DGBA_NEW(&plan->buffers, (int64_t)MOST_BUFFERS_PER_STEP * plan->step_count));
    DGBA_TRY(DGBA_NEW(&times, plan->value_count));
    mark_wanted_gradients(plan);
    add_value_buffers(plan, times);
    add_gradient_buffers(plan, times);
    for (int32_t i = 0; i < plan->step_count; ++i) add_private_buffers(plan, i);
    dgba_free(times);
    return DGBA_OK;
}
