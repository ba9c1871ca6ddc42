#include <string.h>

#include "node.h"

enum { FLOATS_PER_LINE = 16 }; // 64 bytes

bool dgba_parameter_is_trainable(dgba_parameter_role role) {
    return role != DGBA_PARAMETER_RUNNING_MEAN && role != DGBA_PARAMETER_RUNNING_VAR;
}

static dgba_status append(dgba_node *out, dgba_graph *graph, const node *added) {
    DGBA_TRY(DGBA_GROW(&graph->nodes, graph->node_count));
    graph->nodes[graph->node_count] = *added;
    *out = graph->node_count++;
    return DGBA_OK;
}

dgba_status dgba_graph_create(dgba_graph **out, int64_t input_channels) {
    dgba_node input = 0;
    DGBA_TRY(DGBA_NEW(out, 1));
    const dgba_status status = append(&input, *out, &(node){.op = OP_INPUT, .channels = input_channels});
    if (status != DGBA_OK) dgba_graph_free(out);
    return status;
}

void dgba_graph_free(dgba_graph **graph) {
    if (*graph == NULL) return;
    dgba_free((*graph)->nodes);
    dgba_free((*graph)->parameters);
    dgba_free((*graph)->outputs);
    dgba_free(*graph);
    *graph = NULL;
}

static dgba_status check_node(const dgba_graph *graph, dgba_node index) {
    if (index >= 0 && index < graph->node_count) return DGBA_OK;
    return dgba_fail(DGBA_E_USAGE, "the graph has no node %d", index);
}

/** Adds parameter NAME.SUFFIX. */
static dgba_status add_parameter(dgba_graph *graph, const char *name, const char *suffix, dgba_parameter_role role,
                                 dgba_shape shape) {
    DGBA_TRY(DGBA_GROW(&graph->parameters, graph->parameter_count));
    dgba_parameter *added = &graph->parameters[graph->parameter_count];
    *added = (dgba_parameter){.role = role, .shape = shape, .offset = graph->parameter_floats};
    const size_t length = strlen(name);
    if (length + strlen(suffix) + 2 > sizeof added->name)
        return dgba_fail(DGBA_E_USAGE, "the parameter name '%s.%s' is too long", name, suffix);
    memcpy(added->name, name, length);
    added->name[length] = '.';
    memcpy(added->name + length + 1, suffix, strlen(suffix) + 1);
    const int64_t lines = (dgba_shape_count(shape) + FLOATS_PER_LINE - 1) / FLOATS_PER_LINE;
    graph->parameter_floats += lines * FLOATS_PER_LINE;
    graph->parameter_count += 1;
    return DGBA_OK;
}

static dgba_status append_convolution(dgba_node *out, dgba_graph *graph, node_op op, dgba_node x, dgba_conv2d conv,
                                      bool bias, const char *name) {
    DGBA_TRY(check_node(graph, x));
    if (conv.in_channels != graph->nodes[x].channels)
        return dgba_fail(DGBA_E_SHAPE, "%s takes %lld channels, but its input has %lld", name, (long long)conv.in_channels,
                         (long long)graph->nodes[x].channels);
    if (conv.in_channels < 1 || conv.out_channels < 1 || conv.kernel < 1)
        return dgba_fail(DGBA_E_SHAPE, "%s: a convolution of %lld to %lld channels with a kernel of %lld", name,
                         (long long)conv.in_channels, (long long)conv.out_channels, (long long)conv.kernel);
    node added = {.op = op,
                  .inputs = 1,
                  .input = {x},
                  .channels = conv.out_channels,
                  .parameter = graph->parameter_count,
                  .conv = {.options = conv, .bias = bias}};
    DGBA_TRY(dgba_text_fit(added.name, sizeof added.name, name));
    const dgba_shape weight = {conv.out_channels, op == OP_DEPTHWISE ? 1 : conv.in_channels, conv.kernel, conv.kernel};
    DGBA_TRY(add_parameter(graph, name, "weight", DGBA_PARAMETER_WEIGHT, weight));
    if (bias) DGBA_TRY(add_parameter(graph, name, "bias", DGBA_PARAMETER_BIAS, (dgba_shape){1, conv.out_channels, 1, 1}));
    return append(out, graph, &added);
}

dgba_status dgba_graph_conv2d(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_conv2d conv, bool bias,
                              const char *name) {
    return append_convolution(out, graph, OP_CONV2D, x, conv, bias, name);
}

dgba_status dgba_graph_depthwise(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_conv2d conv, bool bias,
                                 const char *name) {
    if (conv.in_channels != conv.out_channels)
        return dgba_fail(DGBA_E_SHAPE, "%s: a depthwise convolution of %lld to %lld channels", name,
                         (long long)conv.in_channels, (long long)conv.out_channels);
    return append_convolution(out, graph, OP_DEPTHWISE, x, conv, bias, name);
}

dgba_status dgba_graph_batchnorm(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_batchnorm options, const char *name) {
    static const struct {
        const char *suffix;
        dgba_parameter_role role;
    } parts[] = {{"weight", DGBA_PARAMETER_GAMMA},
                 {"bias", DGBA_PARAMETER_BETA},
                 {"running_mean", DGBA_PARAMETER_RUNNING_MEAN},
                 {"running_var", DGBA_PARAMETER_RUNNING_VAR}};
    DGBA_TRY(check_node(graph, x));
    node added = {.op = OP_BATCHNORM,
                  .inputs = 1,
                  .input = {x},
                  .channels = graph->nodes[x].channels,
                  .parameter = graph->parameter_count,
                  .batchnorm = options};
    DGBA_TRY(dgba_text_fit(added.name, sizeof added.name, name));
    for (int64_t i = 0; i < DGBA_COUNT_OF(parts); ++i)
        DGBA_TRY(add_parameter(graph, name, parts[i].suffix, parts[i].role, (dgba_shape){1, added.channels, 1, 1}));
    return append(out, graph, &added);
}

static dgba_status append_unary(dgba_node *out, dgba_graph *graph, dgba_node x, node added) {
    DGBA_TRY(check_node(graph, x));
    added.inputs = 1;
    added.input[0] = x;
    added.channels = graph->nodes[x].channels;
    return append(out, graph, &added);
}

dgba_status dgba_graph_relu(dgba_node *out, dgba_graph *graph, dgba_node x) {
    return append_unary(out, graph, x, (node){.op = OP_RELU});
}

dgba_status dgba_graph_maxpool(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_maxpool pool) {
    return append_unary(out, graph, x, (node){.op = OP_MAXPOOL, .pool = pool});
}

dgba_status dgba_graph_dropout(dgba_node *out, dgba_graph *graph, dgba_node x, float rate) {
    if (!(rate >= 0 && rate < 1))
        return dgba_fail(DGBA_E_USAGE, "a dropout rate of %g; it must be at least 0 and below 1", (double)rate);
    return append_unary(out, graph, x, (node){.op = OP_DROPOUT, .rate = rate});
}

dgba_status dgba_graph_add(dgba_node *out, dgba_graph *graph, dgba_node a, dgba_node b) {
    DGBA_TRY(check_node(graph, a));
    DGBA_TRY(check_node(graph, b));
    const int64_t channels = graph->nodes[a].channels;
    if (graph->nodes[b].channels != channels)
        return dgba_fail(DGBA_E_SHAPE, "nodes %d and %d of %lld and %lld channels cannot be added", a, b,
                         (long long)channels, (long long)graph->nodes[b].channels);
    return append(out, graph, &(node){.op = OP_ADD, .inputs = 2, .input = {a, b}, .channels = channels});
}

dgba_status dgba_graph_output(dgba_graph *graph, dgba_node index) {
    DGBA_TRY(check_node(graph, index));
    if (index == 0) return dgba_fail(DGBA_E_USAGE, "the input cannot be an output");
    for (int64_t i = 0; i < graph->output_count; ++i)
        if (graph->outputs[i] == index)
            return dgba_fail(DGBA_E_USAGE, "node %d is output %lld already", index, (long long)i);
    DGBA_TRY(DGBA_GROW(&graph->outputs, graph->output_count));
    graph->outputs[graph->output_count++] = index;
    return DGBA_OK;
}

int64_t dgba_graph_outputs(const dgba_graph *graph) { return graph->output_count; }

const dgba_parameter *dgba_graph_parameters(const dgba_graph *graph, int64_t *count) {
    *count = graph->parameter_count;
    return graph->parameters;
}

int64_t dgba_graph_parameter_floats(const dgba_graph *graph) { return graph->parameter_floats; }
