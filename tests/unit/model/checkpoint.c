#include <stdio.h>
#include <string.h>

#include "dgba/model.h"
#include "support/check.h"

static const dgba_model_task tasks[] = {{"seg", 4}, {"normal", 3}, {"depth", 1}};

static void make_model(dgba_model *model, float **parameters) {
    dgba_model_def def = {.width = 0.03125, .layout = 20, .head_channels = 3, .head_dropout = 0.25};
    def.head_rates = (dgba_integers){.count = 2, .values = {1, 3}};
    CHECK_OK(dgba_model_create(model, &def, tasks, 3));
    CHECK_OK(DGBA_NEW(parameters, dgba_graph_parameter_floats(model->graph)));
    dgba_model_initialise(*parameters, model, 5);
}

/** Reads a checkpoint that has to be refused. */
static void check_refused(dgba_h5 **file, const char *message) {
    char *bytes = NULL;
    size_t count = 0;
    dgba_h5 *again = NULL;
    dgba_model model;
    float *parameters = NULL;
    CHECK_OK(dgba_h5_to_bytes(&bytes, &count, file));
    CHECK_OK(dgba_h5_open_bytes(&again, bytes, count, "model.h5"));
    CHECK_FAILS(DGBA_E_FORMAT, dgba_checkpoint_read(&model, &parameters, again));
    CHECK_MESSAGE("model.h5");
    CHECK_MESSAGE(message);
    assert_null(model.graph);
    assert_null(parameters);
    dgba_h5_close(&again);
    dgba_free(bytes);
}

static void round_trip(void **state) {
    (void)state;
    dgba_model model, read;
    float *parameters = NULL, *again = NULL;
    dgba_h5 *file = NULL;
    char path[600];
    make_model(&model, &parameters);
    snprintf(path, sizeof path, "%s/model.h5", check_folder("checkpoint"));
    CHECK_OK(dgba_h5_create(&file, path));
    CHECK_OK(dgba_checkpoint_write(file, &model, parameters));
    CHECK_OK(dgba_h5_commit(&file));
    CHECK_OK(dgba_h5_open(&file, path));
    CHECK_OK(dgba_checkpoint_read(&read, &again, file));
    dgba_h5_close(&file);

    assert_int_equal(read.def.backbone, model.def.backbone);
    assert_int_equal(read.def.layout, 20);
    assert_int_equal(read.def.head_channels, 3);
    assert_true(read.def.width == model.def.width && read.def.head_dropout == 0.25);
    assert_int_equal(read.def.head_rates.count, 2);
    assert_int_equal(read.def.head_rates.values[1], 3);
    assert_memory_equal(&read.layout, &model.layout, sizeof read.layout);
    assert_int_equal(read.task_count, 3);
    assert_string_equal(read.tasks[2].name, "depth");
    assert_int_equal(read.tasks[0].channels, 4);
    const int64_t floats = dgba_graph_parameter_floats(model.graph);
    assert_int_equal(dgba_graph_parameter_floats(read.graph), floats);
    assert_memory_equal(again, parameters, (size_t)floats * sizeof *again);
    dgba_free(parameters);
    dgba_free(again);
    dgba_model_free(&model);
    dgba_model_free(&read);
}

static void parameters_are_missing(void **state) {
    (void)state;
    dgba_model small, large;
    float *parameters = NULL;
    dgba_h5 *file = NULL;
    make_model(&small, &parameters);
    // A file that says it has three branches but holds two.
    CHECK_OK(dgba_h5_create_in_memory(&file));
    dgba_model_def def = small.def;
    def.head_rates = (dgba_integers){.count = 3, .values = {1, 3, 5}};
    CHECK_OK(dgba_model_create(&large, &def, tasks, 3));
    dgba_graph *graph = large.graph;
    large.graph = small.graph;
    CHECK_OK(dgba_checkpoint_write(file, &large, parameters));
    check_refused(&file, "the parameter head.seg.2.conv1.weight is missing");
    large.graph = graph;
    dgba_free(parameters);
    dgba_model_free(&small);
    dgba_model_free(&large);
}

static void parameters_are_misshapen(void **state) {
    (void)state;
    dgba_model model;
    float *parameters = NULL;
    dgba_h5 *file = NULL;
    make_model(&model, &parameters);
    model.def.head_channels = 4;
    CHECK_OK(dgba_h5_create_in_memory(&file));
    CHECK_OK(dgba_checkpoint_write(file, &model, parameters));
    check_refused(&file, "the parameter head.seg.0.conv1.weight has the shape (3,16,3,3); the model needs (4,16,3,3)");
    dgba_free(parameters);
    dgba_model_free(&model);
}

static void definitions_are_wrong(void **state) {
    (void)state;
    dgba_model model;
    float *parameters = NULL;
    dgba_h5 *file = NULL;
    make_model(&model, &parameters);
    model.def.layout = 21; // its tree is another one
    CHECK_OK(dgba_h5_create_in_memory(&file));
    CHECK_OK(dgba_checkpoint_write(file, &model, parameters));
    check_refused(&file,
                  "its layout is {012}|{12}{0}|{12}{0}|{0}{2}{1}|{0}{2}{1}, but layout 21 is {012}|{12}{0}|{12}{0}|");
    model.def.layout = 99;
    CHECK_OK(dgba_h5_create_in_memory(&file));
    CHECK_OK(dgba_checkpoint_write(file, &model, parameters));
    check_refused(&file, "there is no layout 99");
    CHECK_OK(dgba_h5_create_in_memory(&file));
    CHECK_OK(dgba_h5_set_integer(file, "/model", "format", 1));
    CHECK_OK(dgba_h5_set_text(file, "/model", "backbone", "resnet35"));
    check_refused(&file, "backbone: unknown 'resnet35'");
    CHECK_OK(dgba_h5_create_in_memory(&file));
    CHECK_OK(dgba_h5_set_integer(file, "/model", "format", 2));
    check_refused(&file, "a checkpoint of format 2; this program reads format 1");
    CHECK_OK(dgba_h5_create_in_memory(&file));
    check_refused(&file, "/model");
    dgba_free(parameters);
    dgba_model_free(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(parameters_are_missing),
        cmocka_unit_test(parameters_are_misshapen),
        cmocka_unit_test(definitions_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
