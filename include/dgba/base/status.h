/** Status codes and the message that goes with them.
 *
 *  Every function that can fail returns a dgba_status, which the compiler insists on being used. The failing function
 *  leaves a sentence for people with dgba_fail(); callers put their place in front of it with dgba_context(). The message
 *  belongs to the calling thread.
 */
#ifndef DGBA_BASE_STATUS_H
#define DGBA_BASE_STATUS_H

#include <stdint.h>

#include "dgba/base/compiler.h"

/** Code, exit code of the program, sentence. */
#define DGBA_STATUS_LIST(X)                                          \
    X(DGBA_OK, 0, "success")                                         \
    X(DGBA_E_UNITS_FAILED, 1, "some units of work failed")           \
    X(DGBA_E_USAGE, 2, "wrong use of the command line")              \
    X(DGBA_E_CONFIG, 3, "the configuration is not valid")            \
    X(DGBA_E_IO, 4, "input or output failed")                        \
    X(DGBA_E_FORMAT, 4, "a file does not have the expected content") \
    X(DGBA_E_SHAPE, 4, "sizes do not fit together")                  \
    X(DGBA_E_MEMORY, 1, "out of memory")                             \
    X(DGBA_E_NUMERIC, 1, "a value is not finite or not usable")      \
    X(DGBA_E_TIME_OUT, 1, "it took too long")                        \
    X(DGBA_E_BUG, 70, "internal error")                              \
    X(DGBA_E_STOPPED, 75, "stopped early; run the same command again to continue")

#if defined(__clang__)
#define DGBA_MUST_USE __attribute__((warn_unused_result))
#else
#define DGBA_MUST_USE [[nodiscard]]
#endif

#define DGBA_STATUS_ENUM(code, exit_code, sentence) code,
typedef enum DGBA_MUST_USE dgba_status { DGBA_STATUS_LIST(DGBA_STATUS_ENUM) DGBA_STATUS_COUNT } dgba_status;
#undef DGBA_STATUS_ENUM

/** Sentence of a code; borrowed, never NULL. */
const char *dgba_status_sentence(dgba_status status);

/** Exit code of the program for a status. */
int dgba_status_exit_code(dgba_status status);

/** Sets this thread's message and returns `status`. */
dgba_status dgba_fail(dgba_status status, const char *format, ...) DGBA_PRINTF(2, 3);

/** Puts "context: " before this thread's message and returns `status`. Does nothing for DGBA_OK. */
dgba_status dgba_context(dgba_status status, const char *format, ...) DGBA_PRINTF(2, 3);

/** This thread's message: borrowed until its next failure; "" if none. */
const char *dgba_error(void);

/** Clears this thread's message (for a failure that was expected and dealt with). */
void dgba_error_clear(void);

/** Returns from the calling function if `call` fails. */
#define DGBA_TRY(call)                                  \
    do {                                                \
        dgba_status try_status_ = (call);               \
        if (try_status_ != DGBA_OK) return try_status_; \
    } while (0)

/** Jumps to the calling function's one label `out:` if `call` fails; needs a local `dgba_status status`. */
#define DGBA_TRY_OUT(call)               \
    do {                                 \
        status = (call);                 \
        if (status != DGBA_OK) goto out; \
    } while (0)

/** Tells a broken invariant (a bug of ours, never bad input) and ends the program. Always on. */
#define DGBA_ASSERT(condition) ((condition) ? (void)0 : dgba_panic(__FILE__, __LINE__, "assertion failed: %s", #condition))

void dgba_panic(const char *file, int line, const char *format, ...) DGBA_PRINTF(3, 4) __attribute__((noreturn));

/** Called by dgba_panic() after the message is printed; the program sets one that ends the whole MPI job. */
void dgba_panic_hook(void (*hook)(void));

#endif
