// SPDX-License-Identifier: BSD-2-Clause
/* Operations done to a table in memory: the checks of the kernel (net/netfilter/ipvs/ip_vs_ctl.c)
 * in its order, with its errors. */
#include "ipvs/ops.h"

#include <errno.h>
#include <string.h>

static bool has_family(const struct ipvs_key *key)
{
    return key->family == ADDR_V4 || key->family == ADDR_V6;
}

static int judge_service(const struct ipvs_service *service)
{
    uint8_t full = service->key.family == ADDR_V6 ? 128 : 32;
    if (strcmp(service->scheduler, "none") != 0 && !ipvs_scheduler_known(service->scheduler))
        return ENOENT;
    if (service->engine[0] != '\0' && strcmp(service->engine, "sip") != 0)
        return ENOENT;
    return service->prefix > full ? EINVAL : 0;
}

static int apply_service(struct ipvs_table *table, const struct ipvs_op *op)
{
    if (!has_family(&op->service.key))
        return EAFNOSUPPORT;
    struct ipvs_service *service = ipvs_table_find(table, &op->service.key);
    if (op->kind == IPVS_OP_DELETE_SERVICE)
        return ipvs_table_remove(table, &op->service.key) ? 0 : ESRCH;
    if (op->kind == IPVS_OP_ADD_SERVICE && service != NULL)
        return EEXIST;
    if (op->kind == IPVS_OP_EDIT_SERVICE && service == NULL)
        return ESRCH;
    int error = judge_service(&op->service);
    if (error != 0)
        return error;
    if (service == NULL) {
        service = ipvs_table_insert(table, &op->service);
        service->stats = (struct ipvs_stats){ 0 };
    } else {
        memcpy(service->scheduler, op->service.scheduler, sizeof(service->scheduler));
        memcpy(service->engine, op->service.engine, sizeof(service->engine));
        service->flags = op->service.flags;
        service->timeout = op->service.timeout;
        service->prefix = op->service.prefix;
    }
    ipvs_service_normalise(service);
    return 0;
}

static int judge_dest(const struct ipvs_table *table, const struct ipvs_service *service,
                      const struct ipvs_dest *dest)
{
    if (dest->addr.family != ADDR_V4 && dest->addr.family != ADDR_V6)
        return EAFNOSUPPORT;
    bool mixed = dest->addr.family != service->key.family;
    if (mixed && (dest->forward != IPVS_TUN || table->daemon_count > 0))
        return EINVAL;
    if (dest->weight > INT32_MAX || dest->lower > dest->upper)
        return ERANGE;
    if (dest->forward == IPVS_TUN && dest->tunnel == IPVS_GUE && dest->tunnel_port == 0)
        return EINVAL;
    return dest->upper > INT32_MAX ? EINVAL : 0;
}

static void copy_settings(struct ipvs_dest *to, const struct ipvs_dest *from)
{
    to->forward = from->forward;
    to->tunnel = from->tunnel;
    to->tunnel_port = from->tunnel_port;
    to->checksum = from->checksum;
    to->weight = from->weight;
    to->upper = from->upper;
    to->lower = from->lower;
    ipvs_dest_normalise(to);
}

static int apply_dest(struct ipvs_table *table, const struct ipvs_op *op)
{
    if (!has_family(&op->service.key))
        return EAFNOSUPPORT;
    struct ipvs_service *service = ipvs_table_find(table, &op->service.key);
    if (service == NULL)
        return ESRCH;
    if (op->kind == IPVS_OP_DELETE_DEST)
        return ipvs_service_remove(service, &op->dest.addr, op->dest.port) ? 0 : ENOENT;
    int error = judge_dest(table, service, &op->dest);
    if (error != 0)
        return error;
    struct ipvs_dest *dest = ipvs_service_find(service, &op->dest.addr, op->dest.port);
    if (op->kind == IPVS_OP_ADD_DEST && dest != NULL)
        return EEXIST;
    if (op->kind == IPVS_OP_EDIT_DEST && dest == NULL)
        return ENOENT;
    if (dest == NULL) {
        struct ipvs_dest fresh = { .addr = op->dest.addr, .port = op->dest.port };
        dest = ipvs_service_insert(service, &fresh);
    }
    copy_settings(dest, &op->dest);
    return 0;
}

static int apply_timeouts(struct ipvs_table *table, const struct ipvs_timeouts *timeouts)
{
    if (timeouts->tcp > IPVS_TIMEOUT_MAX || timeouts->tcp_fin > IPVS_TIMEOUT_MAX ||
        timeouts->udp > IPVS_TIMEOUT_MAX)
        return EINVAL;
    if (timeouts->tcp != 0)
        table->timeouts.tcp = timeouts->tcp;
    if (timeouts->tcp_fin != 0)
        table->timeouts.tcp_fin = timeouts->tcp_fin;
    if (timeouts->udp != 0)
        table->timeouts.udp = timeouts->udp;
    return 0;
}

static bool has_mixed(const struct ipvs_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct ipvs_service *service = &table->services[i];
        for (size_t d = 0; d < service->dest_count; d++) {
            if (service->dests[d].addr.family != service->key.family)
                return true;
        }
    }
    return false;
}

/* Place of the daemon of that role; daemon_count when there is none. */
static size_t daemon_place(const struct ipvs_table *table, unsigned role)
{
    size_t at = 0;
    while (at < table->daemon_count && table->daemons[at].role != role)
        at++;
    return at;
}

/* Multicast, or the kernel's own. */
static bool is_group(const struct addr *group)
{
    if (group->family == ADDR_V4)
        return (group->bytes[0] & 0xf0) == 0xe0;
    return group->family == ADDR_NONE || group->bytes[0] == 0xff;
}

static int start_daemon(struct ipvs_table *table, const struct ipvs_daemon *daemon)
{
    bool known = daemon->role == IPVS_MASTER || daemon->role == IPVS_BACKUP;
    if (!known || !is_group(&daemon->group) || has_mixed(table))
        return EINVAL;
    if (daemon_place(table, daemon->role) < table->daemon_count)
        return EEXIST;
    /* The kernel tells the master first. */
    if (daemon->role == IPVS_MASTER)
        table->daemons[1] = table->daemons[0];
    table->daemons[daemon->role == IPVS_MASTER ? 0 : table->daemon_count] = *daemon;
    table->daemon_count++;
    return 0;
}

static int stop_daemon(struct ipvs_table *table, unsigned role)
{
    size_t at = daemon_place(table, role);
    if (role != IPVS_MASTER && role != IPVS_BACKUP)
        return EINVAL;
    if (at == table->daemon_count)
        return ESRCH;
    if (at == 0)
        table->daemons[0] = table->daemons[1];
    table->daemon_count--;
    table->daemons[table->daemon_count] = (struct ipvs_daemon){ 0 };
    return 0;
}

static void zero_service(struct ipvs_service *service)
{
    service->stats = (struct ipvs_stats){ 0 };
    for (size_t i = 0; i < service->dest_count; i++)
        service->dests[i].stats = (struct ipvs_stats){ 0 };
}

static int apply_zero(struct ipvs_table *table, const struct ipvs_key *key)
{
    if (key->family == ADDR_NONE) {
        for (size_t i = 0; i < table->count; i++)
            zero_service(&table->services[i]);
        return 0;
    }
    if (!has_family(key))
        return EAFNOSUPPORT;
    struct ipvs_service *service = ipvs_table_find(table, key);
    if (service == NULL)
        return ESRCH;
    zero_service(service);
    return 0;
}

int ipvs_table_apply(struct ipvs_table *table, const struct ipvs_op *op)
{
    switch (op->kind) {
    case IPVS_OP_ADD_SERVICE:
    case IPVS_OP_EDIT_SERVICE:
    case IPVS_OP_DELETE_SERVICE:
        return apply_service(table, op);
    case IPVS_OP_ADD_DEST:
    case IPVS_OP_EDIT_DEST:
    case IPVS_OP_DELETE_DEST:
        return apply_dest(table, op);
    case IPVS_OP_SET_TIMEOUTS:
        return apply_timeouts(table, &op->timeouts);
    case IPVS_OP_START_DAEMON:
        return start_daemon(table, &op->daemon);
    case IPVS_OP_STOP_DAEMON:
        return stop_daemon(table, op->daemon.role);
    case IPVS_OP_ZERO:
        return apply_zero(table, &op->service.key);
    case IPVS_OP_ADD_VIP:
    case IPVS_OP_DELETE_VIP:
        return 0; /* not in the table */
    default:
        return EOPNOTSUPP;
    }
}
