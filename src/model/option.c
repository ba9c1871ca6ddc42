#include <stddef.h>

#include "parts.h"

static const dgba_option model_options[] = {
    {"backbone", DGBA_OPTION_CHOICE, offsetof(dgba_model_def, backbone), "deeplab_resnet34", 0, 0, dgba_backbone_names,
     "shared part of the network"},
    {"width", DGBA_OPTION_REAL, offsetof(dgba_model_def, width), "1", 0.001, 16, NULL,
     "multiplies the backbone's channels; rounded to the nearest whole number, at least 1"},
    {"layout", DGBA_OPTION_INTEGER, offsetof(dgba_model_def, layout), "0", 0, INT32_MAX, NULL,
     "index of the layout, how tasks share the backbone (see dgba layouts); 0 = all share all"},
};

static const dgba_option head_options[] = {
    {"channels", DGBA_OPTION_INTEGER, offsetof(dgba_model_def, head_channels), "1024", 1, 65536, NULL,
     "channels inside each branch of a head"},
    {"rates", DGBA_OPTION_INTEGERS, offsetof(dgba_model_def, head_rates), "[6, 12, 18, 24]", 1, 1024, NULL,
     "dilation rates, one branch each"},
    {"dropout", DGBA_OPTION_REAL, offsetof(dgba_model_def, head_dropout), "0.5", 0, 0.99, NULL,
     "share of the values that training drops in each branch"},
};

const dgba_option_table dgba_model_options = {"model", "the multi-task model", model_options, DGBA_COUNT_OF(model_options)};
const dgba_option_table dgba_head_options = {"head", "the head of each task (aspp)", head_options,
                                             DGBA_COUNT_OF(head_options)};
