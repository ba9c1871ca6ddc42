/** The labelled file of NYU Depth V2 in miniature, written as MATLAB writes v7.3 files: a user block of 512 bytes, axes
 *  reversed, chunked and deflated arrays, cell arrays as references to 16-bit characters under /#refs#. */
#ifndef TESTS_SUPPORT_MAT_H
#define TESTS_SUPPORT_MAT_H

#include <stdint.h>

enum { MAT_IMAGES = 5, MAT_HEIGHT = 6, MAT_WIDTH = 8, MAT_LABELS = 4 };

/** "wall", "book, shelf", "é", "floor" */
extern const char *const mat_names[MAT_LABELS];

/** What it holds at pixel (y,x) of image n, counted from 0: a slanted plane, 0 at one pixel; labels 0..MAT_LABELS. */
uint8_t mat_colour(int64_t n, int64_t c, int64_t y, int64_t x);
float mat_depth(int64_t n, int64_t y, int64_t x);
int64_t mat_label(int64_t n, int64_t y, int64_t x);

/** What is wrong with the file. */
typedef enum mat_fault {
    MAT_SOUND,
    MAT_WITHOUT_LABELS,
    MAT_OTHER_SIZE, // of the depths
    MAT_GREY,       // images of one channel
    MAT_HIGH_LABEL, // one that has no name
    MAT_NO_CELLS,   // names are numbers
    MAT_ODD_CELL,   // a name is an array of depths
} mat_fault;

void mat_write(const char *path, mat_fault fault);

#endif
