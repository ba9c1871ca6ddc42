// The kernel of dgba_panel_product() for one instruction set: panel.c includes this file once for each, after defining
//   PANEL(name)         the names here with a suffix; PANEL(product) is the kernel
//   PANEL_TARGET        its instruction set
//   vector, LANES       a register of floats, and how many it holds
//   LOAD STORE SPREAD   from and to memory, and one float to all lanes
//   MULTIPLY_ADD        a·b + c
//   RECTIFY             max(0, x), and NaN stays NaN
//   ROWS                rows of the result that are computed at once: with 3 registers a row they fill the register file
// and undefines them all at its end. One sum runs over `inner` from its beginning to its end, however rows and columns are
// cut, so an element of the result has the same bits wherever it stands.

#define INLINE static inline __attribute__((always_inline)) PANEL_TARGET

/** `rows` by `vectors` registers of the result; both are constants wherever it is inlined. */
INLINE void PANEL(tile)(float *c, int64_t c_stride, const float *a, const dgba_rows *shape, const float *b, ends e,
                        const int rows, const int vectors) {
    vector sum[ROWS][VECTORS];
    if (e.add != NULL) {
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 3
            for (int v = 0; v < vectors; ++v) sum[i][v] = LOAD(e.add + i * e.add_stride + v * LANES);
    } else {
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 3
            for (int v = 0; v < vectors; ++v) sum[i][v] = SPREAD(e.bias != NULL ? e.bias[i] : 0);
    }
    for (int64_t left = shape->inner; left > 0; left -= DGBA_PANEL_GRAIN, a += shape->group) {
        const int64_t columns = left < DGBA_PANEL_GRAIN ? left : DGBA_PANEL_GRAIN;
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i) __builtin_prefetch(a + GROUPS_AHEAD * shape->group + i * shape->stride);
        for (int64_t k = 0; k < columns; ++k, b += DGBA_PANEL_COLUMNS) {
            vector factor[VECTORS];
#pragma GCC unroll 3
            for (int v = 0; v < vectors; ++v) {
                if (v * LANES % CACHE_LINE == 0) __builtin_prefetch(b + ROWS_AHEAD * DGBA_PANEL_COLUMNS + v * LANES);
                factor[v] = LOAD(b + v * LANES);
            }
#pragma GCC unroll 8
            for (int i = 0; i < rows; ++i) {
                const vector weight = SPREAD(a[i * shape->stride + k]);
#pragma GCC unroll 3
                for (int v = 0; v < vectors; ++v) sum[i][v] = MULTIPLY_ADD(weight, factor[v], sum[i][v]);
            }
        }
    }
    if (e.relu)
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 3
            for (int v = 0; v < vectors; ++v) sum[i][v] = RECTIFY(sum[i][v]);
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) STORE(c + i * c_stride + v * LANES, sum[i][v]);
}

#define CASE(rows, vectors)                                      \
    case (rows)*VECTORS + (vectors)-1:                           \
        PANEL(tile)(c, c_stride, a, shape, b, e, rows, vectors); \
        break;
#define CASES(rows) CASE(rows, 1) CASE(rows, 2) CASE(rows, 3)

INLINE void PANEL(any_tile)(float *c, int64_t c_stride, const float *a, const dgba_rows *shape, const float *b, ends e,
                            int64_t rows, int64_t vectors) {
    switch (rows * VECTORS + vectors - 1) {
        CASES(1)
        CASES(2)
        CASES(3)
        CASES(4)
#if ROWS > 4
        CASES(5)
        CASES(6)
        CASES(7)
        CASES(8)
#endif
    }
}

PANEL_TARGET
static void PANEL(product)(float *c, int64_t c_stride, const dgba_rows *a, const float *b, int64_t columns, const ends *e) {
    // Parts as equal as they can be: a kernel for few rows waits for its loads.
    const int64_t parts = (a->rows + ROWS - 1) / ROWS;
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t first = a->rows * part / parts, rows = a->rows * (part + 1) / parts - first;
        for (int64_t j = 0; j < columns; j += VECTORS * LANES) {
            const int64_t left = (columns - j + LANES - 1) / LANES, vectors = left < VECTORS ? left : VECTORS;
            PANEL(any_tile)
            (c + first * c_stride + j, c_stride, a->data + first * a->stride, a, b + j, ends_at(e, first, j), rows,
             vectors);
        }
    }
}

#undef CASES
#undef CASE
#undef INLINE
#undef PANEL
#undef PANEL_TARGET
#undef vector
#undef LANES
#undef LOAD
#undef STORE
#undef SPREAD
#undef MULTIPLY_ADD
#undef RECTIFY
#undef ROWS
