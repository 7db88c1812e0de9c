// SPDX-License-Identifier: BSD-2-Clause
#include "server/ipvs_helper.h"

#include "base/log.h"
#include "ipvs/helper.h"
#include "ipvs/kernel.h"
#include "server/privs.h"
#include "server/sandbox.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 64 /* a few netlink sockets */

static void close_range_of(unsigned first, unsigned last)
{
#ifdef SYS_close_range
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
#endif
    struct rlimit limit = { 0 };
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    for (unsigned fd = first; fd <= last && fd < limit.rlim_max; fd++)
        (void)close((int)fd);
}

/* Standard streams for the log, and the socket. */
static void close_others(int fd)
{
    close_range_of(STDERR_FILENO + 1, (unsigned)fd - 1);
    close_range_of((unsigned)fd + 1, ~0U);
}

static void set_limits(void)
{
    static const struct rlimit none = { 0, 0 };
    static const struct rlimit files = { FILES_MAX, FILES_MAX };
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setrlimit(RLIMIT_NPROC, &none);
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

static bool confine(int fd, pid_t parent)
{
    static const struct privs_caps caps = { .keep = PRIVS_NET_ADMIN };
    char error[256];
    close_others(fd);
    (void)prctl(PR_SET_NAME, "gslbd-ipvs", 0, 0, 0);
    if (!privs_keep(NULL, &caps, error, sizeof(error))) {
        log_error("ipvs", "helper: %s", error);
        return false;
    }
    set_limits();
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!sandbox_netlink_only())
        log_info("ipvs", "helper: no filter of system calls on this machine");
    return privs_follow_parent(parent, SIGKILL);
}

static bool read_prefixes(struct ipvs_allow *allow, char *const *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i >= IPVS_ALLOW_MAX || !prefix_parse(prefixes[i], &allow->prefixes[i])) {
            log_error("ipvs", "helper: \"%s\" is no prefix, or one too many", prefixes[i]);
            return false;
        }
        allow->count++;
    }
    return true;
}

int ipvs_helper_main(int fd, pid_t parent, char *const *prefixes, size_t count)
{
    struct ipvs_allow allow = { .count = 0 };
    if (fd <= STDERR_FILENO || !read_prefixes(&allow, prefixes, count) || !confine(fd, parent))
        return EXIT_FAILURE;
    struct ipvs_kernel *kernel = ipvs_kernel_new();
    struct ipvs_backend backend = ipvs_kernel_backend(kernel);
    int error = helper_run(fd, &backend, &allow);
    if (error != 0)
        log_error("ipvs", "helper: %s", strerror(error));
    ipvs_kernel_free(kernel);
    return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
