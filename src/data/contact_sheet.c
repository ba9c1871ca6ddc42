#include <math.h>
#include <string.h>

#include "data_file.h"
#include "image.h"

enum { GAP = 2 };

typedef struct colour {
    uint8_t rgb[3];
} colour;

static const colour not_valid = {{48, 48, 48}};

/** Seventeen even steps of matplotlib's colour map viridis: equal steps look equal, also in grey. */
static const colour viridis[] = {
    {{68, 1, 84}},    {{72, 24, 106}},  {{71, 45, 123}},  {{66, 64, 134}},  {{59, 82, 139}},  {{51, 99, 141}},
    {{44, 114, 142}}, {{38, 130, 142}}, {{33, 145, 140}}, {{31, 160, 136}}, {{40, 174, 128}}, {{63, 188, 115}},
    {{94, 201, 98}},  {{132, 212, 75}}, {{173, 220, 48}}, {{216, 226, 25}}, {{253, 231, 37}},
};

static colour from_map(double part) {
    const double place = part * (double)(DGBA_COUNT_OF(viridis) - 1);
    const int64_t low = place < (double)(DGBA_COUNT_OF(viridis) - 2) ? (int64_t)place : DGBA_COUNT_OF(viridis) - 2;
    colour out;
    for (int c = 0; c < 3; ++c) {
        const double from = viridis[low].rgb[c], to = viridis[low + 1].rgb[c];
        out.rgb[c] = (uint8_t)lround(from + (place - (double)low) * (to - from));
    }
    return out;
}

/** The colours of Pascal VOC: bits of the number spread over the three channels, high bits first. */
static colour of_class(int64_t class) {
    colour out = {{0, 0, 0}};
    int64_t bits = class + 1; // 0 is black
    for (int shift = 7; bits > 0; --shift, bits >>= 3)
        for (int c = 0; c < 3; ++c) out.rgb[c] |= (uint8_t)((bits >> c & 1) << shift);
    return out;
}

static colour of_normal(const float normal[3]) {
    colour out;
    for (int c = 0; c < 3; ++c) out.rgb[c] = (uint8_t)lround(255 * (fmin(fmax(normal[c], -1), 1) + 1) / 2);
    return out;
}

/** Least and largest of the valid values; a range of 1 where there is none. */
static void find_range(double *low, double *range, const float *values, int64_t count) {
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < count; ++i) {
        least = fmin(least, values[i]); // fmin and fmax pass NaN by
        most = fmax(most, values[i]);
    }
    *low = least;
    *range = most > least ? most - least : 1;
}

static void colour_label(uint8_t *rgb, const float *values, int64_t pixels, const dgba_data_task *task) {
    const data_kind kind = dgba_data_kind_of(task);
    double low = 0, range = 1;
    if (kind == DATA_DEPTH || kind == DATA_LOG_DEPTH || kind == DATA_PIXEL_L1) find_range(&low, &range, values, pixels);
    for (int64_t i = 0; i < pixels; ++i) {
        const float *value = values + i * task->channels;
        colour shown = not_valid;
        if (isnan(value[0]))
            shown = not_valid;
        else if (kind == DATA_SEGMENTATION)
            shown = of_class((int64_t)value[0]);
        else if (kind == DATA_NORMALS)
            shown = of_normal(value);
        else if (kind == DATA_RAW_NORMALS)
            shown = (colour){{(uint8_t)value[0], (uint8_t)value[1], (uint8_t)value[2]}};
        else
            shown = from_map((value[0] - low) / range);
        memcpy(rgb + 3 * i, shown.rgb, sizeof shown.rgb);
    }
}

/** The sheet and one image with its labels. */
typedef struct contact_sheet {
    uint8_t *rgb, *panel;
    int64_t height, width;
    float *values[DGBA_DATA_MOST_TASKS];
} contact_sheet;

static dgba_status create_sheet(contact_sheet *out, const dgba_data_info *about, int64_t rows) {
    const int64_t pixels = about->height * about->width;
    out->height = rows * (about->height + GAP) - GAP;
    out->width = (about->task_count + 1) * (about->width + GAP) - GAP;
    DGBA_TRY(DGBA_NEW(&out->rgb, out->height * out->width * 3));
    memset(out->rgb, 255, (size_t)(out->height * out->width * 3));
    DGBA_TRY(DGBA_NEW(&out->panel, 3 * pixels));
    for (int64_t t = 0; t < about->task_count; ++t) DGBA_TRY(DGBA_NEW(&out->values[t], about->tasks[t].channels * pixels));
    return DGBA_OK;
}

static void free_sheet(contact_sheet *sheet) {
    for (int64_t t = 0; t < DGBA_DATA_MOST_TASKS; ++t) dgba_free(sheet->values[t]);
    dgba_free(sheet->panel);
    dgba_free(sheet->rgb);
}

static void place_panel(contact_sheet *sheet, int64_t row, int64_t column, const dgba_data_info *about) {
    for (int64_t y = 0; y < about->height; ++y) {
        const int64_t to_y = row * (about->height + GAP) + y, to_x = column * (about->width + GAP);
        memcpy(sheet->rgb + 3 * (to_y * sheet->width + to_x), sheet->panel + 3 * y * about->width,
               (size_t)(3 * about->width));
    }
}

static dgba_status place_image(contact_sheet *sheet, int64_t row, dgba_data *data, int64_t image) {
    const dgba_data_info *about = dgba_data_about(data);
    DGBA_TRY(dgba_data_read(sheet->panel, sheet->values, data, image));
    place_panel(sheet, row, 0, about);
    for (int64_t t = 0; t < about->task_count; ++t) {
        colour_label(sheet->panel, sheet->values[t], about->height * about->width, &about->tasks[t]);
        place_panel(sheet, row, t + 1, about);
    }
    return DGBA_OK;
}

dgba_status dgba_data_contact_sheet(const char *png_path, dgba_data *data, const char *split, int64_t count) {
    const int64_t *images = NULL;
    int64_t available = 0;
    DGBA_TRY(dgba_data_split(&images, &available, data, split));
    const int64_t rows = count < available ? count : available;
    if (rows < 1) return dgba_fail(DGBA_E_SHAPE, "%s: no images of split '%s' to show", png_path, split);
    contact_sheet sheet = {0};
    dgba_status status = DGBA_OK;
    DGBA_TRY_OUT(create_sheet(&sheet, dgba_data_about(data), rows));
    for (int64_t row = 0; row < rows; ++row) DGBA_TRY_OUT(place_image(&sheet, row, data, images[row]));
    DGBA_TRY_OUT(dgba_data_png_write(png_path, sheet.rgb, sheet.height, sheet.width));
out:
    free_sheet(&sheet);
    return status;
}
