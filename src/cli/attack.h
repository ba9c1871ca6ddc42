/** `dgba attack`: one attack on one model. */
#ifndef DGBA_CLI_ATTACK_H
#define DGBA_CLI_ATTACK_H

#include "dgba/trial.h"

/** Starts the file of the images of a sweep's only attack, with room for them. It is there once it is committed.
 *  Owns      caller closes
 *  Errors    DGBA_E_IO */
dgba_status attack_file_create(dgba_h5 **out, const char *path, const dgba_sweep *sweep);

/** Puts a batch in its place; `first` counts the images before it. */
dgba_status attack_file_add(dgba_h5 *file, const dgba_attacked *batch, int64_t first);

/** Adds the results, of which the images are the axis, and puts the file in place. *file becomes NULL. */
dgba_status attack_file_finish(dgba_h5 **file, const dgba_results *results);

/** A small table of the results; metrics change for the worse with a minus, losses with a plus. */
void attack_print(dgba_text *out, const dgba_results *results, const dgba_task *tasks);

#endif
