#include "ref/nn.h"

void ref_widen(double *to, const float *from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = (double)from[i];
}

void ref_narrow(float *to, const double *from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = (float)from[i];
}

double ref_dot(const double *a, const double *b, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

void ref_relu_forward(double *y, const double *x, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = x[i] > 0 ? x[i] : 0;
}

void ref_relu_backward(double *dx, const double *dy, const double *x, int64_t count) {
    for (int64_t i = 0; i < count; ++i) dx[i] = x[i] > 0 ? dy[i] : 0;
}

void ref_add_forward(double *y, const double *a, const double *b, int64_t count, bool relu) {
    for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
    if (relu) ref_relu_forward(y, y, count);
}

void ref_dropout(double *y, const double *x, const uint8_t *kept, int64_t count, double rate) {
    for (int64_t i = 0; i < count; ++i) y[i] = kept[i] ? x[i] / (1 - rate) : 0;
}
