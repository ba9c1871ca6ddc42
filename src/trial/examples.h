/** Examples: a few test images with what attacks and models make of them, to look at. */
#ifndef DGBA_TRIAL_EXAMPLES_H
#define DGBA_TRIAL_EXAMPLES_H

#include "collect.h"
#include "settings.h"

/** Chooses images, attacks and models, and reads images and ground truth; all else of the sweep is known. */
dgba_status sweep_choose_examples(dgba_sweep *sweep, const example_settings *settings, const data_settings *data);
void sweep_free_examples(dgba_sweep_examples *examples);

/** How many images of a unit are to be kept, from its first. */
int64_t sweep_examples_of(const dgba_sweep *sweep, const dgba_unit *unit);

/** Examples in a record's file. */
dgba_status example_maps_write(dgba_h5 *file, const dgba_example_maps *maps);
dgba_status example_maps_count(int64_t *out, dgba_h5 *file);

/** Sets the counts of the results that say how much is kept, before these are allocated. */
void collect_count_examples(dgba_results *results, const collection *from);

/** Fills in what is kept, as far as it is there. */
dgba_status collect_examples(dgba_results *results, const collection *from);

#endif
