/** Batch normalisation of evaluation mode, as part of the convolution before it. */
#ifndef DGBA_GRAPH_FOLD_H
#define DGBA_GRAPH_FOLD_H

#include "node.h"

/** Where the convolution that does both takes its weights, biases, and, per channel, the factor of the weights. */
typedef struct folded_weights {
    float *weight, *bias, *scale;
} folded_weights;

/** w'[k] = scale[k]·w[k], b'[k] = shift[k] + scale[k]·b[k]. May be in place: weight over w, scale over γ, bias over β. */
void dgba_fold_batchnorm(folded_weights to, const dgba_graph *graph, dgba_node convolution, dgba_node batchnorm,
                         const float *parameters);

#endif
