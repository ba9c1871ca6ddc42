#define _DEFAULT_SOURCE // MAP_ANONYMOUS
#include <sys/mman.h>
#include <unistd.h>

#include "support/check.h"

enum { BYTES = 3 * DGBA_HUGE_PAGE + 4096, BEFORE = 3 * 4096 + 64 };

static char *share(void) {
    char *shared = mmap(NULL, BEFORE + BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    return shared;
}

static char letter(int64_t i) { return (char)('a' + i % 23); }

/** Both mappings are of the same memory, before and after it gets huge pages. */
static void a_second_mapping_is_the_same_memory(void **state) {
    (void)state;
    char *shared = share(), *first = shared + BEFORE, *second = dgba_map_again(first, BYTES);
    if (second == NULL) skip(); // valgrind's mremap() makes no second mappings
    assert_ptr_not_equal(second, first);
    for (int64_t i = 0; i < BYTES; i += 61) first[i] = letter(i);
    for (int64_t i = 0; i < BYTES; i += 61) assert_int_equal(second[i], letter(i));
    dgba_make_huge(second + 4096, BYTES - 4096);
    for (int64_t i = 0; i < BYTES; i += 61) assert_int_equal(second[i], letter(i));
    for (int64_t i = 0; i < BYTES; i += 61) second[i] = letter(i + 1);
    dgba_unmap(second, BYTES);
    for (int64_t i = 0; i < BYTES; i += 61) assert_int_equal(first[i], letter(i + 1));
    munmap(shared, BEFORE + BYTES);
}

/** An anonymous shared mapping is a file from its start, so the second one must begin at a huge page. */
static void a_second_mapping_begins_where_huge_pages_fit(void **state) {
    (void)state;
    char *shared = share(), *second = dgba_map_again(shared + BEFORE, BYTES);
    if (second == NULL) skip();
    assert_int_equal(((uintptr_t)second - BEFORE) % DGBA_HUGE_PAGE, 0);
    dgba_unmap(second, BYTES);
    munmap(shared, BEFORE + BYTES);
}

static void memory_that_is_not_shared_stays(void **state) {
    (void)state;
    char *own = NULL;
    CHECK_OK(DGBA_NEW(&own, BYTES));
    assert_null(dgba_map_again(own, BYTES));
    dgba_free(own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_mapping_is_the_same_memory),
        cmocka_unit_test(a_second_mapping_begins_where_huge_pages_fit),
        cmocka_unit_test(memory_that_is_not_shared_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
