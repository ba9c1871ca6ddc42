#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref/task.h"

enum { MOST_PIXELS = 4096, MOST_CLASSES = 32 };

/** The valid pixels of a sample at the label's size, prediction resampled. */
typedef struct pixels {
    int64_t count;
    double prediction[MOST_PIXELS][MOST_CLASSES], label[MOST_PIXELS][3];
} pixels;

static void collect(pixels *out, const ref_sample *s) {
    out->count = 0;
    for (int64_t y = 0; y < s->label_height; ++y) {
        for (int64_t x = 0; x < s->label_width; ++x) {
            if (!s->valid[y * s->label_width + x]) continue;
            const int64_t row = ref_nearest(y, s->height, s->label_height),
                          column = ref_nearest(x, s->width, s->label_width);
            for (int64_t c = 0; c < s->channels; ++c)
                out->prediction[out->count][c] = (double)s->prediction[(c * s->height + row) * s->width + column];
            for (int64_t c = 0; c < s->label_channels; ++c)
                out->label[out->count][c] = (double)s->labels[(c * s->label_height + y) * s->label_width + x];
            out->count += 1;
        }
    }
}

static void segmentation(double *values, const pixels *p, int64_t classes) {
    double both[MOST_CLASSES] = {0}, either[MOST_CLASSES] = {0}, correct = 0, iou = 0;
    int64_t present = 0;
    for (int64_t i = 0; i < p->count; ++i) {
        int64_t answer = 0;
        for (int64_t c = 1; c < classes; ++c)
            if (p->prediction[i][c] > p->prediction[i][answer]) answer = c;
        const int64_t truth = (int64_t)p->label[i][0];
        correct += answer == truth;
        both[truth] += answer == truth;
        either[truth] += 1;
        either[answer] += answer != truth;
    }
    for (int64_t c = 0; c < classes; ++c) {
        if (either[c] == 0) continue;
        present += 1;
        iou += both[c] / either[c];
    }
    values[0] = iou / (double)present;
    values[1] = correct / (double)p->count;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void normals(double *values, const pixels *p) {
    static double angles[MOST_PIXELS];
    memset(values, 0, 5 * sizeof *values);
    for (int64_t i = 0; i < p->count; ++i) {
        const double *a = p->prediction[i], *g = p->label[i];
        const double product = a[0] * g[0] + a[1] * g[1] + a[2] * g[2];
        const double x = a[1] * g[2] - a[2] * g[1], y = a[2] * g[0] - a[0] * g[2], z = a[0] * g[1] - a[1] * g[0];
        angles[i] = atan2(sqrt(x * x + y * y + z * z), product) * 180 / acos(-1.0);
        values[0] += angles[i] / (double)p->count;
        values[2] += (angles[i] < 11.25) / (double)p->count;
        values[3] += (angles[i] < 22.5) / (double)p->count;
        values[4] += (angles[i] < 30) / (double)p->count;
    }
    qsort(angles, (size_t)p->count, sizeof *angles, compare_doubles);
    values[1] = (angles[(p->count - 1) / 2] + angles[p->count / 2]) / 2;
}

static void depth(double *values, const pixels *p) {
    memset(values, 0, 5 * sizeof *values);
    for (int64_t i = 0; i < p->count; ++i) {
        const double a = p->prediction[i][0], g = p->label[i][0];
        values[0] += fabs(a - g) / (double)p->count;
        values[1] += fabs(a - g) / g / (double)p->count;
        for (int k = 1; k <= 3; ++k) values[1 + k] += (a > 0 && fmax(a / g, g / a) < pow(1.25, k)) / (double)p->count;
    }
}

static void weighted_segmentation(double *values, const pixels *p, const ref_sample *s) {
    double sum = 0, weights = 0;
    for (int64_t i = 0; i < p->count; ++i) {
        double all = 0;
        const int64_t truth = (int64_t)p->label[i][0];
        for (int64_t c = 0; c < s->channels; ++c) all += exp(p->prediction[i][c]);
        sum -= (double)s->class_weights[truth] * log(exp(p->prediction[i][truth]) / all);
        weights += (double)s->class_weights[truth];
    }
    values[0] = sum / weights;
}

static void cosine_normals(double *values, const pixels *p) {
    values[0] = 0;
    for (int64_t i = 0; i < p->count; ++i) {
        const double *a = p->prediction[i], *g = p->label[i];
        const double lengths = sqrt((a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (g[0] * g[0] + g[1] * g[1] + g[2] * g[2]));
        values[0] += (a[0] * g[0] + a[1] * g[1] + a[2] * g[2]) / lengths / (double)p->count;
    }
}

void ref_task_metrics(double *values, const char *kind, const ref_sample *sample) {
    static pixels p;
    collect(&p, sample);
    if (strcmp(kind, "segmentation") == 0)
        segmentation(values, &p, sample->channels);
    else if (strcmp(kind, "weighted_segmentation") == 0)
        weighted_segmentation(values, &p, sample);
    else if (strcmp(kind, "normals") == 0 || strcmp(kind, "raw_normals") == 0)
        normals(values, &p);
    else if (strcmp(kind, "cosine_normals") == 0)
        cosine_normals(values, &p);
    else if (strcmp(kind, "depth") == 0)
        depth(values, &p);
    else {
        values[0] = 0;
        for (int64_t i = 0; i < p.count; ++i) values[0] += fabs(p.prediction[i][0] - p.label[i][0]) / (double)p.count;
    }
}
