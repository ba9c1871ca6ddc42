/** Nodes of a graph: what the builders make and the planner reads. */
#ifndef DGBA_GRAPH_NODE_H
#define DGBA_GRAPH_NODE_H

#include "dgba/graph.h"

typedef enum node_op { OP_INPUT, OP_CONV2D, OP_DEPTHWISE, OP_BATCHNORM, OP_RELU, OP_MAXPOOL, OP_DROPOUT, OP_ADD } node_op;

/** Either kind of convolution: has a weight and perhaps a bias, and takes up what follows it in evaluation mode. */
static inline bool is_convolution(node_op op) { return op == OP_CONV2D || op == OP_DEPTHWISE; }

typedef struct node {
    node_op op;
    int inputs;
    dgba_node input[2];
    int64_t channels;  // of its value
    int64_t parameter; // index of the first of its parameters, which stand in a row
    char name[DGBA_PARAMETER_NAME_BYTES];
    union {
        struct {
            dgba_conv2d options;
            bool bias;
        } conv;
        dgba_batchnorm batchnorm;
        dgba_maxpool pool;
        float rate;
    };
} node;

/** Weights behind one output channel of a convolution. */
static inline int64_t filter_size(const node *n) {
    const int64_t taps = n->conv.options.kernel * n->conv.options.kernel;
    return n->op == OP_DEPTHWISE ? taps : n->conv.options.in_channels * taps;
}

struct dgba_graph {
    node *nodes;
    dgba_node node_count;
    dgba_parameter *parameters;
    int64_t parameter_count, parameter_floats;
    dgba_node *outputs;
    int64_t output_count;
};

/** "conv2d" */
const char *dgba_node_op_word(node_op op);

/** Puts "node 7 (conv2d trunk.3.conv1)" before the message of a failure. */
dgba_status dgba_graph_context(dgba_status status, const dgba_graph *graph, dgba_node index);

/** How often each value is used, by other nodes that matter and as an output; 0 for nodes that reach no output. */
void dgba_graph_count_uses(int32_t *uses, const dgba_graph *graph);

/** Shapes of all nodes that reach an output; those of the others are zero.
 *  Errors    DGBA_E_SHAPE naming the node */
dgba_status dgba_graph_infer_shapes(dgba_shape *shapes, const dgba_graph *graph, const int32_t *uses, dgba_shape input);

#endif
