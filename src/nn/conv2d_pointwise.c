#include "conv2d_pointwise.h"

bool pointwise_supports(const conv2d_geometry *g) {
    return g->conv.kernel == 1 && g->conv.stride == 1 && g->conv.padding == 0;
}

static double cost(const conv2d_geometry *g, dgba_conv2d_direction direction) {
    const int64_t pixels = g->y.h * g->y.w, images = g->x.n;
    if (direction == DGBA_CONV2D_BACKWARD_PARAMS) return (double)images * conv2d_product_cost(g->y.c, g->x.c, pixels);
    const double small = 1e6, multiply_adds = (double)(g->y.c * pixels * g->x.c); // OpenBLAS arranges no small factors
    return (double)images * (multiply_adds <= small ? multiply_adds : conv2d_product_cost(g->y.c, pixels, g->x.c));
}

static void forward(float *y, const float *x, const float *w, const float *b, const conv2d_geometry *g, bool relu,
                    float *scratch) {
    (void)scratch;
    const int64_t plane = g->y.h * g->y.w;
    for (int64_t n = 0; n < g->x.n; ++n) {
        float *image = y + n * g->y.c * plane;
        dgba_gemm(image, plane, 0, (dgba_matrix){w, g->x.c, false}, (dgba_matrix){x + n * g->x.c * plane, plane, false},
                  g->y.c, plane, g->x.c);
        for (int64_t k = 0; k < g->y.c; ++k)
            conv2d_finish(image + k * plane, image + k * plane, b != NULL ? b + k : NULL, plane, relu);
    }
}

static void backward_input(float *dx, const float *dy, const float *w, const conv2d_geometry *g, bool accumulate,
                           float *scratch) {
    (void)scratch;
    const int64_t plane = g->y.h * g->y.w;
    for (int64_t n = 0; n < g->x.n; ++n)
        dgba_gemm(dx + n * g->x.c * plane, plane, accumulate ? 1 : 0, (dgba_matrix){w, g->x.c, true},
                  (dgba_matrix){dy + n * g->y.c * plane, plane, false}, g->x.c, plane, g->y.c);
}

void pointwise_backward_weights(float *dw, const float *dy, const float *x, const conv2d_geometry *g, float *scratch) {
    (void)scratch;
    const int64_t plane = g->y.h * g->y.w;
    for (int64_t n = 0; n < g->x.n; ++n)
        dgba_gemm(dw, g->x.c, 1, (dgba_matrix){dy + n * g->y.c * plane, plane, false},
                  (dgba_matrix){x + n * g->x.c * plane, plane, true}, g->y.c, g->x.c, plane);
}

const conv2d_algorithm conv2d_pointwise = {
    .name = "pointwise",
    .supports = pointwise_supports,
    .cost = cost,
    .forward = forward,
    .backward_input = backward_input,
    .backward_weights = pointwise_backward_weights,
};
