/** A training pass with seeds that are known beforehand, which keeps what it gives. */
#ifndef DGBA_TESTS_SUPPORT_TRAIN_PASS_H
#define DGBA_TESTS_SUPPORT_TRAIN_PASS_H

#include "dgba/graph.h"

enum { TRAIN_PASS_OUTPUTS = 8 };

typedef struct train_pass {
    dgba_plan *plan;
    const dgba_graph *graph;
    int64_t parts;                          // of the plan; 0 = 1
    const float *seeds[TRAIN_PASS_OUTPUTS]; // of each output, part after part; NULL = zeros
    float *outputs[TRAIN_PASS_OUTPUTS];     // likewise; NULL = not wanted
    float *gradients;                       // laid out as the parameters; NULL = not wanted
    int64_t seeded, taken;                  // how many outputs and parameters
} train_pass;

void train_pass_run(train_pass *pass, const float *x, dgba_run run);

#endif
