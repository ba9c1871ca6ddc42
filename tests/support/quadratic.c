#include "support/quadratic.h"

#include <math.h>
#include <string.h>

#include "support/check.h"

enum { MOST_SIZE = 256 };

void quadratic_create(quadratic *q, int64_t tasks, dgba_shape shape, uint64_t seed) {
    *q = (quadratic){.tasks = tasks,
                     .rows = 5,
                     .scale = 1,
                     .size = shape.c * shape.h * shape.w,
                     .shape = shape,
                     .broken_task = QUADRATIC_NONE,
                     .broken_sample = QUADRATIC_NONE,
                     .broken_element = QUADRATIC_NONE};
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 7);
    CHECK_OK(DGBA_NEW(&q->a, tasks * q->rows * q->size));
    CHECK_OK(DGBA_NEW(&q->b, tasks * q->rows));
    CHECK_OK(DGBA_NEW(&q->x, shape.n * q->size));
    assert_true(q->size <= MOST_SIZE);
    for (int64_t i = 0; i < tasks * q->rows * q->size; ++i)
        q->a[i] = pow(8, (double)(i / (q->rows * q->size))) * dgba_random_normal(&stream);
    for (int64_t i = 0; i < tasks * q->rows; ++i) q->b[i] = dgba_random_normal(&stream);
}

void quadratic_free(quadratic *q) {
    dgba_free(q->a);
    dgba_free(q->b);
    dgba_free(q->x);
    *q = (quadratic){0};
}

/** Element `row` of A_t x − b_t. */
static double residual(const quadratic *q, int64_t task, int64_t row, const float *x) {
    double sum = -q->b[task * q->rows + row];
    for (int64_t j = 0; j < q->size; ++j) sum += q->a[(task * q->rows + row) * q->size + j] * (double)x[j];
    return sum;
}

double quadratic_loss(const quadratic *q, int64_t task, const float *x) {
    double loss = 1;
    for (int64_t r = 0; r < q->rows; ++r) loss += residual(q, task, r, x) * residual(q, task, r, x) / 2;
    return loss;
}

void quadratic_add_gradient(double *dx, const quadratic *q, int64_t task, double weight, const float *x) {
    for (int64_t r = 0; r < q->rows; ++r) {
        const double scale = weight * residual(q, task, r, x);
        for (int64_t j = 0; j < q->size; ++j) dx[j] += scale * q->a[(task * q->rows + r) * q->size + j];
    }
}

static double scale_of(const quadratic *q, int64_t task) { return task == q->tasks - 1 ? q->scale : 1; }

static bool is_meant(int64_t which, int64_t number) { return which == number || which == QUADRATIC_ALL; }

static bool is_broken(const quadratic *q, int64_t task, int64_t sample) {
    return is_meant(q->broken_task, task) && is_meant(q->broken_sample, sample);
}

static dgba_status evaluate(void *self, double *losses, const float *x) {
    quadratic *q = self;
    if (q->fails) return dgba_fail(DGBA_E_IO, "the oracle is silent");
    q->evaluations += 1;
    memcpy(q->x, x, (size_t)(q->shape.n * q->size) * sizeof *x);
    for (int64_t t = 0; t < q->tasks; ++t)
        for (int64_t n = 0; n < q->shape.n; ++n)
            losses[t * q->shape.n + n] = is_broken(q, t, n) ? NAN : scale_of(q, t) * quadratic_loss(q, t, x + n * q->size);
    return DGBA_OK;
}

static dgba_status gradient(void *self, float *dx, const double *weights) {
    quadratic *q = self;
    q->gradients += 1;
    for (int64_t n = 0; n < q->shape.n; ++n) {
        double sum[MOST_SIZE] = {0};
        for (int64_t t = 0; t < q->tasks; ++t) {
            const double weight = weights[t * q->shape.n + n];
            assert_true(weight == 0 || !is_broken(q, t, n)); // nobody may ask for the gradient of a loss that is not there
            quadratic_add_gradient(sum, q, t, scale_of(q, t) * weight, q->x + n * q->size);
        }
        for (int64_t j = 0; j < q->size; ++j) dx[n * q->size + j] = j == q->broken_element ? NAN : (float)sum[j];
    }
    return DGBA_OK;
}

dgba_oracle quadratic_oracle(quadratic *q) {
    return (dgba_oracle){.self = q,
                         .tasks = q->tasks,
                         .shape = q->shape,
                         .evaluate = evaluate,
                         .gradient = gradient,
                         .denominators = q->denominators};
}
