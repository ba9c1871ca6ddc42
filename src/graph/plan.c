#include "plan.h"
#include "fold.h"

parameter_range dgba_plan_parameters(const dgba_plan *plan, dgba_node index) {
    const node *n = &plan->graph->nodes[index];
    const dgba_parameter *first = &plan->graph->parameters[n->parameter];
    const int64_t count = n->op == OP_BATCHNORM || (is_convolution(n->op) && n->conv.bias) ? 2 : 1;
    const dgba_parameter *last = first + count - 1;
    return (parameter_range){n->parameter, count, first->offset,
                             last->offset + dgba_shape_count(last->shape) - first->offset};
}

/** Room for what the parts add up: the sums of a batch normalisation, the gradients of a convolution. */
static dgba_status create_parts(dgba_plan *plan, int64_t all, const dgba_crew *crew) {
    int64_t sums = 0, gradients = 0;
    for (int32_t i = 0; i < plan->graph->node_count; ++i) {
        const node *n = &plan->graph->nodes[i];
        if (n->op == OP_BATCHNORM && 2 * n->channels > sums) sums = 2 * n->channels;
        if (is_convolution(n->op) && dgba_plan_parameters(plan, i).floats > gradients)
            gradients = dgba_plan_parameters(plan, i).floats;
    }
    return dgba_parts_create(&plan->parts, all, crew, sums, gradients);
}

static dgba_status make(dgba_plan *plan, dgba_shape input, int64_t parts, const dgba_crew *crew) {
    if (plan->graph->output_count == 0) return dgba_fail(DGBA_E_USAGE, "the graph has no output");
    DGBA_TRY(create_parts(plan, parts, crew));
    DGBA_TRY(dgba_plan_lower(plan, input));
    DGBA_TRY(dgba_plan_order(plan));
    DGBA_TRY(dgba_plan_add_buffers(plan));
    DGBA_TRY(dgba_buffers_place(&plan->block_bytes, plan->buffers, plan->buffer_count));
    return dgba_context(dgba_allocate((void **)&plan->block, plan->parts.count * plan->block_bytes, 1),
                        "buffers of a plan for %lld samples", (long long)(plan->parts.count * input.n));
}

static dgba_status create(dgba_plan **out, const dgba_plan *about, dgba_shape input, int64_t parts, const dgba_crew *crew) {
    DGBA_TRY(DGBA_NEW(out, 1));
    **out = *about;
    (*out)->samples = input.n;
    const dgba_status status = make(*out, input, parts, crew);
    if (status != DGBA_OK) dgba_plan_free(out);
    return status;
}

dgba_status dgba_plan_create(dgba_plan **out, const dgba_graph *graph, dgba_shape input, dgba_purpose purpose) {
    const bool folded = purpose == DGBA_PURPOSE_ATTACK_FOLDED;
    if (folded) purpose = DGBA_PURPOSE_ATTACK;
    return create(out, &(dgba_plan){.graph = graph, .purpose = purpose, .folded = folded}, input, 1, NULL);
}

dgba_status dgba_plan_create_in_parts(dgba_plan **out, const dgba_graph *graph, dgba_shape input, int64_t parts,
                                      const dgba_crew *crew) {
    return create(out, &(dgba_plan){.graph = graph, .purpose = DGBA_PURPOSE_TRAIN}, input, parts, crew);
}

void dgba_plan_free(dgba_plan **plan) {
    if (*plan == NULL) return;
    dgba_free((*plan)->steps);
    dgba_free((*plan)->schedule);
    dgba_free((*plan)->values);
    dgba_free((*plan)->outputs);
    dgba_free((*plan)->buffers);
    dgba_free((*plan)->block);
    dgba_parts_free(&(*plan)->parts);
    dgba_free(*plan);
    *plan = NULL;
}

int64_t dgba_plan_bytes(const dgba_plan *plan, int64_t *without_reuse) {
    int64_t sum = 0;
    for (int32_t i = 0; i < plan->buffer_count; ++i) sum += plan->buffers[i].bytes;
    if (without_reuse != NULL) *without_reuse = plan->parts.count * sum;
    return plan->parts.count * plan->block_bytes;
}

void *dgba_plan_memory(const dgba_plan *plan, int32_t index) {
    return index != NONE ? plan->block + plan->part * plan->block_bytes + plan->buffers[index].offset : NULL;
}

void dgba_plan_bind(dgba_plan *plan, float *parameters) {
    plan->parameters = parameters;
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        if (s->batchnorm == NONE || plan->folded) continue;
        const folded_weights own = {dgba_plan_memory(plan, s->weight), dgba_plan_memory(plan, s->bias),
                                    dgba_plan_memory(plan, s->scale)};
        dgba_fold_batchnorm(own, plan->graph, s->node, s->batchnorm, parameters);
    }
}
