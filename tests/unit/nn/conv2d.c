#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref/nn.h"
#include "support/check.h"

// Tolerances, for inputs that are standard normal: |result − twin| ≤ relative·|twin| + absolute·√terms, where `terms` is
// the number of products that are summed in one element of the result.
typedef struct tolerance {
    double relative, absolute;
} tolerance;

static const struct {
    tolerance forward, input, params, difference;
} tolerances[DGBA_CONV2D_ALGORITHMS] = {
    [DGBA_CONV2D_POINTWISE] = {{1e-6, 4e-6}, {1e-6, 4e-6}, {1e-6, 4e-6}, {1e-5, 1e-5}},
    [DGBA_CONV2D_COLUMNS] = {{1e-6, 4e-6}, {1e-6, 4e-6}, {1e-6, 4e-6}, {1e-5, 1e-5}},
    [DGBA_CONV2D_TAPS] = {{1e-6, 4e-6}, {1e-6, 4e-6}, {1e-6, 4e-6}, {1e-5, 1e-5}},
    [DGBA_CONV2D_WINOGRAD] = {{1e-6, 2e-5}, {1e-6, 2e-5}, {1e-6, 4e-5}, {1e-5, 4e-5}},
};

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
    dgba_conv2d_algorithm algorithm;
    dgba_shape x_shape, y_shape;
    int64_t x_count, y_count, w_count, k, scratch_count, prepared_count;
    float *x, *w, *b, *dy, *scratch, *prepared;
    double *wide_x, *wide_w, *wide_b, *wide_dy;
} problem;

static problem make_problem(dgba_conv2d conv, dgba_shape x, dgba_conv2d_algorithm algorithm) {
    dgba_arena_reset(&arena);
    problem p = {
        .conv = conv, .algorithm = algorithm, .x_shape = x, .y_shape = ref_conv2d_shape(&conv, x), .k = conv.out_channels};
    p.x_count = dgba_shape_count(x);
    p.y_count = dgba_shape_count(p.y_shape);
    p.w_count = p.k * x.c * conv.kernel * conv.kernel;
    p.prepared_count = dgba_conv2d_prepared_floats(algorithm, &conv);
    p.scratch_count = 0;
    for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d) {
        const int64_t needed = dgba_conv2d_scratch(algorithm, &conv, x, d, false);
        if (needed > p.scratch_count) p.scratch_count = needed;
    }
    p.x = take_random(p.x_count, 1);
    p.w = take_random(p.w_count, 2);
    p.b = take_random(p.k, 3);
    p.dy = take_random(p.y_count, 4);
    p.wide_x = take_wide(p.x, p.x_count);
    p.wide_w = take_wide(p.w, p.w_count);
    p.wide_b = take_wide(p.b, p.k);
    p.wide_dy = take_wide(p.dy, p.y_count);
    p.scratch = take(p.scratch_count + CANARIES, sizeof *p.scratch);
    p.prepared = take(p.prepared_count + CANARIES, sizeof *p.prepared);
    dgba_fill(p.prepared, NAN, p.prepared_count + CANARIES);
    dgba_conv2d_prepare(p.prepared, p.w, algorithm, &conv);
    for (int64_t i = 0; i < CANARIES; ++i) assert_true(isnan(p.prepared[p.prepared_count + i]));
    return p;
}

/** Weights that are prepared in the scratch. */
static dgba_conv2d_weights plain_weights(const problem *p) { return (dgba_conv2d_weights){p->algorithm, p->w, NULL}; }

static dgba_conv2d_weights prepared_weights(const problem *p) {
    return (dgba_conv2d_weights){p->algorithm, p->prepared_count > 0 ? NULL : p->w, p->prepared};
}

/** Nothing may depend on what the scratch or an overwritten result held before; nothing but the scratch is written. */
static float *poisoned_scratch(problem *p, dgba_conv2d_direction direction, bool prepared) {
    dgba_fill(p->scratch, NAN, p->scratch_count + CANARIES);
    const int64_t needed = dgba_conv2d_scratch(p->algorithm, &p->conv, p->x_shape, direction, prepared);
    return p->scratch + p->scratch_count - needed; // its end is the canaries' beginning
}

static void check_canaries(const problem *p) {
    for (int64_t i = 0; i < CANARIES; ++i) assert_true(isnan(p->scratch[p->scratch_count + i]));
}

/** With weights prepared now and before: the same bits. */
static float *run_forward(problem *p, const float *b, bool relu) {
    float *y[2];
    for (int i = 0; i < 2; ++i) {
        y[i] = take(p->y_count, sizeof **y);
        dgba_fill(y[i], NAN, p->y_count);
        dgba_conv2d_forward(y[i], p->x, i == 0 ? plain_weights(p) : prepared_weights(p), b, p->x_shape, &p->conv, relu,
                            poisoned_scratch(p, DGBA_CONV2D_FORWARD, i == 1));
        check_canaries(p);
    }
    assert_memory_equal(y[0], y[1], (size_t)p->y_count * sizeof **y);
    return y[0];
}

/** `before` NULL: overwrites NaN. */
static float *run_backward_input(problem *p, const float *before) {
    float *dx[2];
    for (int i = 0; i < 2; ++i) {
        dx[i] = take(p->x_count, sizeof **dx);
        dgba_fill(dx[i], NAN, p->x_count);
        if (before != NULL) memcpy(dx[i], before, (size_t)p->x_count * sizeof **dx);
        dgba_conv2d_backward_input(dx[i], p->dy, i == 0 ? plain_weights(p) : prepared_weights(p), p->x_shape, &p->conv,
                                   before != NULL, poisoned_scratch(p, DGBA_CONV2D_BACKWARD_INPUT, i == 1));
        check_canaries(p);
    }
    assert_memory_equal(dx[0], dx[1], (size_t)p->x_count * sizeof **dx);
    return dx[0];
}

static void run_backward_params(problem *p, float *dw, float *db) {
    dgba_conv2d_backward_params(dw, db, p->dy, p->x, p->algorithm, p->x_shape, &p->conv,
                                poisoned_scratch(p, DGBA_CONV2D_BACKWARD_PARAMS, false));
    check_canaries(p);
}

static void check_forward(problem *p, const float *b, bool relu) {
    double *wide_y = take(p->y_count, sizeof *wide_y);
    ref_conv2d_forward(wide_y, p->wide_x, p->wide_w, b != NULL ? p->wide_b : NULL, p->x_shape, &p->conv, relu);
    CHECK_TERMS(run_forward(p, b, relu), take_narrow(wide_y, p->y_count), p->y_count, tolerances[p->algorithm].forward,
                p->w_count / p->k + 1);
}

static void check_backward(problem *p) {
    double *wide_dx = take(p->x_count, sizeof *wide_dx), *wide_dw = take(p->w_count, sizeof *wide_dw);
    double *wide_db = take(p->k, sizeof *wide_db);
    ref_conv2d_backward(wide_dx, wide_dw, wide_db, p->wide_dy, p->wide_x, p->wide_w, p->x_shape, &p->conv);
    float *dw = take_random(p->w_count, 6), *db = take_random(p->k, 7);
    const float *before = take_random(p->x_count, 5);
    const int64_t input_terms = p->w_count / p->x_shape.c + 1, params_terms = p->y_count / p->k + 1;
    const tolerance input = tolerances[p->algorithm].input, params = tolerances[p->algorithm].params;

    CHECK_TERMS(run_backward_input(p, NULL), take_narrow(wide_dx, p->x_count), p->x_count, input, input_terms);
    for (int64_t i = 0; i < p->x_count; ++i) wide_dx[i] += (double)before[i];
    CHECK_TERMS(run_backward_input(p, before), take_narrow(wide_dx, p->x_count), p->x_count, input, input_terms);

    for (int64_t i = 0; i < p->w_count; ++i) wide_dw[i] += (double)dw[i];
    for (int64_t i = 0; i < p->k; ++i) wide_db[i] += (double)db[i];
    run_backward_params(p, dw, db);
    CHECK_TERMS(dw, take_narrow(wide_dw, p->w_count), p->w_count, params, params_terms);
    CHECK_TERMS(db, take_narrow(wide_db, p->k), p->k, params, params_terms);
}

/** Every algorithm that can. */
static void check_problem(dgba_conv2d conv, dgba_shape x) {
    for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a) {
        if (!dgba_conv2d_supports(a, &conv, x)) continue;
        problem p = make_problem(conv, x, a);
        check_forward(&p, p.b, false);
        check_forward(&p, NULL, false);
        check_forward(&p, p.b, true);
        check_backward(&p);
    }
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
        CHECK_TERMS(gradient + i, &expected, 1, tolerances[p->algorithm].difference, terms);
    }
}

static void gradients_equal_finite_differences(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(2, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < 60; ++i) {
        dgba_conv2d conv;
        dgba_shape x;
        draw_problem(&conv, &x, &stream);
        const dgba_conv2d_algorithm algorithm = (dgba_conv2d_algorithm)(i % DGBA_CONV2D_ALGORITHMS);
        if (!dgba_conv2d_supports(algorithm, &conv, x)) continue;
        problem p = make_problem(conv, x, algorithm);
        float *dw = take(p.w_count, sizeof *dw), *db = take(p.k, sizeof *db);
        dgba_fill(dw, 0, p.w_count);
        dgba_fill(db, 0, p.k);
        run_backward_params(&p, dw, db);
        check_differences(&p, run_backward_input(&p, NULL), p.wide_x, p.x_count, p.w_count / x.c);
        check_differences(&p, dw, p.wide_w, p.w_count, p.y_count / p.k);
        check_differences(&p, db, p.wide_b, p.k, p.y_count / p.k);
    }
}

static void bias_gradient_may_be_left_out(void **state) {
    (void)state;
    problem p = make_problem((dgba_conv2d){3, 4, 3, 1, 1, 1}, (dgba_shape){2, 3, 5, 6}, DGBA_CONV2D_COLUMNS);
    float *dw = take(2 * p.w_count, sizeof *dw), *db = take(p.k, sizeof *db);
    dgba_fill(dw, 0, 2 * p.w_count);
    dgba_fill(db, 0, p.k);
    run_backward_params(&p, dw, db);
    run_backward_params(&p, dw + p.w_count, NULL);
    assert_memory_equal(dw, dw + p.w_count, (size_t)p.w_count * sizeof *dw);
}

/** An image's result does not depend on the images beside it, but for rounding: BLAS may choose another order of summation
 *  for a wider matrix. */
static void check_single_images(const dgba_conv2d *conv, dgba_conv2d_algorithm algorithm) {
    problem p = make_problem(*conv, (dgba_shape){5, 16, 12, 15}, algorithm);
    const int64_t x_image = p.x_count / 5, y_image = p.y_count / 5;
    const float *y = run_forward(&p, p.b, true), *dx = run_backward_input(&p, NULL);
    for (int64_t n = 0; n < 5; ++n) {
        problem one = p;
        one.x_shape.n = 1;
        one.x += n * x_image;
        one.dy += n * y_image;
        one.x_count = x_image;
        one.y_count = y_image;
        CHECK_TERMS(run_forward(&one, p.b, true), y + n * y_image, y_image, tolerances[algorithm].forward, p.w_count / p.k);
        CHECK_TERMS(run_backward_input(&one, NULL), dx + n * x_image, x_image, tolerances[algorithm].input, p.w_count / 16);
    }
}

static void single_images_equal_the_batch(void **state) {
    (void)state;
    static const dgba_conv2d convs[] = {
        {16, 12, 3, 1, 1, 1}, {16, 12, 1, 1, 0, 1}, {16, 12, 3, 2, 12, 12}, {16, 12, 3, 1, 7, 7}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(convs); ++i)
        for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a)
            if (dgba_conv2d_supports(a, &convs[i], (dgba_shape){5, 16, 12, 15})) check_single_images(&convs[i], a);
}

static void not_a_number_is_not_rectified_away(void **state) {
    (void)state;
    for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a) {
        const int64_t reach = a == DGBA_CONV2D_POINTWISE ? 0 : 1;
        problem p = make_problem((dgba_conv2d){1, 1, 2 * reach + 1, 1, reach, 1}, (dgba_shape){1, 1, 5, 5}, a);
        p.x[12] = NAN;
        p.wide_x[12] = (double)NAN;
        const float *y = run_forward(&p, p.b, true);
        for (int64_t i = 0; i < 25; ++i) {
            const bool touched = llabs(i / 5 - 2) <= reach && llabs(i % 5 - 2) <= reach;
            if (touched) assert_true(isnan(y[i]));
            if (!touched && a != DGBA_CONV2D_WINOGRAD) assert_false(isnan(y[i]));
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
