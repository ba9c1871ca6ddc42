/** A small made-up run for tests of reports. */
#ifndef TESTS_SUPPORT_RESULTS_H
#define TESTS_SUPPORT_RESULTS_H

#include "dgba/store.h"

enum { RESULTS_ATTACKS = 14 };

/** Tasks seg (metrics miou, pixel_accuracy) and normal (mean_angle); layout 0, which shares everything, with two seeds and
 *  layout 31 with one; 14 attacks by fgsm and ifgsm. A cell is missing (layout 31, single:seg, 4) and an attack failed
 *  (layout 0, seed 1, dgba, 8). One image of 6 × 8 pixels is there to look at, under ifgsm on the first model. Freed with
 * dgba_results_free(). */
void results_make(dgba_results *r);

/** Makes an attack one that has not run. */
void results_forget(dgba_results *r, int64_t index);

#endif
