#include <string.h>

#include "plan.h"

/** The shape of a value for the samples of this run, of one part. */
static dgba_shape shape_of(const dgba_plan *plan, int32_t index) {
    dgba_shape shape = plan->values[index].shape;
    shape.n = plan->run.samples;
    return shape;
}

static int64_t count_of(const dgba_plan *plan, int32_t index) { return dgba_shape_count(shape_of(plan, index)); }

static float *value_memory(const dgba_plan *plan, int32_t index) {
    return dgba_plan_memory(plan, plan->values[index].buffer);
}

static const float *read_value(const dgba_plan *plan, int32_t index) {
    return index == 0 ? plan->x + plan->part * count_of(plan, 0) : value_memory(plan, index);
}

/** What the backward pass reads. */
static const float *read_again(const dgba_plan *plan, int32_t index) {
    const int32_t again = plan->values[index].again;
    return again != NONE ? dgba_plan_memory(plan, again) : read_value(plan, index);
}

/** Place of parameter `which` of a node in the array of all. */
static int64_t offset_of(const dgba_plan *plan, dgba_node index, int64_t which) {
    const dgba_graph *graph = plan->graph;
    return graph->parameters[graph->nodes[index].parameter + which].offset;
}

static float *parameter(const dgba_plan *plan, dgba_node index, int64_t which) {
    return plan->parameters + offset_of(plan, index, which);
}

/** The weights as bound, folded if they are. */
static const float *raw_weights(const dgba_plan *plan, const step *s) {
    return s->weight != NONE ? dgba_plan_memory(plan, s->weight) : parameter(plan, s->node, 0);
}

static dgba_conv2d_weights weights_of(const dgba_plan *plan, const step *s, dgba_conv2d_direction direction) {
    return (dgba_conv2d_weights){s->algorithm[direction], raw_weights(plan, s)};
}

static float *bias_of(const dgba_plan *plan, const step *s) {
    if (s->bias != NONE) return dgba_plan_memory(plan, s->bias);
    if (s->batchnorm != NONE) return parameter(plan, s->batchnorm, 1);
    return plan->graph->nodes[s->node].conv.bias ? parameter(plan, s->node, 1) : NULL;
}

/* ---- Forward ---- */

/** What all parts of the batch have in common: values a channel, and statistics, which lie in the memory of the first. */
typedef struct common {
    int64_t channels, count;
    float *mean, *inv_std;
} common;

static common find_common(dgba_plan *plan, const step *s) {
    const dgba_shape shape = shape_of(plan, s->x[0]);
    plan->part = 0;
    return (common){.channels = shape.c,
                    .count = plan->parts.all * shape.n * shape.h * shape.w,
                    .mean = dgba_plan_memory(plan, s->kept[0]),
                    .inv_std = dgba_plan_memory(plan, s->kept[1])};
}

/** With the statistics that were found; into buffer `to`. */
static void normalise(dgba_plan *plan, const step *s, int32_t to) {
    const common all = find_common(plan, s);
    for (plan->part = 0; plan->part < plan->parts.count; ++plan->part)
        dgba_batchnorm_normalise(dgba_plan_memory(plan, to), read_value(plan, s->x[0]), all.mean, all.inv_std,
                                 parameter(plan, s->node, 0), parameter(plan, s->node, 1), shape_of(plan, s->y), s->relu);
}

static void find_statistics(dgba_plan *plan, const step *s) {
    const common all = find_common(plan, s);
    for (plan->part = 0; plan->part < plan->parts.count; ++plan->part) {
        const float *x = read_value(plan, s->x[0]);
        dgba_batchnorm_sums(dgba_parts_sums(&plan->parts, plan->part, 2 * all.channels), x, x, shape_of(plan, s->y));
    }
    dgba_batchnorm_statistics(all.mean, all.inv_std, parameter(plan, s->node, 2), parameter(plan, s->node, 3),
                              dgba_parts_add_sums(&plan->parts, 2 * all.channels), all.count, all.channels,
                              plan->graph->nodes[s->node].batchnorm);
}

/** Each dropout node of each run has a pattern of its own, of which each part of the batch sees its elements. */
static void drop_out(const dgba_plan *plan, const step *s, dgba_node dropout, const float *x) {
    const int64_t count = count_of(plan, s->y);
    const dgba_dropout pattern = {.rate = plan->graph->nodes[dropout].rate,
                                  .seed = plan->run.seed,
                                  .index = plan->run.dropout_index * (uint64_t)plan->graph->node_count + (uint64_t)dropout,
                                  .first = (plan->parts.first + plan->part) * count};
    dgba_dropout_forward(value_memory(plan, s->y), dgba_plan_memory(plan, s->pattern), x, count, pattern);
}

/** The current part's share of a step. Batch normalisation looks at all parts, so it has been done before. */
static void forward_step(dgba_plan *plan, const step *s) {
    const node *n = &plan->graph->nodes[s->node];
    float *y = value_memory(plan, s->y);
    const float *x = read_value(plan, s->x[0]);
    const dgba_shape x_shape = shape_of(plan, s->x[0]);
    const int64_t count = count_of(plan, s->y);
    switch (s->op) {
        case OP_CONV2D:
            dgba_conv2d_forward(y, x, weights_of(plan, s, DGBA_CONV2D_FORWARD), bias_of(plan, s), x_shape, &n->conv.options,
                                s->relu, dgba_plan_memory(plan, s->forward_scratch));
            break;
        case OP_DEPTHWISE:
            dgba_depthwise_forward(y, x, raw_weights(plan, s), bias_of(plan, s), x_shape, &n->conv.options, s->relu,
                                   dgba_plan_memory(plan, s->forward_scratch));
            break;
        case OP_RELU: dgba_relu_forward(y, x, count); break;
        case OP_MAXPOOL: dgba_maxpool_forward(y, dgba_plan_memory(plan, s->kept[0]), x, x_shape, &n->pool); break;
        case OP_DROPOUT: drop_out(plan, s, s->node, x); break;
        case OP_ADD: dgba_add_forward(y, x, read_value(plan, s->x[1]), count, s->relu); break;
        case OP_BATCHNORM: break; // done
        case OP_INPUT: DGBA_ASSERT(!"a step");
    }
    if (s->marks != NONE) dgba_relu_mark(dgba_plan_memory(plan, s->marks), y, count);
    if (s->dropout != NONE) drop_out(plan, s, s->dropout, y);
}

/** The forward half of a step, of all parts of this plan. */
static void forward_parts(dgba_plan *plan, step *s) {
    const double start = dgba_clock_seconds();
    if (s->op == OP_BATCHNORM) {
        find_statistics(plan, s);
        normalise(plan, s, plan->values[s->y].buffer);
    }
    for (plan->part = 0; plan->part < plan->parts.count; ++plan->part) forward_step(plan, s);
    plan->part = 0;
    s->forward_seconds += dgba_clock_seconds() - start;
}

static void begin(dgba_plan *plan, const float *x, dgba_run run) {
    DGBA_ASSERT(plan->parameters != NULL && run.samples >= 1 && run.samples <= plan->samples);
    plan->x = x;
    plan->run = run;
}

void dgba_plan_forward(dgba_plan *plan, const float *x, dgba_run run) {
    DGBA_ASSERT(plan->purpose != DGBA_PURPOSE_TRAIN);
    begin(plan, x, run);
    for (int32_t now = 0; now < plan->step_count; ++now) forward_parts(plan, &plan->steps[plan->schedule[now]]);
}

void dgba_plan_choose_part(dgba_plan *plan, int64_t part) {
    DGBA_ASSERT(part >= 0 && part < plan->parts.count);
    plan->part = part;
}

const float *dgba_plan_output(const dgba_plan *plan, int64_t index, dgba_shape *shape) {
    DGBA_ASSERT(index >= 0 && index < plan->graph->output_count);
    *shape = shape_of(plan, plan->outputs[index]);
    return value_memory(plan, plan->outputs[index]);
}

float *dgba_plan_seed(dgba_plan *plan, int64_t index) {
    DGBA_ASSERT(index >= 0 && index < plan->graph->output_count && plan->purpose != DGBA_PURPOSE_EVALUATE);
    return dgba_plan_memory(plan, plan->values[plan->outputs[index]].gradient);
}

/* ---- Backward ---- */

/** Where the gradients of one step go: that of the input, or of the step's parameters, the first of which stands at
 *  `first` in the array of all. One of the two is NULL. */
typedef struct target {
    float *dx, *parameters;
    int64_t first;
} target;

/** Gradient of parameter `which` of a node. */
static float *gradient_of(const dgba_plan *plan, target to, dgba_node index, int64_t which) {
    return to.parameters + (offset_of(plan, index, which) - to.first);
}

/** Through the rectifier of a step, and dropout behind it. */
static void relu_backward(const dgba_plan *plan, const step *s, float *dx, const float *dy, bool accumulate) {
    const int64_t count = count_of(plan, s->y);
    if (s->marks != NONE)
        dgba_relu_backward_marked(dx, dy, dgba_plan_memory(plan, s->marks), count, accumulate);
    else if (s->dropout != NONE)
        dgba_dropout_backward_rectified(dx, dy, read_again(plan, s->y), count, plan->graph->nodes[s->dropout].rate,
                                        accumulate);
    else
        dgba_relu_backward(dx, dy, read_again(plan, s->y), count, accumulate);
}

static void conv2d_backward(const dgba_plan *plan, const step *s, float *dy, float *dx, target to) {
    const node *n = &plan->graph->nodes[s->node];
    const dgba_shape x_shape = shape_of(plan, s->x[0]);
    float *scratch = dgba_plan_memory(plan, s->backward_scratch);
    if (s->relu) relu_backward(plan, s, dy, dy, false);
    if (to.parameters != NULL)
        dgba_conv2d_backward_params(gradient_of(plan, to, s->node, 0),
                                    n->conv.bias ? gradient_of(plan, to, s->node, 1) : NULL, dy, read_again(plan, s->x[0]),
                                    s->algorithm[DGBA_CONV2D_BACKWARD_PARAMS], x_shape, &n->conv.options, scratch);
    if (dx != NULL)
        dgba_conv2d_backward_input(dx, dy, weights_of(plan, s, DGBA_CONV2D_BACKWARD_INPUT), x_shape, &n->conv.options,
                                   s->accumulates[0], scratch);
}

static void depthwise_backward(const dgba_plan *plan, const step *s, float *dy, float *dx, target to) {
    const node *n = &plan->graph->nodes[s->node];
    const dgba_shape x_shape = shape_of(plan, s->x[0]);
    float *scratch = dgba_plan_memory(plan, s->backward_scratch);
    if (s->relu) relu_backward(plan, s, dy, dy, false);
    if (to.parameters != NULL)
        dgba_depthwise_backward_params(gradient_of(plan, to, s->node, 0),
                                       n->conv.bias ? gradient_of(plan, to, s->node, 1) : NULL, dy,
                                       read_again(plan, s->x[0]), x_shape, &n->conv.options, scratch);
    if (dx != NULL)
        dgba_depthwise_backward_input(dx, dy, raw_weights(plan, s), x_shape, &n->conv.options, s->accumulates[0], scratch);
}

static void add_backward(const dgba_plan *plan, const step *s, const float *dy, float *dx, bool accumulate) {
    const int64_t count = count_of(plan, s->y);
    if (s->relu)
        relu_backward(plan, s, dx, dy, accumulate);
    else if (accumulate)
        dgba_axpy(dx, 1, dy, count);
    else
        memcpy(dx, dy, (size_t)count * sizeof *dx);
}

/** Gradient of input k of a step, or NULL if nobody wants it. */
static float *input_gradient(const dgba_plan *plan, const step *s, int k, target to) {
    const value *v = &plan->values[s->x[k]];
    if (!v->wants_gradient) return NULL;
    return s->x[k] == 0 ? to.dx : dgba_plan_memory(plan, v->gradient);
}

/** The current part's share of a step other than batch normalisation. */
static void backward_step(const dgba_plan *plan, const step *s, target to) {
    const node *n = &plan->graph->nodes[s->node];
    float *dy = dgba_plan_memory(plan, plan->values[s->y].gradient);
    float *dx = input_gradient(plan, s, 0, to);
    switch (s->op) {
        case OP_CONV2D: conv2d_backward(plan, s, dy, dx, to); break;
        case OP_DEPTHWISE: depthwise_backward(plan, s, dy, dx, to); break;
        case OP_RELU: relu_backward(plan, s, dx, dy, s->accumulates[0]); break;
        case OP_MAXPOOL:
            dgba_maxpool_backward(dx, dy, dgba_plan_memory(plan, s->kept[0]), shape_of(plan, s->x[0]), &n->pool,
                                  s->accumulates[0]);
            break;
        case OP_DROPOUT:
            dgba_dropout_backward(dx, dy, dgba_plan_memory(plan, s->pattern), count_of(plan, s->y), n->rate,
                                  s->accumulates[0]);
            break;
        case OP_ADD:
            for (int k = 0; k < 2; ++k) {
                dx = input_gradient(plan, s, k, to);
                if (dx != NULL) add_backward(plan, s, dy, dx, s->accumulates[k]);
            }
            break;
        case OP_BATCHNORM:
        case OP_INPUT: DGBA_ASSERT(!"a step of one part");
    }
}

static void batchnorm_backward(dgba_plan *plan, const step *s, target to) {
    const common all = find_common(plan, s);
    const dgba_shape shape = shape_of(plan, s->x[0]);
    const value *x = &plan->values[s->x[0]], *y = &plan->values[s->y];
    for (plan->part = 0; plan->part < plan->parts.count; ++plan->part) {
        float *dy = dgba_plan_memory(plan, y->gradient);
        if (s->relu) relu_backward(plan, s, dy, dy, false);
        dgba_batchnorm_sums(dgba_parts_sums(&plan->parts, plan->part, 2 * all.channels), dy, read_again(plan, s->x[0]),
                            shape);
    }
    const double *sums = dgba_parts_add_sums(&plan->parts, 2 * all.channels);
    dgba_batchnorm_backward_params(gradient_of(plan, to, s->node, 0), gradient_of(plan, to, s->node, 1), sums, all.mean,
                                   all.inv_std, all.channels);
    if (!x->wants_gradient) return;
    for (plan->part = 0; plan->part < plan->parts.count; ++plan->part)
        dgba_batchnorm_backward_input(dgba_plan_memory(plan, x->gradient), dgba_plan_memory(plan, y->gradient),
                                      read_again(plan, s->x[0]), all.mean, all.inv_std, parameter(plan, s->node, 0), sums,
                                      all.count, shape, s->accumulates[0]);
}

void dgba_plan_backward_input(dgba_plan *plan, float *dx) {
    DGBA_ASSERT(plan->purpose == DGBA_PURPOSE_ATTACK && plan->run.samples > 0); // a forward pass came before
    for (int32_t now = plan->step_count; now < 2 * plan->step_count; ++now) {
        step *s = &plan->steps[~plan->schedule[now]];
        if (!plan->values[s->y].wants_gradient) continue;
        const double start = dgba_clock_seconds();
        backward_step(plan, s, (target){.dx = dx});
        s->backward_seconds += dgba_clock_seconds() - start;
    }
}

/* ---- Training ---- */

/** A convolution of a batch of several parts: each part's gradients by themselves, then their total. */
static const float *add_parts(dgba_plan *plan, const step *s, parameter_range range) {
    for (plan->part = 0; plan->part < plan->parts.count; ++plan->part) {
        float *own = dgba_parts_gradient(&plan->parts, plan->part);
        dgba_fill(own, 0, range.floats);
        backward_step(plan, s, (target){.parameters = own, .first = range.first});
    }
    return dgba_parts_add_gradients(&plan->parts, range.floats);
}

/** Gradients of the step's parameters, all of them; and on the way those of its inputs. */
static const float *backward_parameters(dgba_plan *plan, const step *s, parameter_range range) {
    if (s->gradients == NONE) return add_parts(plan, s, range);
    float *gradients = dgba_plan_memory(plan, s->gradients);
    const target to = {.parameters = gradients, .first = range.first};
    dgba_fill(gradients, 0, range.floats);
    if (s->op == OP_BATCHNORM)
        batchnorm_backward(plan, s, to);
    else
        backward_step(plan, s, to);
    return gradients;
}

/** Makes a value once more: one that batch normalisation gave, or the sum of such a one and another. */
static void make_again(dgba_plan *plan, int32_t index) {
    const int32_t to = plan->values[index].again;
    const step *s = dgba_plan_maker(plan, index);
    const int first = s->op == OP_ADD && !plan->values[s->x[0]].made_again ? 1 : 0;
    normalise(plan, s->op == OP_ADD ? dgba_plan_maker(plan, s->x[first]) : s, to);
    for (plan->part = 0; plan->part < plan->parts.count && s->op == OP_ADD; ++plan->part) {
        float *sum = dgba_plan_memory(plan, to);
        dgba_add_forward(sum, sum, read_value(plan, s->x[1 - first]), count_of(plan, index), s->relu);
    }
    plan->part = 0;
}

/** The values that the step's backward half is the first to read again. */
static void make_readable(dgba_plan *plan, const step *s) {
    const int32_t read[] = {s->y, s->x[0]};
    for (int k = 0; k < 2; ++k) {
        const value *v = &plan->values[read[k]];
        if (v->again != NONE && v->again_time == s->backward_time) make_again(plan, read[k]);
    }
}

/** The backward half of a step, of all parts of this plan. */
static void backward_parts(dgba_plan *plan, step *s, const dgba_plan_callbacks *calls) {
    const double start = dgba_clock_seconds();
    make_readable(plan, s);
    if (is_convolution(s->op) || s->op == OP_BATCHNORM) {
        const parameter_range range = dgba_plan_parameters(plan, s->node);
        const float *gradients = backward_parameters(plan, s, range);
        s->backward_seconds += dgba_clock_seconds() - start;
        for (int64_t k = 0; k < range.count; ++k)
            calls->take(calls->self, range.number + k, gradients + (offset_of(plan, s->node, k) - range.first));
    } else {
        for (plan->part = 0; plan->part < plan->parts.count; ++plan->part) backward_step(plan, s, (target){0});
        s->backward_seconds += dgba_clock_seconds() - start;
    }
    plan->part = 0;
}

dgba_status dgba_plan_train(dgba_plan *plan, const float *x, dgba_run run, const dgba_plan_callbacks *calls) {
    DGBA_ASSERT(plan->purpose == DGBA_PURPOSE_TRAIN);
    begin(plan, x, run);
    for (int32_t now = 0; now < 2 * plan->step_count; ++now) {
        const bool forward = plan->schedule[now] >= 0;
        step *s = &plan->steps[forward ? plan->schedule[now] : ~plan->schedule[now]];
        const value *y = &plan->values[s->y];
        if (forward) forward_parts(plan, s);
        if (forward && y->output != NONE) DGBA_TRY(calls->seed(calls->self, y->output));
        if (!forward && y->wants_gradient) backward_parts(plan, s, calls);
    }
    return DGBA_OK;
}
