#include "support/fill.h"

#include <math.h>
#include <stdio.h>

static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x7FEB352DU;
    x = (x ^ x >> 15) * 0x846CA68BU;
    return x ^ x >> 16;
}

void fill(float *values, int64_t count, int salt, const char *prefix, const char *name, double low, double high) {
    char key[160];
    snprintf(key, sizeof key, "%s%s.%d", prefix, name, salt);
    uint32_t seed = 2166136261U;
    for (const char *c = key; *c != '\0'; ++c) seed = (seed ^ (unsigned char)*c) * 16777619U;
    for (int64_t i = 0; i < count; ++i)
        values[i] = (float)(low + (high - low) * (mix(seed + (uint32_t)i * 0x9E3779B9U) * 0x1p-32));
}

void fill_parameter(float *values, const dgba_parameter *p, int salt) {
    const int64_t count = dgba_shape_count(p->shape);
    const double bound = sqrt(6.0 / (double)(p->shape.c * p->shape.h * p->shape.w));
    switch (p->role) {
        case DGBA_PARAMETER_WEIGHT: fill(values, count, salt, "", p->name, -bound, bound); break;
        case DGBA_PARAMETER_BIAS: fill(values, count, salt, "", p->name, -0.1, 0.1); break;
        case DGBA_PARAMETER_GAMMA: fill(values, count, salt, "", p->name, 0.5, 1); break;
        case DGBA_PARAMETER_RUNNING_VAR: fill(values, count, salt, "", p->name, 0.5, 1.5); break;
        case DGBA_PARAMETER_BETA:
        case DGBA_PARAMETER_RUNNING_MEAN: fill(values, count, salt, "", p->name, -0.5, 0.5); break;
    }
}
