/** Balancing rules: how the losses and gradients of T tasks become one direction and one score, per sample.
 *
 *  A rule needs either weights only (direction = Σ_t w[t][n]·g_t, one backward pass) or the gradient of every task
 *  (T backward passes). It says which; the attack asks accordingly. One file per rule; the table is the registry.
 */
#ifndef DGBA_RULE_H
#define DGBA_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "dgba/base.h"

/** Smallest loss that a rule divides by or counts with. */
#define DGBA_RULE_LEAST_LOSS 1e-12

/** Tasks that rules can balance; attacks on more are refused. */
enum { DGBA_RULE_MOST_TASKS = 8 };

/** One problem that a rule solved on the way to a direction, such as an integer program. */
typedef struct dgba_rule_solve {
    int64_t sample, iteration;
    int64_t variables, core; // of the problem, and of what was left of it for the exact solver
    double objective, bound; // of the solution, NaN if there is none, and of any solution
    double gap;              // relative, between the two
    bool proven;             // that the solution is optimal, or that there is none
    double seconds;
    const char *solver, *status; // words; borrowed for ever
} dgba_rule_solve;

/** Whoever wants to hear of the solves. */
typedef struct dgba_rule_sink {
    void *self;
    void (*solved)(void *self, const dgba_rule_solve *solve);
} dgba_rule_sink;

/** The state of the attack at the current iterate. Arrays of losses are [task][sample], task-major. Most rules look at the
 *  first five fields only. */
typedef struct dgba_rule_input {
    int64_t tasks, samples;
    const double *losses;       // L at the current iterate
    const double *clean_losses; // L0 at the clean image
    const uint8_t *active;      // 0: the task is left out for this sample (see dgba_rule_active)

    int64_t channels, pixels;     // of an image
    double epsilon;               // radius of the ball
    const float *iterate, *clean; // images (samples,channels,pixels)
    int64_t iteration;            // how many directions the rule has given since start(): 0 at the first iterate
    void *state;                  // state_bytes() bytes that keep their content from start() on; NULL for 0 bytes
    const dgba_rule_sink *sink;   // or NULL
} dgba_rule_input;

typedef struct dgba_rule dgba_rule;

typedef struct dgba_rule_kind {
    const char *name, *help;
    const char *direction, *score;    // formulas, for `dgba list rules`
    const dgba_option_table *options; // of dgba_rule, or an empty table
    bool one_task;                    // looks at the task rule->task_index only
    bool needs_task_gradients;
    /** w[task][sample], not yet masked by `active`. NULL if needs_task_gradients. */
    void (*weights)(double *weights, const dgba_rule *rule, const dgba_rule_input *input);
    /** Direction from per-task gradients g[t] (samples, size). NULL unless needs_task_gradients.
     *  Errors    what keeps the rule from finding one; the attack then fails with it */
    dgba_status (*combine)(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                           const dgba_rule_input *input);
    /** scores[sample]; inactive tasks do not count. It may be asked about one sample alone, and then not of the state. */
    void (*score_of)(double *scores, const dgba_rule *rule, const dgba_rule_input *input);

    // What rules with a memory have; NULL without.
    /** Bytes of input->state; only the sizes in `input` are set. */
    size_t (*state_bytes)(const dgba_rule *rule, const dgba_rule_input *input);
    /** Initialises input->state before an attack and before each restart; losses and iterate are not yet set. */
    void (*start)(const dgba_rule *rule, const dgba_rule_input *input);
    /** 0 for each pixel (samples,pixels) that must be as in the clean image: part of the projection after every step and
     *  every random start. NULL if the rule with these options allows all. */
    const uint8_t *(*support)(const dgba_rule *rule, const dgba_rule_input *input);

    /** Checks options that name tasks or need more than their own range, and reads what they say; NULL if there are none.
     */
    dgba_status (*bind)(dgba_rule *rule, const char *const *tasks, int64_t count);
} dgba_rule_kind;

/** Options of the rule ilp; constraints on tasks are written [task=value, …]. */
typedef struct dgba_rule_ilp {
    int64_t objective, solver; // a dgba_ilp_objective, a dgba_ilp_solver
    char pixels[DGBA_OPTION_TEXT_BYTES];
    dgba_words floor, keep;
    double seconds, gap;
    bool resupport;
    // What the words above come to; set by dgba_rule_bind().
    double floors[DGBA_RULE_MOST_TASKS], keeps[DGBA_RULE_MOST_TASKS];
} dgba_rule_ilp;

/** A rule with its options; a plain value. */
struct dgba_rule {
    const dgba_rule_kind *kind;
    char task[DGBA_OPTION_TEXT_BYTES]; // single: name of the attacked task
    int64_t task_index;                // single: its number, set by whoever knows the tasks
    double beta, gamma;                // minmax: inverse step and regularisation of the weights
    dgba_rule_ilp ilp;                 // ilp
};

/** 1, 0 or -1; 0 also for NaN, so that an unusable gradient moves nothing. */
static inline float dgba_sign(float x) { return (float)((x > 0) - (x < 0)); }

const dgba_rule_kind *const *dgba_rule_kinds(int64_t *count);

/** Errors    DGBA_E_CONFIG with the nearest known name */
dgba_status dgba_rule_kind_find(const dgba_rule_kind **out, const char *name);

/** Tells the rule the names of the tasks: `task` gets its number, and options that name tasks are read. To be called once
 *  the options are set.
 *  Errors    DGBA_E_CONFIG, naming rule and option */
dgba_status dgba_rule_bind(dgba_rule *rule, const char *const *tasks, int64_t count);

/** active[t][n] = 1 unless L or L0 is not finite or ≤ DGBA_RULE_LEAST_LOSS. */
void dgba_rule_active(uint8_t *active, const double *losses, const double *clean_losses, int64_t tasks, int64_t samples);

/** Weights with 0 for inactive tasks. */
void dgba_rule_weights(double *weights, const dgba_rule *rule, const dgba_rule_input *input);
dgba_status dgba_rule_combine(float *direction, const dgba_rule *rule, const float *const *gradients, int64_t size,
                              const dgba_rule_input *input);
void dgba_rule_score(double *scores, const dgba_rule *rule, const dgba_rule_input *input);

/** The kind's state_bytes(), start() and support(), or what stands for them where a kind has none. */
size_t dgba_rule_state_bytes(const dgba_rule *rule, const dgba_rule_input *input);
void dgba_rule_start(const dgba_rule *rule, const dgba_rule_input *input);
const uint8_t *dgba_rule_support(const dgba_rule *rule, const dgba_rule_input *input);

/** Tells input->sink, if there is one. */
void dgba_rule_tell(const dgba_rule_input *input, const dgba_rule_solve *solve);

#endif
