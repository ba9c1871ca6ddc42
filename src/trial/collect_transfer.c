#include <math.h>
#include <string.h>

#include "collect.h"

/** A cell of the transfer arrays: images made on model `source`, measured on model `target`. */
typedef struct cell {
    int64_t source, transferred, target;
    int64_t attack; // row in /attacks
    dgba_transfer_row *row;
    measurement to;
} cell;

static cell cell_of(const dgba_results *r, const dgba_sweep *sweep, int64_t source, int64_t transferred, int64_t target) {
    const int64_t place = (source * r->transfer_attack_count + transferred) * r->model_count + target;
    dgba_transfer_row *row = &r->transfers[place];
    return (cell){.source = source,
                  .transferred = transferred,
                  .target = target,
                  .attack = source * sweep->attack_count + sweep->transferred[transferred],
                  .row = row,
                  .to = {.metrics = r->transfer_metrics + place * r->metric_count,
                         .losses = r->transfer_losses + place * r->task_count,
                         .drops = r->transfer_drops + place * r->task_count,
                         .loss_changes = r->transfer_loss_changes + place * r->task_count,
                         .arp = &row->arp,
                         .mean_relative_loss = &row->mean_relative_loss}};
}

/** On the model that the images were made on, transfer is the attack itself. */
static void copy_attack(const cell *c, const dgba_results *r, const dgba_task *tasks) {
    const dgba_attack_row *attack = &r->attacks[c->attack];
    dgba_results_set_text(&c->row->status, attack->status);
    dgba_results_set_text(&c->row->reason, attack->reason);
    c->row->images = attack->images;
    memcpy(c->to.metrics, r->attack_metrics + c->attack * r->metric_count, (size_t)r->metric_count * sizeof(double));
    memcpy(c->to.losses, r->attack_losses + c->attack * r->task_count, (size_t)r->task_count * sizeof(double));
    collect_compare(&c->to, r, tasks, c->target);
}

static dgba_status add_up(const cell *c, const dgba_results *r, const collection *from) {
    const dgba_sweep *sweep = from->sweep;
    shards found;
    DGBA_TRY(shards_add_up(&found, from, dgba_sweep_transfers(sweep, c->source, c->transferred), sweep->transfer_runs,
                           c->target));
    if (from->failures[c->target] != NULL) found.failure = from->failures[c->target];
    if (from->failures[c->source] != NULL) found.failure = from->failures[c->source];
    dgba_results_set_text(&c->row->status, collect_state(&found));
    if (found.complete) {
        c->row->images = sweep->image_count;
        c->row->seconds = found.merged.seconds;
        collect_measure(&c->to, &found, from);
        collect_compare(&c->to, r, from->tasks, c->target);
    } else if (found.failure != NULL) {
        dgba_results_set_text(&c->row->reason, found.failure);
    }
    dgba_record_free(&found.merged);
    return DGBA_OK;
}

/** A cell between models stays empty if only transfer between tasks is wanted. */
static dgba_status fill_cell(const cell *c, const dgba_results *r, const collection *from) {
    c->row->attack = c->attack;
    if (c->source == c->target)
        copy_attack(c, r, from->tasks);
    else if (from->sweep->between_models)
        return add_up(c, r, from);
    return DGBA_OK;
}

dgba_status collect_transfers(dgba_results *r, const collection *from) {
    for (int64_t source = 0; source < r->model_count; ++source)
        for (int64_t transferred = 0; transferred < r->transfer_attack_count; ++transferred)
            for (int64_t target = 0; target < r->model_count; ++target) {
                const cell c = cell_of(r, from->sweep, source, transferred, target);
                DGBA_TRY(fill_cell(&c, r, from));
            }
    return DGBA_OK;
}
