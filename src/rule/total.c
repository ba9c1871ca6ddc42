/** The sum of the losses is attacked: the task with the largest loss scale has the largest say. */
#include "rules.h"

static void weights_of(double *weights, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t i = 0; i < input->tasks * input->samples; ++i) weights[i] = 1;
}

static const dgba_option_table table = {.name = "total", .help = "attack the sum of the losses"};

const dgba_rule_kind dgba_rule_total = {
    .name = "total",
    .help = "attack the sum of the losses",
    .direction = "sum g_t",
    .score = "sum L_t",
    .options = &table,
    .weights = weights_of,
    .score_of = dgba_rule_score_sum,
};
