// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/ops.h"

#include "base/compiler.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
    else if (error == ENOTCONN)
        why = "the IPVS helper could not be started";
    else if (error == ENOSYS)
        why = "the config has no section \"ipvs\"";
    else if (error == ESHUTDOWN)
        why = "the server is ending";
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
