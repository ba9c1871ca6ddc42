// Units that several workers share. tests/mpi/farm.sh starts this program on several ranks; alone it is a farm of one.

#include "support/check.h"
#include "support/farm.h"

/** Numbers that name the round, the sender and the receiver travel between all members, few and many at a time. */
static dgba_status exchange(const dgba_crew *crew, int64_t unit) {
    enum { MEMBERS = 16, MANY = 30000 };
    static int64_t in[MEMBERS * MANY], out[MEMBERS * MANY];
    const int64_t members = dgba_crew_members(crew), member = dgba_crew_member(crew);
    for (int64_t round = 0; round < 20; ++round) {
        const int64_t count = round % 5 == 0 ? MANY : 1 + round;
        const int64_t own = unit * 1000 + round * 100 + member;
        dgba_crew_gather(crew, in, &own, sizeof own);
        for (int64_t i = 0; i < members; ++i)
            if (in[i] != own - member + i) return dgba_fail(DGBA_E_BUG, "gathered %lld", (long long)in[i]);
        if (crew == NULL) continue;
        for (int64_t i = 0; i < members * count; ++i) out[i] = own * 100 + i / count;
        crew->swap(crew->self, in, out, (size_t)count * sizeof *out);
        for (int64_t i = 0; i < members * count; ++i)
            if (in[i] != (own - member + i / count) * 100 + member) return dgba_fail(DGBA_E_BUG, "swapped wrongly");
    }
    return DGBA_OK;
}

/** The last member of unit 2 fails. */
static dgba_status exchange_or_fail(const dgba_crew *crew, int64_t unit) {
    if (unit != 2) return exchange(crew, unit);
    const bool fails = dgba_crew_member(crew) == dgba_crew_members(crew) - 1;
    return dgba_crew_agree(crew, fails ? dgba_fail(DGBA_E_NUMERIC, "the last member failed") : DGBA_OK);
}

static dgba_status wait_for_stop(const dgba_crew *crew, int64_t unit) {
    (void)unit;
    while (!dgba_crew_any(crew, dgba_farm_is_stopping())) dgba_clock_sleep(0.002);
    return dgba_fail(DGBA_E_STOPPED, "given back");
}

/** How many of the farm's workers share a unit for `wanted`. */
static int64_t crew_of(int64_t wanted) {
    int64_t crew = wanted < dgba_farm_workers() ? wanted : dgba_farm_workers();
    while (wanted % crew != 0) --crew;
    return crew;
}

static void units_are_shared(void **state) {
    (void)state;
    static const int64_t first = 0;
    farm_sweep s = farm_new(40, FARM_SQUARE, 0);
    s.together = exchange;
    int64_t shares = 0;
    for (int64_t u = 0; u < s.count; ++u) {
        if (u % 3 > 0) s.kinds[u] = FARM_TOGETHER;
        if (u % 3 > 0) s.units[u].workers = u % 5 + 1;
        shares += u % 3 > 0 ? crew_of(u % 5 + 1) : 1;
        if (u > 20) farm_need(&s, u, &first);
    }
    CHECK_OK(farm_run(&s));
    farm_check_all_done(&s);
    if (farm_is_root()) assert_int_equal(s.started, shares);
    int64_t worked = s.worked;
    dgba_farm_sum(&worked, 1);
    assert_int_equal(worked, shares);
}

static void a_shared_unit_fails_once(void **state) {
    (void)state;
    farm_sweep s = farm_new(5, FARM_TOGETHER, 0);
    s.retries = 1;
    s.together = exchange_or_fail;
    for (int64_t u = 0; u < s.count; ++u) s.units[u].workers = 2;
    CHECK_FAILS(DGBA_E_UNITS_FAILED, farm_run(&s));
    assert_int_equal(s.wrong, 0);
    if (!farm_is_root()) return;
    assert_int_equal(s.times[2], 2);
    assert_int_equal(s.counts.done, 4);
    assert_string_equal(s.message, "the last member failed");
}

static void shared_units_are_given_back(void **state) {
    (void)state;
    farm_sweep s = farm_new(3, FARM_TOGETHER, 0);
    s.together = wait_for_stop;
    for (int64_t u = 0; u < s.count; ++u) s.units[u].workers = 2;
    s.stop_at = dgba_clock_seconds() + 0.1;
    CHECK_FAILS(DGBA_E_STOPPED, farm_run(&s));
    assert_int_equal(s.finished, 0);
    if (farm_is_root()) assert_int_equal(s.counts.waiting, 3);
}

static int test(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_shared),
        cmocka_unit_test(a_shared_unit_fails_once),
        cmocka_unit_test(shared_units_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}

int main(void) { return farm_main(test, false); }
