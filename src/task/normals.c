/** Surface normals: a direction in space at each pixel. Only the direction of a prediction counts, not its length.
 *
 *  The cosine is that of PyTorch's cosine_similarity: a length below 1e-8 counts as 1e-8.
 *
 *  The counts hold a histogram of all angles of the split, in bins of 1/1024° round 0°, 1/1024°, … 180° (184,321 of them),
 *  so that the median is the true median over all pixels, whatever the batches and ranks, to within half a bin. An angle
 *  that is not a number, because the prediction is not, goes to 180°; the mean is then not a number.
 */
#include <math.h>

#include "kinds.h"
#include "normals.h"

enum { MEAN_ANGLE, MEDIAN_ANGLE, WITHIN_11_25, WITHIN_22_5, WITHIN_30 };

const dgba_metric_info dgba_task_normals_metrics[DGBA_TASK_NORMALS_METRICS] = {
    [MEAN_ANGLE] = {"mean_angle", "degree", false}, [MEDIAN_ANGLE] = {"median_angle", "degree", false},
    [WITHIN_11_25] = {"within_11_25", "", true},    [WITHIN_22_5] = {"within_22_5", "", true},
    [WITHIN_30] = {"within_30", "", true},
};

enum { BINS_PER_DEGREE = 1024, BINS = 180 * BINS_PER_DEGREE + 1 };

/** Places in totals->counts. The limits are three counts of their own: a histogram cannot tell 11.25° from just below. */
enum {
    COUNT_PIXELS,
    COUNT_WITHIN,
    LIMITS = DGBA_TASK_NORMALS_PERCENTAGES,
    COUNT_BINS = COUNT_WITHIN + LIMITS,
    COUNTS = COUNT_BINS + BINS
};

static const double limits[LIMITS] = {11.25, 22.5, 30};
static const double least_length = 1e-8;
static const double degrees_per_radian = 57.295779513082321;

int64_t dgba_task_normals_channels(const dgba_task *task) {
    (void)task;
    return 3;
}

int64_t dgba_task_normals_counts(const dgba_task *task) {
    (void)task;
    return COUNTS;
}

/** The vector divided by its length. Returns what it was divided by. */
static double unit_vector(double unit[3], dgba_pixel vector) {
    double square = 0;
    for (int64_t c = 0; c < 3; ++c) {
        unit[c] = (double)vector.values[c * vector.stride];
        square += unit[c] * unit[c];
    }
    double length = sqrt(square);
    if (length < least_length) length = least_length;
    for (int64_t c = 0; c < 3; ++c) unit[c] /= length;
    return length;
}

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

double dgba_task_normals_loss(const dgba_task *task, dgba_pixel prediction, dgba_pixel label) {
    (void)task;
    double p[3], g[3];
    unit_vector(p, prediction);
    unit_vector(g, label);
    return 1 - dot(p, g);
}

/** The part of the label that is perpendicular to the prediction turns it; nothing changes its length. */
void dgba_task_normals_gradient(float *dprediction, double weight, const dgba_task *task, dgba_pixel prediction,
                                dgba_pixel label) {
    (void)task;
    double p[3], g[3];
    const double length = unit_vector(p, prediction);
    unit_vector(g, label);
    // Below the least length the divisor is a constant, so the label acts as a whole.
    const double along = length > least_length ? dot(p, g) : 0;
    for (int64_t c = 0; c < 3; ++c) dprediction[c * prediction.stride] = (float)(-weight * (g[c] - along * p[c]) / length);
}

void dgba_task_normals_answer(double answer[DGBA_TASK_ANSWER], const dgba_task *task, dgba_pixel prediction) {
    (void)task;
    unit_vector(answer, prediction);
}

double dgba_task_normals_cosine(const double answer[DGBA_TASK_ANSWER], dgba_pixel label) {
    double g[3];
    unit_vector(g, label);
    const double cosine = dot(answer, g);
    return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

void dgba_task_normals_measure(dgba_totals *totals, const dgba_task *task, const double answer[DGBA_TASK_ANSWER],
                               dgba_pixel prediction, dgba_pixel label) {
    (void)prediction;
    const double angle = degrees_per_radian * acos(dgba_task_normals_cosine(answer, label));
    totals->sums[0] += angle;
    totals->counts[COUNT_PIXELS] += 1;
    for (int64_t k = 0; k < LIMITS; ++k)
        totals->counts[COUNT_WITHIN + k] += task->released ? angle <= limits[k] : angle < limits[k];
    totals->counts[COUNT_BINS + (isnan(angle) ? BINS - 1 : lround(angle * BINS_PER_DEGREE))] += 1;
}

/** The angle that stands at place `rank` (from 0) when all are sorted. */
static double angle_of_rank(const int64_t *bins, int64_t rank) {
    int64_t bin = 0;
    for (int64_t seen = bins[0]; seen <= rank; seen += bins[bin]) ++bin;
    return (double)bin / BINS_PER_DEGREE;
}

void dgba_task_normals_metrics_of(double *values, const dgba_task *task, const dgba_totals *totals) {
    (void)task;
    const int64_t pixels = totals->counts[COUNT_PIXELS], *bins = totals->counts + COUNT_BINS;
    for (int64_t m = 0; m < DGBA_TASK_NORMALS_METRICS; ++m) values[m] = NAN;
    if (pixels == 0) return;
    values[MEAN_ANGLE] = totals->sums[0] / (double)pixels;
    values[MEDIAN_ANGLE] = (angle_of_rank(bins, (pixels - 1) / 2) + angle_of_rank(bins, pixels / 2)) / 2;
    for (int64_t k = 0; k < LIMITS; ++k)
        values[WITHIN_11_25 + k] = (double)totals->counts[COUNT_WITHIN + k] / (double)pixels;
}

const dgba_task_kind dgba_task_normals = {
    .name = "normals",
    .help = "a direction in space per pixel",
    .loss_name = "1 - cosine",
    .loss_unit = "",
    .metrics = dgba_task_normals_metrics,
    .metric_count = DGBA_TASK_NORMALS_METRICS,
    .prediction_channels = dgba_task_normals_channels,
    .label_channels = 3,
    .sum_count = DGBA_TASK_NORMALS_SUMS,
    .count_count = dgba_task_normals_counts,
    .loss = dgba_task_normals_loss,
    .gradient = dgba_task_normals_gradient,
    .answer = dgba_task_normals_answer,
    .measure = dgba_task_normals_measure,
    .metrics_of = dgba_task_normals_metrics_of,
    .percentages = DGBA_TASK_NORMALS_PERCENTAGES,
};
