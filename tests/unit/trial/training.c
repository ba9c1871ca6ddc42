/** Training units: stopped ones go on from their side file, damaged side files are no harm, adversarial training is part of
 * a unit's identity. */
#include <math.h>

#include "fixture.h"

#define MODEL  "model: {width: 0.0625, head: {channels: 4, rates: [1]}, layout: 2}\n"
#define ATTACK "attack: {step: fgsm, rule: dgba, epsilon: 8}\n"
#define TRAIN                                                                                                      \
    "train: {iterations: 6, batch: 2, evaluate_every: 2, keep: best, adversarial: {epsilon: 4, step: fgsm, rule: " \
    "total}}\n"

static const char *const data = "shard: 5, tasks: [segment_semantic, normal]";

static int64_t asked, stop_at; // how often a training asked, and when it hears yes

static bool should_stop(void) { return ++asked == stop_at; }

/** Runs the training unit of the sweep until it gives a model, which is told to stop after every `every` iterations;
 * without being told for 0. Counts the runs. */
static int64_t run_training(char **result, size_t *count, int64_t every) {
    dgba_worker *worker = NULL;
    char *message = NULL;
    size_t length = 0;
    int64_t runs = 0;
    CHECK_OK(dgba_unit_message(&message, &length, &sweep, &sweep.units[0], folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    dgba_worker_set_watch(worker, &(dgba_worker_watch){.should_stop = should_stop, .save_seconds = HUGE_VAL});
    stop_at = every;
    dgba_status status = DGBA_E_STOPPED;
    for (; status == DGBA_E_STOPPED; ++runs) {
        asked = 0;
        status = dgba_worker_run(result, count, worker, message, length, NULL);
    }
    CHECK_OK(status);
    dgba_worker_free(&worker);
    dgba_free(message);
    return runs;
}

static void check_same_doubles(dgba_h5 *a, dgba_h5 *b, const char *path) {
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES], count = 1;
    double *x = NULL, *y = NULL;
    CHECK_OK(dgba_h5_sizes(&axes, sizes, a, path));
    for (int i = 0; i < axes; ++i) count *= sizes[i];
    assert_true(count > 0);
    CHECK_OK(DGBA_NEW(&x, count));
    CHECK_OK(DGBA_NEW(&y, count));
    CHECK_OK(dgba_h5_read(x, a, path, DGBA_H5_F64, count));
    CHECK_OK(dgba_h5_read(y, b, path, DGBA_H5_F64, count));
    assert_memory_equal(x, y, (size_t)count * sizeof *x);
    dgba_free(x);
    dgba_free(y);
}

static void check_same_model(const char *a, size_t a_count, const char *b, size_t b_count) {
    static const char *const logs[] = {"/train/loss", "/train/adversarial_loss", "/train/evaluation/loss",
                                       "/train/evaluation/metric", "/train/evaluation/score"};
    dgba_h5 *x = NULL, *y = NULL;
    dgba_names names = {0};
    dgba_text path = {0};
    CHECK_OK(dgba_h5_open_bytes(&x, a, a_count, "model"));
    CHECK_OK(dgba_h5_open_bytes(&y, b, b_count, "model"));
    for (int64_t i = 0; i < DGBA_COUNT_OF(logs); ++i) check_same_doubles(x, y, logs[i]);
    static const char *const groups[] = {"/model/parameters", "/train/last"};
    for (int64_t g = 0; g < DGBA_COUNT_OF(groups); ++g) {
        CHECK_OK(dgba_h5_members(&names, x, groups[g]));
        assert_true(names.count > 100);
        for (int64_t i = 0; i < names.count; ++i) {
            dgba_path_join(&path, groups[g], names.items[i]);
            check_same_doubles(x, y, dgba_text_chars(&path));
        }
        dgba_names_free(&names);
    }
    dgba_text_free(&path);
    dgba_h5_close(&x);
    dgba_h5_close(&y);
}

static void side_path(char path[700]) { snprintf(path, 700, "%s/models/%s.side.h5", folder, sweep.units[0].id); }

/** Stopped at every iteration and at every third, the result is that of a training left alone. */
static void stopped_trainings_go_on(void **state) {
    (void)state;
    char *whole = NULL, *parts = NULL, path[700];
    size_t whole_count = 0, parts_count = 0;
    load(data, MODEL TRAIN ATTACK);
    side_path(path);
    dgba_store *store = NULL;
    CHECK_OK(dgba_store_open(&store, folder));
    assert_int_equal(run_training(&whole, &whole_count, 0), 1);
    assert_false(dgba_file_exists(path));
    for (int64_t every = 1; every <= 3; every += 2) {
        assert_int_equal(run_training(&parts, &parts_count, every), every == 1 ? 6 : 2);
        assert_true(dgba_file_exists(path));
        check_same_model(whole, whole_count, parts, parts_count);
        CHECK_OK(dgba_unit_put(store, &sweep.units[0], parts, parts_count));
        assert_false(dgba_file_exists(path)); // the model is there
        assert_true(dgba_unit_is_done(&sweep, &sweep.units[0], folder));
        dgba_free(parts);
    }
    dgba_store_close(&store);
    dgba_free(whole);
    unload();
}

static void cut_in_half(const char *path) {
    char *content = NULL;
    size_t count = 0;
    CHECK_OK(dgba_file_read(&content, &count, path));
    CHECK_OK(dgba_file_write(path, content, count / 2));
    dgba_free(content);
}

/** A truncated file, a foreign one and nonsense: the training begins anew. */
static void damaged_side_files_are_no_harm(void **state) {
    (void)state;
    char *whole = NULL, *again = NULL, path[700], message[1] = "";
    size_t whole_count = 0, again_count = 0;
    load(data, MODEL TRAIN ATTACK);
    side_path(path);
    run_training(&whole, &whole_count, 0);
    dgba_log_set_level(DGBA_LOG_ERROR);
    for (int kind = 0; kind < 3; ++kind) {
        char *stopped = NULL;
        size_t count = 0;
        dgba_worker *worker = NULL;
        char *unit = NULL;
        CHECK_OK(dgba_unit_message(&unit, &count, &sweep, &sweep.units[0], folder));
        CHECK_OK(dgba_worker_create(&worker, NULL));
        dgba_worker_set_watch(worker, &(dgba_worker_watch){.should_stop = should_stop, .save_seconds = 0});
        asked = 0;
        stop_at = 3;
        CHECK_FAILS(DGBA_E_STOPPED, dgba_worker_run(&stopped, &again_count, worker, unit, count, NULL));
        CHECK_MESSAGE("stopped after iteration 3 of 6");
        dgba_worker_free(&worker);
        dgba_free(unit);
        if (kind == 0) cut_in_half(path);
        if (kind == 1) CHECK_OK(dgba_file_write(path, message, sizeof message));
        if (kind == 2) CHECK_OK(dgba_file_write(path, whole, whole_count)); // a model's file has no state
        assert_int_equal(run_training(&again, &again_count, 0), 1);
        assert_int_equal(asked, 5); // not after the last iteration
        check_same_model(whole, whole_count, again, again_count);
        dgba_free(again);
    }
    remove(path);
    dgba_log_set_level(DGBA_LOG_INFO);
    dgba_free(whole);
    unload();
}

static void adversarial_training_counts(void **state) {
    (void)state;
    load(data, MODEL "train: {iterations: 1, batch: 2, adversarial: {epsilon: [0, 8], rule: [dgba, total]}}\n" ATTACK);
    assert_int_equal(sweep.model_count, 3); // one clean, whatever the rule
    assert_null(dgba_settings_get(&sweep.models[0], "train.adversarial.epsilon"));
    assert_string_equal(dgba_settings_get(&sweep.models[1], "train.adversarial.epsilon"), "8");
    // 10 iterations of IFGSM: 10 passes forward and 10 backward; two updates of 3 instead of one.
    assert_true(sweep.units[1].cost == sweep.units[0].cost / 3 * (6 + 20));
    char clean[DGBA_HASH_TEXT_BYTES];
    memcpy(clean, sweep.units[0].id, sizeof clean);
    unload();
    load(data, MODEL "train: {iterations: 1, batch: 2}\n" ATTACK);
    assert_string_equal(sweep.units[0].id, clean);
    unload();
}

/** A group of one part is a training as before there were groups, of the same id. */
static void groups_count(void **state) {
    (void)state;
    char plain[DGBA_HASH_TEXT_BYTES];
    load(data, MODEL "train: {iterations: 1, batch: 4}\n" ATTACK);
    memcpy(plain, sweep.units[0].id, sizeof plain);
    unload();
    load(data, MODEL "train: {iterations: 1, batch: 4, group: [1, 2, 4]}\n" ATTACK);
    assert_int_equal(sweep.model_count, 3);
    assert_string_equal(sweep.units[0].id, plain);
    assert_null(dgba_settings_get(&sweep.models[0], "train.group"));
    assert_string_equal(dgba_settings_get(&sweep.models[1], "train.group"), "2");
    for (int64_t u = 0; u < sweep.unit_count; ++u) assert_int_equal(sweep.units[u].workers, u < 3 ? INT64_C(1) << u : 1);
    assert_true(sweep.units[2].cost == sweep.units[0].cost);
    unload();
}

static void trainings_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *train, *message;
    } cases[] = {
        {"loss_weights: [1, 2, 3]", "train: loss_weights has 3 numbers for 2 tasks"},
        {"keep: best", "train: keep: the best parameters are known by evaluations; set evaluate_every"},
        {"group: 3", "train: group: a batch of 16 images has no 3 equal parts"},
        {"group: 2, adversarial: {epsilon: 8, step: apgd_released}",
         "train.adversarial: step apgd_released scores whole batches, which a group of 2 attacks in parts"},
        {"adversarial: {epsilon: 8, rule: single}", "train.adversarial: rule single: name the task that is attacked"},
        {"adversarial: {epsilon: 8, step: saga, rule: mgda}", "train.adversarial: "},
        {"adversarial: {epsilon: 8, rule: 'single:depth'}", "unknown task 'depth'"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        char text[400];
        snprintf(text, sizeof text, MODEL ATTACK "train: {%s}\n", cases[i].train);
        CHECK_FAILS(DGBA_E_CONFIG, load_status(data, text));
        CHECK_MESSAGE(cases[i].message);
        unload();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_trainings_go_on),     cmocka_unit_test(damaged_side_files_are_no_harm),
        cmocka_unit_test(adversarial_training_counts), cmocka_unit_test(groups_count),
        cmocka_unit_test(trainings_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, make_data, check_no_leak);
}
