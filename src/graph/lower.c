#include "plan.h"

/** What lowering knows about each node. */
typedef struct lowering {
    dgba_plan *plan;
    int32_t *uses;
    dgba_node *consumer; // one of the nodes that use it, or NONE
    dgba_shape *shapes;
    int32_t *value; // value that holds the node's result, or NONE
} lowering;

static bool is_training(const dgba_plan *plan) { return plan->purpose == DGBA_PURPOSE_TRAIN; }

/** The one node that uses `index`, if it is of that kind and `index` is wanted nowhere else; NONE otherwise. */
static dgba_node sole_consumer(const lowering *l, dgba_node index, node_op op) {
    const dgba_node consumer = l->consumer[index];
    if (l->uses[index] != 1 || consumer == NONE || l->plan->graph->nodes[consumer].op != op) return NONE;
    return consumer;
}

static bool is_identity(const dgba_plan *plan, const node *n) {
    return n->op == OP_DROPOUT && (!is_training(plan) || n->rate == 0);
}

static int32_t append_value(dgba_plan *plan, dgba_shape shape) {
    plan->values[plan->value_count] =
        (value){.shape = shape, .buffer = NONE, .gradient = NONE, .again = NONE, .output = NONE};
    return plan->value_count++;
}

/** What follows a node and is done with it: batch normalisation that is folded, a rectifier, dropout behind one. Returns
 *  the last node of the chain. */
static dgba_node fuse(const lowering *l, step *s, dgba_node last) {
    if (is_convolution(s->op) && !is_training(l->plan)) {
        s->batchnorm = sole_consumer(l, last, OP_BATCHNORM);
        if (s->batchnorm != NONE) last = s->batchnorm;
    }
    if (is_convolution(s->op) || s->op == OP_ADD || s->op == OP_BATCHNORM) {
        const dgba_node relu = sole_consumer(l, last, OP_RELU);
        s->relu = relu != NONE;
        if (s->relu) last = relu;
    }
    if (s->relu || s->op == OP_RELU) {
        const dgba_node dropout = sole_consumer(l, last, OP_DROPOUT);
        if (dropout != NONE && !is_identity(l->plan, &l->plan->graph->nodes[dropout])) last = s->dropout = dropout;
    }
    return last;
}

static void append_step(lowering *l, dgba_node index) {
    dgba_plan *plan = l->plan;
    const node *n = &plan->graph->nodes[index];
    step added = {.op = n->op,
                  .node = index,
                  .batchnorm = NONE,
                  .dropout = NONE,
                  .inputs = n->inputs,
                  .weight = NONE,
                  .bias = NONE,
                  .scale = NONE,
                  .kept = {NONE, NONE},
                  .marks = NONE,
                  .pattern = NONE,
                  .gradients = NONE,
                  .forward_scratch = NONE,
                  .backward_scratch = NONE};
    for (int k = 0; k < n->inputs; ++k) added.x[k] = l->value[n->input[k]];
    const dgba_node last = fuse(l, &added, index);
    added.y = append_value(plan, l->shapes[last]);
    for (dgba_node i = index; i != last; i = l->consumer[i]) l->value[i] = added.y;
    l->value[last] = added.y;
    plan->steps[plan->step_count++] = added;
}

static dgba_status check_batchnorm(const dgba_plan *plan, dgba_shape shape) {
    if (!is_training(plan))
        return dgba_fail(DGBA_E_USAGE, "evaluation mode needs it right after a convolution that nothing else uses");
    if (plan->parts.all * shape.n * shape.h * shape.w > 1) return DGBA_OK;
    return dgba_fail(DGBA_E_SHAPE, "training needs more than one value per channel");
}

static dgba_status lower_node(lowering *l, dgba_node index) {
    const node *n = &l->plan->graph->nodes[index];
    if (l->uses[index] == 0 || l->value[index] != NONE) return DGBA_OK; // not needed, or fused already
    if (n->op == OP_BATCHNORM)
        DGBA_TRY(dgba_graph_context(check_batchnorm(l->plan, l->shapes[index]), l->plan->graph, index));
    if (is_identity(l->plan, n))
        l->value[index] = l->value[n->input[0]];
    else
        append_step(l, index);
    return DGBA_OK;
}

/** Where dropout is the identity, two outputs can turn out to be one value, which can have only one seed. */
static dgba_status mark_outputs(lowering *l) {
    dgba_plan *plan = l->plan;
    for (int64_t i = 0; i < plan->graph->output_count; ++i) {
        const dgba_node index = plan->graph->outputs[i];
        const int32_t output = l->value[index];
        if (output == 0 || plan->values[output].output != NONE)
            return dgba_fail(DGBA_E_USAGE, "output %lld (node %d) is the same as %s here", (long long)i, index,
                             output == 0 ? "the input" : "another output");
        plan->values[output].output = i;
        plan->outputs[i] = output;
    }
    return DGBA_OK;
}

static dgba_status lower_all(lowering *l, dgba_shape input) {
    const dgba_graph *graph = l->plan->graph;
    dgba_graph_count_uses(l->uses, graph);
    DGBA_TRY(dgba_graph_infer_shapes(l->shapes, graph, l->uses, input));
    for (dgba_node i = 0; i < graph->node_count; ++i) {
        l->consumer[i] = l->value[i] = NONE;
        for (int k = 0; k < graph->nodes[i].inputs && l->uses[i] > 0; ++k) l->consumer[graph->nodes[i].input[k]] = i;
    }
    l->value[0] = append_value(l->plan, input);
    for (dgba_node i = 1; i < graph->node_count; ++i) DGBA_TRY(lower_node(l, i));
    return mark_outputs(l);
}

dgba_status dgba_plan_lower(dgba_plan *plan, dgba_shape input) {
    const int64_t count = plan->graph->node_count;
    lowering l = {.plan = plan};
    dgba_status status;
    DGBA_TRY_OUT(DGBA_NEW(&plan->steps, count));
    DGBA_TRY_OUT(DGBA_NEW(&plan->values, count));
    DGBA_TRY_OUT(DGBA_NEW(&plan->outputs, plan->graph->output_count));
    DGBA_TRY_OUT(DGBA_NEW(&l.uses, count));
    DGBA_TRY_OUT(DGBA_NEW(&l.consumer, count));
    DGBA_TRY_OUT(DGBA_NEW(&l.shapes, count));
    DGBA_TRY_OUT(DGBA_NEW(&l.value, count));
    DGBA_TRY_OUT(lower_all(&l, input));
out:
    dgba_free(l.uses);
    dgba_free(l.consumer);
    dgba_free(l.shapes);
    dgba_free(l.value);
    return status;
}
