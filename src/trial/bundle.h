/** Several records in one result: of each its id, its size and its bytes. */
#ifndef DGBA_TRIAL_BUNDLE_H
#define DGBA_TRIAL_BUNDLE_H

#include "dgba/base.h"

typedef struct bundle {
    char *bytes;
    size_t count;
} bundle;

/** Adds a record. Errors    DGBA_E_MEMORY; the bundle is then untouched */
dgba_status bundle_add(bundle *to, const char *id, const char *record, size_t count);
void bundle_free(bundle *b);

/** A record in a bundle; borrowed. */
typedef struct bundle_item {
    char id[DGBA_HASH_TEXT_BYTES];
    const char *record;
    size_t count;
} bundle_item;

/** The record at *place, and moves *place behind it.
 *  Errors    DGBA_E_FORMAT if the bundle ends before */
dgba_status bundle_next(bundle_item *out, size_t *place, const bundle *from);

#endif
