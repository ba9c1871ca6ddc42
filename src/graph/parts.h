/** A batch that is computed in parts, and sums over all of them. They are added in the order of the parts, so that the
 *  totals do not depend on which member of a crew computes which part.
 */
#ifndef DGBA_GRAPH_PARTS_H
#define DGBA_GRAPH_PARTS_H

#include "dgba/base.h"

/** `count` of `all` parts are computed here, from number `first` on. */
typedef struct batch_parts {
    const dgba_crew *crew;
    int64_t all, count, first;
    double *own_sums, *all_sums;       // a row for each part
    float *gradients, *pieces, *total; // rows of row_floats: of own parts; of all parts a piece; of the totals one
    int64_t row_floats;
} batch_parts;

/** For at most `sums` doubles and `gradients` floats of a part at a time.
 *  Errors    DGBA_E_MEMORY; the caller frees it all the same */
dgba_status dgba_parts_create(batch_parts *out, int64_t all, const dgba_crew *crew, int64_t sums, int64_t gradients);
void dgba_parts_free(batch_parts *p);

/** Where own part `part` writes its sums, of which there are `count`. */
double *dgba_parts_sums(const batch_parts *p, int64_t part, int64_t count);

/** Totals of the sums written; borrowed until the next call. */
const double *dgba_parts_add_sums(batch_parts *p, int64_t count);

/** Where own part `part` writes a gradient. Not for a batch of one part, which needs no room of its own. */
float *dgba_parts_gradient(const batch_parts *p, int64_t part);

/** Total of the gradients written; borrowed until the next call. */
const float *dgba_parts_add_gradients(batch_parts *p, int64_t count);

#endif
