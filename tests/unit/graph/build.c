#include <stdio.h>
#include <string.h>

#include "dgba/graph.h"
#include "support/check.h"

static const dgba_batchnorm norm = {1e-5F, 0.1F};

static dgba_conv2d conv3(int64_t in, int64_t out) {
    return (dgba_conv2d){in, out, .kernel = 3, .stride = 1, .padding = 1, .dilation = 1};
}

static void parameters_stand_in_building_order(void **state) {
    (void)state;
    static const struct {
        const char *name;
        dgba_parameter_role role;
        dgba_shape shape;
        int64_t offset;
    } expected[] = {
        {"a.weight", DGBA_PARAMETER_WEIGHT, {5, 3, 3, 3}, 0}, // 135 floats, then 9 of padding
        {"a.bias", DGBA_PARAMETER_BIAS, {1, 5, 1, 1}, 144},
        {"b.weight", DGBA_PARAMETER_GAMMA, {1, 5, 1, 1}, 160},
        {"b.bias", DGBA_PARAMETER_BETA, {1, 5, 1, 1}, 176},
        {"b.running_mean", DGBA_PARAMETER_RUNNING_MEAN, {1, 5, 1, 1}, 192},
        {"b.running_var", DGBA_PARAMETER_RUNNING_VAR, {1, 5, 1, 1}, 208},
    };
    dgba_graph *graph = NULL;
    dgba_node x = 0;
    int64_t count = 0;
    CHECK_OK(dgba_graph_create(&graph, 3));
    CHECK_OK(dgba_graph_conv2d(&x, graph, 0, conv3(3, 5), true, "a"));
    assert_int_equal(x, 1);
    CHECK_OK(dgba_graph_batchnorm(&x, graph, x, norm, "b"));
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    assert_int_equal(count, DGBA_COUNT_OF(expected));
    for (int64_t i = 0; i < count; ++i) {
        assert_string_equal(list[i].name, expected[i].name);
        assert_int_equal(list[i].role, expected[i].role);
        assert_true(dgba_shape_equal(list[i].shape, expected[i].shape));
        assert_int_equal(list[i].offset, expected[i].offset);
        assert_int_equal(dgba_parameter_is_trainable(list[i].role), i < 4);
    }
    assert_int_equal(dgba_graph_parameter_floats(graph), 224);
    dgba_graph_free(&graph);
    assert_null(graph);
}

static void builders_refuse_what_does_not_fit(void **state) {
    (void)state;
    dgba_graph *graph = NULL;
    dgba_node a = 0, b = 0, none = -7;
    char name[200];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_OK(dgba_graph_create(&graph, 3));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_graph_conv2d(&none, graph, 0, conv3(4, 5), true, "trunk.0.conv1"));
    CHECK_MESSAGE("trunk.0.conv1 takes 4 channels, but its input has 3");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_graph_conv2d(&none, graph, 0, conv3(3, 0), true, "c"));
    CHECK_MESSAGE("c: a convolution of 3 to 0 channels");
    CHECK_FAILS(DGBA_E_USAGE, dgba_graph_conv2d(&none, graph, 0, conv3(3, 5), true, name));
    CHECK_MESSAGE("longer than");
    name[DGBA_PARAMETER_NAME_BYTES - 5] = '\0'; // fits, but not with its suffix
    CHECK_FAILS(DGBA_E_USAGE, dgba_graph_conv2d(&none, graph, 0, conv3(3, 5), true, name));
    CHECK_MESSAGE("too long");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_graph_depthwise(&none, graph, 0, conv3(3, 6), true, "d"));
    CHECK_MESSAGE("d: a depthwise convolution of 3 to 6 channels");
    CHECK_FAILS(DGBA_E_USAGE, dgba_graph_relu(&none, graph, 1));
    CHECK_MESSAGE("no node 1");
    CHECK_FAILS(DGBA_E_USAGE, dgba_graph_dropout(&none, graph, 0, 1));
    CHECK_MESSAGE("dropout rate of 1");
    CHECK_OK(dgba_graph_conv2d(&a, graph, 0, conv3(3, 5), false, "a"));
    CHECK_OK(dgba_graph_conv2d(&b, graph, 0, conv3(3, 6), false, "b"));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_graph_add(&none, graph, a, b));
    CHECK_MESSAGE("5 and 6 channels");
    CHECK_FAILS(DGBA_E_USAGE, dgba_graph_output(graph, 0));
    CHECK_MESSAGE("input cannot be an output");
    CHECK_OK(dgba_graph_output(graph, b));
    CHECK_FAILS(DGBA_E_USAGE, dgba_graph_output(graph, b));
    CHECK_MESSAGE("node 2 is output 0 already");
    assert_int_equal(dgba_graph_outputs(graph), 1);
    assert_int_equal(none, -7);
    dgba_graph_free(&graph);
}

static void macs_count_what_reaches_an_output(void **state) {
    (void)state;
    dgba_graph *graph = NULL;
    dgba_node a = 0, b = 0, unused = 0;
    int64_t macs = 0, count = 0;
    CHECK_OK(dgba_graph_create(&graph, 3));
    CHECK_OK(dgba_graph_conv2d(&a, graph, 0, conv3(3, 5), false, "a"));
    CHECK_OK(dgba_graph_conv2d(&unused, graph, a, conv3(5, 50), false, "unused"));
    CHECK_OK(dgba_graph_maxpool(&b, graph, a, (dgba_maxpool){.kernel = 2, .stride = 2}));
    CHECK_OK(dgba_graph_conv2d(&b, graph, b, conv3(5, 7), true, "b"));
    CHECK_OK(dgba_graph_depthwise(&b, graph, b, conv3(7, 7), true, "c"));
    CHECK_OK(dgba_graph_output(graph, b));
    CHECK_OK(dgba_graph_macs(&macs, graph, (dgba_shape){2, 3, 8, 10}));
    assert_int_equal(macs, 2 * (8 * 10 * 5 * 27 + 4 * 5 * 7 * 45 + 4 * 5 * 7 * 9));
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    assert_string_equal(list[count - 2].name, "c.weight");
    assert_true(dgba_shape_equal(list[count - 2].shape, (dgba_shape){7, 1, 3, 3}));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_graph_macs(&macs, graph, (dgba_shape){2, 4, 8, 10}));
    CHECK_MESSAGE("the input has 4 channels; the graph takes 3");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_graph_macs(&macs, graph, (dgba_shape){1, 3, 1, 1}));
    CHECK_MESSAGE("node 3 (maxpool)");
    dgba_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_stand_in_building_order),
        cmocka_unit_test(builders_refuse_what_does_not_fit),
        cmocka_unit_test(macs_count_what_reaches_an_output),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
