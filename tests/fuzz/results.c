/** A results file: a valid one, edited. What is accepted can be reported, and written and read again to the same file. */
#include <stdlib.h>
#include <string.h>

#include "dgba/store.h"
#include "fuzz.h"

static void check_same_files(const char *a, const char *b) {
    char *bytes = NULL, *other = NULL;
    size_t count = 0, other_count = 0;
    FUZZ_OK(dgba_file_read(&bytes, &count, a));
    FUZZ_OK(dgba_file_read(&other, &other_count, b));
    FUZZ_CHECK(count == other_count && memcmp(bytes, other, count) == 0);
    dgba_free(bytes);
    dgba_free(other);
}

static void check_round_trip(const dgba_results *results) {
    dgba_results again;
    char first[128], second[128];
    FUZZ_OK(dgba_text_fit(first, sizeof first, fuzz_path("first.h5")));
    FUZZ_OK(dgba_text_fit(second, sizeof second, fuzz_path("second.h5")));
    FUZZ_OK(dgba_results_write(first, results));
    FUZZ_OK(dgba_results_read(&again, first));
    FUZZ_OK(dgba_results_write(second, &again));
    check_same_files(first, second);
    dgba_results_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = NULL;
    size_t count = 0;
    dgba_results results;
    fuzz_edit(&bytes, &count, fuzz_sample_results(), data, size);
    if (dgba_results_read(&results, fuzz_file(0, bytes, count)) == DGBA_OK) {
        check_round_trip(&results);
    } else {
        FUZZ_CHECK(size > 0);
        fuzz_refused();
    }
    dgba_results_free(&results);
    free(bytes);
    fuzz_end();
    return 0;
}

FUZZ_MUTATE_EDITS(fuzz_sample_results)
