#include <math.h>
#include <string.h>

#include "ref/task.h"

int64_t ref_nearest(int64_t i, int64_t in, int64_t out) {
    int64_t source = 0;
    while ((source + 1) * out <= i * in) ++source;
    return source;
}

static double cross_entropy(const ref_sample *s, int64_t pixel, double truth) {
    const int64_t plane = s->height * s->width;
    double sum = 0;
    for (int64_t c = 0; c < s->channels; ++c) sum += exp((double)s->prediction[c * plane + pixel]);
    return -log(exp((double)s->prediction[(int64_t)truth * plane + pixel]) / sum);
}

static double one_minus_cosine(const ref_sample *s, int64_t pixel, const double *label) {
    const int64_t plane = s->height * s->width;
    double product = 0, p = 0, g = 0;
    for (int64_t c = 0; c < 3; ++c) {
        const double value = (double)s->prediction[c * plane + pixel];
        product += value * label[c];
        p += value * value;
        g += label[c] * label[c];
    }
    return 1 - product / sqrt(p * g);
}

double ref_task_loss(double *denominator, const char *kind, const ref_sample *s) {
    double sum = 0;
    *denominator = 0;
    for (int64_t pixel = 0; pixel < s->height * s->width; ++pixel) {
        const int64_t y = ref_nearest(pixel / s->width, s->label_height, s->height);
        const int64_t x = ref_nearest(pixel % s->width, s->label_width, s->width);
        double label[3] = {0};
        for (int64_t c = 0; c < s->label_channels; ++c)
            label[c] = (double)s->labels[(c * s->label_height + y) * s->label_width + x];
        if (!s->valid[y * s->label_width + x]) continue;
        const double weight = strcmp(kind, "weighted_segmentation") == 0 ? (double)s->class_weights[(int64_t)label[0]] : 1;
        *denominator += weight;
        if (strstr(kind, "segmentation") != NULL)
            sum += weight * cross_entropy(s, pixel, label[0]);
        else if (strstr(kind, "normals") != NULL)
            sum += one_minus_cosine(s, pixel, label);
        else
            sum += fabs((double)s->prediction[pixel] - label[0]);
    }
    return sum / *denominator;
}
