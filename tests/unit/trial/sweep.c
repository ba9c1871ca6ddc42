/** Sweeps: which units there are, what their ids depend on, and whether running a unit gives what the attack says. */
#include <math.h>

#include "fixture.h"

/** Model, training and attacks that every sweep here has unless a case says otherwise. */
#define MODEL  "model: {width: 0.0625, head: {channels: 4, rates: [1]}, layout: [0, 2]}\n"
#define TRAIN  "train: {iterations: 1, batch: 2, seed: [0, 1]}\n"
#define ATTACK "attack: {step: fgsm, rule: [single, dgba], epsilon: [4, 8]}\n"

/** Id of the last unit of a sweep. */
static void last_id(char id[DGBA_HASH_TEXT_BYTES], const char *data, const char *rest) {
    load(data, rest);
    memcpy(id, sweep.units[sweep.unit_count - 1].id, DGBA_HASH_TEXT_BYTES);
    unload();
}

static void units_are_models_then_shards(void **state) {
    (void)state;
    load("tasks: [normal, depth_zbuffer], shard: 2", MODEL TRAIN ATTACK);
    assert_int_equal(sweep.model_count, 4);
    assert_int_equal(sweep.attack_count, 2 * (2 + 1)); // epsilons × (single per task + dgba)
    assert_int_equal(sweep.shard_count, 3);
    assert_int_equal(sweep.unit_count, 4 + 4 * (1 + 6) * 3);
    for (int64_t m = 0; m < 4; ++m) {
        assert_int_equal(sweep.units[m].kind, DGBA_UNIT_TRAIN);
        assert_int_equal(sweep.units[m].needs, -1);
        for (int64_t a = -1; a < 6; ++a)
            for (int64_t shard = 0; shard < 3; ++shard) {
                const dgba_unit *unit = &sweep.units[dgba_sweep_shards(&sweep, m, a) + shard];
                assert_int_equal(unit->kind, a < 0 ? DGBA_UNIT_CLEAN : DGBA_UNIT_ATTACK);
                assert_int_equal(unit->model, m);
                assert_int_equal(unit->needs, m);
                assert_int_equal(unit->attack, a);
                assert_int_equal(unit->shard, shard);
            }
    }
    unload();
}

static void ids_are_distinct(void **state) {
    (void)state;
    load("shard: 2", MODEL TRAIN ATTACK);
    for (int64_t i = 0; i < sweep.unit_count; ++i)
        for (int64_t j = 0; j < i; ++j) assert_string_not_equal(sweep.units[i].id, sweep.units[j].id);
    unload();
}

/** What a unit's settings are told to be is what its id was made of. */
static void ids_are_those_of_the_settings(void **state) {
    (void)state;
    load("shard: 2, tasks: [normal, depth_zbuffer]",
         MODEL TRAIN "attack: {step: [fgsm, apgd_released], rule: [single, dgba], epsilon: 4}\ntransfer: {model: true}\n");
    for (int64_t u = 0; u < sweep.unit_count; ++u) {
        char id[DGBA_HASH_TEXT_BYTES];
        dgba_settings settings;
        dgba_unit_settings(&settings, &sweep, &sweep.units[u]);
        dgba_hash_text(id, dgba_config_id(&settings));
        assert_string_equal(id, sweep.units[u].id);
        dgba_settings_free(&settings);
    }
    unload();
}

static void ids_ignore_spelling(void **state) {
    (void)state;
    char first[DGBA_HASH_TEXT_BYTES], second[DGBA_HASH_TEXT_BYTES];
    last_id(first, "shard: 2", MODEL TRAIN "attack: {step: ifgsm, rule: dgba, epsilon: 8}\n");
    last_id(second, "shard: 0x2",
            "# a comment\nattack: {epsilon: 16/2, rule: {kind: dgba}, step: {iterations: 1e1, kind: ifgsm}}\n" TRAIN MODEL);
    assert_string_equal(first, second);
    last_id(first, "shard: 2", MODEL TRAIN "attack: {step: ifgsm, rule: {kind: ilp, floor: {normal: 0.5}}, epsilon: 8}\n");
    last_id(second, "shard: 2", MODEL TRAIN "attack: {step: ifgsm, rule: {kind: ilp, floor: [normal=1/2]}, epsilon: 8}\n");
    assert_string_equal(first, second);
}

static void ids_feel_what_matters(void **state) {
    (void)state;
    static const struct {
        const char *data, *rest;
    } others[] = {
        {"shard: 3", MODEL TRAIN ATTACK},
        {"shard: 2, height: 16", MODEL TRAIN ATTACK},
        {"shard: 2, tasks: [depth_zbuffer, normal]", MODEL TRAIN ATTACK},
        {"shard: 2, train_images: 3", MODEL TRAIN ATTACK},
        {"shard: 2", MODEL TRAIN "attack: {step: fgsm, rule: [single, dgba], epsilon: [4, 9]}\n"},
        {"shard: 2", MODEL TRAIN "attack: {step: fgsm, rule: [single, total], epsilon: [4, 8]}\n"},
        {"shard: 2", MODEL "train: {iterations: 1, batch: 2, seed: [0, 2]}\n" ATTACK},
        {"shard: 2", "model: {width: 0.0625, head: {channels: 4, rates: [2]}, layout: [0, 2]}\n" TRAIN ATTACK},
    };
    char first[DGBA_HASH_TEXT_BYTES], other[DGBA_HASH_TEXT_BYTES];
    last_id(first, "shard: 2", MODEL TRAIN ATTACK);
    for (int64_t i = 0; i < DGBA_COUNT_OF(others); ++i) {
        last_id(other, others[i].data, others[i].rest);
        assert_string_not_equal(first, other);
    }
}

/** The released code's metrics need no other models. */
static void compat_changes_measurements_only(void **state) {
    (void)state;
    char train[DGBA_HASH_TEXT_BYTES], first[DGBA_HASH_TEXT_BYTES], other[DGBA_HASH_TEXT_BYTES];
    dgba_task tasks[DGBA_MOST_TASKS];
    load("shard: 2", MODEL TRAIN ATTACK);
    memcpy(train, sweep.units[0].id, sizeof train);
    CHECK_OK(dgba_sweep_tasks(tasks, &sweep));
    assert_false(tasks[0].released);
    unload();
    last_id(first, "shard: 2, compat: none", MODEL TRAIN ATTACK);
    last_id(other, "shard: 2", MODEL TRAIN ATTACK);
    assert_string_equal(first, other);
    load("shard: 2, compat: released", MODEL TRAIN ATTACK);
    assert_string_equal(train, sweep.units[0].id);
    assert_string_not_equal(first, sweep.units[sweep.unit_count - 1].id);
    CHECK_OK(dgba_sweep_tasks(tasks, &sweep));
    assert_true(tasks[0].released);
    unload();
}

static void the_same_attack_is_listed_once(void **state) {
    (void)state;
    load("tasks: [normal, depth_zbuffer]",
         MODEL TRAIN "attack: {step: fgsm, rule: [single, \"single:normal\"], epsilon: 4}\n");
    assert_int_equal(sweep.attack_count, 2);
    unload();
}

static void seeds_count_where_starts_are_random(void **state) {
    (void)state;
    load("tasks: [normal, depth_zbuffer]",
         MODEL TRAIN "attack: {step: [fgsm, pgd, apgd, mim], rule: dgba, epsilon: 4, seed: [0, 1]}\n");
    assert_int_equal(sweep.attack_count, 1 + 2 + 2 + 1);
    unload();
}

static void impossible_sweeps(void **state) {
    (void)state;
    CHECK_FAILS(DGBA_E_CONFIG, load_status("tasks: [norml]", MODEL TRAIN));
    CHECK_MESSAGE("did you mean 'normal'?");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_status("shard: 2", "model: {layout: 99999}\n" TRAIN));
    CHECK_MESSAGE("there is no layout 99999");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG,
                load_status("shard: 2", MODEL TRAIN "attack: {step: fgsm, rule: \"single:nromal\", epsilon: 4}\n"));
    CHECK_MESSAGE("did you mean 'normal'?");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_status("shard: 2", MODEL TRAIN "attack: {step: saga, rule: mgda, epsilon: 4}\n"));
    CHECK_MESSAGE("attack: step 'saga' does not work with rule 'mgda': the step weighs the tasks itself");
    CHECK_MESSAGE("; `exclude: {step: saga, rule: mgda}` leaves the pair out");
    unload();
    load("tasks: [normal, depth_zbuffer]", MODEL TRAIN
         "attack: {step: [fgsm, saga], rule: [dgba, mgda], epsilon: 4,\n"
         "         exclude: {step: saga, rule: mgda}}\n");
    assert_int_equal(sweep.attack_count, 3);
    unload();
}

static void sweeps_without_end(void **state) {
    (void)state;
    CHECK_FAILS(DGBA_E_CONFIG, load_status("shard: 5", "model: {layout: [0, 1, 2, 3, 4, 5]}\ntrain: {repeat: 10000}\n"));
    CHECK_MESSAGE("6 models, trained in 10000 ways: at most 50000 trainings are possible");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG,
                load_status("shard: 1", MODEL "train: {iterations: 1, repeat: 1000}\n"
                                              "attack: {step: pgd, rule: total, epsilon: 4, repeat: 500}\n"));
    CHECK_MESSAGE("2000 models, 500 attacks on each and 5 shards of images: more than 5000000 units");
    unload();
}

/** Runs all units of a sweep. */
static void run_all(dgba_results *results) {
    dgba_store *store = NULL;
    dgba_worker *worker = NULL;
    const char *failures[32] = {NULL};
    assert_true(sweep.unit_count <= DGBA_COUNT_OF(failures));
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    for (int64_t u = 0; u < sweep.unit_count; ++u) run_unit(store, worker, &sweep.units[u]);
    CHECK_OK(dgba_sweep_collect(results, &sweep, folder, failures));
    dgba_worker_free(&worker);
    dgba_store_close(&store);
}

#define ONE_MODEL "model: {width: 0.0625, head: {channels: 4, rates: [1]}}\ntrain: {iterations: 1, batch: 2}\n"

static void radius_zero_is_the_clean_measurement(void **state) {
    (void)state;
    dgba_results results = {0};
    load("shard: 2", ONE_MODEL "attack: {step: ifgsm, rule: dgba, epsilon: 0}\n");
    run_all(&results);
    assert_string_equal(results.attacks[0].status, "ok");
    assert_int_equal(results.attacks[0].images, 5);
    const int64_t losses = results.task_count * results.image_count;
    assert_memory_equal(results.adversarial_losses, results.clean_losses, (size_t)losses * sizeof(double));
    assert_memory_equal(results.attack_metrics, results.model_metrics, (size_t)results.metric_count * sizeof(double));
    assert_true(results.attacks[0].arp == 0);
    dgba_results_free(&results);
    unload();
}

/** The random start of an image does not depend on the shard it is in. */
static void shards_do_not_matter_to_random_starts(void **state) {
    (void)state;
    static const char *const shards[] = {"shard: 2", "shard: 5"};
    dgba_results results[2];
    for (int i = 0; i < 2; ++i) {
        load(shards[i],
             ONE_MODEL "attack: {step: {kind: pgd, iterations: 1, alpha: 0}, rule: dgba, epsilon: 8, seed: 3}\n");
        run_all(&results[i]);
        assert_int_equal(results[i].attacks[0].seed, 3);
        unload();
    }
    for (int64_t i = 0; i < results[0].task_count * results[0].image_count; ++i) {
        const double first = results[0].adversarial_losses[i], second = results[1].adversarial_losses[i];
        assert_true(isnan(first) ? isnan(second) : fabs(first - second) <= 1e-5 * fabs(first));
        assert_true(isnan(first) || first != results[0].clean_losses[i]);
    }
    dgba_results_free(&results[0]);
    dgba_results_free(&results[1]);
}

static void rows_tell_what_options_say(void **state) {
    (void)state;
    dgba_results results = {0};
    load("shard: 5", ONE_MODEL
         "attack: {step: {kind: apgd, iterations: 2, norm: l2, restarts: 2, random_start: false}, "
         "rule: {kind: minmax, beta: 7}, epsilon: 300, pooled_loss: true}\n");
    run_all(&results);
    const dgba_attack_row *row = &results.attacks[0];
    assert_string_equal(row->status, "ok");
    assert_string_equal(row->step, "apgd");
    assert_string_equal(row->options, "norm=l2, restarts=2, random_start=false, pooled_loss=true");
    assert_string_equal(row->rule, "minmax(beta=7)");
    assert_string_equal(row->norm, "l2");
    assert_int_equal(row->restarts, 2);
    assert_true(row->alpha == 600);
    assert_int_equal(row->forward_passes, 1 + 2 + 3);
    assert_int_equal(row->backward_passes, 4);
    dgba_results_free(&results);
    unload();
}

static void messages_that_make_no_sense(void **state) {
    (void)state;
    char *result = NULL;
    size_t count = 0;
    dgba_worker *worker = NULL;
    CHECK_OK(dgba_worker_create(&worker, NULL));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_worker_run(&result, &count, worker, "kind=train", 10, NULL)); // not ended
    CHECK_FAILS(DGBA_E_FORMAT, dgba_worker_run(&result, &count, worker, "", 1, NULL));
    CHECK_MESSAGE("no setting 'kind'");
    CHECK_FAILS(DGBA_E_FORMAT, dgba_worker_run(&result, &count, worker, "kind\n", 6, NULL));
    dgba_worker_free(&worker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_models_then_shards),
        cmocka_unit_test(ids_are_distinct),
        cmocka_unit_test(ids_are_those_of_the_settings),
        cmocka_unit_test(ids_ignore_spelling),
        cmocka_unit_test(ids_feel_what_matters),
        cmocka_unit_test(compat_changes_measurements_only),
        cmocka_unit_test(the_same_attack_is_listed_once),
        cmocka_unit_test(impossible_sweeps),
        cmocka_unit_test(sweeps_without_end),
        cmocka_unit_test(seeds_count_where_starts_are_random),
        cmocka_unit_test(radius_zero_is_the_clean_measurement),
        cmocka_unit_test(shards_do_not_matter_to_random_starts),
        cmocka_unit_test(rows_tell_what_options_say),
        cmocka_unit_test(messages_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, make_data, check_no_leak);
}
