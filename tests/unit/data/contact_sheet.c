#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/dataset.h"
#include "support/picture.h"

enum { HEIGHT = 3, WIDTH = 5, GAP = 2, COLUMNS = DATASET_TASKS + 1, SHEET_WIDTH = COLUMNS * (WIDTH + GAP) - GAP };

static void check_pixel(const uint8_t *rgb, int64_t row, int64_t column, int64_t pixel, int red, int green, int blue) {
    const int64_t y = row * (HEIGHT + GAP) + pixel / WIDTH, x = column * (WIDTH + GAP) + pixel % WIDTH;
    const uint8_t *found = rgb + 3 * (y * SHEET_WIDTH + x);
    assert_int_equal(found[0], red);
    assert_int_equal(found[1], green);
    assert_int_equal(found[2], blue);
}

static void every_label_has_its_colours(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(5, HEIGHT, WIDTH);
    dgba_text path = {0};
    const char *folder = check_folder("sheet");
    dgba_path_join(&path, folder, "sheet.png");
    dgba_data *data = dataset_open(folder, &about);
    uint8_t *rgb = NULL;
    int64_t height = 0, width = 0;
    CHECK_OK(dgba_data_contact_sheet(dgba_text_chars(&path), data, "train", 2)); // images 0 and 2
    picture_read_png(&rgb, &height, &width, dgba_text_chars(&path));
    assert_int_equal(height, 2 * (HEIGHT + GAP) - GAP);
    assert_int_equal(width, SHEET_WIDTH);
    check_pixel(rgb, 0, 0, 3, 3, 4, 5);
    check_pixel(rgb, 1, 0, 3, 17, 18, 19);
    check_pixel(rgb, 0, 0, WIDTH * HEIGHT, 255, 255, 255); // the gap
    check_pixel(rgb, 0, 1, 0, 128, 0, 0);                  // classes 0, 1, 2, not valid
    check_pixel(rgb, 0, 1, 1, 0, 128, 0);
    check_pixel(rgb, 0, 1, 2, 128, 128, 0);
    check_pixel(rgb, 0, 1, 4, 48, 48, 48);
    check_pixel(rgb, 0, 2, 0, 204, 128, 230); // normal (0.6, 0, 0.8), not valid
    check_pixel(rgb, 0, 2, 6, 48, 48, 48);
    check_pixel(rgb, 1, 3, 0, 68, 1, 84); // nearest, middle and farthest depth
    check_pixel(rgb, 1, 3, 7, 33, 145, 140);
    check_pixel(rgb, 1, 3, 14, 253, 231, 37);
    dgba_free(rgb);
    CHECK_OK(dgba_data_contact_sheet(dgba_text_chars(&path), data, "test", 100)); // there are two
    picture_read_png(&rgb, &height, &width, dgba_text_chars(&path));
    assert_int_equal(height, 2 * (HEIGHT + GAP) - GAP);
    dgba_free(rgb);
    dgba_data_close(&data);
    dgba_text_free(&path);
}

static void what_cannot_be_shown(void **state) {
    (void)state;
    const dgba_data_info about = dataset_about(1, HEIGHT, WIDTH);
    dgba_data *data = dataset_open(check_folder("sheet"), &about);
    CHECK_FAILS(DGBA_E_FORMAT, dgba_data_contact_sheet("/tmp/a.png", data, "val", 1));
    CHECK_FAILS(DGBA_E_SHAPE, dgba_data_contact_sheet("/tmp/a.png", data, "test", 1));
    CHECK_MESSAGE("/tmp/a.png: no images of split 'test' to show");
    CHECK_FAILS(DGBA_E_SHAPE, dgba_data_contact_sheet("/tmp/a.png", data, "train", 0));
    CHECK_FAILS(DGBA_E_IO, dgba_data_contact_sheet("/nowhere/a.png", data, "train", 1));
    CHECK_MESSAGE("/nowhere/a.png");
    dgba_data_close(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_label_has_its_colours),
        cmocka_unit_test(what_cannot_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
