// SPDX-License-Identifier: BSD-2-Clause
#include "server/privs.h"

#include <check.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
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

/* A line of /proc/self/status as a number. */
static uint64_t caps_of(const char *name)
{
    char line[256];
    uint64_t value = UINT64_MAX;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtoull(line + strlen(name), NULL, 16);
    }
    if (file != NULL)
        (void)fclose(file);
    return value;
}

static int keep_one(void)
{
    static const struct privs_caps caps = { .keep = PRIVS_NET_ADMIN | PRIVS_CAP(CAP_KILL),
                                            .pass = PRIVS_NET_ADMIN,
                                            .bound = PRIVS_NET_ADMIN };
    char error[128] = "";
    uint64_t had = caps_of("CapPrm:");
    const struct passwd *nobody = getpwnam("nobody");
    if (!privs_keep("nobody", &caps, error, sizeof(error)))
        return 1;
    if (geteuid() != nobody->pw_uid || getegid() != nobody->pw_gid || setuid(0) == 0)
        return 2;
    if (caps_of("CapPrm:") != (had & caps.keep) || caps_of("CapEff:") != (had & caps.keep))
        return 3;
    if (caps_of("CapInh:") != (had & caps.pass) || caps_of("CapAmb:") != (had & caps.pass))
        return 4;
    if ((had & PRIVS_CAP(CAP_SETPCAP)) != 0 && (caps_of("CapBnd:") & ~caps.bound) != 0)
        return 5;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 6;
}

/* Root that stays root loses them too, and what it lost does not come back. */
static int keep_others(void)
{
    static const struct privs_caps caps = { .keep = ~PRIVS_NET_ADMIN, .bound = ~PRIVS_NET_ADMIN };
    static const struct privs_caps all = { UINT64_MAX, UINT64_MAX, UINT64_MAX };
    char error[128] = "";
    uint64_t had = caps_of("CapPrm:");
    if (!privs_keep(NULL, &caps, error, sizeof(error)) || geteuid() != 0)
        return 1;
    if (caps_of("CapPrm:") != (had & caps.keep) || caps_of("CapInh:") != 0)
        return 2;
    if (!privs_keep(NULL, &all, error, sizeof(error)) || caps_of("CapPrm:") != (had & caps.keep))
        return 3;
    return privs_keep("no-such-user-here", &caps, error, sizeof(error)) ||
                   strstr(error, "no-such-user-here") == NULL
               ? 4
               : 0;
}

START_TEST(capabilities_are_kept_as_told)
{
    ck_assert_int_eq(in_child(keep_one), 0);
    ck_assert_int_eq(in_child(keep_others), 0);
}
END_TEST

/* With nothing to keep it is no error either. */
static int keep_without_rights(void)
{
    static const struct privs_caps caps = { .keep = PRIVS_NET_ADMIN, .pass = PRIVS_NET_ADMIN };
    char error[128] = "";
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    return privs_keep("root", &caps, error, sizeof(error)) && caps_of("CapEff:") == 0 ? 0 : 2;
}

static int follow(void)
{
    int signal = 0;
    if (!privs_follow_parent(getppid(), SIGKILL) || prctl(PR_GET_PDEATHSIG, &signal) != 0)
        return 1;
    return signal == SIGKILL && !privs_follow_parent(getpid(), SIGKILL) ? 0 : 2;
}

START_TEST(who_has_no_rights_keeps_none)
{
    ck_assert_int_eq(in_child(keep_without_rights), 0);
    ck_assert_int_eq(in_child(follow), 0);
}
END_TEST

START_TEST(users_are_looked_up)
{
    char error[128] = "";
    ck_assert(privs_user_exists(NULL, error, sizeof(error)));
    ck_assert(privs_user_exists("root", error, sizeof(error)));
    if (geteuid() == 0) {
        ck_assert(!privs_user_exists("no-such-user-here", error, sizeof(error)));
        ck_assert_ptr_nonnull(strstr(error, "no-such-user-here"));
    }
}
END_TEST

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
    if (geteuid() == 0) {
        tcase_add_test(tcase, root_becomes_the_user_for_good);
        tcase_add_test(tcase, capabilities_are_kept_as_told);
    } else {
        (void)puts("privs: not root, the drop itself is not tested here");
    }
    tcase_add_test(tcase, who_has_no_rights_keeps_none);
    tcase_add_test(tcase, users_are_looked_up);
    tcase_add_test(tcase, others_stay);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
