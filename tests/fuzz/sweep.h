/** What must hold for a configuration that was accepted. */
#ifndef TESTS_FUZZ_SWEEP_H
#define TESTS_FUZZ_SWEEP_H

#include "dgba/trial.h"

/** Its resolved text gives the same configuration again; its points have ids; if it is small, its sweep on the sample data
 *  is made or refused with a reason. `name` is that of its file. */
void fuzz_check_config(const dgba_config *config, const char *name);

#endif
