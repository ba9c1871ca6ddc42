/** The oracle of a small narrow model: its gradient against finite differences of its own losses, and one backward pass
 * with weights against the weighted sum of passes per task. */
#include <math.h>
#include <string.h>

#include "dgba/oracle.h"
#include "support/check.h"

enum { TASKS = 3, SAMPLES = 2, SIZE = 24, PIXELS = SIZE * SIZE };

typedef struct fixture {
    dgba_model model;
    float *parameters;
    dgba_task tasks[TASKS];
    dgba_network_oracle *oracle;
    float x[SAMPLES * 3 * PIXELS];
    float classes[SAMPLES * PIXELS], normals[SAMPLES * 3 * PIXELS], depth[SAMPLES * PIXELS];
    uint8_t valid[SAMPLES * PIXELS];
} fixture;

static fixture f;

/** Weights under which signals neither fade nor grow from layer to layer; fresh ones fade, and finite differences of
 * nothing prove nothing. */
static void strengthen_weights(void) {
    int64_t count = 0;
    const dgba_parameter *parameters = dgba_graph_parameters(f.model.graph, &count);
    for (int64_t i = 0; i < count; ++i) {
        if (parameters[i].role != DGBA_PARAMETER_WEIGHT) continue;
        const dgba_shape s = parameters[i].shape;
        float *w = f.parameters + parameters[i].offset;
        check_random(w, dgba_shape_count(s), 10 + (uint64_t)i);
        dgba_scale(w, sqrtf(1.0F / (float)(s.c * s.h * s.w)), dgba_shape_count(s));
    }
}

static void make_labels(void) {
    dgba_random stream = dgba_random_stream(5, DGBA_RANDOM_TEST, 0);
    check_random(f.normals, DGBA_COUNT_OF(f.normals), 2);
    for (int i = 0; i < SAMPLES * PIXELS; ++i) {
        f.classes[i] = (float)dgba_random_below(&stream, 4);
        f.depth[i] = (float)dgba_random_between(&stream, 1, 5);
        f.valid[i] = dgba_random_uniform(&stream) < 0.9;
    }
    for (int n = 0; n < SAMPLES; ++n)
        for (int i = 0; i < PIXELS; ++i) {
            float *v = f.normals + n * 3 * PIXELS + i;
            const float length = sqrtf(v[0] * v[0] + v[PIXELS] * v[PIXELS] + v[2 * PIXELS] * v[2 * PIXELS]);
            for (int c = 0; c < 3; ++c) v[c * PIXELS] /= length;
        }
}

static int make(void **state) {
    (void)state;
    static const char *const kinds[TASKS] = {"segmentation", "normals", "depth"};
    const dgba_model_def def = {.width = 0.125, .layout = 31, .head_channels = 8, .head_rates = {2, {1, 2}}};
    dgba_model_task heads[TASKS];
    for (int t = 0; t < TASKS; ++t) {
        f.tasks[t] = (dgba_task){.classes = 4};
        strcpy(f.tasks[t].name, kinds[t]);
        CHECK_OK(dgba_task_kind_find(&f.tasks[t].kind, kinds[t]));
        strcpy(heads[t].name, kinds[t]);
        heads[t].channels = dgba_task_prediction_channels(&f.tasks[t]);
    }
    CHECK_OK(dgba_model_create(&f.model, &def, heads, TASKS));
    CHECK_OK(DGBA_NEW(&f.parameters, dgba_graph_parameter_floats(f.model.graph)));
    dgba_model_initialise(f.parameters, &f.model, 3);
    strengthen_weights();
    CHECK_OK(dgba_network_oracle_create(&f.oracle, &f.model, f.parameters, f.tasks, (dgba_shape){SAMPLES, 3, SIZE, SIZE},
                                        DGBA_PURPOSE_ATTACK));
    check_random(f.x, DGBA_COUNT_OF(f.x), 1);
    for (int i = 0; i < SAMPLES * 3 * PIXELS; ++i) f.x[i] *= 50;
    make_labels();
    const dgba_labels labels[TASKS] = {
        {f.classes, f.valid, SIZE, SIZE}, {f.normals, f.valid, SIZE, SIZE}, {f.depth, f.valid, SIZE, SIZE}};
    dgba_network_oracle_set_labels(f.oracle, labels, SAMPLES);
    return 0;
}

static int destroy(void **state) {
    dgba_network_oracle_free(&f.oracle);
    dgba_free(f.parameters);
    dgba_model_free(&f.model);
    return check_no_leak(state);
}

/** Σ w·L at x + step·direction. */
static double objective(const double *weights, const float *direction, float step) {
    static float moved[SAMPLES * 3 * PIXELS];
    double losses[TASKS * SAMPLES], total = 0;
    for (int i = 0; i < SAMPLES * 3 * PIXELS; ++i) moved[i] = f.x[i] + step * direction[i];
    CHECK_OK(dgba_network_oracle_evaluate(losses, f.oracle, moved));
    for (int k = 0; k < TASKS * SAMPLES; ++k) total += weights[k] * losses[k];
    return total;
}

/** The derivative along the gradient itself is the square of its length. */
static void gradient_matches_finite_differences(void **state) {
    (void)state;
    static float dx[SAMPLES * 3 * PIXELS];
    const double weights[TASKS * SAMPLES] = {0.5, -1, 2, 1, 0.25, 3};
    double losses[TASKS * SAMPLES];
    const dgba_oracle oracle = dgba_network_oracle_interface(f.oracle);
    CHECK_OK(oracle.evaluate(oracle.self, losses, f.x));
    CHECK_OK(oracle.gradient(oracle.self, dx, weights));
    const double square = dgba_dot(dx, dx, SAMPLES * 3 * PIXELS);
    assert_true(square > 0);
    for (int i = 0; i < SAMPLES * 3 * PIXELS; ++i) dx[i] /= (float)sqrt(square);
    const float step = 0.05F;
    const double slope = (objective(weights, dx, step) - objective(weights, dx, -step)) / (2 * (double)step);
    assert_true(fabs(slope - sqrt(square)) < 0.01 * sqrt(square));
}

static void weighted_pass_is_the_sum_of_task_passes(void **state) {
    (void)state;
    static float together[SAMPLES * 3 * PIXELS], alone[SAMPLES * 3 * PIXELS], sum[SAMPLES * 3 * PIXELS];
    const double weights[TASKS * SAMPLES] = {0.5, 1, 2, 0, 0.25, 3};
    double losses[TASKS * SAMPLES];
    const dgba_oracle oracle = dgba_network_oracle_interface(f.oracle);
    CHECK_OK(oracle.evaluate(oracle.self, losses, f.x));
    CHECK_OK(oracle.gradient(oracle.self, together, weights));
    memset(sum, 0, sizeof sum);
    for (int k = 0; k < TASKS * SAMPLES; ++k) {
        double one[TASKS * SAMPLES] = {0};
        one[k] = weights[k];
        CHECK_OK(oracle.gradient(oracle.self, alone, one));
        dgba_axpy(sum, 1, alone, DGBA_COUNT_OF(sum));
    }
    const double scale = sqrt(dgba_dot(together, together, DGBA_COUNT_OF(sum)) / DGBA_COUNT_OF(sum));
    CHECK_CLOSE(together, sum, DGBA_COUNT_OF(sum), 1e-4, 1e-4 * scale);
}

static void one_sample_alone_gives_the_same(void **state) {
    (void)state;
    double both[TASKS * SAMPLES], one[TASKS];
    CHECK_OK(dgba_network_oracle_evaluate(both, f.oracle, f.x));
    const dgba_labels labels[TASKS] = {{f.classes + PIXELS, f.valid + PIXELS, SIZE, SIZE},
                                       {f.normals + 3 * PIXELS, f.valid + PIXELS, SIZE, SIZE},
                                       {f.depth + PIXELS, f.valid + PIXELS, SIZE, SIZE}};
    dgba_network_oracle_set_labels(f.oracle, labels, 1);
    CHECK_OK(dgba_network_oracle_evaluate(one, f.oracle, f.x + 3 * PIXELS));
    for (int t = 0; t < TASKS; ++t) assert_true(fabs(one[t] - both[t * SAMPLES + 1]) < 1e-5 * fabs(one[t]));
}

static void heads_must_fit_the_tasks(void **state) {
    (void)state;
    dgba_network_oracle *oracle = NULL;
    dgba_task tasks[TASKS] = {f.tasks[1], f.tasks[1], f.tasks[2]};
    CHECK_FAILS(DGBA_E_SHAPE, dgba_network_oracle_create(&oracle, &f.model, f.parameters, tasks,
                                                         (dgba_shape){1, 3, SIZE, SIZE}, DGBA_PURPOSE_EVALUATE));
    CHECK_MESSAGE("needs a prediction of 3 channels, the model's head has 4");
    assert_null(oracle);
}

/** What a loss was divided by: valid pixels of the sample, none of a sample without labels. */
static void denominators_count_valid_pixels(void **state) {
    (void)state;
    static uint8_t all[SAMPLES * PIXELS];
    double losses[TASKS * SAMPLES];
    memset(all, 1, PIXELS);
    const dgba_labels labels[TASKS] = {
        {f.classes, all, SIZE, SIZE}, {f.normals, all, SIZE, SIZE}, {f.depth, f.valid, SIZE, SIZE}};
    dgba_network_oracle_set_labels(f.oracle, labels, SAMPLES);
    const dgba_oracle oracle = dgba_network_oracle_interface(f.oracle);
    CHECK_OK(oracle.evaluate(oracle.self, losses, f.x));
    const double pixels = oracle.denominators[0]; // of the prediction
    assert_true(pixels >= 9 && pixels == floor(pixels));
    assert_true(oracle.denominators[1] == 0 && isnan(losses[1]));
    assert_true(oracle.denominators[SAMPLES] == pixels && oracle.denominators[SAMPLES + 1] == 0);
    const double some = oracle.denominators[2 * SAMPLES] + oracle.denominators[2 * SAMPLES + 1];
    assert_true(some > pixels && some < 2 * pixels && some == floor(some));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_matches_finite_differences),
        cmocka_unit_test(weighted_pass_is_the_sum_of_task_passes),
        cmocka_unit_test(heads_must_fit_the_tasks),
        cmocka_unit_test(one_sample_alone_gives_the_same),
        cmocka_unit_test(denominators_count_valid_pixels),
    };
    return cmocka_run_group_tests(tests, make, destroy);
}
