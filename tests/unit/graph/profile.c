#include "dgba/graph.h"
#include "support/check.h"

static const dgba_shape input = {2, 3, 12, 10};

typedef struct fixture {
    dgba_graph *graph;
    dgba_plan *plan;
    float *parameters;
} fixture;

/** Two convolutions, the first with everything fused into it, and a pool between them. */
static void set_up(fixture *f) {
    dgba_node x = 0;
    const dgba_conv2d first = {.in_channels = 3, .out_channels = 5, .kernel = 3, .stride = 1, .padding = 2, .dilation = 2};
    const dgba_conv2d second = {.in_channels = 5, .out_channels = 4, .kernel = 1, .stride = 1, .padding = 0, .dilation = 1};
    *f = (fixture){0};
    CHECK_OK(dgba_graph_create(&f->graph, input.c));
    CHECK_OK(dgba_graph_conv2d(&x, f->graph, 0, first, false, "first"));
    CHECK_OK(dgba_graph_batchnorm(&x, f->graph, x, (dgba_batchnorm){1e-5F, 0.1F}, "norm"));
    CHECK_OK(dgba_graph_relu(&x, f->graph, x));
    CHECK_OK(dgba_graph_maxpool(&x, f->graph, x, (dgba_maxpool){2, 2, 0, false}));
    CHECK_OK(dgba_graph_conv2d(&x, f->graph, x, second, true, "second"));
    CHECK_OK(dgba_graph_output(f->graph, x));
    CHECK_OK(DGBA_NEW(&f->parameters, dgba_graph_parameter_floats(f->graph)));
    CHECK_OK(dgba_plan_create(&f->plan, f->graph, input, DGBA_PURPOSE_ATTACK));
    dgba_plan_bind(f->plan, f->parameters);
}

static void tear_down(fixture *f) {
    dgba_plan_free(&f->plan);
    dgba_graph_free(&f->graph);
    dgba_free(f->parameters);
}

/** The plan prepares weights, as it is for an attack. */
static void check_algorithms(const dgba_plan_step *step) {
    assert_string_equal(step->forward_algorithm,
                        dgba_conv2d_algorithm_name(dgba_conv2d_choose(&step->conv, step->x, DGBA_CONV2D_FORWARD)));
    assert_string_equal(step->backward_algorithm,
                        dgba_conv2d_algorithm_name(dgba_conv2d_choose(&step->conv, step->x, DGBA_CONV2D_BACKWARD_INPUT)));
}

static void steps_tell_what_they_are(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    assert_int_equal(dgba_plan_step_count(f.plan), 3);

    const dgba_plan_step first = dgba_plan_step_at(f.plan, 0);
    assert_string_equal(first.operation, "conv2d");
    assert_string_equal(first.name, "first");
    assert_true(first.batchnorm && first.relu);
    assert_true(dgba_shape_equal(first.x, input));
    assert_true(dgba_shape_equal(first.y, (dgba_shape){2, 5, 12, 10}));
    assert_int_equal(first.conv.dilation, 2);
    assert_int_equal(first.macs, 2 * 5 * 12 * 10 * 3 * 9);
    check_algorithms(&first);

    const dgba_plan_step pool = dgba_plan_step_at(f.plan, 1);
    assert_string_equal(pool.operation, "maxpool");
    assert_string_equal(pool.name, "");
    assert_string_equal(pool.forward_algorithm, "");
    assert_string_equal(pool.backward_algorithm, "");
    assert_false(pool.batchnorm || pool.relu);
    assert_true(dgba_shape_equal(pool.y, (dgba_shape){2, 5, 6, 5}));
    assert_int_equal(pool.macs, 0);

    const dgba_plan_step second = dgba_plan_step_at(f.plan, 2);
    assert_string_equal(second.name, "second");
    check_algorithms(&second);
    assert_false(second.batchnorm || second.relu);
    assert_int_equal(second.macs, 2 * 4 * 6 * 5 * 5);
    tear_down(&f);
}

static void macs_of_steps_are_those_of_the_graph(void **state) {
    (void)state;
    fixture f;
    int64_t sum = 0, macs = 0;
    set_up(&f);
    for (int64_t i = 0; i < dgba_plan_step_count(f.plan); ++i) sum += dgba_plan_step_at(f.plan, i).macs;
    CHECK_OK(dgba_graph_macs(&macs, f.graph, input));
    assert_int_equal(sum, macs);
    tear_down(&f);
}

static void seconds_add_up_until_reset(void **state) {
    (void)state;
    fixture f;
    float x[2 * 3 * 12 * 10] = {0}, dx[DGBA_COUNT_OF(x)];
    set_up(&f);
    double forward = 0, backward = 0;
    const double start = dgba_clock_seconds();
    for (int run = 0; run < 3; ++run) {
        dgba_plan_forward(f.plan, x, (dgba_run){.samples = 2});
        dgba_fill(dgba_plan_seed(f.plan, 0), 1, 2 * 4 * 6 * 5);
        dgba_plan_backward_input(f.plan, dx);
        double forward_now = 0, backward_now = 0;
        for (int64_t i = 0; i < dgba_plan_step_count(f.plan); ++i) {
            forward_now += dgba_plan_step_at(f.plan, i).forward_seconds;
            backward_now += dgba_plan_step_at(f.plan, i).backward_seconds;
        }
        assert_true(forward_now > forward && backward_now > backward);
        forward = forward_now;
        backward = backward_now;
    }
    assert_true(forward + backward <= dgba_clock_seconds() - start);
    dgba_plan_reset_times(f.plan);
    for (int64_t i = 0; i < dgba_plan_step_count(f.plan); ++i) {
        assert_true(dgba_plan_step_at(f.plan, i).forward_seconds == 0);
        assert_true(dgba_plan_step_at(f.plan, i).backward_seconds == 0);
    }
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_tell_what_they_are),
                                       cmocka_unit_test(macs_of_steps_are_those_of_the_graph),
                                       cmocka_unit_test(seconds_add_up_until_reset)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
