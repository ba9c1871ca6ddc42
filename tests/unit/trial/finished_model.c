/** An attack on a finished model is the units of the sweep that trained it, collected without a run folder. */
#include <math.h>

#include "fixture.h"

#define DATA   "tasks: [normal, depth_zbuffer], shard: 2, height: 16"
#define MODELS "model: {width: 0.125, head: {channels: 8, rates: [1]}}\ntrain: {iterations: 3, batch: 2}\n"
#define ATTACK "attack: {step: {kind: ifgsm, iterations: 2}, rule: sign_sum, epsilon: 8}\n"

enum { TASKS = 2, IMAGES = 5 };

static char model_id[DGBA_HASH_TEXT_BYTES], clean_id[DGBA_HASH_TEXT_BYTES], attack_id[DGBA_HASH_TEXT_BYTES];
static dgba_text model_file;
static double losses[TASKS * IMAGES];
static dgba_worker *worker;

/** Group setup: a run folder with a sweep of one model, one attack. */
static int run_sweep(void **state) {
    dgba_store *store = NULL;
    dgba_results results = {0};
    const char **failures = NULL;
    make_data(state);
    load(DATA, MODELS ATTACK);
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    CHECK_OK(DGBA_NEW(&failures, sweep.unit_count));
    for (int64_t u = 0; u < sweep.unit_count; ++u) run_unit(store, worker, &sweep.units[u]);
    CHECK_OK(dgba_sweep_collect(&results, &sweep, folder, failures));
    memcpy(losses, results.adversarial_losses, sizeof losses);
    memcpy(model_id, sweep.units[0].id, sizeof model_id);
    memcpy(clean_id, sweep.units[dgba_sweep_shards(&sweep, 0, -1) + 1].id, sizeof clean_id);
    memcpy(attack_id, sweep.units[dgba_sweep_shards(&sweep, 0, 0) + 2].id, sizeof attack_id);
    dgba_store_path(&model_file, folder, DGBA_STORE_MODEL, model_id);
    dgba_results_free(&results);
    dgba_free(failures);
    dgba_store_close(&store);
    unload();
    return 0;
}

static int clean_up(void **state) {
    dgba_worker_free(&worker);
    dgba_text_free(&model_file);
    return check_no_leak(state);
}

static dgba_status load_attack(const char *model, const char *data, const char *attack) {
    dgba_text text = {0};
    dgba_text_add(&text, "data: {file: %s, %s}\n%s", data_file, data, attack);
    const dgba_status status =
        dgba_config_read(&config, dgba_text_chars(&text), "text", NULL, 0, dgba_trial_attack_schema());
    dgba_text_free(&text);
    return status != DGBA_OK ? status : dgba_sweep_create_for_model(&sweep, config, model);
}

static void run_in_memory(dgba_unit_result *result, const dgba_unit *unit) {
    char *message = NULL;
    size_t count = 0;
    CHECK_OK(dgba_unit_message(&message, &count, &sweep, unit, ""));
    CHECK_OK(dgba_worker_run(&result->bytes, &result->count, worker, message, count, NULL));
    dgba_free(message);
}

static void units_are_those_of_the_training_sweep(void **state) {
    (void)state;
    CHECK_OK(load_attack(dgba_text_chars(&model_file), "shard: 2", ATTACK));
    assert_int_equal(sweep.unit_count, 1 + 2 * 3);
    assert_int_equal(sweep.input.h, 16);
    assert_string_equal(sweep.units[0].id, model_id);
    assert_string_equal(sweep.units[dgba_sweep_shards(&sweep, 0, -1) + 1].id, clean_id);
    assert_string_equal(sweep.units[dgba_sweep_shards(&sweep, 0, 0) + 2].id, attack_id);
    unload();
    CHECK_OK(load_attack(dgba_text_chars(&model_file), "shard: 2, width: 24", ATTACK));
    assert_int_equal(sweep.input.w, 24);
    assert_string_not_equal(sweep.units[dgba_sweep_shards(&sweep, 0, 0) + 2].id, attack_id);
    unload();
}

static void results_in_memory_are_those_of_the_folder(void **state) {
    (void)state;
    CHECK_OK(load_attack(dgba_text_chars(&model_file), "shard: 2, first_test_image: 2", ATTACK));
    assert_int_equal(sweep.image_count, 3);
    dgba_unit_result *done = NULL;
    dgba_results results = {0};
    CHECK_OK(DGBA_NEW(&done, sweep.unit_count));
    for (int64_t u = 1; u < sweep.unit_count; ++u) run_in_memory(&done[u], &sweep.units[u]);
    const dgba_attacked images = dgba_worker_attacked(worker);
    assert_int_equal(images.shape.n, 1);
    assert_int_equal(images.shape.h, 16);
    assert_true(fabsf(images.adversarial[0] - images.clean[0]) <= 8.001f);
    CHECK_OK(dgba_sweep_collect_results(&results, &sweep, done));
    assert_string_equal(results.attacks[0].status, "ok");
    assert_string_equal(results.models[0].id, model_id);
    assert_int_equal(results.models[0].iterations, 3);
    assert_true(results.models[0].train_seconds > 0);
    assert_int_equal(results.attacks[0].backward_passes, 2 * 2 * TASKS); // shards, iterations, tasks
    for (int64_t t = 0; t < TASKS; ++t)
        for (int64_t i = 0; i < 3; ++i) assert_true(results.adversarial_losses[t * 3 + i] == losses[t * IMAGES + 2 + i]);
    dgba_results_free(&results);

    // A unit that did not run is missing, not made up.
    dgba_free(done[sweep.unit_count - 1].bytes);
    done[sweep.unit_count - 1].bytes = NULL;
    CHECK_OK(dgba_sweep_collect_results(&results, &sweep, done));
    assert_string_equal(results.attacks[0].status, "missing");
    assert_true(isnan(results.attacks[0].arp) && isnan(results.adversarial_losses[2]));
    dgba_results_free(&results);
    for (int64_t u = 0; u < sweep.unit_count; ++u) dgba_free(done[u].bytes);
    dgba_free(done);
    unload();
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    const char *model = dgba_text_chars(&model_file);
    CHECK_FAILS(DGBA_E_FORMAT, load_attack(data_file, "shard: 2", ATTACK));
    CHECK_MESSAGE("data.h5: not a checkpoint: it has no model");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_attack(model, "tasks: [depth_zbuffer, normal]", ATTACK));
    CHECK_MESSAGE("data.tasks: these are not the model's tasks");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_attack(model, "shard: 2", "attack: {rule: single, epsilon: 8}\n"));
    CHECK_MESSAGE("attack: one attack at a time; these are 2");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_attack(model, "first_test_image: 5", ATTACK));
    CHECK_MESSAGE("data.h5 has 5 test images, counted from 0; 5 is none of them");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_attack(model, "shard: 2", "attack: {epsilon: 8, rule: dbga}\n"));
    CHECK_MESSAGE("text:2:28: rule: unknown 'dbga' (did you mean 'dgba'?)");
    CHECK_FAILS(DGBA_E_CONFIG, load_attack(model, "shard: 2", "model: {}\n"));
    CHECK_MESSAGE("text:2:1: unknown key 'model' in the configuration");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_those_of_the_training_sweep),
        cmocka_unit_test(results_in_memory_are_those_of_the_folder),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, run_sweep, clean_up);
}
