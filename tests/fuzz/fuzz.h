/** What the fuzz targets share.
 *
 *  A target is libFuzzer's entry, LLVMFuzzerTestOneInput(): it gives the input to a reader, and where the reader accepts
 *  it, checks what must then hold. What is wrong ends the program, so that libFuzzer keeps the input.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "dgba/base.h"
#include "dgba/h5io.h"

/** The entry. Returns   0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program with the place unless the condition holds. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
void fuzz_fail(const char *file, int line, const char *condition) __attribute__((noreturn));

/** The call must succeed. */
#define FUZZ_OK(call) FUZZ_CHECK((call) == DGBA_OK)

/** A refusal must have a sentence for people. */
void fuzz_refused(void);

/** The input is dealt with: no memory of dgba is left. */
void fuzz_end(void);

/** The input as text, without zero bytes.
 *  Owns      caller frees with dgba_free() */
char *fuzz_text(const uint8_t *data, size_t size);

/** A file in memory with these bytes; the path holds until the next call with the same number. */
const char *fuzz_file(int number, const void *bytes, size_t count);
enum { FUZZ_MOST_FILES = 2 };

/** A folder in memory for files whose writer renames them; the path of a file in it, borrowed until the next call. */
const char *fuzz_path(const char *name);

/* ---- HDF5 files ---- */

/** A small valid file, the same every time: borrowed bytes. */
typedef struct fuzz_sample {
    const char *bytes;
    size_t count;
} fuzz_sample;
fuzz_sample fuzz_sample_data(void);
fuzz_sample fuzz_sample_checkpoint(void);
fuzz_sample fuzz_sample_unit(void);
fuzz_sample fuzz_sample_results(void);

/** The tasks and the id of the unit whose record the sample is. */
enum { FUZZ_TASKS = 2 };
#define FUZZ_UNIT_ID "0123456789abcdef0123456789abcdef"
struct dgba_task;
const struct dgba_task *fuzz_tasks(void);

/** Edits a valid file as the lines of the input say (README.md has the language); lines that say nothing are left out.
 *  Owns      caller frees *bytes with free() */
void fuzz_edit(char **bytes, size_t *count, fuzz_sample sample, const uint8_t *data, size_t size);

/** libFuzzer's hook for mutations, for targets that edit a sample. */
size_t fuzz_mutate_edits(fuzz_sample sample, uint8_t *data, size_t size, size_t most, unsigned seed);
#ifdef DGBA_FUZZ
#define FUZZ_MUTATE_EDITS(sample)                                                            \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);  \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) { \
        return fuzz_mutate_edits(sample(), data, size, most, seed);                          \
    }
#else
#define FUZZ_MUTATE_EDITS(sample)
#endif

#endif
