#include "trainer.h"

dgba_status attacker_create(attacker *out, const dgba_train_job *job, dgba_shape shape, float *parameters) {
    *out = (attacker){.attack = job->adversarial->attack};
    out->attack.seed = job->options->seed;
    DGBA_TRY(dgba_network_oracle_create(&out->oracle, job->model, parameters, job->tasks, shape, DGBA_PURPOSE_ATTACK));
    DGBA_TRY(dgba_arena_create(&out->scratch, dgba_attack_scratch_bytes(&out->attack, job->model->task_count, shape)));
    DGBA_TRY(DGBA_NEW(&out->samples, shape.n));
    DGBA_TRY(DGBA_NEW(&out->images, dgba_shape_count(shape)));
    out->attack.images = out->samples;
    return DGBA_OK;
}

void attacker_free(attacker *a) {
    dgba_network_oracle_free(&a->oracle);
    dgba_arena_free(&a->scratch);
    dgba_free(a->samples);
    dgba_free(a->images);
    *a = (attacker){0};
}

dgba_status attacker_run(attacker *a, const dgba_batch *batch, int64_t first_sample) {
    dgba_labels labels[DGBA_MOST_TASKS];
    dgba_attack_log log = {0};
    for (int64_t i = 0; i < batch->shape.n; ++i) a->samples[i] = first_sample + i;
    trainer_labels(labels, batch);
    dgba_network_oracle_refresh(a->oracle);
    dgba_network_oracle_set_labels(a->oracle, labels, batch->shape.n);
    const dgba_oracle oracle = dgba_network_oracle_interface(a->oracle);
    dgba_arena_reset(&a->scratch);
    return dgba_attack_run(a->images, &log, &a->attack, &oracle, batch->images, &a->scratch);
}
