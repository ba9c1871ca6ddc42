#include "shards.h"

#include <math.h>
#include <string.h>

/** Sums of shards are added one shard after the other, so that they are the same however the shards lie in records. */
static void add_totals(dgba_totals *to, const dgba_totals *from, const dgba_task *task, int64_t parts) {
    const int64_t sums = dgba_task_sum_count(task);
    for (int64_t i = 0; i < parts * sums; ++i) to->sums[i % sums] += from->sums[i];
    for (int64_t i = 0; i < dgba_task_count_count(task); ++i) to->counts[i] += from->counts[i];
}

static dgba_status add_record(shards *to, const collection *from, const dgba_unit *unit, dgba_h5 *file, const char *id) {
    const dgba_sweep *sweep = from->sweep;
    const int64_t first = unit->shard * sweep->shard_images;
    dgba_record record = {0};
    DGBA_TRY(dgba_record_read_file(&record, from->tasks, sweep->data.task_count, file, id));
    dgba_status status = DGBA_OK;
    if (first + record.image_count > sweep->image_count) {
        status = dgba_fail(DGBA_E_FORMAT, "%s: more images than the sweep has", dgba_h5_name(file));
        goto out;
    }
    for (int64_t t = 0; t < sweep->data.task_count; ++t) {
        memcpy(to->merged.losses + t * sweep->image_count + first, record.losses + t * record.image_count,
               (size_t)record.image_count * sizeof(double));
        add_totals(&to->merged.totals[t], &record.totals[t], &from->tasks[t], record.part_count);
    }
    to->merged.seconds += record.seconds;
    to->merged.forward_passes += record.forward_passes;
    to->merged.backward_passes += record.backward_passes;
    to->merged.left_out += record.left_out;
    status = dgba_solves_move(&to->merged.solves, &to->merged.solve_count, &record.solves, &record.solve_count);
out:
    dgba_record_free(&record);
    return status;
}

dgba_status shards_open_record(dgba_h5 **out, const collection *from, int64_t unit, const char *id) {
    *out = NULL;
    if (from->folder == NULL) {
        const dgba_unit_result *result = &from->results[unit];
        return result->bytes != NULL ? dgba_h5_open_bytes(out, result->bytes, result->count, id) : DGBA_OK;
    }
    dgba_text path = {0};
    dgba_store_path(&path, from->folder, DGBA_STORE_UNIT, id);
    dgba_status status = DGBA_OK;
    if (dgba_file_exists(dgba_text_chars(&path))) status = dgba_h5_open(out, dgba_text_chars(&path));
    dgba_text_free(&path);
    return status;
}

dgba_status shards_add_up(shards *out, const collection *from, int64_t first, int64_t count, int64_t target) {
    const dgba_sweep *sweep = from->sweep;
    *out = (shards){.complete = true};
    DGBA_TRY(dgba_record_allocate(&out->merged, from->tasks, sweep->data.task_count, sweep->image_count));
    for (int64_t i = 0; i < sweep->data.task_count * sweep->image_count; ++i) out->merged.losses[i] = NAN;
    dgba_h5 *file = NULL;
    dgba_status status = DGBA_OK;
    for (int64_t u = first; u < first + count; ++u) {
        const dgba_unit *unit = &sweep->units[u];
        char id[DGBA_HASH_TEXT_BYTES];
        memcpy(id, unit->id, sizeof id);
        if (target != NO_TARGET) dgba_unit_target_id(id, sweep, unit, target);
        if (from->failures[u] != NULL) out->failure = from->failures[u];
        DGBA_TRY_OUT(shards_open_record(&file, from, u, id));
        if (file != NULL)
            DGBA_TRY_OUT(add_record(out, from, unit, file, id));
        else
            out->complete = false;
        dgba_h5_close(&file);
    }
out:
    dgba_h5_close(&file);
    if (status != DGBA_OK) dgba_record_free(&out->merged);
    return status;
}
