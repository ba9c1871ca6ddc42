#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref/nn.h"
#include "support/check.h"

// Tolerances, for inputs that are standard normal: |result − twin| ≤ relative·|twin| + absolute·√terms, where `terms` is
// the number of products that are summed in one element of the result.
static const struct tolerance {
    double relative, absolute;
} forward_tolerance = {1e-6, 4e-6}, input_tolerance = {1e-6, 4e-6}, params_tolerance = {1e-6, 4e-6},
  difference_tolerance = {1e-5, 1e-5};

#define CHECK_TERMS(a, b, count, tolerance, terms) \
    CHECK_CLOSE(a, b, count, (tolerance).relative, (tolerance).absolute *sqrt((double)(terms)))

enum { ARENA_BYTES = 48 << 20, CANARIES = 16 };

static dgba_arena arena;

static void *take(int64_t count, size_t size) {
    void *memory = NULL;
    CHECK_OK(dgba_arena_take(&memory, &arena, "test array", count, size));
    return memory;
}

static float *take_random(int64_t count, uint64_t seed) {
    float *x = take(count, sizeof *x);
    check_random(x, count, seed);
    return x;
}

static double *take_wide(const float *from, int64_t count) {
    double *x = take(count, sizeof *x);
    ref_widen(x, from, count);
    return x;
}

static float *take_narrow(const double *from, int64_t count) {
    float *x = take(count, sizeof *x);
    ref_narrow(x, from, count);
    return x;
}

/** A convolution with random inputs, its scratch, and the same in double. */
typedef struct problem {
    dgba_conv2d conv;
    dgba_shape x_shape, y_shape;
    int64_t x_count, y_count, w_count, k, scratch_count;
    float *x, *w, *b, *dy, *scratch;
    double *wide_x, *wide_w, *wide_b, *wide_dy;
} problem;

static problem make_problem(dgba_conv2d conv, dgba_shape x) {
    dgba_arena_reset(&arena);
    problem p = {.conv = conv, .x_shape = x, .y_shape = ref_conv2d_shape(&conv, x), .k = conv.out_channels};
    p.x_count = dgba_shape_count(x);
    p.y_count = dgba_shape_count(p.y_shape);
    p.w_count = p.k * x.c * conv.kernel * conv.kernel;
    p.scratch_count = dgba_conv2d_scratch(&conv, x);
    p.x = take_random(p.x_count, 1);
    p.w = take_random(p.w_count, 2);
    p.b = take_random(p.k, 3);
    p.dy = take_random(p.y_count, 4);
    p.wide_x = take_wide(p.x, p.x_count);
    p.wide_w = take_wide(p.w, p.w_count);
    p.wide_b = take_wide(p.b, p.k);
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
    dgba_conv2d_forward(y, p->x, p->w, b, p->x_shape, &p->conv, relu, p->scratch);
    check_canaries(p);
    ref_conv2d_forward(wide_y, p->wide_x, p->wide_w, b != NULL ? p->wide_b : NULL, p->x_shape, &p->conv, relu);
    CHECK_TERMS(y, take_narrow(wide_y, p->y_count), p->y_count, forward_tolerance, p->w_count / p->k + 1);
}

static void check_backward(problem *p) {
    double *wide_dx = take(p->x_count, sizeof *wide_dx), *wide_dw = take(p->w_count, sizeof *wide_dw);
    double *wide_db = take(p->k, sizeof *wide_db);
    ref_conv2d_backward(wide_dx, wide_dw, wide_db, p->wide_dy, p->wide_x, p->wide_w, p->x_shape, &p->conv);
    float *dx = take(p->x_count, sizeof *dx), *dw = take_random(p->w_count, 6), *db = take_random(p->k, 7);
    const float *before = take_random(p->x_count, 5);
    const int64_t input_terms = p->w_count / p->x_shape.c + 1, params_terms = p->y_count / p->k + 1;

    dgba_fill(dx, NAN, p->x_count);
    poison(p);
    dgba_conv2d_backward_input(dx, p->dy, p->w, p->x_shape, &p->conv, false, p->scratch);
    check_canaries(p);
    CHECK_TERMS(dx, take_narrow(wide_dx, p->x_count), p->x_count, input_tolerance, input_terms);

    memcpy(dx, before, (size_t)p->x_count * sizeof *dx);
    poison(p);
    dgba_conv2d_backward_input(dx, p->dy, p->w, p->x_shape, &p->conv, true, p->scratch);
    for (int64_t i = 0; i < p->x_count; ++i) wide_dx[i] += (double)before[i];
    CHECK_TERMS(dx, take_narrow(wide_dx, p->x_count), p->x_count, input_tolerance, input_terms);

    for (int64_t i = 0; i < p->w_count; ++i) wide_dw[i] += (double)dw[i];
    for (int64_t i = 0; i < p->k; ++i) wide_db[i] += (double)db[i];
    poison(p);
    dgba_conv2d_backward_params(dw, db, p->dy, p->x, p->x_shape, &p->conv, p->scratch);
    check_canaries(p);
    CHECK_TERMS(dw, take_narrow(wide_dw, p->w_count), p->w_count, params_tolerance, params_terms);
    CHECK_TERMS(db, take_narrow(wide_db, p->k), p->k, params_tolerance, params_terms);
}

static void check_problem(dgba_conv2d conv, dgba_shape x) {
    problem p = make_problem(conv, x);
    check_forward(&p, p.b, false);
    check_forward(&p, NULL, false);
    check_forward(&p, p.b, true);
    check_backward(&p);
}

/** Geometries with a reason: {C, K, kernel, stride, padding, dilation}, {N, C, H, W}. */
static void chosen_geometries_equal_the_twin(void **state) {
    (void)state;
    static const struct {
        dgba_conv2d conv;
        dgba_shape x;
    } cases[] = {
        {{1, 1, 1, 1, 0, 1}, {1, 1, 1, 1}},       // the least there is
        {{7, 5, 1, 1, 0, 1}, {3, 7, 9, 11}},      // pointwise
        {{4, 6, 1, 2, 0, 1}, {3, 4, 9, 11}},      // a projection shortcut
        {{2, 3, 1, 1, 2, 1}, {2, 2, 3, 4}},       // outputs that see only padding
        {{1, 2, 1, 7, 3, 1}, {2, 1, 1, 1}},       // all outputs see only padding
        {{3, 8, 7, 2, 3, 1}, {2, 3, 33, 45}},     // the first layer of a network
        {{8, 8, 3, 1, 1, 1}, {5, 8, 12, 16}},     // "same", several images in a chunk
        {{32, 4, 3, 1, 1, 1}, {17, 32, 8, 9}},    // chunks of nine and of eight images
        {{64, 4, 3, 1, 1, 1}, {1, 64, 40, 41}},   // an image in bands of rows
        {{64, 4, 3, 1, 24, 24}, {2, 64, 27, 29}}, // bands in which some taps read nothing
        {{64, 3, 3, 2, 4, 4}, {2, 64, 41, 40}},   // bands with a stride
        {{128, 2, 3, 1, 1, 1}, {1, 128, 3, 300}}, // one row is wider than a chunk should be
        {{4, 3, 3, 1, 6, 6}, {3, 4, 12, 16}},     // all taps, some mostly in the padding
        {{4, 3, 3, 1, 12, 12}, {3, 4, 12, 16}},   // upper and lower taps lie outside
        {{4, 3, 3, 1, 24, 24}, {3, 4, 12, 16}},   // only the middle tap touches the map
        {{2, 2, 6, 5, 5, 1}, {2, 2, 2, 2}},       // taps in use with a gap between them
        {{2, 3, 2, 1, 1, 2}, {2, 2, 5, 1}},       // "same", and no tap meets the only column
        {{2, 3, 3, 1, 0, 1}, {2, 2, 3, 3}},       // one output
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) check_problem(cases[i].conv, cases[i].x);
}

static int64_t pick(dgba_random *stream, const int64_t *values, int64_t count) {
    return values[dgba_random_below(stream, count)];
}

/** Any valid geometry with small sizes. */
static void draw_problem(dgba_conv2d *conv, dgba_shape *x, dgba_random *stream) {
    static const int64_t kernels[] = {1, 2, 3, 3, 3, 5, 7}, dilations[] = {1, 1, 2, 3, 5, 6, 12, 18, 24};
    dgba_shape y;
    do {
        *x = (dgba_shape){1 + dgba_random_below(stream, 5), 1 + dgba_random_below(stream, 4),
                          1 + dgba_random_below(stream, 13), 1 + dgba_random_below(stream, 13)};
        *conv = (dgba_conv2d){.in_channels = x->c,
                              .out_channels = 1 + dgba_random_below(stream, 4),
                              .kernel = pick(stream, kernels, DGBA_COUNT_OF(kernels)),
                              .stride = 1 + dgba_random_below(stream, 3),
                              .dilation = pick(stream, dilations, DGBA_COUNT_OF(dilations))};
        const int64_t same = conv->dilation * (conv->kernel - 1) / 2;
        conv->padding = dgba_random_below(stream, 2) == 0 ? same : dgba_random_below(stream, conv->kernel + 1);
    } while (dgba_conv2d_output_shape(&y, conv, *x) != DGBA_OK);
}

static void drawn_geometries_equal_the_twin(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(1, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < 120; ++i) {
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
        ref_conv2d_forward(y, p->wide_x, p->wide_w, p->wide_b, p->x_shape, &p->conv, false);
        loss[side] = ref_dot(p->wide_dy, y, p->y_count);
    }
    *element = value;
    return (loss[0] - loss[1]) / (2 * step);
}

/** Compares a gradient at some elements of `wide` with finite differences. */
static void check_differences(problem *p, const float *gradient, double *wide, int64_t count, int64_t terms) {
    for (int64_t i = 0; i < count; i += 1 + count / 7) {
        const float expected = (float)difference(p, wide + i);
        CHECK_TERMS(gradient + i, &expected, 1, difference_tolerance, terms);
    }
}

static void gradients_equal_finite_differences(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(2, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < 30; ++i) {
        dgba_conv2d conv;
        dgba_shape x;
        draw_problem(&conv, &x, &stream);
        problem p = make_problem(conv, x);
        float *dx = take(p.x_count, sizeof *dx), *dw = take(p.w_count, sizeof *dw), *db = take(p.k, sizeof *db);
        dgba_fill(dw, 0, p.w_count);
        dgba_fill(db, 0, p.k);
        dgba_conv2d_backward_input(dx, p.dy, p.w, x, &conv, false, p.scratch);
        dgba_conv2d_backward_params(dw, db, p.dy, p.x, x, &conv, p.scratch);
        check_differences(&p, dx, p.wide_x, p.x_count, p.w_count / x.c);
        check_differences(&p, dw, p.wide_w, p.w_count, p.y_count / p.k);
        check_differences(&p, db, p.wide_b, p.k, p.y_count / p.k);
    }
}

static void bias_gradient_may_be_left_out(void **state) {
    (void)state;
    problem p = make_problem((dgba_conv2d){3, 4, 3, 1, 1, 1}, (dgba_shape){2, 3, 5, 6});
    float *dw = take(2 * p.w_count, sizeof *dw), *db = take(p.k, sizeof *db);
    dgba_fill(dw, 0, 2 * p.w_count);
    dgba_fill(db, 0, p.k);
    dgba_conv2d_backward_params(dw, db, p.dy, p.x, p.x_shape, &p.conv, p.scratch);
    dgba_conv2d_backward_params(dw + p.w_count, NULL, p.dy, p.x, p.x_shape, &p.conv, p.scratch);
    assert_memory_equal(dw, dw + p.w_count, (size_t)p.w_count * sizeof *dw);
}

/** An image's result does not depend on the images beside it, but for rounding: BLAS may choose another order of summation
 *  for a wider matrix. */
static void single_images_equal_the_batch(void **state) {
    (void)state;
    static const dgba_conv2d convs[] = {{16, 12, 3, 1, 1, 1}, {16, 12, 1, 1, 0, 1}, {16, 12, 3, 2, 12, 12}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(convs); ++i) {
        problem p = make_problem(convs[i], (dgba_shape){5, 16, 12, 15});
        const dgba_shape one = {1, 16, 12, 15};
        const int64_t x_image = p.x_count / 5, y_image = p.y_count / 5;
        float *y = take(p.y_count, sizeof *y), *single = take(p.y_count, sizeof *y);
        float *dx = take(p.x_count, sizeof *dx), *single_dx = take(p.x_count, sizeof *dx);
        dgba_conv2d_forward(y, p.x, p.w, p.b, p.x_shape, &p.conv, true, p.scratch);
        dgba_conv2d_backward_input(dx, p.dy, p.w, p.x_shape, &p.conv, false, p.scratch);
        for (int64_t n = 0; n < 5; ++n) {
            dgba_conv2d_forward(single + n * y_image, p.x + n * x_image, p.w, p.b, one, &p.conv, true, p.scratch);
            dgba_conv2d_backward_input(single_dx + n * x_image, p.dy + n * y_image, p.w, one, &p.conv, false, p.scratch);
        }
        CHECK_TERMS(single, y, p.y_count, forward_tolerance, p.w_count / p.k);
        CHECK_TERMS(single_dx, dx, p.x_count, input_tolerance, p.w_count / 16);
    }
}

static void not_a_number_is_not_rectified_away(void **state) {
    (void)state;
    for (int64_t kernel = 1; kernel <= 3; kernel += 2) {
        problem p = make_problem((dgba_conv2d){1, 1, kernel, 1, kernel / 2, 1}, (dgba_shape){1, 1, 5, 5});
        float *y = take(p.y_count, sizeof *y);
        p.x[12] = NAN;
        dgba_conv2d_forward(y, p.x, p.w, p.b, p.x_shape, &p.conv, true, p.scratch);
        for (int64_t i = 0; i < 25; ++i) {
            const bool touched = llabs(i / 5 - 2) <= kernel / 2 && llabs(i % 5 - 2) <= kernel / 2;
            assert_true(isnan(y[i]) == touched);
        }
    }
}

static int setup(void **state) {
    (void)state;
    return dgba_arena_create(&arena, ARENA_BYTES) == DGBA_OK ? 0 : -1;
}

static int teardown(void **state) {
    dgba_arena_free(&arena);
    return check_no_leak(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_geometries_equal_the_twin),   cmocka_unit_test(drawn_geometries_equal_the_twin),
        cmocka_unit_test(gradients_equal_finite_differences), cmocka_unit_test(bias_gradient_may_be_left_out),
        cmocka_unit_test(single_images_equal_the_batch),      cmocka_unit_test(not_a_number_is_not_rectified_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
