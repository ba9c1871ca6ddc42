/** What files say of a training: its log in the model's file, its whole state in the side file of a training under way. */
#ifndef DGBA_TRIAL_TRAIN_FILE_H
#define DGBA_TRIAL_TRAIN_FILE_H

#include "worker.h"

/** Writes what tells whose file it is: the unit's id and settings. */
dgba_status train_file_write_unit(dgba_h5 *file, const unit_message *message);

/** Writes the log below /train: entries of training losses and, if there are any, evaluations. */
dgba_status train_file_write_log(dgba_h5 *file, const dgba_train_state *state, const dgba_train_job *job);

/** Replaces the side file of a training unit: the log as in a model's file, and the state below /state.
 *  Errors    DGBA_E_IO; an earlier side file is then untouched */
dgba_status train_file_save(const char *path, const dgba_train_state *state, const dgba_train_job *job,
                            const unit_message *message);

/** Goes on from a side file, if there is a whole one of unit `id`; otherwise, with a warning if there is a damaged one, the
 *  state remains as dgba_train_begin() made it.
 *  Returns   whether it goes on
 *  Errors    DGBA_E_MEMORY */
dgba_status train_file_resume(bool *resumed, dgba_train_state *state, const dgba_train_job *job, const char *path,
                              const char *id);

#endif
