#include "ref/nn.h"

dgba_shape ref_conv2d_shape(const dgba_conv2d *conv, dgba_shape x) {
    const int64_t reach = conv->dilation * (conv->kernel - 1) + 1;
    return (dgba_shape){x.n, conv->out_channels, (x.h + 2 * conv->padding - reach) / conv->stride + 1,
                        (x.w + 2 * conv->padding - reach) / conv->stride + 1};
}

/** One product of the sum: which elements of y, x and w meet. */
typedef struct term {
    int64_t y, k, x, w;
} term;

typedef void visit_term(term t, void *data);

/** Calls `visit` for the products of a channel pair in one image at one tap. */
static void visit_tap(visit_term *visit, void *data, dgba_shape x, const dgba_conv2d *conv, const int64_t at[5]) {
    const dgba_shape y = ref_conv2d_shape(conv, x);
    const int64_t n = at[0], k = at[1], c = at[2], r = at[3], s = at[4];
    for (int64_t i = 0; i < y.h; ++i) {
        for (int64_t j = 0; j < y.w; ++j) {
            const int64_t h = i * conv->stride + r * conv->dilation - conv->padding;
            const int64_t w = j * conv->stride + s * conv->dilation - conv->padding;
            if (h < 0 || h >= x.h || w < 0 || w >= x.w) continue;
            visit((term){.y = ((n * y.c + k) * y.h + i) * y.w + j,
                         .k = k,
                         .x = ((n * x.c + c) * x.h + h) * x.w + w,
                         .w = ((k * x.c + c) * conv->kernel + r) * conv->kernel + s},
                  data);
        }
    }
}

static void visit_all(visit_term *visit, void *data, dgba_shape x, const dgba_conv2d *conv) {
    for (int64_t n = 0; n < x.n; ++n)
        for (int64_t k = 0; k < conv->out_channels; ++k)
            for (int64_t c = 0; c < x.c; ++c)
                for (int64_t tap = 0; tap < conv->kernel * conv->kernel; ++tap)
                    visit_tap(visit, data, x, conv, (const int64_t[5]){n, k, c, tap / conv->kernel, tap % conv->kernel});
}

/** All arrays of a convolution; those that are not asked for are NULL. */
typedef struct arrays {
    double *y, *dx, *dw;
    const double *x, *w, *dy;
} arrays;

static void forward_term(term t, void *data) {
    const arrays *a = data;
    a->y[t.y] += a->w[t.w] * a->x[t.x];
}

static void backward_term(term t, void *data) {
    const arrays *a = data;
    a->dx[t.x] += a->w[t.w] * a->dy[t.y];
    a->dw[t.w] += a->x[t.x] * a->dy[t.y];
}

void ref_conv2d_forward(double *y, const double *x, const double *w, const double *b, dgba_shape x_shape,
                        const dgba_conv2d *conv, bool relu) {
    const dgba_shape out = ref_conv2d_shape(conv, x_shape);
    const int64_t plane = out.h * out.w, count = dgba_shape_count(out);
    for (int64_t i = 0; i < count; ++i) y[i] = b != NULL ? b[i / plane % out.c] : 0;
    visit_all(forward_term, &(arrays){.y = y, .x = x, .w = w}, x_shape, conv);
    if (relu) ref_relu_forward(y, y, count);
}

void ref_conv2d_backward(double *dx, double *dw, double *db, const double *dy, const double *x, const double *w,
                         dgba_shape x_shape, const dgba_conv2d *conv) {
    const dgba_shape out = ref_conv2d_shape(conv, x_shape);
    const int64_t plane = out.h * out.w;
    for (int64_t i = 0; i < dgba_shape_count(x_shape); ++i) dx[i] = 0;
    for (int64_t i = 0; i < out.c * x_shape.c * conv->kernel * conv->kernel; ++i) dw[i] = 0;
    for (int64_t k = 0; k < out.c; ++k) db[k] = 0;
    for (int64_t i = 0; i < dgba_shape_count(out); ++i) db[i / plane % out.c] += dy[i];
    visit_all(backward_term, &(arrays){.dx = dx, .dw = dw, .x = x, .w = w, .dy = dy}, x_shape, conv);
}
