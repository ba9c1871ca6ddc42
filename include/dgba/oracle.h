/** A multi-task model as the oracle that attacks ask: losses and input gradients, in evaluation mode. */
#ifndef DGBA_ORACLE_H
#define DGBA_ORACLE_H

#include "dgba/attack.h"
#include "dgba/base.h"
#include "dgba/model.h"
#include "dgba/task.h"

typedef struct dgba_network_oracle dgba_network_oracle;

/** Plans the model for batches of at most input.n images.
 *  Owns      model, parameters and the labels given later are borrowed and must outlive their use; tasks are copied
 *  Errors    DGBA_E_SHAPE if a task does not fit the model's prediction; DGBA_E_MEMORY */
dgba_status dgba_network_oracle_create(dgba_network_oracle **out, const dgba_model *model, float *parameters,
                                       const dgba_task *tasks, dgba_shape input, dgba_purpose purpose);
void dgba_network_oracle_free(dgba_network_oracle **oracle);

/** Takes up changed parameters. */
void dgba_network_oracle_refresh(dgba_network_oracle *oracle);

/** Chooses the labels of the next images: labels[task], `samples` of each. */
void dgba_network_oracle_set_labels(dgba_network_oracle *oracle, const dgba_labels *labels, int64_t samples);

/** The interface for attacks; valid until the next call that changes the oracle. gradient() needs purpose ATTACK. */
dgba_oracle dgba_network_oracle_interface(dgba_network_oracle *oracle);

/** Losses [task][sample] at x. */
dgba_status dgba_network_oracle_evaluate(double *losses, dgba_network_oracle *oracle, const float *x);

/** Adds the predictions of the last evaluation to totals[task]. */
void dgba_network_oracle_measure(dgba_totals *totals, const dgba_network_oracle *oracle);

/** A task's prediction (samples,C,h,w) at the last evaluation; borrowed until the next. */
const float *dgba_network_oracle_prediction(dgba_shape *shape, const dgba_network_oracle *oracle, int64_t task);

/** Bytes of the plan. */
int64_t dgba_network_oracle_bytes(const dgba_network_oracle *oracle);

#endif
