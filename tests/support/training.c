#include "support/training.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

training_fixture fixture;

int training_make(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(TRAINING_IMAGES, TRAINING_HEIGHT, TRAINING_WIDTH);
    const dgba_model_def def = {
        .width = 0.0625, .layout = 31, .head_channels = 4, .head_rates = {1, {1}}, .head_dropout = 0.5};
    dgba_model_task heads[TRAINING_TASKS];
    for (int t = 0; t < TRAINING_TASKS; ++t) {
        fixture.tasks[t] = (dgba_task){.classes = about.tasks[t].classes};
        strcpy(fixture.tasks[t].name, about.tasks[t].name);
        CHECK_OK(dgba_task_kind_find(&fixture.tasks[t].kind, about.tasks[t].kind));
        heads[t].channels = dgba_task_prediction_channels(&fixture.tasks[t]);
        strcpy(heads[t].name, fixture.tasks[t].name);
    }
    CHECK_OK(dgba_model_create(&fixture.model, &def, heads, TRAINING_TASKS));
    const char *folder = check_folder("training");
    snprintf(fixture.path, sizeof fixture.path, "%s/%s.h5", folder, about.name);
    fixture.job = (dgba_train_job){.model = &fixture.model,
                                   .tasks = fixture.tasks,
                                   .options = &fixture.options,
                                   .data = dataset_open(folder, &about),
                                   .height = TRAINING_HEIGHT,
                                   .width = TRAINING_WIDTH};
    CHECK_OK(dgba_data_split(&fixture.job.images.items, &fixture.job.images.count, fixture.job.data, "train"));
    CHECK_OK(dgba_data_split(&fixture.job.evaluated.items, &fixture.job.evaluated.count, fixture.job.data, "test"));
    return 0;
}

int training_unmake(void **state) {
    dgba_data_close(&fixture.job.data);
    dgba_model_free(&fixture.model);
    return check_no_leak(state);
}

int training_reset(void **state) {
    (void)state;
    dgba_option_defaults(&fixture.options, &dgba_train_options);
    dgba_option_defaults(&fixture.adversarial, &dgba_train_adversarial_options);
    fixture.options.iterations = 6;
    fixture.options.batch = TRAINING_BATCH;
    fixture.options.seed = 4;
    fixture.job.adversarial = NULL;
    fixture.job.after = NULL;
    return 0;
}

void training_attack_batches(void) {
    CHECK_OK(dgba_step_kind_find(&fixture.adversarial.attack.step.kind, "pgd"));
    CHECK_OK(dgba_rule_kind_find(&fixture.adversarial.attack.rule.kind, "dgba"));
    dgba_option_defaults(&fixture.adversarial.attack.step, fixture.adversarial.attack.step.kind->options);
    fixture.adversarial.attack.step.iterations = 2;
    fixture.adversarial.attack.epsilon = 8;
    for (int c = 0; c < 3; ++c) {
        fixture.adversarial.attack.box.low[c] = -dgba_data_mean[c];
        fixture.adversarial.attack.box.high[c] = 255 - dgba_data_mean[c];
    }
    fixture.job.adversarial = &fixture.adversarial;
}

dgba_train_state training_run(void) {
    dgba_train_state training;
    CHECK_OK(dgba_train_begin(&training, &fixture.job));
    CHECK_OK(dgba_train_run(&training, &fixture.job));
    return training;
}

void training_check_bits(const void *a, const void *b, int64_t count, size_t size) {
    if (count > 0) assert_memory_equal(a, b, (size_t)count * size);
}

void training_check_same(const dgba_train_state *a, const dgba_train_state *b) {
    const dgba_train_log *x = &a->log, *y = &b->log;
    assert_int_equal(a->iteration, b->iteration);
    assert_int_equal(a->adam.step, b->adam.step);
    assert_int_equal(a->best_evaluation, b->best_evaluation);
    training_check_bits(a->parameters, b->parameters, a->floats, sizeof(float));
    training_check_bits(a->adam.first, b->adam.first, a->floats, sizeof(float));
    training_check_bits(a->adam.second, b->adam.second, a->floats, sizeof(float));
    if (a->best != NULL) training_check_bits(a->best, b->best, a->floats, sizeof(float));
    assert_int_equal(x->count, y->count);
    assert_int_equal(x->evaluation_count, y->evaluation_count);
    training_check_bits(x->iterations, y->iterations, x->count, sizeof(int64_t));
    training_check_bits(x->losses, y->losses, x->count * TRAINING_TASKS, sizeof(double));
    training_check_bits(x->evaluation_losses, y->evaluation_losses, x->evaluation_count * TRAINING_TASKS, sizeof(double));
    training_check_bits(x->evaluation_metrics, y->evaluation_metrics, x->evaluation_count * x->metrics, sizeof(double));
    training_check_bits(x->scores, y->scores, x->evaluation_count, sizeof(double));
}
