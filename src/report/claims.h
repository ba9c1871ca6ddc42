/** The three claims of the paper (arXiv 2305.12066), tested on a run.
 *
 *  C1 an attack on one task (single) hurts the other tasks of a model that shares parameters
 *  C2 dgba hurts all tasks together more than single, total and sign_sum at the same budget
 *  C3 more sharing: better clean accuracy, and more transfer of attacks between tasks
 *
 *  All attacks are those of grid_reference(). Losses: the relative rise of image i and task t is (adversarial − clean loss
 * of the image) / mean clean loss over the images, of the same model; means over tasks and models first, then over images,
 * which are what is resampled. Performance: minus the relative change of the metrics, which exist per model only: models
 * are resampled. Rank correlations: layouts are resampled, each the mean of its seeds. Where a run has models of both
 * trainings, on clean images and adversarial, a claim is tested on each.
 */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "grid.h"

typedef enum verdict { VERDICT_SUPPORTED, VERDICT_NOT_SUPPORTED, VERDICT_NOT_ENOUGH, VERDICT_CONTROL } verdict;

enum { CLAIM_COUNT = 3 };
extern const char *const claim_statements[CLAIM_COUNT];

/** One comparison. The claim says that its effect is positive. */
typedef struct finding {
    int64_t claim; // 0 .. 2
    const char *comparison;
    const char *models; // which, if there are several kinds; borrowed from the grid; or ""
    const char *unit;   // of the effect
    const char *units;  // what was resampled: "images", "models", "layouts"
    int64_t n;
    double effect;     // NaN if the run has nothing to say
    interval interval; // 95 %, bootstrap
    verdict verdict;
} finding;

/** All findings; *out is freed with dgba_free(). */
int64_t claims_test(finding **out, const grid *g);

/** Supported if all findings with enough data are; not enough data if there are none. */
verdict claim_verdict(const finding *findings, int64_t count, int64_t claim);

const char *verdict_words(verdict v);

#endif
