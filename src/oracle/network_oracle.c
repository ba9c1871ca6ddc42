#include <string.h>

#include "dgba/oracle.h"

struct dgba_network_oracle {
    int64_t task_count;
    dgba_task tasks[DGBA_MOST_TASKS];
    dgba_labels labels[DGBA_MOST_TASKS];
    double *denominators; // [task][sample] of the losses
    dgba_shape most;
    int64_t samples;
    dgba_plan *plan;
    float *parameters;
};

static dgba_status check_tasks(const dgba_model *model, const dgba_task *tasks) {
    for (int64_t t = 0; t < model->task_count; ++t) {
        const int64_t wanted = dgba_task_prediction_channels(&tasks[t]);
        if (model->tasks[t].channels != wanted)
            return dgba_fail(DGBA_E_SHAPE, "task %s needs a prediction of %lld channels, the model's head has %lld",
                             tasks[t].name, (long long)wanted, (long long)model->tasks[t].channels);
    }
    return DGBA_OK;
}

dgba_status dgba_network_oracle_create(dgba_network_oracle **out, const dgba_model *model, float *parameters,
                                       const dgba_task *tasks, dgba_shape input, dgba_purpose purpose) {
    *out = NULL;
    DGBA_TRY(check_tasks(model, tasks));
    dgba_status status = DGBA_OK;
    dgba_network_oracle *oracle = NULL;
    DGBA_TRY(DGBA_NEW(&oracle, 1));
    oracle->task_count = model->task_count;
    memcpy(oracle->tasks, tasks, (size_t)model->task_count * sizeof *tasks);
    oracle->most = input;
    oracle->parameters = parameters;
    DGBA_TRY_OUT(DGBA_NEW(&oracle->denominators, model->task_count * input.n));
    DGBA_TRY_OUT(dgba_plan_create(&oracle->plan, model->graph, input, purpose));
    dgba_plan_bind(oracle->plan, parameters);
    *out = oracle;
out:
    if (status != DGBA_OK) dgba_network_oracle_free(&oracle);
    return status;
}

void dgba_network_oracle_free(dgba_network_oracle **oracle) {
    if (*oracle == NULL) return;
    dgba_plan_free(&(*oracle)->plan);
    dgba_free((*oracle)->denominators);
    dgba_free(*oracle);
    *oracle = NULL;
}

void dgba_network_oracle_refresh(dgba_network_oracle *oracle) { dgba_plan_bind(oracle->plan, oracle->parameters); }

void dgba_network_oracle_set_labels(dgba_network_oracle *oracle, const dgba_labels *labels, int64_t samples) {
    DGBA_ASSERT(samples > 0 && samples <= oracle->most.n);
    memcpy(oracle->labels, labels, (size_t)oracle->task_count * sizeof *labels);
    oracle->samples = samples;
}

dgba_status dgba_network_oracle_evaluate(double *losses, dgba_network_oracle *oracle, const float *x) {
    dgba_plan_forward(oracle->plan, x, (dgba_run){.samples = oracle->samples});
    for (int64_t t = 0; t < oracle->task_count; ++t) {
        dgba_shape shape;
        const float *prediction = dgba_plan_output(oracle->plan, t, &shape);
        dgba_task_loss(losses + t * oracle->samples, oracle->denominators + t * oracle->samples, &oracle->tasks[t],
                       prediction, shape, &oracle->labels[t]);
    }
    return DGBA_OK;
}

static dgba_status evaluate(void *self, double *losses, const float *x) {
    return dgba_network_oracle_evaluate(losses, self, x);
}

static dgba_status gradient(void *self, float *dx, const double *weights) {
    dgba_network_oracle *oracle = self;
    for (int64_t t = 0; t < oracle->task_count; ++t) {
        dgba_shape shape;
        const float *prediction = dgba_plan_output(oracle->plan, t, &shape);
        dgba_task_loss_gradient(dgba_plan_seed(oracle->plan, t), weights + t * oracle->samples, &oracle->tasks[t],
                                prediction, shape, &oracle->labels[t]);
    }
    dgba_plan_backward_input(oracle->plan, dx);
    return DGBA_OK;
}

dgba_oracle dgba_network_oracle_interface(dgba_network_oracle *oracle) {
    dgba_shape shape = oracle->most;
    shape.n = oracle->samples;
    return (dgba_oracle){.self = oracle,
                         .tasks = oracle->task_count,
                         .shape = shape,
                         .evaluate = evaluate,
                         .gradient = gradient,
                         .denominators = oracle->denominators};
}

void dgba_network_oracle_measure(dgba_totals *totals, const dgba_network_oracle *oracle) {
    for (int64_t t = 0; t < oracle->task_count; ++t) {
        dgba_shape shape;
        const float *prediction = dgba_plan_output(oracle->plan, t, &shape);
        dgba_task_measure(&totals[t], &oracle->tasks[t], prediction, shape, &oracle->labels[t]);
    }
}

const float *dgba_network_oracle_prediction(dgba_shape *shape, const dgba_network_oracle *oracle, int64_t task) {
    return dgba_plan_output(oracle->plan, task, shape);
}

int64_t dgba_network_oracle_bytes(const dgba_network_oracle *oracle) { return dgba_plan_bytes(oracle->plan, NULL); }
