/** One task alone is attacked. */
#include "rules.h"

static void weights_of(double *weights, const dgba_rule *rule, const dgba_rule_input *input) {
    for (int64_t t = 0; t < input->tasks; ++t)
        for (int64_t n = 0; n < input->samples; ++n) weights[t * input->samples + n] = t == rule->task_index;
}

static void score_of(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    for (int64_t n = 0; n < input->samples; ++n) {
        const int64_t i = rule->task_index * input->samples + n;
        scores[n] = input->active[i] ? input->losses[i] : 0;
    }
}

static const dgba_option options[] = {
    {"task", DGBA_OPTION_TEXT, offsetof(dgba_rule, task), "", 0, 0, NULL, "name of the task; without it each task in turn"},
};
static const dgba_option_table table = {"single", "attack one task", options, DGBA_COUNT_OF(options)};

const dgba_rule_kind dgba_rule_single = {
    .name = "single",
    .help = "attack one task and look at none of the others",
    .direction = "g_t",
    .score = "L_t",
    .options = &table,
    .one_task = true,
    .weights = weights_of,
    .score_of = score_of,
};
