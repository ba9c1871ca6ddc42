/** The table of integer programs on its own: results of which only that table is there. */
#include "schema.h"

dgba_status dgba_solves_write(dgba_h5 *file, dgba_solve_row *solves, int64_t count) {
    const dgba_results results = {.solves = solves, .solve_count = count};
    DGBA_TRY(results_write_scale(file, &results, AXIS_SOLVE));
    return results_write_table(file, &results, &results_tables[TABLE_SOLVE]);
}

dgba_status dgba_solves_read(dgba_solve_row **solves, int64_t *count, dgba_h5 *file) {
    const table_about *table = &results_tables[TABLE_SOLVE];
    dgba_results results = {0};
    DGBA_TRY(results_read_count(&results, file, AXIS_SOLVE));
    dgba_status status = results_allocate_table(&results, table);
    if (status == DGBA_OK) status = results_read_table(&results, file, table);
    if (status != DGBA_OK) {
        results_free_table(&results, table);
        return status;
    }
    *solves = results.solves;
    *count = results.solve_count;
    return DGBA_OK;
}

void dgba_solves_free(dgba_solve_row **solves, int64_t *count) {
    dgba_results results = {.solves = *solves, .solve_count = *count};
    results_free_table(&results, &results_tables[TABLE_SOLVE]);
    *solves = NULL;
    *count = 0;
}

dgba_status dgba_solves_move(dgba_solve_row **to, int64_t *to_count, dgba_solve_row **from, int64_t *from_count) {
    dgba_solve_row *joined = NULL;
    DGBA_TRY(DGBA_NEW(&joined, *to_count + *from_count));
    for (int64_t i = 0; i < *to_count; ++i) joined[i] = (*to)[i];
    for (int64_t i = 0; i < *from_count; ++i) joined[*to_count + i] = (*from)[i];
    dgba_free(*to);
    dgba_free(*from);
    *to = joined;
    *to_count += *from_count;
    *from = NULL;
    *from_count = 0;
    return DGBA_OK;
}
