/** Semantic segmentation: a score (logit) per class at each pixel.
 *
 *  The mean IoU is the mean over the classes that occur in the ground truth or in the prediction; a class that is absent
 *  from both says nothing about the model and is left out of the mean. (The released code also leaves out a class that was
 *  never found, which flatters a weak model.) Counts are the confusion matrix
 *  [true class][predicted class].
 */
#include <math.h>

#include "kinds.h"
#include "segmentation.h"

enum { MEAN_IOU, PIXEL_ACCURACY };

static const dgba_metric_info metrics[] = {
    [MEAN_IOU] = {"mean_iou", "", true},
    [PIXEL_ACCURACY] = {"pixel_accuracy", "", true},
};

int64_t dgba_task_segmentation_channels(const dgba_task *task) { return task->classes; }

static int64_t count_count(const dgba_task *task) { return task->classes * task->classes; }

bool dgba_task_segmentation_usable(const dgba_task *task, dgba_pixel label) {
    return label.values[0] >= 0 && label.values[0] < (float)task->classes;
}

double dgba_task_segmentation_log_sum(const dgba_task *task, dgba_pixel scores) {
    float largest = scores.values[0];
    for (int64_t c = 1; c < task->classes; ++c)
        if (scores.values[c * scores.stride] > largest) largest = scores.values[c * scores.stride];
    double sum = 0;
    for (int64_t c = 0; c < task->classes; ++c) sum += exp((double)scores.values[c * scores.stride] - (double)largest);
    return (double)largest + log(sum);
}

double dgba_task_segmentation_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label) {
    const int64_t truth = (int64_t)label.values[0];
    return dgba_task_segmentation_log_sum(task, prediction) - (double)prediction.values[truth * prediction.stride];
}

/** softmax − one-hot */
void dgba_task_segmentation_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                     dgba_pixel label) {
    const int64_t truth = (int64_t)label.values[0];
    const double normaliser = dgba_task_segmentation_log_sum(task, prediction);
    for (int64_t c = 0; c < task->classes; ++c) {
        const double probability = exp((double)prediction.values[c * prediction.stride] - normaliser);
        dprediction[c * prediction.stride] = (float)(weight * (probability - (c == truth)));
    }
}

void dgba_task_segmentation_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction) {
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

static void measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                    dgba_pixel prediction, dgba_pixel label) {
    (void)prediction;
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
        const int64_t both = totals->counts[c * task->classes + c];
        if (either == 0 || (task->released && both == 0)) continue;
        present += 1;
        correct += both;
        iou += (double)both / (double)either;
    }
    values[MEAN_IOU] = present > 0 ? iou / (double)present : NAN;
    values[PIXEL_ACCURACY] = pixels > 0 ? (double)correct / (double)pixels : NAN;
}

static bool batch_mean(double *numerator, double *denominator, const dgba_task *task, const dgba_totals *totals,
                       int64_t metric) {
    if (metric != PIXEL_ACCURACY) return false;
    for (int64_t i = 0; i < task->classes * task->classes; ++i) {
        *denominator += (double)totals->counts[i];
        if (i % (task->classes + 1) == 0) *numerator += (double)totals->counts[i];
    }
    return true;
}

const dgba_task_kind dgba_task_segmentation = {
    .name = "segmentation",
    .help = "a class per pixel",
    .loss_name = "cross entropy",
    .loss_unit = "nat",
    .metrics = metrics,
    .metric_count = DGBA_COUNT_OF(metrics),
    .prediction_channels = dgba_task_segmentation_channels,
    .label_channels = 1,
    .sum_count = 0,
    .count_count = count_count,
    .usable = dgba_task_segmentation_usable,
    .loss = dgba_task_segmentation_loss,
    .gradient = dgba_task_segmentation_gradient,
    .answer = dgba_task_segmentation_answer,
    .measure = measure,
    .metrics_of = metrics_of,
    .batch_mean = batch_mean,
};
