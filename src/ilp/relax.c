#include "relax.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel.h"

dgba_status ilp_relaxation_create(ilp_relaxation *out, const ilp_program *p) {
    out->program = p;
    if (!ilp_is_budgeted(p)) return DGBA_OK;
    DGBA_TRY(DGBA_NEW(&out->magnitudes, p->pixels));
    DGBA_TRY(DGBA_NEW(&out->sorted, p->pixels));
    return DGBA_NEW(&out->kept, p->pixels);
}

void ilp_relaxation_free(ilp_relaxation *r) {
    dgba_free(r->magnitudes);
    dgba_free(r->sorted);
    dgba_free(r->kept);
    *r = (ilp_relaxation){0};
}

static int64_t block_at(int64_t start, int64_t count) { return count - start < ILP_BLOCK ? count - start : ILP_BLOCK; }

/** c_j of the variables start .. start + count − 1. */
static void combine(double *c, const ilp_program *p, const double *weights, int64_t start, int64_t count) {
    ilp_weigh(c, p->rows[0].coefficients + start, weights[0] * p->rows[0].scale, count);
    for (int64_t t = 1; t < p->row_count; ++t)
        ilp_weigh_more(c, p->rows[t].coefficients + start, weights[t] * p->rows[t].scale, count);
}

static void add_changes(ilp_sum *sums, const ilp_program *p, const float *signs, int64_t start, int64_t count) {
    for (int64_t t = 0; t < p->row_count; ++t) ilp_add_signed(&sums[t], p->rows[t].coefficients + start, signs, count);
}

/** Fills `magnitudes` and `kept`. Ties go to the first pixels. Returns Σ of the kept magnitudes. */
static double choose_pixels(ilp_relaxation *r, const double *weights) {
    const ilp_program *p = r->program;
    double c[ILP_BLOCK], value = 0, threshold = INFINITY;
    memset(r->magnitudes, 0, (size_t)p->pixels * sizeof *r->magnitudes);
    for (int64_t start = 0; start < p->pixels; start += ILP_BLOCK)
        for (int64_t channel = 0; channel < p->channels; ++channel) {
            const int64_t count = block_at(start, p->pixels);
            combine(c, p, weights, channel * p->pixels + start, count);
            ilp_collect_magnitudes(r->magnitudes + start, c, count);
        }
    memcpy(r->sorted, r->magnitudes, (size_t)p->pixels * sizeof *r->sorted);
    if (p->budget > 0) threshold = ilp_select_largest(r->sorted, p->pixels, p->budget);
    int64_t ties = p->budget;
    for (int64_t i = 0; i < p->pixels; ++i) ties -= r->magnitudes[i] > threshold;
    for (int64_t start = 0; start < p->pixels; start += ILP_BLOCK) {
        double block = 0;
        for (int64_t i = start; i < start + block_at(start, p->pixels); ++i) {
            const bool tie = r->magnitudes[i] == threshold && ties > 0;
            ties -= tie;
            r->kept[i] = tie || r->magnitudes[i] > threshold;
            block += r->kept[i] ? r->magnitudes[i] : 0;
        }
        value += block;
    }
    return value;
}

static double relax_budgeted(ilp_sum *sums, ilp_relaxation *r, const double *weights) {
    const ilp_program *p = r->program;
    double c[ILP_BLOCK];
    float signs[ILP_BLOCK];
    const double value = choose_pixels(r, weights);
    for (int64_t channel = 0; channel < p->channels; ++channel)
        for (int64_t start = 0; start < p->pixels; start += ILP_BLOCK) {
            const int64_t count = block_at(start, p->pixels), first = channel * p->pixels + start;
            combine(c, p, weights, first, count);
            ilp_keep_signs(signs, c, r->kept + start, count);
            add_changes(sums, p, signs, first, count);
        }
    return value;
}

static double relax_free(ilp_sum *sums, const ilp_program *p, const double *weights) {
    double c[ILP_BLOCK], value = 0;
    float signs[ILP_BLOCK];
    for (int64_t start = 0; start < p->n; start += ILP_BLOCK) {
        const int64_t count = block_at(start, p->n);
        ilp_sum block = {0};
        combine(c, p, weights, start, count);
        ilp_take_signs(&block, signs, c, count);
        add_changes(sums, p, signs, start, count);
        value += ilp_sum_value(&block);
    }
    return value;
}

/** More than all rounding errors of ilp_relax() together: at most ILP_BLOCK numbers of a block are added one after the
 *  other, then the blocks, and none of the sums exceeds Σ_t |w_t| Σ_j |a_tj|. */
static double rounding(const ilp_program *p, const double *weights) {
    double size = 0;
    for (int64_t t = 0; t < p->row_count; ++t) size += fabs(weights[t]) * p->rows[t].sum;
    const double in_a_row = ilp_is_budgeted(p) ? (double)block_at(0, p->pixels) : (double)ILP_BLOCK / ILP_LANES;
    return (in_a_row + (double)p->n / ILP_BLOCK + 16) * DBL_EPSILON * size;
}

double ilp_relax(double *changes, ilp_relaxation *r, const double *weights) {
    const ilp_program *p = r->program;
    ilp_sum sums[DGBA_ILP_MOST_TASKS] = {0};
    const double value = ilp_is_budgeted(p) ? relax_budgeted(sums, r, weights) : relax_free(sums, p, weights);
    for (int64_t t = 0; t < p->row_count; ++t) changes[t] = p->rows[t].scale * ilp_sum_value(&sums[t]);
    return value + rounding(p, weights);
}

void ilp_relaxed_point(int8_t *d, double *c, ilp_relaxation *r, const double *weights) {
    const ilp_program *p = r->program;
    if (ilp_is_budgeted(p)) choose_pixels(r, weights);
    for (int64_t start = 0; start < p->n; start += ILP_BLOCK) combine(c + start, p, weights, start, block_at(start, p->n));
    for (int64_t j = 0; j < p->n; ++j) {
        const bool kept = !ilp_is_budgeted(p) || r->kept[j % p->pixels];
        d[j] = (int8_t)(kept ? (c[j] > 0) - (c[j] < 0) : 0);
    }
}
