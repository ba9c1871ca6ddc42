/** A model that somebody has trained. */
#ifndef DGBA_TRIAL_FINISHED_MODEL_H
#define DGBA_TRIAL_FINISHED_MODEL_H

#include "settings.h"

typedef struct finished_model {
    char id[DGBA_HASH_TEXT_BYTES]; // of the unit that made it; of a converted checkpoint the hash of the file
    dgba_settings settings;        // of that unit; of a converted checkpoint "model.…" only
    dgba_words tasks;
} finished_model;

/** Owns      caller frees with finished_model_free(), after an error too
 *  Errors    DGBA_E_IO; DGBA_E_FORMAT if it is no checkpoint */
dgba_status finished_model_read(finished_model *out, const char *path);
void finished_model_free(finished_model *model);

#endif
