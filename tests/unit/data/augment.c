#include <math.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/dataset.h"

enum { HEIGHT = 8, WIDTH = 10, PIXELS = HEIGHT * WIDTH, SAMPLES = 40 };

static const int64_t zeros[SAMPLES];

/** A data file of one image, and a batch of SAMPLES. */
typedef struct fixture {
    dgba_data *data;
    dgba_batch batch;
} fixture;

static fixture open_fixture(int64_t height, int64_t width) {
    const dgba_data_info about = dataset_about(1, HEIGHT, WIDTH);
    fixture out = {.data = dataset_open(check_folder("augment"), &about)};
    CHECK_OK(dgba_batch_create(&out.batch, out.data, SAMPLES, height, width));
    return out;
}

static void close_fixture(fixture *f) {
    dgba_batch_free(&f->batch);
    dgba_data_close(&f->data);
}

static void the_same_samples_whatever_the_batches(void **state) {
    (void)state;
    fixture f = open_fixture(6, 6);
    dgba_batch part;
    CHECK_OK(dgba_batch_create(&part, f.data, 3, 6, 6));
    dgba_augment augment = {.scale_low = 0.5, .scale_high = 1.5, .mirror = true, .seed = 5, .first_sample = 100};
    CHECK_OK(dgba_batch_load_augmented(&f.batch, f.data, zeros, SAMPLES, &augment));
    for (int64_t n = 0; n < 9; n += 3) {
        augment.first_sample = 100 + n;
        CHECK_OK(dgba_batch_load_augmented(&part, f.data, zeros, 3, &augment));
        assert_memory_equal(part.images, f.batch.images + n * 3 * 36, 3 * 3 * 36 * sizeof(float));
        assert_memory_equal(part.labels[DATASET_DEPTH].values, f.batch.labels[DATASET_DEPTH].values + n * 36,
                            3 * 36 * sizeof(float));
    }
    assert_memory_not_equal(f.batch.images, f.batch.images + 3 * 36, 3 * 36 * sizeof(float));
    augment.seed = 6;
    CHECK_OK(dgba_batch_load_augmented(&part, f.data, zeros, 3, &augment));
    assert_memory_not_equal(part.images, f.batch.images + 6 * 3 * 36, 3 * 36 * sizeof(float));
    dgba_batch_free(&part);
    close_fixture(&f);
}

static void scale_one_without_mirror_changes_nothing(void **state) {
    (void)state;
    fixture f = open_fixture(HEIGHT, WIDTH);
    dgba_batch plain;
    CHECK_OK(dgba_batch_create(&plain, f.data, 1, HEIGHT, WIDTH));
    CHECK_OK(dgba_batch_load(&plain, f.data, zeros, 1));
    const dgba_augment augment = {.scale_low = 1, .scale_high = 1};
    CHECK_OK(dgba_batch_load_augmented(&f.batch, f.data, zeros, 1, &augment));
    assert_memory_equal(f.batch.images, plain.images, 3 * PIXELS * sizeof(float));
    for (int64_t t = 0; t < DATASET_TASKS; ++t) {
        const dgba_batch_labels *a = &f.batch.labels[t], *b = &plain.labels[t];
        assert_memory_equal(a->values, b->values, (size_t)(a->channels * PIXELS) * sizeof(float));
        assert_memory_equal(a->valid, b->valid, PIXELS);
    }
    dgba_batch_free(&plain);
    close_fixture(&f);
}

/** Depth is 1 + p at pixel p, so it tells where a pixel came from. */
static void mirrored_images_and_their_normals(void **state) {
    (void)state;
    fixture f = open_fixture(HEIGHT, WIDTH);
    const dgba_augment augment = {.scale_low = 1, .scale_high = 1, .mirror = true, .seed = 2};
    CHECK_OK(dgba_batch_load_augmented(&f.batch, f.data, zeros, SAMPLES, &augment));
    int64_t mirrored = 0;
    for (int64_t n = 0; n < SAMPLES; ++n) {
        const float *depth = f.batch.labels[DATASET_DEPTH].values + n * PIXELS, *blue = f.batch.images + n * 3 * PIXELS;
        const float *normal = f.batch.labels[DATASET_NORMAL].values + n * 3 * PIXELS;
        const bool mirror = depth[0] != 1;
        mirrored += mirror;
        for (int64_t p = 0; p < PIXELS; ++p) {
            const int64_t from = mirror ? p / WIDTH * WIDTH + WIDTH - 1 - p % WIDTH : p;
            assert_true(depth[p] == (float)(1 + from));
            assert_true(blue[p] == (float)(from + 2) - dgba_data_mean[0]);
            const bool valid = from % 7 != 6;
            assert_int_equal(f.batch.labels[DATASET_NORMAL].valid[n * PIXELS + p], valid);
            assert_true(normal[p] == (!valid ? 0 : mirror ? -0.6F : 0.6F));
            assert_true(normal[2 * PIXELS + p] == (valid ? 0.8F : 0));
        }
    }
    assert_true(mirrored > 10 && mirrored < 30);
    close_fixture(&f);
}

/** Twice the size: the window is a crop somewhere, every label pixel appears twice, depth is halved. */
static void magnified_images_are_cropped_and_nearer(void **state) {
    (void)state;
    fixture f = open_fixture(HEIGHT, WIDTH);
    const dgba_augment augment = {.scale_low = 2, .scale_high = 2, .seed = 3};
    CHECK_OK(dgba_batch_load_augmented(&f.batch, f.data, zeros, SAMPLES, &augment));
    int64_t tops = 0, lefts = 0; // places of the window that occur, as bits
    for (int64_t n = 0; n < SAMPLES; ++n) {
        const float *depth = f.batch.labels[DATASET_DEPTH].values + n * PIXELS;
        // Where the window begins follows from the first pixel and from where the next source pixel begins.
        const int64_t first = (int64_t)(2 * depth[0]) - 1;
        const int64_t top = 2 * (first / WIDTH) + (depth[0] != depth[WIDTH]);
        const int64_t left = 2 * (first % WIDTH) + (depth[0] != depth[1]);
        assert_true(top <= HEIGHT && left <= WIDTH);
        tops |= INT64_C(1) << top;
        lefts |= INT64_C(1) << left;
        for (int64_t p = 0; p < PIXELS; ++p) {
            const int64_t y = (top + p / WIDTH) / 2, x = (left + p % WIDTH) / 2;
            assert_true(depth[p] == (float)(1 + y * WIDTH + x) / 2);
            assert_int_equal(f.batch.labels[DATASET_SEGMENT].valid[n * PIXELS + p], (y * WIDTH + x) % 5 != 4);
        }
    }
    assert_int_equal(tops, (1 << (HEIGHT + 1)) - 1);
    assert_int_equal(lefts, (1 << (WIDTH + 1)) - 1);
    close_fixture(&f);
}

/** Half the size in a window of the whole: two rows and two or three columns of padding on each side. */
static void smaller_images_are_padded(void **state) {
    (void)state;
    fixture f = open_fixture(HEIGHT, WIDTH);
    const dgba_augment augment = {.scale_low = 0.5, .scale_high = 0.5, .seed = 3};
    CHECK_OK(dgba_batch_load_augmented(&f.batch, f.data, zeros, 1, &augment));
    for (int64_t p = 0; p < PIXELS; ++p) {
        const int64_t y = p / WIDTH - 2, x = p % WIDTH - 2; // (8−4)/2 and (10−5)/2 rounded down
        const bool inside = y >= 0 && y < 4 && x >= 0 && x < 5;
        const int64_t from = 2 * y * WIDTH + 2 * x;
        assert_int_equal(f.batch.labels[DATASET_DEPTH].valid[p], inside);
        assert_int_equal(f.batch.labels[DATASET_SEGMENT].valid[p], inside && from % 5 != 4);
        assert_true(f.batch.labels[DATASET_DEPTH].values[p] == (inside ? (float)(1 + from) / 0.5F : 0));
        // Half-pixel centres: the mean of four pixels.
        const float blue = inside ? (float)from + 2 + (1 + WIDTH) / 2.0F - dgba_data_mean[0] : 0;
        assert_true(fabsf(f.batch.images[p] - blue) < 1e-4F);
    }
    close_fixture(&f);
}

static void impossible_scales_are_refused(void **state) {
    (void)state;
    fixture f = open_fixture(4, 4);
    static const double bad[][2] = {{0, 1}, {-1, 1}, {1.5, 0.5}, {1, 1000}, {NAN, 1}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(bad); ++i) {
        const dgba_augment augment = {.scale_low = bad[i][0], .scale_high = bad[i][1]};
        CHECK_FAILS(DGBA_E_CONFIG, dgba_batch_load_augmented(&f.batch, f.data, zeros, 1, &augment));
        CHECK_MESSAGE("images cannot be scaled by");
    }
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_samples_whatever_the_batches),
        cmocka_unit_test(scale_one_without_mirror_changes_nothing),
        cmocka_unit_test(mirrored_images_and_their_normals),
        cmocka_unit_test(magnified_images_are_cropped_and_nearer),
        cmocka_unit_test(smaller_images_are_padded),
        cmocka_unit_test(impossible_scales_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
