// SPDX-License-Identifier: BSD-2-Clause
#include "health/fsm.h"

#include "base/compiler.h"

#include <check.h>

/* `results` as letters: p(ass), f(ail), n(o verdict); `verdicts` after each: u(p), d(own), ?
 * unknown; `suspect` after each: 1 or 0. */
static const struct {
    unsigned fall;
    unsigned rise;
    const char *start;
    const char *results;
    const char *verdicts;
    const char *suspect;
} cases[] = {
    { 3, 2, "?", "p", "u", "0" },
    { 3, 2, "?", "f", "d", "0" },
    { 3, 2, "?", "nnp", "??u", "000" },
    { 3, 2, "u", "fff", "uud", "110" },
    { 3, 2, "u", "ffpfff", "uuuuud", "110110" },
    { 3, 2, "u", "fnfnf", "uuuud", "11110" },
    { 3, 2, "d", "pp", "du", "10" },
    { 3, 2, "d", "pfpp", "dddu", "1010" },
    { 3, 2, "d", "pnp", "ddu", "110" },
    { 1, 1, "u", "fpfp", "dudu", "0000" },
    { 2, 1, "u", "ppff", "uuud", "0010" },
    { 3, 2, "u", "fffpp", "uuddu", "11010" },
    { 3, 2, "u", "nnnn", "uuuu", "0000" },
    { 0, 0, "u", "fp", "du", "00" }, /* a limit of 0 acts as 1 */
};

static enum health_verdict verdict_of(char letter)
{
    return letter == 'u' ? HEALTH_UP : letter == 'd' ? HEALTH_DOWN : HEALTH_UNKNOWN;
}

static enum health_result result_of(char letter)
{
    return letter == 'p' ? HEALTH_PASS : letter == 'f' ? HEALTH_FAIL : HEALTH_NO_VERDICT;
}

START_TEST(step_table)
{
    struct fsm_limits limits = { .fall = cases[_i].fall, .rise = cases[_i].rise };
    struct fsm fsm = { .verdict = verdict_of(cases[_i].start[0]) };
    for (size_t i = 0; cases[_i].results[i] != '\0'; i++) {
        enum health_verdict before = fsm.verdict;
        bool changed = fsm_step(&fsm, &limits, result_of(cases[_i].results[i]));
        ck_assert_msg(fsm.verdict == verdict_of(cases[_i].verdicts[i]), "verdict after step %zu",
                      i);
        ck_assert_int_eq(changed, fsm.verdict != before);
        ck_assert_msg(fsm_suspect(&fsm) == (cases[_i].suspect[i] == '1'), "suspect, step %zu", i);
    }
}
END_TEST

START_TEST(names_are_those_of_the_api)
{
    ck_assert_str_eq(health_verdict_name(HEALTH_UP), "up");
    ck_assert_str_eq(health_verdict_name(HEALTH_DOWN), "down");
    ck_assert_str_eq(health_verdict_name(HEALTH_UNKNOWN), "unknown");
    ck_assert_str_eq(health_result_name(HEALTH_PASS), "pass");
    ck_assert_str_eq(health_result_name(HEALTH_FAIL), "fail");
    ck_assert_str_eq(health_result_name(HEALTH_NO_VERDICT), "no_verdict");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fsm");
    TCase *tcase = tcase_create("fsm");
    tcase_add_loop_test(tcase, step_table, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, names_are_those_of_the_api);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
