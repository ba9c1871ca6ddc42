/** Messages for people: on stderr, and in the run's log file once one is open.
 *
 *  The _ROOT forms speak on the root rank only, so that callers need no `if (rank == 0)`.
 */
#ifndef DGBA_BASE_LOG_H
#define DGBA_BASE_LOG_H

#include <stdbool.h>

#include "dgba/base/compiler.h"
#include "dgba/base/status.h"

typedef enum dgba_log_level { DGBA_LOG_DEBUG, DGBA_LOG_INFO, DGBA_LOG_WARNING, DGBA_LOG_ERROR } dgba_log_level;

/** Rank shown before messages of ranks other than 0; -1 (the default) before MPI is up. */
void dgba_log_set_rank(int rank);

/** Least level that reaches stderr (default: INFO). The log file gets everything from INFO up. */
void dgba_log_set_level(dgba_log_level level);

/** Appends messages to `path` from now on; NULL closes the file.
 *  Errors    DGBA_E_IO if the file cannot be opened */
dgba_status dgba_log_open(const char *path);

/** Called before a message is printed on a terminal, so that a progress line can be wiped; NULL for none. */
void dgba_log_before_print(void (*hook)(void));

void dgba_log_write(dgba_log_level level, bool root_only, const char *format, ...) DGBA_PRINTF(3, 4);

#define DGBA_DEBUG(...)        dgba_log_write(DGBA_LOG_DEBUG, false, __VA_ARGS__)
#define DGBA_INFO(...)         dgba_log_write(DGBA_LOG_INFO, false, __VA_ARGS__)
#define DGBA_WARNING(...)      dgba_log_write(DGBA_LOG_WARNING, false, __VA_ARGS__)
#define DGBA_ERROR(...)        dgba_log_write(DGBA_LOG_ERROR, false, __VA_ARGS__)
#define DGBA_INFO_ROOT(...)    dgba_log_write(DGBA_LOG_INFO, true, __VA_ARGS__)
#define DGBA_WARNING_ROOT(...) dgba_log_write(DGBA_LOG_WARNING, true, __VA_ARGS__)

#endif
