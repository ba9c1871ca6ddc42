#include <math.h>
#include <string.h>

#include "import.h"

/** Normals from depth by a plane fitted round each pixel. In 1/z a plane is linear in the pixel's place,
 *  1/z = a·dx + b·dy + c, so least squares need no back-projection, and the normal follows from a, b, c and the camera.
 *  Only pixels whose 1/z is near that of the centre take part, so that the fit stays on one surface. Where two surfaces
 *  meet in a crease, the window holds both: then one of its quarters, each with the pixel at its corner, is fitted much
 *  better than the whole, and is taken. */

enum {
    PIXELS_PER_RADIUS = 53, // the window's radius is the image's width / this: 12 at 640, 2 at 128
    STEPS_PER_RADIUS = 4,   // of a larger window only so many rows and columns on each side are taken
    LEAST_PIXELS = 6,
    STRIP = 16, // pixels of a row that are worked on together
};

static const float near_part = 0.08F; // of 1/z: what differs by more is another surface
static const double least_spread = 0.05;
static const double much_better = 4;    // ratio of residual variances
static const double least_noise = 2e-4; // of 1/z: residuals below it say nothing

/** The window round a pixel and its quarters. */
enum { WHOLE, FIRST_QUARTER, WINDOWS = FIRST_QUARTER + 4 };

/** 1/z with a frame of NaN, which is near nothing. */
typedef struct inverse_depth {
    float *values;
    int64_t stride, radius, step;
} inverse_depth;

/** Sums over a window of each pixel of a strip: of the weight 1, x, y, x², xy, y² and of d, xd, yd, d², where d is the
 *  difference in 1/z to the pixel. */
typedef struct moments {
    float one[STRIP], x[STRIP], y[STRIP], xx[STRIP], xy[STRIP], yy[STRIP], d[STRIP], xd[STRIP], yd[STRIP], dd[STRIP];
} moments;

static dgba_status create_inverse(inverse_depth *out, const float *depth, int64_t height, int64_t width) {
    const int64_t radius = (width + PIXELS_PER_RADIUS / 2) / PIXELS_PER_RADIUS;
    out->radius = radius > 1 ? radius : 1;
    out->step = out->radius > STEPS_PER_RADIUS ? out->radius / STEPS_PER_RADIUS : 1;
    out->stride = width + 2 * out->radius + STRIP; // the last strip may stand out
    const int64_t count = (height + 2 * out->radius) * out->stride;
    DGBA_TRY(DGBA_NEW(&out->values, count));
    for (int64_t i = 0; i < count; ++i) out->values[i] = NAN;
    for (int64_t y = 0; y < height; ++y) {
        float *row = out->values + (y + out->radius) * out->stride + out->radius;
        for (int64_t x = 0; x < width; ++x) row[x] = 1 / depth[y * width + x];
    }
    return DGBA_OK;
}

/** Adds the pixels at offset (dx,dy) from those of the strip. */
DGBA_VECTORIZE static void add_offset(moments *restrict sums, const float *restrict centre, const float *restrict other,
                                      float dx, float dy) {
    for (int i = 0; i < STRIP; ++i) {
        const float difference = other[i] - centre[i];
        const bool near = fabsf(difference) <= near_part * centre[i];
        const float weight = near ? 1.0F : 0.0F, d = near ? difference : 0.0F;
        sums->one[i] += weight;
        sums->x[i] += weight * dx;
        sums->y[i] += weight * dy;
        sums->xx[i] += weight * dx * dx;
        sums->xy[i] += weight * dx * dy;
        sums->yy[i] += weight * dy * dy;
        sums->d[i] += d;
        sums->xd[i] += d * dx;
        sums->yd[i] += d * dy;
        sums->dd[i] += d * d;
    }
}

/** Whether a window holds an offset; quarters share the offsets on their sides. */
static bool holds(int window, int64_t dx, int64_t dy) {
    if (window == WHOLE) return true;
    const int quarter = window - FIRST_QUARTER;
    return (quarter % 2 == 0 ? dx <= 0 : dx >= 0) && (quarter / 2 == 0 ? dy <= 0 : dy >= 0);
}

static void sum_windows(moments sums[WINDOWS], const inverse_depth *inverse, const float *centre) {
    memset(sums, 0, WINDOWS * sizeof *sums);
    for (int64_t dy = -inverse->radius; dy <= inverse->radius; dy += inverse->step)
        for (int64_t dx = -inverse->radius; dx <= inverse->radius; dx += inverse->step)
            for (int window = 0; window < WINDOWS; ++window)
                if (holds(window, dx, dy))
                    add_offset(&sums[window], centre, centre + dy * inverse->stride + dx, (float)dx, (float)dy);
}

/** Solves the normal equations for d = a·x + b·y + c.
 *  Returns   false if the pixels are too few or lie on a line */
static bool fit_plane(double abc[3], double *variance, const moments *sums, int i) {
    const double n = sums->one[i], x = sums->x[i], y = sums->y[i];
    const double xx = sums->xx[i], xy = sums->xy[i], yy = sums->yy[i];
    const double d = sums->d[i], xd = sums->xd[i], yd = sums->yd[i];
    // Central moments, n² times: 2×2 equations remain.
    const double cxx = n * xx - x * x, cxy = n * xy - x * y, cyy = n * yy - y * y;
    const double cxd = n * xd - x * d, cyd = n * yd - y * d;
    const double determinant = cxx * cyy - cxy * cxy;
    if (n < LEAST_PIXELS || determinant < least_spread * n * n * n * n) return false;
    abc[0] = (cxd * cyy - cyd * cxy) / determinant;
    abc[1] = (cyd * cxx - cxd * cxy) / determinant;
    abc[2] = (d - abc[0] * x - abc[1] * y) / n;
    *variance = (sums->dd[i] - abc[0] * xd - abc[1] * yd - abc[2] * d) / (n - 3);
    return true;
}

/** The plane of the whole window, or of a quarter that is fitted much better. */
static bool fit_best(double abc[3], const moments sums[WINDOWS], int i, double centre) {
    double variance = 0, quarter[3];
    const double floor = least_noise * least_noise * centre * centre;
    if (!fit_plane(abc, &variance, &sums[WHOLE], i)) return false;
    double limit = variance / much_better;
    for (int window = FIRST_QUARTER; window < WINDOWS; ++window) {
        if (!fit_plane(quarter, &variance, &sums[window], i) || variance + floor >= limit) continue;
        limit = variance + floor;
        memcpy(abc, quarter, sizeof quarter);
    }
    return true;
}

/** The point at depth z in pixel (u,v) is z·(u', −v', −1) with u' = (u−cx)/fx, v' = (v−cy)/fy. If 1/z = A·u' + B·v' + C,
 *  then (A, −B, −C)·point = 1: the plane's normal is along (A, −B, −C), and (−A, B, C) points towards the viewer. */
static void normal_of_plane(float normal[3], const double abc[3], const import_camera *camera, double u, double v) {
    const double a = abc[0] * camera->fx, b = abc[1] * camera->fy;
    const double c = abc[2] - a * (u - camera->cx) / camera->fx - b * (v - camera->cy) / camera->fy;
    const double length = sqrt(a * a + b * b + c * c);
    normal[0] = (float)(-a / length);
    normal[1] = (float)(b / length);
    normal[2] = (float)(c / length);
}

static bool neighbours_are_valid(const float *depth, int64_t height, int64_t width, int64_t y, int64_t x) {
    for (int64_t i = y > 0 ? y - 1 : 0; i <= y + 1 && i < height; ++i)
        for (int64_t j = x > 0 ? x - 1 : 0; j <= x + 1 && j < width; ++j)
            if (isnan(depth[i * width + j])) return false;
    return true;
}

dgba_status dgba_data_normals_from_depth(float *normals, const float *depth, int64_t height, int64_t width,
                                         const import_camera *camera) {
    inverse_depth inverse = {0};
    DGBA_TRY(create_inverse(&inverse, depth, height, width));
    for (int64_t y = 0; y < height; ++y) {
        const float *row = inverse.values + (y + inverse.radius) * inverse.stride + inverse.radius;
        moments sums[WINDOWS];
        for (int64_t x = 0; x < width; ++x) {
            if (x % STRIP == 0) sum_windows(sums, &inverse, row + x);
            float *normal = normals + 3 * (y * width + x);
            double abc[3];
            normal[0] = normal[1] = normal[2] = NAN;
            if (!neighbours_are_valid(depth, height, width, y, x) || !fit_best(abc, sums, (int)(x % STRIP), row[x]))
                continue;
            abc[2] += row[x];
            normal_of_plane(normal, abc, camera, (double)x, (double)y);
        }
    }
    dgba_free(inverse.values);
    return DGBA_OK;
}
