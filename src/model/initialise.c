#include <math.h>
#include <string.h>

#include "parts.h"

/** Numbers that depend on the seed and the parameter's name, not on its place in the model. */
static dgba_random stream_of(uint64_t seed, const char *name) {
    return dgba_random_stream(seed, DGBA_RANDOM_WEIGHTS, dgba_hash_bytes(name, strlen(name)).low);
}

static void fill_normal(float *values, int64_t count, double deviation, dgba_random stream) {
    for (int64_t i = 0; i < count; ++i) values[i] = (float)(deviation * dgba_random_normal(&stream));
}

static void fill_uniform(float *values, int64_t count, double bound, dgba_random stream) {
    for (int64_t i = 0; i < count; ++i) values[i] = (float)dgba_random_between(&stream, -bound, bound);
}

static bool is_in_head(const dgba_parameter *p) {
    return strncmp(p->name, DGBA_HEAD_PREFIX, strlen(DGBA_HEAD_PREFIX)) == 0;
}

/** `fan_in` is that of the convolution that a weight or bias belongs to. */
static void initialise(float *values, const dgba_parameter *p, int64_t fan_in, uint64_t seed) {
    const int64_t count = dgba_shape_count(p->shape);
    switch (p->role) {
        case DGBA_PARAMETER_WEIGHT:
        case DGBA_PARAMETER_BIAS:
            if (is_in_head(p))
                fill_uniform(values, count, 1 / sqrt((double)fan_in), stream_of(seed, p->name));
            else
                fill_normal(values, count, 0.01, stream_of(seed, p->name));
            break;
        case DGBA_PARAMETER_GAMMA:
        case DGBA_PARAMETER_RUNNING_VAR: dgba_fill(values, 1, count); break;
        case DGBA_PARAMETER_BETA:
        case DGBA_PARAMETER_RUNNING_MEAN: dgba_fill(values, 0, count); break;
    }
}

void dgba_model_initialise(float *parameters, const dgba_model *model, uint64_t seed) {
    int64_t count = 0, fan_in = 0;
    const dgba_parameter *list = dgba_graph_parameters(model->graph, &count);
    memset(parameters, 0, (size_t)dgba_graph_parameter_floats(model->graph) * sizeof *parameters);
    for (int64_t i = 0; i < count; ++i) {
        const dgba_shape shape = list[i].shape;
        if (list[i].role == DGBA_PARAMETER_WEIGHT) fan_in = shape.c * shape.h * shape.w; // its bias comes next
        initialise(parameters + list[i].offset, &list[i], fan_in, seed);
    }
}
