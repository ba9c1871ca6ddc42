#include "parts.h"

#include <string.h>

#include "dgba/tensor.h"

dgba_status dgba_parts_create(batch_parts *out, int64_t all, const dgba_crew *crew, int64_t sums, int64_t gradients) {
    const int64_t members = dgba_crew_members(crew);
    DGBA_ASSERT(all % members == 0);
    const int64_t count = all / members;
    *out = (batch_parts){.crew = crew, .all = all, .count = count, .first = count * dgba_crew_member(crew)};
    DGBA_TRY(DGBA_NEW(&out->own_sums, count * sums));
    DGBA_TRY(DGBA_NEW(&out->all_sums, all * sums));
    if (all == 1) return DGBA_OK;
    out->row_floats = (gradients + members - 1) / members * members; // each member adds up an equal slice
    DGBA_TRY(DGBA_NEW(&out->gradients, count * out->row_floats));
    DGBA_TRY(DGBA_NEW(&out->pieces, count * out->row_floats));
    return DGBA_NEW(&out->total, out->row_floats);
}

void dgba_parts_free(batch_parts *p) {
    dgba_free(p->own_sums);
    dgba_free(p->all_sums);
    dgba_free(p->gradients);
    dgba_free(p->pieces);
    dgba_free(p->total);
    *p = (batch_parts){0};
}

double *dgba_parts_sums(const batch_parts *p, int64_t part, int64_t count) { return p->own_sums + part * count; }

const double *dgba_parts_add_sums(batch_parts *p, int64_t count) {
    dgba_crew_gather(p->crew, p->all_sums, p->own_sums, (size_t)(p->count * count) * sizeof *p->own_sums);
    for (int64_t part = 1; part < p->all; ++part)
        for (int64_t i = 0; i < count; ++i) p->all_sums[i] += p->all_sums[part * count + i];
    return p->all_sums;
}

float *dgba_parts_gradient(const batch_parts *p, int64_t part) { return p->gradients + part * p->row_floats; }

/** Total of this member's slice of all parts' gradients, made from the slices that the others send. Row r of the pieces
 *  holds part r of each member; the parts' order is member by member. */
static float *add_slices(batch_parts *p, int64_t slice) {
    const int64_t members = dgba_crew_members(p->crew);
    for (int64_t row = 0; row < p->count; ++row)
        p->crew->swap(p->crew->self, p->pieces + row * p->row_floats, dgba_parts_gradient(p, row),
                      (size_t)slice * sizeof(float));
    float *sum = p->pieces;
    for (int64_t part = 1; part < members * p->count; ++part)
        dgba_axpy(sum, 1, p->pieces + part % p->count * p->row_floats + part / p->count * slice, slice);
    return sum;
}

const float *dgba_parts_add_gradients(batch_parts *p, int64_t count) {
    if (p->crew == NULL) {
        for (int64_t part = 1; part < p->all; ++part) dgba_axpy(p->gradients, 1, dgba_parts_gradient(p, part), count);
        return p->gradients;
    }
    const int64_t members = p->crew->members, slice = (count + members - 1) / members;
    dgba_crew_gather(p->crew, p->total, add_slices(p, slice), (size_t)slice * sizeof(float));
    return p->total;
}
