/** Semantic segmentation: a score (logit) per class at each pixel.
 *
 *  The mean IoU is the mean over the classes that occur in the ground truth or in the prediction; a class that is absent
 *  from both says nothing about the model and is left out of the mean. Counts are the confusion matrix
 *  [true class][predicted class].
 */
#include <math.h>

#include "kinds.h"

enum { MEAN_IOU, PIXEL_ACCURACY };

static const dgba_metric_info metrics[] = {
    [MEAN_IOU] = {"mean_iou", "", true},
    [PIXEL_ACCURACY] = {"pixel_accuracy", "", true},
};

static int64_t prediction_channels(const dgba_task *task) { return task->classes; }

static int64_t count_count(const dgba_task *task) { return task->classes * task->classes; }

static bool usable(const dgba_task *task, dgba_pixel label) {
    return label.values[0] >= 0 && label.values[0] < (float)task->classes;
}

/** log Σ exp of the scores, without overflow. */
static double log_sum_exp(const dgba_task *task, dgba_pixel scores) {
    float largest = scores.values[0];
    for (int64_t c = 1; c < task->classes; ++c)
        if (scores.values[c * scores.stride] > largest) largest = scores.values[c * scores.stride];
    double sum = 0;
    for (int64_t c = 0; c < task->classes; ++c) sum += exp((double)scores.values[c * scores.stride] - (double)largest);
    return (double)largest + log(sum);
}

static double loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label) {
    const int64_t truth = (int64_t)label.values[0];
    return log_sum_exp(task, prediction) - (double)prediction.values[truth * prediction.stride];
}

/** softmax − one-hot */
static void gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction, dgba_pixel label) {
    const int64_t truth = (int64_t)label.values[0];
    const double normaliser = log_sum_exp(task, prediction);
    for (int64_t c = 0; c < task->classes; ++c) {
        const double probability = exp((double)prediction.values[c * prediction.stride] - normaliser);
        dprediction[c * prediction.stride] = (float)(weight * (probability - (c == truth)));
    }
}

/** The class with the largest score, the first of equals; a score that is NaN never wins. */
static void answer_of(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction) {
    int64_t best = 0;
    float largest = -INFINITY;
    for (int64_t c = 0; c < task->classes; ++c) {
        const float score = prediction.values[c * prediction.stride];
        if (!(score > largest)) continue;
        largest = score;
        best = c;
    }
    answer[0] = (double)best;
}

static void measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER], dgba_pixel label) {
    totals->counts[(int64_t)label.values[0] * task->classes + (int64_t)answer[0]] += 1;
}

static void metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    int64_t pixels = 0, correct = 0, present = 0;
    double iou = 0;
    for (int64_t c = 0; c < task->classes; ++c) {
        int64_t either = -totals->counts[c * task->classes + c]; // what both say is in the row and in the column
        for (int64_t k = 0; k < task->classes; ++k) {
            either += totals->counts[c * task->classes + k] + totals->counts[k * task->classes + c];
            pixels += totals->counts[c * task->classes + k];
        }
        if (either == 0) continue;
        present += 1;
        correct += totals->counts[c * task->classes + c];
        iou += (double)totals->counts[c * task->classes + c] / (double)either;
    }
    values[MEAN_IOU] = present > 0 ? iou / (double)present : NAN;
    values[PIXEL_ACCURACY] = pixels > 0 ? (double)correct / (double)pixels : NAN;
}

const dgba_task_kind dgba_task_segmentation = {
    .name = "segmentation",
    .help = "a class per pixel",
    .loss_name = "cross entropy",
    .loss_unit = "nat",
    .metrics = metrics,
    .metric_count = DGBA_COUNT_OF(metrics),
    .prediction_channels = prediction_channels,
    .label_channels = 1,
    .sum_count = 0,
    .count_count = count_count,
    .usable = usable,
    .loss = loss,
    .gradient = gradient,
    .answer = answer_of,
    .measure = measure,
    .metrics_of = metrics_of,
};
