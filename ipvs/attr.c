// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/attr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <string.h>

#define MASK_ALL UINT32_MAX

enum ipvs_command ipvs_attr_command(unsigned kind)
{
    static const uint8_t commands[IPVS_OP_KINDS] = {
        [IPVS_OP_ADD_SERVICE] = IPVS_COMMAND_NEW_SERVICE,
        [IPVS_OP_EDIT_SERVICE] = IPVS_COMMAND_SET_SERVICE,
        [IPVS_OP_DELETE_SERVICE] = IPVS_COMMAND_DEL_SERVICE,
        [IPVS_OP_ADD_DEST] = IPVS_COMMAND_NEW_DEST,
        [IPVS_OP_EDIT_DEST] = IPVS_COMMAND_SET_DEST,
        [IPVS_OP_DELETE_DEST] = IPVS_COMMAND_DEL_DEST,
        [IPVS_OP_SET_TIMEOUTS] = IPVS_COMMAND_SET_CONFIG,
        [IPVS_OP_START_DAEMON] = IPVS_COMMAND_NEW_DAEMON,
        [IPVS_OP_STOP_DAEMON] = IPVS_COMMAND_DEL_DAEMON,
        [IPVS_OP_ZERO] = IPVS_COMMAND_ZERO,
    };
    return kind < IPVS_OP_KINDS ? commands[kind] : IPVS_COMMAND_NONE;
}

static uint16_t family_number(unsigned family)
{
    if (family == ADDR_V4)
        return AF_INET;
    return family == ADDR_V6 ? AF_INET6 : AF_UNSPEC;
}

static bool put_addr(struct nl_msg *message, int type, const struct addr *addr)
{
    return nla_put(message, type, (int)addr_size(addr), addr->bytes) == 0;
}

static bool put_key(struct nl_msg *message, const struct ipvs_key *key)
{
    bool done = nla_put_u16(message, IPVS_SERVICE_AF, family_number(key->family)) == 0;
    if (key->fwmark != 0)
        return done && nla_put_u32(message, IPVS_SERVICE_FWMARK, key->fwmark) == 0;
    return done && nla_put_u16(message, IPVS_SERVICE_PROTOCOL, key->protocol) == 0 &&
           put_addr(message, IPVS_SERVICE_ADDR, &key->addr) &&
           nla_put_u16(message, IPVS_SERVICE_PORT, htons(key->port)) == 0;
}

/* One attribute, two meanings: a mask in network order for IPv4, a length for IPv6. */
static uint32_t netmask_number(const struct ipvs_service *service)
{
    if (service->key.family == ADDR_V6)
        return service->prefix;
    return service->prefix == 0 ? 0 : htonl(UINT32_MAX << (32U - service->prefix));
}

static bool put_settings(struct nl_msg *message, const struct ipvs_service *service)
{
    const uint32_t flags[2] = { service->flags, MASK_ALL };
    bool done = nla_put_string(message, IPVS_SERVICE_SCHEDULER, service->scheduler) == 0 &&
                nla_put(message, IPVS_SERVICE_FLAGS, sizeof(flags), flags) == 0 &&
                nla_put_u32(message, IPVS_SERVICE_TIMEOUT, service->timeout) == 0 &&
                nla_put_u32(message, IPVS_SERVICE_NETMASK, netmask_number(service)) == 0;
    if (service->engine[0] == '\0') /* an empty name is looked up, an absent one clears */
        return done;
    return done && nla_put_string(message, IPVS_SERVICE_ENGINE, service->engine) == 0;
}

static int end_nest(struct nl_msg *message, struct nlattr *nest, bool done)
{
    return done && nest != NULL && nla_nest_end(message, nest) == 0 ? 0 : EMSGSIZE;
}

int ipvs_attr_put_key(struct nl_msg *message, const struct ipvs_key *key)
{
    if (key->fwmark == 0 && key->addr.family != key->family)
        return EINVAL;
    struct nlattr *nest = nla_nest_start(message, IPVS_ATTR_SERVICE);
    return end_nest(message, nest, nest != NULL && put_key(message, key));
}

static int put_service(struct nl_msg *message, const struct ipvs_service *given)
{
    struct ipvs_service service = *given;
    ipvs_service_normalise(&service);
    if (service.key.fwmark == 0 && service.key.addr.family != service.key.family)
        return EINVAL;
    if (service.key.family == ADDR_V4 && service.prefix > 32)
        return EINVAL;
    struct nlattr *nest = nla_nest_start(message, IPVS_ATTR_SERVICE);
    return end_nest(message, nest,
                    nest != NULL && put_key(message, &service.key) &&
                        put_settings(message, &service));
}

static bool put_dest_settings(struct nl_msg *message, const struct ipvs_dest *dest)
{
    bool done = nla_put_u32(message, IPVS_DEST_FORWARD, dest->forward) == 0 &&
                nla_put_u32(message, IPVS_DEST_WEIGHT, dest->weight) == 0 &&
                nla_put_u32(message, IPVS_DEST_UPPER, dest->upper) == 0 &&
                nla_put_u32(message, IPVS_DEST_LOWER, dest->lower) == 0;
    if (dest->forward != IPVS_TUN)
        return done;
    return done && nla_put_u8(message, IPVS_DEST_TUNNEL, dest->tunnel) == 0 &&
           nla_put_u16(message, IPVS_DEST_TUNNEL_PORT, htons(dest->tunnel_port)) == 0 &&
           nla_put_u16(message, IPVS_DEST_TUNNEL_FLAGS, dest->checksum) == 0;
}

static int put_dest(struct nl_msg *message, const struct ipvs_dest *given, bool whole)
{
    struct ipvs_dest dest = *given;
    ipvs_dest_normalise(&dest);
    uint16_t family = family_number(dest.addr.family);
    if (family == AF_UNSPEC) /* to the kernel this means the service's */
        return EAFNOSUPPORT;
    struct nlattr *nest = nla_nest_start(message, IPVS_ATTR_DEST);
    return end_nest(message, nest,
                    nest != NULL && put_addr(message, IPVS_DEST_ADDR, &dest.addr) &&
                        nla_put_u16(message, IPVS_DEST_PORT, htons(dest.port)) == 0 &&
                        nla_put_u16(message, IPVS_DEST_AF, family) == 0 &&
                        (!whole || put_dest_settings(message, &dest)));
}

static int put_timeouts(struct nl_msg *message, const struct ipvs_timeouts *timeouts)
{
    bool done =
        (timeouts->tcp == 0 || nla_put_u32(message, IPVS_ATTR_TIMEOUT_TCP, timeouts->tcp) == 0) &&
        (timeouts->tcp_fin == 0 ||
         nla_put_u32(message, IPVS_ATTR_TIMEOUT_TCP_FIN, timeouts->tcp_fin) == 0) &&
        (timeouts->udp == 0 || nla_put_u32(message, IPVS_ATTR_TIMEOUT_UDP, timeouts->udp) == 0);
    return done ? 0 : EMSGSIZE;
}

static bool put_group(struct nl_msg *message, const struct addr *group)
{
    if (group->family == ADDR_NONE)
        return true;
    return put_addr(message, group->family == ADDR_V6 ? IPVS_DAEMON_GROUP6 : IPVS_DAEMON_GROUP,
                    group);
}

/* The port of a daemon is the one port in the machine's order. */
static bool put_daemon_settings(struct nl_msg *message, const struct ipvs_daemon *daemon)
{
    return nla_put_string(message, IPVS_DAEMON_INTERFACE, daemon->interface) == 0 &&
           nla_put_u32(message, IPVS_DAEMON_ID, daemon->id) == 0 &&
           (daemon->max_length == 0 ||
            nla_put_u16(message, IPVS_DAEMON_MAX_LENGTH, daemon->max_length) == 0) &&
           put_group(message, &daemon->group) &&
           (daemon->port == 0 || nla_put_u16(message, IPVS_DAEMON_PORT, daemon->port) == 0) &&
           (daemon->ttl == 0 || nla_put_u8(message, IPVS_DAEMON_TTL, daemon->ttl) == 0);
}

static int put_daemon(struct nl_msg *message, const struct ipvs_daemon *daemon, bool whole)
{
    struct nlattr *nest = nla_nest_start(message, IPVS_ATTR_DAEMON);
    return end_nest(message, nest,
                    nest != NULL && nla_put_u32(message, IPVS_DAEMON_STATE, daemon->role) == 0 &&
                        (!whole || put_daemon_settings(message, daemon)));
}

int ipvs_attr_put_op(struct nl_msg *message, const struct ipvs_op *op)
{
    int error = 0;
    switch (op->kind) {
    case IPVS_OP_ADD_SERVICE:
    case IPVS_OP_EDIT_SERVICE:
        return put_service(message, &op->service);
    case IPVS_OP_DELETE_SERVICE:
        return ipvs_attr_put_key(message, &op->service.key);
    case IPVS_OP_ADD_DEST:
    case IPVS_OP_EDIT_DEST:
    case IPVS_OP_DELETE_DEST:
        error = ipvs_attr_put_key(message, &op->service.key);
        return error != 0 ? error : put_dest(message, &op->dest, op->kind != IPVS_OP_DELETE_DEST);
    case IPVS_OP_SET_TIMEOUTS:
        return put_timeouts(message, &op->timeouts);
    case IPVS_OP_START_DAEMON:
    case IPVS_OP_STOP_DAEMON:
        return put_daemon(message, &op->daemon, op->kind == IPVS_OP_START_DAEMON);
    case IPVS_OP_ZERO: /* without a service: of all */
        return op->service.key.family == ADDR_NONE ? 0
                                                   : ipvs_attr_put_key(message, &op->service.key);
    default:
        return EINVAL;
    }
}
