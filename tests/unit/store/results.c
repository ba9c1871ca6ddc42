#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/store.h"
#include "support/check.h"

static char path[600];

static int set_path(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s/results.h5", check_folder("results"));
    return 0;
}

enum { PIXELS = 4 * 5, HEAD_PIXELS = 2 * 3 };

/** Two images of 4 × 5 pixels under the second attack of every model. */
static void make_examples(dgba_results *r) {
    dgba_results_set_text(&r->answers[1].name, "value");
    dgba_results_set_text(&r->answers[1].unit, "metre");
    dgba_results_set_text(&r->classes[0].name, "wall");
    r->answers[1].task = 1;
    for (int64_t i = 0; i < 2 * PIXELS * 3; ++i) r->example_images[i] = (uint8_t)i;
    for (int64_t i = 1; i < 2 * 2 * PIXELS; ++i) r->example_truth[i] = 0.1F * (float)i; // the first is not valid
    for (int64_t m = 0; m < r->example_count; ++m) {
        r->examples[m].attack = 2 * m + 1;
        for (int64_t i = 0; i < 2; ++i) r->example_largest[2 * m + i] = 8 - (double)i;
    }
    for (int64_t i = 0; i < r->example_count * 2 * 2 * HEAD_PIXELS; ++i) {
        r->example_clean[i] = 1 / (float)(i + 1);
        r->example_adversarial[i] = -(float)i;
    }
    for (int64_t i = 0; i < r->example_count * 2 * PIXELS * 3; ++i) r->example_perturbation[i] = (uint8_t)(i % 255 + 1);
}

/** Two tasks, three metrics, `models` models, two attacks on each of which the second is transferred, four images. */
static void make(dgba_results *r, int64_t models) {
    *r = (dgba_results){.task_count = 2,
                        .metric_count = 3,
                        .model_count = models,
                        .attack_count = 2 * models,
                        .image_count = 4,
                        .transfer_attack_count = 1,
                        .solve_count = models > 0 ? 3 : 0,
                        .example_image_count = 2,
                        .example_count = models,
                        .answer_count = 2,
                        .class_count = 1,
                        .row_count = 4,
                        .column_count = 5,
                        .color_count = 3,
                        .head_row_count = 2,
                        .head_column_count = 3};
    CHECK_OK(dgba_results_allocate(r));
    dgba_results_set_text(&r->run.name, "sharing-tradeoff");
    dgba_results_set_text(&r->run.config, "name: sharing-tradeoff\nε: [2, 4]\n");
    dgba_results_set_text(&r->tasks[0].name, "seg");
    dgba_results_set_text(&r->tasks[1].name, "depth");
    dgba_results_set_text(&r->tasks[1].loss_unit, "metre");
    dgba_results_set_text(&r->metrics[0].name, "miou");
    dgba_results_set_text(&r->metrics[2].name, "absolute_error");
    r->metrics[0].higher_is_better = 1;
    r->metrics[1].task = r->metrics[2].task = 1;
    for (int64_t i = 0; i < models; ++i) {
        dgba_results_set_text(&r->models[i].layout_tree, i == 0 ? "{012}" : "{12}{0}");
        r->models[i].layout = 10 * i;
        r->models[i].parameters = INT64_C(90695664);
        r->models[i].width = 0.25;
    }
    for (int64_t i = 0; i < 2 * models; ++i) {
        r->attacks[i].model = i / 2;
        r->attacks[i].epsilon = 8;
        r->attacks[i].arp = -0.1 * (double)i;
        dgba_results_set_text(&r->attacks[i].rule, i % 2 == 0 ? "dgba" : "single:depth");
        dgba_results_set_text(&r->attacks[i].status, "ok");
    }
    for (int64_t i = 0; i < 3 * models; ++i) r->model_metrics[i] = (double)i + 0.5;
    for (int64_t i = 0; i < 4 * models; ++i) r->attack_drops[i] = -(double)i / 7;
    for (int64_t i = 0; i < 16 * models; ++i) r->adversarial_losses[i] = sqrt((double)i);
    for (int64_t i = 0; i < 4; ++i) r->images[i] = 100 + i;
    for (int64_t i = 0; i < r->solve_count; ++i) {
        r->solves[i].attack = i % (2 * models);
        r->solves[i].image = 100 + i;
        r->solves[i].gap = i == 2 ? NAN : 1e-7;
        r->solves[i].variables = 309123;
        dgba_results_set_text(&r->solves[i].status, i == 2 ? "infeasible" : "optimal");
    }
    for (int64_t i = 0; i < models * models; ++i) {
        r->transfers[i].attack = 2 * (i / models) + 1;
        r->transfers[i].arp = (double)i / 3;
        dgba_results_set_text(&r->transfers[i].status, i == 1 ? "failed" : "ok");
        r->transfer_drops[2 * i + 1] = -(double)i;
    }
    make_examples(r);
}

static void check_same_reals(const double *a, const double *b, int64_t count) {
    for (int64_t i = 0; i < count; ++i) assert_true(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])));
}

static void allocated_results_are_empty(void **state) {
    (void)state;
    dgba_results r = {.task_count = 1, .model_count = 1, .attack_count = 1, .image_count = 2};
    CHECK_OK(dgba_results_allocate(&r));
    assert_string_equal(r.run.host, "");
    assert_string_equal(r.models[0].id, "");
    assert_int_equal(r.models[0].parameters, 0);
    assert_true(isnan(r.attacks[0].arp));
    assert_true(isnan(r.adversarial_losses[1]));
    dgba_results_set_text(&r.run.host, "node7");
    dgba_results_set_text(&r.run.host, r.run.host);
    assert_string_equal(r.run.host, "node7");
    dgba_results_free(&r);
    assert_null(r.models);
    assert_int_equal(r.model_count, 0);
    r = (dgba_results){.task_count = 1, .model_count = -1};
    CHECK_FAILS(DGBA_E_MEMORY, dgba_results_allocate(&r));
}

static void check_same_examples(const dgba_results *in, const dgba_results *out) {
    assert_int_equal(in->example_image_count, 2);
    assert_int_equal(in->example_count, 3);
    assert_int_equal(in->column_count, 5);
    assert_int_equal(in->head_column_count, 3);
    assert_int_equal(in->examples[2].attack, 5);
    assert_int_equal(in->answers[1].task, 1);
    assert_string_equal(in->answers[1].unit, "metre");
    assert_string_equal(in->classes[0].name, "wall");
    assert_memory_equal(in->example_images, out->example_images, 2 * PIXELS * 3);
    assert_true(isnan(in->example_truth[0]));
    assert_memory_equal(in->example_truth + 1, out->example_truth + 1, (2 * 2 * PIXELS - 1) * sizeof(float));
    assert_memory_equal(in->example_clean, out->example_clean, 3 * 2 * 2 * HEAD_PIXELS * sizeof(float));
    assert_memory_equal(in->example_adversarial, out->example_adversarial, 3 * 2 * 2 * HEAD_PIXELS * sizeof(float));
    check_same_reals(in->example_largest, out->example_largest, 6);
    assert_memory_equal(in->example_perturbation, out->example_perturbation, 3 * 2 * PIXELS * 3);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    dgba_results out, in;
    make(&out, 3);
    CHECK_OK(dgba_results_write(path, &out));
    CHECK_OK(dgba_results_read(&in, path));
    assert_int_equal(in.task_count, 2);
    assert_int_equal(in.metric_count, 3);
    assert_int_equal(in.model_count, 3);
    assert_int_equal(in.attack_count, 6);
    assert_int_equal(in.image_count, 4);
    assert_string_equal(in.run.name, "sharing-tradeoff");
    assert_string_equal(in.run.config, out.run.config);
    assert_string_equal(in.run.finished, "");
    assert_string_equal(in.tasks[1].loss_unit, "metre");
    assert_string_equal(in.metrics[2].name, "absolute_error");
    assert_int_equal(in.metrics[0].higher_is_better, 1);
    assert_string_equal(in.models[2].layout_tree, "{12}{0}");
    assert_int_equal(in.models[2].layout, 20);
    assert_int_equal(in.models[1].parameters, 90695664);
    assert_true(in.models[1].width == 0.25);
    assert_true(isnan(in.models[1].gmac));
    assert_string_equal(in.attacks[5].rule, "single:depth");
    assert_true(in.attacks[5].arp == out.attacks[5].arp);
    assert_int_equal(in.attacks[5].model, 2);
    assert_memory_equal(in.images, out.images, 4 * sizeof(int64_t));
    check_same_reals(in.model_metrics, out.model_metrics, 9);
    check_same_reals(in.model_losses, out.model_losses, 6);
    check_same_reals(in.attack_metrics, out.attack_metrics, 18);
    check_same_reals(in.attack_losses, out.attack_losses, 12);
    check_same_reals(in.attack_drops, out.attack_drops, 12);
    check_same_reals(in.clean_losses, out.clean_losses, 24);
    check_same_reals(in.adversarial_losses, out.adversarial_losses, 48);
    assert_int_equal(in.transfer_attack_count, 1);
    assert_int_equal(in.transfers[8].attack, 5);
    assert_true(in.transfers[8].arp == 8.0 / 3);
    assert_string_equal(in.transfers[1].status, "failed");
    assert_int_equal(in.solve_count, 3);
    assert_int_equal(in.solves[1].image, 101);
    assert_int_equal(in.solves[1].variables, 309123);
    assert_true(in.solves[1].gap == 1e-7 && isnan(in.solves[2].gap));
    assert_string_equal(in.solves[2].status, "infeasible");
    assert_string_equal(in.transfers[8].status, "ok");
    check_same_reals(in.transfer_drops, out.transfer_drops, 18);
    check_same_reals(in.transfer_metrics, out.transfer_metrics, 27);
    check_same_examples(&in, &out);
    dgba_results_free(&in);
    dgba_results_free(&out);
}

static void no_models_and_no_attacks_are_results_too(void **state) {
    (void)state;
    dgba_results r, in;
    make(&r, 0);
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_OK(dgba_results_read(&in, path));
    assert_int_equal(in.model_count, 0);
    assert_int_equal(in.attack_count, 0);
    assert_string_equal(in.tasks[0].name, "seg");
    dgba_results_free(&in);
    dgba_results_free(&r);
    CHECK_OK(dgba_results_allocate(&r)); // nothing at all
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_OK(dgba_results_read(&in, path));
    assert_int_equal(in.task_count, 0);
    dgba_results_free(&in);
    dgba_results_free(&r);
}

static void equal_results_give_equal_bytes(void **state) {
    (void)state;
    char *bytes[2];
    size_t counts[2];
    for (int i = 0; i < 2; ++i) {
        dgba_results r;
        make(&r, 2);
        CHECK_OK(dgba_results_write(path, &r));
        dgba_results_free(&r);
        CHECK_OK(dgba_file_read(&bytes[i], &counts[i], path));
    }
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(bytes[0], bytes[1], counts[0]);
    dgba_free(bytes[0]);
    dgba_free(bytes[1]);
}

/** A file with this format and version and nothing else. */
static void write_stub(const char *format, int64_t version) {
    dgba_h5 *file = NULL;
    CHECK_OK(dgba_h5_create(&file, path));
    CHECK_OK(dgba_h5_set_text(file, "/", "format", format));
    CHECK_OK(dgba_h5_set_integer(file, "/", "format_version", version));
    CHECK_OK(dgba_h5_commit(&file));
}

static void other_files_are_refused(void **state) {
    (void)state;
    dgba_results r;
    CHECK_FAILS(DGBA_E_IO, dgba_results_read(&r, "/nowhere/results.h5"));
    CHECK_OK(dgba_file_write(path, "hello", 5));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&r, path));
    CHECK_MESSAGE("results.h5: not an HDF5 file");
    write_stub("dgba-data", 1);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&r, path));
    CHECK_MESSAGE("results.h5: not a results file of dgba");
    write_stub("dgba-results", 2);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&r, path));
    CHECK_MESSAGE("results.h5: written by a newer dgba (results format 2; this one reads up to 1)");
    write_stub("dgba-results", 1);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&r, path));
    CHECK_MESSAGE("results.h5:/task: the dataset is missing");
    CHECK_FAILS(DGBA_E_IO, dgba_results_write("/nowhere/results.h5", &r));
    CHECK_MESSAGE("/nowhere/results.h5");
}

static void rows_that_point_nowhere_are_refused(void **state) {
    (void)state;
    dgba_results r, in;
    make(&r, 1);
    r.attacks[1].model = 7;
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&in, path));
    CHECK_MESSAGE("results.h5: /attacks/model: row 1 is 7; there are 1 models");
    assert_null(in.attacks);
    r.attacks[1].model = 0;
    r.metrics[2].task = -1;
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&in, path));
    CHECK_MESSAGE("results.h5: /metrics/task: row 2 is -1; there are 2 tasks");
    r.metrics[2].task = 1;
    r.transfers[0].attack = 2;
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&in, path));
    CHECK_MESSAGE("results.h5: /transfer/attack: row 0 is 2; there are 2 attacks");
    r.transfers[0].attack = 1;
    r.solves[1].attack = 2;
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&in, path));
    CHECK_MESSAGE("results.h5: /ilp/attack: row 1 is 2; there are 2 attacks");
    r.solves[1].attack = 0;
    r.examples[0].attack = -1;
    CHECK_OK(dgba_results_write(path, &r));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_results_read(&in, path));
    CHECK_MESSAGE("results.h5: /examples/attack: row 0 is -1; there are 2 attacks");
    dgba_results_free(&r);
}

static const char reading_with_h5py[] =
    "import sys, h5py\n"
    "f = h5py.File(sys.argv[1], 'r')\n"
    "assert f.attrs['format'] == 'dgba-results' and f.attrs['format_version'] == 1\n"
    "assert f['run'].attrs['config'] == 'name: sharing-tradeoff\\nε: [2, 4]\\n'\n"
    "assert list(f['attacks/rule'].asstr()) == ['dgba', 'single:depth'] * 2\n"
    "assert list(f['models/layout']) == [0, 10]\n"
    "assert f['models/metrics'][1, 2] == 5.5\n"
    "assert f['losses/adversarial'].shape == (4, 2, 4)\n"
    "assert [d.keys()[0] for d in f['losses/adversarial'].dims] == ['attack', 'task', 'image']\n"
    "assert list(f['losses/adversarial'].dims[2][0]) == [100, 101, 102, 103]\n"
    "assert f['transfer/drops'].shape == (2, 1, 2, 2) and f['transfer/drops'][1, 0, 0, 1] == -2\n"
    "axes = ['source_model', 'transfer_attack', 'target_model', 'task']\n"
    "assert [d.keys()[0] for d in f['transfer/drops'].dims] == axes\n"
    "assert f['transfer/status'].asstr()[:].tolist() == [[['ok', 'failed']], [['ok', 'ok']]]\n"
    "assert list(f['attacks/rule'].asstr()[f['transfer/attack'][0, :, 0].tolist()]) == ['single:depth']\n"
    "def check(name, x):\n"
    "    if not isinstance(x, h5py.Dataset): return\n"
    "    assert isinstance(x.attrs['units'], str) and len(x.attrs['description']) > 3, name\n"
    "    assert h5py.h5ds.is_scale(x.id) or all(len(d) == 1 for d in x.dims), name\n"
    "f.visititems(check)\n";

/** Writes results of two models and runs a Python program on the file; skips the test without h5py. */
static void run_h5py(const char *program, size_t length) {
    if (system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) {
        print_message("no h5py here\n");
        skip();
    }
    dgba_results r;
    make(&r, 2);
    CHECK_OK(dgba_results_write(path, &r));
    dgba_results_free(&r);
    char script[700], command[1400];
    snprintf(script, sizeof script, "%s.py", path);
    CHECK_OK(dgba_file_write(script, program, length));
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' '%s'", script, path);
    assert_int_equal(system(command), 0);
}

static void h5py_reads_it(void **state) {
    (void)state;
    run_h5py(reading_with_h5py, sizeof reading_with_h5py - 1);
}

static const char removing_with_h5py[] =
    "import sys, h5py\n"
    "f = h5py.File(sys.argv[1], 'r+')\n"
    "for name in ['transfer', 'source_model', 'transfer_attack', 'target_model', 'attacks/norm', 'examples', 'answers',\n"
    "             'classes', 'answer', 'class', 'example', 'example_image', 'row', 'column', 'color', 'head_row',\n"
    "             'head_column']: del f[name]\n"
    "del f['run'].attrs['peak_memory']\n";

/** Transfer, norms, peak memory and examples came after the first results. */
static void older_results_are_read(void **state) {
    (void)state;
    dgba_results r;
    run_h5py(removing_with_h5py, sizeof removing_with_h5py - 1);
    CHECK_OK(dgba_results_read(&r, path));
    assert_string_equal(r.run.peak_memory, "");
    assert_string_equal(r.attacks[0].norm, "");
    assert_string_equal(r.attacks[0].rule, "dgba");
    assert_int_equal(r.transfer_attack_count, 0);
    assert_int_equal(r.attack_count, 4);
    assert_int_equal(r.example_image_count, 0);
    assert_int_equal(r.example_count, 0);
    dgba_results_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocated_results_are_empty),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(no_models_and_no_attacks_are_results_too),
        cmocka_unit_test(equal_results_give_equal_bytes),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(rows_that_point_nowhere_are_refused),
        cmocka_unit_test(h5py_reads_it),
        cmocka_unit_test(older_results_are_read),
    };
    return cmocka_run_group_tests(tests, set_path, check_no_leak);
}
