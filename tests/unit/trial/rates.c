/** How long units take, as learned from those that are finished. */
#include <math.h>

#include "fixture.h"

static dgba_unit unit_of(dgba_unit_kind kind, double cost) { return (dgba_unit){.kind = kind, .cost = cost}; }

static void rates_are_sums_of_a_kind(void **state) {
    (void)state;
    dgba_rates rates = {.assumed_macs_per_second = 4};
    const dgba_unit train = unit_of(DGBA_UNIT_TRAIN, 100), small = unit_of(DGBA_UNIT_ATTACK, 10),
                    large = unit_of(DGBA_UNIT_ATTACK, 30), empty = unit_of(DGBA_UNIT_CLEAN, 0);
    for (int k = 0; k < DGBA_UNIT_KINDS; ++k) assert_true(dgba_rates_per_mac(&rates, (dgba_unit_kind)k) == 0.25);
    dgba_rates_note(&rates, &train, 200);
    // What has not been seen goes by what has.
    assert_true(dgba_rates_per_mac(&rates, DGBA_UNIT_ATTACK) == 2);
    dgba_rates_note(&rates, &small, 1);
    dgba_rates_note(&rates, &large, 19);
    dgba_rates_note(&rates, &empty, 5); // says nothing
    dgba_rates_note(&rates, &large, 0);
    assert_true(dgba_rates_per_mac(&rates, DGBA_UNIT_ATTACK) == 0.5);
    assert_true(dgba_rates_per_mac(&rates, DGBA_UNIT_TRAIN) == 2);
    assert_true(dgba_rates_per_mac(&rates, DGBA_UNIT_CLEAN) == 0.5);
    assert_true(dgba_rates_per_mac(&rates, DGBA_UNIT_TRANSFER) == 0.5);
}

static void finished_units_tell_their_seconds(void **state) {
    (void)state;
    dgba_store *store = NULL;
    dgba_worker *worker = NULL;
    dgba_rates rates = {0};
    load("shard: 5",
         "model: {width: 0.0625, head: {channels: 4, rates: [1]}}\ntrain: {iterations: 1, batch: 2}\n"
         "attack: {step: fgsm, rule: dgba, epsilon: 4}\n");
    CHECK_OK(dgba_store_open(&store, folder));
    CHECK_OK(dgba_worker_create(&worker, NULL));
    for (int64_t u = 0; u < sweep.unit_count; ++u) {
        dgba_rates_learn(&rates, &sweep.units[u], folder); // nothing is there yet
        assert_true(rates.macs[sweep.units[u].kind] == 0);
        run_unit(store, worker, &sweep.units[u]);
        dgba_rates_learn(&rates, &sweep.units[u], folder);
        assert_true(rates.macs[sweep.units[u].kind] == sweep.units[u].cost);
        assert_true(rates.seconds[sweep.units[u].kind] > 0);
    }
    dgba_worker_free(&worker);
    dgba_store_close(&store);
    unload();
}

/** What is found of a unit, and what is said of it. */
static void findings(void **state) {
    (void)state;
    dgba_text path = {0};
    load("shard: 5",
         "model: {width: 0.0625, head: {channels: 4, rates: [1]}}\ntrain: {iterations: 2, batch: 2}\n"
         "attack: {step: fgsm, rule: dgba, epsilon: 4}\n");
    const dgba_unit *attack = &sweep.units[sweep.unit_count - 1];
    dgba_store_path(&path, folder, DGBA_STORE_UNIT, attack->id);
    assert_int_equal(dgba_unit_find(&sweep, attack, folder), DGBA_FOUND_NOTHING);
    CHECK_OK(dgba_file_write(dgba_text_chars(&path), "torn", 4));
    assert_int_equal(dgba_unit_find(&sweep, attack, folder), DGBA_FOUND_DAMAGED);
    CHECK_MESSAGE(attack->id); // the file is named, and what is wrong with it
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create(&file, dgba_text_chars(&path)));
    CHECK_OK(dgba_h5_set_text(file, "/", "format", "dgba-unit"));
    CHECK_OK(dgba_h5_set_integer(file, "/", "format_version", DGBA_UNIT_FORMAT + 1));
    CHECK_OK(dgba_h5_commit(&file));
    assert_int_equal(dgba_unit_find(&sweep, attack, folder), DGBA_FOUND_DAMAGED);
    CHECK_MESSAGE("written by a newer dgba (unit format ");
    dgba_error_clear();
    dgba_text_free(&path);
    unload();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_sums_of_a_kind),
        cmocka_unit_test(finished_units_tell_their_seconds),
        cmocka_unit_test(findings),
    };
    return cmocka_run_group_tests(tests, make_data, check_no_leak);
}
