/** The kinds of steps: a row here and in the table of attack.c for each. And what a step works with. */
#ifndef DGBA_ATTACK_STEPS_H
#define DGBA_ATTACK_STEPS_H

#include "dgba/attack.h"

extern const dgba_step_kind dgba_step_fgsm, dgba_step_ifgsm;

struct dgba_attack_state {
    const dgba_attack *attack;
    const dgba_oracle *oracle;
    dgba_attack_log *log;
    const float *clean, *iterate;  // (N,C,H,W) the images attacked, and those of the last evaluation
    double *losses, *clean_losses; // [task][sample] at the current iterate and at the clean image
    uint8_t *active, *left_out;    // [task][sample] now, and in any iterate so far
    double *weights;               // [task][sample]
    float *direction;              // (N,C,H,W), from dgba_attack_direction()
    float **gradients;             // one (N,C,H,W) per task if the rule needs them
    float *lowest, *highest;       // (N,C,H,W) what the ε-ball and the box allow
    void *rule_state;              // the rule's memory
    int64_t iteration;             // directions since the start or restart
};

/** Losses at `iterate`: one forward pass. */
dgba_status dgba_attack_evaluate(dgba_attack_state *state, const float *iterate);

/** state->direction at the iterate of the last evaluation, as the rule wants it. */
dgba_status dgba_attack_direction(dgba_attack_state *state);

/** iterate ← P(iterate + alpha · sign(direction)) */
void dgba_attack_move(float *iterate, const dgba_attack_state *state, double alpha);

#endif
