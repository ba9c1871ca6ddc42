/** The kinds of rules: a row here and in the table of rule.c for each. And what they share. */
#ifndef DGBA_RULE_RULES_H
#define DGBA_RULE_RULES_H

#include "dgba/rule.h"

extern const dgba_rule_kind dgba_rule_single, dgba_rule_total, dgba_rule_sign_sum, dgba_rule_static, dgba_rule_dgba,
    dgba_rule_minmax, dgba_rule_mgda, dgba_rule_pcgrad, dgba_rule_ilp_kind;

/** Σ_t L_t */
void dgba_rule_score_sum(double *scores, const dgba_rule *rule, const dgba_rule_input *input);

/** Σ_t (L_t − L0_t)/L0_t */
void dgba_rule_score_relative(double *scores, const dgba_rule *rule, const dgba_rule_input *input);

/** Coefficients c[count] of a direction Σ_k c_k·h_k from products[k·count + j] = ⟨h_k, h_j⟩, where h_k = g_k/L_k. */
typedef void dgba_rule_coefficients(double *c, const double *products, int64_t count);

/** Directions of all samples that are combinations of the relative gradients h of their active tasks. What is not finite in
 *  a gradient does not count in the products. */
void dgba_rule_combine_relative(float *direction, const float *const *gradients, int64_t size, const dgba_rule_input *input,
                                dgba_rule_coefficients *coefficients);

#endif
