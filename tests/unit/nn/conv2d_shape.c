#include "dgba/nn.h"
#include "support/check.h"

static void sizes_follow_the_formula(void **state) {
    (void)state;
    static const struct {
        dgba_conv2d conv;
        dgba_shape x, y;
        int64_t macs;
    } cases[] = {
        // The sizes of the backbone at 321 x 321.
        {{3, 64, 7, 2, 3, 1}, {1, 3, 321, 321}, {1, 64, 161, 161}, 64 * 161 * 161 * 147},
        {{64, 128, 3, 2, 1, 1}, {2, 64, 81, 81}, {2, 128, 41, 41}, (int64_t)2 * 128 * 41 * 41 * 576},
        {{512, 1024, 3, 1, 24, 24}, {1, 512, 41, 41}, {1, 1024, 41, 41}, (int64_t)1024 * 41 * 41 * 4608},
        {{5, 7, 1, 1, 0, 1}, {3, 5, 4, 6}, {3, 7, 4, 6}, 3 * 7 * 24 * 5},
        {{1, 1, 3, 2, 0, 2}, {1, 1, 5, 8}, {1, 1, 1, 2}, 18},
        {{1, 1, 2, 3, 0, 1}, {1, 1, 2, 7}, {1, 1, 1, 2}, 8},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_shape y;
        CHECK_OK(dgba_conv2d_output_shape(&y, &cases[i].conv, cases[i].x));
        assert_true(dgba_shape_equal(y, cases[i].y));
        assert_int_equal(dgba_conv2d_macs(&cases[i].conv, cases[i].x), cases[i].macs);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const struct {
        dgba_conv2d conv;
        dgba_shape x;
        const char *message;
    } cases[] = {
        {{3, 4, 3, 1, 1, 1}, {1, 4, 8, 8}, "the input has 4 channels, the weights want 3"},
        {{0, 4, 3, 1, 1, 1}, {1, 0, 8, 8}, "in_channels is 0"},
        {{3, -1, 3, 1, 1, 1}, {1, 3, 8, 8}, "out_channels is -1"},
        {{3, 4, 0, 1, 1, 1}, {1, 3, 8, 8}, "kernel is 0"},
        {{3, 4, 3, 0, 1, 1}, {1, 3, 8, 8}, "stride is 0"},
        {{3, 4, 3, 1, -1, 1}, {1, 3, 8, 8}, "padding is -1; it must be between 0 and"},
        {{3, 4, 3, 1, 1, 0}, {1, 3, 8, 8}, "dilation is 0"},
        {{3, 4, 3, 1, 1, INT64_MAX}, {1, 3, 8, 8}, "dilation is"},
        {{3, 4, 3, 1, 1, 1}, {0, 3, 8, 8}, "the number of images is 0"},
        {{3, 4, 3, 1, 1, 1}, {1, 3, 0, 8}, "the height is 0"},
        {{3, 4, 3, 1, 1, 1}, {1, 3, 8, 0}, "the width is 0"},
        {{3, 4, 3, 1, 0, 4}, {1, 3, 8, 9}, "nothing is left of a map of 8 x 9 (kernel 3, padding 0, dilation 4)"},
        {{3, 4, 3, 1, 0, 4}, {1, 3, 9, 8}, "nothing is left of a map of 9 x 8"},
        {{1, 1, 1, 1, 0, 1}, {1, 1, 65536, 32768}, "input pixels"},
        {{1, 1, 1, 1, 32768, 1}, {1, 1, 1, 1}, "output pixels"},
        {{65536, 1, 200, 1, 100, 1}, {1, 65536, 8, 8}, "filter"},
    };
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_shape y = {7, 7, 7, 7};
        CHECK_FAILS(DGBA_E_SHAPE, dgba_conv2d_output_shape(&y, &cases[i].conv, cases[i].x));
        CHECK_MESSAGE(cases[i].message);
        assert_true(dgba_shape_equal(y, (dgba_shape){7, 7, 7, 7}));
    }
}

static int64_t scratch(dgba_conv2d_algorithm algorithm, const dgba_conv2d *conv, dgba_shape x) {
    return dgba_conv2d_scratch(algorithm, conv, x, DGBA_CONV2D_BACKWARD_INPUT);
}

/** Columns and panels are bounded by a cache's size for maps of any size, Winograd's matrices by an image's, for any number
 *  of images, and a little more where they share points; Strassen's by the weights'. */
static void scratch_is_bounded(void **state) {
    (void)state;
    const dgba_conv2d small = {64, 64, 3, 1, 1, 1}, large = {512, 1024, 3, 1, 12, 12}, pointwise = {64, 64, 1, 1, 0, 1};
    const dgba_conv2d heads = {1024, 1024, 1, 1, 0, 1};
    const int64_t megabyte = 1 << 18;
    assert_int_equal(scratch(DGBA_CONV2D_POINTWISE, &pointwise, (dgba_shape){16, 64, 81, 81}), 0);
    assert_in_range(scratch(DGBA_CONV2D_PANELS, &pointwise, (dgba_shape){16, 64, 81, 81}), 1, megabyte);
    assert_in_range(scratch(DGBA_CONV2D_STRASSEN, &pointwise, (dgba_shape){16, 64, 81, 81}), 1, megabyte / 4);
    assert_in_range(scratch(DGBA_CONV2D_STRASSEN, &heads, (dgba_shape){16, 1024, 41, 41}), 1, 9 * megabyte);
    for (int64_t size = 4; size < 400; size *= 3) {
        const dgba_shape x = {16, 64, size, size};
        assert_in_range(scratch(DGBA_CONV2D_COLUMNS, &small, x), 1, 3 * megabyte / 2);
        const int64_t pixels = 64 * (size + 8) * (size + 8) * (1 + 1500 / (size * size));
        assert_in_range(scratch(DGBA_CONV2D_WINOGRAD, &small, x), 1, 5 * pixels + 2 * megabyte);
    }
    assert_in_range(scratch(DGBA_CONV2D_COLUMNS, &large, (dgba_shape){16, 512, 41, 41}), 1, 8 * megabyte);
    assert_in_range(scratch(DGBA_CONV2D_WINOGRAD, &large, (dgba_shape){16, 512, 41, 41}), 1, 65 * megabyte);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_follow_the_formula),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(scratch_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
