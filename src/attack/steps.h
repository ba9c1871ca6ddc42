/** The kinds of steps: a row here and in the table of attack.c for each. And what a step works with. */
#ifndef DGBA_ATTACK_STEPS_H
#define DGBA_ATTACK_STEPS_H

#include "dgba/attack.h"

extern const dgba_step_kind dgba_step_fgsm, dgba_step_ifgsm, dgba_step_pgd, dgba_step_mim, dgba_step_apgd,
    dgba_step_apgd_released, dgba_step_saga;

struct dgba_attack_state {
    const dgba_attack *attack;
    const dgba_oracle *oracle;
    dgba_attack_log *log;
    const float *clean, *iterate;              // (N,C,H,W) the images attacked, and those of the last evaluation
    double *losses, *clean_losses;             // [task][sample] of the last evaluation and at the clean image
    double *batch_losses, *batch_clean_losses; // [task] losses of the whole batch
    double *shares;                            // [task][sample] of the sample in the loss of the batch
    uint8_t *active, *left_out;                // [task][sample] now, and in any iterate so far
    double *weights, *seeds;                   // [task][sample] from the rule, and of a backward pass
    float *direction;                          // (N,C,H,W), from dgba_attack_direction()
    float **gradients;                         // one (N,C,H,W) per task if the rule needs them
    float *lowest, *highest;                   // (N,C,H,W) what the box allows, and in L∞ the ε-ball
    void *rule_state;                          // the rule's memory
    int64_t iteration;                         // directions since the start or restart
    float **arrays;                            // (N,C,H,W) each: the kind's `images`, then its `task_images` per task
    double *numbers;                           // [the kind's `numbers`][sample]
};

/** Losses at `iterate`: one forward pass. */
dgba_status dgba_attack_evaluate(dgba_attack_state *state, const float *iterate);

/** state->direction at the iterate of the last evaluation, as the rule wants it. */
dgba_status dgba_attack_direction(dgba_attack_state *state);

/** The parts of a direction, for steps that weigh the tasks themselves: state->weights from a rule that gives weights, and
 *  dx = Σ_t state->seeds[t]·∂L_t/∂x, one backward pass; pairs that are not active count as 0. */
void dgba_attack_weights(dgba_attack_state *state);
dgba_status dgba_attack_backward(float *dx, dgba_attack_state *state);

/** The rule's score of every sample at the last evaluation, and one of the whole batch. */
void dgba_attack_scores(double *scores, const dgba_attack_state *state);
double dgba_attack_batch_score(const dgba_attack_state *state);

typedef enum attack_start { START_CLEAN, START_INSIDE, START_SURFACE } attack_start;

/** Where an attack or one of its restarts begins; the rule forgets. `iterate` becomes the clean image, or a random one:
 * inside, uniform in the ball; on the surface, in a uniformly random direction. Images that the rule cannot attack stay
 * clean. */
void dgba_attack_start(float *iterate, dgba_attack_state *state, attack_start start, int64_t restart);

/** iterate ← P(iterate + alpha · sign(direction)), or along direction/‖direction‖₂: all samples, or one of them. */
void dgba_attack_move(float *iterate, const dgba_attack_state *state, double alpha);
void dgba_attack_move_sample(float *iterate, const dgba_attack_state *state, const float *direction, int64_t sample,
                             double alpha);

/** P: back onto the ball, into the box, and to the clean image where the rule allows no change. */
void dgba_attack_project(float *iterate, const dgba_attack_state *state, int64_t sample);

/** iterate ← P(iterate + a (z − iterate) + (1 − a)(iterate − previous)); previous ← the old iterate. */
void dgba_attack_blend(float *iterate, float *previous, const float *z, const dgba_attack_state *state, int64_t sample,
                       double a);

/** Whether the rule looks at a task. */
bool dgba_attack_looks_at(const dgba_attack *attack, int64_t task);

/** Elements of one image. */
int64_t dgba_attack_size(const dgba_attack_state *state);

/** to ← from, one image of a batch. */
void dgba_attack_copy(float *to, const float *from, const dgba_attack_state *state, int64_t sample);

/** Options that several kinds have. */
#define OPTION_ITERATIONS \
    { "iterations", DGBA_OPTION_INTEGER, offsetof(dgba_step, iterations), "10", 1, 100000, NULL, "number of steps N" }
#define OPTION_ALPHA(meaning)                                                        \
    {                                                                                \
        "alpha", DGBA_OPTION_REAL, offsetof(dgba_step, alpha), "auto", 0, 1e6, NULL, \
            "size of a step in input units (0..255); auto = " meaning                \
    }
#define OPTION_NORM                                                                             \
    {                                                                                           \
        "norm", DGBA_OPTION_CHOICE, offsetof(dgba_step, norm), "linf", 0, 0, dgba_attack_norms, \
            "norm of the ball, and of moves: along sign u or along u/|u|_2"                     \
    }
#define OPTION_RESTARTS                                                                     \
    {                                                                                       \
        "restarts", DGBA_OPTION_INTEGER, offsetof(dgba_step, restarts), "1", 1, 1000, NULL, \
            "number of starts; the best image of each sample is kept"                       \
    }
extern const char *const dgba_attack_norms[];

/** The step size given, or epsilon · scale. */
double dgba_attack_alpha(const dgba_step *step, double epsilon, double scale);

#endif
