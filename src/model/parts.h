/** What models are put together from: backbones and heads. */
#ifndef DGBA_MODEL_PARTS_H
#define DGBA_MODEL_PARTS_H

#include "dgba/model.h"

/** Parameters of the trunk are named "trunk.BLOCK.SET.…" and those of heads "head.TASK.…", SET being the position of the
 *  task set in the layout's list for the block's level. */
#define DGBA_TRUNK_PREFIX "trunk."
#define DGBA_HEAD_PREFIX  "head."

/** A chain of fine blocks, grouped into levels. A new backbone is one source file that defines such parts, a word of the
 *  enum dgba_backbone, and a row in each of the two tables of backbone.c. */
typedef struct dgba_backbone_parts {
    int64_t levels;
    const int64_t *first_block; // of each level; then the number of blocks

    /** Appends fine block `block` after x. `name` prefixes its parameters. */
    dgba_status (*append)(dgba_node *out, dgba_graph *graph, dgba_node x, int64_t block, double width, const char *name);

    /** Channels after the last block. */
    int64_t (*features)(double width);
} dgba_backbone_parts;

extern const dgba_backbone_parts dgba_deeplab_resnet34, dgba_mobilenet_v2;

/** Words of the option `backbone`, by dgba_backbone, ended by NULL. */
extern const char *const dgba_backbone_names[];

/** Parts of a backbone, or NULL if there is no such backbone. */
const dgba_backbone_parts *dgba_backbone_find(int64_t backbone);

/** base·width rounded to the nearest whole number (halves up), but at least 1. */
int64_t dgba_scaled_channels(int64_t base, double width);

/** Writes a name or the prefix of one.
 *  Errors    DGBA_E_USAGE if it is too long */
dgba_status dgba_part_name(char name[DGBA_PARAMETER_NAME_BYTES], const char *format, ...) DGBA_PRINTF(2, 3);

/** Appends the head `aspp` after the backbone's last block x: one branch per dilation rate, outputs summed.
 *  Source    DeepLab v2, arXiv 1606.00915 §3.2 */
dgba_status dgba_head_aspp(dgba_node *out, dgba_graph *graph, dgba_node x, const dgba_model_def *def, int64_t channels,
                           const char *name);

#endif
