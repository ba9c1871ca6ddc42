/** Multi-task models: layouts (how tasks share), backbones, heads, initial weights, checkpoints.
 *
 *  A backbone is a chain of fine blocks grouped into levels. A layout says, per level, which tasks share one copy of the
 *  level's blocks. Each task has a head of its own.
 */
#ifndef DGBA_MODEL_H
#define DGBA_MODEL_H

#include "dgba/base.h"
#include "dgba/graph.h"
#include "dgba/h5io.h"

/* ---- Layouts ---- */

enum { DGBA_MOST_TASKS = 8, DGBA_MOST_LEVELS = 32 };

/** Tasks as bits: bit t = task t. */
typedef uint8_t dgba_task_set;

/** Per level a list of disjoint task sets that cover all tasks; each level refines the one before. The order of the sets
 *  is that of the enumeration and matters to the released checkpoints. */
typedef struct dgba_layout {
    int64_t tasks, levels;
    int64_t set_count[DGBA_MOST_LEVELS];
    dgba_task_set sets[DGBA_MOST_LEVELS][DGBA_MOST_TASKS];
} dgba_layout;

/** All layouts of `tasks` tasks on `levels` levels, in the order that gives the layout index.
 *  Owns      caller frees *out with dgba_free()
 *  Errors    DGBA_E_USAGE if a number is out of range; DGBA_E_MEMORY
 *  Source    arXiv 2305.12066, released code: recursive cuts, at most tasks−1 of them */
dgba_status dgba_layout_enumerate(dgba_layout **out, int64_t *count, int64_t tasks, int64_t levels);

/** One layout of the enumeration.
 *  Errors    DGBA_E_USAGE naming the number of layouts there are */
dgba_status dgba_layout_at(dgba_layout *out, int64_t tasks, int64_t levels, int64_t index);

/** Adds "{012}|{12}{0}|…": a level's sets in order, levels apart by |. */
void dgba_layout_print(dgba_text *out, const dgba_layout *layout);

/** Number of (task pair, level) that share, of `most` there are. */
int64_t dgba_layout_sharing_score(const dgba_layout *layout, int64_t *most);

/* ---- Models ---- */

typedef enum dgba_backbone { DGBA_BACKBONE_DEEPLAB_RESNET34, DGBA_BACKBONE_MOBILENET_V2 } dgba_backbone;

/** What a model is, apart from the tasks. Filled from dgba_model_options (head options from dgba_head_options). */
typedef struct dgba_model_def {
    int64_t backbone; // a dgba_backbone
    double width;     // multiplies the backbone's channels
    int64_t layout;   // index
    int64_t head_channels;
    dgba_integers head_rates;
    double head_dropout; // rate of the two dropouts of each branch
} dgba_model_def;

extern const dgba_option_table dgba_model_options, dgba_head_options;

typedef struct dgba_model_task {
    char name[64];
    int64_t channels; // of the prediction
} dgba_model_task;

typedef struct dgba_model {
    dgba_model_def def;
    dgba_layout layout;
    int64_t task_count;
    dgba_model_task tasks[DGBA_MOST_TASKS];
    dgba_graph *graph;                          // output t is the prediction of task t
    int64_t parameter_count;                    // weights, biases, gammas, betas
    int64_t shared_parameter_count;             // of backbone copies that serve more than one task
    int64_t level_parameters[DGBA_MOST_LEVELS]; // of one copy of the blocks of each level
} dgba_model;

/** Levels (coarse branching points) of a backbone: 5. */
int64_t dgba_backbone_levels(int64_t backbone);

/** Builds the graph. Its parameters are named
 *    trunk.B.S.PART.…    fine block B, copy of task set S of the block's level (in the layout's order of sets); parts conv1
 *                        bn1 conv2 bn2 …, as many as the block has convolutions, and conv_shortcut bn_shortcut where there
 *                        is a projection
 *    head.TASK.R.PART.…  branch of dilation rate number R; parts conv1 conv2 conv3
 *  ending in weight, bias, running_mean or running_var as in PyTorch. Copies stand in the order of the released
 *  checkpoints: block by block, within a block set by set.
 *  Errors    DGBA_E_USAGE for an unknown layout index, DGBA_E_SHAPE, DGBA_E_MEMORY */
dgba_status dgba_model_create(dgba_model *out, const dgba_model_def *def, const dgba_model_task *tasks, int64_t task_count);
void dgba_model_free(dgba_model *model);

/** Fresh weights. Convolutions of the backbone N(0, 0.01), batch normalisation gamma 1, beta 0, statistics 0 and 1; heads
 *  kaiming-uniform(a=√5): weight and bias uniform on ±1/√(fan-in). A weight depends on (seed, its parameter's name) only.
 *  Shapes    parameters (dgba_graph_parameter_floats) */
void dgba_model_initialise(float *parameters, const dgba_model *model, uint64_t seed);

/* ---- Checkpoints ---- */

/** Writes definition, tasks and parameters below /model; one dataset per parameter under /model/parameters. */
dgba_status dgba_checkpoint_write(dgba_h5 *file, const dgba_model *model, const float *parameters);

/** Writes parameters below another group, such as "/train/best". */
dgba_status dgba_checkpoint_write_parameters(dgba_h5 *file, const char *group, const dgba_model *model,
                                             const float *parameters);

/** Builds the model of a checkpoint and reads its parameters.
 *  Owns      caller frees *parameters with dgba_free() and the model with dgba_model_free()
 *  Errors    DGBA_E_FORMAT naming the parameter that is missing or misshapen */
dgba_status dgba_checkpoint_read(dgba_model *model, float **parameters, dgba_h5 *file);

/** The two halves of it: builds the model, whose parameters the file then has, in their shapes; fills the array of its
 *  parameters (dgba_graph_parameter_floats) from the same file. */
dgba_status dgba_checkpoint_read_model(dgba_model *model, dgba_h5 *file);
dgba_status dgba_checkpoint_read_parameters(float *parameters, const dgba_model *model, dgba_h5 *file);

#endif
