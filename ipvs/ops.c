// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/ops.h"

#include "base/compiler.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- words and texts ---------------------------------------------------------------------------
 */

static const char *const names[IPVS_OP_KINDS] = {
    [IPVS_OP_NONE] = "none",
    [IPVS_OP_ADD_SERVICE] = "add_service",
    [IPVS_OP_EDIT_SERVICE] = "edit_service",
    [IPVS_OP_DELETE_SERVICE] = "delete_service",
    [IPVS_OP_ADD_DEST] = "add_server",
    [IPVS_OP_EDIT_DEST] = "edit_server",
    [IPVS_OP_DELETE_DEST] = "delete_server",
    [IPVS_OP_SET_TIMEOUTS] = "set_timeouts",
    [IPVS_OP_START_DAEMON] = "start_daemon",
    [IPVS_OP_STOP_DAEMON] = "stop_daemon",
    [IPVS_OP_ZERO] = "zero",
    [IPVS_OP_ADD_VIP] = "add_vip",
    [IPVS_OP_DELETE_VIP] = "delete_vip",
};

const char *ipvs_op_name(unsigned kind)
{
    return kind < IPVS_OP_KINDS ? names[kind] : "unknown";
}

static bool is_dest_op(const struct ipvs_op *op)
{
    return op->kind == IPVS_OP_ADD_DEST || op->kind == IPVS_OP_EDIT_DEST ||
           op->kind == IPVS_OP_DELETE_DEST;
}

static const char *role_name(unsigned role)
{
    return role == IPVS_MASTER ? "master" : "backup";
}

void ipvs_op_print_key(const struct ipvs_op *op, char *out)
{
    char key[IPVS_TEXT_MAX];
    char dest[IPVS_TEXT_MAX];
    char addr[ADDR_TEXT_MAX];
    switch (op->kind) {
    case IPVS_OP_SET_TIMEOUTS:
        (void)snprintf(out, IPVS_OP_TEXT_MAX, "timeouts");
        return;
    case IPVS_OP_START_DAEMON:
    case IPVS_OP_STOP_DAEMON:
        (void)snprintf(out, IPVS_OP_TEXT_MAX, "sync daemon %s", role_name(op->daemon.role));
        return;
    case IPVS_OP_ADD_VIP:
    case IPVS_OP_DELETE_VIP:
        addr_print(&op->service.key.addr, addr);
        (void)snprintf(out, IPVS_OP_TEXT_MAX, "%s on %s", addr, op->interface);
        return;
    default:
        break;
    }
    if (op->kind == IPVS_OP_ZERO && op->service.key.family == ADDR_NONE) {
        (void)snprintf(out, IPVS_OP_TEXT_MAX, "all counters");
        return;
    }
    ipvs_key_print(&op->service.key, key);
    ipvs_dest_print(&op->dest, dest);
    (void)snprintf(out, IPVS_OP_TEXT_MAX, "%s%s%s", key, is_dest_op(op) ? " -> " : "",
                   is_dest_op(op) ? dest : "");
}

/* A number that is told only when it is not 0. */
static size_t add_number(char *out, size_t used, const char *name, unsigned long number,
                         const char *unit)
{
    if (number == 0)
        return used;
    int length = snprintf(out + used, IPVS_OP_TEXT_MAX - used, "%s%s %lu%s", used > 0 ? ", " : "",
                          name, number, unit);
    return used + (size_t)length;
}

static void print_daemon(const struct ipvs_daemon *daemon, char *out)
{
    char group[ADDR_TEXT_MAX];
    addr_print(&daemon->group, group);
    bool has_group = daemon->group.family != ADDR_NONE;
    int length =
        snprintf(out, IPVS_OP_TEXT_MAX, "interface %s, id %u%s%s", daemon->interface,
                 (unsigned)daemon->id, has_group ? ", group " : "", has_group ? group : "");
    size_t used = add_number(out, (size_t)length, "port", daemon->port, "");
    used = add_number(out, used, "ttl", daemon->ttl, "");
    (void)add_number(out, used, "maxlen", daemon->max_length, "");
}

static void print_timeouts(const struct ipvs_timeouts *timeouts, char *out)
{
    size_t used = add_number(out, 0, "tcp", timeouts->tcp, " s");
    used = add_number(out, used, "tcp_fin", timeouts->tcp_fin, " s");
    (void)add_number(out, used, "udp", timeouts->udp, " s");
}

void ipvs_op_print_from(const struct ipvs_op *op, char *out)
{
    out[0] = '\0';
    if (op->kind == IPVS_OP_EDIT_SERVICE || op->kind == IPVS_OP_DELETE_SERVICE)
        ipvs_service_print_settings(&op->service_from, out);
    else if (op->kind == IPVS_OP_EDIT_DEST || op->kind == IPVS_OP_DELETE_DEST)
        ipvs_dest_print_settings(&op->dest_from, out);
    else if (op->kind == IPVS_OP_STOP_DAEMON && op->daemon.interface[0] != '\0')
        print_daemon(&op->daemon, out);
}

void ipvs_op_print_to(const struct ipvs_op *op, char *out)
{
    out[0] = '\0';
    if (op->kind == IPVS_OP_ADD_SERVICE || op->kind == IPVS_OP_EDIT_SERVICE)
        ipvs_service_print_settings(&op->service, out);
    else if (op->kind == IPVS_OP_ADD_DEST || op->kind == IPVS_OP_EDIT_DEST)
        ipvs_dest_print_settings(&op->dest, out);
    else if (op->kind == IPVS_OP_START_DAEMON)
        print_daemon(&op->daemon, out);
    else if (op->kind == IPVS_OP_SET_TIMEOUTS)
        print_timeouts(&op->timeouts, out);
}

/* ---- errors ------------------------------------------------------------------------------------
 */

static const char module_missing[] =
    "this kernel has no IPVS: the module ip_vs is not there (modprobe ip_vs)";

static const char *right_missing(void)
{
    return "CAP_NET_ADMIN is missing (in the initial user namespace): start gslbd as root, or with "
           "the capability";
}

void ipvs_print_unavailable(int error, char *out)
{
    const char *why = strerror(error);
    if (error == ENOENT)
        why = module_missing;
    else if (error == EPERM || error == EACCES)
        why = right_missing();
    else if (error == EAGAIN || error == ETIMEDOUT)
        why = "the IPVS helper does not answer";
    (void)snprintf(out, IPVS_OP_TEXT_MAX, "%s", why);
}

/* The kernel does not tell which of the two it misses. */
static const char *settings_missing(const struct ipvs_service *service, char *buffer)
{
    if (service->engine[0] == '\0')
        (void)snprintf(buffer, IPVS_OP_TEXT_MAX,
                       "scheduler %s is not available in this kernel (module ip_vs_%s)",
                       service->scheduler, service->scheduler);
    else
        (void)snprintf(buffer, IPVS_OP_TEXT_MAX,
                       "scheduler %s (module ip_vs_%s) or engine %s (module ip_vs_pe_%s) is not "
                       "available in this kernel",
                       service->scheduler, service->scheduler, service->engine, service->engine);
    return buffer;
}

static const char *service_error(const struct ipvs_op *op, int error, char *buffer)
{
    bool sets = op->kind == IPVS_OP_ADD_SERVICE || op->kind == IPVS_OP_EDIT_SERVICE;
    switch (error) {
    case ENOENT:
        return sets ? settings_missing(&op->service, buffer) : module_missing;
    case EEXIST:
        return "the service is there already";
    case ESRCH:
        return "there is no such service";
    case EINVAL:
        return "the kernel takes no such service";
    default:
        return NULL;
    }
}

static const char *dest_error(const struct ipvs_op *op, int error)
{
    switch (error) {
    case EEXIST:
        return "the server is there already";
    case ENOENT:
        return "there is no such server";
    case ESRCH:
        return "there is no such service";
    case ERANGE:
        return "the weight or a threshold is out of range";
    case EINVAL:
        return op->dest.addr.family != op->service.key.family
                   ? "a server of the other address family needs forwarding tun, and no sync daemon"
                   : "the kernel takes no such server (is the address unicast?)";
    default:
        return NULL;
    }
}

static const char *daemon_error(int error)
{
    switch (error) {
    case ENODEV:
        return "there is no such interface";
    case EEXIST:
        return "it runs already";
    case ESRCH:
        return "it does not run";
    case EINVAL:
        return "the group must be multicast, and no server of another family than its service";
    default:
        return NULL;
    }
}

static const char *vip_error(int error)
{
    switch (error) {
    case ENODEV:
        return "there is no such interface";
    case EEXIST:
        return "the address is there already";
    case EADDRNOTAVAIL:
        return "the address is not there";
    default:
        return NULL;
    }
}

/* What may happen to any operation. */
static const char *common_error(int error)
{
    switch (error) {
    case EPERM:
        return right_missing();
    case EACCES:
        return "ipvs.allow does not have this address";
    case EAGAIN:
    case ETIMEDOUT:
        return "the IPVS helper did not answer";
    case EAFNOSUPPORT:
        return "this kernel has no such address family";
    case ENOPROTOOPT:
        return "the module ip_vs is being unloaded";
    default:
        return NULL;
    }
}

static const char *error_text(const struct ipvs_op *op, int error, char *buffer)
{
    const char *common = common_error(error);
    if (common != NULL)
        return common;
    switch (op->kind) {
    case IPVS_OP_ADD_SERVICE:
    case IPVS_OP_EDIT_SERVICE:
    case IPVS_OP_DELETE_SERVICE:
    case IPVS_OP_ZERO:
        return service_error(op, error, buffer);
    case IPVS_OP_ADD_DEST:
    case IPVS_OP_EDIT_DEST:
    case IPVS_OP_DELETE_DEST:
        return dest_error(op, error);
    case IPVS_OP_START_DAEMON:
    case IPVS_OP_STOP_DAEMON:
        return daemon_error(error);
    case IPVS_OP_ADD_VIP:
    case IPVS_OP_DELETE_VIP:
        return vip_error(error);
    case IPVS_OP_SET_TIMEOUTS:
        return error == EINVAL ? "a timeout is out of range" : NULL;
    default:
        return NULL;
    }
}

void ipvs_op_print_error(const struct ipvs_op *op, int error, char *out)
{
    char key[IPVS_OP_TEXT_MAX];
    char buffer[IPVS_OP_TEXT_MAX];
    ipvs_op_print_key(op, key);
    const char *text = error_text(op, error, buffer);
    (void)snprintf(out, IPVS_OP_TEXT_MAX, "%.250s: %.250s", key,
                   text != NULL ? text : strerror(error));
}

/* ---- doing it to a table -----------------------------------------------------------------------
 */

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
