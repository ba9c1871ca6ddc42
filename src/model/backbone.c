#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "parts.h"

static const dgba_backbone_parts *const backbones[] = {
    [DGBA_BACKBONE_DEEPLAB_RESNET34] = &dgba_deeplab_resnet34,
    [DGBA_BACKBONE_MOBILENET_V2] = &dgba_mobilenet_v2,
};

const char *const dgba_backbone_names[] = {
    [DGBA_BACKBONE_DEEPLAB_RESNET34] = "deeplab_resnet34",
    [DGBA_BACKBONE_MOBILENET_V2] = "mobilenet_v2",
    NULL,
};

const dgba_backbone_parts *dgba_backbone_find(int64_t backbone) {
    return backbone >= 0 && backbone < DGBA_COUNT_OF(backbones) ? backbones[backbone] : NULL;
}

int64_t dgba_backbone_levels(int64_t backbone) {
    const dgba_backbone_parts *parts = dgba_backbone_find(backbone);
    DGBA_ASSERT(parts != NULL);
    return parts->levels;
}

int64_t dgba_scaled_channels(int64_t base, double width) {
    const int64_t scaled = (int64_t)floor((double)base * width + 0.5);
    return scaled > 0 ? scaled : 1;
}

dgba_status dgba_part_name(char name[DGBA_PARAMETER_NAME_BYTES], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(name, DGBA_PARAMETER_NAME_BYTES, format, arguments);
    va_end(arguments);
    if (length >= 0 && length < DGBA_PARAMETER_NAME_BYTES) return DGBA_OK;
    return dgba_fail(DGBA_E_USAGE, "the parameter name '%s...' is too long", name);
}
