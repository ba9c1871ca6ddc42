/** A plan: the nodes of a graph turned into steps over values, and every buffer's place in one block.
 *
 *  Time counts what is done: each step has a forward half and a backward half, and a schedule says what comes when.
 */
#ifndef DGBA_GRAPH_PLAN_H
#define DGBA_GRAPH_PLAN_H

#include "buffer.h"
#include "node.h"
#include "parts.h"

enum { NONE = -1 }; // no buffer, no node

/** What steps read and write. Value 0 is the input; it and its gradient lie in the caller's memory. The backward pass
 *  reads a value where the forward pass left it; or the value is made once more, at a time and in a buffer for that. */
typedef struct value {
    dgba_shape shape; // with the planned number of samples
    int32_t buffer, gradient;
    int32_t again, again_time; // that buffer, or NONE
    int64_t output;            // its number, or NONE
    bool wants_gradient, made_again;
} value;

/** One operation, with what was fused into it. */
typedef struct step {
    node_op op;
    dgba_node node, batchnorm; // whose options and parameters it has; batchnorm is folded into a convolution, or NONE
    bool relu;                 // max(0, ·) after it
    dgba_node dropout;         // after that, or NONE
    int inputs;
    int32_t forward_time, backward_time;
    int32_t x[2], y;             // values
    bool accumulates[2];         // backward: adds to the gradient of x[k], which holds something already
    int32_t weight, bias, scale; // of the folded convolution, if they are the plan's
    int32_t kept[2];             // for the backward pass: winners, or mean and inv_std
    int32_t marks;               // likewise: what the rectifier passes, where its result is not kept
    int32_t pattern;             // of dropout
    int32_t gradients;           // of its parameters
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
    int32_t *schedule; // at each time i, the forward half of step i, or ~i, its backward half
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

/** Trainable parameters of a node: their numbers, and from the first to the last their place in the array of all. */
typedef struct parameter_range {
    int64_t number, count;
    int64_t first, floats;
} parameter_range;
parameter_range dgba_plan_parameters(const dgba_plan *plan, dgba_node index);

/** The step that makes a value other than the input. */
static inline const step *dgba_plan_maker(const dgba_plan *plan, int32_t index) { return &plan->steps[index - 1]; }

/** Makes steps and values: skips nodes that reach no output, folds batch normalisation, fuses rectifiers and dropout behind
 * them. Errors    DGBA_E_SHAPE, DGBA_E_USAGE naming the node; DGBA_E_MEMORY */
dgba_status dgba_plan_lower(dgba_plan *plan, dgba_shape input);

/** Makes the schedule.
 *  Errors    DGBA_E_MEMORY */
dgba_status dgba_plan_order(dgba_plan *plan);

/** Makes the buffers with their lifetimes and says which gradients accumulate.
 *  Errors    DGBA_E_MEMORY */
dgba_status dgba_plan_add_buffers(dgba_plan *plan);

/** A buffer's memory in the current part; NULL for NONE. */
void *dgba_plan_memory(const dgba_plan *plan, int32_t index);

#endif
