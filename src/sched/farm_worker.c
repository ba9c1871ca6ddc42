#include <stdatomic.h>

#include "farm.h"

/** Written by rank 0's main thread or by this rank's only one, read by the worker. */
static atomic_bool is_stopping;

void dgba_farm_set_stopping(bool stopping) { atomic_store(&is_stopping, stopping); }

static void handle_stop(dgba_farm_message *stop) {
    DGBA_ASSERT(stop->tag == DGBA_FARM_STOP);
    dgba_farm_message_free(stop);
    dgba_farm_set_stopping(true);
}

bool dgba_farm_is_stopping(void) {
    dgba_farm_message message;
    int rank = 0;
    // A worker that works is sent nothing else. The thread of rank 0 must not call MPI, and shares the variable.
    if (dgba_farm_rank() > 0 && dgba_farm_receive(&message, &rank)) handle_stop(&message);
    return atomic_load(&is_stopping);
}

dgba_farm_message dgba_farm_answer(const dgba_farm *farm, dgba_farm_message *unit) {
    char *result = NULL;
    size_t count = 0;
    dgba_farm_crew crew;
    dgba_error_clear();
    const double start = dgba_clock_seconds();
    const dgba_crew *together = dgba_farm_crew_open(&crew, unit->crew, unit->crew_count);
    const dgba_status status = farm->work(&result, &count, farm->context, unit->bytes, unit->count, together);
    const double seconds = dgba_clock_seconds() - start;
    dgba_farm_message answer = {.tag = DGBA_FARM_RESULT, .bytes = result, .count = count};
    if (status != DGBA_OK) {
        dgba_free(result);
        answer = dgba_farm_status_message(DGBA_FARM_RESULT, status);
    }
    answer.unit = unit->unit;
    answer.seconds = seconds;
    dgba_farm_crew_close(&crew);
    dgba_farm_message_free(unit);
    return answer;
}

static dgba_farm_message wait_for_message(void) {
    dgba_farm_message message;
    int rank = 0;
    double pause = 0;
    while (!dgba_farm_receive(&message, &rank)) dgba_farm_pause(&pause);
    return message;
}

static void handle_unit(const dgba_farm *farm, dgba_farm_message *unit) {
    dgba_farm_message answer = dgba_farm_answer(farm, unit);
    dgba_farm_send(0, &answer);
    dgba_farm_message_free(&answer);
}

static dgba_status handle_exit(dgba_farm_message *exit) {
    const dgba_status status = exit->status == DGBA_OK ? DGBA_OK : dgba_fail(exit->status, "%s", exit->bytes);
    dgba_farm_message_free(exit);
    return status;
}

dgba_status dgba_farm_serve(const dgba_farm *farm) {
    dgba_farm_set_stopping(false);
    for (;;) {
        dgba_farm_message message = wait_for_message();
        if (message.tag == DGBA_FARM_EXIT) return handle_exit(&message);
        if (message.tag == DGBA_FARM_UNIT)
            handle_unit(farm, &message);
        else
            handle_stop(&message);
    }
}
