// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/netns.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool netns_enter(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    struct ifreq request = { .ifr_name = "lo" };
    request.ifr_flags = IFF_UP;
    int rc = ioctl(fd, SIOCSIFFLAGS, &request);
    (void)close(fd);
    return rc == 0;
}

bool netns_port_range(uint16_t low, uint16_t high)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%u %u\n", low, high);
    int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = write(fd, text, (size_t)length) == length;
    (void)close(fd);
    return ok;
}

int netns_fork(int (*child)(void))
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(child());
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
