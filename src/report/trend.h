/** Whether a value of the layouts follows how much they share. */
#ifndef REPORT_TREND_H
#define REPORT_TREND_H

#include "derived.h"

/** A value of a group of models, over its seeds; those of attacks at the reference setting. */
typedef statistic (*group_value)(const grid *g, int64_t group);
statistic trend_clean_arp(const grid *g, int64_t group);
statistic trend_transfer(const grid *g, int64_t group);
statistic trend_arp_of_dgba(const grid *g, int64_t group);

typedef struct trend {
    double rho;        // Spearman's rank correlation with the sharing score; NaN if there is none
    interval interval; // 95 %, bootstrap over the layouts, if there are enough
    int64_t count;     // layouts with the value
} trend;

/** Over the layouts of a kind that are asked for, each the mean of its seeds. */
trend trend_of(const grid *g, int64_t kind, group_value value);

#endif
