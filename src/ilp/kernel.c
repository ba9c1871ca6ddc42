#include "kernel.h"

#include <math.h>
#include <string.h>

#include "dgba/base.h"

double ilp_sum_value(const ilp_sum *sum) {
    double lanes[ILP_LANES];
    memcpy(lanes, sum->lanes, sizeof lanes);
    for (int half = ILP_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
    return lanes[0];
}

/** Adds Σ_i TERM(i) to sum->lanes. */
#define ADD_IN_LANES(TERM)                                                   \
    do {                                                                     \
        double lanes[ILP_LANES];                                             \
        memcpy(lanes, sum->lanes, sizeof lanes);                             \
        const int64_t whole = count - count % ILP_LANES;                     \
        for (int64_t i = 0; i < whole; i += ILP_LANES)                       \
            for (int l = 0; l < ILP_LANES; ++l) lanes[l] += TERM(i + l);     \
        for (int64_t i = whole; i < count; ++i) lanes[i - whole] += TERM(i); \
        memcpy(sum->lanes, lanes, sizeof lanes);                             \
    } while (0)

DGBA_VECTORIZE
void ilp_add_magnitudes(ilp_sum *sum, const float *x, int64_t count) {
#define TERM(i) fabs((double)x[i])
    ADD_IN_LANES(TERM);
#undef TERM
}

DGBA_VECTORIZE
float ilp_largest(const float *x, int64_t count) {
    float lanes[ILP_LANES] = {0}, largest = 0;
    for (int64_t i = 0; i + ILP_LANES <= count; i += ILP_LANES)
        for (int l = 0; l < ILP_LANES; ++l) lanes[l] = fabsf(x[i + l]) > lanes[l] ? fabsf(x[i + l]) : lanes[l];
    for (int64_t i = count - count % ILP_LANES; i < count; ++i) largest = fmaxf(largest, fabsf(x[i]));
    for (int l = 0; l < ILP_LANES; ++l) largest = fmaxf(largest, lanes[l]);
    return largest;
}

DGBA_VECTORIZE
void ilp_add_products(ilp_sum *sum, const float *x, const int8_t *d, int64_t count) {
#define TERM(i) ((double)x[i] * (double)d[i])
    ADD_IN_LANES(TERM);
#undef TERM
}

DGBA_VECTORIZE
void ilp_weigh(double *restrict c, const float *restrict x, double weight, int64_t count) {
    for (int64_t i = 0; i < count; ++i) c[i] = weight * (double)x[i];
}

DGBA_VECTORIZE
void ilp_weigh_more(double *restrict c, const float *restrict x, double weight, int64_t count) {
    for (int64_t i = 0; i < count; ++i) c[i] += weight * (double)x[i];
}

DGBA_VECTORIZE
void ilp_take_signs(ilp_sum *sum, float *restrict signs, const double *restrict c, int64_t count) {
    for (int64_t i = 0; i < count; ++i) signs[i] = (c[i] > 0 ? 1.0F : 0.0F) - (c[i] < 0 ? 1.0F : 0.0F);
#define TERM(i) fabs(c[i])
    ADD_IN_LANES(TERM);
#undef TERM
}

DGBA_VECTORIZE
void ilp_collect_magnitudes(double *restrict magnitudes, const double *restrict c, int64_t count) {
    for (int64_t i = 0; i < count; ++i) magnitudes[i] += fabs(c[i]);
}

DGBA_VECTORIZE
void ilp_keep_signs(float *restrict signs, const double *restrict c, const uint8_t *restrict kept, int64_t count) {
    for (int64_t i = 0; i < count; ++i) signs[i] = (float)kept[i] * ((c[i] > 0 ? 1.0F : 0.0F) - (c[i] < 0 ? 1.0F : 0.0F));
}

DGBA_VECTORIZE
void ilp_add_signed(ilp_sum *sum, const float *x, const float *signs, int64_t count) {
#define TERM(i) ((double)x[i] * (double)signs[i])
    ADD_IN_LANES(TERM);
#undef TERM
}

double ilp_select_largest(double *values, int64_t count, int64_t rank) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        const double pivot = values[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (values[i] > pivot) ++i;
            while (values[j] < pivot) --j;
            if (i > j) break;
            const double swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        if (rank - 1 <= j)
            high = j;
        else if (rank - 1 >= i)
            low = i;
        else
            break;
    }
    return values[rank - 1];
}
