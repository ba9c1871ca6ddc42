/** What every test includes: cmocka, and checks that say more. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

// cmocka needs these four before it, in any order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dgba/base.h"

/** Fails with the status' message unless `call` succeeds. */
#define CHECK_OK(call) check_status((call), DGBA_OK, #call, __FILE__, __LINE__)

/** Fails unless `call` returns exactly this status. */
#define CHECK_FAILS(expected, call) check_status((call), (expected), #call, __FILE__, __LINE__)

void check_status(dgba_status status, dgba_status expected, const char *call, const char *file, int line);

/** The last error's message contains `part`. */
#define CHECK_MESSAGE(part) check_contains(dgba_error(), (part), __FILE__, __LINE__)
void check_contains(const char *text, const char *part, const char *file, int line);

/** |a − b| ≤ absolute + relative·|b| for every element; names the worst otherwise. */
#define CHECK_CLOSE(a, b, count, relative, absolute) \
    check_close((a), (b), (count), (relative), (absolute), #a, __FILE__, __LINE__)
void check_close(const float *a, const float *b, int64_t count, double relative, double absolute, const char *name,
                 const char *file, int line);

/** A group teardown that fails if allocations are left. */
int check_no_leak(void **state);

/** A fresh empty folder for this test's files, removed by the next call with the same name and at the program's end;
 * borrowed. */
const char *check_folder(const char *name);

/** Fills with normal numbers from stream (seed). */
void check_random(float *x, int64_t count, uint64_t seed);

#endif
