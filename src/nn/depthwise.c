/** Depthwise convolution with a 3×3 kernel, without matrix products: nine additions per output are too few to pay for one.
 *
 *  A padded plane whose rows lie behind each other is one long vector, and what a tap reads is that vector, shifted. So all
 *  rows of an output are one simple loop; what it computes between the end of a row and the beginning of the next is thrown
 *  away. With a stride, padded pixels are sorted first: pixel (u·stride + a, v·stride + b) goes to cell (u, v) of the map
 *  (a, b), and each tap reads one of the maps, shifted. */
#include <string.h>

#include "dgba/nn.h"

enum { KERNEL = 3, TAPS = KERNEL * KERNEL, CHUNK = 2048 };

typedef struct geometry {
    dgba_conv2d conv;
    dgba_shape x, y;
    int64_t reach;         // cells from an output's own to the last one it reads, downwards as well as to the right
    int64_t height, width; // of a map, in cells
} geometry;

static geometry geometry_of(const dgba_conv2d *conv, dgba_shape x) {
    geometry g = {.conv = *conv, .x = x, .reach = (KERNEL - 1) * conv->dilation / conv->stride};
    const int64_t span = (KERNEL - 1) * conv->dilation + 1;
    g.y = (dgba_shape){x.n, x.c, (x.h + 2 * conv->padding - span) / conv->stride + 1,
                       (x.w + 2 * conv->padding - span) / conv->stride + 1};
    g.height = g.y.h + g.reach;
    g.width = g.y.w + g.reach;
    return g;
}

dgba_status dgba_depthwise_output_shape(dgba_shape *y, const dgba_conv2d *conv, dgba_shape x) {
    dgba_shape shape;
    int narrowed = 0;
    DGBA_TRY(dgba_conv2d_output_shape(&shape, conv, x));
    if (conv->out_channels != conv->in_channels)
        return dgba_fail(DGBA_E_SHAPE, "depthwise convolution: %lld input channels, but %lld output channels",
                         (long long)conv->in_channels, (long long)conv->out_channels);
    if (conv->kernel != KERNEL)
        return dgba_fail(DGBA_E_SHAPE, "depthwise convolution: the kernel is %lld; only %d is there",
                         (long long)conv->kernel, KERNEL);
    const int64_t edges = 2 * conv->padding + conv->stride;
    DGBA_TRY(dgba_narrow(&narrowed, x.h + edges, "the padded height of a depthwise convolution"));
    DGBA_TRY(dgba_narrow(&narrowed, x.w + edges, "the padded width of a depthwise convolution"));
    DGBA_TRY(dgba_narrow(&narrowed, (x.h + edges) * (x.w + edges), "the padded pixels of a depthwise convolution"));
    *y = shape;
    return DGBA_OK;
}

int64_t dgba_depthwise_macs(const dgba_conv2d *conv, dgba_shape x) {
    return dgba_shape_count(geometry_of(conv, x).y) * TAPS;
}

/* ---- Scratch ---- */

static int64_t rows_at_once(const geometry *g) { return g->width < CHUNK ? CHUNK / g->width : 1; }

static int64_t cell_count(const geometry *g) { return g->conv.stride * g->conv.stride * g->height * g->width; }

/** Gradients of the outputs at the same distance from row to row as cells, with zeros around them. The zeros to the left
 *  of a row are those to the right of the row above. */
static int64_t grid_count(const geometry *g) { return (g->y.h + 2 * g->reach) * g->width + g->reach; }

int64_t dgba_depthwise_scratch(const dgba_conv2d *conv, dgba_shape x) {
    const geometry g = geometry_of(conv, x);
    return cell_count(&g) + grid_count(&g) + rows_at_once(&g) * g.width;
}

/** The three parts of the scratch; what is padding in the first two is zero and stays so from plane to plane. */
typedef struct workspace {
    float *cells, *grid, *sums;
} workspace;

static workspace make_workspace(float *scratch, const geometry *g) {
    const int64_t cells = cell_count(g), grid = grid_count(g);
    dgba_fill(scratch, 0, cells + grid);
    return (workspace){scratch, scratch + cells, scratch + cells + grid};
}

/* ---- Pixels to cells ---- */

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/** What of a row of pixels lies in the maps (·, b): pixels first, first + stride, …; cells from `cell` on. */
typedef struct run {
    int64_t first, cell, count;
} run;

static run run_of(const geometry *g, int64_t b) {
    const int64_t stride = g->conv.stride, padding = g->conv.padding;
    run r = {.first = ((b - padding) % stride + stride) % stride};
    r.cell = (r.first + padding) / stride;
    const int64_t pixels = r.first < g->x.w ? (g->x.w - r.first - 1) / stride + 1 : 0;
    r.count = smaller(pixels, g->width - r.cell);
    return r;
}

/** Cell (u, v) of map (a, b). */
static int64_t cell_at(const geometry *g, int64_t a, int64_t b, int64_t u, int64_t v) {
    return ((a * g->conv.stride + b) * g->height + u) * g->width + v;
}

/** Where the first output finds what the tap reads. */
static int64_t tap_at(const geometry *g, int64_t tap) {
    const int64_t stride = g->conv.stride;
    const int64_t down = tap / KERNEL * g->conv.dilation, across = tap % KERNEL * g->conv.dilation;
    return cell_at(g, down % stride, across % stride, down / stride, across / stride);
}

DGBA_VECTORIZE
static void take_every(float *restrict to, const float *restrict from, int64_t stride, int64_t count) {
    if (stride == 2) // said to the compiler, which makes vectors of it
        for (int64_t i = 0; i < count; ++i) to[i] = from[2 * i];
    else
        for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
}

static void to_cells(float *cells, const float *plane, const geometry *g) {
    const int64_t stride = g->conv.stride;
    for (int64_t b = 0; b < stride; ++b) {
        const run r = run_of(g, b);
        for (int64_t i = 0; i < g->x.h && r.count > 0; ++i) {
            const int64_t row = i + g->conv.padding;
            if (row / stride >= g->height) break; // no tap reads so far down
            float *to = cells + cell_at(g, row % stride, b, row / stride, r.cell);
            const float *from = plane + i * g->x.w + r.first;
            if (stride == 1)
                memcpy(to, from, (size_t)r.count * sizeof *to);
            else
                take_every(to, from, stride, r.count);
        }
    }
}

static void to_grid(float *grid, const float *dy, const geometry *g) {
    for (int64_t i = 0; i < g->y.h; ++i)
        memcpy(grid + (i + g->reach) * g->width + g->reach, dy + i * g->y.w, (size_t)g->y.w * sizeof *dy);
}

/* ---- Sums of taps ---- */

/** sum[i] = Σ_t w[t]·from[t][i]; the three rows of the kernel are summed side by side. */
DGBA_VECTORIZE
static void sum_all_taps(float *restrict sum, const float *const from[TAPS], const float w[TAPS], int64_t count) {
    const float *a = from[0], *b = from[1], *c = from[2], *d = from[3], *e = from[4], *f = from[5], *g = from[6];
    const float *h = from[7], *k = from[8];
    const float wa = w[0], wb = w[1], wc = w[2], wd = w[3], we = w[4], wf = w[5], wg = w[6], wh = w[7], wk = w[8];
    for (int64_t i = 0; i < count; ++i)
        sum[i] =
            (wa * a[i] + wb * b[i] + wc * c[i]) + (wd * d[i] + we * e[i] + wf * f[i]) + (wg * g[i] + wh * h[i] + wk * k[i]);
}

typedef struct taps {
    int count;
    int64_t at[TAPS];
    float weight[TAPS];
} taps;

static void add_tap(taps *t, int64_t at, float weight) {
    t->at[t->count] = at;
    t->weight[t->count++] = weight;
}

/** `count` elements from element `begin` on of the sum over taps of `from`, shifted. */
static void sum_taps(float *sum, const float *from, const taps *t, int64_t begin, int64_t count) {
    if (t->count == TAPS) {
        const float *shifted[TAPS];
        for (int i = 0; i < TAPS; ++i) shifted[i] = from + begin + t->at[i];
        sum_all_taps(sum, shifted, t->weight, count);
        return;
    }
    dgba_fill(sum, 0, count);
    for (int i = 0; i < t->count; ++i) dgba_axpy(sum, t->weight[i], from + begin + t->at[i], count);
}

/* ---- Forward ---- */

/** Rows of sums, `width` apart, to rows of the output; NaN stays NaN. */
DGBA_VECTORIZE
static void finish(float *restrict y, const float *restrict sums, int64_t rows, int64_t columns, int64_t width, float bias,
                   bool relu) {
    const float least = relu ? 0 : -__builtin_inff();
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) {
            const float sum = sums[i * width + j] + bias;
            y[i * columns + j] = sum < least ? least : sum;
        }
}

void dgba_depthwise_forward(float *y, const float *x, const float *w, const float *b, dgba_shape x_shape,
                            const dgba_conv2d *conv, bool relu, float *scratch) {
    const geometry g = geometry_of(conv, x_shape);
    const workspace work = make_workspace(scratch, &g);
    const int64_t x_plane = g.x.h * g.x.w, y_plane = g.y.h * g.y.w, most = rows_at_once(&g);
    for (int64_t p = 0; p < g.x.n * g.x.c; ++p) {
        const int64_t c = p % g.x.c;
        taps t = {0};
        for (int64_t tap = 0; tap < TAPS; ++tap) add_tap(&t, tap_at(&g, tap), w[c * TAPS + tap]);
        to_cells(work.cells, x + p * x_plane, &g);
        for (int64_t row = 0; row < g.y.h; row += most) {
            const int64_t rows = smaller(most, g.y.h - row);
            sum_taps(work.sums, work.cells, &t, row * g.width, (rows - 1) * g.width + g.y.w);
            finish(y + p * y_plane + row * g.y.w, work.sums, rows, g.y.w, g.width, b != NULL ? b[c] : 0, relu);
        }
    }
}

/* ---- Backward ---- */

DGBA_VECTORIZE
static void add_every(float *restrict to, const float *restrict from, int64_t stride, int64_t count) {
    if (stride == 1)
        for (int64_t i = 0; i < count; ++i) to[i] += from[i];
    else
        for (int64_t i = 0; i < count; ++i) to[i * stride] += from[i];
}

/** Adds rows of map (a, b), which begin with row `first`, to the pixels they stand for. */
static void add_rows(float *dx, const float *sums, const geometry *g, int64_t a, int64_t b, int64_t first, int64_t rows) {
    const run r = run_of(g, b);
    for (int64_t u = 0; u < rows && r.count > 0; ++u) {
        const int64_t i = (first + u) * g->conv.stride + a - g->conv.padding;
        if (i < 0 || i >= g->x.h) continue;
        add_every(dx + i * g->x.w + r.first, sums + u * g->width + r.cell, g->conv.stride, r.count);
    }
}

/** The taps that read map (a, b): what a cell gave to an output above and to the left, it gets back from there. */
static taps taps_of_map(const geometry *g, const float *w, int64_t a, int64_t b) {
    const int64_t stride = g->conv.stride;
    taps t = {0};
    for (int64_t tap = 0; tap < TAPS; ++tap) {
        const int64_t down = tap / KERNEL * g->conv.dilation, across = tap % KERNEL * g->conv.dilation;
        if (down % stride == a && across % stride == b)
            add_tap(&t, (g->reach - down / stride) * g->width + g->reach - across / stride, w[tap]);
    }
    return t;
}

static void add_map(float *dx, const float *w, const geometry *g, const workspace *work, int64_t a, int64_t b) {
    const taps t = taps_of_map(g, w, a, b);
    const int64_t most = rows_at_once(g);
    for (int64_t row = 0; row < g->height && t.count > 0; row += most) {
        const int64_t rows = smaller(most, g->height - row);
        sum_taps(work->sums, work->grid, &t, row * g->width, rows * g->width);
        add_rows(dx, work->sums, g, a, b, row, rows);
    }
}

void dgba_depthwise_backward_input(float *dx, const float *dy, const float *w, dgba_shape x_shape, const dgba_conv2d *conv,
                                   bool accumulate, float *scratch) {
    const geometry g = geometry_of(conv, x_shape);
    const workspace work = make_workspace(scratch, &g);
    const int64_t x_plane = g.x.h * g.x.w, y_plane = g.y.h * g.y.w, maps = conv->stride * conv->stride;
    for (int64_t p = 0; p < g.x.n * g.x.c; ++p) {
        float *to = dx + p * x_plane;
        if (!accumulate) dgba_fill(to, 0, x_plane); // for the pixels, too, that no tap reads
        to_grid(work.grid, dy + p * y_plane, &g);
        for (int64_t map = 0; map < maps; ++map)
            add_map(to, w + p % g.x.c * TAPS, &g, &work, map / conv->stride, map % conv->stride);
    }
}

/** Adds to the gradients of one channel. */
static void add_channel(double dw[TAPS], double *db, const float *dy, const float *x, const geometry *g,
                        const workspace *work) {
    const float *grid = work->grid + g->reach * (g->width + 1); // its zeros silence what lies between two rows
    to_cells(work->cells, x, g);
    to_grid(work->grid, dy, g);
    for (int64_t tap = 0; tap < TAPS; ++tap)
        dw[tap] += dgba_dot(work->cells + tap_at(g, tap), grid, (g->y.h - 1) * g->width + g->y.w);
    *db += dgba_sum(dy, g->y.h * g->y.w);
}

void dgba_depthwise_backward_params(float *dw, float *db, const float *dy, const float *x, dgba_shape x_shape,
                                    const dgba_conv2d *conv, float *scratch) {
    const geometry g = geometry_of(conv, x_shape);
    const workspace work = make_workspace(scratch, &g);
    const int64_t x_plane = g.x.h * g.x.w, y_plane = g.y.h * g.y.w;
    for (int64_t c = 0; c < g.x.c; ++c) {
        double weights[TAPS] = {0}, bias = 0;
        for (int64_t n = 0; n < g.x.n; ++n) {
            const int64_t p = n * g.x.c + c;
            add_channel(weights, &bias, dy + p * y_plane, x + p * x_plane, &g, &work);
        }
        for (int64_t tap = 0; tap < TAPS; ++tap) dw[c * TAPS + tap] += (float)weights[tap];
        if (db != NULL) db[c] += (float)bias;
    }
}
