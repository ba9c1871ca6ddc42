#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/graph.h"
#include "support/check.h"
#include "support/train_pass.h"

enum { SAMPLES = 4, CHANNELS = 3, SIZE = 9, IMAGE = CHANNELS * SIZE * SIZE, MOST_OUTPUT = 6 * SIZE * SIZE, NO_OUTPUT = -1 };

static const dgba_batchnorm norm = {1e-5F, 0.1F};
static const dgba_shape input = {SAMPLES, CHANNELS, SIZE, SIZE};
static const dgba_shape one_image = {1, CHANNELS, SIZE, SIZE};

static dgba_conv2d conv_of(int64_t in, int64_t out, int64_t kernel, int64_t dilation) {
    return (dgba_conv2d){in, out, kernel, .stride = 1, .padding = dilation * (kernel / 2), .dilation = dilation};
}

/** Trunk: conv, BN, ReLU, pool, a residual block. Two heads, one of two summed branches, with dropout. */
static dgba_graph *branching_graph(float dropout) {
    dgba_graph *g = NULL;
    dgba_node trunk = 0, x = 0, y = 0;
    CHECK_OK(dgba_graph_create(&g, CHANNELS));
    CHECK_OK(dgba_graph_conv2d(&trunk, g, 0, conv_of(CHANNELS, 5, 3, 1), false, "stem"));
    CHECK_OK(dgba_graph_batchnorm(&trunk, g, trunk, norm, "stem.bn"));
    CHECK_OK(dgba_graph_relu(&trunk, g, trunk));
    CHECK_OK(dgba_graph_maxpool(&trunk, g, trunk, (dgba_maxpool){3, 2, 1, true}));
    CHECK_OK(dgba_graph_conv2d(&x, g, trunk, conv_of(5, 5, 3, 2), false, "block"));
    CHECK_OK(dgba_graph_batchnorm(&x, g, x, norm, "block.bn"));
    CHECK_OK(dgba_graph_add(&x, g, trunk, x));
    CHECK_OK(dgba_graph_relu(&trunk, g, x));
    CHECK_OK(dgba_graph_conv2d(&x, g, trunk, conv_of(5, 4, 3, 1), true, "head0.a"));
    CHECK_OK(dgba_graph_batchnorm(&x, g, x, norm, "head0.bn"));
    CHECK_OK(dgba_graph_relu(&x, g, x));
    CHECK_OK(dgba_graph_dropout(&x, g, x, dropout));
    CHECK_OK(dgba_graph_conv2d(&x, g, x, conv_of(4, 2, 1, 1), true, "head0.b"));
    CHECK_OK(dgba_graph_conv2d(&y, g, trunk, conv_of(5, 2, 3, 3), true, "head0.c"));
    CHECK_OK(dgba_graph_dropout(&y, g, y, dropout));
    CHECK_OK(dgba_graph_add(&x, g, x, y));
    CHECK_OK(dgba_graph_output(g, x));
    CHECK_OK(dgba_graph_conv2d(&x, g, trunk, conv_of(5, 6, 1, 1), true, "head1"));
    CHECK_OK(dgba_graph_output(g, x));
    return g;
}

/** Normal numbers; variances and gammas about 1. */
static float *random_parameters(const dgba_graph *graph) {
    float *parameters = NULL;
    int64_t count = 0;
    const dgba_parameter *list = dgba_graph_parameters(graph, &count);
    CHECK_OK(DGBA_NEW(&parameters, dgba_graph_parameter_floats(graph)));
    for (int64_t i = 0; i < count; ++i) {
        float *p = parameters + list[i].offset;
        const int64_t n = dgba_shape_count(list[i].shape);
        const bool positive = list[i].role == DGBA_PARAMETER_RUNNING_VAR || list[i].role == DGBA_PARAMETER_GAMMA;
        check_random(p, n, (uint64_t)i);
        for (int64_t k = 0; k < n; ++k) p[k] = positive ? 0.5F + fabsf(p[k]) : 0.5F * p[k];
    }
    return parameters;
}

typedef struct fixture {
    dgba_graph *graph;
    dgba_plan *plan;
    float *parameters, *gradients;
    float x[SAMPLES * IMAGE], seeds[2][SAMPLES * MOST_OUTPUT];
} fixture;

static void set_up_graph(fixture *f, dgba_graph *graph, dgba_purpose purpose) {
    *f = (fixture){.graph = graph};
    f->parameters = random_parameters(f->graph);
    CHECK_OK(DGBA_NEW(&f->gradients, dgba_graph_parameter_floats(f->graph)));
    CHECK_OK(dgba_plan_create(&f->plan, f->graph, input, purpose));
    dgba_plan_bind(f->plan, f->parameters);
    check_random(f->x, SAMPLES * IMAGE, 100);
    for (int t = 0; t < 2; ++t) check_random(f->seeds[t], SAMPLES * MOST_OUTPUT, 101 + (uint64_t)t);
}

static void set_up(fixture *f, float dropout, dgba_purpose purpose) { set_up_graph(f, branching_graph(dropout), purpose); }

static void tear_down(fixture *f) {
    dgba_plan_free(&f->plan);
    dgba_graph_free(&f->graph);
    dgba_free(f->parameters);
    dgba_free(f->gradients);
}

static void write_seeds(fixture *f, float factor) {
    for (int t = 0; t < 2; ++t) {
        dgba_shape shape;
        dgba_plan_output(f->plan, t, &shape);
        float *seed = dgba_plan_seed(f->plan, t);
        for (int64_t i = 0; i < dgba_shape_count(shape); ++i) seed[i] = factor * f->seeds[t][i];
    }
}

/** A training pass, which gives the gradients of L. */
static void train(fixture *f, const float *x, dgba_run run, float *const outputs[2]) {
    train_pass pass = {.plan = f->plan,
                       .graph = f->graph,
                       .seeds = {f->seeds[0], f->seeds[1]},
                       .outputs = {outputs[0], outputs[1]},
                       .gradients = f->gradients};
    train_pass_run(&pass, x, run);
    assert_int_equal(pass.seeded, 2);
}

/** L = Σ seed·output of a training pass. */
static double training_loss(fixture *f, const float *x, dgba_run run) {
    static float y[2][SAMPLES * MOST_OUTPUT];
    memset(y, 0, sizeof y);
    train(f, x, run, (float *const[]){y[0], y[1]});
    return dgba_dot(y[0], f->seeds[0], SAMPLES * MOST_OUTPUT) + dgba_dot(y[1], f->seeds[1], SAMPLES * MOST_OUTPUT);
}

/** L = Σ seed·output after a forward pass. */
static double attack_loss(fixture *f, const float *x, dgba_run run) {
    double sum = 0;
    dgba_plan_forward(f->plan, x, run);
    for (int t = 0; t < 2; ++t) {
        dgba_shape shape;
        const float *y = dgba_plan_output(f->plan, t, &shape);
        sum += dgba_dot(y, f->seeds[t], dgba_shape_count(shape));
    }
    return sum;
}

/** Slope of L along `direction` at `where`, which is an input of the loss, by central differences. */
static double slope(fixture *f, double (*loss)(fixture *f, const float *x, dgba_run run), float *where,
                    const float *direction, int64_t count, dgba_run run) {
    const float h = 2e-4F;
    double losses[2];
    for (int side = 0; side < 2; ++side) {
        dgba_axpy(where, side == 0 ? h : -2 * h, direction, count);
        losses[side] = loss(f, f->x, run);
    }
    dgba_axpy(where, h, direction, count);
    return (losses[0] - losses[1]) / (2 * (double)h);
}

static void gradient_of_the_input_is_the_slope(void **state) {
    (void)state;
    fixture f;
    float dx[SAMPLES * IMAGE], direction[SAMPLES * IMAGE];
    const dgba_run run = {.samples = SAMPLES};
    set_up(&f, 0.5F, DGBA_PURPOSE_ATTACK);
    attack_loss(&f, f.x, run);
    write_seeds(&f, 1);
    dgba_plan_backward_input(f.plan, dx);
    for (uint64_t trial = 0; trial < 5; ++trial) {
        check_random(direction, SAMPLES * IMAGE, 200 + trial);
        const double expected = slope(&f, attack_loss, f.x, direction, SAMPLES * IMAGE, run);
        assert_true(fabs(dgba_dot(dx, direction, SAMPLES * IMAGE) - expected) < 0.01 * (10 + fabs(expected)));
    }
    tear_down(&f);
}

/** Compares the gradients of one parameter tensor at a time, with batch statistics and dropout live. */
static void check_slopes(fixture *f) {
    const dgba_run run = {.samples = SAMPLES, .seed = 3, .dropout_index = 8};
    int64_t count = 0;
    float *gradients = NULL;
    const dgba_parameter *list = dgba_graph_parameters(f->graph, &count);
    const int64_t floats = dgba_graph_parameter_floats(f->graph);
    CHECK_OK(DGBA_NEW(&gradients, floats));
    training_loss(f, f->x, run);
    memcpy(gradients, f->gradients, (size_t)floats * sizeof *gradients);
    for (int64_t i = 0; i < count; ++i) {
        if (!dgba_parameter_is_trainable(list[i].role)) continue;
        float direction[1024];
        const int64_t n = dgba_shape_count(list[i].shape);
        assert_true(n <= DGBA_COUNT_OF(direction));
        check_random(direction, n, 300 + (uint64_t)i);
        const double expected = slope(f, training_loss, f->parameters + list[i].offset, direction, n, run);
        const double found = dgba_dot(gradients + list[i].offset, direction, n);
        if (fabs(found - expected) > 0.01 * (10 + fabs(expected)))
            fail_msg("%s: slope %g, gradient %g", list[i].name, expected, found);
    }
    dgba_free(gradients);
}

static void gradients_of_parameters_are_slopes(void **state) {
    (void)state;
    fixture f;
    set_up(&f, 0.5F, DGBA_PURPOSE_TRAIN);
    check_slopes(&f);
    tear_down(&f);
}

/** Only training can normalise anything but what a convolution gives: normalised values, sums, the image itself. */
static void normalisation_anywhere(void **state) {
    (void)state;
    dgba_graph *g = NULL;
    dgba_node x = 0, y = 0, sum = 0;
    CHECK_OK(dgba_graph_create(&g, CHANNELS));
    CHECK_OK(dgba_graph_batchnorm(&x, g, 0, norm, "image"));
    CHECK_OK(dgba_graph_conv2d(&x, g, x, conv_of(CHANNELS, 4, 3, 1), false, "a"));
    CHECK_OK(dgba_graph_batchnorm(&y, g, x, norm, "once"));
    CHECK_OK(dgba_graph_batchnorm(&y, g, y, norm, "twice"));
    CHECK_OK(dgba_graph_batchnorm(&y, g, y, norm, "thrice"));
    CHECK_OK(dgba_graph_add(&sum, g, x, y));
    CHECK_OK(dgba_graph_batchnorm(&x, g, sum, norm, "sum"));
    CHECK_OK(dgba_graph_relu(&x, g, x));
    CHECK_OK(dgba_graph_add(&y, g, x, sum));
    CHECK_OK(dgba_graph_conv2d(&x, g, x, conv_of(4, 2, 3, 1), true, "b"));
    CHECK_OK(dgba_graph_output(g, x));
    CHECK_OK(dgba_graph_conv2d(&y, g, y, conv_of(4, 3, 1, 1), true, "c"));
    CHECK_OK(dgba_graph_output(g, y));
    fixture f;
    set_up_graph(&f, g, DGBA_PURPOSE_TRAIN);
    check_slopes(&f);
    tear_down(&f);
}

/** Records the order of a pass. */
typedef struct record {
    dgba_plan *plan;
    int64_t stop_at, count;
    int64_t events[32]; // a parameter, or ~ an output
} record;

static dgba_status record_seed(void *self, int64_t output) {
    record *r = self;
    dgba_shape shape;
    dgba_plan_output(r->plan, output, &shape);
    dgba_fill(dgba_plan_seed(r->plan, output), 1, dgba_shape_count(shape));
    r->events[r->count++] = ~output;
    return output == r->stop_at ? dgba_fail(DGBA_E_NUMERIC, "stop at output %lld", (long long)output) : DGBA_OK;
}

static void record_take(void *self, int64_t parameter, const float *gradient) {
    record *r = self;
    (void)gradient;
    r->events[r->count++] = parameter;
}

/** Numbers of the parameters: stem 0, its γ and β 1, 2; block 5, 6, 7; head 0: a 10, 11, its γ and β 12, 13, b 16, 17,
 *  c 18, 19; head 1: 20, 21. */
static void outputs_have_their_turns(void **state) {
    (void)state;
    static const int64_t expected[] = {~1, 20, 21, ~0, 18, 19, 16, 17, 12, 13, 10, 11, 6, 7, 5, 1, 2, 0};
    fixture f;
    set_up(&f, 0.5F, DGBA_PURPOSE_TRAIN);
    record r = {.plan = f.plan, .stop_at = NO_OUTPUT};
    const dgba_plan_callbacks calls = {.self = &r, .seed = record_seed, .take = record_take};
    CHECK_OK(dgba_plan_train(f.plan, f.x, (dgba_run){.samples = SAMPLES}, &calls));
    assert_int_equal(r.count, DGBA_COUNT_OF(expected));
    for (int64_t i = 0; i < r.count; ++i) assert_int_equal(r.events[i], expected[i]);
    r.stop_at = 0;
    r.count = 0;
    CHECK_FAILS(DGBA_E_NUMERIC, dgba_plan_train(f.plan, f.x, (dgba_run){.samples = SAMPLES}, &calls));
    CHECK_MESSAGE("stop at output 0");
    assert_int_equal(r.count, 4); // output 1 and its parameters came before
    tear_down(&f);
}

/** Runs `samples` images from image `first` on; the outputs one after the other into y. */
static void run_some(fixture *f, float *y, float *dx, int64_t first, int64_t samples) {
    dgba_plan_forward(f->plan, f->x + first * IMAGE, (dgba_run){.samples = samples});
    int64_t at = 0;
    for (int t = 0; t < 2; ++t) {
        dgba_shape shape;
        const float *output = dgba_plan_output(f->plan, t, &shape);
        assert_int_equal(shape.n, samples);
        const int64_t each = dgba_shape_count(shape) / samples;
        memcpy(y + at, output, (size_t)(samples * each) * sizeof *y);
        memcpy(dgba_plan_seed(f->plan, t), f->seeds[t] + first * each, (size_t)(samples * each) * sizeof *y);
        at += samples * each;
    }
    dgba_plan_backward_input(f->plan, dx);
}

static void fewer_samples_than_planned(void **state) {
    (void)state;
    fixture f;
    float whole[2 * SAMPLES * MOST_OUTPUT], y[2 * SAMPLES * MOST_OUTPUT], dx[SAMPLES * IMAGE], one[IMAGE];
    set_up(&f, 0.5F, DGBA_PURPOSE_ATTACK);
    run_some(&f, whole, dx, 0, SAMPLES);
    const int64_t plane = 25, sizes[] = {2 * plane, 6 * plane}; // 9x9, pooled to 5x5
    for (int64_t b = 0; b < SAMPLES; ++b) {
        run_some(&f, y, one, b, 1);
        CHECK_CLOSE(y, whole + b * sizes[0], sizes[0], 1e-5, 1e-5);
        CHECK_CLOSE(y + sizes[0], whole + SAMPLES * sizes[0] + b * sizes[1], sizes[1], 1e-5, 1e-5);
        CHECK_CLOSE(one, dx + b * IMAGE, IMAGE, 1e-5, 1e-5);
    }
    tear_down(&f);
}

static void backward_again_with_other_seeds(void **state) {
    (void)state;
    fixture f;
    float first[SAMPLES * IMAGE], other[SAMPLES * IMAGE], again[SAMPLES * IMAGE];
    set_up(&f, 0.5F, DGBA_PURPOSE_ATTACK);
    dgba_plan_forward(f.plan, f.x, (dgba_run){.samples = SAMPLES});
    dgba_shape shape;
    const float output = dgba_plan_output(f.plan, 1, &shape)[7];
    write_seeds(&f, 1);
    dgba_plan_backward_input(f.plan, first);
    write_seeds(&f, -2);
    dgba_plan_backward_input(f.plan, other);
    write_seeds(&f, 1);
    dgba_plan_backward_input(f.plan, again);
    assert_memory_equal(first, again, sizeof first);
    dgba_scale(first, -2, SAMPLES * IMAGE);
    CHECK_CLOSE(other, first, SAMPLES * IMAGE, 1e-5, 1e-5);
    assert_true(dgba_plan_output(f.plan, 1, &shape)[7] == output);
    tear_down(&f);
}

static void running_allocates_nothing(void **state) {
    (void)state;
    fixture f;
    static const dgba_purpose purposes[] = {DGBA_PURPOSE_ATTACK, DGBA_PURPOSE_TRAIN};
    float dx[SAMPLES * IMAGE];
    for (int64_t i = 0; i < DGBA_COUNT_OF(purposes); ++i) {
        set_up(&f, 0.5F, purposes[i]);
        int64_t live = 0;
        size_t in_use = 0;
        for (int pass = 0; pass < 3; ++pass) { // the first pass lets OpenBLAS take its own buffers
            if (purposes[i] == DGBA_PURPOSE_ATTACK) {
                attack_loss(&f, f.x, (dgba_run){.samples = SAMPLES});
                write_seeds(&f, 1);
                dgba_plan_backward_input(f.plan, dx);
            } else {
                training_loss(&f, f.x, (dgba_run){.samples = SAMPLES});
            }
            if (pass > 0) {
                assert_int_equal(dgba_live_allocations(), live);
                assert_int_equal(mallinfo2().uordblks, in_use);
            }
            live = dgba_live_allocations();
            in_use = mallinfo2().uordblks;
        }
        tear_down(&f);
    }
}

static void buffers_are_aligned_and_share_memory(void **state) {
    (void)state;
    fixture f;
    int64_t without_reuse = 0, attack_bytes = 0;
    dgba_shape shape;
    set_up(&f, 0.5F, DGBA_PURPOSE_ATTACK);
    for (int t = 0; t < 2; ++t) {
        assert_int_equal((uintptr_t)dgba_plan_output(f.plan, t, &shape) % 64, 0);
        assert_int_equal((uintptr_t)dgba_plan_seed(f.plan, t) % 64, 0);
    }
    attack_bytes = dgba_plan_bytes(f.plan, &without_reuse);
    assert_true(attack_bytes < without_reuse);
    tear_down(&f);
    set_up(&f, 0.5F, DGBA_PURPOSE_EVALUATE);
    assert_true(dgba_plan_bytes(f.plan, &without_reuse) < attack_bytes);
    tear_down(&f);
}

/** Bytes of a training plan of equal towers that share nothing but the input. */
static int64_t bytes_of_towers(int towers) {
    dgba_graph *graph = NULL;
    dgba_plan *plan = NULL;
    char name[DGBA_PARAMETER_NAME_BYTES];
    CHECK_OK(dgba_graph_create(&graph, CHANNELS));
    for (int t = 0; t < towers; ++t) {
        dgba_node x = 0;
        for (int layer = 0; layer < 4; ++layer) {
            snprintf(name, sizeof name, "%d.%d", t, layer);
            CHECK_OK(dgba_graph_conv2d(&x, graph, x, conv_of(layer == 0 ? CHANNELS : 8, 8, 3, 1), true, name));
            CHECK_OK(dgba_graph_relu(&x, graph, x));
        }
        CHECK_OK(dgba_graph_output(graph, x));
    }
    CHECK_OK(dgba_plan_create(&plan, graph, input, DGBA_PURPOSE_TRAIN));
    const int64_t bytes = dgba_plan_bytes(plan, NULL);
    dgba_plan_free(&plan);
    dgba_graph_free(&graph);
    return bytes;
}

static void networks_that_share_nothing_share_memory(void **state) {
    (void)state;
    assert_int_equal(bytes_of_towers(3), bytes_of_towers(1));
}

static void dropout_patterns_differ_by_node_run_and_seed(void **state) {
    (void)state;
    dgba_graph *graph = NULL;
    dgba_plan *plan = NULL;
    dgba_node conv = 0, dropped = 0;
    float parameters[32] = {1}, x[400], y[4][2][400];
    static const dgba_run runs[] = {{1, 5, 1}, {1, 5, 2}, {1, 6, 1}, {1, 5, 1}};
    dgba_fill(x, 1, 400);
    CHECK_OK(dgba_graph_create(&graph, 1));
    CHECK_OK(dgba_graph_conv2d(&conv, graph, 0, conv_of(1, 1, 1, 1), true, "same"));
    for (int i = 0; i < 2; ++i) {
        CHECK_OK(dgba_graph_dropout(&dropped, graph, conv, 0.5F));
        CHECK_OK(dgba_graph_output(graph, dropped));
    }
    CHECK_OK(dgba_plan_create(&plan, graph, (dgba_shape){1, 1, 20, 20}, DGBA_PURPOSE_TRAIN));
    dgba_plan_bind(plan, parameters);
    for (int r = 0; r < 4; ++r) {
        train_pass pass = {.plan = plan, .graph = graph, .outputs = {y[r][0], y[r][1]}};
        train_pass_run(&pass, x, runs[r]);
    }
    assert_memory_not_equal(y[0][0], y[0][1], sizeof y[0][0]);
    assert_memory_not_equal(y[0][0], y[1][0], sizeof y[0][0]);
    assert_memory_not_equal(y[0][0], y[2][0], sizeof y[0][0]);
    assert_memory_equal(y[0], y[3], sizeof y[0]);
    assert_in_range(dgba_sum(y[0][0], 400), 340, 460); // half of them are kept and doubled
    dgba_plan_free(&plan);
    dgba_graph_free(&graph);
}

static void training_moves_running_statistics(void **state) {
    (void)state;
    dgba_graph *graph = NULL;
    dgba_plan *plan = NULL;
    dgba_node x = 0;
    // weight, gamma, beta, mean, var: 16 floats each
    float parameters[80] = {[0] = 1, [16] = 2, [32] = 5, [48] = 0, [64] = 1};
    const float image[4] = {1, 2, 3, 6}; // mean 3, biased variance 3.5, unbiased 14/3
    float y[4];
    CHECK_OK(dgba_graph_create(&graph, 1));
    CHECK_OK(dgba_graph_conv2d(&x, graph, 0, conv_of(1, 1, 1, 1), false, "same"));
    CHECK_OK(dgba_graph_batchnorm(&x, graph, x, norm, "bn"));
    CHECK_OK(dgba_graph_output(graph, x));
    CHECK_OK(dgba_plan_create(&plan, graph, (dgba_shape){1, 1, 2, 2}, DGBA_PURPOSE_TRAIN));
    dgba_plan_bind(plan, parameters);
    train_pass pass = {.plan = plan, .graph = graph, .outputs = {y}};
    train_pass_run(&pass, image, (dgba_run){.samples = 1});
    assert_float_equal(y[3], 5 + 2 * 3 / sqrt(3.5 + 1e-5), 1e-5);
    assert_float_equal(parameters[48], 0.3, 1e-6);
    assert_float_equal(parameters[64], 0.9 + 0.1 * 14 / 3, 1e-6);
    dgba_plan_free(&plan);
    CHECK_FAILS(DGBA_E_SHAPE, dgba_plan_create(&plan, graph, (dgba_shape){1, 1, 1, 1}, DGBA_PURPOSE_TRAIN));
    CHECK_MESSAGE("node 2 (batchnorm bn): training needs more than one value per channel");
    assert_null(plan);
    dgba_graph_free(&graph);
}

static void plans_refuse_what_they_cannot_run(void **state) {
    (void)state;
    dgba_graph *graph = NULL;
    dgba_plan *plan = NULL;
    dgba_node conv = 0, bn = 0, dropout = 0;
    CHECK_OK(dgba_graph_create(&graph, CHANNELS));
    CHECK_OK(dgba_graph_conv2d(&conv, graph, 0, conv_of(CHANNELS, 2, 3, 1), false, "conv"));
    CHECK_FAILS(DGBA_E_USAGE, dgba_plan_create(&plan, graph, one_image, DGBA_PURPOSE_ATTACK));
    CHECK_MESSAGE("no output");
    CHECK_OK(dgba_graph_batchnorm(&bn, graph, conv, norm, "bn"));
    CHECK_OK(dgba_graph_output(graph, bn));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_plan_create(&plan, graph, (dgba_shape){1, CHANNELS, 0, 9}, DGBA_PURPOSE_ATTACK));
    CHECK_MESSAGE("1 samples of 0x9");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_plan_create(&plan, graph, (dgba_shape){1, 3, 60000, 60000}, DGBA_PURPOSE_ATTACK));
    CHECK_MESSAGE("3600000000");
    CHECK_OK(dgba_graph_output(graph, conv));
    CHECK_FAILS(DGBA_E_USAGE, dgba_plan_create(&plan, graph, one_image, DGBA_PURPOSE_EVALUATE));
    CHECK_MESSAGE("node 2 (batchnorm bn): evaluation mode needs it right after a convolution");
    CHECK_OK(dgba_plan_create(&plan, graph, one_image, DGBA_PURPOSE_TRAIN));
    dgba_plan_free(&plan);
    dgba_graph_free(&graph);

    CHECK_OK(dgba_graph_create(&graph, CHANNELS));
    CHECK_OK(dgba_graph_relu(&conv, graph, 0));
    CHECK_OK(dgba_graph_output(graph, conv));
    CHECK_OK(dgba_graph_dropout(&dropout, graph, conv, 0.5F));
    CHECK_OK(dgba_graph_output(graph, dropout));
    CHECK_FAILS(DGBA_E_USAGE, dgba_plan_create(&plan, graph, one_image, DGBA_PURPOSE_EVALUATE));
    CHECK_MESSAGE("output 1 (node 2) is the same as another output");
    assert_null(plan);
    dgba_graph_free(&graph);
}

/** The plan folds with the same numbers, into memory of its own. */
static void parameters_may_be_folded_in_place(void **state) {
    (void)state;
    static const dgba_purpose purposes[] = {DGBA_PURPOSE_ATTACK, DGBA_PURPOSE_ATTACK_FOLDED};
    static float y[2][SAMPLES * MOST_OUTPUT], dx[2][SAMPLES * IMAGE];
    int64_t bytes[2];
    for (int i = 0; i < 2; ++i) {
        fixture f;
        dgba_shape shape;
        set_up(&f, 0.5F, purposes[i]);
        if (purposes[i] == DGBA_PURPOSE_ATTACK_FOLDED) dgba_graph_fold(f.graph, f.parameters);
        dgba_plan_forward(f.plan, f.x, (dgba_run){.samples = SAMPLES});
        const float *output = dgba_plan_output(f.plan, 0, &shape);
        memcpy(y[i], output, (size_t)dgba_shape_count(shape) * sizeof *output);
        write_seeds(&f, 1);
        dgba_plan_backward_input(f.plan, dx[i]);
        bytes[i] = dgba_plan_bytes(f.plan, NULL);
        tear_down(&f);
    }
    assert_memory_equal(y[0], y[1], sizeof y[0]);
    assert_memory_equal(dx[0], dx[1], sizeof dx[0]);
    assert_true(bytes[1] < bytes[0]);
}

/** With a convolution wide enough for Winograd. */
static void weights_may_be_bound_again(void **state) {
    (void)state;
    enum { WIDE = 64, EDGE = 16, COUNT = WIDE * EDGE * EDGE };
    const dgba_conv2d conv = conv_of(WIDE, WIDE, 3, 1);
    const dgba_shape shape = {1, WIDE, EDGE, EDGE};
    const int64_t scratch_floats = dgba_conv2d_scratch(DGBA_CONV2D_COLUMNS, &conv, shape, DGBA_CONV2D_FORWARD);
    dgba_graph *graph = NULL;
    dgba_plan *plan = NULL;
    dgba_node node = 0;
    float *memory = NULL;
    CHECK_OK(dgba_graph_create(&graph, WIDE));
    CHECK_OK(dgba_graph_conv2d(&node, graph, 0, conv, false, "wide"));
    CHECK_OK(dgba_graph_output(graph, node));
    const int64_t weights = dgba_graph_parameter_floats(graph);
    CHECK_OK(DGBA_NEW(&memory, weights + 3 * COUNT + scratch_floats));
    float *w = memory, *x = w + weights, *y = x + COUNT, *dx = y + COUNT, *scratch = dx + COUNT;
    check_random(x, COUNT, 9);
    CHECK_OK(dgba_plan_create(&plan, graph, shape, DGBA_PURPOSE_ATTACK));
    for (uint64_t round = 0; round < 2; ++round) {
        check_random(w, weights, 10 + round);
        dgba_plan_bind(plan, w);
        dgba_plan_forward(plan, x, (dgba_run){.samples = 1});
        dgba_shape out;
        dgba_conv2d_forward(y, x, (dgba_conv2d_weights){DGBA_CONV2D_COLUMNS, w}, NULL, shape, &conv, false, scratch);
        CHECK_CLOSE(dgba_plan_output(plan, 0, &out), y, COUNT, 1e-5, 1e-3);
        memcpy(dgba_plan_seed(plan, 0), x, COUNT * sizeof *x);
        dgba_plan_backward_input(plan, dx);
        dgba_conv2d_backward_input(y, x, (dgba_conv2d_weights){DGBA_CONV2D_COLUMNS, w}, shape, &conv, false, scratch);
        CHECK_CLOSE(dx, y, COUNT, 1e-5, 1e-3);
    }
    dgba_plan_free(&plan);
    dgba_graph_free(&graph);
    dgba_free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_of_the_input_is_the_slope),
        cmocka_unit_test(gradients_of_parameters_are_slopes),
        cmocka_unit_test(normalisation_anywhere),
        cmocka_unit_test(outputs_have_their_turns),
        cmocka_unit_test(fewer_samples_than_planned),
        cmocka_unit_test(backward_again_with_other_seeds),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(buffers_are_aligned_and_share_memory),
        cmocka_unit_test(parameters_may_be_folded_in_place),
        cmocka_unit_test(weights_may_be_bound_again),
        cmocka_unit_test(networks_that_share_nothing_share_memory),
        cmocka_unit_test(dropout_patterns_differ_by_node_run_and_seed),
        cmocka_unit_test(training_moves_running_statistics),
        cmocka_unit_test(plans_refuse_what_they_cannot_run),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
