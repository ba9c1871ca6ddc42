#include "support/results.h"

#include <math.h>
#include <stdio.h>

#include "support/check.h"

static void set_model(dgba_results *r, int64_t index, int64_t layout, const char *tree, int64_t seed) {
    dgba_model_row *model = &r->models[index];
    char id[16];
    snprintf(id, sizeof id, "m%d", (int)index);
    dgba_results_set_text(&model->id, id);
    dgba_results_set_text(&model->backbone, "deeplab_resnet34");
    dgba_results_set_text(&model->layout_tree, tree);
    dgba_results_set_text(&model->status, "ok");
    model->width = 0.25;
    model->layout = layout;
    model->seed = seed;
    model->sharing_score = layout == 0 ? 5 : 2;
    model->sharing_score_most = 5;
    model->parameters = 1000 + layout;
    model->images = 654;
    for (int64_t i = 0; i < 3; ++i) r->model_metrics[3 * index + i] = (double[]){0.5, 0.75, 20}[i] + 0.01 * (double)seed;
    for (int64_t i = 0; i < 2; ++i) r->model_losses[2 * index + i] = 1.5 + (double)i;
}

typedef struct attack {
    int64_t model;
    const char *step;
    int64_t iterations;
    const char *rule;
    double epsilon, arp; // NaN: failed
} attack;

static const attack attacks[RESULTS_ATTACKS] = {
    {0, "fgsm", 1, "total", 4, -0.1},   {0, "fgsm", 1, "dgba", 4, -0.2},        {0, "fgsm", 1, "total", 8, -0.3},
    {0, "fgsm", 1, "dgba", 8, -0.4},    {0, "ifgsm", 10, "dgba", 8, -0.6},      {1, "fgsm", 1, "total", 4, -0.11},
    {1, "fgsm", 1, "dgba", 4, -0.21},   {1, "fgsm", 1, "total", 8, -0.31},      {1, "fgsm", 1, "dgba", 8, NAN},
    {1, "ifgsm", 10, "dgba", 8, -0.61}, {2, "fgsm", 1, "total", 4, -0.05},      {2, "fgsm", 1, "dgba", 4, 0.005},
    {2, "fgsm", 1, "total", 8, -0.06},  {2, "fgsm", 1, "single:seg", 8, -0.07},
};

static void set_attack(dgba_results *r, int64_t index, const attack *a) {
    dgba_attack_row *row = &r->attacks[index];
    row->model = a->model;
    row->iterations = a->iterations;
    row->epsilon = a->epsilon;
    row->images = 654;
    dgba_results_set_text(&row->step, a->step);
    dgba_results_set_text(&row->rule, a->rule);
    dgba_results_set_text(&row->status, isnan(a->arp) ? "failed" : "ok");
    if (isnan(a->arp)) return;
    row->arp = a->arp;
    row->alpha = a->epsilon / (double)a->iterations;
    r->attack_drops[2 * index] = 2 * a->arp;
    r->attack_drops[2 * index + 1] = 0.5 * a->arp;
    r->attack_losses[2 * index] = 3;
    for (int64_t i = 0; i < 3; ++i) r->attack_metrics[3 * index + i] = 0.125 * (double)(i + 1);
}

enum { EXAMPLE = 4, ROWS = 6, COLUMNS = 8, HEAD_ROWS = 3, HEAD_COLUMNS = 4 };

/** One image of 6 × 8 pixels on the first model under ifgsm: classes 0 and 1, normals along x, y and z. */
static void set_examples(dgba_results *r) {
    static const char *const names[] = {"class", "x", "y", "z"};
    for (int64_t i = 0; i < 4; ++i) {
        r->answers[i].task = i > 0;
        dgba_results_set_text(&r->answers[i].name, names[i]);
    }
    r->classes[1].number = 1;
    dgba_results_set_text(&r->classes[0].name, "wall");
    dgba_results_set_text(&r->classes[1].name, "floor");
    r->examples[0].attack = EXAMPLE;
    r->example_largest[0] = 8;
    r->images[0] = 17;
    for (int64_t i = 0; i < ROWS * COLUMNS * 3; ++i) {
        r->example_images[i] = (uint8_t)(4 * (i % 60));
        r->example_perturbation[i] = i % 5 < 2 ? 1 : 255;
    }
    for (int64_t i = 0; i < 4 * ROWS * COLUMNS; ++i)
        r->example_truth[i] = i < ROWS * COLUMNS ? (i == 0 ? NAN : (float)(i % 2)) : i / (ROWS * COLUMNS) == 2;
    for (int64_t i = 0; i < 4 * HEAD_ROWS * HEAD_COLUMNS; ++i) {
        r->example_clean[i] = i / (HEAD_ROWS * HEAD_COLUMNS) == 2;
        r->example_adversarial[i] = i / (HEAD_ROWS * HEAD_COLUMNS) % 2 == 0;
    }
    for (int64_t t = 0; t < 2; ++t) {
        r->clean_losses[t] = 1.25 + (double)t;
        r->adversarial_losses[2 * EXAMPLE + t] = 3.5 + (double)t;
    }
}

void results_make(dgba_results *r) {
    *r = (dgba_results){.task_count = 2,
                        .metric_count = 3,
                        .model_count = 3,
                        .attack_count = DGBA_COUNT_OF(attacks),
                        .image_count = 1,
                        .example_image_count = 1,
                        .example_count = 1,
                        .answer_count = 4,
                        .class_count = 2,
                        .row_count = ROWS,
                        .column_count = COLUMNS,
                        .color_count = 3,
                        .head_row_count = HEAD_ROWS,
                        .head_column_count = HEAD_COLUMNS};
    CHECK_OK(dgba_results_allocate(r));
    dgba_results_set_text(&r->run.name, "sharing-tradeoff");
    dgba_results_set_text(&r->run.run_id, "0123abcd");
    dgba_results_set_text(&r->run.data_name, "rooms");
    dgba_results_set_text(&r->run.git_commit, "ae972f5-dirty");
    dgba_results_set_text(&r->run.host, "node7");
    dgba_results_set_text(&r->run.blas_core, "Haswell");
    dgba_results_set_text(&r->tasks[0].name, "seg");
    dgba_results_set_text(&r->tasks[1].name, "normal");
    dgba_results_set_text(&r->metrics[0].name, "miou");
    dgba_results_set_text(&r->metrics[1].name, "pixel_accuracy");
    dgba_results_set_text(&r->metrics[2].name, "mean_angle");
    dgba_results_set_text(&r->metrics[2].unit, "degree");
    r->metrics[0].higher_is_better = r->metrics[1].higher_is_better = 1;
    r->metrics[2].task = 1;
    set_model(r, 0, 0, "{01}", 0);
    set_model(r, 1, 0, "{01}", 1);
    set_model(r, 2, 31, "{01} {0}{1}", 0);
    for (int64_t i = 0; i < r->attack_count; ++i) set_attack(r, i, &attacks[i]);
    set_examples(r);
    dgba_results_set_text(&r->attacks[8].reason, "a value is not finite, \"nan\"");
}

void results_forget(dgba_results *r, int64_t index) {
    r->attacks[index].arp = r->attacks[index].alpha = NAN;
    for (int64_t i = 0; i < 2; ++i) r->attack_drops[2 * index + i] = r->attack_losses[2 * index + i] = NAN;
    for (int64_t i = 0; i < 3; ++i) r->attack_metrics[3 * index + i] = NAN;
    dgba_results_set_text(&r->attacks[index].status, "missing");
    dgba_results_set_text(&r->attacks[index].reason, "");
}
