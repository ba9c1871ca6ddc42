/** A small made-up data file for tests of batches and the like. */
#ifndef TESTS_SUPPORT_DATASET_H
#define TESTS_SUPPORT_DATASET_H

#include "dgba/data.h"

enum { DATASET_SEGMENT, DATASET_NORMAL, DATASET_DEPTH, DATASET_TASKS };

/** Pixel p of image i:
 *   picture   (7i + p + channel) mod 256
 *   segment   4 classes, p mod 5, of which 4 is not valid
 *   normal    not valid where p mod 7 = 6, else (0.6, 0, 0.8)
 *   depth     1 + p + i metres */
dgba_data_info dataset_about(int64_t images, int64_t height, int64_t width);

/** One image of it. */
void dataset_image(uint8_t *rgb, float *const *values, const dgba_data_info *about, int64_t image);

/** Writes it to folder/NAME.h5 and opens it; split "train" has the even images, "test" the odd ones. */
dgba_data *dataset_open(const char *folder, const dgba_data_info *about);

#endif
