/** Projecting conflicting gradients: each task's gradient gives up what works against the others.
 *  Source    Yu, Kumar, Gupta, Levine, Hausman, Finn, "Gradient surgery for multi-task learning", NeurIPS 2020; there the
 *            other tasks come in random order, here in ascending order
 */
#include "rules.h"

/** p_t = Σ_k p[k]·h_k is only ever needed through its products with the h_j, so it is kept as its coefficients. */
static void add_projected(double *c, const double *products, int64_t count, int64_t task) {
    double p[DGBA_RULE_MOST_TASKS] = {0};
    p[task] = 1;
    for (int64_t j = 0; j < count; ++j) {
        if (j == task) continue;
        double along = 0;
        for (int64_t k = 0; k < count; ++k) along += p[k] * products[k * count + j];
        if (along < 0) p[j] -= along / products[j * count + j];
    }
    for (int64_t k = 0; k < count; ++k) c[k] += p[k];
}

static void coefficients_of(double *c, const double *products, int64_t count) {
    for (int64_t k = 0; k < count; ++k) c[k] = 0;
    for (int64_t t = 0; t < count; ++t) add_projected(c, products, count, t);
}

static dgba_status combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                           const dgba_rule_input *input) {
    (void)rule;
    dgba_rule_combine_relative(direction, gradients, size, input, coefficients_of);
    return DGBA_OK;
}

static const dgba_option_table table = {.name = "pcgrad", .help = "project conflicting gradients"};

const dgba_rule_kind dgba_rule_pcgrad = {
    .name = "pcgrad",
    .help = "sum the relative gradients after each gave up what conflicts with the others",
    .direction = "sum p_t; p_t = g_t / L_t less, for j = 1..T except t, its component along g_j / L_j where negative",
    .score = "sum (L_t - L0_t) / L0_t",
    .options = &table,
    .needs_task_gradients = true,
    .combine = combine,
    .score_of = dgba_rule_score_relative,
};
