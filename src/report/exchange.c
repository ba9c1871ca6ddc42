#include "exchange.h"

#include <string.h>

#include "table.h"

static const dgba_transfer_row *row_at(const dgba_results *r, int64_t source, int64_t number, int64_t target) {
    return &r->transfers[(source * r->transfer_attack_count + number) * r->model_count + target];
}

/** The row in /attacks, or -1 if no model was attacked so far. */
static int64_t attack_of(const grid *g, int64_t number) {
    const dgba_results *r = g->results;
    for (int64_t s = 0; s < r->model_count; ++s) {
        for (int64_t t = 0; t < r->model_count; ++t) {
            const dgba_transfer_row *row = row_at(r, s, number, t);
            const bool known = strcmp(row->status, "ok") == 0 && row->attack >= 0 && row->attack < r->attack_count;
            if (known && g->attack_shown[row->attack]) return row->attack;
        }
    }
    return -1;
}

const dgba_attack_row *exchange_attack(const grid *g, int64_t number) { return &g->results->attacks[attack_of(g, number)]; }

int64_t exchange_attacks(int64_t **out, const grid *g) {
    int64_t count = 0, iterations = 0;
    double epsilon = 0;
    *out = NULL;
    report_need(DGBA_NEW(out, g->results->transfer_attack_count));
    for (int64_t k = 0; k < g->results->transfer_attack_count; ++k) {
        const int64_t attack = attack_of(g, k);
        if (attack < 0) continue;
        const dgba_attack_row *row = &g->results->attacks[attack];
        const bool more = row->iterations > iterations || (row->iterations == iterations && row->epsilon > epsilon);
        const bool same = row->iterations == iterations && row->epsilon == epsilon;
        if (more) count = 0;
        if (!more && !same) continue;
        iterations = row->iterations;
        epsilon = row->epsilon;
        (*out)[count++] = k;
    }
    return count;
}

statistic exchange_of(const grid *g, int64_t number, int64_t source_group, int64_t target_group, int64_t task) {
    const dgba_results *r = g->results;
    statistic all = {0};
    for (int64_t s = 0; s < r->model_count; ++s) {
        for (int64_t t = 0; t < r->model_count; ++t) {
            if (g->model_group[s] != source_group || g->model_group[t] != target_group) continue;
            if (source_group == target_group && s != t) continue;
            const dgba_transfer_row *row = row_at(r, s, number, t);
            const double *drops = &r->transfer_drops[(row - r->transfers) * r->task_count];
            statistic_add(&all, 100 * (task == EXCHANGE_ARP ? row->arp : drops[task]));
        }
    }
    return all;
}

int64_t exchange_expected(const grid *g, int64_t source_group, int64_t target_group) {
    const int64_t sources = g->groups[source_group].size;
    return source_group == target_group ? sources : sources * g->groups[target_group].size;
}
