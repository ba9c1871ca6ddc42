/* Rank correlation and the bootstrap. */
#include <math.h>
#include <stdlib.h>

#include "statistic.h"
#include "table.h"

/** Rank of every value, from 0; equal values share their mean rank. n is the number of layouts: quadratic is fine. */
static void find_ranks(double *ranks, const double *values, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        int64_t below = 0, equal = 0;
        for (int64_t j = 0; j < n; ++j) {
            below += values[j] < values[i];
            equal += values[j] == values[i];
        }
        ranks[i] = (double)below + 0.5 * (double)(equal - 1);
    }
}

/** Of ranks, whose sums are exact, so that a constant side is found to be one. */
static double pearson(const double *x, const double *y, int64_t n) {
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < n; ++i) {
        mean_x += x[i];
        mean_y += y[i];
    }
    mean_x /= (double)n;
    mean_y /= (double)n;
    for (int64_t i = 0; i < n; ++i) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

double spearman(const double *x, const double *y, int64_t n, double *scratch) {
    if (n < 2) return NAN;
    find_ranks(scratch, x, n);
    find_ranks(scratch + n, y, n);
    return pearson(scratch, scratch + n, n);
}

static int compare_reals(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Linear between the two neighbours, as NumPy's default. */
static double quantile(const double *sorted, int64_t count, double share) {
    const double place = share * (double)(count - 1);
    const int64_t below = (int64_t)floor(place);
    const int64_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

interval bootstrap_interval(int64_t n, resampled figure, void *data) {
    interval out = {NAN, NAN};
    if (n == 0) return out;
    int64_t *units = NULL, count = 0;
    double *figures = NULL;
    report_need(DGBA_NEW(&units, n));
    report_need(DGBA_NEW(&figures, BOOTSTRAP_RESAMPLES));
    for (uint64_t b = 0; b < BOOTSTRAP_RESAMPLES; ++b) {
        dgba_random stream = dgba_random_stream(0, DGBA_RANDOM_BOOTSTRAP, b);
        for (int64_t i = 0; i < n; ++i) units[i] = dgba_random_below(&stream, n);
        const double value = figure(units, n, data);
        if (!isnan(value)) figures[count++] = value;
    }
    if (2 * count > BOOTSTRAP_RESAMPLES) {
        qsort(figures, (size_t)count, sizeof *figures, compare_reals);
        out = (interval){quantile(figures, count, 0.025), quantile(figures, count, 0.975)};
    }
    dgba_free(figures);
    dgba_free(units);
    return out;
}
