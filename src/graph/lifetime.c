#include "plan.h"

enum { MOST_BUFFERS_PER_STEP = 10, ALIGNMENT = 64 };

static int32_t end_time(const dgba_plan *plan) { return 2 * plan->step_count - 1; }

/** Last time at which the backward half of a step may look at what it keeps. The backward pass to the input can run
 *  again and again after one forward pass, so there everything is kept to the end. */
static int32_t keep_time(const dgba_plan *plan, const step *s) {
    return plan->purpose == DGBA_PURPOSE_ATTACK ? end_time(plan) : s->backward_time;
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

/** When a value is used: last where the forward pass left it; by the backward pass where it is made again. */
typedef struct usage {
    int32_t last, again_first, again_last;
} usage;

static void extend(int32_t *time, int32_t to) {
    if (*time < to) *time = to;
}

/** What takes little to compute is made again for the backward pass, if that finds what it was computed from: normalised
 *  values, and sums of one of them and a value that is kept: of a residual network's blocks, every other one. */
static void mark_made_again(dgba_plan *plan) {
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        value *y = &plan->values[s->y];
        const value *x = &plan->values[s->x[0]], *other = &plan->values[s->x[s->inputs - 1]];
        if (s->dropout != NONE) continue;
        if (s->op == OP_BATCHNORM) y->made_again = !x->made_again;
        if (s->op == OP_ADD && x->made_again != other->made_again)
            y->made_again = dgba_plan_maker(plan, x->made_again ? s->x[0] : s->x[1])->op == OP_BATCHNORM;
    }
}

/** The backward half of `reader` reads a value. */
static void keep(const dgba_plan *plan, usage *usages, int32_t index, const step *reader) {
    usage *u = &usages[index];
    if (!plan->values[index].made_again) {
        extend(&u->last, keep_time(plan, reader));
        return;
    }
    if (u->again_first == 0 || reader->backward_time < u->again_first) u->again_first = reader->backward_time;
    extend(&u->again_last, reader->backward_time);
}

static void find_usages(const dgba_plan *plan, usage *usages) {
    const bool trains = plan->purpose == DGBA_PURPOSE_TRAIN;
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        const value *y = &plan->values[s->y];
        extend(&usages[s->y].last, y->output != NONE && !trains ? end_time(plan) : s->forward_time);
        for (int k = 0; k < s->inputs; ++k) extend(&usages[s->x[k]].last, s->forward_time);
        if (!y->wants_gradient) continue;
        if (rectifies(s) && !keeps_marks(plan, s)) keep(plan, usages, s->y, s);
        if (trains && (is_convolution(s->op) || s->op == OP_BATCHNORM)) keep(plan, usages, s->x[0], s);
    }
}

/** A sum that is made again needs its other value until then. */
static void keep_summands(const dgba_plan *plan, usage *usages) {
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        if (s->op != OP_ADD) continue;
        for (int k = 0; k < 2; ++k)
            if (!plan->values[s->x[k]].made_again) extend(&usages[s->x[k]].last, usages[s->y].again_first);
    }
}

static void add_value_buffers(dgba_plan *plan, const usage *usages) {
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        const usage *u = &usages[s->y];
        value *v = &plan->values[s->y];
        const int64_t count = dgba_shape_count(v->shape);
        v->buffer = add_buffer(plan, count, sizeof(float), s->forward_time, u->last);
        v->again_time = u->again_first;
        if (u->again_first > 0) v->again = add_buffer(plan, count, sizeof(float), u->again_first, u->again_last);
    }
}

/** Walks the backward halves in their order: the first to write a gradient overwrites, later ones add. `first` is when
 *  each gradient is written first, NONE for not yet. Seeds of outputs are written before all that. */
static void add_gradient_buffers(dgba_plan *plan, int32_t *first) {
    if (plan->purpose == DGBA_PURPOSE_EVALUATE) return;
    for (int32_t v = 0; v < plan->value_count; ++v) first[v] = NONE;
    for (int32_t i = 0; i < plan->step_count; ++i)
        if (plan->values[plan->steps[i].y].output != NONE) first[plan->steps[i].y] = plan->steps[i].forward_time;
    for (int32_t now = 0; now <= end_time(plan); ++now) {
        if (plan->schedule[now] >= 0) continue;
        step *s = &plan->steps[~plan->schedule[now]];
        value *v = &plan->values[s->y];
        if (v->wants_gradient || v->output != NONE)
            v->gradient = add_buffer(plan, dgba_shape_count(v->shape), sizeof(float), first[s->y], now);
        for (int k = 0; k < s->inputs && v->wants_gradient; ++k) {
            s->accumulates[k] = first[s->x[k]] != NONE;
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
static void add_convolution_buffers(dgba_plan *plan, step *s) {
    int64_t scratch[DGBA_CONV2D_DIRECTIONS] = {0};
    for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d) {
        if (!wants_direction(plan, s, d)) continue;
        s->algorithm[d] = dgba_conv2d_choose(options_of(plan, s), plan->values[s->x[0]].shape, d);
        scratch[d] = most_scratch(plan, s, d);
    }
    s->forward_scratch = add_buffer(plan, scratch[DGBA_CONV2D_FORWARD], sizeof(float), s->forward_time, s->forward_time);
    if (!plan->values[s->y].wants_gradient) return;
    const int64_t backward = scratch[DGBA_CONV2D_BACKWARD_INPUT] > scratch[DGBA_CONV2D_BACKWARD_PARAMS]
                                 ? scratch[DGBA_CONV2D_BACKWARD_INPUT]
                                 : scratch[DGBA_CONV2D_BACKWARD_PARAMS];
    s->backward_scratch = add_buffer(plan, backward, sizeof(float), s->backward_time, s->backward_time);
}

static void add_depthwise_buffers(dgba_plan *plan, step *s) {
    const int64_t scratch = dgba_depthwise_scratch(options_of(plan, s), plan->values[s->x[0]].shape);
    s->forward_scratch = add_buffer(plan, scratch, sizeof(float), s->forward_time, s->forward_time);
    if (plan->values[s->y].wants_gradient)
        s->backward_scratch = add_buffer(plan, scratch, sizeof(float), s->backward_time, s->backward_time);
}

static void add_batchnorm_buffers(dgba_plan *plan, step *s) {
    for (int k = 0; k < 2; ++k)
        s->kept[k] = add_buffer(plan, plan->values[s->y].shape.c, sizeof(float), s->forward_time, s->backward_time);
}

/** Gradients of the parameters. Those of a convolution have another place where a batch has several parts. */
static void add_parameter_gradients(dgba_plan *plan, step *s) {
    if (plan->purpose != DGBA_PURPOSE_TRAIN || (is_convolution(s->op) && plan->parts.all > 1)) return;
    s->gradients =
        add_buffer(plan, dgba_plan_parameters(plan, s->node).floats, sizeof(float), s->backward_time, s->backward_time);
}

/** What only this step reads and writes. A pattern of dropout is kept where no rectifier's result tells it. */
static void add_private_buffers(dgba_plan *plan, step *s) {
    const value *y = &plan->values[s->y];
    const int32_t first = s->forward_time, last = keep_time(plan, s);
    const int64_t count = dgba_shape_count(y->shape);
    if (s->batchnorm != NONE && !plan->folded) add_folded_buffers(plan, s);
    if (s->op == OP_CONV2D) add_convolution_buffers(plan, s);
    if (s->op == OP_DEPTHWISE) add_depthwise_buffers(plan, s);
    if (is_convolution(s->op) || s->op == OP_BATCHNORM) add_parameter_gradients(plan, s);
    if (s->op == OP_MAXPOOL && y->wants_gradient) s->kept[0] = add_buffer(plan, count, sizeof(int32_t), first, last);
    if (keeps_marks(plan, s)) s->marks = add_buffer(plan, dgba_relu_mark_words(count), sizeof(uint32_t), first, last);
    if (s->op == OP_DROPOUT) s->pattern = add_buffer(plan, count, sizeof(uint8_t), first, last);
    if (s->dropout != NONE) s->pattern = add_buffer(plan, count, sizeof(uint8_t), first, first);
    if (s->op == OP_BATCHNORM) add_batchnorm_buffers(plan, s);
}

dgba_status dgba_plan_add_buffers(dgba_plan *plan) {
    usage *usages = NULL;
    int32_t *first = NULL;
    dgba_status status;
    DGBA_TRY_OUT(DGBA_NEW(&plan->buffers, (int64_t)MOST_BUFFERS_PER_STEP * plan->step_count));
    DGBA_TRY_OUT(DGBA_NEW(&usages, plan->value_count));
    DGBA_TRY_OUT(DGBA_NEW(&first, plan->value_count));
    mark_wanted_gradients(plan);
    if (plan->purpose == DGBA_PURPOSE_TRAIN) mark_made_again(plan);
    find_usages(plan, usages);
    keep_summands(plan, usages);
    add_value_buffers(plan, usages);
    add_gradient_buffers(plan, first);
    for (int32_t i = 0; i < plan->step_count; ++i) add_private_buffers(plan, &plan->steps[i]);
out:
    dgba_free(usages);
    dgba_free(first);
    return status;
}
