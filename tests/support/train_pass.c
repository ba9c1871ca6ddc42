#include "support/train_pass.h"

#include <string.h>

#include "support/check.h"

static dgba_status seed(void *self, int64_t output) {
    train_pass *p = self;
    assert_true(output < TRAIN_PASS_OUTPUTS);
    for (int64_t part = 0; part < (p->parts > 0 ? p->parts : 1); ++part) {
        dgba_shape shape;
        dgba_plan_choose_part(p->plan, part);
        const float *y = dgba_plan_output(p->plan, output, &shape);
        float *to = dgba_plan_seed(p->plan, output);
        const int64_t count = dgba_shape_count(shape);
        const size_t bytes = (size_t)count * sizeof *y;
        if (p->outputs[output] != NULL) memcpy(p->outputs[output] + part * count, y, bytes);
        if (p->seeds[output] != NULL)
            memcpy(to, p->seeds[output] + part * count, bytes);
        else
            memset(to, 0, bytes);
    }
    p->seeded += 1;
    return DGBA_OK;
}

static void take(void *self, int64_t number, const float *gradient) {
    train_pass *p = self;
    int64_t count = 0;
    const dgba_parameter *parameter = dgba_graph_parameters(p->graph, &count) + number;
    assert_true(number < count && dgba_parameter_is_trainable(parameter->role));
    if (p->gradients != NULL)
        memcpy(p->gradients + parameter->offset, gradient, (size_t)dgba_shape_count(parameter->shape) * sizeof *gradient);
    p->taken += 1;
}

void train_pass_run(train_pass *pass, const float *x, dgba_run run) {
    pass->seeded = pass->taken = 0;
    CHECK_OK(dgba_plan_train(pass->plan, x, run, &(dgba_plan_callbacks){.self = pass, .seed = seed, .take = take}));
}
