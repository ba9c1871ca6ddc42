#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref/nn.h"
#include "support/arrays.h"

static const tolerance forward_tolerance = {1e-6, 2e-6}, input_tolerance = {1e-6, 2e-6}, params_tolerance = {1e-6, 1e-6},
                       difference_tolerance = {1e-5, 1e-5};

enum { ARENA_BYTES = 8 << 20, CANARIES = 16, TAPS = 9 };

typedef struct problem {
    dgba_conv2d conv;
    dgba_shape x_shape;
    int64_t x_count, y_count, w_count, channels, terms, scratch_count;
    float *x, *w, *b, *dy, *scratch;
    double *wide_x, *wide_w, *wide_b, *wide_dy;
} problem;

static problem make_problem(dgba_conv2d conv, dgba_shape x) {
    dgba_shape y;
    arrays_reset();
    CHECK_OK(dgba_depthwise_output_shape(&y, &conv, x));
    assert_true(dgba_shape_equal(y, ref_conv2d_shape(&conv, x)));
    problem p = {.conv = conv, .x_shape = x, .channels = x.c, .w_count = x.c * TAPS};
    p.x_count = dgba_shape_count(x);
    p.y_count = dgba_shape_count(y);
    p.terms = y.n * y.h * y.w;
    p.scratch_count = dgba_depthwise_scratch(&conv, x);
    p.x = take_random(p.x_count, 1);
    p.w = take_random(p.w_count, 2);
    p.b = take_random(x.c, 3);
    p.dy = take_random(p.y_count, 4);
    p.wide_x = take_wide(p.x, p.x_count);
    p.wide_w = take_wide(p.w, p.w_count);
    p.wide_b = take_wide(p.b, x.c);
    p.wide_dy = take_wide(p.dy, p.y_count);
    p.scratch = take(p.scratch_count + CANARIES, sizeof *p.scratch);
    return p;
}

/** Nothing may depend on what the scratch or an overwritten result held before. */
static void poison(problem *p) { dgba_fill(p->scratch, NAN, p->scratch_count + CANARIES); }

static void check_canaries(const problem *p) {
    for (int64_t i = 0; i < CANARIES; ++i) assert_true(isnan(p->scratch[p->scratch_count + i]));
}

static void check_forward(problem *p, const float *b, bool relu) {
    float *y = take(p->y_count, sizeof *y);
    double *wide_y = take(p->y_count, sizeof *wide_y);
    dgba_fill(y, NAN, p->y_count);
    poison(p);
    dgba_depthwise_forward(y, p->x, p->w, b, p->x_shape, &p->conv, relu, p->scratch);
    check_canaries(p);
    ref_depthwise_forward(wide_y, p->wide_x, p->wide_w, b != NULL ? p->wide_b : NULL, p->x_shape, &p->conv, relu);
    CHECK_TERMS(y, take_narrow(wide_y, p->y_count), p->y_count, forward_tolerance, TAPS);
}

static void check_backward(problem *p) {
    double *wide_dx = take(p->x_count, sizeof *wide_dx), *wide_dw = take(p->w_count, sizeof *wide_dw);
    double *wide_db = take(p->channels, sizeof *wide_db);
    ref_depthwise_backward(wide_dx, wide_dw, wide_db, p->wide_dy, p->wide_x, p->wide_w, p->x_shape, &p->conv);
    float *dx = take(p->x_count, sizeof *dx), *dw = take_random(p->w_count, 6), *db = take_random(p->channels, 7);
    const float *before = take_random(p->x_count, 5);

    dgba_fill(dx, NAN, p->x_count);
    poison(p);
    dgba_depthwise_backward_input(dx, p->dy, p->w, p->x_shape, &p->conv, false, p->scratch);
    check_canaries(p);
    CHECK_TERMS(dx, take_narrow(wide_dx, p->x_count), p->x_count, input_tolerance, TAPS);

    memcpy(dx, before, (size_t)p->x_count * sizeof *dx);
    poison(p);
    dgba_depthwise_backward_input(dx, p->dy, p->w, p->x_shape, &p->conv, true, p->scratch);
    for (int64_t i = 0; i < p->x_count; ++i) wide_dx[i] += (double)before[i];
    CHECK_TERMS(dx, take_narrow(wide_dx, p->x_count), p->x_count, input_tolerance, TAPS);

    for (int64_t i = 0; i < p->w_count; ++i) wide_dw[i] += (double)dw[i];
    for (int64_t i = 0; i < p->channels; ++i) wide_db[i] += (double)db[i];
    poison(p);
    dgba_depthwise_backward_params(dw, db, p->dy, p->x, p->x_shape, &p->conv, p->scratch);
    check_canaries(p);
    CHECK_TERMS(dw, take_narrow(wide_dw, p->w_count), p->w_count, params_tolerance, p->terms);
    CHECK_TERMS(db, take_narrow(wide_db, p->channels), p->channels, params_tolerance, p->terms);
}

static void check_problem(dgba_conv2d conv, dgba_shape x) {
    problem p = make_problem(conv, x);
    check_forward(&p, p.b, false);
    check_forward(&p, NULL, false);
    check_forward(&p, p.b, true);
    check_forward(&p, NULL, true);
    check_backward(&p);
}

/** Geometries with a reason: {C, C, kernel, stride, padding, dilation}, {N, C, H, W}. */
static void chosen_geometries_equal_the_twin(void **state) {
    (void)state;
    static const struct {
        dgba_conv2d conv;
        dgba_shape x;
    } cases[] = {
        {{1, 1, 3, 1, 1, 1}, {1, 1, 1, 1}},     // the least there is
        {{1, 1, 3, 1, 0, 1}, {1, 1, 3, 3}},     // one output, no padding
        {{3, 3, 3, 1, 1, 1}, {2, 3, 11, 11}},   // as at the end of MobileNetV2
        {{3, 3, 3, 2, 1, 1}, {2, 3, 21, 21}},   // halved, odd sizes
        {{3, 3, 3, 2, 1, 1}, {2, 3, 20, 18}},   // halved, even sizes: the last row and column are read by few taps
        {{2, 2, 3, 2, 0, 1}, {1, 2, 8, 10}},    // the last row and column are read by no tap
        {{2, 2, 3, 1, 2, 2}, {2, 2, 9, 7}},     // dilated
        {{2, 2, 3, 2, 2, 2}, {2, 2, 9, 12}},    // dilated and halved: all taps read the same map
        {{2, 2, 3, 2, 3, 3}, {1, 2, 10, 9}},    // dilation and stride without a common factor
        {{2, 2, 3, 3, 1, 1}, {1, 2, 10, 11}},   // one tap per map
        {{2, 2, 3, 5, 1, 1}, {1, 2, 12, 11}},   // pixels between the taps that nobody reads
        {{2, 2, 3, 1, 24, 24}, {1, 2, 5, 6}},   // only the middle tap touches the map
        {{1, 1, 3, 1, 9, 1}, {2, 1, 3, 4}},     // outputs that see only padding
        {{2, 2, 3, 1, 1, 1}, {1, 2, 70, 90}},   // several chunks of rows
        {{1, 1, 3, 2, 1, 1}, {1, 1, 130, 141}}, // the same, halved
        {{1, 1, 3, 1, 1, 1}, {1, 1, 3, 2100}},  // one row is wider than a chunk should be
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_problem(cases[i].conv, cases[i].x);
}

/** Any valid geometry with small sizes. */
static void draw_problem(dgba_conv2d *conv, dgba_shape *x, dgba_random *stream) {
    dgba_shape y;
    do {
        *x = (dgba_shape){1 + dgba_random_below(stream, 4), 1 + dgba_random_below(stream, 5),
                          1 + dgba_random_below(stream, 16), 1 + dgba_random_below(stream, 16)};
        *conv = (dgba_conv2d){.in_channels = x->c,
                              .out_channels = x->c,
                              .kernel = 3,
                              .stride = 1 + dgba_random_below(stream, 3),
                              .dilation = 1 + dgba_random_below(stream, 4),
                              .padding = dgba_random_below(stream, 6)};
    } while (dgba_depthwise_output_shape(&y, conv, *x) != DGBA_OK);
}

static void drawn_geometries_equal_the_twin(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(1, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < 200; ++i) {
        dgba_conv2d conv;
        dgba_shape x;
        draw_problem(&conv, &x, &stream);
        check_problem(conv, x);
    }
}

/** (L(z + h) − L(z − h))/2h for L = Σ dy·y of the twin, where `element` is an element of its x, w or b. */
static double difference(problem *p, double *element) {
    const double step = 1e-3, value = *element;
    double *y = take(p->y_count, sizeof *y), loss[2];
    for (int side = 0; side < 2; ++side) {
        *element = value + (side == 0 ? step : -step);
        ref_depthwise_forward(y, p->wide_x, p->wide_w, p->wide_b, p->x_shape, &p->conv, false);
        loss[side] = ref_dot(p->wide_dy, y, p->y_count);
    }
    *element = value;
    return (loss[0] - loss[1]) / (2 * step);
}

/** Compares a gradient at some elements of `wide` with finite differences. */
static void check_differences(problem *p, const float *gradient, double *wide, int64_t count, int64_t terms) {
    for (int64_t i = 0; i < count; i += 1 + count / 9) {
        const float expected = (float)difference(p, wide + i);
        CHECK_TERMS(gradient + i, &expected, 1, difference_tolerance, terms);
    }
}

static void gradients_equal_finite_differences(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(2, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < 40; ++i) {
        dgba_conv2d conv;
        dgba_shape x;
        draw_problem(&conv, &x, &stream);
        problem p = make_problem(conv, x);
        float *dx = take(p.x_count, sizeof *dx), *dw = take(p.w_count, sizeof *dw), *db = take(x.c, sizeof *db);
        dgba_fill(dw, 0, p.w_count);
        dgba_fill(db, 0, x.c);
        dgba_depthwise_backward_input(dx, p.dy, p.w, x, &conv, false, p.scratch);
        dgba_depthwise_backward_params(dw, db, p.dy, p.x, x, &conv, p.scratch);
        check_differences(&p, dx, p.wide_x, p.x_count, TAPS);
        check_differences(&p, dw, p.wide_w, p.w_count, p.terms);
        check_differences(&p, db, p.wide_b, x.c, p.terms);
    }
}

static void bias_gradient_may_be_left_out(void **state) {
    (void)state;
    problem p = make_problem((dgba_conv2d){3, 3, 3, 2, 1, 1}, (dgba_shape){2, 3, 5, 6});
    float *dw = take(2 * p.w_count, sizeof *dw), *db = take(3, sizeof *db);
    dgba_fill(dw, 0, 2 * p.w_count);
    dgba_fill(db, 0, 3);
    dgba_depthwise_backward_params(dw, db, p.dy, p.x, p.x_shape, &p.conv, p.scratch);
    dgba_depthwise_backward_params(dw + p.w_count, NULL, p.dy, p.x, p.x_shape, &p.conv, p.scratch);
    assert_memory_equal(dw, dw + p.w_count, (size_t)p.w_count * sizeof *dw);
}

/** An image's bits do not depend on the images beside it. */
static void single_images_equal_the_batch(void **state) {
    (void)state;
    for (int64_t stride = 1; stride <= 2; ++stride) {
        const dgba_shape one = {1, 6, 12, 15};
        problem p = make_problem((dgba_conv2d){6, 6, 3, stride, 1, 1}, (dgba_shape){5, 6, 12, 15});
        const int64_t x_image = p.x_count / 5, y_image = p.y_count / 5;
        float *y = take(p.y_count, sizeof *y), *single = take(p.y_count, sizeof *y);
        float *dx = take(p.x_count, sizeof *dx), *single_dx = take(p.x_count, sizeof *dx);
        dgba_depthwise_forward(y, p.x, p.w, p.b, p.x_shape, &p.conv, true, p.scratch);
        dgba_depthwise_backward_input(dx, p.dy, p.w, p.x_shape, &p.conv, false, p.scratch);
        for (int64_t n = 0; n < 5; ++n) {
            dgba_depthwise_forward(single + n * y_image, p.x + n * x_image, p.w, p.b, one, &p.conv, true, p.scratch);
            dgba_depthwise_backward_input(single_dx + n * x_image, p.dy + n * y_image, p.w, one, &p.conv, false, p.scratch);
        }
        assert_memory_equal(single, y, (size_t)p.y_count * sizeof *y);
        assert_memory_equal(single_dx, dx, (size_t)p.x_count * sizeof *dx);
    }
}

static void not_a_number_stays_where_it_belongs(void **state) {
    (void)state;
    problem p = make_problem((dgba_conv2d){1, 1, 3, 1, 1, 1}, (dgba_shape){1, 1, 5, 5});
    float *y = take(p.y_count, sizeof *y), *dx = take(p.x_count, sizeof *dx);
    p.x[9] = p.dy[9] = NAN; // at the end of a row
    dgba_depthwise_forward(y, p.x, p.w, p.b, p.x_shape, &p.conv, true, p.scratch);
    dgba_depthwise_backward_input(dx, p.dy, p.w, p.x_shape, &p.conv, false, p.scratch);
    for (int64_t i = 0; i < 25; ++i) {
        const bool touched = llabs(i / 5 - 1) <= 1 && i % 5 >= 3;
        assert_true(isnan(y[i]) == touched);
        assert_true(isnan(dx[i]) == touched);
    }
}

static void macs_count_nine_for_each_output(void **state) {
    (void)state;
    const dgba_conv2d conv = {96, 96, 3, 2, 1, 1};
    assert_int_equal(dgba_depthwise_macs(&conv, (dgba_shape){2, 96, 161, 161}), 2 * 96 * 81 * 81 * 9);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const struct {
        dgba_conv2d conv;
        dgba_shape x;
        const char *message;
    } cases[] = {
        {{3, 6, 3, 1, 1, 1}, {1, 3, 8, 8}, "depthwise convolution: 3 input channels, but 6 output channels"},
        {{3, 3, 5, 1, 2, 1}, {1, 3, 8, 8}, "the kernel is 5; only 3 is there"},
        {{3, 3, 3, 1, 1, 1}, {1, 4, 8, 8}, "the input has 4 channels, the weights want 3"},
        {{3, 3, 3, 1, 0, 4}, {1, 3, 8, 9}, "nothing is left"},
        {{1, 1, 3, 1, 1 << 30, 1 << 30}, {1, 1, 1, 1}, "the padded height"},
        {{1, 1, 3, INT32_MAX, 1, 1}, {1, 1, 3, 3}, "the padded height"},
        {{1, 1, 3, 1, 30000, 30000}, {1, 1, 4, 4}, "the padded pixels"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_shape y = {7, 7, 7, 7};
        CHECK_FAILS(DGBA_E_SHAPE, dgba_depthwise_output_shape(&y, &cases[i].conv, cases[i].x));
        CHECK_MESSAGE(cases[i].message);
        assert_true(dgba_shape_equal(y, (dgba_shape){7, 7, 7, 7}));
    }
}

static int setup(void **state) {
    (void)state;
    return arrays_open(ARENA_BYTES);
}

static int teardown(void **state) {
    arrays_close();
    return check_no_leak(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_geometries_equal_the_twin),   cmocka_unit_test(drawn_geometries_equal_the_twin),
        cmocka_unit_test(gradients_equal_finite_differences), cmocka_unit_test(bias_gradient_may_be_left_out),
        cmocka_unit_test(single_images_equal_the_batch),      cmocka_unit_test(not_a_number_stays_where_it_belongs),
        cmocka_unit_test(macs_count_nine_for_each_output),    cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
