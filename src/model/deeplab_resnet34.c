/** ResNet-34 with dilated last stages, so that the output stride is 8. */
#include "parts.h"

static const dgba_batchnorm batchnorm = {.epsilon = 1e-5F, .momentum = 0.1F};

/** A run of basic blocks; the first one has the stride. */
typedef struct stage {
    int64_t first_block, channels, stride, dilation;
} stage;

static const stage stages[] = {{1, 64, 1, 1}, {4, 128, 2, 1}, {8, 256, 1, 2}, {14, 512, 1, 4}};

static const stage *stage_of(int64_t block) {
    int64_t i = DGBA_COUNT_OF(stages) - 1;
    while (i > 0 && block < stages[i].first_block) --i;
    return &stages[i];
}

/** Convolution without bias and its batch normalisation: NAME.conv<suffix> and NAME.bn<suffix>. */
static dgba_status append_conv(dgba_node *out, dgba_graph *graph, dgba_node x, dgba_conv2d conv, const char *name,
                               const char *suffix) {
    char part[DGBA_PARAMETER_NAME_BYTES];
    DGBA_TRY(dgba_part_name(part, "%s.conv%s", name, suffix));
    DGBA_TRY(dgba_graph_conv2d(out, graph, x, conv, false, part));
    DGBA_TRY(dgba_part_name(part, "%s.bn%s", name, suffix));
    return dgba_graph_batchnorm(out, graph, *out, batchnorm, part);
}

/** Fine block 0. */
static dgba_status append_stem(dgba_node *out, dgba_graph *graph, dgba_node x, double width, const char *name) {
    const dgba_conv2d conv = {3, dgba_scaled_channels(64, width), .kernel = 7, .stride = 2, .padding = 3, .dilation = 1};
    const dgba_maxpool pool = {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true};
    DGBA_TRY(append_conv(out, graph, x, conv, name, "1"));
    DGBA_TRY(dgba_graph_relu(out, graph, *out));
    return dgba_graph_maxpool(out, graph, *out, pool);
}

/** out = ReLU(shortcut + bn2(conv2(ReLU(bn1(conv1(x)))))); the shortcut is x; at the first block of the later
 *  stages, where the channels change, a projection of it. */
static dgba_status append_basic_block(dgba_node *out, dgba_graph *graph, dgba_node x, int64_t block, double width,
                                      const char *name) {
    const stage *s = stage_of(block);
    const bool is_first = block == s->first_block, projects = is_first && s != stages;
    const int64_t channels = dgba_scaled_channels(s->channels, width);
    const int64_t before = projects ? dgba_scaled_channels(s[-1].channels, width) : channels;
    const int64_t stride = is_first ? s->stride : 1;
    const dgba_conv2d conv1 = {before, channels, 3, stride, s->dilation, s->dilation};
    const dgba_conv2d conv2 = {channels, channels, 3, 1, s->dilation, s->dilation};
    dgba_node shortcut = x;
    DGBA_TRY(append_conv(out, graph, x, conv1, name, "1"));
    DGBA_TRY(dgba_graph_relu(out, graph, *out));
    DGBA_TRY(append_conv(out, graph, *out, conv2, name, "2"));
    if (projects) {
        const dgba_conv2d projection = {before, channels, .kernel = 1, .stride = stride, .padding = 0, .dilation = 1};
        DGBA_TRY(append_conv(&shortcut, graph, x, projection, name, "_shortcut"));
    }
    DGBA_TRY(dgba_graph_add(out, graph, shortcut, *out));
    return dgba_graph_relu(out, graph, *out);
}

static dgba_status append(dgba_node *out, dgba_graph *graph, dgba_node x, int64_t block, double width, const char *name) {
    return block == 0 ? append_stem(out, graph, x, width, name) : append_basic_block(out, graph, x, block, width, name);
}

static int64_t features(double width) { return dgba_scaled_channels(512, width); }

static const int64_t first_block[] = {0, 1, 4, 8, 14, 17};

const dgba_backbone_parts dgba_deeplab_resnet34 = {
    .levels = DGBA_COUNT_OF(first_block) - 1, .first_block = first_block, .append = append, .features = features};
