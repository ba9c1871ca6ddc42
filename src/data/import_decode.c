#include <math.h>

#include "import.h"

static double raw_value(int64_t stored, const import_task *task) {
    return ((double)stored + task->add) * task->scale / task->divide;
}

dgba_status dgba_data_decode_class(int64_t *out, int64_t stored, const import_task *task, int64_t classes) {
    const double value = raw_value(stored, task), class = rint(value);
    if (fabs(value - class) > 1e-6 || class < 0 || class >= (double)classes)
        return dgba_fail(DGBA_E_FORMAT, "stored value %lld stands for class %g, which is not one of 0..%lld",
                         (long long)stored, value, (long long)classes - 1);
    *out = (int64_t) class;
    return DGBA_OK;
}

static dgba_status decode_classes(float *values, const data_image *stored, const import_task *task, int64_t classes) {
    for (int64_t i = 0; i < stored->height * stored->width; ++i) {
        int64_t class = 0;
        values[i] = NAN;
        if (stored->values[i] == task->ignore) continue;
        DGBA_TRY(dgba_data_decode_class(&class, stored->values[i], task, classes));
        values[i] = (float)class;
    }
    return DGBA_OK;
}

static float decode_real(int64_t stored, const import_task *task) {
    double value = raw_value(stored, task);
    if (stored == task->ignore || (task->valid_below > 0 && stored >= task->valid_below)) return NAN;
    if (task->kind == DATA_DEPTH && value <= 0) return NAN;
    if (task->kind == DATA_LOG_DEPTH) return value < 0 ? NAN : (float)(log2(1 + value) / 16);
    if (task->clipped) value = fmin(fmax(value, task->clip[0]), task->clip[1]);
    if (task->mapped) {
        const double part = (value - task->clip[0]) / (task->clip[1] - task->clip[0]);
        value = task->map[0] + part * (task->map[1] - task->map[0]);
    }
    return (float)value;
}

/** A normal shorter than this is none: grey, the code of the zero vector, can only be stored to within half a step. */
static const double least_length = 0.1;

static void decode_normal(float normal[3], const uint16_t stored[3], const import_task *task) {
    double n[3], square = 0;
    bool ignored = true;
    for (int c = 0; c < 3; ++c) {
        n[c] = raw_value(stored[task->bgr ? 2 - c : c], task);
        square += n[c] * n[c];
        ignored = ignored && stored[c] == task->ignore;
    }
    const bool raw = task->kind == DATA_RAW_NORMALS, valid = !ignored && (raw || square >= least_length * least_length);
    for (int c = 0; c < 3; ++c) normal[c] = valid ? (float)(raw ? n[c] : n[c] / sqrt(square)) : NAN;
}

dgba_status dgba_data_decode_label(float *values, const data_image *stored, const import_task *task,
                                   const dgba_data_task *about) {
    if (stored->channels != about->channels)
        return dgba_fail(DGBA_E_FORMAT, "has %lld channels; a label of kind %s has %lld", (long long)stored->channels,
                         about->kind, (long long)about->channels);
    const int64_t pixels = stored->height * stored->width;
    if (task->kind == DATA_SEGMENTATION) return decode_classes(values, stored, task, about->classes);
    for (int64_t i = 0; i < pixels; ++i) {
        if (about->channels == 3)
            decode_normal(values + 3 * i, stored->values + 3 * i, task);
        else
            values[i] = decode_real(stored->values[i], task);
    }
    return DGBA_OK;
}
