// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/kernel.h"

#include "base/mem.h"
#include "ipvs/attr.h"
#include "ipvs/netlink.h"
#include "ipvs/vip.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>

#define DUMP_TRIES  4
#define DUMP_WINDOW 32 /* dumps under way at once; a piece of each fits the socket's buffer */

struct ipvs_kernel {
    struct ipvs_netlink *generic;
    struct ipvs_netlink *route;
    uint16_t family; /* the number of IPVS on `generic`; 0 = to be asked */
};

struct ipvs_kernel *ipvs_kernel_new(void)
{
    struct ipvs_kernel *kernel = MEM_NEW(struct ipvs_kernel);
    kernel->generic = ipvs_netlink_new(NETLINK_GENERIC);
    kernel->route = ipvs_netlink_new(NETLINK_ROUTE);
    return kernel;
}

void ipvs_kernel_free(struct ipvs_kernel *kernel)
{
    if (kernel == NULL)
        return;
    ipvs_netlink_free(kernel->generic);
    ipvs_netlink_free(kernel->route);
    mem_free(kernel);
}

/* ---- requests ----------------------------------------------------------------------------------
 */

/* The next request opens a socket and asks for the family again: the module may have been loaded,
 * or unloaded and loaded, which changes its number. */
static void forget(struct ipvs_kernel *kernel)
{
    ipvs_netlink_close(kernel->generic);
    kernel->family = 0;
}

/* Returns owned; NULL when out of memory. */
static struct nl_msg *new_message(uint16_t family, int flags, uint8_t command, uint8_t version)
{
    struct nl_msg *message = nlmsg_alloc_size(1024);
    if (message != NULL && genlmsg_put(message, 0, 0, family, 0, flags, command, version) != NULL)
        return message;
    nlmsg_free(message);
    return NULL;
}

/* Takes `message`, which may be NULL, with what putting attributes to it gave. */
static int add_message(struct ipvs_netlink *netlink, struct nl_msg *message, int error)
{
    if (message == NULL)
        return ENOMEM;
    if (error == 0 && !ipvs_netlink_add(netlink, message))
        error = EMSGSIZE;
    nlmsg_free(message);
    return error;
}

static int add_request(struct ipvs_kernel *kernel, int flags, uint8_t command)
{
    struct nl_msg *message = new_message(kernel->family, flags, command, IPVS_FAMILY_VERSION);
    return add_message(kernel->generic, message, 0);
}

/* The attributes of a reply; false when it is too short to have a header. */
static bool attrs_of(struct nlmsghdr *message, struct nlattr **attrs, int *length)
{
    if (!genlmsg_valid_hdr(message, 0))
        return false;
    struct genlmsghdr *header = genlmsg_hdr(message);
    *attrs = genlmsg_attrdata(header, 0);
    *length = genlmsg_attrlen(header, 0);
    return true;
}

static void on_family(void *ctx, size_t request, struct nlmsghdr *message)
{
    struct ipvs_kernel *kernel = ctx;
    struct nlattr *set[CTRL_ATTR_MAX + 1];
    struct nlattr *attrs = NULL;
    int length = 0;
    (void)request;
    if (attrs_of(message, &attrs, &length) &&
        nla_parse(set, CTRL_ATTR_MAX, attrs, length, NULL) >= 0 &&
        set[CTRL_ATTR_FAMILY_ID] != NULL && nla_len(set[CTRL_ATTR_FAMILY_ID]) >= 2)
        kernel->family = nla_get_u16(set[CTRL_ATTR_FAMILY_ID]);
}

/* The question alone makes the kernel load the module. */
static int ask_family(struct ipvs_kernel *kernel)
{
    int result = 0;
    struct nl_msg *message = new_message(GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
    int error =
        message != NULL && nla_put_string(message, CTRL_ATTR_FAMILY_NAME, IPVS_FAMILY_NAME) != 0
            ? EMSGSIZE
            : 0;
    error = add_message(kernel->generic, message, error);
    if (error == 0)
        error = ipvs_netlink_run(kernel->generic, &result, on_family, kernel);
    if (error == 0)
        error = result;
    return error == 0 && kernel->family == 0 ? EBADMSG : error;
}

static int be_ready(struct ipvs_kernel *kernel)
{
    int error = ipvs_netlink_open(kernel->generic);
    if (error != 0 || kernel->family != 0)
        return error;
    error = ask_family(kernel);
    if (error != 0)
        forget(kernel);
    return error;
}

/* Runs `attempt` again on a fresh socket after what may pass: a number of the family that is not
 * valid any more (ENOENT), replies lost (ENOBUFS), a table that changed under the dump (EINTR). */
static int try_often(struct ipvs_kernel *kernel, int (*attempt)(struct ipvs_kernel *, void *),
                     void *data)
{
    int error = 0;
    for (unsigned i = 0; i < DUMP_TRIES; i++) {
        bool fresh = kernel->family == 0;
        error = be_ready(kernel);
        if (error != 0)
            return error;
        error = attempt(kernel, data);
        if (error == 0)
            return 0;
        forget(kernel);
        if (error != ENOBUFS && error != EINTR && error != EBUSY && (error != ENOENT || fresh))
            return error;
    }
    return error == EINTR ? EBUSY : error;
}

/* ---- info --------------------------------------------------------------------------------------
 */

struct info_reply {
    struct ipvs_info info;
    bool sound;
};

static void on_info(void *ctx, size_t request, struct nlmsghdr *message)
{
    struct info_reply *reply = ctx;
    struct nlattr *attrs = NULL;
    int length = 0;
    (void)request;
    reply->sound =
        attrs_of(message, &attrs, &length) && ipvs_attr_get_info(attrs, length, &reply->info);
}

static int attempt_info(struct ipvs_kernel *kernel, void *data)
{
    struct info_reply *reply = data;
    int result = 0;
    int error = add_request(kernel, NLM_F_ACK, IPVS_COMMAND_GET_INFO);
    if (error == 0)
        error = ipvs_netlink_run(kernel->generic, &result, on_info, reply);
    if (error == 0)
        error = result;
    return error == 0 && !reply->sound ? EBADMSG : error;
}

static int kernel_info(void *ctx, struct ipvs_info *out)
{
    struct info_reply reply = { 0 };
    int error = try_often(ctx, attempt_info, &reply);
    if (error == 0)
        *out = reply.info;
    return error;
}

/* ---- dump --------------------------------------------------------------------------------------
 */

struct dump {
    struct ipvs_table table;
    size_t first; /* the service of request 0 */
    bool malformed;
};

enum { REQUEST_CONFIG, REQUEST_DAEMONS, REQUEST_SERVICES, REQUESTS };

static void take_daemon(struct dump *dump, struct nlattr *attrs, int length)
{
    struct ipvs_daemon daemon;
    bool sound = ipvs_attr_get_daemon(attrs, length, &daemon) && dump->table.daemon_count < 2;
    dump->malformed |= !sound;
    if (sound)
        dump->table.daemons[dump->table.daemon_count++] = daemon;
}

static void on_top(void *ctx, size_t request, struct nlmsghdr *message)
{
    struct dump *dump = ctx;
    struct ipvs_service service;
    struct nlattr *attrs = NULL;
    int length = 0;
    if (!attrs_of(message, &attrs, &length)) {
        dump->malformed = true;
    } else if (request == REQUEST_CONFIG) {
        dump->malformed |= !ipvs_attr_get_timeouts(attrs, length, &dump->table.timeouts);
    } else if (request == REQUEST_DAEMONS) {
        take_daemon(dump, attrs, length);
    } else if (ipvs_attr_get_service(attrs, length, &service)) {
        (void)ipvs_table_add(&dump->table, &service);
    } else {
        dump->malformed = true;
    }
}

/* Timeouts, daemons and services at once: the dump of two daemons is over before that of the
 * services begins. */
static int dump_top(struct ipvs_kernel *kernel, struct dump *dump)
{
    int results[REQUESTS];
    int error = add_request(kernel, NLM_F_ACK, IPVS_COMMAND_GET_CONFIG);
    if (error == 0)
        error = add_request(kernel, NLM_F_DUMP, IPVS_COMMAND_GET_DAEMON);
    if (error == 0)
        error = add_request(kernel, NLM_F_DUMP, IPVS_COMMAND_GET_SERVICE);
    if (error == 0)
        error = ipvs_netlink_run(kernel->generic, results, on_top, dump);
    for (size_t i = 0; error == 0 && i < REQUESTS; i++)
        error = results[i];
    return error;
}

static void on_dest(void *ctx, size_t request, struct nlmsghdr *message)
{
    struct dump *dump = ctx;
    struct ipvs_service *service = &dump->table.services[dump->first + request];
    struct ipvs_dest dest;
    struct nlattr *attrs = NULL;
    int length = 0;
    if (attrs_of(message, &attrs, &length) &&
        ipvs_attr_get_dest(attrs, length, service->key.family, &dest))
        (void)ipvs_service_add(service, &dest);
    else
        dump->malformed = true;
}

static int add_dest_dump(struct ipvs_kernel *kernel, const struct ipvs_service *service)
{
    struct nl_msg *message =
        new_message(kernel->family, NLM_F_DUMP, IPVS_COMMAND_GET_DEST, IPVS_FAMILY_VERSION);
    return add_message(kernel->generic, message,
                       message != NULL ? ipvs_attr_put_key(message, &service->key) : 0);
}

/* The destinations of up to `window` services from dump->first on. *done = how many of them are
 * complete: the first ones, up to that whose dump found another under way. */
static int dump_some(struct ipvs_kernel *kernel, struct dump *dump, size_t window, size_t *done)
{
    int results[DUMP_WINDOW];
    size_t count = dump->table.count - dump->first;
    int error = 0;
    if (count > window)
        count = window;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = add_dest_dump(kernel, &dump->table.services[dump->first + i]);
    if (error == 0)
        error = ipvs_netlink_run(kernel->generic, results, on_dest, dump);
    for (*done = 0; error == 0 && *done < count && results[*done] != EBUSY; (*done)++)
        error = results[*done];
    /* Another dump may end in time for one behind the refused one: it is read again. */
    for (size_t i = *done; error == 0 && i < count; i++)
        ipvs_service_fini(&dump->table.services[dump->first + i]);
    return error;
}

/* A socket has one dump under way, but one whose result fits a single piece (some 70 destinations)
 * is over when the request returns. So as many are asked for at once as turn out to be small, and
 * large ones one by one. */
static int dump_dests(struct ipvs_kernel *kernel, struct dump *dump)
{
    size_t window = DUMP_WINDOW;
    int error = 0;
    while (error == 0 && dump->first < dump->table.count) {
        size_t done = 0;
        error = dump_some(kernel, dump, window, &done);
        if (error == 0 && done == 0)
            error = EBUSY; /* cannot be: none was under way */
        dump->first += done;
        if (ipvs_netlink_reads(kernel->generic) > done)
            window = 1;
        else if (window < DUMP_WINDOW)
            window *= 2;
    }
    return error;
}

static int attempt_dump(struct ipvs_kernel *kernel, void *data)
{
    struct dump *dump = data;
    ipvs_table_fini(&dump->table);
    *dump = (struct dump){ 0 };
    int error = dump_top(kernel, dump);
    if (error == 0)
        error = dump_dests(kernel, dump);
    return error == 0 && dump->malformed ? EBADMSG : error;
}

static int kernel_dump(void *ctx, struct ipvs_table *out)
{
    struct dump dump = { 0 };
    ipvs_table_init(&dump.table);
    int error = try_often(ctx, attempt_dump, &dump);
    if (error != 0) {
        ipvs_table_fini(&dump.table);
        return error;
    }
    ipvs_table_sort(&dump.table);
    ipvs_table_fini(out);
    *out = dump.table;
    return 0;
}

/* ---- apply -------------------------------------------------------------------------------------
 */

static bool is_vip_op(const struct ipvs_op *op)
{
    return op->kind == IPVS_OP_ADD_VIP || op->kind == IPVS_OP_DELETE_VIP;
}

/* Requests that wait on one socket, and the operations that they are of. */
struct batch {
    struct ipvs_kernel *kernel;
    struct ipvs_netlink *netlink;
    size_t places[IPVS_NETLINK_BATCH];
    int *results;
    const struct ipvs_op *ops;
    int unready; /* why IPVS cannot be had; asked once, for a module that is missing costs a search
                  */
};

static void flush(struct batch *batch)
{
    int results[IPVS_NETLINK_BATCH];
    size_t count = ipvs_netlink_count(batch->netlink);
    int error = ipvs_netlink_run(batch->netlink, results, NULL, NULL);
    bool stale = false;
    for (size_t i = 0; i < count; i++) {
        const struct ipvs_op *op = &batch->ops[batch->places[i]];
        int result = results[i];
        if (is_vip_op(op))
            result = ipvs_vip_result(op->kind == IPVS_OP_ADD_VIP, result);
        else if (result == ENOENT)
            stale = true; /* no such scheduler or server, or no such family any more */
        batch->results[batch->places[i]] = result;
    }
    if (batch->netlink == batch->kernel->generic && (error != 0 || stale))
        forget(batch->kernel);
}

/* Returns owned, NULL with *error. */
static struct nl_msg *generic_message(struct batch *batch, const struct ipvs_op *op, int *error)
{
    struct ipvs_kernel *kernel = batch->kernel;
    enum ipvs_command command = ipvs_attr_command(op->kind);
    if (batch->unready == 0)
        batch->unready = be_ready(kernel);
    *error = command == IPVS_COMMAND_NONE ? EOPNOTSUPP : batch->unready;
    if (*error != 0)
        return NULL;
    struct nl_msg *message =
        new_message(kernel->family, NLM_F_ACK, (uint8_t)command, IPVS_FAMILY_VERSION);
    *error = message == NULL ? ENOMEM : ipvs_attr_put_op(message, op);
    if (*error == 0)
        return message;
    nlmsg_free(message);
    return NULL;
}

static struct nl_msg *op_message(struct batch *batch, const struct ipvs_op *op, int *error)
{
    if (is_vip_op(op))
        return ipvs_vip_request(op->kind == IPVS_OP_ADD_VIP, &op->service.key.addr, op->interface,
                                error);
    return generic_message(batch, op, error);
}

static void add_op(struct batch *batch, size_t place)
{
    const struct ipvs_op *op = &batch->ops[place];
    struct ipvs_netlink *netlink = is_vip_op(op) ? batch->kernel->route : batch->kernel->generic;
    /* What is waiting comes first, also before the family is asked for. */
    if (netlink != batch->netlink || ipvs_netlink_count(netlink) == IPVS_NETLINK_BATCH)
        flush(batch);
    batch->netlink = netlink;
    struct nl_msg *message = op_message(batch, op, &batch->results[place]);
    if (message == NULL)
        return;
    if (!ipvs_netlink_add(netlink, message)) {
        flush(batch);
        (void)ipvs_netlink_add(netlink, message); /* the empty one takes any message of ours */
    }
    batch->places[ipvs_netlink_count(netlink) - 1] = place;
    nlmsg_free(message);
}

static void kernel_apply(void *ctx, const struct ipvs_op *ops, size_t count, int *results)
{
    struct ipvs_kernel *kernel = ctx;
    struct batch batch = { kernel, kernel->generic, { 0 }, results, ops, 0 };
    for (size_t i = 0; i < count; i++)
        add_op(&batch, i);
    flush(&batch);
}

struct ipvs_backend ipvs_kernel_backend(struct ipvs_kernel *kernel)
{
    static const struct ipvs_ops ops = { .info = kernel_info,
                                         .dump = kernel_dump,
                                         .apply = kernel_apply };
    return (struct ipvs_backend){ .ops = &ops, .ctx = kernel };
}
