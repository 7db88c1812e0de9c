// SPDX-License-Identifier: BSD-2-Clause
/* Plays tests/scenario/?*.scenario (or those of SCENARIO_DIR), each as one test. */
#include "tests/scenario/scenario.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static glob_t files;

START_TEST(scenario)
{
    scenario_play(files.gl_pathv[_i]);
}
END_TEST

START_TEST(there_are_scenarios)
{
    ck_assert_uint_ge(files.gl_pathc, 1);
}
END_TEST

int main(void)
{
    const char *dir = getenv("SCENARIO_DIR");
    char pattern[4096];
    (void)snprintf(pattern, sizeof(pattern), "%s/*.scenario", dir != NULL ? dir : "tests/scenario");
    int found = glob(pattern, 0, NULL, &files);
    Suite *suite = suite_create("scenarios");
    TCase *tcase = tcase_create("scenarios");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, there_are_scenarios);
    if (found == 0)
        tcase_add_loop_test(tcase, scenario, 0, (int)files.gl_pathc);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    globfree(&files);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
