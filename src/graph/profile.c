/** What a plan consists of and where its time goes. */
#include "plan.h"

int64_t dgba_plan_step_count(const dgba_plan *plan) { return plan->step_count; }

dgba_plan_step dgba_plan_step_at(const dgba_plan *plan, int64_t index) {
    DGBA_ASSERT(index >= 0 && index < plan->step_count);
    const step *s = &plan->steps[index];
    const node *n = &plan->graph->nodes[s->node];
    dgba_plan_step out = {.operation = dgba_node_op_word(s->op),
                          .name = n->name,
                          .forward_algorithm = "",
                          .backward_algorithm = "",
                          .batchnorm = s->batchnorm != NONE,
                          .relu = s->relu,
                          .x = plan->values[s->x[0]].shape,
                          .y = plan->values[s->y].shape,
                          .forward_seconds = s->forward_seconds,
                          .backward_seconds = s->backward_seconds};
    if (s->op == OP_CONV2D) {
        out.conv = n->conv.options;
        out.macs = dgba_conv2d_macs(&out.conv, out.x);
        out.forward_algorithm = dgba_conv2d_algorithm_name(s->algorithm[DGBA_CONV2D_FORWARD]);
        if (plan->values[s->x[0]].wants_gradient)
            out.backward_algorithm = dgba_conv2d_algorithm_name(s->algorithm[DGBA_CONV2D_BACKWARD_INPUT]);
    }
    if (s->op == OP_DEPTHWISE) {
        out.conv = n->conv.options;
        out.macs = dgba_depthwise_macs(&out.conv, out.x);
    }
    return out;
}

void dgba_plan_reset_times(dgba_plan *plan) {
    for (int32_t i = 0; i < plan->step_count; ++i) plan->steps[i].forward_seconds = plan->steps[i].backward_seconds = 0;
}
