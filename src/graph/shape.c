#include "node.h"

const char *dgba_node_op_word(node_op op) {
    static const char *const words[] = {"input", "conv2d", "depthwise", "batchnorm", "relu", "maxpool", "dropout", "add"};
    return words[op];
}

dgba_status dgba_graph_context(dgba_status status, const dgba_graph *graph, dgba_node index) {
    const node *n = &graph->nodes[index];
    return dgba_context(status, "node %d (%s%s%s)", index, dgba_node_op_word(n->op), n->name[0] != '\0' ? " " : "",
                        n->name);
}

void dgba_graph_count_uses(int32_t *uses, const dgba_graph *graph) {
    for (dgba_node i = 0; i < graph->node_count; ++i) uses[i] = 0;
    for (int64_t i = 0; i < graph->output_count; ++i) uses[graph->outputs[i]] += 1;
    for (dgba_node i = graph->node_count - 1; i > 0; --i) {
        const node *n = &graph->nodes[i];
        for (int k = 0; k < n->inputs && uses[i] > 0; ++k) uses[n->input[k]] += 1;
    }
}

static dgba_status infer_shape(dgba_shape *out, const node *n, dgba_shape a, dgba_shape b) {
    switch (n->op) {
        case OP_CONV2D: return dgba_conv2d_output_shape(out, &n->conv.options, a);
        case OP_DEPTHWISE: return dgba_depthwise_output_shape(out, &n->conv.options, a);
        case OP_MAXPOOL: return dgba_maxpool_output_shape(out, &n->pool, a);
        case OP_ADD:
            if (!dgba_shape_equal(a, b))
                return dgba_fail(DGBA_E_SHAPE, "%lldx%lld and %lldx%lld cannot be added", (long long)a.h, (long long)a.w,
                                 (long long)b.h, (long long)b.w);
            break;
        default: break;
    }
    *out = a;
    return DGBA_OK;
}

/** Holds the sizes that matrix products and the winners of pooling count with to an int. */
static dgba_status check_countable(const node *n, dgba_shape shape) {
    int counted = 0;
    int64_t positions = 0;
    if (__builtin_mul_overflow(shape.n * shape.h, shape.w, &positions)) positions = INT64_MAX;
    DGBA_TRY(dgba_narrow(&counted, positions, "the number of positions"));
    if (n->op != OP_CONV2D) return DGBA_OK;
    const dgba_conv2d *conv = &n->conv.options;
    return dgba_narrow(&counted, conv->in_channels * conv->kernel * conv->kernel, "the inputs of a filter");
}

static dgba_status check_input(const dgba_graph *graph, dgba_shape input) {
    const long long most = INT32_MAX;
    if (input.n < 1 || input.h < 1 || input.w < 1 || input.n > most || input.h > most || input.w > most)
        return dgba_fail(DGBA_E_SHAPE, "the input has %lld samples of %lldx%lld", (long long)input.n, (long long)input.h,
                         (long long)input.w);
    if (input.c != graph->nodes[0].channels)
        return dgba_fail(DGBA_E_SHAPE, "the input has %lld channels; the graph takes %lld", (long long)input.c,
                         (long long)graph->nodes[0].channels);
    return check_countable(&graph->nodes[0], input);
}

dgba_status dgba_graph_infer_shapes(dgba_shape *shapes, const dgba_graph *graph, const int32_t *uses, dgba_shape input) {
    DGBA_TRY(check_input(graph, input));
    shapes[0] = input;
    for (dgba_node i = 1; i < graph->node_count; ++i) {
        const node *n = &graph->nodes[i];
        shapes[i] = (dgba_shape){0};
        if (uses[i] == 0) continue;
        const dgba_shape a = shapes[n->input[0]], b = shapes[n->input[n->inputs - 1]];
        DGBA_TRY(dgba_graph_context(infer_shape(&shapes[i], n, a, b), graph, i));
        DGBA_TRY(dgba_graph_context(check_countable(n, shapes[i]), graph, i));
    }
    return DGBA_OK;
}

/** How often each node is used and the shape of its value, both [node]; the caller frees them, also after an error. */
static dgba_status infer_all(int32_t **uses, dgba_shape **shapes, const dgba_graph *graph, dgba_shape input) {
    *shapes = NULL;
    DGBA_TRY(DGBA_NEW(uses, graph->node_count));
    DGBA_TRY(DGBA_NEW(shapes, graph->node_count));
    dgba_graph_count_uses(*uses, graph);
    return dgba_graph_infer_shapes(*shapes, graph, *uses, input);
}

dgba_status dgba_graph_output_shape(dgba_shape *out, const dgba_graph *graph, int64_t output, dgba_shape input) {
    int32_t *uses = NULL;
    dgba_shape *shapes = NULL;
    const dgba_status status = infer_all(&uses, &shapes, graph, input);
    if (status == DGBA_OK) *out = shapes[graph->outputs[output]];
    dgba_free(uses);
    dgba_free(shapes);
    return status;
}

dgba_status dgba_graph_macs(int64_t *out, const dgba_graph *graph, dgba_shape input) {
    int32_t *uses = NULL;
    dgba_shape *shapes = NULL;
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(infer_all(&uses, &shapes, graph, input));
    *out = 0;
    for (dgba_node i = 1; i < graph->node_count; ++i) {
        const node *n = &graph->nodes[i];
        if (uses[i] == 0 || !is_convolution(n->op)) continue;
        const dgba_shape x = shapes[n->input[0]];
        *out += n->op == OP_CONV2D ? dgba_conv2d_macs(&n->conv.options, x) : dgba_depthwise_macs(&n->conv.options, x);
    }
out:
    dgba_free(uses);
    dgba_free(shapes);
    return status;
}
