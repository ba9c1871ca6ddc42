#include <string.h>

#include "dgba/model.h"
#include "support/check.h"

static void counts(void **state) {
    (void)state;
    static const struct {
        int64_t tasks, levels, count;
    } cases[] = {{1, 5, 1},    {2, 5, 6},    {3, 1, 5},    {3, 2, 12},   {3, 3, 22}, {3, 4, 35},
                 {3, 5, 51},   {3, 6, 70},   {3, 17, 477}, {4, 5, 561},  {5, 1, 52}, {5, 2, 358},
                 {5, 3, 1304}, {5, 4, 3455}, {5, 5, 7556}, {6, 4, 44590}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_layout *all = NULL;
        int64_t count = 0;
        CHECK_OK(dgba_layout_enumerate(&all, &count, cases[i].tasks, cases[i].levels));
        assert_int_equal(count, cases[i].count);
        dgba_free(all);
    }
}

/** A tree as runs of equal levels. */
typedef struct expectation {
    int64_t index;
    struct {
        int64_t levels;
        const char *sets;
    } runs[4];
} expectation;

static void check_trees(int64_t tasks, const expectation *cases, int64_t count) {
    dgba_text found = {0}, expected = {0};
    for (int64_t i = 0; i < count; ++i) {
        dgba_layout layout;
        CHECK_OK(dgba_layout_at(&layout, tasks, 5, cases[i].index));
        dgba_text_clear(&found);
        dgba_text_clear(&expected);
        dgba_layout_print(&found, &layout);
        for (int r = 0; r < 4; ++r)
            for (int64_t level = 0; level < cases[i].runs[r].levels; ++level)
                dgba_text_add(&expected, "%s%s", expected.length > 0 ? "|" : "", cases[i].runs[r].sets);
        if (strcmp(dgba_text_chars(&found), dgba_text_chars(&expected)) != 0)
            fail_msg("layout %lld is %s, expected %s", (long long)cases[i].index, dgba_text_chars(&found),
                     dgba_text_chars(&expected));
    }
    dgba_text_free(&found);
    dgba_text_free(&expected);
}

// Partitions of three tasks. How "all apart" was reached decides the order of its sets.
#define ALL     "{012}"
#define FIRST   "{12}{0}"
#define APART   "{0}{2}{1}"
#define SECOND  "{1}{02}"
#define APART_1 "{1}{2}{0}"
#define THIRD   "{2}{01}"
#define APART_2 "{2}{1}{0}"

static void three_tasks_on_five_levels(void **state) {
    (void)state;
    static const expectation cases[] = {
        {0, {{5, ALL}}},
        {1, {{5, FIRST}}},
        {2, {{5, APART}}},
        {3, {{1, FIRST}, {4, APART}}},
        {4, {{2, FIRST}, {3, APART}}},
        {5, {{3, FIRST}, {2, APART}}},
        {6, {{4, FIRST}, {1, APART}}},
        {7, {{5, SECOND}}},
        {8, {{1, SECOND}, {4, APART_1}}},
        {9, {{2, SECOND}, {3, APART_1}}},
        {10, {{3, SECOND}, {2, APART_1}}},
        {11, {{4, SECOND}, {1, APART_1}}},
        {12, {{5, THIRD}}},
        {13, {{1, THIRD}, {4, APART_2}}},
        {14, {{2, THIRD}, {3, APART_2}}},
        {15, {{3, THIRD}, {2, APART_2}}},
        {16, {{4, THIRD}, {1, APART_2}}},
        {17, {{1, ALL}, {4, FIRST}}},
        {18, {{1, ALL}, {4, APART}}},
        {22, {{1, ALL}, {4, SECOND}}},
        {26, {{1, ALL}, {4, THIRD}}},
        {30, {{2, ALL}, {3, FIRST}}},
        {31, {{2, ALL}, {3, APART}}},
        {34, {{2, ALL}, {3, SECOND}}},
        {37, {{2, ALL}, {3, THIRD}}},
        {40, {{3, ALL}, {2, FIRST}}},
        {41, {{3, ALL}, {2, APART}}},
        {47, {{4, ALL}, {1, FIRST}}},
        {48, {{4, ALL}, {1, APART}}},
        {49, {{4, ALL}, {1, SECOND}}},
        {50, {{4, ALL}, {1, THIRD}}},
    };
    check_trees(3, cases, DGBA_COUNT_OF(cases));
}

static void five_tasks_on_five_levels(void **state) {
    (void)state;
    static const char apart[] = "{0}{1}{2}{4}{3}", all[] = "{01234}";
    const expectation cases[] = {
        {0, {{5, all}}},
        {4, {{5, apart}}},
        {353, {{1, "{1234}{0}"}, {1, "{0}{34}{12}"}, {2, "{0}{12}{4}{3}"}, {1, "{0}{4}{3}{2}{1}"}}},
        {562, {{5, "{123}{04}"}}},
        {817, {{5, "{124}{03}"}}},
        {4105, {{1, all}, {4, apart}}},
        {6256, {{2, all}, {3, apart}}},
        {7202, {{3, all}, {2, apart}}},
        {7508, {{4, all}, {1, apart}}},
        {7555, {{4, all}, {1, "{4}{0123}"}}},
    };
    check_trees(5, cases, DGBA_COUNT_OF(cases));
}

static void sharing_scores(void **state) {
    (void)state;
    static const int64_t cases[][2] = {{0, 15}, {50, 13}, {48, 12}, {41, 9}, {22, 7}, {18, 3}, {2, 0}};
    for (int64_t i = 0; i < DGBA_COUNT_OF(cases); ++i) {
        dgba_layout layout;
        int64_t most = 0;
        CHECK_OK(dgba_layout_at(&layout, 3, 5, cases[i][0]));
        assert_int_equal(dgba_layout_sharing_score(&layout, &most), cases[i][1]);
        assert_int_equal(most, 15);
    }
}

/** The level's sets are disjoint, cover all tasks, and lie within sets of the level before. */
static void check_level(const dgba_layout *layout, int64_t level) {
    dgba_task_set seen = 0;
    for (int64_t s = 0; s < layout->set_count[level]; ++s) {
        const dgba_task_set set = layout->sets[level][s];
        int64_t parents = 0;
        assert_true(set != 0 && (seen & set) == 0);
        seen |= set;
        for (int64_t p = 0; level > 0 && p < layout->set_count[level - 1]; ++p)
            parents += (layout->sets[level - 1][p] & set) == set;
        assert_int_equal(parents, level > 0);
    }
    assert_int_equal(seen, (1 << layout->tasks) - 1);
}

static void every_layout_is_a_tree(void **state) {
    (void)state;
    dgba_layout *all = NULL, one;
    int64_t count = 0;
    CHECK_OK(dgba_layout_enumerate(&all, &count, 4, 5));
    for (int64_t i = 0; i < count; ++i)
        for (int64_t level = 0; level < 5; ++level) check_level(&all[i], level);
    CHECK_OK(dgba_layout_at(&one, 4, 5, 300));
    assert_memory_equal(&one, &all[300], sizeof one);
    dgba_free(all);
}

static void errors(void **state) {
    (void)state;
    dgba_layout layout, *all = NULL;
    int64_t count = 0;
    CHECK_FAILS(DGBA_E_USAGE, dgba_layout_at(&layout, 3, 5, 51));
    CHECK_MESSAGE("there is no layout 51: 3 tasks on 5 levels have the layouts 0 to 50");
    CHECK_FAILS(DGBA_E_USAGE, dgba_layout_at(&layout, 3, 5, -1));
    CHECK_MESSAGE("the layouts 0 to 50");
    CHECK_FAILS(DGBA_E_USAGE, dgba_layout_enumerate(&all, &count, 9, 5));
    CHECK_MESSAGE("allowed are 1 to 8 tasks, 1 to 32 levels");
    CHECK_FAILS(DGBA_E_USAGE, dgba_layout_enumerate(&all, &count, 3, 0));
    assert_null(all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(three_tasks_on_five_levels),
        cmocka_unit_test(five_tasks_on_five_levels),
        cmocka_unit_test(sharing_scores),
        cmocka_unit_test(every_layout_is_a_tree),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
