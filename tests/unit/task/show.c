/** What predictions and labels look like: classes, unit vectors, values. */
#include <math.h>

#include "dgba/task.h"
#include "support/check.h"

static dgba_task task_of(const char *kind, int64_t classes) {
    dgba_task task = {.classes = classes};
    CHECK_OK(dgba_task_kind_find(&task.kind, kind));
    return task;
}

/** Two samples of 1 × 2 pixels with three scores. */
static void classes_are_those_of_the_largest_score(void **state) {
    (void)state;
    const float scores[2 * 3 * 2] = {1, 5, 2, 0, 3, -1, -4, 7, -3, 7, -5, NAN};
    static const char *const kinds[] = {"segmentation", "weighted_segmentation"};
    for (int i = 0; i < 2; ++i) {
        const dgba_task task = task_of(kinds[i], 3);
        float shown[4];
        dgba_task_show(shown, &task, scores, (dgba_shape){2, 3, 1, 2});
        assert_true(shown[0] == 2 && shown[1] == 0 && shown[2] == 1);
        assert_true(shown[3] == 0); // the first of equals
    }
}

static void directions_have_length_one(void **state) {
    (void)state;
    const dgba_task task = task_of("normals", 0);
    const float prediction[3 * 2] = {3, 0, 0, -2, 4, 0}; // (3,0,4) and (0,-2,0)
    float shown[6];
    dgba_task_show(shown, &task, prediction, (dgba_shape){1, 3, 1, 2});
    const float expected[6] = {0.6F, 0, 0, -1, 0.8F, 0};
    for (int i = 0; i < 6; ++i) assert_true(fabsf(shown[i] - expected[i]) < 1e-6F);
}

static void values_are_themselves(void **state) {
    (void)state;
    const dgba_task task = task_of("depth", 0);
    const float prediction[2] = {1.5F, -2};
    float shown[2];
    dgba_task_show(shown, &task, prediction, (dgba_shape){1, 1, 2, 1});
    assert_memory_equal(shown, prediction, sizeof shown);
}

/** Two samples of 1 × 2 pixels, of which the mask leaves out one and the kind another. */
static void labels_that_cannot_be_used_are_not_numbers(void **state) {
    (void)state;
    const float depth[4] = {2, 3, 0, 4};
    const uint8_t valid[4] = {1, 0, 1, 1};
    const dgba_labels labels = {.values = depth, .valid = valid, .height = 1, .width = 2};
    const dgba_task task = task_of("depth", 0);
    float shown[4];
    dgba_task_show_labels(shown, &task, &labels, 2);
    assert_true(shown[0] == 2 && isnan(shown[1]) && isnan(shown[2]) && shown[3] == 4);
}

/** Labels of the released code, 0..255 per channel. */
static void label_vectors_become_unit_vectors(void **state) {
    (void)state;
    const float raw[3] = {30, 0, 40};
    const uint8_t valid[1] = {1};
    const dgba_labels labels = {.values = raw, .valid = valid, .height = 1, .width = 1};
    const dgba_task task = task_of("raw_normals", 0);
    float shown[3];
    dgba_task_show_labels(shown, &task, &labels, 1);
    assert_true(fabsf(shown[0] - 0.6F) < 1e-6F && shown[1] == 0 && fabsf(shown[2] - 0.8F) < 1e-6F);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_those_of_the_largest_score),
        cmocka_unit_test(directions_have_length_one),
        cmocka_unit_test(values_are_themselves),
        cmocka_unit_test(labels_that_cannot_be_used_are_not_numbers),
        cmocka_unit_test(label_vectors_become_unit_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
