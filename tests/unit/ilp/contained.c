/** CBC leaves the process as it was: standard output, signals, memory; and its abort() is survived. */
#include "../../../src/ilp/wall.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgba/ilp.h"
#include "support/check.h"

enum { N = 9, TASKS = 3 };

static dgba_ilp_solution solve_one(uint64_t seed, bool feasible) {
    static const dgba_ilp_options options = {DGBA_ILP_CBC, 10, 1e-6};
    float coefficients[TASKS][N];
    int8_t d[N];
    dgba_ilp_solution solution;
    dgba_ilp_problem problem = dgba_ilp_problem_default();
    problem.objective = DGBA_ILP_MAXMIN;
    problem.task_count = TASKS;
    problem.channels = 3;
    problem.pixels = N / 3;
    problem.budget = 2;
    for (int64_t t = 0; t < TASKS; ++t) {
        check_random(coefficients[t], N, TASKS * seed + (uint64_t)t);
        problem.tasks[t].coefficients = coefficients[t];
    }
    if (!feasible) problem.tasks[0].floor = problem.tasks[1].floor = 4;
    CHECK_OK(dgba_ilp_solve(d, &solution, &problem, &options));
    return solution;
}

static void solve(uint64_t seed, bool feasible) {
    const dgba_ilp_solution s = solve_one(seed, feasible);
    if (feasible) assert_int_equal(s.status, DGBA_ILP_OPTIMAL);
}

/** What is in the standard output before, during and after stays in order, and nothing is added. */
static void standard_output_is_left_alone(void **state) {
    (void)state;
    char path[] = "/tmp/dgba-test-output-XXXXXX", content[64] = "";
    const int file = mkstemp(path), kept = dup(STDOUT_FILENO);
    assert_true(file >= 0 && kept >= 0);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    printf("before,");
    solve(1, true);
    solve(2, false);
    printf("after");
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_true(pread(file, content, sizeof content - 1, 0) >= 0);
    close(file);
    unlink(path);
    assert_string_equal(content, "before,after");
}

static int64_t open_descriptors(void) {
    int64_t count = 0;
    for (int fd = 0; fd < 256; ++fd) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void handle(int signal_number) { (void)signal_number; }

static void signals_and_descriptors_are_put_back(void **state) {
    (void)state;
    struct sigaction before = {.sa_handler = handle}, after;
    sigaction(SIGINT, &before, NULL);
    sigaction(SIGABRT, &before, NULL);
    const int64_t descriptors = open_descriptors();
    solve(3, true);
    assert_int_equal(open_descriptors(), descriptors);
    sigaction(SIGINT, NULL, &after);
    assert_ptr_equal(after.sa_handler, handle);
    sigaction(SIGABRT, NULL, &after);
    assert_ptr_equal(after.sa_handler, handle);
    signal(SIGINT, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
}

static int64_t resident_kilobytes(void) {
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    fclose(file);
    return (int64_t)resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/** DGBA_ILP_SOLVES=10000 for the long form. */
static void memory_does_not_grow(void **state) {
    (void)state;
    const char *asked = getenv("DGBA_ILP_SOLVES");
    const int64_t solves = asked != NULL ? atoll(asked) : 40;
    for (uint64_t i = 0; i < 20; ++i) solve(i, true);
    const int64_t before = resident_kilobytes();
    for (int64_t i = 0; i < solves; ++i) solve((uint64_t)i, true);
    const int64_t grown = resident_kilobytes() - before;
    if (asked != NULL) print_message("%lld solves: %lld kB more\n", (long long)solves, (long long)grown);
#if !defined(__SANITIZE_ADDRESS__)
    assert_true(grown < 1024);
#endif
}

static void run_into_assertion(void *self) {
    int *runs = self;
    ++*runs;
    printf("never seen");
    abort();
}

/** The call is left, the process goes on, and nothing is asked of CBC again. The last test, therefore. */
static void abort_is_survived(void **state) {
    (void)state;
    const int64_t descriptors = open_descriptors();
    struct sigaction after;
    bool survived = true;
    int runs = 0;
    CHECK_OK(wall_run(&survived, run_into_assertion, &runs));
    assert_false(survived);
    assert_int_equal(open_descriptors(), descriptors);
    sigaction(SIGABRT, NULL, &after);
    assert_ptr_equal(after.sa_handler, SIG_DFL);
    CHECK_OK(wall_run(&survived, run_into_assertion, &runs));
    assert_false(survived);
    assert_int_equal(runs, 1);
    const dgba_ilp_solution s = solve_one(3, true);
    assert_int_equal(s.status, DGBA_ILP_GAP);
    assert_true(!s.feasible && isnan(s.objective) && s.bound == INFINITY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_output_is_left_alone),
        cmocka_unit_test(signals_and_descriptors_are_put_back),
        cmocka_unit_test(memory_does_not_grow),
        cmocka_unit_test(abort_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
