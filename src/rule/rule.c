/** The registry of rules, and the one place where inactive tasks are left out of weights. */
#include "dgba/rule.h"

#include <math.h>
#include <string.h>

#include "rules.h"

static const dgba_rule_kind *const kinds[] = {
    &dgba_rule_single, &dgba_rule_total, &dgba_rule_sign_sum, &dgba_rule_static,   &dgba_rule_dgba,
    &dgba_rule_minmax, &dgba_rule_mgda,  &dgba_rule_pcgrad,   &dgba_rule_ilp_kind,
};

const dgba_rule_kind *const *dgba_rule_kinds(int64_t *count) {
    *count = DGBA_COUNT_OF(kinds);
    return kinds;
}

dgba_status dgba_rule_kind_find(const dgba_rule_kind **out, const char *name) {
    const char *known[DGBA_COUNT_OF(kinds)];
    int64_t found = 0;
    for (int64_t i = 0; i < DGBA_COUNT_OF(kinds); ++i) known[i] = kinds[i]->name;
    DGBA_TRY(dgba_text_find(&found, name, known, DGBA_COUNT_OF(kinds), "rule"));
    *out = kinds[found];
    return DGBA_OK;
}

static dgba_status bind(dgba_rule *rule, const char *const *tasks, int64_t count) {
    rule->task_index = -1;
    if (rule->task[0] != '\0') DGBA_TRY(dgba_text_find(&rule->task_index, rule->task, tasks, count, "task"));
    return rule->kind->bind != NULL ? rule->kind->bind(rule, tasks, count) : DGBA_OK;
}

dgba_status dgba_rule_bind(dgba_rule *rule, const char *const *tasks, int64_t count) {
    return dgba_context(bind(rule, tasks, count), "rule %s", rule->kind->name);
}

static bool is_usable(double loss) { return isfinite(loss) && loss > DGBA_RULE_LEAST_LOSS; }

void dgba_rule_active(uint8_t *active, const double *losses, const double *clean_losses, int64_t tasks, int64_t samples) {
    for (int64_t i = 0; i < tasks * samples; ++i) active[i] = is_usable(losses[i]) && is_usable(clean_losses[i]);
}

void dgba_rule_weights(double *weights, const dgba_rule *rule, const dgba_rule_input *input) {
    rule->kind->weights(weights, rule, input);
    for (int64_t i = 0; i < input->tasks * input->samples; ++i)
        if (!input->active[i]) weights[i] = 0;
}

dgba_status dgba_rule_combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                              const dgba_rule_input *input) {
    return dgba_context(rule->kind->combine(direction, rule, gradients, size, input), "rule %s", rule->kind->name);
}

void dgba_rule_score(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    rule->kind->score_of(scores, rule, input);
}

size_t dgba_rule_state_bytes(const dgba_rule *rule, const dgba_rule_input *input) {
    return rule->kind->state_bytes != NULL ? rule->kind->state_bytes(rule, input) : 0;
}

void dgba_rule_start(const dgba_rule *rule, const dgba_rule_input *input) {
    if (rule->kind->start != NULL) rule->kind->start(rule, input);
}

const uint8_t *dgba_rule_support(const dgba_rule *rule, const dgba_rule_input *input) {
    return rule->kind->support != NULL ? rule->kind->support(rule, input) : NULL;
}

void dgba_rule_tell(const dgba_rule_input *input, const dgba_rule_solve *solve) {
    if (input->sink != NULL) input->sink->solved(input->sink->self, solve);
}

void dgba_rule_score_sum(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t n = 0; n < input->samples; ++n) scores[n] = 0;
    for (int64_t i = 0; i < input->tasks * input->samples; ++i)
        if (input->active[i]) scores[i % input->samples] += input->losses[i];
}

void dgba_rule_score_relative(double *scores, const dgba_rule *rule, const dgba_rule_input *input) {
    (void)rule;
    for (int64_t n = 0; n < input->samples; ++n) scores[n] = 0;
    for (int64_t i = 0; i < input->tasks * input->samples; ++i) {
        if (!input->active[i]) continue;
        scores[i % input->samples] += (input->losses[i] - input->clean_losses[i]) / input->clean_losses[i];
    }
}
