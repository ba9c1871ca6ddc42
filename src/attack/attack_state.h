/** What the files behind attack.c share beyond what steps see. */
#ifndef DGBA_ATTACK_STATE_H
#define DGBA_ATTACK_STATE_H

#include "steps.h"

/** What a rule is told: the sizes alone, and all of it. */
dgba_rule_input attack_rule_sizes(int64_t tasks, dgba_shape shape, double epsilon);
dgba_rule_input attack_rule_input(const dgba_attack_state *state);

/** Works out once what ball and box leave of each pixel. */
void attack_compute_bounds(dgba_attack_state *state);

#endif
