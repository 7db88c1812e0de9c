// SPDX-License-Identifier: BSD-2-Clause
#include "health/pace.h"

#include "base/compiler.h"

#include <check.h>

START_TEST(phase_spreads_evenly)
{
    unsigned tenths[10] = { 0 };
    for (uint32_t id = 0; id < 10000; id++) {
        uint64_t phase = pace_phase_ms(id, 5000);
        ck_assert_uint_lt(phase, 5000);
        ck_assert_uint_eq(phase, pace_phase_ms(id, 5000));
        tenths[phase / 500]++;
    }
    for (size_t i = 0; i < ARRAY_LEN(tenths); i++) {
        ck_assert_uint_gt(tenths[i], 850);
        ck_assert_uint_lt(tenths[i], 1150);
    }
}
END_TEST

START_TEST(phase_of_an_empty_interval)
{
    ck_assert_uint_eq(pace_phase_ms(7, 0), 0);
    ck_assert_uint_eq(pace_phase_ms(7, 1), 0);
}
END_TEST

static const struct {
    uint64_t interval_ms;
    uint64_t confirm_ms;
    enum health_result result;
    bool suspect;
    uint64_t least;
    uint64_t most;
    uint64_t pause;
} cases[] = {
    { 5000, 1000, HEALTH_PASS, false, 4500, 5500, 501 },
    { 5000, 1000, HEALTH_FAIL, false, 4500, 5500, 501 },
    { 5000, 1000, HEALTH_FAIL, true, 900, 1100, 101 },
    { 5000, 1000, HEALTH_PASS, true, 900, 1100, 101 },
    { 5000, 1000, HEALTH_NO_VERDICT, false, 500, 1500, 101 },
    { 5000, 1000, HEALTH_NO_VERDICT, true, 500, 1500, 101 },
    { 500, 1000, HEALTH_FAIL, true, 450, 550, 51 }, /* a probe that confirms is never later */
    { 100, 1000, HEALTH_PASS, false, 90, 110, 11 },
    { 1, 1, HEALTH_PASS, false, 1, 1, 1 },
    { 0, 0, HEALTH_PASS, false, 1, 1, 1 },
    { UINT64_C(1) << 40, 1000, HEALTH_PASS, false, UINT64_C(989560464998), UINT64_C(1209462790554),
      (UINT64_C(1) << 40) / 10 + 1 },
};

START_TEST(next_stays_within_its_jitter)
{
    struct check check = { .interval_ms = cases[_i].interval_ms,
                           .confirm_interval_ms = cases[_i].confirm_ms };
    struct rng rng;
    rng_seed(&rng, 1);
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (unsigned round = 0; round < 5000; round++) {
        uint64_t next = pace_next_ms(&rng, &check, cases[_i].result, cases[_i].suspect);
        ck_assert_uint_ge(next, cases[_i].least);
        ck_assert_uint_le(next, cases[_i].most);
        low = next < low ? next : low;
        high = next > high ? next : high;
    }
    if (cases[_i].interval_ms == 5000) { /* and uses all of it */
        ck_assert_uint_lt(low, cases[_i].least + (cases[_i].most - cases[_i].least) / 20);
        ck_assert_uint_gt(high, cases[_i].most - (cases[_i].most - cases[_i].least) / 20);
    }
    ck_assert_uint_eq(pace_pause_ms(&check, cases[_i].result, cases[_i].suspect), cases[_i].pause);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pace");
    TCase *tcase = tcase_create("pace");
    tcase_add_test(tcase, phase_spreads_evenly);
    tcase_add_test(tcase, phase_of_an_empty_interval);
    tcase_add_loop_test(tcase, next_stays_within_its_jitter, 0, (int)ARRAY_LEN(cases));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
