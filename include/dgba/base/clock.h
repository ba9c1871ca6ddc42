/** Time: how long something took, and what to write into a log. */
#ifndef DGBA_BASE_CLOCK_H
#define DGBA_BASE_CLOCK_H

#include <stddef.h>

/** Seconds since some fixed moment; never runs backwards. */
double dgba_clock_seconds(void);

/** Processor seconds used by the calling thread. */
double dgba_clock_thread_seconds(void);

/** The moment in UTC as ISO 8601, "2026-01-31T12:34:56Z". */
void dgba_clock_timestamp(char *text, size_t bytes);

/** Sleeps about this many seconds, or until a signal arrives. */
void dgba_clock_sleep(double seconds);

#endif
