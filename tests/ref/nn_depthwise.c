#include "ref/nn.h"

/** Element of x that tap (r, s) of output (i, j) of a plane reads; −1 in the padding. */
static int64_t read_at(const dgba_conv2d *conv, dgba_shape x, int64_t i, int64_t j, int64_t tap) {
    const int64_t h = i * conv->stride + tap / conv->kernel * conv->dilation - conv->padding;
    const int64_t w = j * conv->stride + tap % conv->kernel * conv->dilation - conv->padding;
    return h < 0 || h >= x.h || w < 0 || w >= x.w ? -1 : h * x.w + w;
}

void ref_depthwise_forward(double *y, const double *x, const double *w, const double *b, dgba_shape x_shape,
                           const dgba_conv2d *conv, bool relu) {
    const dgba_shape out = ref_conv2d_shape(conv, x_shape);
    const int64_t taps = conv->kernel * conv->kernel, x_plane = x_shape.h * x_shape.w, y_plane = out.h * out.w;
    for (int64_t o = 0; o < dgba_shape_count(out); ++o) {
        const int64_t plane = o / y_plane, c = plane % out.c, place = o % y_plane;
        y[o] = b != NULL ? b[c] : 0;
        for (int64_t tap = 0; tap < taps; ++tap) {
            const int64_t at = read_at(conv, x_shape, place / out.w, place % out.w, tap);
            if (at >= 0) y[o] += w[c * taps + tap] * x[plane * x_plane + at];
        }
    }
    if (relu) ref_relu_forward(y, y, dgba_shape_count(out));
}

void ref_depthwise_backward(double *dx, double *dw, double *db, const double *dy, const double *x, const double *w,
                            dgba_shape x_shape, const dgba_conv2d *conv) {
    const dgba_shape out = ref_conv2d_shape(conv, x_shape);
    const int64_t taps = conv->kernel * conv->kernel, x_plane = x_shape.h * x_shape.w, y_plane = out.h * out.w;
    for (int64_t i = 0; i < dgba_shape_count(x_shape); ++i) dx[i] = 0;
    for (int64_t i = 0; i < x_shape.c * taps; ++i) dw[i] = 0;
    for (int64_t c = 0; c < x_shape.c; ++c) db[c] = 0;
    for (int64_t o = 0; o < dgba_shape_count(out); ++o) {
        const int64_t plane = o / y_plane, c = plane % out.c, place = o % y_plane;
        db[c] += dy[o];
        for (int64_t tap = 0; tap < taps; ++tap) {
            const int64_t at = read_at(conv, x_shape, place / out.w, place % out.w, tap);
            if (at < 0) continue;
            dx[plane * x_plane + at] += w[c * taps + tap] * dy[o];
            dw[c * taps + tap] += x[plane * x_plane + at] * dy[o];
        }
    }
}
