/** Each loss is weighed by its value at the clean image, for the whole attack. */
#include "rules.h"

static void weights_of(double *weights, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t i = 0; i < input->tasks * input->samples; ++i) weights[i] = 1 / input->clean_losses[i];
}

static const dgba_option_table table = {.name = "static", .help = "weigh each loss by its clean value"};

const dgba_rule_kind dgba_rule_static = {
    .name = "static",
    .help = "attack the sum of the losses, each relative to its clean value",
    .direction = "sum g_t / L0_t",
    .score = "sum (L_t - L0_t) / L0_t",
    .options = &table,
    .weights = weights_of,
    .score_of = dgba_rule_score_relative,
};
