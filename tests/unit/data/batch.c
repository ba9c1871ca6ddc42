#include <math.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/dataset.h"

enum { HEIGHT = 4, WIDTH = 6, PIXELS = HEIGHT * WIDTH };

static void the_files_size_is_loaded_exactly(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(3, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("batch"), &about);
    dgba_batch batch;
    static const int64_t images[] = {2, 0};
    CHECK_OK(dgba_batch_create(&batch, data, 4, HEIGHT, WIDTH));
    CHECK_OK(dgba_batch_load(&batch, data, images, 2));
    assert_true(batch.shape.n == 2 && batch.shape.c == 3 && batch.shape.h == HEIGHT && batch.shape.w == WIDTH);
    for (int64_t n = 0; n < 2; ++n) {
        for (int64_t p = 0; p < PIXELS; ++p) {
            for (int64_t c = 0; c < 3; ++c) { // blue, green, red
                const float stored = (float)(7 * images[n] + p + 2 - c);
                assert_true(batch.images[(n * 3 + c) * PIXELS + p] == stored - dgba_data_mean[c]);
            }
            const dgba_batch_labels *segment = &batch.labels[DATASET_SEGMENT], *normal = &batch.labels[DATASET_NORMAL];
            const int64_t i = n * PIXELS + p;
            assert_int_equal(segment->valid[i], p % 5 != 4);
            assert_true(segment->values[i] == (float)(p % 5 == 4 ? 0 : p % 5));
            assert_int_equal(normal->valid[i], p % 7 != 6);
            assert_true(normal->values[(n * 3 + 2) * PIXELS + p] == (p % 7 == 6 ? 0 : 0.8F));
            assert_true(batch.labels[DATASET_DEPTH].values[i] == (float)(1 + p + images[n]));
        }
    }
    dgba_batch_free(&batch);
    dgba_data_close(&data);
}

/** The red channel of image 0 is p + 0 at pixel p: rows 0 1 2 3 / 4 5 6 7 for a file of 2 x 4. */
static void images_are_resized_with_half_pixel_centres(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(1, 2, 4);
    dgba_data *data = dataset_open(check_folder("resize"), &about);
    static const int64_t first = 0;
    // 4 -> 2 columns: x = (i + 1/2)·2 − 1/2 = 0.5, 2.5; 2 -> 3 rows: y = −1/6 (edge repeated), 1/2, 7/6 (edge)
    static const float smaller[] = {0.5F, 2.5F, 2.5F, 4.5F, 4.5F, 6.5F};
    // 4 -> 6 columns: x = −1/6, 1/2, 7/6, 11/6, 5/2, 19/6
    static const float wider[] = {0, 0.5F, 7 / 6.0F, 11 / 6.0F, 2.5F, 3, 4, 4.5F, 31 / 6.0F, 35 / 6.0F, 6.5F, 7};
    const struct {
        int64_t height, width;
        const float *red;
        float depth[12];
    } cases[] = {{3, 2, smaller, {1, 3, 1, 3, 5, 7}}, // ⌊i·2/3⌋ = 0 0 1, ⌊i·4/2⌋ = 0 2
                 {2, 6, wider, {1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8}}};
    for (int64_t k = 0; k < DGBA_COUNT_OF(cases); ++k) {
        const int64_t pixels = cases[k].height * cases[k].width;
        dgba_batch batch;
        CHECK_OK(dgba_batch_create(&batch, data, 1, cases[k].height, cases[k].width));
        CHECK_OK(dgba_batch_load(&batch, data, &first, 1));
        for (int64_t i = 0; i < pixels; ++i) batch.images[2 * pixels + i] += dgba_data_mean[2];
        CHECK_CLOSE(batch.images + 2 * pixels, cases[k].red, pixels, 0, 2e-5);
        CHECK_CLOSE(batch.labels[DATASET_DEPTH].values, cases[k].depth, pixels, 0, 0);
        dgba_batch_free(&batch);
    }
    dgba_data_close(&data);
}

static void an_image_does_not_depend_on_its_batch(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(3, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("split"), &about);
    static const int64_t images[] = {1, 2, 0};
    dgba_batch all, one;
    CHECK_OK(dgba_batch_create(&all, data, 3, 5, 5));
    CHECK_OK(dgba_batch_create(&one, data, 1, 5, 5));
    CHECK_OK(dgba_batch_load(&all, data, images, 3));
    for (int64_t n = 0; n < 3; ++n) {
        CHECK_OK(dgba_batch_load(&one, data, images + n, 1));
        assert_memory_equal(one.images, all.images + n * 3 * 25, 3 * 25 * sizeof(float));
        assert_memory_equal(one.labels[DATASET_NORMAL].values, all.labels[DATASET_NORMAL].values + n * 3 * 25,
                            3 * 25 * sizeof(float));
        assert_memory_equal(one.labels[DATASET_SEGMENT].valid, all.labels[DATASET_SEGMENT].valid + n * 25, 25);
    }
    dgba_batch_free(&all);
    dgba_batch_free(&one);
    dgba_data_close(&data);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const int64_t images[] = {0, 1, 9};
    dgba_data_info about = dataset_about(2, HEIGHT, WIDTH), large = dataset_about(2, HEIGHT, WIDTH + 1);
    strcpy(large.name, "large");
    const char *folder = check_folder("misfit");
    dgba_data *data = dataset_open(folder, &about), *other = dataset_open(folder, &large);
    dgba_batch batch;
    CHECK_FAILS(DGBA_E_SHAPE, dgba_batch_create(&batch, data, 0, 4, 4));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_batch_create(&batch, data, 1, 0, 4));
    CHECK_OK(dgba_batch_create(&batch, data, 2, 4, 4));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_batch_load(&batch, data, images, 3));
    CHECK_MESSAGE("3 images do not fit into a batch of 2");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_batch_load(&batch, other, images, 1));
    CHECK_MESSAGE("made for a data file of other sizes");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_batch_load(&batch, data, images + 2, 1));
    CHECK_MESSAGE("there is no image 9");
    CHECK_OK(dgba_batch_load(&batch, data, images, 0));
    assert_int_equal(batch.shape.n, 0);
    dgba_batch_free(&batch);
    dgba_data_close(&data);
    dgba_data_close(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_size_is_loaded_exactly),
        cmocka_unit_test(images_are_resized_with_half_pixel_centres),
        cmocka_unit_test(an_image_does_not_depend_on_its_batch),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
