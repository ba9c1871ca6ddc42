/** Narrow three-task models of each backbone against PyTorch: predictions and input gradients in evaluation mode, parameter
 * gradients and running statistics in training mode. Weights and images are computed as in generate.py. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgba/model.h"
#include "support/check.h"
#include "support/fill.h"
#include "support/train_pass.h"

enum { SAMPLES = 2, MOST_IMAGE = 3 * 49 * 41, MOST_PREDICTION = SAMPLES * 4 * 12, TASKS = 3 };

/** A backbone; of gradients of the image the file has every step-th row and column. The tolerances of training are about
 *  four times the errors of PyTorch's own single precision: in 52 normalisations over few values rounding grows, and
 *  before a linear convolution with a normalisation some gradients are sums that cancel to zero. */
typedef struct subject {
    const char *file;
    int64_t backbone;
    int salt;
    dgba_shape input;
    int64_t prediction_height, prediction_width, step;
    double training_relative, training_absolute;
} subject;

static const subject subjects[] = {
    {"deeplab_resnet34", DGBA_BACKBONE_DEEPLAB_RESNET34, 10, {SAMPLES, 3, 25, 21}, 4, 3, 1, 1e-4, 0},
    {"mobilenet_v2", DGBA_BACKBONE_MOBILENET_V2, 35, {SAMPLES, 3, 49, 41}, 2, 2, 3, 1e-3, 5e-3},
};
static const dgba_model_task tasks[TASKS] = {{"seg", 4}, {"normal", 3}, {"depth", 1}};
static const int64_t layouts[] = {0, 20, 2};

/* ---- One layout ---- */

typedef struct fixture {
    const subject *of;
    dgba_h5 *golden;
    int64_t layout;
    dgba_model model;
    dgba_plan *plan;
    float *parameters, *gradients;
    float x[SAMPLES * MOST_IMAGE];
} fixture;

static void set_up(fixture *f, const subject *of, int64_t layout, dgba_purpose purpose) {
    *f = (fixture){.of = of, .layout = layout};
    const dgba_model_def def = {.backbone = of->backbone,
                                .width = 0.0625,
                                .layout = layout,
                                .head_channels = 8,
                                .head_rates = {.count = 2, .values = {1, 2}},
                                .head_dropout = 0};
    int64_t count = 0;
    char path[600];
    snprintf(path, sizeof path, TEST_SOURCE_DIR "/golden/model/%s.h5", of->file);
    CHECK_OK(dgba_h5_open(&f->golden, path));
    CHECK_OK(dgba_model_create(&f->model, &def, tasks, TASKS));
    CHECK_OK(DGBA_NEW(&f->parameters, dgba_graph_parameter_floats(f->model.graph)));
    CHECK_OK(DGBA_NEW(&f->gradients, dgba_graph_parameter_floats(f->model.graph)));
    const dgba_parameter *list = dgba_graph_parameters(f->model.graph, &count);
    for (int64_t i = 0; i < count; ++i) fill_parameter(f->parameters + list[i].offset, &list[i], of->salt);
    fill(f->x, dgba_shape_count(of->input), of->salt, "", "image", -2, 2);
    if (purpose == DGBA_PURPOSE_ATTACK_FOLDED) dgba_graph_fold(f->model.graph, f->parameters);
    CHECK_OK(dgba_plan_create(&f->plan, f->model.graph, of->input, purpose));
    dgba_plan_bind(f->plan, f->parameters);
    if (purpose != DGBA_PURPOSE_TRAIN) dgba_plan_forward(f->plan, f->x, (dgba_run){.samples = SAMPLES});
}

static void tear_down(fixture *f) {
    dgba_h5_close(&f->golden);
    dgba_plan_free(&f->plan);
    dgba_model_free(&f->model);
    dgba_free(f->parameters);
    dgba_free(f->gradients);
}

static void read(void *out, const fixture *f, const char *name, dgba_h5_type type, int64_t count) {
    char path[64];
    snprintf(path, sizeof path, "/layout%lld/%s", (long long)f->layout, name);
    CHECK_OK(dgba_h5_read(out, f->golden, path, type, count));
}

static dgba_shape prediction_shape(const fixture *f, int t) {
    return (dgba_shape){SAMPLES, tasks[t].channels, f->of->prediction_height, f->of->prediction_width};
}

/** Writes weight[b] · seed as ∂L/∂output of sample b. */
static void write_seed(fixture *f, int t, const float weights[SAMPLES]) {
    float *seed = dgba_plan_seed(f->plan, t);
    const int64_t each = dgba_shape_count(prediction_shape(f, t)) / SAMPLES;
    fill(seed, SAMPLES * each, f->of->salt, "seed.", tasks[t].name, -1, 1);
    for (int64_t b = 0; b < SAMPLES; ++b) dgba_scale(seed + b * each, weights[b], each);
}

/** To within 2e-5 of each number and of the largest. */
static void check_near(const float *found, const float *expected, int64_t count) {
    float largest = 0;
    for (int64_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(expected[i]));
    CHECK_CLOSE(found, expected, count, 2e-5, 2e-5 * (double)largest);
}

static void check_predictions(const subject *of) {
    static const char *const outputs[TASKS] = {"output0", "output1", "output2"};
    static const dgba_purpose purposes[] = {DGBA_PURPOSE_EVALUATE, DGBA_PURPOSE_ATTACK, DGBA_PURPOSE_ATTACK_FOLDED};
    for (int64_t i = 0; i < 3 * DGBA_COUNT_OF(layouts); ++i) {
        fixture f;
        set_up(&f, of, layouts[i / 3], purposes[i % 3]);
        for (int t = 0; t < TASKS; ++t) {
            dgba_shape shape;
            float expected[MOST_PREDICTION];
            const float *y = dgba_plan_output(f.plan, t, &shape);
            assert_true(dgba_shape_equal(shape, prediction_shape(&f, t)));
            read(expected, &f, outputs[t], DGBA_H5_F32, dgba_shape_count(shape));
            check_near(y, expected, dgba_shape_count(shape));
        }
        tear_down(&f);
    }
}

/** The elements that the file has, in place. Returns their number per sample. */
static int64_t thin_out(float *dx, const subject *of) {
    const dgba_shape s = of->input;
    int64_t count = 0;
    for (int64_t row = 0; row < s.n * s.c * s.h; ++row)
        for (int64_t j = 0; j < s.w && row % s.h % of->step == 0; j += of->step) dx[count++] = dx[row * s.w + j];
    return count / SAMPLES;
}

/** Per task, and all at once with weights of their own for each task and sample. */
static void check_input_gradients(const subject *of) {
    static const char *const input_gradients[TASKS] = {"dx0", "dx1", "dx2"};
    static const float weights[TASKS][SAMPLES] = {{0.5F, -2}, {3, 0.25F}, {0, 1.5F}}, none[SAMPLES], one[] = {1, 1};
    static float dx[SAMPLES * MOST_IMAGE], expected[SAMPLES * MOST_IMAGE], weighted[SAMPLES * MOST_IMAGE];
    for (int64_t i = 0; i < DGBA_COUNT_OF(layouts); ++i) {
        fixture f;
        int64_t each = 0;
        set_up(&f, of, layouts[i], DGBA_PURPOSE_ATTACK);
        memset(weighted, 0, sizeof weighted);
        for (int t = 0; t < TASKS; ++t) {
            for (int other = 0; other < TASKS; ++other) write_seed(&f, other, other == t ? one : none);
            dgba_plan_backward_input(f.plan, dx);
            each = thin_out(dx, of);
            read(expected, &f, input_gradients[t], DGBA_H5_F32, SAMPLES * each);
            check_near(dx, expected, SAMPLES * each);
            for (int64_t b = 0; b < SAMPLES; ++b) dgba_axpy(weighted + b * each, weights[t][b], expected + b * each, each);
        }
        for (int t = 0; t < TASKS; ++t) write_seed(&f, t, weights[t]);
        dgba_plan_backward_input(f.plan, dx);
        thin_out(dx, of);
        check_near(dx, weighted, SAMPLES * each);
        tear_down(&f);
    }
}

/** Length and projection of a gradient, or of a running statistic, against PyTorch's. */
static void check_summary(const float *values, const dgba_parameter *p, const subject *of, const double expected[2]) {
    float *direction = NULL;
    const int64_t count = dgba_shape_count(p->shape);
    CHECK_OK(DGBA_NEW(&direction, count));
    fill(direction, count, of->salt, "direction.", p->name, -1, 1);
    const double length = sqrt(dgba_dot(values, values, count)), projection = dgba_dot(values, direction, count);
    const double tolerance = of->training_relative * expected[0] + of->training_absolute;
    if (!(fabs(length - expected[0]) <= tolerance && fabs(projection - expected[1]) <= tolerance))
        fail_msg("%s: length %.8g, projection %.8g, expected %.8g, %.8g", p->name, length, projection, expected[0],
                 expected[1]);
    dgba_free(direction);
}

/** A pass of training mode with the seeds as they are. */
static void train(fixture *f) {
    static float seeds[TASKS][MOST_PREDICTION];
    train_pass pass = {.plan = f->plan, .graph = f->model.graph, .gradients = f->gradients};
    for (int t = 0; t < TASKS; ++t) {
        fill(seeds[t], dgba_shape_count(prediction_shape(f, t)), f->of->salt, "seed.", tasks[t].name, -1, 1);
        pass.seeds[t] = seeds[t];
    }
    train_pass_run(&pass, f->x, (dgba_run){.samples = SAMPLES});
    assert_int_equal(pass.seeded, TASKS);
}

static void check_training_step(const subject *of) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(layouts); ++i) {
        fixture f;
        int64_t count = 0;
        double(*expected)[2] = NULL;
        dgba_names names = {0};
        char path[64];
        set_up(&f, of, layouts[i], DGBA_PURPOSE_TRAIN);
        train(&f);
        const dgba_parameter *list = dgba_graph_parameters(f.model.graph, &count);
        CHECK_OK(DGBA_NEW(&expected, count));
        read(expected, &f, "after_training", DGBA_H5_F64, 2 * count);
        snprintf(path, sizeof path, "/layout%lld/names", (long long)f.layout);
        CHECK_OK(dgba_h5_read_texts(&names, f.golden, path));
        assert_int_equal(names.count, count);
        for (int64_t k = 0; k < count; ++k) {
            const bool trains = dgba_parameter_is_trainable(list[k].role);
            assert_string_equal(list[k].name, names.items[k]);
            check_summary((trains ? f.gradients : f.parameters) + list[k].offset, &list[k], of, expected[k]);
        }
        dgba_names_free(&names);
        dgba_free(expected);
        tear_down(&f);
    }
}

static void check_all(void (*check)(const subject *of)) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(subjects); ++i) check(&subjects[i]);
}

static void predictions(void **state) {
    (void)state;
    check_all(check_predictions);
}

static void gradients_of_the_input(void **state) {
    (void)state;
    check_all(check_input_gradients);
}

static void one_training_step(void **state) {
    (void)state;
    check_all(check_training_step);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions),
        cmocka_unit_test(gradients_of_the_input),
        cmocka_unit_test(one_training_step),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
