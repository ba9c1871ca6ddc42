#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref/nn.h"
#include "support/arrays.h"

static const struct {
    tolerance forward, input, params, difference;
} tolerances[DGBA_CONV2D_ALGORITHMS] = {
    [DGBA_CONV2D_POINTWISE] = {{1e-6, 4e-6}, {1e-6, 4e-6}, {1e-6, 4e-6}, {1e-5, 1e-5}},
    [DGBA_CONV2D_PANELS] = {{1e-6, 4e-6}, {1e-6, 4e-6}, {1e-6, 4e-6}, {1e-5, 1e-5}},
    [DGBA_CONV2D_STRASSEN] = {{1e-6, 1.2e-5}, {1e-6, 1.2e-5}, {1e-6, 4e-6}, {1e-5, 2e-5}},
    [DGBA_CONV2D_COLUMNS] = {{1e-6, 4e-6}, {1e-6, 4e-6}, {1e-6, 4e-6}, {1e-5, 1e-5}},
    [DGBA_CONV2D_WINOGRAD] = {{1e-6, 4e-5}, {1e-6, 4e-5}, {1e-6, 4e-5}, {1e-5, 5e-5}},
};

enum { ARENA_BYTES = 96 << 20, CANARIES = 16 };

/** A convolution with random inputs, its scratch, and the same in double. */
typedef struct problem {
    dgba_conv2d conv;
    dgba_conv2d_algorithm algorithm;
    dgba_shape x_shape, y_shape;
    int64_t x_count, y_count, w_count, k, scratch_count;
    float *x, *w, *b, *dy, *scratch;
    double *wide_x, *wide_w, *wide_b, *wide_dy;
} problem;

/** Scratch for all directions; nothing is written behind it. */
static void use_algorithm(problem *p, dgba_conv2d_algorithm algorithm) {
    p->algorithm = algorithm;
    p->scratch_count = 0;
    for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d) {
        const int64_t needed = dgba_conv2d_scratch(algorithm, &p->conv, p->x_shape, d);
        if (needed > p->scratch_count) p->scratch_count = needed;
    }
    p->scratch = take(p->scratch_count + CANARIES, sizeof *p->scratch);
}

static problem make_problem(dgba_conv2d conv, dgba_shape x, dgba_conv2d_algorithm algorithm) {
    arrays_reset();
    problem p = {
        .conv = conv, .algorithm = algorithm, .x_shape = x, .y_shape = ref_conv2d_shape(&conv, x), .k = conv.out_channels};
    p.x_count = dgba_shape_count(x);
    p.y_count = dgba_shape_count(p.y_shape);
    p.w_count = p.k * x.c * conv.kernel * conv.kernel;
    p.x = take_random(p.x_count, 1);
    p.w = take_random(p.w_count, 2);
    p.b = take_random(p.k, 3);
    p.dy = take_random(p.y_count, 4);
    p.wide_x = take_wide(p.x, p.x_count);
    p.wide_w = take_wide(p.w, p.w_count);
    p.wide_b = take_wide(p.b, p.k);
    p.wide_dy = take_wide(p.dy, p.y_count);
    use_algorithm(&p, algorithm);
    return p;
}

static dgba_conv2d_weights weights_of(const problem *p) { return (dgba_conv2d_weights){p->algorithm, p->w}; }

/** Nothing may depend on what the scratch or an overwritten result held before; nothing but the scratch is written. */
static float *poisoned_scratch(problem *p, dgba_conv2d_direction direction) {
    dgba_fill(p->scratch, NAN, p->scratch_count + CANARIES);
    const int64_t needed = dgba_conv2d_scratch(p->algorithm, &p->conv, p->x_shape, direction);
    return p->scratch + p->scratch_count - needed; // its end is the canaries' beginning
}

static void check_canaries(const problem *p) {
    for (int64_t i = 0; i < CANARIES; ++i) assert_true(isnan(p->scratch[p->scratch_count + i]));
}

static float *run_forward(problem *p, const float *b, bool relu) {
    float *y = take(p->y_count, sizeof *y);
    dgba_fill(y, NAN, p->y_count);
    dgba_conv2d_forward(y, p->x, weights_of(p), b, p->x_shape, &p->conv, relu, poisoned_scratch(p, DGBA_CONV2D_FORWARD));
    check_canaries(p);
    return y;
}

/** `before` NULL: overwrites NaN. */
static float *run_backward_input(problem *p, const float *before) {
    float *dx = take(p->x_count, sizeof *dx);
    dgba_fill(dx, NAN, p->x_count);
    if (before != NULL) memcpy(dx, before, (size_t)p->x_count * sizeof *dx);
    dgba_conv2d_backward_input(dx, p->dy, weights_of(p), p->x_shape, &p->conv, before != NULL,
                               poisoned_scratch(p, DGBA_CONV2D_BACKWARD_INPUT));
    check_canaries(p);
    return dx;
}

static void run_backward_params(problem *p, float *dw, float *db) {
    dgba_conv2d_backward_params(dw, db, p->dy, p->x, p->algorithm, p->x_shape, &p->conv,
                                poisoned_scratch(p, DGBA_CONV2D_BACKWARD_PARAMS));
    check_canaries(p);
}

/** What the twin computes. */
typedef struct expectation {
    const float *y, *plain_y, *rectified_y; // plain: without bias
    const float *dx, *added_dx, *dw, *db;   // added: to `before`
    const float *before, *dw_before, *db_before;
} expectation;

static const float *expect_forward(const problem *p, const double *b, bool relu) {
    double *y = take(p->y_count, sizeof *y);
    ref_conv2d_forward(y, p->wide_x, p->wide_w, b, p->x_shape, &p->conv, relu);
    return take_narrow(y, p->y_count);
}

static const float *take_sum(const double *a, const float *b, int64_t count) {
    double *sum = take(count, sizeof *sum);
    for (int64_t i = 0; i < count; ++i) sum[i] = a[i] + (double)b[i];
    return take_narrow(sum, count);
}

static expectation expect(const problem *p) {
    double *dx = take(p->x_count, sizeof *dx), *dw = take(p->w_count, sizeof *dw), *db = take(p->k, sizeof *db);
    expectation e = {.y = expect_forward(p, p->wide_b, false),
                     .plain_y = expect_forward(p, NULL, false),
                     .rectified_y = expect_forward(p, p->wide_b, true),
                     .before = take_random(p->x_count, 5),
                     .dw_before = take_random(p->w_count, 6),
                     .db_before = take_random(p->k, 7)};
    ref_conv2d_backward(dx, dw, db, p->wide_dy, p->wide_x, p->wide_w, p->x_shape, &p->conv);
    e.dx = take_narrow(dx, p->x_count);
    e.added_dx = take_sum(dx, e.before, p->x_count);
    e.dw = take_sum(dw, e.dw_before, p->w_count);
    e.db = take_sum(db, e.db_before, p->k);
    return e;
}

static void check_algorithm(problem *p, const expectation *e) {
    const tolerance forward = tolerances[p->algorithm].forward, input = tolerances[p->algorithm].input;
    const tolerance params = tolerances[p->algorithm].params;
    const int64_t terms = p->w_count / p->k + 1, input_terms = p->w_count / p->x_shape.c + 1;
    const int64_t params_terms = p->y_count / p->k + 1;
    CHECK_TERMS(run_forward(p, p->b, false), e->y, p->y_count, forward, terms);
    CHECK_TERMS(run_forward(p, NULL, false), e->plain_y, p->y_count, forward, terms);
    CHECK_TERMS(run_forward(p, p->b, true), e->rectified_y, p->y_count, forward, terms);
    CHECK_TERMS(run_backward_input(p, NULL), e->dx, p->x_count, input, input_terms);
    CHECK_TERMS(run_backward_input(p, e->before), e->added_dx, p->x_count, input, input_terms);
    float *dw = take(p->w_count, sizeof *dw), *db = take(p->k, sizeof *db);
    memcpy(dw, e->dw_before, (size_t)p->w_count * sizeof *dw);
    memcpy(db, e->db_before, (size_t)p->k * sizeof *db);
    run_backward_params(p, dw, db);
    CHECK_TERMS(dw, e->dw, p->w_count, params, params_terms);
    CHECK_TERMS(db, e->db, p->k, params, params_terms);
}

/** Every algorithm that can. */
static void check_problem(dgba_conv2d conv, dgba_shape x) {
    problem p = make_problem(conv, x, DGBA_CONV2D_COLUMNS);
    const expectation e = expect(&p);
    for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a) {
        if (!dgba_conv2d_supports(a, &conv, x)) continue;
        use_algorithm(&p, a);
        check_algorithm(&p, &e);
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
        {{5, 3, 3, 1, 1, 1}, {2, 5, 41, 37}},     // tiles: whole ones, and one of which one output is used
        {{3, 5, 3, 1, 2, 2}, {1, 3, 41, 41}},     // two phases, of 21 and of 20 rows: Winograd's SEVENs
        {{4, 3, 3, 1, 6, 6}, {2, 4, 41, 41}},     // phases of seven and of six rows
        {{2, 3, 3, 1, 6, 6}, {1, 2, 41, 18}},     // of seven by three,
        {{3, 2, 3, 1, 6, 6}, {1, 3, 18, 41}},     // and of three by seven
        {{3, 4, 3, 1, 4, 4}, {1, 3, 41, 40}},     // phases of eleven and of ten rows: SIX
        {{4, 2, 3, 1, 4, 4}, {1, 4, 44, 12}},     // SIX by THREE
        {{2, 3, 3, 1, 4, 4}, {2, 2, 7, 41}},      // ONE and TWO by SIX
        {{3, 3, 3, 1, 4, 4}, {1, 3, 32, 30}},     // phases of eight rows: FOUR
        {{4, 2, 3, 1, 12, 12}, {1, 4, 41, 41}},   // phases of four and of three rows
        {{2, 3, 3, 1, 18, 18}, {1, 2, 41, 40}},   // phases of three and of two rows
        {{2, 2, 3, 1, 24, 24}, {2, 2, 41, 41}},   // phases of two rows and of one
        {{70, 33, 3, 1, 1, 1}, {1, 70, 5, 7}},    // channels that fill no register evenly
        {{3, 67, 3, 1, 0, 3}, {2, 3, 13, 9}},     // smaller than "same"
        {{3, 4, 3, 1, 5, 2}, {2, 3, 9, 6}},       // larger than "same": outputs beyond the map's reach
        {{1, 2, 3, 1, 1, 1}, {23, 1, 25, 29}},    // chunks of rows of tiles that begin in the midst of an image
        {{2, 3, 3, 1, 60, 1}, {1, 2, 3, 2}},      // padding much larger than the map
        {{1, 3, 1, 1, 0, 1}, {5, 1, 1, 1}},       // pointwise, images of a pixel: a panel of five
        {{3, 17, 1, 1, 0, 1}, {5, 3, 41, 41}},    // panels that end in the next image
        {{17, 1, 1, 1, 0, 1}, {2, 17, 1, 47}},    // one that is not full, in two images
        {{17, 3, 1, 1, 0, 1}, {5, 17, 6, 8}},     // one for each image
        {{1000, 3, 1, 1, 0, 1}, {2, 1000, 7, 7}}, // many channels to few: several groups of panels
        {{3, 1000, 1, 1, 0, 1}, {2, 3, 7, 7}},    // few to many
        {{600, 17, 1, 1, 0, 1}, {1, 600, 15, 17}},
        {{32, 32, 1, 1, 0, 1}, {5, 32, 1, 1}},    // Strassen: a left pixel without a right one
        {{64, 160, 1, 1, 0, 1}, {2, 64, 1, 47}},  // one pair of panels that is not full, a block of rows that is not
        {{288, 32, 1, 1, 0, 1}, {1, 288, 6, 16}}, // one that is
        {{32, 32, 1, 1, 0, 1}, {1, 32, 41, 41}},  // many, and half of one
        {{32, 64, 1, 1, 0, 1}, {5, 32, 7, 14}},   // two pixels more
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

/** Every dilation, mostly with "same" padding, on maps from one element to several tiles. */
static void all_dilations_equal_the_twin(void **state) {
    (void)state;
    for (int64_t d = 1; d <= 24; ++d) {
        const int64_t height = 1 + d * 5 % 37, width = d + d * 11 % 17, same = d % 5 == 0 ? 1 : d;
        const dgba_conv2d conv = {1 + d % 3, 1 + d % 4, 3, 1, same, d};
        const dgba_shape x = {1 + d % 3, conv.in_channels, height, width};
        dgba_shape y;
        if (dgba_conv2d_output_shape(&y, &conv, x) == DGBA_OK) check_problem(conv, x);
    }
}

/** Bounds of errors: the root mean square, as part of the outputs', and the largest, as part of the largest output. */
typedef struct accuracy {
    double typical, worst;
} accuracy;

/** Small outputs' errors could hide behind the tolerance of large ones: also against the scale of the output. */
static void check_accuracy(dgba_conv2d conv, dgba_shape x, dgba_conv2d_algorithm algorithm, accuracy most) {
    problem p = make_problem(conv, x, algorithm);
    double *wide_y = take(p.y_count, sizeof *wide_y), squares = 0, error_squares = 0, scale = 0;
    ref_conv2d_forward(wide_y, p.wide_x, p.wide_w, NULL, p.x_shape, &p.conv, false);
    const float *y = run_forward(&p, NULL, false);
    for (int64_t i = 0; i < p.y_count; ++i) {
        squares += wide_y[i] * wide_y[i];
        error_squares += ((double)y[i] - wide_y[i]) * ((double)y[i] - wide_y[i]);
        scale = fmax(scale, fabs(wide_y[i]));
    }
    assert_true(sqrt(error_squares / squares) < most.typical);
    CHECK_CLOSE(y, take_narrow(wide_y, p.y_count), p.y_count, 0, most.worst * scale);
}

static void fast_algorithms_are_accurate(void **state) {
    (void)state;
    const dgba_conv2d winograd = {256, 4, 3, 1, 4, 4}, strassen = {1024, 64, 1, 1, 0, 1};
    const accuracy four = {5e-6, 1.5e-5}, six = {1e-5, 2.5e-5}, seven = {7e-6, 2e-5}, quarters = {2e-6, 1e-5};
    check_accuracy(winograd, (dgba_shape){1, 256, 32, 32}, DGBA_CONV2D_WINOGRAD, four);  // phases of two FOURs,
    check_accuracy(winograd, (dgba_shape){1, 256, 24, 24}, DGBA_CONV2D_WINOGRAD, six);   // of a SIX
    check_accuracy(winograd, (dgba_shape){1, 256, 28, 28}, DGBA_CONV2D_WINOGRAD, seven); // and of a SEVEN
    check_accuracy(strassen, (dgba_shape){1, 1024, 10, 10}, DGBA_CONV2D_STRASSEN, quarters);
}

/** What the plan of a network relies on. */
static void choices_fit_the_shape(void **state) {
    (void)state;
    static const struct {
        dgba_conv2d conv;
        dgba_shape x;
        dgba_conv2d_algorithm expected;
    } cases[] = {
        {{1024, 1024, 1, 1, 0, 1}, {1, 1024, 41, 41}, DGBA_CONV2D_STRASSEN},
        {{512, 512, 1, 1, 0, 1}, {1, 512, 23, 23}, DGBA_CONV2D_STRASSEN},
        {{512, 512, 1, 1, 0, 1}, {1, 512, 16, 16}, DGBA_CONV2D_PANELS},
        {{1024, 1024, 1, 1, 0, 1}, {1, 1024, 12, 16}, DGBA_CONV2D_PANELS},
        {{1024, 40, 1, 1, 0, 1}, {1, 1024, 41, 41}, DGBA_CONV2D_PANELS},
        {{64, 256, 1, 1, 0, 1}, {4, 64, 81, 81}, DGBA_CONV2D_PANELS},
        {{128, 128, 1, 1, 0, 1}, {1, 128, 6, 8}, DGBA_CONV2D_POINTWISE}, // small products are BLAS's own
        {{64, 128, 1, 2, 0, 1}, {1, 64, 81, 81}, DGBA_CONV2D_COLUMNS},
        {{3, 64, 7, 2, 3, 1}, {1, 3, 321, 321}, DGBA_CONV2D_COLUMNS},
        {{4, 4, 3, 1, 1, 1}, {2, 4, 9, 9}, DGBA_CONV2D_COLUMNS},
        {{64, 64, 3, 1, 1, 1}, {1, 64, 81, 81}, DGBA_CONV2D_WINOGRAD},
        {{512, 512, 3, 1, 4, 4}, {4, 512, 41, 41}, DGBA_CONV2D_WINOGRAD},
        {{512, 1024, 3, 1, 12, 12}, {4, 512, 41, 41}, DGBA_CONV2D_WINOGRAD},
        {{512, 1024, 3, 1, 24, 24}, {1, 512, 41, 41}, DGBA_CONV2D_WINOGRAD},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i)
        for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d) {
            const dgba_conv2d_algorithm chosen = dgba_conv2d_choose(&cases[i].conv, cases[i].x, d);
            const bool by_blas = d == DGBA_CONV2D_BACKWARD_PARAMS &&
                                 (cases[i].expected == DGBA_CONV2D_PANELS || cases[i].expected == DGBA_CONV2D_STRASSEN);
            const dgba_conv2d_algorithm expected = by_blas ? DGBA_CONV2D_POINTWISE : cases[i].expected;
            assert_string_equal(dgba_conv2d_algorithm_name(chosen), dgba_conv2d_algorithm_name(expected));
        }
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
 *  for a wider matrix. Not so kernels of our own. */
static void check_single_images(const dgba_conv2d *conv, dgba_conv2d_algorithm algorithm) {
    const bool own = algorithm != DGBA_CONV2D_POINTWISE && algorithm != DGBA_CONV2D_COLUMNS;
    problem p = make_problem(*conv, (dgba_shape){5, conv->in_channels, 12, 15}, algorithm);
    const int64_t x_image = p.x_count / 5, y_image = p.y_count / 5;
    const float *y = run_forward(&p, p.b, true), *dx = run_backward_input(&p, NULL);
    for (int64_t n = 0; n < 5; ++n) {
        problem one = p;
        one.x_shape.n = 1;
        one.x += n * x_image;
        one.dy += n * y_image;
        one.x_count = x_image;
        one.y_count = y_image;
        if (own) {
            assert_memory_equal(run_forward(&one, p.b, true), y + n * y_image, (size_t)y_image * sizeof *y);
            assert_memory_equal(run_backward_input(&one, NULL), dx + n * x_image, (size_t)x_image * sizeof *dx);
        }
        CHECK_TERMS(run_forward(&one, p.b, true), y + n * y_image, y_image, tolerances[algorithm].forward, p.w_count / p.k);
        CHECK_TERMS(run_backward_input(&one, NULL), dx + n * x_image, x_image, tolerances[algorithm].input,
                    p.w_count / p.x_shape.c);
    }
}

static void single_images_equal_the_batch(void **state) {
    (void)state;
    static const dgba_conv2d convs[] = {
        {16, 12, 3, 1, 1, 1}, {16, 12, 1, 1, 0, 1}, {32, 64, 1, 1, 0, 1}, {16, 12, 3, 2, 12, 12}, {16, 12, 3, 1, 7, 7}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(convs); ++i)
        for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a)
            if (dgba_conv2d_supports(a, &convs[i], (dgba_shape){5, convs[i].in_channels, 12, 15}))
                check_single_images(&convs[i], a);
}

static void not_a_number_is_not_rectified_away(void **state) {
    (void)state;
    for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a) {
        const int64_t reach = a == DGBA_CONV2D_COLUMNS || a == DGBA_CONV2D_WINOGRAD ? 1 : 0;
        const int64_t channels = a == DGBA_CONV2D_STRASSEN ? 32 : 1;
        const bool spreads = a == DGBA_CONV2D_STRASSEN || a == DGBA_CONV2D_WINOGRAD;
        problem p =
            make_problem((dgba_conv2d){channels, channels, 2 * reach + 1, 1, reach, 1}, (dgba_shape){1, channels, 5, 5}, a);
        p.x[12] = NAN;
        p.wide_x[12] = (double)NAN;
        const float *y = run_forward(&p, p.b, true);
        for (int64_t i = 0; i < 25 * channels; ++i) {
            const bool touched = llabs(i % 25 / 5 - 2) <= reach && llabs(i % 5 - 2) <= reach;
            if (touched) assert_true(isnan(y[i]));
            if (!touched && !spreads) assert_false(isnan(y[i]));
        }
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
        cmocka_unit_test(chosen_geometries_equal_the_twin),
        cmocka_unit_test(drawn_geometries_equal_the_twin),
        cmocka_unit_test(all_dilations_equal_the_twin),
        cmocka_unit_test(fast_algorithms_are_accurate),
        cmocka_unit_test(choices_fit_the_shape),

        cmocka_unit_test(gradients_equal_finite_differences),
        cmocka_unit_test(bias_gradient_may_be_left_out),
        cmocka_unit_test(single_images_equal_the_batch),
        cmocka_unit_test(not_a_number_is_not_rectified_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
