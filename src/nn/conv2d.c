#include <math.h>

#include "conv2d.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static dgba_status check_numbers(const dgba_conv2d *conv, dgba_shape x) {
    const struct {
        const char *name;
        int64_t value, least;
    } numbers[] = {
        {"in_channels", conv->in_channels, 1},
        {"out_channels", conv->out_channels, 1},
        {"kernel", conv->kernel, 1},
        {"stride", conv->stride, 1},
        {"padding", conv->padding, 0},
        {"dilation", conv->dilation, 1},
        {"the number of images", x.n, 1},
        {"the height", x.h, 1},
        {"the width", x.w, 1},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(numbers); ++i)
        if (numbers[i].value < numbers[i].least || numbers[i].value > INT32_MAX)
            return dgba_fail(DGBA_E_SHAPE, "convolution: %s is %lld; it must be between %lld and %d", numbers[i].name,
                             (long long)numbers[i].value, (long long)numbers[i].least, INT32_MAX);
    if (x.c != conv->in_channels)
        return dgba_fail(DGBA_E_SHAPE, "convolution: the input has %lld channels, the weights want %lld", (long long)x.c,
                         (long long)conv->in_channels);
    return DGBA_OK;
}

/** Size of the output along an axis of size `in`; 0 or less if nothing is left. */
static int64_t output_size(const dgba_conv2d *conv, int64_t in) {
    const int64_t room = in + 2 * conv->padding - conv->dilation * (conv->kernel - 1) - 1;
    return room < 0 ? 0 : room / conv->stride + 1;
}

static dgba_shape output_shape(const dgba_conv2d *conv, dgba_shape x) {
    return (dgba_shape){x.n, conv->out_channels, output_size(conv, x.h), output_size(conv, x.w)};
}

/** What BLAS must be able to count: elements of a plane, of a filter. */
static dgba_status check_countable(const dgba_conv2d *conv, dgba_shape x, dgba_shape y) {
    int narrowed = 0;
    DGBA_TRY(dgba_narrow(&narrowed, x.h * x.w, "the number of input pixels of a convolution"));
    DGBA_TRY(dgba_narrow(&narrowed, y.h * y.w, "the number of output pixels of a convolution"));
    DGBA_TRY(dgba_narrow(&narrowed, conv->kernel * conv->kernel, "the number of taps of a convolution"));
    return dgba_narrow(&narrowed, conv->kernel * conv->kernel * conv->in_channels, "the size of a convolution's filter");
}

dgba_status dgba_conv2d_output_shape(dgba_shape *y, const dgba_conv2d *conv, dgba_shape x) {
    DGBA_TRY(check_numbers(conv, x));
    const dgba_shape shape = output_shape(conv, x);
    if (shape.h < 1 || shape.w < 1)
        return dgba_fail(
            DGBA_E_SHAPE, "convolution: nothing is left of a map of %lld x %lld (kernel %lld, padding %lld, dilation %lld)",
            (long long)x.h, (long long)x.w, (long long)conv->kernel, (long long)conv->padding, (long long)conv->dilation);
    DGBA_TRY(check_countable(conv, x, shape));
    *y = shape;
    return DGBA_OK;
}

int64_t conv2d_offset(const dgba_conv2d *conv, int64_t tap) { return tap * conv->dilation - conv->padding; }

conv2d_span conv2d_reach(const dgba_conv2d *conv, int64_t in, int64_t out, int64_t tap) {
    const int64_t offset = conv2d_offset(conv, tap), stride = conv->stride;
    const int64_t begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
    const int64_t end = offset < in ? (in - 1 - offset) / stride + 1 : 0;
    conv2d_span span = {.end = smaller(end, out)};
    span.begin = smaller(begin, span.end);
    return span;
}

static conv2d_axis axis(const dgba_conv2d *conv, int64_t in, int64_t out) {
    int64_t first = conv->kernel, last = -1;
    for (int64_t tap = 0; tap < conv->kernel; ++tap) {
        const conv2d_span reach = conv2d_reach(conv, in, out, tap);
        if (reach.begin == reach.end) continue;
        first = smaller(first, tap);
        last = tap;
    }
    if (last < 0) first = last = 0; // all outputs see padding only: one tap, which is all zero
    return (conv2d_axis){in, out, first, last - first + 1};
}

static conv2d_geometry geometry(const dgba_conv2d *conv, dgba_shape x) {
    const dgba_shape y = output_shape(conv, x);
    return (conv2d_geometry){*conv, x, y, axis(conv, x.h, y.h), axis(conv, x.w, y.w)};
}

int64_t dgba_conv2d_macs(const dgba_conv2d *conv, dgba_shape x) {
    return dgba_shape_count(output_shape(conv, x)) * conv->in_channels * conv->kernel * conv->kernel;
}

/* ---- Algorithms ---- */

static const conv2d_algorithm *const algorithms[DGBA_CONV2D_ALGORITHMS] = {
    [DGBA_CONV2D_POINTWISE] = &conv2d_pointwise, [DGBA_CONV2D_PANELS] = &conv2d_panels,
    [DGBA_CONV2D_STRASSEN] = &conv2d_strassen,   [DGBA_CONV2D_COLUMNS] = &conv2d_columns,
    [DGBA_CONV2D_WINOGRAD] = &conv2d_winograd,
};

const char *dgba_conv2d_algorithm_name(dgba_conv2d_algorithm algorithm) { return algorithms[algorithm]->name; }

bool dgba_conv2d_supports(dgba_conv2d_algorithm algorithm, const dgba_conv2d *conv, dgba_shape x) {
    const conv2d_geometry g = geometry(conv, x);
    return algorithms[algorithm]->supports(&g);
}

// Fitted to measurements on one core with AVX2 and with AVX-512, in multiply-accumulates of a large matrix product. Only
// ratios matter.

double conv2d_product_cost(int64_t rows, int64_t columns, int64_t inner) {
    const double call = 20000, per_float = 10; // the factors are arranged, the result is written
    const double floats = (double)(rows * inner + inner * columns + rows * columns);
    return call + per_float * floats + (double)rows * (double)columns * (double)inner;
}

double conv2d_copy_cost(int64_t floats) { return 12 * (double)floats; }

dgba_conv2d_algorithm dgba_conv2d_choose(const dgba_conv2d *conv, dgba_shape x, dgba_conv2d_direction direction) {
    dgba_conv2d_algorithm best = DGBA_CONV2D_COLUMNS;
    double least = INFINITY;
    const conv2d_geometry g = geometry(conv, x);
    for (dgba_conv2d_algorithm a = 0; a < DGBA_CONV2D_ALGORITHMS; ++a) {
        if (!algorithms[a]->supports(&g)) continue;
        const double cost = algorithms[a]->cost(&g, direction);
        if (cost >= least) continue;
        best = a;
        least = cost;
    }
    return best;
}

int64_t dgba_conv2d_scratch(dgba_conv2d_algorithm algorithm, const dgba_conv2d *conv, dgba_shape x,
                            dgba_conv2d_direction direction) {
    const conv2d_geometry g = geometry(conv, x);
    return algorithms[algorithm]->scratch != NULL ? algorithms[algorithm]->scratch(&g, direction) : 0;
}

void dgba_conv2d_forward(float *y, const float *x, dgba_conv2d_weights w, const float *b, dgba_shape x_shape,
                         const dgba_conv2d *conv, bool relu, float *scratch) {
    const conv2d_geometry g = geometry(conv, x_shape);
    algorithms[w.algorithm]->forward(y, x, w.w, b, &g, relu, scratch);
}

void dgba_conv2d_backward_input(float *dx, const float *dy, dgba_conv2d_weights w, dgba_shape x_shape,
                                const dgba_conv2d *conv, bool accumulate, float *scratch) {
    const conv2d_geometry g = geometry(conv, x_shape);
    algorithms[w.algorithm]->backward_input(dx, dy, w.w, &g, accumulate, scratch);
}

static void add_bias_gradient(float *db, const float *dy, dgba_shape y) {
    const int64_t plane = y.h * y.w;
    for (int64_t k = 0; k < y.c; ++k) {
        double sum = 0;
        for (int64_t n = 0; n < y.n; ++n) sum += dgba_sum(dy + (n * y.c + k) * plane, plane);
        db[k] += (float)sum;
    }
}

void dgba_conv2d_backward_params(float *dw, float *db, const float *dy, const float *x, dgba_conv2d_algorithm algorithm,
                                 dgba_shape x_shape, const dgba_conv2d *conv, float *scratch) {
    const conv2d_geometry g = geometry(conv, x_shape);
    algorithms[algorithm]->backward_weights(dw, dy, x, &g, scratch);
    if (db != NULL) add_bias_gradient(db, dy, g.y);
}
