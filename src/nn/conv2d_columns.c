#include <string.h>

#include "conv2d.h"

/** What one tap reads for the rows of one chunk. Outputs down × across read inside the map; the rest reads padding. */
typedef struct window {
    conv2d_span down, across; // `down` counted from the chunk's first row
    int64_t rows, width;      // of the chunk
    int64_t start, step;      // input element of output (0, 0), and from one output row to the next
    int64_t stride;           // and from one output column to the next
    bool shifted; // whole rows lie behind each other in both input and output: one piece of memory, only shifted
} window;

static int64_t clamp(int64_t value, int64_t low, int64_t high) { return value < low ? low : value > high ? high : value; }

static window window_of(const conv2d_geometry *g, conv2d_chunk chunk, int64_t row_tap, int64_t column_tap) {
    const dgba_conv2d *conv = &g->conv;
    const conv2d_span down = conv2d_reach(conv, g->x.h, g->y.h, row_tap);
    window w = {
        .down = {clamp(down.begin - chunk.row, 0, chunk.rows), clamp(down.end - chunk.row, 0, chunk.rows)},
        .across = conv2d_reach(conv, g->x.w, g->y.w, column_tap),
        .rows = chunk.rows,
        .width = g->y.w,
        .start = (chunk.row * conv->stride + conv2d_offset(conv, row_tap)) * g->x.w + conv2d_offset(conv, column_tap),
        .step = conv->stride * g->x.w,
        .stride = conv->stride,
        .shifted = conv->stride == 1 && g->x.w == g->y.w,
    };
    if (w.across.begin == w.across.end) w.down.end = w.down.begin; // no column reads inside, so no row does
    return w;
}

static void clear(float *from, float *end) { memset(from, 0, (size_t)(end - from) * sizeof *from); }

/** Clears the left and right parts of the rows that read inside the map. Column by column, because there are few (often
 *  one) and so no call per row is needed. */
static void clear_sides(float *columns, const window *w) {
    for (int64_t j = 0; j < w->width; ++j) {
        if (j == w->across.begin) j = w->across.end;
        if (j == w->width) break;
        for (int64_t i = w->down.begin; i < w->down.end; ++i) columns[i * w->width + j] = 0;
    }
}

/** Everything that reads padding becomes 0. */
static void clear_padding(float *columns, const window *w) {
    clear(columns, columns + w->down.begin * w->width);
    clear_sides(columns, w);
    clear(columns + w->down.end * w->width, columns + w->rows * w->width);
}

/** Elements from the first to the last output that reads inside the map, rows between them whole. */
static int64_t block_length(const window *w) {
    const int64_t rows = w->down.end - w->down.begin;
    return rows == 0 ? 0 : (rows - 1) * w->width + w->across.end - w->across.begin;
}

static void copy_shifted(float *columns, const float *plane, const window *w) {
    const int64_t first = w->down.begin * w->width + w->across.begin;
    const int64_t length = block_length(w);
    if (length > 0) memcpy(columns + first, plane + w->start + first, (size_t)length * sizeof *plane);
}

static void copy_rows(float *columns, const float *plane, const window *w) {
    const int64_t count = w->across.end - w->across.begin;
    for (int64_t i = w->down.begin; i < w->down.end; ++i) {
        float *restrict to = columns + i * w->width + w->across.begin;
        const float *restrict from = plane + w->start + i * w->step + w->across.begin * w->stride;
        if (w->stride == 1)
            memcpy(to, from, (size_t)count * sizeof *to);
        else
            for (int64_t j = 0; j < count; ++j) to[j] = from[j * w->stride];
    }
}

static void add_rows(float *plane, const float *columns, const window *w) {
    const int64_t count = w->across.end - w->across.begin;
    for (int64_t i = w->down.begin; i < w->down.end; ++i) {
        float *restrict to = plane + w->start + i * w->step + w->across.begin * w->stride;
        const float *restrict from = columns + i * w->width + w->across.begin;
        if (w->stride == 1)
            dgba_axpy(to, 1, from, count);
        else
            for (int64_t j = 0; j < count; ++j) to[j * w->stride] += from[j];
    }
}

/** The two directions: copies a plane's part into its columns, or adds it back. */
static void copy(float *columns, const float *plane, const window *w) {
    // The shifted copy runs over the sides, so the padding is cleared after it.
    if (w->shifted)
        copy_shifted(columns, plane, w);
    else
        copy_rows(columns, plane, w);
    clear_padding(columns, w);
}

static void add(float *plane, float *columns, const window *w) {
    if (w->shifted) {
        clear_sides(columns, w);
        const int64_t first = w->down.begin * w->width + w->across.begin;
        dgba_axpy(plane + w->start + first, 1, columns + first, block_length(w));
    } else {
        add_rows(plane, columns, w);
    }
}

/** Where a tap's row of the matrix begins: its (channel, row tap, column tap) among those that are kept. */
static int64_t row_index(const conv2d_geometry *g, int64_t channel, int64_t row_tap, int64_t column_tap) {
    return (channel * g->down.taps + row_tap) * g->across.taps + column_tap;
}

void conv2d_to_columns(float *columns, const float *x, const conv2d_geometry *g, conv2d_chunk chunk) {
    const int64_t piece = chunk.rows * g->y.w, plane = g->x.h * g->x.w;
    for (int64_t r = 0; r < g->down.taps; ++r) {
        for (int64_t s = 0; s < g->across.taps; ++s) {
            const window w = window_of(g, chunk, g->down.first_tap + r, g->across.first_tap + s);
            for (int64_t c = 0; c < g->x.c; ++c) {
                float *row = columns + row_index(g, c, r, s) * chunk.images * piece;
                const float *from = x + (chunk.image * g->x.c + c) * plane;
                for (int64_t n = 0; n < chunk.images; ++n) copy(row + n * piece, from + n * g->x.c * plane, &w);
            }
        }
    }
}

void conv2d_add_columns(float *dx, float *columns, const conv2d_geometry *g, conv2d_chunk chunk) {
    const int64_t piece = chunk.rows * g->y.w, plane = g->x.h * g->x.w;
    for (int64_t r = 0; r < g->down.taps; ++r) {
        for (int64_t s = 0; s < g->across.taps; ++s) {
            const window w = window_of(g, chunk, g->down.first_tap + r, g->across.first_tap + s);
            for (int64_t c = 0; c < g->x.c; ++c) {
                float *row = columns + row_index(g, c, r, s) * chunk.images * piece;
                float *to = dx + (chunk.image * g->x.c + c) * plane;
                for (int64_t n = 0; n < chunk.images; ++n) add(to + n * g->x.c * plane, row + n * piece, &w);
            }
        }
    }
}
