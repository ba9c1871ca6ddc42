/** Dynamic gradient balancing: the relative growth of all losses is attacked.
 *
 *  To first order, the mean relative change of the losses under a step δ = ε·d, d ∈ {−1,0,1}ⁿ, is
 *  (ε/T) Σ_j d_j Σ_t g_tj/L_t. This integer program separates by coordinate; its optimum is the sign of Σ_t g_t/L_t. With
 *  the losses of the current iterate it is sign ascent on Σ_t log L_t, so the scale of a loss does not matter.
 *  Source    arXiv 2305.12066
 */
#include "rules.h"

static void weights_of(double *weights, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t i = 0; i < input->tasks * input->samples; ++i) weights[i] = 1 / input->losses[i];
}

static const dgba_option_table table = {.name = "dgba", .help = "balance the losses by their current values"};

const dgba_rule_kind dgba_rule_dgba = {
    .name = "dgba",
    .help = "attack all losses at once, each relative to its current value",
    .direction = "sum g_t / L_t",
    .score = "sum (L_t - L0_t) / L0_t",
    .options = &table,
    .weights = weights_of,
    .score_of = dgba_rule_score_relative,
};
