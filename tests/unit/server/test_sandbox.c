// SPDX-License-Identifier: BSD-2-Clause
#include "server/sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_FILTER 77

static bool refused(long result)
{
    return result == -1 && errno == EPERM;
}

/* What is forbidden cannot be had back, so all this happens in a process of its own. */
static int in_the_box(void)
{
    char *arguments[] = { (char[]){ "true" }, NULL };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !sandbox_netlink_only())
        return NO_FILTER;
    if (!refused(socket(AF_INET, SOCK_STREAM, 0)) || !refused(socket(AF_INET6, SOCK_DGRAM, 0)) ||
        !refused(socket(AF_PACKET, SOCK_RAW, 0)))
        return 1;
    if (socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) < 0 || socket(AF_UNIX, SOCK_DGRAM, 0) < 0)
        return 2;
    if (!refused(execv("/bin/true", arguments)) || !refused(kill(getppid(), 0)) ||
        !refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) || !refused(unshare(0)) ||
        !refused(syscall(SYS_io_uring_setup, 1, NULL)) || !refused(listen(0, 1)) ||
        !refused(accept4(0, NULL, NULL, 0)))
        return 3;
    /* What the helper does. */
    if (if_nametoindex("lo") == 0 || open("/dev/null", O_RDONLY) < 0)
        return 4;
    return 0;
}

#ifdef __x86_64__
/* The same calls by the numbers of the other layout. */
static int by_the_back_door(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !sandbox_netlink_only())
        return NO_FILTER;
    return refused(syscall(0x40000000 + SYS_socket, AF_INET, SOCK_STREAM, 0)) ? 0 : 1;
}
#endif

static int run(int (*child)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) != NO_FILTER)
        return WEXITSTATUS(status);
    (void)puts("sandbox: no filters on this machine, not tested");
    return 0;
}

START_TEST(only_netlink)
{
    ck_assert_int_eq(run(in_the_box), 0);
#ifdef __x86_64__
    ck_assert_int_eq(run(by_the_back_door), 0);
#endif
}
END_TEST

static int without_the_promise(void)
{
    /* Root may, others may not: never a crash. */
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    return sandbox_netlink_only() ? 2 : 0;
}

START_TEST(needs_no_new_privileges)
{
    ck_assert_int_eq(run(without_the_promise), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tcase = tcase_create("sandbox");
    tcase_add_test(tcase, only_netlink);
    tcase_add_test(tcase, needs_no_new_privileges);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
