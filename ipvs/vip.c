// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/vip.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

static bool put_request(struct nl_msg *message, const struct addr *addr, unsigned interface,
                        bool no_dad)
{
    int size = (int)addr_size(addr);
    struct ifaddrmsg body = {
        .ifa_family = addr->family == ADDR_V6 ? AF_INET6 : AF_INET,
        .ifa_prefixlen = (uint8_t)(8 * size),
        .ifa_flags = no_dad ? IFA_F_NODAD : 0,
        .ifa_scope = RT_SCOPE_UNIVERSE,
        .ifa_index = interface,
    };
    /* With both, a deletion spares the same address of another length. */
    return nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
           nla_put(message, IFA_LOCAL, size, addr->bytes) == 0 &&
           nla_put(message, IFA_ADDRESS, size, addr->bytes) == 0;
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
    if (put_request(message, addr, index, add && addr->family == ADDR_V6)) {
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
