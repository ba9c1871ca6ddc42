/** What the claims are tested on: one number per image, model or layout. */
#ifndef REPORT_CLAIMS_EVIDENCE_H
#define REPORT_CLAIMS_EVIDENCE_H

#include "derived.h"
#include "table.h"

/** Numbers per unit; NaN where a unit has none. Freed with dgba_free(values). */
typedef struct evidence {
    double *values;
    int64_t count;
} evidence;

/** How models were trained. */
typedef enum training { TRAINING_ANY, TRAINING_CLEAN, TRAINING_ADVERSARIAL } training;

/** Which attacks and tasks a mean takes: attacks by `rule` ("single" for all single:*) on models that share or do not. */
typedef struct evidence_of {
    training training;
    const char *rule;
    bool others;      // only tasks that the attack was not made for
    bool sharing;     // only models that share, else only those that do not
    bool any;         // all models
    const char *with; // only models that were attacked by this rule, too; or NULL
} evidence_of;

/** Relative rise of the loss in percent, per image: see claims.h. */
evidence loss_rise(const grid *g, evidence_of of);

/** Fall of performance in percent, per model. */
evidence performance_fall(const grid *g, evidence_of of);

/** a − b, unit by unit; frees both. */
evidence evidence_minus(evidence a, evidence b);

#endif
