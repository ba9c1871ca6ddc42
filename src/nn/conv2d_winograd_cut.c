#include "conv2d_winograd.h"

/** Pieces for a phase of `length` elements. A last piece may hang over its end: pieces of other lengths would save points,
 *  but make more matrices with fewer rows each, and more of weights. */
static void cut_phase(int64_t pieces[WINOGRAD_KINDS], int64_t length, winograd_kind longest) {
    if (length <= 3)
        pieces[WINOGRAD_ONE + length - 1] = 1;
    else
        pieces[longest] = (length + winograd_outputs(longest) - 1) / winograd_outputs(longest);
}

winograd_axis winograd_cut(int64_t size, int64_t dilation, winograd_kind longest) {
    const int64_t shorter = size / dilation, longer_phases = size % dilation;
    winograd_axis axis = {.size = size, .dilation = dilation};
    axis.phases[0] = longer_phases;
    axis.phases[1] = shorter > 0 ? dilation - longer_phases : 0;
    for (int sort = 0; sort < 2; ++sort)
        if (axis.phases[sort] > 0) cut_phase(axis.pieces[sort], shorter + (sort == 0), longest);
    return axis;
}

int64_t winograd_pieces(const winograd_axis *axis, winograd_kind kind) {
    return axis->phases[0] * axis->pieces[0][kind] + axis->phases[1] * axis->pieces[1][kind];
}

int64_t winograd_axis_points(const winograd_axis *axis) {
    int64_t points = 0;
    for (winograd_kind kind = 0; kind < WINOGRAD_KINDS; ++kind)
        if (winograd_pieces(axis, kind) > 0) points += winograd_points(kind);
    return points;
}

// Neighbouring pieces are of neighbouring phases, so that neighbouring tiles read neighbouring pixels. All pieces of a
// phase are of one kind.
int64_t winograd_first(const winograd_axis *axis, winograd_kind kind, int64_t piece) {
    const int64_t longer = axis->phases[0] * axis->pieces[0][kind];
    const int sort = piece < longer ? 0 : 1;
    const int64_t number = piece - (sort == 0 ? 0 : longer);
    const int64_t phase = number % axis->phases[sort] + (sort == 0 ? 0 : axis->phases[0]);
    return phase + axis->dilation * (number / axis->phases[sort] * winograd_outputs(kind));
}
