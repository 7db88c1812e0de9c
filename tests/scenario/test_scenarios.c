// SPDX-License-Identifier: BSD-2-Clause
/* Plays the scenarios named as arguments, else all of tests/scenario; each is one test. Without
 * arguments the stories of tests/scenario/wrong are played, too, by a process of their own each:
 * every one of them must fail. */
#include "tests/scenario/scenario.h"

#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static glob_t files;
static glob_t wrong;

START_TEST(scenario)
{
    scenario_play(files.gl_pathv[_i]);
}
END_TEST

/* Runs this program with one file; returns its exit status. */
static int play_apart(char *file)
{
    char name[] = "test_scenarios";
    char *const args[] = { name, file, NULL };
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        /* a story that fails leaves its memory behind */
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        (void)execv("/proc/self/exe", args);
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(wrong_story_fails)
{
    ck_assert_msg(play_apart(wrong.gl_pathv[_i]) == EXIT_FAILURE, "%s holds", wrong.gl_pathv[_i]);
}
END_TEST

/* The way itself works: a story that holds ends well. */
START_TEST(right_story_holds)
{
    ck_assert_int_eq(play_apart(files.gl_pathv[0]), EXIT_SUCCESS);
}
END_TEST

/* Names given as arguments go through glob, too. */
static bool find_files(int argc, char **argv)
{
    int failed = 0;
    if (argc == 1)
        return glob("tests/scenario/*.scenario", 0, NULL, &files) == 0 &&
               glob("tests/scenario/wrong/*.scenario", 0, NULL, &wrong) == 0;
    for (int i = 1; i < argc; i++)
        failed |= glob(argv[i], i > 1 ? GLOB_APPEND : 0, NULL, &files);
    return failed == 0;
}

int main(int argc, char **argv)
{
    if (!find_files(argc, argv)) {
        (void)fprintf(stderr, "no such scenarios\n");
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("scenarios");
    TCase *tcase = tcase_create("scenarios");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, scenario, 0, (int)files.gl_pathc);
    if (argc == 1) {
        tcase_add_loop_test(tcase, wrong_story_fails, 0, (int)wrong.gl_pathc);
        tcase_add_test(tcase, right_story_holds);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    globfree(&files);
    globfree(&wrong);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
