/** Numbers about numbers: mean and standard deviation, rank correlation, bootstrap intervals. NaN = missing. */
#ifndef REPORT_STATISTIC_H
#define REPORT_STATISTIC_H

#include "dgba/base.h"

/** Mean and standard deviation of the values that are there. */
typedef struct statistic {
    int64_t count;
    double mean, squares;
} statistic;

/** NaN is left out. */
void statistic_add(statistic *s, double value);

/** A statistic of one value; of none if it is NaN. */
statistic statistic_of(double value);

/** Sample standard deviation (n − 1); NaN for fewer than two values. */
double statistic_deviation(const statistic *s);

/** A number with so many decimals, never "-0.00". */
void number_text(dgba_text *out, double number, int decimals);

/** "50.20", "50.20 ± 0.30" for several values, with " (n=2)" if another number was expected, "" for none. `out` is cleared
 *  first. */
void statistic_text(dgba_text *out, const statistic *s, int decimals, int64_t expected);

/** Spearman's rank correlation: Pearson's of the ranks, ties at their mean rank. NaN if a side is constant or n < 2.
 *  `scratch` has room for 2 n. */
double spearman(const double *x, const double *y, int64_t n, double *scratch);

/** A figure computed from a resample: which of the n units it has, with repeats. NaN = cannot be computed. */
typedef double (*resampled)(const int64_t *units, int64_t n, void *data);

typedef struct interval {
    double low, high; // NaN if it cannot be computed
} interval;

enum { BOOTSTRAP_RESAMPLES = 2000, BOOTSTRAP_LEAST_UNITS = 5 }; // fewer units are no evidence

/** The 95 % percentile interval of `figure` over resamples of n units with replacement. The resamples depend on n only, so
 *  equal data give equal intervals. Resamples without a figure are left out; NaN if more than half are. */
interval bootstrap_interval(int64_t n, resampled figure, void *data);

#endif
