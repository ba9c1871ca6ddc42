/** Examples: what results show of a few images is what attacking and evaluating them by hand gives. */
#include <math.h>
#include <stdlib.h>

#include "dgba/oracle.h"
#include "fixture.h"

#define DATA   "tasks: [segment_semantic, normal, depth_zbuffer], shard: 2"
#define MODEL  "model: {width: 0.125, head: {channels: 8, rates: [1]}, layout: [0, 1]}\n"
#define TRAIN  "train: {iterations: 12, batch: 2, learning_rate: 1e-2}\n"
#define ATTACK "attack: {step: [fgsm, {kind: ifgsm, iterations: 2}], rule: [total, dgba], epsilon: [4, 48]}\n"

enum { TASKS = 3, ANSWERS = 5, IMAGES = 3, HEIGHT = 24, WIDTH = 32, PIXELS = HEIGHT * WIDTH };

/* ---- Choosing ---- */

static void the_largest_radius_of_each_step_is_chosen(void **state) {
    (void)state;
    load(DATA, MODEL TRAIN ATTACK);
    const dgba_sweep_examples *e = &sweep.examples;
    assert_int_equal(e->images, 2);
    assert_int_equal(e->models, 2);
    assert_int_equal(e->attack_count, 4);
    for (int64_t i = 0; i < e->attack_count; ++i)
        assert_string_equal(dgba_settings_get(&sweep.attacks[e->attacks[i]], "attack.epsilon"), "48");
    unload();
    load(DATA, MODEL TRAIN ATTACK "examples: {images: 0}\n");
    assert_int_equal(sweep.examples.images, 0);
    unload();
    load(DATA, MODEL TRAIN ATTACK "examples: {images: 64}\n");
    assert_int_equal(sweep.examples.images, 5); // all there are
    unload();
}

static void few_bytes_are_kept(void **state) {
    (void)state;
    load("tasks: [normal, depth_zbuffer], height: 960, width: 960", MODEL TRAIN ATTACK);
    assert_int_equal(sweep.examples.images, 1);
    assert_int_equal(sweep.examples.models, 1); // 17 MiB of image and truth, 11 of each model's perturbations
    unload();
    load("tasks: [normal, depth_zbuffer], height: 2048, width: 2048", MODEL TRAIN ATTACK);
    assert_int_equal(sweep.examples.images, 0);
    unload();
}

static void ids_do_not_depend_on_them(void **state) {
    (void)state;
    char id[DGBA_HASH_TEXT_BYTES];
    load(DATA, MODEL TRAIN ATTACK "examples: {images: 0}\n");
    const int64_t attack = dgba_sweep_shards(&sweep, 1, 3);
    memcpy(id, sweep.units[attack].id, sizeof id);
    unload();
    load(DATA, MODEL TRAIN ATTACK);
    assert_string_equal(sweep.units[attack].id, id);
    unload();
}

/* ---- What is kept ---- */

static const char *failures[200];

static void run_all(dgba_store *store, dgba_worker *worker) {
    for (int64_t u = 0; u < sweep.unit_count; ++u)
        if (!dgba_unit_is_done(&sweep, &sweep.units[u], folder)) run_unit(store, worker, &sweep.units[u]);
}

/** A model of the sweep and an image with its labels. */
typedef struct bench {
    dgba_model model;
    dgba_task tasks[DGBA_MOST_TASKS];
    float *parameters;
    dgba_network_oracle *oracle;
    dgba_data *data;
    dgba_batch batch;
} bench;

static void set_up(bench *b, int64_t model, int64_t image) {
    static const char *const names[] = {"segment_semantic", "normal", "depth_zbuffer"};
    dgba_text path = {0};
    dgba_h5 *file = NULL;
    dgba_labels labels[TASKS];
    *b = (bench){0};
    dgba_store_path(&path, folder, DGBA_STORE_MODEL, sweep.units[model].id);
    CHECK_OK(dgba_h5_open(&file, dgba_text_chars(&path)));
    CHECK_OK(dgba_checkpoint_read(&b->model, &b->parameters, file));
    dgba_h5_close(&file);
    dgba_text_free(&path);
    CHECK_OK(dgba_sweep_tasks(b->tasks, &sweep));
    CHECK_OK(dgba_network_oracle_create(&b->oracle, &b->model, b->parameters, b->tasks, (dgba_shape){1, 3, HEIGHT, WIDTH},
                                        DGBA_PURPOSE_ATTACK));
    CHECK_OK(dgba_data_open(&b->data, data_file));
    CHECK_OK(dgba_data_select_tasks(b->data, names, TASKS));
    CHECK_OK(dgba_batch_create(&b->batch, b->data, 1, HEIGHT, WIDTH));
    CHECK_OK(dgba_batch_load(&b->batch, b->data, &sweep.images[image], 1));
    for (int t = 0; t < TASKS; ++t)
        labels[t] = (dgba_labels){b->batch.labels[t].values, b->batch.labels[t].valid, HEIGHT, WIDTH};
    dgba_network_oracle_set_labels(b->oracle, labels, 1);
}

static void tear_down(bench *b) {
    dgba_batch_free(&b->batch);
    dgba_data_close(&b->data);
    dgba_network_oracle_free(&b->oracle);
    dgba_free(b->parameters);
    dgba_model_free(&b->model);
}

/** Predictions at x are `shown` (answers, rows, columns): the class with the largest score, a unit vector, a depth. Only
 *  where scores are apart by more than rounding may do. */
static void check_prediction(const float *shown, bench *b, const float *x, const dgba_results *r) {
    double losses[TASKS];
    dgba_shape shape;
    const int64_t plane = r->head_row_count * r->head_column_count;
    CHECK_OK(dgba_network_oracle_evaluate(losses, b->oracle, x));
    const float *scores = dgba_network_oracle_prediction(&shape, b->oracle, 0);
    assert_int_equal(shape.h, r->head_row_count);
    assert_int_equal(shape.w, r->head_column_count);
    for (int64_t i = 0; i < plane; ++i)
        for (int64_t c = 0; c < shape.c; ++c) {
            const float own = scores[(int64_t)shown[i] * plane + i];
            assert_true(own >= scores[c * plane + i] - 1e-4F * (1 + fabsf(own)));
        }
    const float *n = dgba_network_oracle_prediction(&shape, b->oracle, 1);
    const float *depth = dgba_network_oracle_prediction(&shape, b->oracle, 2);
    for (int64_t i = 0; i < plane; ++i) {
        const double length =
            sqrt((double)(n[i] * n[i] + n[plane + i] * n[plane + i] + n[2 * plane + i] * n[2 * plane + i]));
        for (int64_t c = 0; c < 3; ++c)
            assert_true(fabs((double)shown[(1 + c) * plane + i] - (double)n[c * plane + i] / length) < 1e-3);
        assert_true(fabsf(shown[4 * plane + i] - depth[i]) < 1e-3F * (1 + fabsf(depth[i])));
    }
}

/** FGSM on the sum of all losses. */
static void attack(float *adversarial, bench *b, float epsilon) {
    const double weights[TASKS] = {1, 1, 1};
    double losses[TASKS];
    const dgba_oracle oracle = dgba_network_oracle_interface(b->oracle);
    CHECK_OK(oracle.evaluate(oracle.self, losses, b->batch.images));
    CHECK_OK(oracle.gradient(oracle.self, adversarial, weights));
    for (int64_t i = 0; i < 3 * PIXELS; ++i) {
        const float mean = dgba_data_mean[i / PIXELS], g = adversarial[i];
        const float moved = b->batch.images[i] + epsilon * (float)((g > 0) - (g < 0));
        adversarial[i] = fminf(fmaxf(moved, 0 - mean), 255 - mean);
    }
}

/** The first attack, which is FGSM on the sum, and the clean image before it. */
static void check_by_hand(const dgba_results *r, int64_t model, int64_t image) {
    static float adversarial[3 * PIXELS];
    const int64_t head = ANSWERS * r->head_row_count * r->head_column_count, row = model * 4;
    bench b;
    set_up(&b, model, image);
    check_prediction(r->example_clean + (model * IMAGES + image) * head, &b, b.batch.images, r);
    attack(adversarial, &b, 48);
    check_prediction(r->example_adversarial + (row * IMAGES + image) * head, &b, adversarial, r);
    assert_true(fabs(r->example_largest[row * IMAGES + image] - 48) < 1e-4);
    int64_t different = 0;
    for (int64_t i = 0; i < 3 * PIXELS; ++i) {
        const int64_t place = (2 - i % 3) * PIXELS + i / 3; // rgb of the file, bgr of the network
        const float change = adversarial[place] - b.batch.images[place];
        const int code = r->example_perturbation[(row * IMAGES + image) * 3 * PIXELS + i];
        assert_true(fabsf(b.batch.images[place] + dgba_data_mean[2 - i % 3] - r->example_images[image * 3 * PIXELS + i]) <
                    0.501F);
        different += abs(code - (int)lround(128 + 127 * (double)change / 48)) > 1;
    }
    assert_true(different < 10); // where a gradient is as good as 0, its sign may differ
    tear_down(&b);
}

/** Ground truth as the data file has it. */
static void check_truth(const dgba_results *r, int64_t image) {
    bench b;
    set_up(&b, 0, image);
    const float *truth = r->example_truth + image * ANSWERS * PIXELS;
    for (int64_t i = 0; i < PIXELS; ++i) {
        if (!b.batch.labels[0].valid[i])
            assert_true(isnan(truth[i]));
        else
            assert_true(truth[i] == b.batch.labels[0].values[i]);
        for (int64_t c = 0; c < 3 && b.batch.labels[1].valid[i]; ++c)
            assert_true(fabsf(truth[(1 + c) * PIXELS + i] - b.batch.labels[1].values[c * PIXELS + i]) < 1e-3F);
        if (b.batch.labels[2].valid[i]) assert_true(truth[4 * PIXELS + i] == b.batch.labels[2].values[i]);
    }
    tear_down(&b);
}

static void check_names(const dgba_results *r) {
    static const char *const names[ANSWERS] = {"class", "x", "y", "z", "value"};
    assert_int_equal(r->answer_count, ANSWERS);
    for (int64_t i = 0; i < ANSWERS; ++i) assert_string_equal(r->answers[i].name, names[i]);
    assert_int_equal(r->answers[3].task, 1);
    assert_string_equal(r->answers[4].unit, sweep.data.tasks[2].unit);
    assert_int_equal(r->class_count, sweep.data.tasks[0].classes);
    assert_int_equal(r->classes[1].number, 1);
    assert_true(strlen(r->classes[0].name) > 0);
}

static void check_radius(const dgba_results *r) {
    for (int64_t i = 0; i < r->example_count * IMAGES; ++i)
        assert_true(r->example_largest[i] > 0 && r->example_largest[i] <= 48 + 1e-4);
    for (int64_t i = 0; i < r->example_count * IMAGES * 3 * PIXELS; ++i) assert_true(r->example_perturbation[i] > 0);
}

static void they_are_what_attacks_by_hand_give(void **state) {
    (void)state;
    dgba_store *store = NULL;
    dgba_worker *worker = NULL;
    dgba_results r = {0};
    load(DATA, MODEL TRAIN ATTACK "examples: {images: 3}\n"); // over two shards
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    run_all(store, worker);
    CHECK_OK(dgba_sweep_collect(&r, &sweep, folder, failures));
    assert_int_equal(r.example_image_count, IMAGES);
    assert_int_equal(r.example_count, 2 * 4);
    assert_int_equal(r.attacks[r.examples[4].attack].model, 1);
    assert_true(r.attacks[r.examples[4].attack].epsilon == 48);
    check_names(&r);
    check_radius(&r);
    for (int64_t i = 0; i < IMAGES; ++i) {
        check_by_hand(&r, 0, i);
        check_by_hand(&r, 1, i);
        check_truth(&r, i);
    }
    dgba_results_free(&r);
    dgba_worker_free(&worker);
    dgba_store_close(&store);
    unload();
}

/** Units that ran without examples run again if the sweep wants some, and no others do. */
static void what_is_missing_runs_again(void **state) {
    (void)state;
    dgba_store *store = NULL;
    dgba_worker *worker = NULL;
    dgba_results r = {0};
    int64_t again = 0;
    load(DATA, MODEL TRAIN "attack: {step: fgsm, rule: static, epsilon: [4, 8]}\nexamples: {images: 0}\n");
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    run_all(store, worker);
    unload();
    load(DATA, MODEL TRAIN "attack: {step: fgsm, rule: static, epsilon: [4, 8]}\n");
    CHECK_OK(dgba_sweep_collect(&r, &sweep, folder, failures));
    assert_string_equal(r.attacks[1].status, "ok");
    assert_true(isnan(r.example_adversarial[0]) && isnan(r.example_largest[0]) && r.example_perturbation[0] == 0);
    dgba_results_free(&r);
    for (int64_t u = 0; u < sweep.unit_count; ++u) again += !dgba_unit_is_done(&sweep, &sweep.units[u], folder);
    assert_int_equal(again, 2); // the first shard under radius 8, of each model; its clean measurement ran before
    run_all(store, worker);
    CHECK_OK(dgba_sweep_collect(&r, &sweep, folder, failures));
    assert_false(isnan(r.example_adversarial[0]) || isnan(r.example_largest[0]));
    dgba_results_free(&r);
    dgba_worker_free(&worker);
    dgba_store_close(&store);
    unload();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_radius_of_each_step_is_chosen),
        cmocka_unit_test(few_bytes_are_kept),
        cmocka_unit_test(ids_do_not_depend_on_them),
        cmocka_unit_test(they_are_what_attacks_by_hand_give),
        cmocka_unit_test(what_is_missing_runs_again),
    };
    return cmocka_run_group_tests(tests, make_data, check_no_leak);
}
