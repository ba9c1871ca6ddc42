/** Each task votes on each coordinate with the sign of its gradient. */
#include <string.h>

#include "rules.h"

DGBA_VECTORIZE
static void add_signs(float *restrict direction, const float *restrict gradient, int64_t size) {
    for (int64_t i = 0; i < size; ++i) direction[i] += dgba_sign(gradient[i]);
}

static dgba_status combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                           const dgba_rule_input *input) {
    (void)rule;
    memset(direction, 0, (size_t)(input->samples * size) * sizeof *direction);
    for (int64_t t = 0; t < input->tasks; ++t)
        for (int64_t n = 0; n < input->samples; ++n)
            if (input->active[t * input->samples + n]) add_signs(direction + n * size, gradients[t] + n * size, size);
    return DGBA_OK;
}

static const dgba_option_table table = {.name = "sign_sum", .help = "sum the signs of the tasks' gradients"};

const dgba_rule_kind dgba_rule_sign_sum = {
    .name = "sign_sum",
    .help = "let each task vote on each pixel with the sign of its gradient",
    .direction = "sum sign(g_t)",
    .score = "sum L_t",
    .options = &table,
    .needs_task_gradients = true,
    .combine = combine,
    .score_of = dgba_rule_score_sum,
};
