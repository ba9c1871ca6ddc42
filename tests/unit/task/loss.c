/** Losses and their gradients, for every kind of the registry. */
#include <math.h>
#include <string.h>

#include "dgba/task.h"
#include "ref/task.h"
#include "support/near.h"

enum { SAMPLES = 3, CLASSES = 6, HEIGHT = 5, WIDTH = 7, LABEL_HEIGHT = 13, LABEL_WIDTH = 16 };
enum { PLANE = HEIGHT * WIDTH, LABEL_PLANE = LABEL_HEIGHT * LABEL_WIDTH, MOST = SAMPLES * CLASSES * PLANE };

/** A random problem of one kind. */
typedef struct problem {
    dgba_task task;
    dgba_shape shape;
    float prediction[MOST], values[SAMPLES * 3 * LABEL_PLANE];
    uint8_t valid[SAMPLES * LABEL_PLANE];
    dgba_labels labels;
} problem;

static problem p;

static void make_problem(const dgba_task_kind *kind, uint64_t seed) {
    dgba_random stream = dgba_random_stream(seed, DGBA_RANDOM_TEST, 1);
    p.task = (dgba_task){.kind = kind, .classes = CLASSES, .class_weights = {0.5F, 2, 1, 0.25F, 3, 1.5F}};
    p.shape = (dgba_shape){SAMPLES, dgba_task_prediction_channels(&p.task), HEIGHT, WIDTH};
    p.labels = (dgba_labels){p.values, p.valid, LABEL_HEIGHT, LABEL_WIDTH};
    check_random(p.prediction, dgba_shape_count(p.shape), seed);
    for (int64_t i = 0; i < SAMPLES * kind->label_channels * LABEL_PLANE; ++i)
        p.values[i] = strstr(kind->name, "segmentation") != NULL ? (float)dgba_random_below(&stream, CLASSES)
                                                                 : (float)dgba_random_between(&stream, 0.1, 4);
    for (int64_t i = 0; i < SAMPLES * LABEL_PLANE; ++i) p.valid[i] = dgba_random_uniform(&stream) < 0.7;
}

/** Calls `check` for a random problem of every kind. */
static void for_every_kind(void (*check)(void)) {
    int64_t count = 0;
    const dgba_task_kind *const *kinds = dgba_task_kinds(&count);
    for (int64_t k = 0; k < count; ++k) {
        make_problem(kinds[k], 10 + (uint64_t)k);
        check();
    }
}

static void get_losses(double *losses, double *denominators) {
    dgba_task_loss(losses, denominators, &p.task, p.prediction, p.shape, &p.labels);
}

static void check_twin(void) {
    double losses[SAMPLES], denominators[SAMPLES];
    get_losses(losses, denominators);
    for (int64_t n = 0; n < SAMPLES; ++n) {
        const int64_t channels = p.task.kind->label_channels;
        const ref_sample sample = {p.prediction + n * p.shape.c * PLANE,
                                   p.values + n * channels * LABEL_PLANE,
                                   p.valid + n * LABEL_PLANE,
                                   p.shape.c,
                                   HEIGHT,
                                   WIDTH,
                                   channels,
                                   LABEL_HEIGHT,
                                   LABEL_WIDTH,
                                   p.task.class_weights};
        double denominator = 0;
        CHECK_NEAR(losses[n], ref_task_loss(&denominator, p.task.kind->name, &sample), 1e-12);
        CHECK_NEAR(denominators[n], denominator, 1e-12);
    }
}

static void losses_equal_their_twins(void **state) {
    (void)state;
    for_every_kind(check_twin);
}

static double weighted_loss(const double *weights) {
    double losses[SAMPLES], denominators[SAMPLES], sum = 0;
    get_losses(losses, denominators);
    for (int64_t n = 0; n < SAMPLES; ++n) sum += weights[n] * losses[n];
    return sum;
}

static void check_finite_differences(void) {
    static const double weights[SAMPLES] = {0.5, -2, 3};
    float gradient[MOST];
    for (int64_t i = 0; i < MOST; ++i) gradient[i] = NAN; // every element must be written
    dgba_task_loss_gradient(gradient, weights, &p.task, p.prediction, p.shape, &p.labels);
    for (int64_t i = 0; i < dgba_shape_count(p.shape); ++i) {
        const float kept = p.prediction[i];
        p.prediction[i] = kept + 0x1p-14F;
        const double above = weighted_loss(weights), upper = (double)p.prediction[i];
        p.prediction[i] = kept - 0x1p-14F;
        const double below = weighted_loss(weights), lower = (double)p.prediction[i];
        p.prediction[i] = kept;
        CHECK_NEAR((double)gradient[i], (above - below) / (upper - lower), 2e-7);
    }
}

static void gradients_equal_finite_differences(void **state) {
    (void)state;
    for_every_kind(check_finite_differences);
}

static void check_all_ignored(void) {
    memset(p.valid + LABEL_PLANE, 0, LABEL_PLANE); // the second sample
    double losses[SAMPLES], denominators[SAMPLES];
    float gradient[MOST];
    get_losses(losses, denominators);
    assert_true(isfinite(losses[0]) && isnan(losses[1]) && isfinite(losses[2]));
    assert_true(denominators[0] > 0 && denominators[1] == 0);
    dgba_task_loss_gradient(gradient, (double[]){1, 1, 1}, &p.task, p.prediction, p.shape, &p.labels);
    const int64_t size = p.shape.c * PLANE;
    for (int64_t i = size; i < 2 * size; ++i) assert_true(gradient[i] == 0);
}

static void a_sample_without_labels_has_no_loss_and_no_gradient(void **state) {
    (void)state;
    for_every_kind(check_all_ignored);
}

static void check_not_finite(void) {
    static const float bad[] = {NAN, INFINITY};
    const int64_t size = p.shape.c * PLANE;
    for (int b = 0; b < 2; ++b) {
        for (int64_t i = 0; i < size; ++i) p.prediction[size + i] = bad[b];
        double losses[SAMPLES], denominators[SAMPLES];
        float gradient[MOST];
        get_losses(losses, denominators);
        assert_true(isfinite(losses[0]) && !isfinite(losses[1]) && isfinite(losses[2]));
        dgba_task_loss_gradient(gradient, (double[]){1, 0, 1}, &p.task, p.prediction, p.shape, &p.labels);
        for (int64_t i = 0; i < size; ++i) assert_true(gradient[size + i] == 0);
        for (int64_t i = 0; i < size; ++i) assert_true(isfinite(gradient[i]) && isfinite(gradient[2 * size + i]));
    }
}

static void a_prediction_that_is_not_finite_spoils_its_own_sample_only(void **state) {
    (void)state;
    for_every_kind(check_not_finite);
}

/** One pixel, prediction (C,1,1) against one valid label. */
static double pixel_loss(float *gradient, const char *kind, int64_t classes, const float *prediction, const float *label) {
    dgba_task task = {.classes = classes};
    CHECK_OK(dgba_task_kind_find(&task.kind, kind));
    const dgba_shape shape = {1, dgba_task_prediction_channels(&task), 1, 1};
    const dgba_labels labels = {label, (const uint8_t[]){1}, 1, 1};
    double loss = 0, denominator = 0;
    dgba_task_loss(&loss, &denominator, &task, prediction, shape, &labels);
    dgba_task_loss_gradient(gradient, (double[]){1}, &task, prediction, shape, &labels);
    return loss;
}

static void losses_by_hand(void **state) {
    (void)state;
    float g[3];
    CHECK_NEAR(pixel_loss(g, "segmentation", 2, (float[]){0, 0}, (float[]){1}), 0.69314718055994531, 1e-15);
    CHECK_CLOSE(g, ((float[]){0.5F, -0.5F}), 2, 0, 0);
    CHECK_NEAR(pixel_loss(g, "segmentation", 2, (float[]){1e4F, -1e4F}, (float[]){1}), 2e4, 0); // no overflow
    CHECK_CLOSE(g, ((float[]){1, -1}), 2, 0, 0);
    CHECK_NEAR(pixel_loss(g, "segmentation", 2, (float[]){-1e4F, 1e4F}, (float[]){0}), 2e4, 0);
    CHECK_NEAR(pixel_loss(g, "normals", 0, (float[]){3, 0, 4}, (float[]){0, 0, 2}), 1 - 0.8, 1e-15);
    CHECK_CLOSE(g, ((float[]){0.096F, 0, -0.072F}), 3, 1e-6, 0);
    CHECK_NEAR(pixel_loss(g, "normals", 0, (float[]){0, 0, 0}, (float[]){0, 0, 2}), 1, 0);
    CHECK_CLOSE(g, ((float[]){0, 0, -1e8F}), 3, 1e-6, 0); // the length counts as 1e-8, as in PyTorch
    CHECK_NEAR(pixel_loss(g, "normals", 0, (float[]){3e-9F, 0, 4e-9F}, (float[]){0, 0, 2}), 1 - 0.4, 1e-7);
    CHECK_CLOSE(g, ((float[]){0, 0, -1e8F}), 3, 1e-6, 0);
    CHECK_NEAR(pixel_loss(g, "depth", 0, (float[]){-1.5F}, (float[]){2}), 3.5, 0);
    assert_true(g[0] == -1);
    CHECK_NEAR(pixel_loss(g, "pixel_l1", 0, (float[]){2}, (float[]){2}), 0, 0);
    assert_true(g[0] == 0);
}

/** A class of weight 0 says nothing; a sample of nothing else has no loss. */
static void classes_may_weigh_nothing(void **state) {
    (void)state;
    dgba_task task = {.classes = 2, .class_weights = {0, 2}};
    CHECK_OK(dgba_task_kind_find(&task.kind, "weighted_segmentation"));
    const float prediction[2][2][2] = {{{3, 0}, {5, 0}}, {{1, 2}, {3, 4}}}, labels[2][2] = {{0, 1}, {0, 0}};
    const uint8_t valid[4] = {1, 1, 1, 1};
    double losses[2], denominators[2];
    float g[8];
    const dgba_labels two = {labels[0], valid, 1, 2};
    dgba_task_loss(losses, denominators, &task, prediction[0][0], (dgba_shape){2, 2, 1, 2}, &two);
    CHECK_NEAR(losses[0], 0.69314718055994531, 1e-15);
    CHECK_NEAR(denominators[0], 2, 0);
    assert_true(isnan(losses[1]) && denominators[1] == 0);
    dgba_task_loss_gradient(g, (double[]){1, 1}, &task, prediction[0][0], (dgba_shape){2, 2, 1, 2}, &two);
    CHECK_CLOSE(g, ((float[]){0, 0.5F, 0, -0.5F, 0, 0, 0, 0}), 8, 0, 0);
}

static void labels_without_sense_are_not_valid(void **state) {
    (void)state;
    float g[2];
    assert_true(isnan(pixel_loss(g, "segmentation", 2, (float[]){0, 0}, (float[]){255})));
    assert_true(g[0] == 0 && g[1] == 0);
    assert_true(isnan(pixel_loss(g, "segmentation", 2, (float[]){0, 0}, (float[]){-1})));
    assert_true(isnan(pixel_loss(g, "segmentation", 2, (float[]){0, 0}, (float[]){NAN})));
    assert_true(isnan(pixel_loss(g, "depth", 0, (float[]){1}, (float[]){0})));
    float n[3];
    assert_true(isnan(pixel_loss(n, "raw_normals", 0, (float[]){1, 1, 1}, (float[]){0, 0, 255})));
    CHECK_NEAR(pixel_loss(n, "raw_normals", 0, (float[]){3, 0, 4}, (float[]){0, 0, 254}), 1 - 0.8, 1e-15);
}

static void kinds_are_found_by_name(void **state) {
    (void)state;
    const dgba_task_kind *kind = NULL;
    CHECK_OK(dgba_task_kind_find(&kind, "normals"));
    assert_string_equal(kind->name, "normals");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_task_kind_find(&kind, "normal"));
    CHECK_MESSAGE("did you mean 'normals'?");
    CHECK_FAILS(DGBA_E_CONFIG, dgba_task_kind_find(&kind, "sound"));
    CHECK_MESSAGE("unknown kind of task 'sound'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_equal_their_twins),
        cmocka_unit_test(gradients_equal_finite_differences),
        cmocka_unit_test(a_sample_without_labels_has_no_loss_and_no_gradient),
        cmocka_unit_test(a_prediction_that_is_not_finite_spoils_its_own_sample_only),
        cmocka_unit_test(losses_by_hand),
        cmocka_unit_test(classes_may_weigh_nothing),
        cmocka_unit_test(labels_without_sense_are_not_valid),
        cmocka_unit_test(kinds_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
