#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dgba/data.h"
#include "support/check.h"
#include "support/folder.h"

enum { HEIGHT = 60, WIDTH = 80, PIXELS = HEIGHT * WIDTH };

static const double fx = 70, fy = 75, cx = 41.5, cy = 28.25;

/** A plane by its unit normal (x right, y up, z towards the viewer) and its distance from the camera in metres. */
typedef struct plane {
    double normal[3], distance;
} plane;

/** Depth along the optical axis in tenths of a millimetre, of the pixel (u,v) on a plane: the point is
 *  z·((u−cx)/fx, −(v−cy)/fy, −1), and normal · point = −distance. */
static uint16_t stored_depth(const plane *p, double u, double v) {
    const double along = p->normal[0] * (u - cx) / fx - p->normal[1] * (v - cy) / fy - p->normal[2];
    return (uint16_t)lround(-1e4 * p->distance / along);
}

/** Normals derived from stored depth by way of an import. */
static void derive(float *normals, uint16_t *depth) {
    static const uint16_t black[3 * PIXELS];
    const char *folder = folder_start("normals");
    folder_text("dataset.yaml",
                "name: planes\nimage: {folder: rgb}\nsplits: {all: all.txt}\n"
                "tasks:\n"
                "  normal: {from: depth, kind: normals, camera: {fx: 70, fy: 75, cx: 41.5, cy: 28.25}}\n"
                "  depth: {folder: depth, kind: depth, divide: 1e4, unit: metre}\n");
    folder_text("all.txt", "a\n");
    folder_picture("rgb/a.png", &(picture){.height = HEIGHT, .width = WIDTH, .channels = 3, .bits = 8, .values = black});
    folder_picture("depth/a.png", &(picture){.height = HEIGHT, .width = WIDTH, .channels = 1, .bits = 16, .values = depth});
    dgba_data *data = NULL;
    uint8_t rgb[3 * PIXELS];
    CHECK_OK(dgba_data_import("folder", folder, folder_path("out.h5"), NULL));
    CHECK_OK(dgba_data_open(&data, folder_path("out.h5")));
    float *values[] = {normals, NULL};
    CHECK_OK(dgba_data_read(rgb, values, data, 0));
    dgba_data_close(&data);
}

static double angle(const float *normal, const double expected[3]) {
    double dot = 0, square = 0;
    for (int c = 0; c < 3; ++c) {
        dot += normal[c] * expected[c];
        square += (double)normal[c] * normal[c];
    }
    assert_true(fabs(square - 1) < 1e-5);
    return acos(fmin(dot, 1)) * 180 / acos(-1);
}

static void planes_have_their_normals(void **state) {
    (void)state;
    static const plane planes[] = {{{0, 0, 1}, 2},       // a wall straight ahead
                                   {{0, 1, 0}, 1.2},     // the floor
                                   {{0, -1, 0}, 1.2},    // the ceiling
                                   {{0.6, 0, 0.8}, 1.5}, // a wall on the left, turned to the right
                                   {{-0.36, 0.48, 0.8}, 1.5}};
    static uint16_t depth[PIXELS];
    static float normals[3 * PIXELS];
    for (int64_t k = 0; k < DGBA_COUNT_OF(planes); ++k) {
        for (int64_t i = 0; i < PIXELS; ++i) {
            depth[i] = stored_depth(&planes[k], (double)(i % WIDTH), (double)(i / WIDTH));
            // Floor and ceiling beyond 5 m, or on the other side of the horizon, are not measured.
            const double below = ((double)(i / WIDTH) - cy) / fy * planes[k].normal[1];
            if (planes[k].normal[2] == 0 && below < 0.24) depth[i] = 0;
        }
        derive(normals, depth);
        int64_t valid = 0;
        for (int64_t i = 0; i < PIXELS; ++i) {
            if (isnan(normals[3 * i])) continue;
            ++valid;
            assert_true(angle(normals + 3 * i, planes[k].normal) < 0.5);
        }
        assert_true(planes[k].normal[2] == 0 ? valid > 500 : valid == PIXELS);
    }
}

static void holes_are_not_valid_with_their_neighbours(void **state) {
    (void)state;
    static const plane wall = {{0, 0, 1}, 2};
    static uint16_t depth[PIXELS];
    static float normals[3 * PIXELS];
    for (int64_t i = 0; i < PIXELS; ++i) depth[i] = stored_depth(&wall, (double)(i % WIDTH), (double)(i / WIDTH));
    depth[20 * WIDTH + 30] = depth[0] = 0;
    derive(normals, depth);
    for (int64_t i = 0; i < PIXELS; ++i) {
        const int64_t y = i / WIDTH, x = i % WIDTH;
        const bool near_hole = (llabs(y - 20) <= 1 && llabs(x - 30) <= 1) || (y <= 1 && x <= 1);
        assert_int_equal(isnan(normals[3 * i]), near_hole);
    }
}

/** Two walls one before the other: the fit does not mix them, right up to the edge. */
static void a_fit_stays_on_its_surface(void **state) {
    (void)state;
    static const plane walls[] = {{{0.6, 0, 0.8}, 1}, {{-0.6, 0, 0.8}, 3}};
    static uint16_t depth[PIXELS];
    static float normals[3 * PIXELS];
    for (int64_t i = 0; i < PIXELS; ++i)
        depth[i] = stored_depth(&walls[i % WIDTH >= 40], (double)(i % WIDTH), (double)(i / WIDTH));
    derive(normals, depth);
    for (int64_t i = 0; i < PIXELS; ++i) assert_true(angle(normals + 3 * i, walls[i % WIDTH >= 40].normal) < 1);
}

/** Two walls that meet in a corner of the room, 2 m away: no pixel takes a normal between theirs. */
static void creases_stay_sharp(void **state) {
    (void)state;
    static const plane walls[] = {{{0.6, 0, 0.8}, 1.6}, {{-0.6, 0, 0.8}, 1.6}};
    static uint16_t depth[PIXELS];
    static float normals[3 * PIXELS];
    for (int64_t i = 0; i < PIXELS; ++i) {
        const double u = (double)(i % WIDTH), v = (double)(i / WIDTH);
        const uint16_t left = stored_depth(&walls[0], u, v), right = stored_depth(&walls[1], u, v);
        depth[i] = left < right ? left : right;
    }
    derive(normals, depth);
    int64_t unsharp = 0;
    for (int64_t i = 0; i < PIXELS; ++i) {
        const double a = angle(normals + 3 * i, walls[0].normal), b = angle(normals + 3 * i, walls[1].normal);
        unsharp += fmin(a, b) > 2;
    }
    assert_true(unsharp <= PIXELS / WIDTH * 2); // at most two pixels a row
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_have_their_normals),
        cmocka_unit_test(holes_are_not_valid_with_their_neighbours),
        cmocka_unit_test(a_fit_stays_on_its_surface),
        cmocka_unit_test(creases_stay_sharp),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
