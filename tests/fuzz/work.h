/** Units of a tiny sweep on the sample data, for targets that run them. */
#ifndef TESTS_FUZZ_WORK_H
#define TESTS_FUZZ_WORK_H

#include "dgba/trial.h"

/** The training, and an attack on a model that was trained before. */
typedef enum fuzz_unit { FUZZ_UNIT_TRAIN, FUZZ_UNIT_ATTACK } fuzz_unit;

/** Its message.
 *  Owns      caller frees with dgba_settings_free() */
void fuzz_message(dgba_settings *out, fuzz_unit unit);

/** Runs a message; a training stops after two of its four iterations if `stop`, and is then saved. Returns what the worker
 *  returns; a result must be an HDF5 file. */
dgba_status fuzz_run(const dgba_settings *message, bool stop);

#endif
