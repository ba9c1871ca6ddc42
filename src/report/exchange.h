/** Images made on one model and measured on another: /transfer, by groups of models. */
#ifndef REPORT_EXCHANGE_H
#define REPORT_EXCHANGE_H

#include "grid.h"

/** The transferred attacks that a report shows: those with the most iterations, of them those with the largest radius, if
 * they are asked for. Numbers on the axis /transfer_attack; *out is freed with dgba_free(). */
int64_t exchange_attacks(int64_t **out, const grid *g);

/** What attack a number stands for; borrowed. */
const dgba_attack_row *exchange_attack(const grid *g, int64_t number);

enum { EXCHANGE_ARP = -1 };

/** Relative change of a task of the target models, or their ARP, in percent, against the target's own clean values: over
 * all pairs of a source and a target model; within one group over the models with themselves. */
statistic exchange_of(const grid *g, int64_t number, int64_t source_group, int64_t target_group, int64_t task);

/** Values there should be behind it. */
int64_t exchange_expected(const grid *g, int64_t source_group, int64_t target_group);

#endif
