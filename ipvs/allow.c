// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/allow.h"

#include "ipvs/model.h"

#include <errno.h>
#include <string.h>

/* A service by mark has no VIP: which packets carry the mark is told by the firewall, which the
 * server cannot change. */
static int check_vip(const struct ipvs_allow *allow, const struct ipvs_key *key)
{
    if (key->fwmark != 0 || allow->count == 0)
        return 0;
    for (size_t i = 0; i < allow->count; i++) {
        if (prefix_contains(&allow->prefixes[i], &key->addr))
            return 0;
    }
    return EACCES;
}

/* With settings that suit every sound key, so that the key alone is judged. */
static bool key_sound(const struct ipvs_key *key)
{
    struct ipvs_service service = {
        .key = *key, .scheduler = "rr", .flags = IPVS_PERSISTENT, .timeout = 1, .prefix = 32
    };
    return ipvs_service_fault(&service) == NULL;
}

static int check_key(const struct ipvs_allow *allow, const struct ipvs_key *key)
{
    return key_sound(key) ? check_vip(allow, key) : EINVAL;
}

static int check_settings(const struct ipvs_allow *allow, const struct ipvs_op *op)
{
    if (ipvs_service_fault(&op->service) != NULL)
        return EINVAL;
    return check_vip(allow, &op->service.key);
}

static int check_dest(const struct ipvs_allow *allow, const struct ipvs_op *op)
{
    if (!key_sound(&op->service.key) || ipvs_dest_fault(&op->service, &op->dest) != NULL)
        return EINVAL;
    return check_vip(allow, &op->service.key);
}

/* What somebody else has made may be odd (a multicast VIP), and must be taken away all the same. */
static int check_deletable(const struct ipvs_allow *allow, const struct ipvs_key *key)
{
    bool named = key->fwmark != 0 ||
                 (ipvs_protocol_name(key->protocol) != NULL && key->addr.family == key->family);
    if ((key->family != ADDR_V4 && key->family != ADDR_V6) || !named)
        return EINVAL;
    return check_vip(allow, key);
}

static int check_delete_dest(const struct ipvs_allow *allow, const struct ipvs_op *op)
{
    if (op->dest.addr.family != ADDR_V4 && op->dest.addr.family != ADDR_V6)
        return EINVAL;
    return check_deletable(allow, &op->service.key);
}

static int check_timeouts(const struct ipvs_timeouts *timeouts)
{
    bool sound = timeouts->tcp <= IPVS_TIMEOUT_MAX && timeouts->tcp_fin <= IPVS_TIMEOUT_MAX &&
                 timeouts->udp <= IPVS_TIMEOUT_MAX;
    return sound ? 0 : EINVAL;
}

/* As dev_valid_name() of the kernel has it. */
static bool interface_sound(const char name[IPVS_INTERFACE_MAX])
{
    size_t length = strnlen(name, IPVS_INTERFACE_MAX);
    if (length == 0 || length == IPVS_INTERFACE_MAX || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '/' || name[i] == ':' || (unsigned char)name[i] <= ' ' || name[i] == 0x7f)
            return false;
    }
    return true;
}

static bool is_multicast(const struct addr *addr)
{
    return addr->family == ADDR_V4 ? (addr->bytes[0] & 0xf0) == 0xe0 : addr->bytes[0] == 0xff;
}

static int check_daemon(const struct ipvs_op *op)
{
    const struct ipvs_daemon *daemon = &op->daemon;
    if (daemon->role != IPVS_MASTER && daemon->role != IPVS_BACKUP)
        return EINVAL;
    if (op->kind == IPVS_OP_STOP_DAEMON)
        return 0;
    bool sound = interface_sound(daemon->interface) && daemon->id <= UINT8_MAX &&
                 (daemon->group.family == ADDR_NONE || is_multicast(&daemon->group));
    return sound ? 0 : EINVAL;
}

static int check_interface(const struct ipvs_allow *allow, const struct ipvs_op *op)
{
    const struct ipvs_key *key = &op->service.key;
    bool sound = (key->addr.family == ADDR_V4 || key->addr.family == ADDR_V6) && key->fwmark == 0 &&
                 !addr_is_any(&key->addr) && !is_multicast(&key->addr) &&
                 interface_sound(op->interface);
    return sound ? check_vip(allow, key) : EINVAL;
}

int ipvs_allow_check(const struct ipvs_allow *allow, const struct ipvs_op *op)
{
    switch (op->kind) {
    case IPVS_OP_ADD_SERVICE:
    case IPVS_OP_EDIT_SERVICE:
        return check_settings(allow, op);
    case IPVS_OP_DELETE_SERVICE:
        return check_deletable(allow, &op->service.key);
    case IPVS_OP_ADD_DEST:
    case IPVS_OP_EDIT_DEST:
        return check_dest(allow, op);
    case IPVS_OP_DELETE_DEST:
        return check_delete_dest(allow, op);
    case IPVS_OP_SET_TIMEOUTS:
        return check_timeouts(&op->timeouts);
    case IPVS_OP_START_DAEMON:
    case IPVS_OP_STOP_DAEMON:
        return check_daemon(op);
    case IPVS_OP_ZERO:
        return op->service.key.family == ADDR_NONE ? 0 : check_key(allow, &op->service.key);
    case IPVS_OP_ADD_VIP:
    case IPVS_OP_DELETE_VIP:
        return check_interface(allow, op);
    default:
        return EINVAL;
    }
}
