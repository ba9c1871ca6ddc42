#include "parts.h"

enum { CONVS = 3 };

/** Branch r: 3×3 at the dilation rate, 1×1, 1×1 to the prediction; NAME.r.conv1 to NAME.r.conv3. */
static dgba_status append_branch(dgba_node *out, dgba_graph *graph, dgba_node x, const dgba_model_def *def, int64_t r,
                                 int64_t channels, const char *name) {
    const int64_t features = dgba_backbone_find(def->backbone)->features(def->width);
    const int64_t hidden = def->head_channels, rate = def->head_rates.values[r];
    const dgba_conv2d convs[CONVS] = {{features, hidden, .kernel = 3, .stride = 1, .padding = rate, .dilation = rate},
                                      {hidden, hidden, .kernel = 1, .stride = 1, .padding = 0, .dilation = 1},
                                      {hidden, channels, .kernel = 1, .stride = 1, .padding = 0, .dilation = 1}};
    char part[DGBA_PARAMETER_NAME_BYTES];
    *out = x;
    for (int i = 0; i < CONVS; ++i) {
        DGBA_TRY(dgba_part_name(part, "%s.%lld.conv%d", name, (long long)r, i + 1));
        DGBA_TRY(dgba_graph_conv2d(out, graph, *out, convs[i], true, part));
        if (i == CONVS - 1) break;
        DGBA_TRY(dgba_graph_relu(out, graph, *out));
        DGBA_TRY(dgba_graph_dropout(out, graph, *out, (float)def->head_dropout));
    }
    return DGBA_OK;
}

dgba_status dgba_head_aspp(dgba_node *out, dgba_graph *graph, dgba_node x, const dgba_model_def *def, int64_t channels,
                           const char *name) {
    DGBA_TRY(append_branch(out, graph, x, def, 0, channels, name));
    for (int64_t r = 1; r < def->head_rates.count; ++r) {
        dgba_node branch = 0;
        DGBA_TRY(append_branch(&branch, graph, x, def, r, channels, name));
        DGBA_TRY(dgba_graph_add(out, graph, *out, branch));
    }
    return DGBA_OK;
}
