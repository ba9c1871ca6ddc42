#include <math.h>

#include "dgba/train.h"

/** The factors of an update that do not depend on the parameter. */
typedef struct factors {
    float beta1, beta2, decay, rate, root;
} factors;

DGBA_VECTORIZE
static void update(float *restrict p, float *restrict m, float *restrict v, const float *restrict gradients, int64_t count,
                   factors f) {
    for (int64_t i = 0; i < count; ++i) {
        const float g = gradients[i] + f.decay * p[i];
        m[i] = f.beta1 * m[i] + (1 - f.beta1) * g;
        v[i] = f.beta2 * v[i] + (1 - f.beta2) * g * g;
        p[i] -= f.rate * m[i] / (sqrtf(v[i]) / f.root + 1e-8f);
    }
}

void dgba_adam_update(float *parameters, float *first, float *second, const float *gradients, int64_t count, int64_t step,
                      double rate, const dgba_train *options) {
    const double t = (double)step;
    update(parameters, first, second, gradients, count,
           (factors){.beta1 = (float)options->beta1,
                     .beta2 = (float)options->beta2,
                     .decay = (float)options->weight_decay,
                     .rate = (float)(rate / (1 - pow(options->beta1, t))),
                     .root = (float)sqrt(1 - pow(options->beta2, t))});
}

void dgba_adam_update_parameter(float *parameters, dgba_adam *adam, const float *gradient, const dgba_parameter *parameter,
                                double rate, const dgba_train *options) {
    const int64_t at = parameter->offset, count = dgba_shape_count(parameter->shape);
    dgba_adam_update(parameters + at, adam->first + at, adam->second + at, gradient, count, adam->step, rate, options);
}

void dgba_adam_step(float *parameters, dgba_adam *adam, const float *gradients, const dgba_graph *graph, double rate,
                    const dgba_train *options) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    for (int64_t i = 0; i < count; ++i)
        if (dgba_parameter_is_trainable(list[i].role))
            dgba_adam_update_parameter(parameters, adam, gradients + list[i].offset, &list[i], rate, options);
}

double dgba_train_clip(float *gradients, const dgba_graph *graph, double most) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    double squares = 0;
    for (int64_t i = 0; i < count; ++i) {
        const float *g = gradients + list[i].offset;
        if (dgba_parameter_is_trainable(list[i].role)) squares += dgba_dot(g, g, dgba_shape_count(list[i].shape));
    }
    const double norm = sqrt(squares), factor = most / (norm + 1e-6);
    if (isfinite(norm) && factor < 1) dgba_scale(gradients, (float)factor, dgba_graph_parameter_floats(graph));
    return norm;
}

double dgba_train_rate(const dgba_train *options, int64_t iteration) {
    const int64_t decays = iteration / options->decay_every;
    return options->learning_rate * pow(options->decay, (double)decays);
}
