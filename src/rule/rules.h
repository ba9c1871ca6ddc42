/** The kinds of rules: a row here and in the table of rule.c for each. And what they share. */
#ifndef DGBA_RULE_RULES_H
#define DGBA_RULE_RULES_H

#include "dgba/rule.h"

extern const dgba_rule_kind dgba_rule_single, dgba_rule_total, dgba_rule_sign_sum, dgba_rule_static, dgba_rule_dgba;

/** Σ_t L_t */
void dgba_rule_score_sum(double *scores, const dgba_rule *rule, const dgba_rule_input *input);

/** Σ_t (L_t − L0_t)/L0_t */
void dgba_rule_score_relative(double *scores, const dgba_rule *rule, const dgba_rule_input *input);

#endif
