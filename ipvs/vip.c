// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/vip.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define FOR_EVER UINT32_MAX

/* A VIP is not to be the source of the host's own packets (RFC 6724 prefers the longest match, a
 * /128 to its own network): real servers, which have the address too, drop tunnelled packets that
 * carry it. */
static bool put_deprecated(struct nl_msg *message)
{
    const struct ifa_cacheinfo info = { .ifa_prefered = 0, .ifa_valid = FOR_EVER };
    return nla_put(message, IFA_CACHEINFO, sizeof(info), &info) == 0;
}

static bool put_request(struct nl_msg *message, const struct addr *addr, unsigned interface,
                        bool add)
{
    bool v6 = addr->family == ADDR_V6;
    int size = (int)addr_size(addr);
    struct ifaddrmsg body = {
        .ifa_family = v6 ? AF_INET6 : AF_INET,
        .ifa_prefixlen = (uint8_t)(8 * size),
        .ifa_flags = add && v6 ? IFA_F_NODAD : 0,
        .ifa_scope = RT_SCOPE_UNIVERSE,
        .ifa_index = interface,
    };
    /* With both, a deletion spares the same address of another length. */
    return nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
           nla_put(message, IFA_LOCAL, size, addr->bytes) == 0 &&
           nla_put(message, IFA_ADDRESS, size, addr->bytes) == 0 &&
           (!add || !v6 || put_deprecated(message));
}

struct nl_msg *ipvs_vip_request(bool add, const struct addr *addr, const char *interface,
                                int *error)
{
    unsigned index = if_nametoindex(interface);
    *error = addr->family == ADDR_NONE ? EAFNOSUPPORT : ENODEV;
    if (addr->family == ADDR_NONE || index == 0)
        return NULL;
    int flags = NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
    struct nl_msg *message = nlmsg_alloc_simple(add ? RTM_NEWADDR : RTM_DELADDR, flags);
    *error = ENOMEM;
    if (message == NULL)
        return NULL;
    if (put_request(message, addr, index, add)) {
        *error = 0;
        return message;
    }
    nlmsg_free(message);
    return NULL;
}

int ipvs_vip_result(bool add, int error)
{
    return error == (add ? EEXIST : EADDRNOTAVAIL) ? 0 : error;
}
