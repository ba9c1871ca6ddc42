#include "fold.h"

static int64_t offset_of(const dgba_graph *graph, dgba_node index, int64_t which) {
    return graph->parameters[graph->nodes[index].parameter + which].offset;
}

void dgba_fold_batchnorm(folded_weights to, const dgba_graph *graph, dgba_node convolution, dgba_node batchnorm,
                         const float *parameters) {
    const node *conv = &graph->nodes[convolution], *norm = &graph->nodes[batchnorm];
    const int64_t filter = filter_size(conv);
    const float *w = parameters + offset_of(graph, convolution, 0);
    const float *b = conv->conv.bias ? parameters + offset_of(graph, convolution, 1) : NULL;
    const float *values[4]; // γ, β, running mean and variance
    for (int64_t i = 0; i < 4; ++i) values[i] = parameters + offset_of(graph, batchnorm, i);
    dgba_batchnorm_fold(to.scale, to.bias, values[0], values[1], values[2], values[3], norm->channels, norm->batchnorm);
    for (int64_t k = 0; k < conv->channels; ++k) {
        for (int64_t i = 0; i < filter; ++i) to.weight[k * filter + i] = to.scale[k] * w[k * filter + i];
        if (b != NULL) to.bias[k] += to.scale[k] * b[k];
    }
}

void dgba_graph_fold(const dgba_graph *graph, float *parameters) {
    for (dgba_node i = 0; i < graph->node_count; ++i) {
        const node *norm = &graph->nodes[i];
        if (norm->op != OP_BATCHNORM || !is_convolution(graph->nodes[norm->input[0]].op)) continue;
        const folded_weights in_place = {.weight = parameters + offset_of(graph, norm->input[0], 0),
                                         .scale = parameters + offset_of(graph, i, 0),
                                         .bias = parameters + offset_of(graph, i, 1)};
        dgba_fold_batchnorm(in_place, graph, norm->input[0], i, parameters);
    }
}
