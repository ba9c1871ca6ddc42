/** A network as a graph of operations, and plans that run it.
 *
 *  Building computes nothing. A plan is made for one input shape and one purpose: it infers shapes, fuses what can be
 *  fused, and lays out every buffer in one block by lifetime. Running allocates nothing.
 *
 *  Parameters live outside in one array of floats that the caller owns, laid out as dgba_graph_parameters() says; so
 *  several plans, and later several processes, share one copy.
 */
#ifndef DGBA_GRAPH_H
#define DGBA_GRAPH_H

#include "dgba/base.h"
#include "dgba/nn.h"
#include "dgba/tensor.h"

typedef struct dgba_graph dgba_graph;

/** Handle of a node; handles count up in building order, 0 is the input. */
typedef int32_t dgba_node;

/** What a parameter is, for its initial value and for the optimiser. */
typedef enum dgba_parameter_role {
    DGBA_PARAMETER_WEIGHT,
    DGBA_PARAMETER_BIAS,
    DGBA_PARAMETER_GAMMA,
    DGBA_PARAMETER_BETA,
    DGBA_PARAMETER_RUNNING_MEAN,
    DGBA_PARAMETER_RUNNING_VAR,
} dgba_parameter_role;

enum { DGBA_PARAMETER_NAME_BYTES = 96 };

typedef struct dgba_parameter {
    char name[DGBA_PARAMETER_NAME_BYTES]; // "trunk.3.conv1.weight"
    dgba_parameter_role role;
    dgba_shape shape; // weight (K,C,R,R) or (C,1,R,R), the others (1,C,1,1)
    int64_t offset;   // in floats, a multiple of 16
} dgba_parameter;

/** True for what the optimiser changes: everything but running statistics. */
bool dgba_parameter_is_trainable(dgba_parameter_role role);

/** Errors    DGBA_E_MEMORY */
dgba_status dgba_graph_create(dgba_graph **out, int64_t input_channels);
void dgba_graph_free(dgba_graph **graph);

/* Builders. `name` prefixes the parameters' names ("trunk.3.conv1" gives "trunk.3.conv1.weight").
 * Errors    DGBA_E_SHAPE if channels do not fit, DGBA_E_USAGE for an unknown node or a bad name, DGBA_E_MEMORY */
dgba_status dgba_graph_conv2d(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_conv2d conv, bool bias,
                              const char *name);
/** Each channel with a filter of its own: conv.in_channels = conv.out_channels, weight (C,1,3,3). */
dgba_status dgba_graph_depthwise(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_conv2d conv, bool bias,
                                 const char *name);
dgba_status dgba_graph_batchnorm(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_batchnorm options, const char *name);
dgba_status dgba_graph_relu(dgba_node *out, dgba_graph *graph, dgba_node x);
dgba_status dgba_graph_maxpool(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_maxpool pool);
dgba_status dgba_graph_dropout(dgba_node *out, dgba_graph *graph, dgba_node x, float rate);
dgba_status dgba_graph_add(dgba_node *out, dgba_graph *graph, dgba_node a, dgba_node b);

/** Declares a node to be the next output; outputs are numbered 0, 1, … in the order of these calls.
 *  Errors    DGBA_E_USAGE if it is the input or an output already */
dgba_status dgba_graph_output(dgba_graph *graph, dgba_node node);
int64_t dgba_graph_outputs(const dgba_graph *graph);

/** All parameters in building order; borrowed. */
const dgba_parameter *dgba_graph_parameters(const dgba_graph *graph, int64_t *count);

/** Floats of the parameter array, gaps of alignment included. */
int64_t dgba_graph_parameter_floats(const dgba_graph *graph);

/** Multiply-accumulates of the convolutions of one forward pass.
 *  Errors    DGBA_E_SHAPE if the input does not fit */
dgba_status dgba_graph_macs(int64_t *out, const dgba_graph *graph, dgba_shape input);

/** Shape of an output.
 *  Errors    DGBA_E_SHAPE if the input does not fit */
dgba_status dgba_graph_output_shape(dgba_shape *out, const dgba_graph *graph, int64_t output, dgba_shape input);

/** Folds each batch normalisation into the convolution before it, in place: the convolution's weights are scaled, and β
 *  becomes the bias. After that the parameters are of use to DGBA_PURPOSE_ATTACK_FOLDED only.
 *  Formula   w ← s·w, β ← β − s·mean + s·b, s = γ/√(var + ε), with the running statistics and the convolution's bias b */
void dgba_graph_fold(const dgba_graph *graph, float *parameters);

/** What a plan is for. */
typedef enum dgba_purpose {
    DGBA_PURPOSE_EVALUATE,      // evaluation mode, forward only
    DGBA_PURPOSE_ATTACK,        // evaluation mode, forward and backward to the input
    DGBA_PURPOSE_ATTACK_FOLDED, // the same with parameters after dgba_graph_fold(): needs no memory for folded ones
    DGBA_PURPOSE_TRAIN,         // training mode, forward and backward to the parameters
} dgba_purpose;

typedef struct dgba_plan dgba_plan;

/** Plans `graph` for inputs of at most input.n samples. The graph must outlive the plan.
 *  Errors    DGBA_E_SHAPE (the place named); DGBA_E_USAGE for batch normalisation that cannot be folded in evaluation
 *            mode, for two outputs that are one value there, and for no output; DGBA_E_MEMORY */
dgba_status dgba_plan_create(dgba_plan **out, const dgba_graph *graph, dgba_shape input, dgba_purpose purpose);

/** A plan of purpose TRAIN for batches of `parts` equal parts, each of at most input.n samples. A crew shares them: each
 *  member has as many, in the order of the members, and all of them call forward and backward together; without a crew
 *  (NULL) this plan has all. Batch normalisation sees the whole batch, and gradients are those of the whole batch. The
 *  result depends on the number of parts, but not on who computes which.
 *  Errors    as dgba_plan_create() */
dgba_status dgba_plan_create_in_parts(dgba_plan **out, const dgba_graph *graph, dgba_shape input, int64_t parts,
                                      const dgba_crew *crew);
void dgba_plan_free(dgba_plan **plan);

/** Bytes of the plan's block, and of all its buffers if none shared memory with another (NULL if not wanted). */
int64_t dgba_plan_bytes(const dgba_plan *plan, int64_t *without_reuse);

/** Takes up parameter values: call after making the plan and whenever they changed. EVALUATE and ATTACK fold them into
 *  memory of the plan. `parameters` must outlive the plan; training moves the running statistics in it. */
void dgba_plan_bind(dgba_plan *plan, float *parameters);

/** Runs `samples` images (at most the planned number) of each part, (parts of this plan · samples,C,H,W).
 *  `dropout_index` names the dropout pattern together with `seed` (training only). */
typedef struct dgba_run {
    int64_t samples;
    uint64_t seed, dropout_index;
} dgba_run;

/** Computes all outputs. EVALUATE and ATTACK. */
void dgba_plan_forward(dgba_plan *plan, const float *x, dgba_run run);

/** Output `index` of the last forward pass, (samples,C,H,W); borrowed until the next one. */
const float *dgba_plan_output(const dgba_plan *plan, int64_t index, dgba_shape *shape);

/** Where the caller writes ∂L/∂output between the forward pass and a backward pass; same shape as the output. Borrowed.
 *  Must be written afresh before every backward pass. Not for EVALUATE. */
float *dgba_plan_seed(dgba_plan *plan, int64_t index);

/** dx = ∂L/∂x of the last forward pass. May be called again with other seeds. ATTACK only. */
void dgba_plan_backward_input(dgba_plan *plan, float *dx);

/** What a training pass asks of its caller. */
typedef struct dgba_plan_callbacks {
    void *self;
    /** Writes the seed of an output, which is there now and only now, for each part of this plan. The pass ends with
     *  what it returns unless that is DGBA_OK. */
    dgba_status (*seed)(void *self, int64_t output);
    /** Takes ∂L/∂parameter, with as many floats as that has; borrowed. The pass does not look at the parameter any more, so
     *  it may be changed at once: there need not be memory for all gradients. */
    void (*take)(void *self, int64_t parameter, const float *gradient);
} dgba_plan_callbacks;

/** A forward and a backward pass: seed() is called once for each output, take() once for each trainable parameter that an
 *  output depends on. The outputs have their turns, the last one first: with what only it depends on it is computed and
 *  walked back before that of the next is computed, so that memory is needed for one of them at a time. TRAIN only.
 *  Errors    those of seed(); by then some parameters may have been taken */
dgba_status dgba_plan_train(dgba_plan *plan, const float *x, dgba_run run, const dgba_plan_callbacks *calls);

/** Which of this plan's parts dgba_plan_output() and dgba_plan_seed() speak of; the first if nobody says. */
void dgba_plan_choose_part(dgba_plan *plan, int64_t part);

/** One step of a plan, with what was fused into it: for measurements. */
typedef struct dgba_plan_step {
    const char *operation; // "conv2d"
    const char *name;      // "trunk.3.0.conv1", "" if it has no parameters; borrowed from the graph
    const char *forward_algorithm, *backward_algorithm; // of a convolution, the latter to its input; otherwise ""
    bool batchnorm, relu;                               // fused into it
    dgba_shape x, y;                          // of the (first) input and the output, with the planned number of samples
    dgba_conv2d conv;                         // of a convolution, otherwise zero
    int64_t macs;                             // of a forward pass over x
    double forward_seconds, backward_seconds; // spent since the last dgba_plan_reset_times()
} dgba_plan_step;

int64_t dgba_plan_step_count(const dgba_plan *plan);

/** Step `index`, in the order of the forward pass. */
dgba_plan_step dgba_plan_step_at(const dgba_plan *plan, int64_t index);

/** Sets the seconds of all steps to 0. */
void dgba_plan_reset_times(dgba_plan *plan);

#endif
