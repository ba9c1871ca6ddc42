#include <string.h>

#include "plan.h"

/** The shape of a value for the samples of this run. */
static dgba_shape shape_of(const dgba_plan *plan, int32_t index) {
    dgba_shape shape = plan->values[index].shape;
    shape.n = plan->run.samples;
    return shape;
}

static int64_t count_of(const dgba_plan *plan, int32_t index) { return dgba_shape_count(shape_of(plan, index)); }

static const float *read_value(const dgba_plan *plan, int32_t index) {
    return index == 0 ? plan->x : dgba_plan_memory(plan, plan->values[index].buffer);
}

static float *value_memory(const dgba_plan *plan, int32_t index) {
    return dgba_plan_memory(plan, plan->values[index].buffer);
}

/** Parameter `which` of a node, in an array laid out as the parameters. */
static float *part(const dgba_plan *plan, float *array, dgba_node index, int64_t which) {
    const dgba_graph *graph = plan->graph;
    return array + graph->parameters[graph->nodes[index].parameter + which].offset;
}

/** The weights as bound, folded if they are. */
static const float *raw_weights(const dgba_plan *plan, const step *s) {
    return s->batchnorm != NONE ? dgba_plan_memory(plan, s->weight) : part(plan, plan->parameters, s->node, 0);
}

static dgba_conv2d_weights weights_of(const dgba_plan *plan, const step *s, dgba_conv2d_direction direction) {
    return (dgba_conv2d_weights){s->algorithm[direction], raw_weights(plan, s)};
}

static float *bias_of(const dgba_plan *plan, const step *s) {
    if (s->batchnorm != NONE) return dgba_plan_memory(plan, s->bias);
    return plan->graph->nodes[s->node].conv.bias ? part(plan, plan->parameters, s->node, 1) : NULL;
}

/* ---- Forward ---- */

static void batchnorm_forward(dgba_plan *plan, const step *s) {
    float *p = plan->parameters;
    dgba_batchnorm_train_forward(value_memory(plan, s->y), dgba_plan_memory(plan, s->kept[0]),
                                 dgba_plan_memory(plan, s->kept[1]), part(plan, p, s->node, 2), part(plan, p, s->node, 3),
                                 read_value(plan, s->x[0]), part(plan, p, s->node, 0), part(plan, p, s->node, 1),
                                 shape_of(plan, s->y), plan->graph->nodes[s->node].batchnorm);
}

/** Each dropout node of each run has a pattern of its own. */
static uint64_t pattern_index(const dgba_plan *plan, const step *s) {
    return plan->run.dropout_index * (uint64_t)plan->graph->node_count + (uint64_t)s->node;
}

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
        case OP_BATCHNORM: batchnorm_forward(plan, s); break;
        case OP_RELU: dgba_relu_forward(y, x, count); break;
        case OP_MAXPOOL: dgba_maxpool_forward(y, dgba_plan_memory(plan, s->kept[0]), x, x_shape, &n->pool); break;
        case OP_DROPOUT:
            dgba_dropout_forward(y, dgba_plan_memory(plan, s->kept[0]), x, count, n->rate, plan->run.seed,
                                 pattern_index(plan, s));
            break;
        case OP_ADD: dgba_add_forward(y, x, read_value(plan, s->x[1]), count, s->relu); break;
        case OP_INPUT: DGBA_ASSERT(s->op != OP_INPUT);
    }
}

void dgba_plan_forward(dgba_plan *plan, const float *x, dgba_run run) {
    DGBA_ASSERT(plan->parameters != NULL && run.samples >= 1 && run.samples <= plan->samples);
    plan->x = x;
    plan->run = run;
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const double start = dgba_clock_seconds();
        forward_step(plan, &plan->steps[i]);
        plan->steps[i].forward_seconds += dgba_clock_seconds() - start;
    }
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

/** Where the gradients of one backward pass go; one of the two is NULL. */
typedef struct target {
    float *dx, *parameters;
} target;

static void conv2d_backward(const dgba_plan *plan, const step *s, float *dy, float *dx, target to) {
    const node *n = &plan->graph->nodes[s->node];
    const dgba_shape x_shape = shape_of(plan, s->x[0]);
    float *scratch = dgba_plan_memory(plan, s->backward_scratch);
    if (s->relu) dgba_relu_backward(dy, dy, read_value(plan, s->y), count_of(plan, s->y), false);
    if (to.parameters != NULL)
        dgba_conv2d_backward_params(
            part(plan, to.parameters, s->node, 0), n->conv.bias ? part(plan, to.parameters, s->node, 1) : NULL, dy,
            read_value(plan, s->x[0]), s->algorithm[DGBA_CONV2D_BACKWARD_PARAMS], x_shape, &n->conv.options, scratch);
    if (dx != NULL)
        dgba_conv2d_backward_input(dx, dy, weights_of(plan, s, DGBA_CONV2D_BACKWARD_INPUT), x_shape, &n->conv.options,
                                   s->accumulates[0], scratch);
}

static void depthwise_backward(const dgba_plan *plan, const step *s, float *dy, float *dx, target to) {
    const node *n = &plan->graph->nodes[s->node];
    const dgba_shape x_shape = shape_of(plan, s->x[0]);
    float *scratch = dgba_plan_memory(plan, s->backward_scratch);
    if (s->relu) dgba_relu_backward(dy, dy, read_value(plan, s->y), count_of(plan, s->y), false);
    if (to.parameters != NULL)
        dgba_depthwise_backward_params(part(plan, to.parameters, s->node, 0),
                                       n->conv.bias ? part(plan, to.parameters, s->node, 1) : NULL, dy,
                                       read_value(plan, s->x[0]), x_shape, &n->conv.options, scratch);
    if (dx != NULL)
        dgba_depthwise_backward_input(dx, dy, raw_weights(plan, s), x_shape, &n->conv.options, s->accumulates[0], scratch);
}

static void batchnorm_backward(const dgba_plan *plan, const step *s, const float *dy, float *dx, target to) {
    if (dx == NULL) dx = dgba_plan_memory(plan, s->unwanted);
    dgba_batchnorm_train_backward(dx, part(plan, to.parameters, s->node, 0), part(plan, to.parameters, s->node, 1), dy,
                                  read_value(plan, s->x[0]), dgba_plan_memory(plan, s->kept[0]),
                                  dgba_plan_memory(plan, s->kept[1]), part(plan, plan->parameters, s->node, 0),
                                  shape_of(plan, s->x[0]), s->accumulates[0]);
}

static void add_backward(const dgba_plan *plan, const step *s, const float *dy, float *dx, bool accumulate) {
    const int64_t count = count_of(plan, s->y);
    if (s->relu)
        dgba_relu_backward(dx, dy, read_value(plan, s->y), count, accumulate);
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

static void backward_step(const dgba_plan *plan, const step *s, target to) {
    const node *n = &plan->graph->nodes[s->node];
    float *dy = dgba_plan_memory(plan, plan->values[s->y].gradient);
    float *dx = input_gradient(plan, s, 0, to);
    switch (s->op) {
        case OP_CONV2D: conv2d_backward(plan, s, dy, dx, to); break;
        case OP_DEPTHWISE: depthwise_backward(plan, s, dy, dx, to); break;
        case OP_BATCHNORM: batchnorm_backward(plan, s, dy, dx, to); break;
        case OP_RELU: dgba_relu_backward(dx, dy, read_value(plan, s->y), count_of(plan, s->y), s->accumulates[0]); break;
        case OP_MAXPOOL:
            dgba_maxpool_backward(dx, dy, dgba_plan_memory(plan, s->kept[0]), shape_of(plan, s->x[0]), &n->pool,
                                  s->accumulates[0]);
            break;
        case OP_DROPOUT:
            dgba_dropout_backward(dx, dy, dgba_plan_memory(plan, s->kept[0]), count_of(plan, s->y), n->rate,
                                  s->accumulates[0]);
            break;
        case OP_ADD:
            for (int k = 0; k < 2; ++k) {
                dx = input_gradient(plan, s, k, to);
                if (dx != NULL) add_backward(plan, s, dy, dx, s->accumulates[k]);
            }
            break;
        case OP_INPUT: DGBA_ASSERT(s->op != OP_INPUT);
    }
}

static void backward(const dgba_plan *plan, target to) {
    DGBA_ASSERT(plan->run.samples > 0); // a forward pass came before
    for (int32_t i = plan->step_count - 1; i >= 0; --i) {
        step *s = &plan->steps[i];
        if (!plan->values[s->y].wants_gradient) continue;
        const double start = dgba_clock_seconds();
        backward_step(plan, s, to);
        s->backward_seconds += dgba_clock_seconds() - start;
    }
}

void dgba_plan_backward_input(dgba_plan *plan, float *dx) {
    DGBA_ASSERT(plan->purpose == DGBA_PURPOSE_ATTACK);
    backward(plan, (target){.dx = dx});
}

void dgba_plan_backward_params(dgba_plan *plan, float *gradients) {
    DGBA_ASSERT(plan->purpose == DGBA_PURPOSE_TRAIN);
    backward(plan, (target){.parameters = gradients});
}
