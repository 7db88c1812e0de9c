// SPDX-License-Identifier: BSD-2-Clause
#include "server/privs.h"

#include <check.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rights given up cannot be had back, so each case has a process of its own; its exit status says
 * which check failed. */
static int in_child(int (*check)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(check());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int drop_to_nobody(void)
{
    char error[128] = "";
    gid_t groups[64];
    const struct passwd *nobody = getpwnam("nobody");
    if (!privs_drop("nobody", error, sizeof(error)))
        return 1;
    if (getuid() != nobody->pw_uid || geteuid() != nobody->pw_uid || getegid() != nobody->pw_gid)
        return 2;
    int count = getgroups(64, groups);
    for (int i = 0; i < count; i++) {
        if (groups[i] == 0)
            return 3;
    }
    if (setuid(0) == 0)
        return 4;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
}

static int unknown_user(void)
{
    char error[128] = "";
    if (privs_drop("no-such-user-here", error, sizeof(error)))
        return 1;
    return strstr(error, "no-such-user-here") != NULL && geteuid() == 0 ? 0 : 2;
}

static int no_user(void)
{
    char error[128] = "";
    uid_t before = geteuid();
    return privs_drop(NULL, error, sizeof(error)) && geteuid() == before ? 0 : 1;
}

static int not_root_stays(void)
{
    char error[128] = "";
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    uid_t before = geteuid();
    return privs_drop("root", error, sizeof(error)) && geteuid() == before ? 0 : 2;
}

START_TEST(root_becomes_the_user_for_good)
{
    ck_assert_int_eq(in_child(drop_to_nobody), 0);
    ck_assert_int_eq(in_child(unknown_user), 0);
}
END_TEST

START_TEST(others_stay)
{
    ck_assert_int_eq(in_child(no_user), 0);
    ck_assert_int_eq(in_child(not_root_stays), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("privs");
    TCase *tcase = tcase_create("privs");
    if (geteuid() == 0)
        tcase_add_test(tcase, root_becomes_the_user_for_good);
    else
        (void)puts("privs: not root, the drop itself is not tested here");
    tcase_add_test(tcase, others_stay);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
