/** Integer programs over attack directions: d ∈ {−1,0,1} per channel value, a few rows that couple all of them.
 *
 *  Formula   maximise mean_t r_t or min_t r_t, where r_t = Σ_j a_tj d_j is the predicted relative change of task t,
 *            subject to: at most `budget` pixels changed · r_t ≥ floor_t · |r_t| ≤ keep_t
 *  A pixel is changed where one of its channels is not 0. A constraint on r_t counts as kept within a millionth of the
 *  task's largest coefficient, which is what CBC's arithmetic can tell apart.
 *  Source    arXiv 2305.12066 for the program without constraints, of which d = sign(Σ_t a_tj) is the solution
 */
#ifndef DGBA_ILP_H
#define DGBA_ILP_H

#include "dgba/base.h"

enum { DGBA_ILP_MOST_TASKS = 8 };

typedef enum dgba_ilp_objective { DGBA_ILP_MEAN, DGBA_ILP_MAXMIN } dgba_ilp_objective;

/** The words of an objective and of a solver, ended by NULL, as option tables want them. */
extern const char *const dgba_ilp_objective_words[], *const dgba_ilp_solver_words[];

/** Coefficients a_tj = scale · coefficients[j] of a task, and what is asked of its r_t. */
typedef struct dgba_ilp_task {
    const float *coefficients; // (C,HW), borrowed; NULL: the task is left out, with its constraints
    double scale;
    double floor; // -INFINITY = none
    double keep;  // INFINITY = none
} dgba_ilp_task;

typedef struct dgba_ilp_problem {
    dgba_ilp_objective objective;
    int64_t task_count, channels, pixels; // n = channels · pixels variables
    dgba_ilp_task tasks[DGBA_ILP_MOST_TASKS];
    int64_t budget; // most pixels changed; -1 = no limit
} dgba_ilp_problem;

/** No task, no constraint: task_count 0, all floors -INFINITY, all keeps INFINITY, scales 1, budget -1. */
dgba_ilp_problem dgba_ilp_problem_default(void);

/** Who solves.
 *  auto         closed_form where it can, cbc up to DGBA_ILP_SMALL variables, else dual
 *  closed_form  sign of the sum; for objective mean without constraints
 *  cbc          the whole program by CBC's branch and cut; up to DGBA_ILP_MOST_CBC variables, with a pixel budget
 *               DGBA_ILP_MOST_CBC_PIXELS, as it looks at its clock between phases that take longer and longer
 *  dual         Lagrangian dual over the coupling rows: a bound, a rounded d, reduced costs that prove most of it, and CBC
 *               for the undecided rest, the core, where the gap is still too wide */
typedef enum dgba_ilp_solver { DGBA_ILP_AUTO, DGBA_ILP_CLOSED_FORM, DGBA_ILP_CBC, DGBA_ILP_DUAL } dgba_ilp_solver;
enum { DGBA_ILP_SMALL = 200, DGBA_ILP_MOST_CBC = 10000, DGBA_ILP_MOST_CBC_PIXELS = 3000 };

typedef struct dgba_ilp_options {
    dgba_ilp_solver solver;
    double seconds; // time limit
    double gap;     // relative gap at which a solution counts as proven
} dgba_ilp_options;

/** auto, 10 s, 1e-5. */
dgba_ilp_options dgba_ilp_options_default(void);

/** Code, word, sentence. */
#define DGBA_ILP_STATUS_LIST(X)                                                       \
    X(DGBA_ILP_OPTIMAL, "optimal", "proven to be within the asked gap")               \
    X(DGBA_ILP_GAP, "gap", "the solver gave up with a wider gap")                     \
    X(DGBA_ILP_INFEASIBLE, "infeasible", "proven: nothing satisfies the constraints") \
    X(DGBA_ILP_TIME_OUT, "time_out", "the time ended before the gap was closed")

#define DGBA_ILP_STATUS_ENUM(code, word, sentence) code,
typedef enum dgba_ilp_status { DGBA_ILP_STATUS_LIST(DGBA_ILP_STATUS_ENUM) DGBA_ILP_STATUS_COUNT } dgba_ilp_status;
#undef DGBA_ILP_STATUS_ENUM

/** Word of a status; borrowed. */
const char *dgba_ilp_status_word(dgba_ilp_status status);

typedef struct dgba_ilp_solution {
    dgba_ilp_status status;
    dgba_ilp_solver solver;              // who solved it, never AUTO
    bool feasible;                       // d satisfies the constraints; otherwise d = 0
    double objective;                    // at d; NaN if not feasible
    double bound;                        // no d can have more; -INFINITY if infeasible, INFINITY if nothing is known
    double gap;                          // relative, see dgba_ilp_gap(); INFINITY if not feasible
    double changes[DGBA_ILP_MOST_TASKS]; // r_t at d; 0 for tasks left out
    double seconds;
    int64_t n;
    int64_t core; // variables that reduced costs did not decide: all of them for cbc, none for closed_form
} dgba_ilp_solution;

/** Whether the optimum is known to within the asked gap, or known not to exist. */
static inline bool dgba_ilp_proven(const dgba_ilp_solution *solution) {
    return solution->status == DGBA_ILP_OPTIMAL || solution->status == DGBA_ILP_INFEASIBLE;
}

/** (bound − objective) / |bound|, at least 0. Where opposing tasks leave next to nothing to gain, a bound below a
 *  millionth of `most`, what the objective could be if the tasks agreed, is replaced by that. */
double dgba_ilp_gap(double bound, double objective, double most);

/** Solves a problem. d_j = 0 where no task has a coefficient.
 *  Shapes    d (C,HW), every channel of pixel p at c·HW + p
 *  Errors    DGBA_E_NUMERIC for a coefficient, scale or constraint that is not a number or too large, naming task and
 *            variable; DGBA_E_SHAPE for sizes that cannot be; DGBA_E_CONFIG for closed_form and cbc on what they cannot
 * solve, for a time limit or gap that cannot be; DGBA_E_MEMORY. An infeasible program or a timeout is no error but a status
 */
dgba_status dgba_ilp_solve(int8_t *d, dgba_ilp_solution *out, const dgba_ilp_problem *problem,
                           const dgba_ilp_options *options);

#endif
