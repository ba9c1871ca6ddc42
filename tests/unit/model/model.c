#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/model.h"
#include "support/check.h"

static const dgba_model_task nyu[] = {{"segment_semantic", 40}, {"normal", 3}, {"depth_zbuffer", 1}};
static const dgba_model_task taskonomy[] = {
    {"segment_semantic", 17}, {"normal", 3}, {"depth_zbuffer", 1}, {"keypoints2d", 1}, {"edge_texture", 1}};

static dgba_model_def default_def(int64_t layout) {
    dgba_model_def def = {0};
    dgba_option_defaults(&def, &dgba_model_options);
    dgba_option_defaults(&def, &dgba_head_options);
    def.layout = layout;
    return def;
}

static dgba_model build_on(int64_t backbone, int64_t layout, const dgba_model_task *tasks, int64_t count) {
    dgba_model_def def = default_def(layout);
    dgba_model model;
    def.backbone = backbone;
    CHECK_OK(dgba_model_create(&model, &def, tasks, count));
    return model;
}

static dgba_model build(int64_t layout, const dgba_model_task *tasks, int64_t count) {
    return build_on(DGBA_BACKBONE_DEEPLAB_RESNET34, layout, tasks, count);
}

/** Trainable floats of parameters whose name begins with `prefix`. */
static int64_t count_named(const dgba_model *model, const char *prefix) {
    int64_t count = 0, sum = 0;
    const dgba_parameter *list = dgba_graph_parameters(model->graph, &count);
    for (int64_t i = 0; i < count; ++i)
        if (strncmp(list[i].name, prefix, strlen(prefix)) == 0 && dgba_parameter_is_trainable(list[i].role))
            sum += dgba_shape_count(list[i].shape);
    return sum;
}

static void defaults(void **state) {
    (void)state;
    const dgba_model_def def = default_def(0);
    assert_int_equal(def.backbone, DGBA_BACKBONE_DEEPLAB_RESNET34);
    assert_true(def.width == 1 && def.layout == 0 && def.head_channels == 1024 && def.head_dropout == 0.5);
    assert_int_equal(def.head_rates.count, 4);
    for (int i = 0; i < 4; ++i) assert_int_equal(def.head_rates.values[i], 6 * (i + 1));
    assert_int_equal(dgba_backbone_levels(DGBA_BACKBONE_DEEPLAB_RESNET34), 5);
    assert_int_equal(dgba_backbone_levels(DGBA_BACKBONE_MOBILENET_V2), 5);
}

static void parameters_of_the_backbone(void **state) {
    (void)state;
    static const struct {
        int64_t backbone, first[6], expected[5], all;
    } cases[] = {
        {DGBA_BACKBONE_DEEPLAB_RESNET34, {0, 1, 4, 8, 14, 17}, {9536, 221952, 1116416, 6822400, 13114368}, 21284672},
        {DGBA_BACKBONE_MOBILENET_V2, {0, 7, 18, 23, 31, 32}, {15792, 223568, 303168, 1269184, 412160}, 2223872},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_model model = build_on(cases[i].backbone, 0, nyu, 1);
        for (int level = 0; level < 5; ++level) {
            int64_t sum = 0;
            for (int64_t block = cases[i].first[level]; block < cases[i].first[level + 1]; ++block) {
                char prefix[32];
                snprintf(prefix, sizeof prefix, "trunk.%lld.", (long long)block);
                sum += count_named(&model, prefix);
            }
            assert_int_equal(sum, cases[i].expected[level]);
            assert_int_equal(model.level_parameters[level], cases[i].expected[level]);
        }
        assert_int_equal(count_named(&model, "trunk."), cases[i].all);
        assert_int_equal(model.shared_parameter_count, 0);
        dgba_model_free(&model);
    }
}

static void parameters_of_heads(void **state) {
    (void)state;
    dgba_model model = build(0, nyu, 3);
    assert_int_equal(count_named(&model, "head.segment_semantic."), 23240864);
    assert_int_equal(count_named(&model, "head.normal."), 23089164);
    assert_int_equal(count_named(&model, "head.depth_zbuffer."), 23080964);
    dgba_model_free(&model);
    model = build(0, taskonomy, 1);
    assert_int_equal(count_named(&model, "head."), 23146564);
    dgba_model_free(&model);
}

static void parameters_of_whole_models(void **state) {
    (void)state;
    static const struct {
        const dgba_model_task *tasks;
        int64_t task_count, layout, parameters, shared;
    } cases[] = {
        {nyu, 3, 0, 90695664, 21284672},
        {nyu, 3, 2, 133265008, 0},
        {nyu, 3, 20, 90695664 + 1116416 + 221952 + 2 * (6822400 + 13114368), 9536 + 221952 + 1116416},
        {nyu, 3, 41, 90695664 + 2 * (6822400 + 13114368), 9536 + 221952 + 1116416},
        {taskonomy, 5, 0, 136763292, 21284672},
        {taskonomy, 5, 4, 221901980, 0},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_model model = build(cases[i].layout, cases[i].tasks, cases[i].task_count);
        assert_int_equal(model.parameter_count, cases[i].parameters);
        assert_int_equal(model.shared_parameter_count, cases[i].shared);
        assert_int_equal(dgba_graph_outputs(model.graph), cases[i].task_count);
        dgba_model_free(&model);
    }
}

/** All shared, independent, two copies, and apart from level 1, 2, 3, 4. */
static void parameters_of_mobilenet_v2_models(void **state) {
    (void)state;
    static const struct {
        int64_t layout, parameters, shared;
    } cases[] = {
        {0, 156569520, 2223872},
        {2, 161017264, 0},
        {7, 158793392, 2223872},
        {18, 161017264 - 2 * 15792, 15792},
        {31, 161017264 - 2 * (15792 + 223568), 15792 + 223568},
        {41, 156569520 + 2 * (1269184 + 412160), 15792 + 223568 + 303168},
        {48, 156569520 + 2 * 412160, 2223872 - 412160},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_model model = build_on(DGBA_BACKBONE_MOBILENET_V2, cases[i].layout, nyu, 3);
        assert_int_equal(model.parameter_count, cases[i].parameters);
        assert_int_equal(model.shared_parameter_count, cases[i].shared);
        dgba_model_free(&model);
    }
}

static int64_t macs_at(const dgba_model *model, int64_t size) {
    int64_t macs = 0;
    CHECK_OK(dgba_graph_macs(&macs, model->graph, (dgba_shape){1, 3, size, size}));
    return macs;
}

static double gmac(const dgba_model *model) { return (double)macs_at(model, 321) / 1e9; }

static void multiply_accumulates(void **state) {
    (void)state;
    static const double heads[] = {39.05, 38.80, 38.79};
    dgba_model shared = build(0, nyu, 3), independent = build(2, nyu, 3);
    const double backbone = (gmac(&independent) - gmac(&shared)) / 2;
    assert_float_equal(backbone, 37.06, 0.005);
    assert_float_equal(gmac(&shared), 153.70, 0.005);
    assert_float_equal(gmac(&independent), 227.8, 0.05);
    for (int t = 0; t < 3; ++t) {
        dgba_model single = build(0, &nyu[t], 1);
        assert_float_equal(gmac(&single) - backbone, heads[t], 0.005);
        dgba_model_free(&single);
    }
    dgba_model_free(&shared);
    dgba_model_free(&independent);
}

/** Cutting between levels costs another copy of the later levels: 1.451 + 1.873 + 11.457 + 22.033 after the stem. */
static void multiply_accumulates_by_level(void **state) {
    (void)state;
    static const int64_t layouts[] = {2, 18, 31, 41, 48, 0}; // all apart from level 0, 1, 2, 3, 4, never
    static const double levels[] = {0.244, 1.451, 1.873, 11.457, 22.033};
    double apart_from[6];
    for (int i = 0; i < 6; ++i) {
        dgba_model model = build(layouts[i], nyu, 3);
        apart_from[i] = gmac(&model);
        dgba_model_free(&model);
    }
    for (int level = 0; level < 5; ++level)
        assert_float_equal((apart_from[level] - apart_from[level + 1]) / 2, levels[level], 0.0006);
}

/** Without its classifier MobileNetV2 is known for 299.5 million at 224². The sums by level were added up separately from
 * the published table of bottlenecks. */
static void multiply_accumulates_of_mobilenet_v2(void **state) {
    (void)state;
    static const int64_t layouts[] = {2, 18, 31, 41, 48, 0}; // all apart from level 0, 1, 2, 3, 4, never
    static const int64_t levels[] = {157585136, 165830736, 130733568, 169399680, 49561600};
    int64_t apart_from[6];
    for (int i = 0; i < 6; ++i) {
        dgba_model model = build_on(DGBA_BACKBONE_MOBILENET_V2, layouts[i], nyu, 3);
        apart_from[i] = macs_at(&model, 321);
        dgba_model_free(&model);
    }
    for (int level = 0; level < 5; ++level)
        assert_int_equal((apart_from[level] - apart_from[level + 1]) / 2, levels[level]);
    dgba_model shared = build_on(DGBA_BACKBONE_MOBILENET_V2, 0, nyu, 3);
    dgba_model independent = build_on(DGBA_BACKBONE_MOBILENET_V2, 2, nyu, 3);
    assert_int_equal((macs_at(&independent, 224) - macs_at(&shared, 224)) / 2, 299494272);
    assert_int_equal(macs_at(&shared, 321), 673110720 + 18672828416);
    dgba_model_free(&shared);
    dgba_model_free(&independent);
}

static void check_prediction_shapes(int64_t backbone, int64_t image_size, int64_t prediction_size) {
    dgba_model_def def = default_def(22);
    def.backbone = backbone;
    def.width = 0.03125;
    def.head_channels = 2;
    dgba_model model;
    CHECK_OK(dgba_model_create(&model, &def, nyu, 3));
    dgba_plan *plan = NULL;
    CHECK_OK(dgba_plan_create(&plan, model.graph, (dgba_shape){1, 3, image_size, image_size}, DGBA_PURPOSE_EVALUATE));
    for (int64_t t = 0; t < 3; ++t) {
        dgba_shape shape;
        dgba_plan_output(plan, t, &shape);
        assert_int_equal(shape.c, nyu[t].channels);
        assert_int_equal(shape.h, prediction_size);
        assert_int_equal(shape.w, prediction_size);
    }
    dgba_plan_free(&plan);
    dgba_model_free(&model);
}

static void shapes_of_predictions(void **state) {
    (void)state;
    check_prediction_shapes(DGBA_BACKBONE_DEEPLAB_RESNET34, 321, 41);
    check_prediction_shapes(DGBA_BACKBONE_DEEPLAB_RESNET34, 224, 29);
    check_prediction_shapes(DGBA_BACKBONE_DEEPLAB_RESNET34, 65, 9);
    check_prediction_shapes(DGBA_BACKBONE_MOBILENET_V2, 321, 11);
    check_prediction_shapes(DGBA_BACKBONE_MOBILENET_V2, 224, 7);
    check_prediction_shapes(DGBA_BACKBONE_MOBILENET_V2, 65, 3);
}

static const dgba_parameter *find(const dgba_model *model, const char *name) {
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(model->graph, &count);
    for (int64_t i = 0; i < count; ++i)
        if (strcmp(list[i].name, name) == 0) return &list[i];
    fail_msg("no parameter %s", name);
    return NULL;
}

static void width_rounds_channels(void **state) {
    (void)state;
    dgba_model_def def = default_def(0);
    dgba_model model;
    def.width = 0.0859375; // 5.5, 11, 22, 44 channels
    CHECK_OK(dgba_model_create(&model, &def, nyu, 1));
    assert_true(dgba_shape_equal(find(&model, "trunk.0.0.conv1.weight")->shape, (dgba_shape){6, 3, 7, 7}));
    assert_true(dgba_shape_equal(find(&model, "trunk.4.0.conv_shortcut.weight")->shape, (dgba_shape){11, 6, 1, 1}));
    assert_true(
        dgba_shape_equal(find(&model, "head.segment_semantic.3.conv1.weight")->shape, (dgba_shape){1024, 44, 3, 3}));
    dgba_model_free(&model);
    def.width = 0.001;
    CHECK_OK(dgba_model_create(&model, &def, nyu, 1));
    assert_true(dgba_shape_equal(find(&model, "trunk.14.0.bn_shortcut.running_var")->shape, (dgba_shape){1, 1, 1, 1}));
    dgba_model_free(&model);
    def.backbone = DGBA_BACKBONE_MOBILENET_V2;
    def.width = 0.0625; // 2, 1, 6, 1.5, 9, 2 channels
    CHECK_OK(dgba_model_create(&model, &def, nyu, 1));
    assert_true(dgba_shape_equal(find(&model, "trunk.1.0.conv1.weight")->shape, (dgba_shape){2, 1, 3, 3}));
    assert_true(dgba_shape_equal(find(&model, "trunk.5.0.conv1.weight")->shape, (dgba_shape){2, 6, 1, 1}));
    assert_true(dgba_shape_equal(find(&model, "trunk.6.0.conv2.weight")->shape, (dgba_shape){9, 1, 3, 3}));
    assert_true(dgba_shape_equal(find(&model, "trunk.6.0.conv3.weight")->shape, (dgba_shape){2, 9, 1, 1}));
    assert_true(
        dgba_shape_equal(find(&model, "head.segment_semantic.0.conv1.weight")->shape, (dgba_shape){1024, 80, 3, 3}));
    dgba_model_free(&model);
}

/** Mean and deviation of a parameter's values. */
static void check_spread(const float *values, int64_t count, double deviation, double largest) {
    double most = 0;
    for (int64_t i = 0; i < count; ++i) most = fmax(most, fabs((double)values[i]));
    assert_float_equal(dgba_sum(values, count) / (double)count, 0, 4 * deviation / sqrt((double)count));
    assert_float_equal(sqrt(dgba_dot(values, values, count) / (double)count), deviation, 0.05 * deviation);
    assert_true(most <= largest);
}

static void initial_weights(void **state) {
    (void)state;
    dgba_model_def def = default_def(0);
    def.width = 0.25;
    def.head_channels = 64;
    dgba_model model, other;
    float *parameters = NULL, *others = NULL;
    CHECK_OK(dgba_model_create(&model, &def, nyu, 3));
    CHECK_OK(DGBA_NEW(&parameters, dgba_graph_parameter_floats(model.graph)));
    dgba_model_initialise(parameters, &model, 7);
    const dgba_parameter *conv = find(&model, "trunk.16.0.conv2.weight");
    check_spread(parameters + conv->offset, 128 * 128 * 9, 0.01, 0.07);
    const double bound = 1 / sqrt(128 * 9.0); // of a uniform distribution, whose deviation is bound / sqrt(3)
    const dgba_parameter *head = find(&model, "head.normal.2.conv1.weight");
    check_spread(parameters + head->offset, 64 * 128 * 9, bound / sqrt(3), bound);
    const float *bias = parameters + find(&model, "head.normal.2.conv1.bias")->offset;
    for (int i = 0; i < 64; ++i) assert_true(fabsf(bias[i]) <= (float)bound && bias[i] != 0);
    assert_true(parameters[find(&model, "trunk.3.0.bn2.weight")->offset] == 1);
    assert_true(parameters[find(&model, "trunk.3.0.bn2.bias")->offset] == 0);
    assert_true(parameters[find(&model, "trunk.3.0.bn2.running_mean")->offset] == 0);
    assert_true(parameters[find(&model, "trunk.3.0.bn2.running_var")->offset + 15] == 1);

    // The same name has the same numbers in another layout; another seed has others.
    def.layout = 2;
    CHECK_OK(dgba_model_create(&other, &def, nyu, 3));
    CHECK_OK(DGBA_NEW(&others, dgba_graph_parameter_floats(other.graph)));
    dgba_model_initialise(others, &other, 7);
    const float *again = others + find(&other, "head.normal.2.conv1.weight")->offset;
    assert_memory_equal(parameters + head->offset, again, 64 * 128 * 9 * sizeof *again);
    const float *copy0 = others + find(&other, "trunk.0.0.conv1.weight")->offset;
    const float *copy1 = others + find(&other, "trunk.0.1.conv1.weight")->offset;
    assert_memory_not_equal(copy0, copy1, 16 * 147 * sizeof *copy0);
    dgba_model_initialise(others, &other, 8);
    assert_memory_not_equal(parameters + head->offset, again, 64 * 128 * 9 * sizeof *again);
    dgba_free(parameters);
    dgba_free(others);
    dgba_model_free(&model);
    dgba_model_free(&other);
}

static void errors(void **state) {
    (void)state;
    dgba_model model;
    dgba_model_def def = default_def(51);
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, nyu, 3));
    CHECK_MESSAGE("there is no layout 51");
    def = default_def(0);
    def.backbone = 9;
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, nyu, 3));
    CHECK_MESSAGE("there is no backbone 9");
    def = default_def(0);
    def.head_rates.count = 0;
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, nyu, 3));
    CHECK_MESSAGE("0 dilation rates");
    def = default_def(0);
    def.head_rates.values[1] = 0;
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, nyu, 3));
    CHECK_MESSAGE("a dilation rate of 0");
    def = default_def(0);
    def.width = NAN;
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, nyu, 3));
    CHECK_MESSAGE("a width of");
    def = default_def(0);
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, nyu, 0));
    CHECK_MESSAGE("a model of 0 tasks");
    const dgba_model_task slash = {"a/b", 1}, twice[] = {{"a", 1}, {"a", 2}}, empty = {"a", 0};
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, &slash, 1));
    CHECK_MESSAGE("the task name 'a/b'");
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, twice, 2));
    CHECK_MESSAGE("two tasks are called a");
    CHECK_FAILS(DGBA_E_USAGE, dgba_model_create(&model, &def, &empty, 1));
    CHECK_MESSAGE("task a predicts 0 channels");
    assert_null(model.graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(parameters_of_the_backbone),
        cmocka_unit_test(parameters_of_heads),
        cmocka_unit_test(parameters_of_whole_models),
        cmocka_unit_test(parameters_of_mobilenet_v2_models),
        cmocka_unit_test(multiply_accumulates),
        cmocka_unit_test(multiply_accumulates_by_level),
        cmocka_unit_test(multiply_accumulates_of_mobilenet_v2),
        cmocka_unit_test(shapes_of_predictions),
        cmocka_unit_test(width_rounds_channels),
        cmocka_unit_test(initial_weights),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
