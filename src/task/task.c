/** The registry of kinds, and what all kinds share: which label a prediction pixel meets, masks, means over pixels. */
#include "dgba/task.h"

#include <math.h>
#include <string.h>

#include "kinds.h"
#include "released.h"

static const dgba_task_kind *const kinds[] = {
    &dgba_task_segmentation, &dgba_task_weighted_segmentation,
    &dgba_task_normals,      &dgba_task_cosine_normals,
    &dgba_task_raw_normals,  &dgba_task_depth,
    &dgba_task_log_depth,    &dgba_task_pixel_l1,
};

const dgba_task_kind *const *dgba_task_kinds(int64_t *count) {
    *count = DGBA_COUNT_OF(kinds);
    return kinds;
}

dgba_status dgba_task_kind_find(const dgba_task_kind **out, const char *name) {
    const char *known[DGBA_COUNT_OF(kinds)];
    int64_t found = 0;
    for (int64_t i = 0; i < DGBA_COUNT_OF(kinds); ++i) known[i] = kinds[i]->name;
    DGBA_TRY(dgba_text_find(&found, name, known, DGBA_COUNT_OF(kinds), "kind of task"));
    *out = kinds[found];
    return DGBA_OK;
}

int64_t dgba_task_prediction_channels(const dgba_task *task) { return task->kind->prediction_channels(task); }

int64_t dgba_task_sum_count(const dgba_task *task) {
    return task->kind->sum_count + (task->released ? task_released_sum_count(task) : 0);
}

int64_t dgba_task_count_count(const dgba_task *task) { return task->kind->count_count(task); }

/** A prediction and the labels it is compared with. */
typedef struct comparison {
    const dgba_task *task;
    const float *prediction;
    dgba_shape shape; // of the prediction
    const dgba_labels *labels;
} comparison;

static comparison compare(const dgba_task *task, const float *prediction, dgba_shape shape, const dgba_labels *labels) {
    DGBA_ASSERT(shape.c == dgba_task_prediction_channels(task));
    return (comparison){.task = task, .prediction = prediction, .shape = shape, .labels = labels};
}

/** Pixel (i,j) of sample n of a map. */
static dgba_pixel pixel_at(const float *map, dgba_shape shape, int64_t n, int64_t i, int64_t j) {
    const int64_t plane = shape.h * shape.w;
    return (dgba_pixel){.values = map + n * shape.c * plane + i * shape.w + j, .stride = plane};
}

/** Label (i,j) of sample n. Returns whether it can be used. */
static bool label_at(dgba_pixel *label, const comparison *c, int64_t n, int64_t i, int64_t j) {
    const dgba_task_kind *kind = c->task->kind;
    const dgba_shape shape = {.c = kind->label_channels, .h = c->labels->height, .w = c->labels->width};
    *label = pixel_at(c->labels->values, shape, n, i, j);
    if (!c->labels->valid[(n * shape.h + i) * shape.w + j]) return false;
    return kind->usable == NULL || kind->usable(c->task, *label);
}

/** The label that prediction pixel (i,j) is trained on: nearest down-sampling. In whole numbers, so exact; PyTorch rounds
 *  in float32 and is off by one for 2 % of all pairs of sizes, but not from 96, 128, 224, 321, 480 or 640 to an eighth. */
static bool label_for(dgba_pixel *label, const comparison *c, int64_t n, int64_t i, int64_t j) {
    return label_at(label, c, n, i * c->labels->height / c->shape.h, j * c->labels->width / c->shape.w);
}

static double weight_of(const dgba_task *task, dgba_pixel label) {
    return task->kind->weight != NULL ? task->kind->weight(task, label) : 1;
}

static double sample_loss(double *denominator, const comparison *c, int64_t n) {
    double sum = 0;
    *denominator = 0;
    for (int64_t i = 0; i < c->shape.h; ++i) {
        for (int64_t j = 0; j < c->shape.w; ++j) {
            dgba_pixel label;
            if (!label_for(&label, c, n, i, j)) continue;
            const double weight = weight_of(c->task, label);
            sum += weight * c->task->kind->loss(c->task, pixel_at(c->prediction, c->shape, n, i, j), label);
            *denominator += weight;
        }
    }
    return *denominator > 0 ? sum / *denominator : NAN;
}

void dgba_task_loss(double *losses, double *denominators, const dgba_task *task, const float *prediction, dgba_shape shape,
                    const dgba_labels *labels) {
    const comparison c = compare(task, prediction, shape, labels);
    for (int64_t n = 0; n < shape.n; ++n) losses[n] = sample_loss(&denominators[n], &c, n);
}

static double sum_of_weights(const comparison *c, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < c->shape.h; ++i) {
        for (int64_t j = 0; j < c->shape.w; ++j) {
            dgba_pixel label;
            if (label_for(&label, c, n, i, j)) sum += weight_of(c->task, label);
        }
    }
    return sum;
}

/** Writes factor · ∂(weighted sum of the pixels' losses) for sample n where the label can be used. */
static void sample_gradient(float *dprediction, double factor, const comparison *c, int64_t n) {
    for (int64_t i = 0; i < c->shape.h; ++i) {
        for (int64_t j = 0; j < c->shape.w; ++j) {
            dgba_pixel label;
            if (!label_for(&label, c, n, i, j)) continue;
            const dgba_pixel pixel = pixel_at(c->prediction, c->shape, n, i, j);
            c->task->kind->gradient(dprediction + (pixel.values - c->prediction), factor * weight_of(c->task, label),
                                    c->task, pixel, label);
        }
    }
}

void dgba_task_loss_gradient(float *dprediction, const double *weights, const dgba_task *task, const float *prediction,
                             dgba_shape shape, const dgba_labels *labels) {
    const comparison c = compare(task, prediction, shape, labels);
    dgba_fill(dprediction, 0, dgba_shape_count(shape));
    for (int64_t n = 0; n < shape.n; ++n) {
        // A weight of 0 wipes out even a prediction that is not finite.
        const double denominator = weights[n] != 0 ? sum_of_weights(&c, n) : 0;
        if (denominator > 0) sample_gradient(dprediction, weights[n] / denominator, &c, n);
    }
}

/** The first index i' of `labels` with ⌊i'·predictions/labels⌋ ≥ i. */
static int64_t first_label(int64_t i, int64_t predictions, int64_t labels) {
    return (i * labels + predictions - 1) / predictions;
}

/** Compares prediction pixel (i,j) of sample n with the block of labels that nearest up-sampling gives it. */
static void measure_block(dgba_totals *totals, const comparison *c, int64_t n, int64_t i, int64_t j) {
    const int64_t top = first_label(i, c->shape.h, c->labels->height), left = first_label(j, c->shape.w, c->labels->width);
    const int64_t bottom = first_label(i + 1, c->shape.h, c->labels->height);
    const int64_t right = first_label(j + 1, c->shape.w, c->labels->width);
    double answer[DGBA_TASK_ANSWER];
    const dgba_pixel prediction = pixel_at(c->prediction, c->shape, n, i, j);
    c->task->kind->answer(answer, c->task, prediction);
    for (int64_t y = top; y < bottom; ++y) {
        for (int64_t x = left; x < right; ++x) {
            dgba_pixel label;
            if (label_at(&label, c, n, y, x)) c->task->kind->measure(totals, c->task, answer, prediction, label);
        }
    }
}

void dgba_task_measure(dgba_totals *totals, const dgba_task *task, const float *prediction, dgba_shape shape,
                       const dgba_labels *labels) {
    const comparison c = compare(task, prediction, shape, labels);
    released_marks before;
    if (task->released) task_released_before(&before, task, totals);
    for (int64_t n = 0; n < shape.n; ++n)
        for (int64_t i = 0; i < shape.h; ++i)
            for (int64_t j = 0; j < shape.w; ++j) measure_block(totals, &c, n, i, j);
    if (task->released) task_released_after(totals, task, &before, shape.n);
}

void dgba_task_show(float *shown, const dgba_task *task, const float *prediction, dgba_shape shape) {
    const dgba_task_kind *kind = task->kind;
    const int64_t plane = shape.h * shape.w;
    for (int64_t i = 0; i < shape.n * plane; ++i) {
        const int64_t n = i / plane, place = i % plane;
        double said[DGBA_TASK_ANSWER];
        (kind->show != NULL ? kind->show : kind->answer)(said, task, pixel_at(prediction, shape, n, 0, place));
        for (int64_t c = 0; c < kind->label_channels; ++c)
            shown[(n * kind->label_channels + c) * plane + place] = (float)said[c];
    }
}

void dgba_task_show_labels(float *shown, const dgba_task *task, const dgba_labels *labels, int64_t samples) {
    const int64_t channels = task->kind->label_channels, plane = labels->height * labels->width;
    const comparison c = {.task = task, .labels = labels};
    for (int64_t i = 0; i < samples * plane; ++i) {
        dgba_pixel label;
        const int64_t n = i / plane, place = i % plane;
        const bool usable = label_at(&label, &c, n, place / labels->width, place % labels->width);
        double square = 0;
        for (int64_t k = 0; k < channels; ++k) square += pow((double)label.values[k * label.stride], 2);
        const double length = channels > 1 ? sqrt(square) : 1;
        for (int64_t k = 0; k < channels; ++k)
            shown[(n * channels + k) * plane + place] =
                usable && length > 0 ? (float)((double)label.values[k * label.stride] / length) : NAN;
    }
}

void dgba_task_metrics(double *values, const dgba_task *task, const dgba_totals *totals) {
    task->kind->metrics_of(values, task, totals);
    if (task->released) task_released_metrics(values, task, totals);
}

double dgba_metric_relative_change(const dgba_metric_info *metric, double value, double baseline) {
    if (baseline == 0 || !isfinite(baseline)) return NAN;
    const double gain = metric->higher_is_better ? value - baseline : baseline - value;
    return gain / fabs(baseline);
}
