#include "trend.h"

#include <math.h>

#include "table.h"

/* ---- Values ---- */

statistic trend_clean_arp(const grid *g, int64_t group) { return clean_arp_of(g, group); }

statistic trend_transfer(const grid *g, int64_t group) {
    const grid_setting setting = grid_reference(g);
    return setting.epsilon >= 0 ? group_transfer(g, group, setting) : (statistic){0};
}

statistic trend_arp_of_dgba(const grid *g, int64_t group) {
    const grid_setting setting = grid_reference(g);
    const int64_t dgba = find_rule(g, "dgba");
    return setting.epsilon >= 0 && dgba >= 0 ? attack_arp_of(g, group, setting, dgba) : (statistic){0};
}

/* ---- Rank correlation ---- */

typedef struct pairs {
    double *x, *y, *scratch; // scratch: 4 n
    int64_t count;
} pairs;

static double correlation_of(const int64_t *units, int64_t n, void *data) {
    const pairs *p = data;
    for (int64_t i = 0; i < n; ++i) {
        p->scratch[i] = p->x[units[i]];
        p->scratch[n + i] = p->y[units[i]];
    }
    return spearman(p->scratch, p->scratch + n, n, p->scratch + 2 * n);
}

trend trend_of(const grid *g, int64_t kind, group_value value) {
    pairs p = {0};
    report_need(DGBA_NEW(&p.x, g->group_count));
    report_need(DGBA_NEW(&p.y, g->group_count));
    report_need(DGBA_NEW(&p.scratch, 4 * g->group_count));
    for (int64_t i = 0; i < g->group_count; ++i) {
        if (g->groups[i].kind != kind || !g->groups[i].shown) continue;
        const statistic s = value(g, i);
        if (s.count == 0) continue;
        p.x[p.count] = (double)g->results->models[g->groups[i].first].sharing_score;
        p.y[p.count++] = s.mean;
    }
    trend found = {.rho = spearman(p.x, p.y, p.count, p.scratch), .interval = {NAN, NAN}, .count = p.count};
    if (p.count >= BOOTSTRAP_LEAST_UNITS) found.interval = bootstrap_interval(p.count, correlation_of, &p);
    dgba_free(p.x);
    dgba_free(p.y);
    dgba_free(p.scratch);
    return found;
}
