#include "shards.h"

#include <math.h>
#include <string.h>

static void add_totals(dgba_totals *to, const dgba_totals *from, const dgba_task *task) {
    for (int64_t i = 0; i < dgba_task_sum_count(task); ++i) to->sums[i] += from->sums[i];
    for (int64_t i = 0; i < dgba_task_count_count(task); ++i) to->counts[i] += from->counts[i];
}

static dgba_status add_shard(shards *to, const dgba_sweep *sweep, const dgba_task *tasks, const dgba_unit *unit,
                             const char *folder) {
    dgba_text path = {0};
    dgba_record record = {0};
    dgba_store_path(&path, folder, DGBA_STORE_UNIT, unit->id);
    dgba_status status = dgba_record_read(&record, tasks, sweep->data.task_count, dgba_text_chars(&path), unit->id);
    dgba_text_free(&path);
    if (status != DGBA_OK) return status;
    const int64_t first = unit->shard * sweep->shard_images;
    for (int64_t t = 0; t < sweep->data.task_count; ++t) {
        memcpy(to->merged.losses + t * sweep->image_count + first, record.losses + t * record.image_count,
               (size_t)record.image_count * sizeof(double));
        add_totals(&to->merged.totals[t], &record.totals[t], &tasks[t]);
    }
    to->merged.seconds += record.seconds;
    to->merged.forward_passes += record.forward_passes;
    to->merged.backward_passes += record.backward_passes;
    to->merged.left_out += record.left_out;
    to->count += 1;
    status = dgba_solves_move(&to->merged.solves, &to->merged.solve_count, &record.solves, &record.solve_count);
    dgba_record_free(&record);
    return status;
}

dgba_status shards_add_up(shards *out, const dgba_sweep *sweep, const dgba_task *tasks, int64_t first, const char *folder,
                          const char *const *failures) {
    *out = (shards){0};
    DGBA_TRY(dgba_record_allocate(&out->merged, tasks, sweep->data.task_count, sweep->image_count));
    for (int64_t i = 0; i < sweep->data.task_count * sweep->image_count; ++i) out->merged.losses[i] = NAN;
    dgba_text path = {0};
    dgba_status status = DGBA_OK;
    for (int64_t u = first; u < first + sweep->shard_count; ++u) {
        if (failures[u] != NULL) out->failure = failures[u];
        dgba_store_path(&path, folder, DGBA_STORE_UNIT, sweep->units[u].id);
        if (!dgba_file_exists(dgba_text_chars(&path))) continue;
        DGBA_TRY_OUT(add_shard(out, sweep, tasks, &sweep->units[u], folder));
    }
out:
    dgba_text_free(&path);
    if (status != DGBA_OK) dgba_record_free(&out->merged);
    return status;
}
