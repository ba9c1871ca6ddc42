/** MobileNetV2 with plain rectifiers: output stride 32. A residual inverted bottleneck is one fine block; where there is no
 *  shortcut, each of its convolutions is a block of its own, so that tasks can part between them.
 *  Source    arXiv 1801.04381 */
#include "parts.h"

static const dgba_batchnorm batchnorm = {.epsilon = 1e-5F, .momentum = 0.1F};

enum { EXPANSION = 6 };

typedef enum kind {
    FIRST,     // 3×3 from the image
    DEPTHWISE, // 3×3, channel by channel
    POINTWISE, // 1×1
    LINEAR,    // 1×1, no rectifier
    RESIDUAL,  // x + linear(depthwise(expand(x)))
} kind;

// clang-format off
static const struct {
    kind kind;
    int64_t channels, stride;
} blocks[] = {
    // level 0
    {FIRST, 32, 2}, {DEPTHWISE, 32, 1}, {LINEAR, 16, 1},
    {POINTWISE, 96, 1}, {DEPTHWISE, 96, 2}, {LINEAR, 24, 1}, {RESIDUAL, 24, 1},
    // level 1
    {POINTWISE, 144, 1}, {DEPTHWISE, 144, 2}, {LINEAR, 32, 1}, {RESIDUAL, 32, 1}, {RESIDUAL, 32, 1},
    {POINTWISE, 192, 1}, {DEPTHWISE, 192, 2}, {LINEAR, 64, 1}, {RESIDUAL, 64, 1}, {RESIDUAL, 64, 1}, {RESIDUAL, 64, 1},
    // level 2
    {POINTWISE, 384, 1}, {DEPTHWISE, 384, 1}, {LINEAR, 96, 1}, {RESIDUAL, 96, 1}, {RESIDUAL, 96, 1},
    // level 3
    {POINTWISE, 576, 1}, {DEPTHWISE, 576, 2}, {LINEAR, 160, 1}, {RESIDUAL, 160, 1}, {RESIDUAL, 160, 1},
    {POINTWISE, 960, 1}, {DEPTHWISE, 960, 1}, {LINEAR, 320, 1},
    // level 4
    {POINTWISE, 1280, 1},
};
// clang-format on

static const int64_t first_block[] = {0, 7, 18, 23, 31, 32};

/** Convolution number `number` of a block, without bias, and its batch normalisation: NAME.conv<number>, NAME.bn<number>;
 *  then a rectifier, except after linear ones. */
static dgba_status append_conv(dgba_node *out, dgba_graph *graph, dgba_node x, kind what, dgba_conv2d conv,
                               const char *name, int number) {
    char part[DGBA_PARAMETER_NAME_BYTES];
    DGBA_TRY(dgba_part_name(part, "%s.conv%d", name, number));
    if (what == DEPTHWISE)
        DGBA_TRY(dgba_graph_depthwise(out, graph, x, conv, false, part));
    else
        DGBA_TRY(dgba_graph_conv2d(out, graph, x, conv, false, part));
    DGBA_TRY(dgba_part_name(part, "%s.bn%d", name, number));
    DGBA_TRY(dgba_graph_batchnorm(out, graph, *out, batchnorm, part));
    return what == LINEAR ? DGBA_OK : dgba_graph_relu(out, graph, *out);
}

static dgba_conv2d conv_of(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    return (dgba_conv2d){in, out, kernel, stride, .padding = kernel / 2, .dilation = 1};
}

static dgba_status append_residual(dgba_node *out, dgba_graph *graph, dgba_node x, int64_t channels, int64_t hidden,
                                   const char *name) {
    DGBA_TRY(append_conv(out, graph, x, POINTWISE, conv_of(channels, hidden, 1, 1), name, 1));
    DGBA_TRY(append_conv(out, graph, *out, DEPTHWISE, conv_of(hidden, hidden, 3, 1), name, 2));
    DGBA_TRY(append_conv(out, graph, *out, LINEAR, conv_of(hidden, channels, 1, 1), name, 3));
    return dgba_graph_add(out, graph, x, *out);
}

static dgba_status append(dgba_node *out, dgba_graph *graph, dgba_node x, int64_t block, double width, const char *name) {
    const kind what = blocks[block].kind;
    const int64_t channels = dgba_scaled_channels(blocks[block].channels, width);
    const int64_t before = block > 0 ? dgba_scaled_channels(blocks[block - 1].channels, width) : 3;
    const int64_t kernel = what == FIRST || what == DEPTHWISE ? 3 : 1;
    if (what != RESIDUAL)
        return append_conv(out, graph, x, what, conv_of(before, channels, kernel, blocks[block].stride), name, 1);
    const int64_t hidden = dgba_scaled_channels(EXPANSION * blocks[block].channels, width);
    return append_residual(out, graph, x, channels, hidden, name);
}

static int64_t features(double width) { return dgba_scaled_channels(1280, width); }

const dgba_backbone_parts dgba_mobilenet_v2 = {
    .levels = DGBA_COUNT_OF(first_block) - 1, .first_block = first_block, .append = append, .features = features};
