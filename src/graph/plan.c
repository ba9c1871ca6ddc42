#include "plan.h"

static dgba_status make(dgba_plan *plan, dgba_shape input) {
    if (plan->graph->output_count == 0) return dgba_fail(DGBA_E_USAGE, "the graph has no output");
    DGBA_TRY(dgba_plan_lower(plan, input));
    DGBA_TRY(dgba_plan_add_buffers(plan));
    DGBA_TRY(dgba_buffers_place(&plan->block_bytes, plan->buffers, plan->buffer_count));
    return dgba_context(dgba_allocate((void **)&plan->block, plan->block_bytes, 1), "buffers of a plan for %lld samples",
                        (long long)input.n);
}

dgba_status dgba_plan_create(dgba_plan **out, const dgba_graph *graph, dgba_shape input, dgba_purpose purpose) {
    DGBA_TRY(DGBA_NEW(out, 1));
    **out = (dgba_plan){.graph = graph, .purpose = purpose, .samples = input.n};
    const dgba_status status = make(*out, input);
    if (status != DGBA_OK) dgba_plan_free(out);
    return status;
}

void dgba_plan_free(dgba_plan **plan) {
    if (*plan == NULL) return;
    dgba_free((*plan)->steps);
    dgba_free((*plan)->values);
    dgba_free((*plan)->outputs);
    dgba_free((*plan)->buffers);
    dgba_free((*plan)->block);
    dgba_free(*plan);
    *plan = NULL;
}

int64_t dgba_plan_bytes(const dgba_plan *plan, int64_t *without_reuse) {
    int64_t sum = 0;
    for (int32_t i = 0; i < plan->buffer_count; ++i) sum += plan->buffers[i].bytes;
    if (without_reuse != NULL) *without_reuse = sum;
    return plan->block_bytes;
}

void *dgba_plan_memory(const dgba_plan *plan, int32_t index) {
    return index != NONE ? plan->block + plan->buffers[index].offset : NULL;
}

static float *parameter(const dgba_plan *plan, dgba_node index, int64_t which) {
    const dgba_graph *graph = plan->graph;
    return plan->parameters + graph->parameters[graph->nodes[index].parameter + which].offset;
}

/** w'[k] = scale[k]·w[k], b'[k] = shift[k] + scale[k]·b[k] */
static void fold(const dgba_plan *plan, const step *s) {
    const node *conv = &plan->graph->nodes[s->node], *norm = &plan->graph->nodes[s->batchnorm];
    const int64_t filter = filter_size(conv);
    float *weight = dgba_plan_memory(plan, s->weight), *bias = dgba_plan_memory(plan, s->bias);
    float *scale = dgba_plan_memory(plan, s->scale);
    const float *w = parameter(plan, s->node, 0), *b = conv->conv.bias ? parameter(plan, s->node, 1) : NULL;
    dgba_batchnorm_fold(scale, bias, parameter(plan, s->batchnorm, 0), parameter(plan, s->batchnorm, 1),
                        parameter(plan, s->batchnorm, 2), parameter(plan, s->batchnorm, 3), norm->channels,
                        norm->batchnorm);
    for (int64_t k = 0; k < conv->channels; ++k) {
        for (int64_t i = 0; i < filter; ++i) weight[k * filter + i] = scale[k] * w[k * filter + i];
        if (b != NULL) bias[k] += scale[k] * b[k];
    }
}

void dgba_plan_bind(dgba_plan *plan, float *parameters) {
    plan->parameters = parameters;
    for (int32_t i = 0; i < plan->step_count; ++i) {
        const step *s = &plan->steps[i];
        if (s->batchnorm != NONE) fold(plan, s);
    }
}
