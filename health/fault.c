// SPDX-License-Identifier: BSD-2-Clause
#include "health/fault.h"

#include "base/compiler.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int error;
    struct fault fault;
} known[] = {
    { EMFILE, { HEALTH_NO_VERDICT, "local: no descriptors left" } },
    { ENFILE, { HEALTH_NO_VERDICT, "local: no descriptors left in the system" } },
    { ENOBUFS, { HEALTH_NO_VERDICT, "local: no buffers left" } },
    { ENOMEM, { HEALTH_NO_VERDICT, "local: no memory left" } },
    { EADDRNOTAVAIL, { HEALTH_NO_VERDICT, "local: no port or source address left" } },
    { EAGAIN, { HEALTH_NO_VERDICT, "local: no port left" } },
    { EACCES, { HEALTH_NO_VERDICT, "local: not permitted" } },
    { EPERM, { HEALTH_NO_VERDICT, "local: not permitted" } },
    { EAFNOSUPPORT, { HEALTH_NO_VERDICT, "local: address family not available" } },
    { ENETDOWN, { HEALTH_NO_VERDICT, "local: network is down" } },
    { ECONNREFUSED, { HEALTH_FAIL, "connection refused" } },
    { ECONNRESET, { HEALTH_FAIL, "connection reset" } },
    { EPIPE, { HEALTH_FAIL, "connection closed" } },
    { ETIMEDOUT, { HEALTH_FAIL, "timeout" } },
    { EHOSTUNREACH, { HEALTH_FAIL, "host unreachable" } },
};

/* Connecting a datagram socket asks for the route and sends nothing. */
static bool route_missing(const struct endpoint *target)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(target, &sa);
    int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true;
    bool missing = connect(fd, (const struct sockaddr *)&sa, length) < 0 && errno == ENETUNREACH;
    (void)close(fd); /* nothing was written */
    return missing;
}

struct fault fault_of(int error, const struct endpoint *target)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i].error == error)
            return known[i].fault;
    }
    if (error == ENETUNREACH) {
        return route_missing(target) ? (struct fault){ HEALTH_NO_VERDICT, "local: no route" }
                                     : (struct fault){ HEALTH_FAIL, "network unreachable" };
    }
    const char *text = strerrordesc_np(error);
    return (struct fault){ HEALTH_FAIL, text != NULL ? text : "unknown error" };
}
