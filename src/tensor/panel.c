#include "dgba/tensor.h"

// OpenBLAS arranges both factors anew in every call. Where the second one is narrow and already packed, that costs as much
// as the product; these kernels do without.

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_X86 1
#include <immintrin.h>
#else
#define HAS_X86 0
#endif

enum {
    VECTORS = 3,      // registers side by side in a row of the result
    CACHE_LINE = 16,  // floats
    GROUPS_AHEAD = 8, // between what is read of a first factor and what is fetched from memory: it is read once
    ROWS_AHEAD = 64,  // of a panel, likewise: long ones do not fit into the first-level cache
};

typedef dgba_panel_ends ends;

typedef void panel_function(float *c, int64_t c_stride, const dgba_rows *a, const float *b, int64_t columns, const ends *e);

/** For the part of the result that begins at (row, column). */
static inline ends ends_at(const ends *e, int64_t row, int64_t column) {
    return (ends){.add = e->add != NULL ? e->add + row * e->add_stride + column : NULL,
                  .add_stride = e->add_stride,
                  .bias = e->bias != NULL ? e->bias + row : NULL,
                  .relu = e->relu};
}

#if HAS_X86
#define PANEL(name)  name##_avx512
#define PANEL_TARGET __attribute__((target("avx512f")))
#define vector       __m512
#define LANES        16
#define LOAD         _mm512_loadu_ps
#define STORE        _mm512_storeu_ps
#define SPREAD       _mm512_set1_ps
#define MULTIPLY_ADD _mm512_fmadd_ps
#define RECTIFY(x)   _mm512_max_ps(_mm512_setzero_ps(), x)
#define ROWS         8
#include "panel_kernel.h"

#define PANEL(name)  name##_avx2
#define PANEL_TARGET __attribute__((target("avx2,fma")))
#define vector       __m256
#define LANES        8
#define LOAD         _mm256_loadu_ps
#define STORE        _mm256_storeu_ps
#define SPREAD       _mm256_set1_ps
#define MULTIPLY_ADD _mm256_fmadd_ps
#define RECTIFY(x)   _mm256_max_ps(_mm256_setzero_ps(), x)
#define ROWS         4
#include "panel_kernel.h"
#endif

#define PANEL(name) name##_plain
#define PANEL_TARGET
#define vector                float
#define LANES                 1
#define LOAD(from)            (*(from))
#define STORE(to, x)          (*(to) = (x))
#define SPREAD(x)             (x)
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define RECTIFY(x)            ((x) < 0 ? 0 : (x))
#define ROWS                  4
#include "panel_kernel.h"

typedef struct kernel {
    const char *name;
    panel_function *product;
} kernel;

/** Those that this processor can run, the fastest first. */
static int64_t find_kernels(kernel kernels[3]) {
    int64_t count = 0;
#if HAS_X86
    if (__builtin_cpu_supports("avx512f")) kernels[count++] = (kernel){"avx512", product_avx512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels[count++] = (kernel){"avx2", product_avx2};
#endif
    kernels[count++] = (kernel){"plain", product_plain};
    return count;
}

int64_t dgba_panel_kernels(void) {
    kernel kernels[3];
    return find_kernels(kernels);
}

static kernel kernel_at(int64_t index) {
    kernel kernels[3];
    const int64_t count = find_kernels(kernels);
    DGBA_ASSERT(index >= 0 && index < count);
    return kernels[index];
}

const char *dgba_panel_kernel_name(int64_t index) { return kernel_at(index).name; }

void dgba_panel_product_onto_by(int64_t index, float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns,
                                dgba_panel_ends e) {
    DGBA_ASSERT(columns >= 1 && columns <= DGBA_PANEL_COLUMNS && (e.add == NULL || e.bias == NULL));
    kernel_at(index).product(c, c_stride, &a, b, columns, &e);
}

void dgba_panel_product_onto(float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns, dgba_panel_ends e) {
    dgba_panel_product_onto_by(0, c, c_stride, a, b, columns, e);
}

void dgba_panel_product_by(int64_t index, float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns) {
    dgba_panel_product_onto_by(index, c, c_stride, a, b, columns, (dgba_panel_ends){0});
}

void dgba_panel_product(float *c, int64_t c_stride, dgba_rows a, const float *b, int64_t columns) {
    dgba_panel_product_by(0, c, c_stride, a, b, columns);
}
