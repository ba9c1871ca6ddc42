/** The labels computed from the image, against direct sums in double. */
#include "../../../src/data/label_filters.h"

#include <math.h>

#include "support/check.h"

enum { HEIGHT = 40, WIDTH = 52, PIXELS = HEIGHT * WIDTH };

/** A pixel of an image whose border is repeated. */
static double pixel(const float *image, int y, int x) {
    y = y < 0 ? 0 : y >= HEIGHT ? HEIGHT - 1 : y;
    x = x < 0 ? 0 : x >= WIDTH ? WIDTH - 1 : x;
    return image[y * WIDTH + x];
}

static double naive_blur(const float *image, int y, int x, double sigma) {
    const int radius = (int)ceil(4 * sigma);
    double sum = 0, weights = 0;
    y = y < 0 ? 0 : y >= HEIGHT ? HEIGHT - 1 : y; // the blurred image's border is repeated in its turn
    x = x < 0 ? 0 : x >= WIDTH ? WIDTH - 1 : x;
    for (int i = -radius; i <= radius; ++i) {
        for (int j = -radius; j <= radius; ++j) {
            const double weight = exp(-(i * i + j * j) / (2 * sigma * sigma));
            sum += weight * pixel(image, y + i, x + j);
            weights += weight;
        }
    }
    return sum / weights;
}

static double naive_edge(const float *image, int y, int x) {
    static const int sobel[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
    const double scale = HEIGHT / 480.0;
    double across = 0, down = 0;
    for (int i = -1; i <= 1; ++i) {
        for (int j = -1; j <= 1; ++j) {
            const double blurred = naive_blur(image, y + i, x + j, 3 * scale);
            across += sobel[i + 1][j + 1] / 4.0 * blurred;
            down += sobel[j + 1][i + 1] / 4.0 * blurred;
        }
    }
    return scale * sqrt((across * across + down * down) / 2);
}

/** Integral of the image over the rectangle [y0, y1] × [x0, x1], in pixels from the middle of pixel (y, x). */
static double integral(const float *image, int y, int x, double y0, double y1, double x0, double x1) {
    double sum = 0;
    for (int i = -8; i <= 8; ++i) {
        for (int j = -8; j <= 8; ++j) {
            const double tall = fmin(y1, i + 0.5) - fmax(y0, i - 0.5), wide = fmin(x1, j + 0.5) - fmax(x0, j - 0.5);
            if (tall > 0 && wide > 0) sum += tall * wide * pixel(image, y + i, x + j);
        }
    }
    return sum;
}

static double naive_keypoint(const float *image, int y, int x) {
    double best = 0;
    for (int i = 0; i < 10; ++i) {
        const double l = (1 + i * 29 / 9.0) * HEIGHT / 480.0, h = l / 2, norm = 9 * l * l;
        const double xx = integral(image, y, x, -l, l, -3 * h, 3 * h) - 3 * integral(image, y, x, -l, l, -h, h);
        const double yy = integral(image, y, x, -3 * h, 3 * h, -l, l) - 3 * integral(image, y, x, -h, h, -l, l);
        const double xy = integral(image, y, x, -l, 0, -l, 0) + integral(image, y, x, 0, l, 0, l) -
                          integral(image, y, x, -l, 0, 0, l) - integral(image, y, x, 0, l, -l, 0);
        best = fmax(best, (xx * yy - 0.81 * xy * xy) / (norm * norm));
    }
    return best;
}

static float image[PIXELS], expected[PIXELS], found[PIXELS], work[DGBA_FILTER_PLANES * PIXELS];

static int make_image(void **state) {
    (void)state;
    dgba_random stream = dgba_random_stream(1, DGBA_RANDOM_TEST, 0);
    for (int i = 0; i < PIXELS; ++i) image[i] = (float)dgba_random_uniform(&stream);
    return 0;
}

static void edges_equal_a_naive_sum(void **state) {
    (void)state;
    for (int i = 0; i < PIXELS; ++i) expected[i] = (float)naive_edge(image, i / WIDTH, i % WIDTH);
    dgba_filter_edges(found, image, HEIGHT, WIDTH, work);
    CHECK_CLOSE(found, expected, PIXELS, 1e-4, 1e-6);
}

static void keypoints_equal_a_naive_sum(void **state) {
    (void)state;
    for (int i = 0; i < PIXELS; ++i) expected[i] = (float)naive_keypoint(image, i / WIDTH, i % WIDTH);
    dgba_filter_keypoints(found, image, HEIGHT, WIDTH, work);
    CHECK_CLOSE(found, expected, PIXELS, 1e-3, 1e-7);
}

/** An even image has neither edges nor keypoints; on an even slope the gradient is that of the full-size image. */
static void known_images(void **state) {
    (void)state;
    float flat[PIXELS], slope[PIXELS];
    for (int i = 0; i < PIXELS; ++i) {
        flat[i] = 0.75f;
        slope[i] = 0.01f * (float)(i % WIDTH);
    }
    dgba_filter_edges(found, flat, HEIGHT, WIDTH, work);
    for (int i = 0; i < PIXELS; ++i) assert_true(found[i] < 1e-6f);
    dgba_filter_keypoints(found, flat, HEIGHT, WIDTH, work);
    for (int i = 0; i < PIXELS; ++i) assert_true(found[i] < 1e-10f);
    dgba_filter_edges(found, slope, HEIGHT, WIDTH, work);
    assert_true(fabs(found[20 * WIDTH + 25] - 0.01 * 2 / sqrt(2) * HEIGHT / 480) < 1e-7);
}

static void grey_and_encoding(void **state) {
    (void)state;
    const uint8_t rgb[] = {255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255};
    const float greys[] = {1, 0.299f, 0.587f, 0.114f}, encoded[] = {-1, 0, 1, 1};
    dgba_filter_grey(found, rgb, 4);
    CHECK_CLOSE(found, greys, 4, 1e-6, 0);
    float values[] = {0, 0.04f, 0.08f, 3};
    dgba_filter_encode(values, 4, 0.08f);
    CHECK_CLOSE(values, encoded, 4, 1e-6, 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_equal_a_naive_sum),
        cmocka_unit_test(keypoints_equal_a_naive_sum),
        cmocka_unit_test(known_images),
        cmocka_unit_test(grey_and_encoding),
    };
    return cmocka_run_group_tests(tests, make_image, check_no_leak);
}
