#include "dgba/base/clock.h"

#include <time.h>

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double dgba_clock_seconds(void) { return seconds_of(CLOCK_MONOTONIC); }

double dgba_clock_thread_seconds(void) { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

void dgba_clock_timestamp(char *text, size_t bytes) {
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, bytes, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void dgba_clock_sleep(double seconds) {
    const struct timespec wait = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&wait, NULL);
}
