/** The record of a unit: a valid one, edited. What is accepted can be written and read again to the same. */
#include <stdlib.h>
#include <string.h>

#include "dgba/trial.h"
#include "fuzz.h"

static bool same_reals(const double *a, const double *b, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (a[i] != b[i] && !(a[i] != a[i] && b[i] != b[i])) return false;
    return true;
}

static void check_same(const dgba_record *a, const dgba_record *b) {
    FUZZ_CHECK(a->image_count == b->image_count && a->part_count == b->part_count && a->solve_count == b->solve_count);
    FUZZ_CHECK(a->forward_passes == b->forward_passes && a->backward_passes == b->backward_passes);
    FUZZ_CHECK(a->left_out == b->left_out && same_reals(&a->seconds, &b->seconds, 1));
    FUZZ_CHECK(a->image_count == 0 || memcmp(a->images, b->images, (size_t)a->image_count * sizeof *a->images) == 0);
    FUZZ_CHECK(same_reals(a->losses, b->losses, FUZZ_TASKS * a->image_count));
    for (int t = 0; t < FUZZ_TASKS; ++t) {
        const dgba_task *task = &fuzz_tasks()[t];
        FUZZ_CHECK(same_reals(a->totals[t].sums, b->totals[t].sums, a->part_count * dgba_task_sum_count(task)));
        for (int64_t i = 0; i < dgba_task_count_count(task); ++i)
            FUZZ_CHECK(a->totals[t].counts[i] == b->totals[t].counts[i]);
    }
    for (int64_t i = 0; i < a->solve_count; ++i)
        FUZZ_CHECK(a->solves[i].image == b->solves[i].image && strcmp(a->solves[i].solver, b->solves[i].solver) == 0);
}

static void check_round_trip(const dgba_record *record) {
    dgba_settings settings = {0};
    dgba_record again;
    char *bytes = NULL;
    size_t count = 0;
    FUZZ_OK(dgba_record_write(&bytes, &count, record, fuzz_tasks(), &settings, FUZZ_UNIT_ID));
    const char *path = fuzz_file(1, bytes, count);
    FUZZ_OK(dgba_record_check(path, FUZZ_UNIT_ID));
    FUZZ_OK(dgba_record_read(&again, fuzz_tasks(), FUZZ_TASKS, path, FUZZ_UNIT_ID));
    check_same(record, &again);
    dgba_record_free(&again);
    dgba_free(bytes);
}

static void check_examples(const char *bytes, size_t count) {
    dgba_example_maps maps;
    dgba_h5 *file = NULL;
    FUZZ_OK(dgba_h5_open_bytes(&file, bytes, count, "unit"));
    if (dgba_example_maps_read(&maps, file) != DGBA_OK) fuzz_refused();
    dgba_example_maps_free(&maps);
    dgba_h5_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = NULL;
    size_t count = 0;
    dgba_record record;
    fuzz_edit(&bytes, &count, fuzz_sample_unit(), data, size);
    const char *path = fuzz_file(0, bytes, count);
    const bool whole = dgba_record_check(path, FUZZ_UNIT_ID) == DGBA_OK;
    if (!whole) fuzz_refused();
    if (dgba_record_read(&record, fuzz_tasks(), FUZZ_TASKS, path, FUZZ_UNIT_ID) == DGBA_OK) {
        FUZZ_CHECK(whole);
        check_round_trip(&record);
    } else {
        FUZZ_CHECK(size > 0 && record.images == NULL);
        fuzz_refused();
    }
    dgba_record_free(&record);
    check_examples(bytes, count);
    free(bytes);
    fuzz_end();
    return 0;
}

FUZZ_MUTATE_EDITS(fuzz_sample_unit)
