/** Min-max weights: from iterate to iterate the task that was hurt least gains weight.
 *
 *  The memory holds w[task][sample]. A task that is inactive at an iterate loses its weight to the others there.
 *  Source    Guo et al. 2025; the update is projected gradient descent on Σ w_t r_t + γ/2 Σ (w_t − 1/T)², step 1/β
 */
#include <math.h>

#include "rules.h"

static double relative_rise(const dgba_rule_input *input, int64_t i) {
    return (input->losses[i] - input->clean_losses[i]) / input->clean_losses[i];
}

/** v ← the nearest point of the simplex: max(v − θ, 0) with θ such that the sum is 1 (Michelot 1986). */
static void project_on_simplex(double *v, int64_t count) {
    bool kept[DGBA_RULE_MOST_TASKS];
    int64_t left = count, left_before = 0;
    double theta = 0;
    for (int64_t k = 0; k < count; ++k) kept[k] = true;
    while (left != left_before) {
        double sum = 0;
        for (int64_t k = 0; k < count; ++k) sum += kept[k] ? v[k] : 0;
        theta = (sum - 1) / (double)left;
        left_before = left;
        for (int64_t k = 0; k < count; ++k) {
            if (!kept[k] || v[k] > theta) continue;
            kept[k] = false;
            left -= 1;
        }
    }
    for (int64_t k = 0; k < count; ++k) v[k] = kept[k] ? v[k] - theta : 0;
}

/** w[task·samples] of one sample becomes that of the current iterate. */
static void update(double *w, const dgba_rule *rule, const dgba_rule_input *input, int64_t sample) {
    double v[DGBA_RULE_MOST_TASKS];
    int64_t places[DGBA_RULE_MOST_TASKS], count = 0;
    for (int64_t t = 0; t < input->tasks; ++t) {
        const int64_t i = t * input->samples + sample;
        if (input->active[i])
            places[count++] = i;
        else
            w[i] = 0;
    }
    const double even = 1 / (double)count;
    for (int64_t k = 0; k < count; ++k) {
        const double weight = w[places[k]];
        v[k] = input->iteration == 0
                   ? even
                   : weight + (-relative_rise(input, places[k]) - rule->gamma * (weight - even)) / rule->beta;
    }
    if (input->iteration > 0) project_on_simplex(v, count);
    for (int64_t k = 0; k < count; ++k) w[places[k]] = v[k];
}

static void weights_of(double *weights, const dgba_rule *rule, const dgba_rule_input *input) {
    double *w = input->state;
    for (int64_t n = 0; n < input->samples; ++n) update(w, rule, input, n);
    for (int64_t i = 0; i < input->tasks * input->samples; ++i) weights[i] = w[i] / input->clean_losses[i];
}

static void score_of(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t n = 0; n < input->samples; ++n) scores[n] = INFINITY;
    for (int64_t i = 0; i < input->tasks * input->samples; ++i)
        if (input->active[i]) scores[i % input->samples] = fmin(scores[i % input->samples], relative_rise(input, i));
    for (int64_t n = 0; n < input->samples; ++n)
        if (scores[n] == INFINITY) scores[n] = 0;
}

static size_t state_bytes(const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    return (size_t)(input->tasks * input->samples) * sizeof(double);
}

static const dgba_option options[] = {
    {"beta", DGBA_OPTION_REAL, offsetof(dgba_rule, beta), "30", 1e-6, 1e9, NULL, "how slowly weights move"},
    {"gamma", DGBA_OPTION_REAL, offsetof(dgba_rule, gamma), "1", 0, 1e9, NULL, "how strongly weights are drawn to 1/T"},
};
static const dgba_option_table table = {"minmax", "min-max weights", options, DGBA_COUNT_OF(options)};

const dgba_rule_kind dgba_rule_minmax = {
    .name = "minmax",
    .help = "attack the task that was hurt least: weights follow the relative losses from iterate to iterate",
    .direction =
        "sum w_t g_t / L0_t; w = 1/T at first, then w <- P_simplex(w + (-r - gamma (w - 1/T)) / beta),\n"
        "            r_t = (L_t - L0_t) / L0_t",
    .score = "min r_t",
    .options = &table,
    .weights = weights_of,
    .score_of = score_of,
    .state_bytes = state_bytes,
};
