/** Transfer: which units there are, and whether the arrays say what attacking one model and measuring another gives. */
#include <math.h>

#include "dgba/oracle.h"
#include "fixture.h"
#include "support/near.h"

#define DATA   "tasks: [normal, depth_zbuffer], shard: 2"
#define MODEL  "model: {width: 0.125, head: {channels: 8, rates: [1]}, layout: [0, 1]}\n"
#define TRAIN  "train: {iterations: 12, batch: 2, learning_rate: 1e-2}\n"
#define ATTACK "attack: {step: fgsm, rule: dgba, epsilon: [0, 96]}\n"

enum { TASKS = 2, SHARD = 2, IMAGES = 5, HEIGHT = 24, WIDTH = 32, NORMAL = 0, DEPTH = 1 };

/* ---- Units ---- */

static int64_t count_kind(dgba_unit_kind kind) {
    int64_t count = 0;
    for (int64_t u = 0; u < sweep.unit_count; ++u) count += sweep.units[u].kind == kind;
    return count;
}

static void check_transferred(const char *transfer, int64_t expected) {
    dgba_text rest = {0};
    dgba_text_add(&rest, MODEL TRAIN "attack: {step: [fgsm, ifgsm], rule: [single, dgba], epsilon: [4, 8]}\n%s", transfer);
    load(DATA, dgba_text_chars(&rest));
    assert_int_equal(sweep.transferred_count, expected);
    unload();
    dgba_text_free(&rest);
}

static void attacks_are_chosen(void **state) {
    (void)state;
    check_transferred("", 0);
    check_transferred("transfer: {}\n", 0);
    check_transferred("transfer: {model: true}\n", 12);
    check_transferred("transfer: {task: true}\n", 8);
    check_transferred("transfer: {model: true, step: [fgsm]}\n", 6);
    check_transferred("transfer: {model: true, rule: [single]}\n", 8);
    check_transferred("transfer: {model: true, rule: [dgba, \"single:normal\"]}\n", 8);
    check_transferred("transfer: {model: true, epsilon: [16/2], rule: [dgba]}\n", 2);
}

static void what_cannot_be_chosen_is_refused(void **state) {
    (void)state;
    CHECK_FAILS(DGBA_E_CONFIG, load_status(DATA, MODEL TRAIN ATTACK "transfer: {model: true, epsilon: [3]}\n"));
    CHECK_MESSAGE("transfer: no attack of the sweep has the epsilon '3'");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_status(DATA, MODEL TRAIN ATTACK "transfer: {model: true, rule: [total]}\n"));
    CHECK_MESSAGE("transfer: no attack of the sweep has the rule 'total'");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_status(DATA, MODEL TRAIN "transfer: {model: true}\n"));
    CHECK_MESSAGE("transfer: the sweep has no attacks");
    unload();
    CHECK_FAILS(DGBA_E_CONFIG, load_status(DATA, MODEL TRAIN ATTACK "transfer: {model: [true, false]}\n"));
    CHECK_MESSAGE("transfer: it can be one way only; here are 2");
    unload();
}

static void attacks_on_single_tasks_are_added(void **state) {
    (void)state;
    load(DATA, MODEL TRAIN ATTACK "transfer: {task: true}\n");
    assert_int_equal(sweep.attack_count, 2 + 2 * TASKS);
    assert_int_equal(sweep.transferred[0], 2);
    assert_string_equal(dgba_settings_get(&sweep.attacks[3], "attack.rule.task"), "depth_zbuffer");
    assert_int_equal(count_kind(DGBA_UNIT_TRANSFER), 0);
    unload();
}

static void transfer_units_cover_their_shards(void **state) {
    (void)state;
    load("tasks: [normal, depth_zbuffer], shard: 2, height: 512, width: 512",
         MODEL TRAIN ATTACK "transfer: {model: true}\n");
    assert_int_equal(sweep.transfer_shards, 2); // of 2 · 512 · 512 pixels each
    assert_int_equal(sweep.transfer_runs, 2);
    assert_int_equal(count_kind(DGBA_UNIT_TRANSFER), 2 * 2 * 2); // models, attacks, runs
    for (int64_t u = 0; u < sweep.unit_count; ++u) {
        const dgba_unit *unit = &sweep.units[u];
        const int64_t transfer = dgba_sweep_transfer_of(&sweep, unit);
        if (unit->kind != DGBA_UNIT_ATTACK) {
            assert_int_equal(transfer, -1);
            continue;
        }
        assert_int_equal(sweep.units[transfer].kind, DGBA_UNIT_TRANSFER);
        assert_int_equal(sweep.units[transfer].model, unit->model);
        assert_int_equal(sweep.units[transfer].attack, unit->attack);
        assert_int_equal(sweep.units[transfer].shard, unit->shard / 2 * 2);
    }
    dgba_settings last;
    dgba_unit_settings(&last, &sweep, &sweep.units[sweep.unit_count - 1]);
    assert_string_equal(dgba_settings_get(&last, "shard.images"), "1");
    dgba_settings_free(&last);
    unload();
}

static void transfer_leaves_other_ids_alone(void **state) {
    (void)state;
    char id[DGBA_HASH_TEXT_BYTES];
    load(DATA, MODEL TRAIN ATTACK);
    memcpy(id, sweep.units[sweep.unit_count - 1].id, sizeof id);
    unload();
    load(DATA, MODEL TRAIN ATTACK "transfer: {model: true}\n");
    const int64_t last = dgba_sweep_shards(&sweep, sweep.model_count, -1) - 1;
    assert_string_equal(sweep.units[last].id, id);
    for (int64_t i = 0; i < sweep.unit_count; ++i)
        for (int64_t j = 0; j < i; ++j) assert_string_not_equal(sweep.units[i].id, sweep.units[j].id);
    unload();
}

/* ---- The arrays, against attacking and measuring by hand ---- */

/** A trained model of the sweep, planned for shards. */
typedef struct network {
    dgba_model model;
    float *parameters;
    dgba_network_oracle *oracle;
} network;

static void load_network(network *n, int64_t model, const dgba_task *tasks) {
    dgba_text path = {0};
    dgba_h5 *file = NULL;
    dgba_store_path(&path, folder, DGBA_STORE_MODEL, sweep.units[model].id);
    CHECK_OK(dgba_h5_open(&file, dgba_text_chars(&path)));
    CHECK_OK(dgba_checkpoint_read(&n->model, &n->parameters, file));
    dgba_h5_close(&file);
    dgba_text_free(&path);
    CHECK_OK(dgba_network_oracle_create(&n->oracle, &n->model, n->parameters, tasks, (dgba_shape){SHARD, 3, HEIGHT, WIDTH},
                                        DGBA_PURPOSE_ATTACK));
}

static void free_network(network *n) {
    dgba_network_oracle_free(&n->oracle);
    dgba_free(n->parameters);
    dgba_model_free(&n->model);
}

/** FGSM on the loss of one task. */
static void attack(float *adversarial, network *source, const float *x, int64_t samples, int64_t task, float epsilon) {
    double weights[TASKS * SHARD] = {0}, losses[TASKS * SHARD];
    const dgba_oracle oracle = dgba_network_oracle_interface(source->oracle);
    for (int64_t n = 0; n < samples; ++n) weights[task * samples + n] = 1;
    CHECK_OK(oracle.evaluate(oracle.self, losses, x));
    CHECK_OK(oracle.gradient(oracle.self, adversarial, weights));
    for (int64_t i = 0; i < samples * 3 * HEIGHT * WIDTH; ++i) {
        const float mean = dgba_data_mean[i / (HEIGHT * WIDTH) % 3], g = adversarial[i];
        const float moved = x[i] + epsilon * (float)((g > 0) - (g < 0));
        adversarial[i] = fminf(fmaxf(moved, 0 - mean), 255 - mean);
    }
}

/** Mean losses of `target` at the images that FGSM on `task` makes on `source`. */
static void losses_by_hand(double mean[TASKS], network *source, network *target, int64_t task, float epsilon) {
    static float adversarial[SHARD * 3 * HEIGHT * WIDTH];
    dgba_data *data = NULL;
    dgba_batch batch = {0};
    const char *const names[] = {"normal", "depth_zbuffer"};
    mean[NORMAL] = mean[DEPTH] = 0;
    CHECK_OK(dgba_data_open(&data, data_file));
    CHECK_OK(dgba_data_select_tasks(data, names, TASKS));
    CHECK_OK(dgba_batch_create(&batch, data, SHARD, HEIGHT, WIDTH));
    for (int64_t first = 0; first < IMAGES; first += SHARD) {
        const int64_t samples = IMAGES - first < SHARD ? IMAGES - first : SHARD;
        double losses[TASKS * SHARD];
        CHECK_OK(dgba_batch_load(&batch, data, sweep.images + first, samples));
        dgba_labels labels[TASKS];
        for (int t = 0; t < TASKS; ++t)
            labels[t] = (dgba_labels){batch.labels[t].values, batch.labels[t].valid, HEIGHT, WIDTH};
        dgba_network_oracle_set_labels(source->oracle, labels, samples);
        attack(adversarial, source, batch.images, samples, task, epsilon);
        dgba_network_oracle_set_labels(target->oracle, labels, samples);
        CHECK_OK(dgba_network_oracle_evaluate(losses, target->oracle, adversarial));
        for (int64_t i = 0; i < TASKS * samples; ++i) mean[i / samples] += losses[i] / IMAGES;
    }
    dgba_batch_free(&batch);
    dgba_data_close(&data);
}

static void check_by_hand(const dgba_results *r, int64_t a, int64_t task, float epsilon) {
    dgba_task tasks[TASKS];
    network networks[2] = {0};
    CHECK_OK(dgba_sweep_tasks(tasks, &sweep));
    for (int64_t m = 0; m < 2; ++m) load_network(&networks[m], m, tasks);
    for (int64_t source = 0; source < 2; ++source)
        for (int64_t target = 0; target < 2; ++target) {
            const int64_t place = (source * r->transfer_attack_count + a) * r->model_count + target;
            double losses[TASKS];
            losses_by_hand(losses, &networks[source], &networks[target], task, epsilon);
            for (int t = 0; t < TASKS; ++t) {
                const double clean = r->model_losses[target * TASKS + t], scale = fabs(losses[t]);
                CHECK_NEAR(r->transfer_losses[place * TASKS + t], losses[t], 1e-5 * scale);
                CHECK_NEAR(r->transfer_loss_changes[place * TASKS + t], losses[t] / clean - 1, 2e-5);
            }
        }
    for (int64_t m = 0; m < 2; ++m) free_network(&networks[m]);
}

/** Runs the units of one kind. */
static void run_kind(dgba_store *store, dgba_worker *worker, dgba_unit_kind kind) {
    for (int64_t u = 0; u < sweep.unit_count; ++u)
        if (sweep.units[u].kind == kind) run_unit(store, worker, &sweep.units[u]);
}

static void check_own_cells(const dgba_results *r) {
    for (int64_t m = 0; m < r->model_count; ++m)
        for (int64_t a = 0; a < r->transfer_attack_count; ++a) {
            const int64_t place = (m * r->transfer_attack_count + a) * r->model_count + m;
            const dgba_transfer_row *own = &r->transfers[place];
            assert_int_equal(r->attacks[own->attack].model, m);
            assert_true(own->arp == r->attacks[own->attack].arp);
            assert_memory_equal(r->transfer_drops + place * TASKS, r->attack_drops + own->attack * TASKS,
                                TASKS * sizeof(double));
        }
}

static const char *failures[100];

/** Measures the source model of a transfer unit as if it were another, which must give what its attack units found. */
static void check_transfer_to_itself(dgba_store *store, dgba_worker *worker, const dgba_unit *unit) {
    char *bytes = NULL, *result = NULL, id[DGBA_HASH_TEXT_BYTES];
    size_t count = 0;
    dgba_settings settings = {0};
    dgba_text message = {0}, path = {0};
    dgba_task tasks[TASKS];
    dgba_record whole;
    CHECK_OK(dgba_unit_message(&bytes, &count, &sweep, unit, folder));
    CHECK_OK(dgba_settings_parse(&settings, bytes));
    dgba_free(bytes);
    dgba_settings_set(&settings, "@target.0", dgba_settings_get(&settings, "model"));
    dgba_settings_set(&settings, "@target.0.file", dgba_settings_get(&settings, "@model.file"));
    dgba_settings_print(&message, &settings);
    CHECK_OK(dgba_worker_run(&result, &count, worker, dgba_text_chars(&message), message.length + 1, NULL));
    CHECK_OK(dgba_unit_put(store, unit, result, count));
    dgba_unit_target_id(id, &sweep, unit, unit->model);
    dgba_store_path(&path, folder, DGBA_STORE_UNIT, id);
    CHECK_OK(dgba_sweep_tasks(tasks, &sweep));
    CHECK_OK(dgba_record_read(&whole, tasks, TASKS, dgba_text_chars(&path), id));
    assert_int_equal(whole.part_count, 3);
    for (int64_t shard = 0; shard < 3; ++shard) {
        const dgba_unit *own = &sweep.units[dgba_sweep_shards(&sweep, unit->model, unit->attack) + shard];
        dgba_record part;
        dgba_store_path(&path, folder, DGBA_STORE_UNIT, own->id);
        CHECK_OK(dgba_record_read(&part, tasks, TASKS, dgba_text_chars(&path), own->id));
        for (int64_t t = 0; t < TASKS; ++t) {
            const int64_t sums = dgba_task_sum_count(&tasks[t]);
            assert_memory_equal(whole.losses + t * IMAGES + shard * SHARD, part.losses + t * part.image_count,
                                (size_t)part.image_count * sizeof(double));
            assert_memory_equal(whole.totals[t].sums + shard * sums, part.totals[t].sums, (size_t)sums * sizeof(double));
            for (int64_t k = 0; k < dgba_task_count_count(&tasks[t]); ++k)
                whole.totals[t].counts[k] -= part.totals[t].counts[k];
        }
        dgba_record_free(&part);
    }
    for (int64_t t = 0; t < TASKS; ++t)
        for (int64_t k = 0; k < dgba_task_count_count(&tasks[t]); ++k) assert_int_equal(whole.totals[t].counts[k], 0);
    dgba_record_free(&whole);
    dgba_free(result);
    dgba_settings_free(&settings);
    dgba_text_free(&message);
    dgba_text_free(&path);
}

static void arrays_are_what_attacks_by_hand_give(void **state) {
    (void)state;
    dgba_store *store = NULL;
    dgba_worker *worker = NULL;
    dgba_results r = {0};
    load(DATA, MODEL TRAIN ATTACK "transfer: {model: true, task: true, rule: [single]}\n");
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    run_kind(store, worker, DGBA_UNIT_TRAIN);
    run_kind(store, worker, DGBA_UNIT_CLEAN);
    run_kind(store, worker, DGBA_UNIT_TRANSFER); // and no attack unit
    CHECK_OK(dgba_sweep_collect(&r, &sweep, folder, failures));
    assert_int_equal(r.transfer_attack_count, 4); // radius 0 and 96 on each task
    for (int64_t i = 0; i < 16; ++i) assert_string_equal(r.transfers[i].status, "ok");
    assert_string_equal(r.attacks[0].status, "missing"); // dgba is not transferred, so it waits for its attack units
    check_own_cells(&r);
    for (int64_t m = 0; m < 2; ++m) // made with radius 0, measured on the other model: nothing changes
        for (int t = 0; t < TASKS; ++t) assert_true(r.transfer_drops[(m * 4 * 2 + 1 - m) * TASKS + t] == 0);
    // The attack must matter on the other model, by 25 times the tolerance, or this would test nothing.
    assert_true(fabs(r.transfer_loss_changes[((0 * 4 + 2) * 2 + 1) * TASKS + NORMAL]) > 5e-4);
    check_by_hand(&r, 2, NORMAL, 96);
    check_by_hand(&r, 3, DEPTH, 96);
    check_transfer_to_itself(store, worker, &sweep.units[sweep.unit_count - 1]);
    dgba_results_free(&r);
    dgba_worker_free(&worker);
    dgba_store_close(&store);
    unload();
}

static void damaged_results_are_refused(void **state) {
    (void)state;
    dgba_store *store = NULL;
    const dgba_unit unit = {.kind = DGBA_UNIT_TRANSFER};
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_unit_put(store, &unit, "not a result", 12));
    CHECK_MESSAGE("a result of several records is damaged");
    dgba_store_close(&store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attacks_are_chosen),
        cmocka_unit_test(what_cannot_be_chosen_is_refused),
        cmocka_unit_test(attacks_on_single_tasks_are_added),
        cmocka_unit_test(transfer_units_cover_their_shards),
        cmocka_unit_test(transfer_leaves_other_ids_alone),
        cmocka_unit_test(arrays_are_what_attacks_by_hand_give),
        cmocka_unit_test(damaged_results_are_refused),
    };
    return cmocka_run_group_tests(tests, make_data, check_no_leak);
}
