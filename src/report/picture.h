/** Pictures that lie within the page, and the colours of what they show. */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include "dgba/base.h"

typedef struct picture {
    int64_t height, width;
    uint8_t *rgb; // [row][column][3]
} picture;

/** Room for a picture; freed with dgba_free(p->rgb). */
void picture_create(picture *p, int64_t height, int64_t width);

/** An <img> with the picture as PNG in its address. `alt` says what it shows to who cannot see it. */
void picture_add(dgba_text *out, const picture *p, const char *alt);

/** A fixed colour per class. Neighbours differ in hue, the first eight for colour-blind eyes too, each further eight in
 *  lightness. */
void picture_class_color(uint8_t rgb[3], int64_t class);

/** A unit vector: (n + 1) / 2 as red, green, blue. */
void picture_direction_color(uint8_t rgb[3], const float n[3]);

/** A number from 0, dark, to 1, light; others are drawn as the nearest of these. */
void picture_value_color(uint8_t rgb[3], double share);

/** Where nothing is known. */
void picture_missing_color(uint8_t rgb[3]);

#endif
