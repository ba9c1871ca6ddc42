/** What PyTorch computes (tests/golden/nn/generate.py): convolutions, batch normalisation, max-pooling, both ways. */
#include <math.h>
#include <stdio.h>

#include "dgba/h5io.h"
#include "dgba/nn.h"
#include "support/batchnorm.h"
#include "support/check.h"

// Tolerances for standard normal inputs: |result − PyTorch| ≤ relative·|PyTorch| + absolute. The longest sums are those of
// the weights' gradients, 1681 products.
static const struct tolerance {
    double relative, absolute;
} conv_forward = {1e-6, 2e-5}, conv_input = {1e-6, 2e-5}, conv_params = {1e-6, 1e-4}, winograd_forward = {1e-6, 1e-4},
  winograd_input = {1e-6, 1e-4}, winograd_params = {1e-6, 1e-3}, norm_forward = {1e-6, 2e-6},
  norm_statistics = {1e-6, 1e-7}, norm_backward = {1e-5, 1e-5}, pool_forward = {0, 0}, pool_backward = {1e-6, 1e-6};

#define CHECK_WITHIN(a, b, count, tolerance) CHECK_CLOSE(a, b, count, (tolerance).relative, (tolerance).absolute)

enum { ARENA_BYTES = 4 << 20, PATH_BYTES = 128 };

static dgba_h5 *file;
static dgba_arena arena;

static float *take(int64_t count) {
    float *memory = NULL;
    CHECK_OK(dgba_arena_take((void **)&memory, &arena, "test array", count, sizeof *memory));
    dgba_fill(memory, NAN, count);
    return memory;
}

static float *take_zeros(int64_t count) {
    float *memory = take(count);
    dgba_fill(memory, 0, count);
    return memory;
}

/** An array of a case: "/conv2d/plain", "x". */
static float *read(dgba_shape *shape, const char *path, const char *name) {
    char full[PATH_BYTES];
    snprintf(full, sizeof full, "%s/%s", path, name);
    int axes = 0;
    int64_t sizes[DGBA_H5_MOST_AXES];
    CHECK_OK(dgba_h5_sizes(&axes, sizes, file, full));
    for (; axes < 4; ++axes) sizes[axes] = 1;
    *shape = (dgba_shape){sizes[0], sizes[1], sizes[2], sizes[3]};
    float *memory = take(dgba_shape_count(*shape));
    CHECK_OK(dgba_h5_read(memory, file, full, DGBA_H5_F32, dgba_shape_count(*shape)));
    return memory;
}

static float *read_plain(const char *path, const char *name) {
    dgba_shape shape;
    return read(&shape, path, name);
}

static int64_t number(const char *path, const char *name) {
    int64_t value = 0;
    CHECK_OK(dgba_h5_get_integer(&value, file, path, name));
    return value;
}

static void check_algorithm(const char *path, dgba_conv2d_algorithm a, const dgba_conv2d *conv, dgba_shape x_shape) {
    dgba_shape y_shape, w_shape;
    const float *x = read_plain(path, "x"), *w = read(&w_shape, path, "w"), *b = read_plain(path, "b");
    const float *golden_y = read(&y_shape, path, "y"), *dy = read_plain(path, "dy");
    const int64_t x_count = dgba_shape_count(x_shape), y_count = dgba_shape_count(y_shape);
    const int64_t w_count = dgba_shape_count(w_shape), k = conv->out_channels;
    float *y = take(y_count), *dx = take(x_count), *dw = take_zeros(w_count), *db = take_zeros(k);
    const dgba_conv2d_weights weights = {a, w};
    float *scratch[DGBA_CONV2D_DIRECTIONS];
    for (dgba_conv2d_direction d = 0; d < DGBA_CONV2D_DIRECTIONS; ++d)
        scratch[d] = take(dgba_conv2d_scratch(a, conv, x_shape, d));
    dgba_conv2d_forward(y, x, weights, b, x_shape, conv, false, scratch[DGBA_CONV2D_FORWARD]);
    dgba_conv2d_backward_input(dx, dy, weights, x_shape, conv, false, scratch[DGBA_CONV2D_BACKWARD_INPUT]);
    dgba_conv2d_backward_params(dw, db, dy, x, a, x_shape, conv, scratch[DGBA_CONV2D_BACKWARD_PARAMS]);
    const bool wide = a == DGBA_CONV2D_WINOGRAD;
    CHECK_WITHIN(y, golden_y, y_count, wide ? winograd_forward : conv_forward);
    CHECK_WITHIN(dx, read_plain(path, "dx"), x_count, wide ? winograd_input : conv_input);
    CHECK_WITHIN(dw, read_plain(path, "dw"), w_count, wide ? winograd_params : conv_params);
    CHECK_WITHIN(db, read_plain(path, "db"), k, conv_params);
}

static void check_conv2d(const char *path) {
    dgba_shape x_shape, y_shape, out;
    read(&x_shape, path, "x");
    read(&y_shape, path, "y");
    const dgba_conv2d conv = {x_shape.c,
                              y_shape.c,
                              number(path, "kernel"),
                              number(path, "stride"),
                              number(path, "padding"),
                              number(path, "dilation")};
    CHECK_OK(dgba_conv2d_output_shape(&out, &conv, x_shape));
    assert_true(dgba_shape_equal(out, y_shape));
    for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a) {
        if (!dgba_conv2d_supports(a, &conv, x_shape)) continue;
        dgba_arena_reset(&arena);
        check_algorithm(path, a, &conv, x_shape);
    }
}

static void check_depthwise(const char *path) {
    dgba_shape x_shape, y_shape, out;
    const float *x = read(&x_shape, path, "x"), *w = read_plain(path, "w"), *b = read_plain(path, "b");
    const float *golden_y = read(&y_shape, path, "y"), *dy = read_plain(path, "dy");
    const dgba_conv2d conv = {x_shape.c,
                              x_shape.c,
                              number(path, "kernel"),
                              number(path, "stride"),
                              number(path, "padding"),
                              number(path, "dilation")};
    CHECK_OK(dgba_depthwise_output_shape(&out, &conv, x_shape));
    assert_true(dgba_shape_equal(out, y_shape));
    const int64_t x_count = dgba_shape_count(x_shape), y_count = dgba_shape_count(out), w_count = 9 * x_shape.c;
    float *y = take(y_count), *dx = take(x_count), *dw = take_zeros(w_count), *db = take_zeros(out.c);
    float *scratch = take(dgba_depthwise_scratch(&conv, x_shape));
    dgba_depthwise_forward(y, x, w, b, x_shape, &conv, false, scratch);
    dgba_depthwise_backward_input(dx, dy, w, x_shape, &conv, false, scratch);
    dgba_depthwise_backward_params(dw, db, dy, x, x_shape, &conv, scratch);
    CHECK_WITHIN(y, golden_y, y_count, conv_forward);
    CHECK_WITHIN(dx, read_plain(path, "dx"), x_count, conv_input);
    CHECK_WITHIN(dw, read_plain(path, "dw"), w_count, conv_params);
    CHECK_WITHIN(db, read_plain(path, "db"), out.c, conv_params);
}

static void check_batchnorm(const char *path) {
    const dgba_batchnorm options = {1e-5f, 0.1f};
    dgba_shape shape;
    const float *x = read(&shape, path, "x"), *gamma = read_plain(path, "gamma"), *beta = read_plain(path, "beta");
    const int64_t count = dgba_shape_count(shape), plane = shape.h * shape.w;
    float *y = take(count), *dx = take(count), *mean = take(shape.c), *inv_std = take(shape.c);
    float *running_mean = take_zeros(shape.c), *running_var = take(shape.c);
    float *dgamma = take_zeros(shape.c), *dbeta = take_zeros(shape.c);
    dgba_fill(running_var, 1, shape.c);
    batchnorm_forward(y, mean, inv_std, running_mean, running_var, read_plain(path, "first"), gamma, beta, shape, options);
    batchnorm_forward(y, mean, inv_std, running_mean, running_var, x, gamma, beta, shape, options);
    batchnorm_backward(dx, dgamma, dbeta, read_plain(path, "dy"), x, mean, inv_std, gamma, shape, false);
    CHECK_WITHIN(y, read_plain(path, "y"), count, norm_forward);
    CHECK_WITHIN(running_mean, read_plain(path, "running_mean"), shape.c, norm_statistics);
    CHECK_WITHIN(running_var, read_plain(path, "running_var"), shape.c, norm_statistics);
    CHECK_WITHIN(dx, read_plain(path, "dx"), count, norm_backward);
    CHECK_WITHIN(dgamma, read_plain(path, "dgamma"), shape.c, norm_backward);
    CHECK_WITHIN(dbeta, read_plain(path, "dbeta"), shape.c, norm_backward);

    float *scale = take(shape.c), *shift = take(shape.c), *evaluated = read_plain(path, "evaluated");
    dgba_batchnorm_fold(scale, shift, gamma, beta, running_mean, running_var, shape.c, options);
    for (int64_t i = 0; i < count; ++i) {
        const int64_t c = i / plane % shape.c;
        evaluated[i] = evaluated[i] * scale[c] + shift[c];
    }
    CHECK_WITHIN(evaluated, read_plain(path, "evaluated_y"), count, norm_forward);
}

static void check_maxpool(const char *path) {
    dgba_shape x_shape, y_shape, out;
    const float *x = read(&x_shape, path, "x"), *golden_y = read(&y_shape, path, "y"), *dy = read_plain(path, "dy");
    const dgba_maxpool pool = {number(path, "kernel"), number(path, "stride"), number(path, "padding"),
                               number(path, "ceil_mode") != 0};
    CHECK_OK(dgba_maxpool_output_shape(&out, &pool, x_shape));
    assert_true(dgba_shape_equal(out, y_shape));
    float *y = take(dgba_shape_count(out)), *dx = take(dgba_shape_count(x_shape));
    int32_t *winner = NULL;
    CHECK_OK(dgba_arena_take((void **)&winner, &arena, "winner", dgba_shape_count(out), sizeof *winner));
    dgba_maxpool_forward(y, winner, x, x_shape, &pool);
    dgba_maxpool_backward(dx, dy, winner, x_shape, &pool, false);
    CHECK_WITHIN(y, golden_y, dgba_shape_count(out), pool_forward);
    CHECK_WITHIN(dx, read_plain(path, "dx"), dgba_shape_count(x_shape), pool_backward);
}

/** Runs `check` for every case of a group; their number guards against a file that lacks some. */
static void check_group(const char *group, void (*check)(const char *path), int64_t cases) {
    dgba_names names;
    CHECK_OK(dgba_h5_members(&names, file, group));
    assert_int_equal(names.count, cases);
    for (int64_t i = 0; i < names.count; ++i) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", group, names.items[i]);
        dgba_arena_reset(&arena);
        check(path);
    }
    dgba_names_free(&names);
}

static void conv2d(void **state) {
    (void)state;
    check_group("/conv2d", check_conv2d, 12);
}

static void depthwise(void **state) {
    (void)state;
    check_group("/depthwise", check_depthwise, 3);
}

static void batchnorm(void **state) {
    (void)state;
    check_group("/batchnorm", check_batchnorm, 3);
}

static void maxpool(void **state) {
    (void)state;
    check_group("/maxpool", check_maxpool, 6);
}

static int setup(void **state) {
    (void)state;
    if (dgba_arena_create(&arena, ARENA_BYTES) != DGBA_OK) return -1;
    return dgba_h5_open(&file, TEST_SOURCE_DIR "/golden/nn/ops.h5") == DGBA_OK ? 0 : -1;
}

static int teardown(void **state) {
    dgba_h5_close(&file);
    dgba_arena_free(&arena);
    return check_no_leak(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv2d),
        cmocka_unit_test(depthwise),
        cmocka_unit_test(batchnorm),
        cmocka_unit_test(maxpool),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
