/** The checkpoints of apgd_released, as lists. */
#include "dgba/attack.h"
#include "support/check.h"

static void check_list(int64_t iterations, const int64_t *expected, int64_t count) {
    int64_t found = 0;
    for (int64_t k = 0; k <= iterations; ++k) {
        if (!dgba_attack_is_checkpoint(k, iterations)) continue;
        assert_true(found < count);
        assert_int_equal(k, expected[found++]);
    }
    assert_int_equal(found, count);
}

#define CHECK_LIST(iterations, ...) \
    check_list(iterations, (const int64_t[]){__VA_ARGS__}, DGBA_COUNT_OF(((const int64_t[]){__VA_ARGS__})))

static void lists_are_those_of_the_paper(void **state) {
    (void)state;
    CHECK_LIST(10, 0, 3, 5, 6, 8, 9, 10);
    CHECK_LIST(20, 0, 5, 9, 12, 15, 16, 18, 19, 20);
    CHECK_LIST(50, 0, 11, 21, 29, 35, 40, 44, 47, 50);
    CHECK_LIST(1, 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_are_those_of_the_paper)};
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
