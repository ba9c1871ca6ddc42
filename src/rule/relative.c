#include <math.h>
#include <string.h>

#include "rules.h"

/** ⟨a, b⟩ over the elements that are numbers in both. */
static double product(const float *a, const float *b, int64_t size) {
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) {
        const double term = (double)a[i] * (double)b[i];
        if (isfinite(term)) sum += term;
    }
    return sum;
}

DGBA_VECTORIZE
static void add_scaled(float *restrict direction, double scale, const float *restrict gradient, int64_t size) {
    for (int64_t i = 0; i < size; ++i) direction[i] += (float)(scale * (double)gradient[i]);
}

/** The direction of one sample; gradients[k] and losses[k] are those of its active tasks. */
static void combine_sample(float *direction, const float *const *gradients, const double *losses, int64_t count,
                           int64_t size, dgba_rule_coefficients *coefficients) {
    double c[DGBA_RULE_MOST_TASKS], products[DGBA_RULE_MOST_TASKS * DGBA_RULE_MOST_TASKS];
    for (int64_t k = 0; k < count; ++k)
        for (int64_t j = 0; j <= k; ++j)
            products[k * count + j] = products[j * count + k] =
                product(gradients[k], gradients[j], size) / (losses[k] * losses[j]);
    coefficients(c, products, count);
    memset(direction, 0, (size_t)size * sizeof *direction);
    for (int64_t k = 0; k < count; ++k) add_scaled(direction, c[k] / losses[k], gradients[k], size);
}

void dgba_rule_combine_relative(float *direction, const float *const *gradients, int64_t size, const dgba_rule_input *input,
                                dgba_rule_coefficients *coefficients) {
    for (int64_t n = 0; n < input->samples; ++n) {
        const float *active_gradients[DGBA_RULE_MOST_TASKS];
        double losses[DGBA_RULE_MOST_TASKS];
        int64_t count = 0;
        for (int64_t t = 0; t < input->tasks; ++t) {
            if (!input->active[t * input->samples + n]) continue;
            active_gradients[count] = gradients[t] + n * size;
            losses[count++] = input->losses[t * input->samples + n];
        }
        combine_sample(direction + n * size, active_gradients, losses, count, size, coefficients);
    }
}
