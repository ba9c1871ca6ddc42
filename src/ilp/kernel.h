/** The loops over all variables. Sums are in double, in lanes, so that every instruction set gives the same bits. */
#ifndef DGBA_ILP_KERNEL_H
#define DGBA_ILP_KERNEL_H

#include <stdint.h>

/** Variables that are handled together, so that what is computed on the way stays in the nearest cache. */
enum { ILP_BLOCK = 512 };

/** A running sum in lanes. */
enum { ILP_LANES = 16 };
typedef struct ilp_sum {
    double lanes[ILP_LANES];
} ilp_sum;
double ilp_sum_value(const ilp_sum *sum);

/** sum += Σ|x|; NaN and infinity come out as such. */
void ilp_add_magnitudes(ilp_sum *sum, const float *x, int64_t count);

/** max|x| */
float ilp_largest(const float *x, int64_t count);

/** sum += Σ x·d */
void ilp_add_products(ilp_sum *sum, const float *x, const int8_t *d, int64_t count);

/** c = weight · x, or c += weight · x */
void ilp_weigh(double *c, const float *x, double weight, int64_t count);
void ilp_weigh_more(double *c, const float *x, double weight, int64_t count);

/** sum += Σ|c|; signs = sign c */
void ilp_take_signs(ilp_sum *sum, float *signs, const double *c, int64_t count);

/** magnitudes += |c| */
void ilp_collect_magnitudes(double *magnitudes, const double *c, int64_t count);

/** signs = sign c where kept, otherwise 0 */
void ilp_keep_signs(float *signs, const double *c, const uint8_t *kept, int64_t count);

/** sum += Σ x·signs */
void ilp_add_signed(ilp_sum *sum, const float *x, const float *signs, int64_t count);

/** The `rank` largest values end up in front (Hoare's selection). Returns the least of them; 0 < rank ≤ count. */
double ilp_select_largest(double *values, int64_t count, int64_t rank);

#endif
