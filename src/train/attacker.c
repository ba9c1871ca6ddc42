#include "trainer.h"

dgba_status attacker_create(attacker *out, const dgba_train_job *job, dgba_shape part, int64_t parts, float *parameters) {
    *out = (attacker){.attack = job->adversarial->attack, .part = part, .parts = parts};
    out->attack.seed = job->options->seed;
    DGBA_TRY(dgba_network_oracle_create(&out->oracle, job->model, parameters, job->tasks, part, DGBA_PURPOSE_ATTACK));
    DGBA_TRY(dgba_arena_create(&out->scratch, dgba_attack_scratch_bytes(&out->attack, job->model->task_count, part)));
    DGBA_TRY(DGBA_NEW(&out->samples, part.n));
    DGBA_TRY(DGBA_NEW(&out->images, parts * dgba_shape_count(part)));
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

static dgba_status attack_part(attacker *a, const dgba_batch *batch, int64_t first_sample, int64_t part) {
    dgba_labels labels[DGBA_MOST_TASKS];
    dgba_attack_log log = {0};
    const int64_t first = part * a->part.n, floats = part * dgba_shape_count(a->part);
    for (int64_t i = 0; i < a->part.n; ++i) a->samples[i] = first_sample + first + i;
    trainer_labels(labels, batch, first);
    dgba_network_oracle_set_labels(a->oracle, labels, a->part.n);
    const dgba_oracle oracle = dgba_network_oracle_interface(a->oracle);
    dgba_arena_reset(&a->scratch);
    return dgba_attack_run(a->images + floats, &log, &a->attack, &oracle, batch->images + floats, &a->scratch);
}

dgba_status attacker_run(attacker *a, const dgba_batch *batch, int64_t first_sample) {
    dgba_network_oracle_refresh(a->oracle);
    for (int64_t part = 0; part < a->parts; ++part) DGBA_TRY(attack_part(a, batch, first_sample, part));
    return DGBA_OK;
}
