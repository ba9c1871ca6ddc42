// The shelf, whatever the number of ranks: alone there is none, and tests/mpi/shelf.sh starts this program under mpirun.
// Every rank runs the same tests; what a rank finds is added up, which also makes the ranks wait for each other.

#include <stdio.h>
#include <string.h>

#include "dgba/sched.h"
#include "support/check.h"

enum { FLOATS = 3000 };

static dgba_shelf *open_shelf(int64_t blocks) {
    dgba_shelf *shelf = NULL;
    CHECK_OK(dgba_farm_open_shelf(&shelf, blocks, FLOATS * (int64_t)sizeof(float)));
    return shelf;
}

static dgba_shelf_block take(const dgba_shelf *shelf, const char *content) {
    dgba_shelf_block block;
    CHECK_OK(dgba_shelf_take(&block, shelf, content, FLOATS, sizeof(float)));
    return block;
}

static int64_t sum(int64_t value) {
    dgba_farm_sum(&value, 1);
    return value;
}

static bool is_alone(void) { return dgba_farm_ranks() == 1; }

static void sums_and_largest(void **state) {
    (void)state;
    int64_t values[] = {1, dgba_farm_rank()};
    dgba_farm_sum(values, 2);
    assert_int_equal(values[0], dgba_farm_ranks());
    dgba_farm_most(values, 2);
    assert_int_equal(values[0], dgba_farm_ranks());
    assert_int_equal(values[1], dgba_farm_ranks() * (dgba_farm_ranks() - 1) / 2);
}

static void the_first_fills_and_all_read(void **state) {
    (void)state;
    dgba_shelf *shelf = open_shelf(1);
    assert_int_equal(shelf == NULL, is_alone());
    dgba_shelf_block block = take(shelf, "weights");
    float *x = block.memory;
    const bool mine = !block.filled;
    if (mine) {
        assert_true(x[0] == 0 && x[FLOATS - 1] == 0);
        dgba_clock_sleep(0.1); // the others wait
        for (int i = 0; i < FLOATS; ++i) x[i] = (float)i;
        dgba_shelf_announce(&block);
    }
    int wrong = 0;
    for (int i = 0; i < FLOATS; ++i) wrong += x[i] != (float)i;
    assert_int_equal(wrong, 0);
    assert_int_equal(sum(mine), 1);
    dgba_shelf_put_back(&block);
    assert_null(block.memory);
    sum(0);

    block = take(shelf, "weights"); // nobody has it, but it is still there
    assert_int_equal(block.filled, !is_alone());
    dgba_shelf_put_back(&block);
    dgba_farm_close_shelf(&shelf);
    assert_null(shelf);
}

/** Who hangs while filling a block keeps it; one of the others fills another. */
static void nobody_waits_for_ever(void **state) {
    (void)state;
    dgba_shelf *shelf = open_shelf(2);
    const bool hangs = dgba_farm_rank() == 0;
    dgba_shelf_block block = {0};
    if (hangs) block = take(shelf, "weights");
    sum(0);
    if (!hangs) block = take(shelf, "weights");
    const bool fills = !block.filled;
    float *x = block.memory;
    if (fills && !hangs) {
        x[0] = 7;
        dgba_shelf_announce(&block);
    }
    const bool right = hangs || x[0] == 7;
    assert_int_equal(sum(fills), is_alone() ? 1 : 2);
    assert_true(right);
    if (hangs) dgba_shelf_announce(&block); // after all; nobody finds it any more
    dgba_shelf_put_back(&block);
    sum(0);
    block = take(shelf, "weights");
    x = block.memory;
    assert_true(is_alone() || x[0] == 7);
    dgba_shelf_put_back(&block);
    dgba_farm_close_shelf(&shelf);
}

static void who_cannot_fill_leaves_it_to_the_next(void **state) {
    (void)state;
    dgba_shelf *shelf = open_shelf(1);
    dgba_shelf_block block = take(shelf, "broken");
    assert_false(block.filled);
    memset(block.memory, 1, 100);
    dgba_shelf_put_back(&block);
    assert_int_equal(sum(1), dgba_farm_ranks()); // nobody waits forever
    block = take(shelf, "broken");
    assert_false(block.filled);
    assert_true(*(float *)block.memory == 0);
    dgba_shelf_put_back(&block);
    dgba_farm_close_shelf(&shelf);
}

static void without_room_memory_is_ones_own(void **state) {
    (void)state;
    char content[16];
    dgba_shelf *shelf = open_shelf(1);
    snprintf(content, sizeof content, "model %d", dgba_farm_rank());
    dgba_shelf_block block = take(shelf, content), large;
    assert_false(block.filled);
    assert_int_equal(sum(block.shelf != NULL), !is_alone());
    memset(block.memory, dgba_farm_rank(), FLOATS * sizeof(float));
    dgba_shelf_announce(&block);
    sum(0);
    assert_int_equal(((char *)block.memory)[FLOATS], dgba_farm_rank());
    CHECK_OK(dgba_shelf_take(&large, shelf, "large", FLOATS + 2000, sizeof(float)));
    assert_null(large.shelf);
    dgba_shelf_put_back(&large);
    dgba_shelf_put_back(&block);
    sum(0);
    block = take(shelf, "next"); // in the place of what nobody uses
    const bool mine = !block.filled;
    if (mine) dgba_shelf_announce(&block);
    assert_int_equal(sum(mine), 1);
    dgba_shelf_put_back(&block);
    dgba_farm_close_shelf(&shelf);
}

/** Whether a content was there; it is now. */
static bool was_there(const dgba_shelf *shelf, const char *content) {
    dgba_shelf_block block = take(shelf, content);
    const bool there = block.filled;
    if (!there) dgba_shelf_announce(&block);
    dgba_shelf_put_back(&block);
    return there;
}

static void what_was_taken_longest_ago_goes(void **state) {
    (void)state;
    dgba_shelf *shelf = open_shelf(2);
    if (dgba_farm_rank() == 0 && !is_alone()) {
        assert_false(was_there(shelf, "a"));
        assert_false(was_there(shelf, "b"));
        assert_true(was_there(shelf, "a"));
        assert_false(was_there(shelf, "c")); // instead of b
        assert_true(was_there(shelf, "a"));
        assert_false(was_there(shelf, "b")); // instead of c
        assert_true(was_there(shelf, "a"));
    }
    dgba_farm_close_shelf(&shelf);
}

static void none_is_opened_for_nothing(void **state) {
    (void)state;
    dgba_shelf *shelf = NULL;
    CHECK_OK(dgba_farm_open_shelf(&shelf, 0, 1000));
    assert_null(shelf);
    CHECK_OK(dgba_farm_open_shelf(&shelf, 3, (int64_t)1 << 50)); // more than any machine has
    assert_null(shelf);
    dgba_farm_close_shelf(&shelf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_largest),
        cmocka_unit_test(the_first_fills_and_all_read),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(who_cannot_fill_leaves_it_to_the_next),
        cmocka_unit_test(without_room_memory_is_ones_own),
        cmocka_unit_test(what_was_taken_longest_ago_goes),
        cmocka_unit_test(none_is_opened_for_nothing),
    };
    CHECK_OK(dgba_farm_start(false));
    const int failed = cmocka_run_group_tests(tests, NULL, check_no_leak);
    dgba_farm_end();
    return failed;
}
