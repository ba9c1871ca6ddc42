/** A plan: the nodes of a graph turned into steps over values, and every buffer's place in one block.
 *
 *  Time counts the steps: forward step i runs at time i of 0 .. F-1, its backward half at time 2F-1-i.
 */
#ifndef DGBA_GRAPH_PLAN_H
#define DGBA_GRAPH_PLAN_H

#include "buffer.h"
#include "node.h"
#include "parts.h"

enum { NONE = -1 }; // no buffer, no node

/** What steps read and write. Value 0 is the input; it and its gradient lie in the caller's memory. */
typedef struct value {
    dgba_shape shape; // with the planned number of samples
    int32_t buffer, gradient;
    bool is_output;
    bool wants_gradient;
} value;

/** One operation, with what was fused into it. */
typedef struct step {
    node_op op;
    dgba_node node, batchnorm; // whose options and parameters it has; batchnorm is folded into a convolution, or NONE
    bool relu;                 // max(0, ·) after it
    int inputs;
    int32_t x[2], y;             // values
    bool accumulates[2];         // backward: adds to the gradient of x[k], which holds something already
    int32_t weight, bias, scale; // of the folded convolution, if they are the plan's
    int32_t kept[2]; // for the backward pass: winners, or dropout pattern, or mean and inv_std, or what a rectifier passes
    dgba_conv2d_algorithm algorithm[DGBA_CONV2D_DIRECTIONS]; // of a convolution, for the directions that are wanted
    int32_t forward_scratch, backward_scratch;               // of a convolution
    double forward_seconds, backward_seconds;                // spent
} step;

struct dgba_plan {
    const dgba_graph *graph;
    dgba_purpose purpose;
    bool folded; // parameters are, in evaluation mode; otherwise the plan has folded ones of its own
    int64_t samples;
    step *steps;
    int32_t step_count;
    value *values;
    int32_t value_count;
    int32_t *outputs; // value of each output
    buffer *buffers;
    int32_t buffer_count;
    char *block; // of each part, one behind the other
    int64_t block_bytes;
    float *parameters;
    const float *x; // of the last forward pass
    dgba_run run;
    batch_parts parts;
    int64_t part; // whose memory is meant
};

/** Parameters of a node, from the first to the last: their place in the array of all. */
typedef struct parameter_range {
    int64_t first, floats;
} parameter_range;
parameter_range dgba_plan_parameters(const dgba_plan *plan, dgba_node index);

/** Makes steps and values: skips nodes that reach no output, folds batch normalisation, fuses rectifiers.
 *  Errors    DGBA_E_SHAPE, DGBA_E_USAGE naming the node; DGBA_E_MEMORY */
dgba_status dgba_plan_lower(dgba_plan *plan, dgba_shape input);

/** Makes the buffers with their lifetimes and says which gradients accumulate.
 *  Errors    DGBA_E_MEMORY */
dgba_status dgba_plan_add_buffers(dgba_plan *plan);

/** A buffer's memory in the current part; NULL for NONE. */
void *dgba_plan_memory(const dgba_plan *plan, int32_t index);

#endif
