/** Attack steps: how directions become adversarial images. One file per step; the table of kinds is the registry.
 *
 *  A step knows neither networks nor rules by name. It asks an oracle for losses and gradients and a rule for weights.
 *  The forward pass of an iterate serves its score and its gradient.
 */
#ifndef DGBA_ATTACK_H
#define DGBA_ATTACK_H

#include "dgba/base.h"
#include "dgba/rule.h"
#include "dgba/tensor.h"

/** The model under attack, in evaluation mode, with fixed labels. Losses are [task][sample], NaN without valid labels. */
typedef struct dgba_oracle {
    void *self;
    int64_t tasks;
    dgba_shape shape; // of the images: N samples
    /** Losses at x; the state of this pass is kept for gradient(). */
    dgba_status (*evaluate)(void *self, double *losses, const float *x);
    /** dx = Σ_t Σ_n weights[t][n]·∂L_t[n]/∂x at the x of the last evaluate(); one backward pass; may be called again. */
    dgba_status (*gradient)(void *self, float *dx, const double *weights);
    /** [task][sample] what the losses of the last evaluate() were divided by, as the number of valid pixels: the weight of
     * a sample in the loss of the batch. NULL: all weigh alike. */
    const double *denominators;
} dgba_oracle;

/** Valid values per channel, in the units of the network's input. */
typedef struct dgba_box {
    float low[3], high[3];
} dgba_box;

typedef struct dgba_step_kind dgba_step_kind;

typedef enum dgba_norm { DGBA_NORM_LINF, DGBA_NORM_L2 } dgba_norm;

/** A step with its options; a plain value, filled from the kind's option table. */
typedef struct dgba_step {
    const dgba_step_kind *kind;
    int64_t norm;       // a dgba_norm: of the ball, and of the moves: along sign u, or along u/‖u‖₂ of each image
    int64_t iterations; // N
    int64_t restarts;
    double alpha;      // step size in input units; NaN = as the kind has it
    double momentum;   // mim
    bool random_start; // apgd
    bool restart_best; // apgd_released
    bool released;     // saga
} dgba_step;

typedef struct dgba_attack {
    dgba_step step;
    dgba_rule rule;
    double epsilon;   // radius in 0..255 input units
    int64_t seed;     // of random starts
    bool pooled_loss; // the rule sees, for every sample, the loss of the whole batch: results then depend on the batch

    // What no option says; borrowed.
    dgba_box box;
    const int64_t *images; // [sample] number of the image in its data set, which names its random numbers; NULL: 0, 1, …
    const double *data_losses; // [task] clean loss of the whole data set, for steps with `scores_batch`; NULL: of the batch
    const dgba_rule_sink *sink; // what the rule tells of its solves goes there; or NULL
} dgba_attack;

typedef struct dgba_passes {
    int64_t forward, backward; // over the whole batch
} dgba_passes;

/** What an attack did; overwritten by it. The array is the caller's, or NULL if not wanted. */
typedef struct dgba_attack_log {
    dgba_passes passes;
    int64_t left_out;     // (task, sample) pairs, of tasks the rule looks at, that were left out in at least one iterate
    double *clean_losses; // [task][sample] at the clean image, as the rule saw them
} dgba_attack_log;

/** What a running attack knows; for steps (src/attack/steps.h). */
typedef struct dgba_attack_state dgba_attack_state;

struct dgba_step_kind {
    const char *name, *help, *formula;
    const dgba_option_table *options; // of dgba_step
    bool is_random;                   // the seed matters
    bool needs_weights;               // works with rules that give weights only
    bool scores_batch;                // one score for the whole batch: results depend on the batch
    int64_t images, task_images;      // arrays (N,C,H,W) it works with, and more of them per task: state->arrays
    int64_t numbers;                  // numbers per sample that it works with: state->numbers
    /** Size of the first move. */
    double (*alpha)(const dgba_step *step, double epsilon);
    /** Passes after the one at the clean image; a direction takes `backward` of them, the rule looks at `tasks` tasks. */
    dgba_passes (*passes)(const dgba_step *step, int64_t tasks, int64_t backward);
    /** `iterate` is the clean image, already evaluated, and becomes the adversarial one. */
    dgba_status (*run)(float *iterate, dgba_attack_state *state);
};

const dgba_step_kind *const *dgba_step_kinds(int64_t *count);

/** Errors    DGBA_E_CONFIG with the nearest known name */
dgba_status dgba_step_kind_find(const dgba_step_kind **out, const char *name);

/** Whether a step works with a rule.
 *  Errors    DGBA_E_CONFIG with the reason why not */
dgba_status dgba_attack_pair(const dgba_step_kind *step, const dgba_rule_kind *rule);

/** Passes that an attack makes. */
dgba_passes dgba_attack_passes(const dgba_attack *attack, int64_t tasks);

/** Whether apgd_released looks at its progress at iteration k of N: one of ⌈p_j N⌉, p = 0, .22, then p_{j+1} = p_j +
 *  max(p_j − p_{j−1} − .03, .06) while < 1, in double precision as written, so that .70 · 10 gives 8.
 *  Source    Croce and Hein, ICML 2020 */
bool dgba_attack_is_checkpoint(int64_t k, int64_t iterations);

/** Bytes of scratch that an attack on images of this shape needs at most. */
size_t dgba_attack_scratch_bytes(const dgba_attack *attack, int64_t tasks, dgba_shape shape);

/** Attacks a batch.
 *  Shapes    adversarial, x (N,C,H,W)
 *  Formula   see the kind; for epsilon = 0 the result is x bit for bit; always within the ε-ball round x and the box
 *  Errors    DGBA_E_NUMERIC if x is not finite, DGBA_E_CONFIG for an epsilon that cannot be and a step that
 *            does not work with the rule, DGBA_E_SHAPE for images of more channels than the box and for too many tasks,
 *            DGBA_E_BUG for a rule on a task that is not there, DGBA_E_MEMORY for little scratch; what oracle and rule
 *            report. `adversarial` is then undefined, the scratch as it was */
dgba_status dgba_attack_run(float *adversarial, dgba_attack_log *log, const dgba_attack *attack, const dgba_oracle *oracle,
                            const float *x, dgba_arena *scratch);

#endif
