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

#define DUMP_TRIES 4

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
 * valid any more (ENOENT), replies lost (ENOBUFS), a table that changed under the dump (EINTR),
 * which is told as EBUSY when it does not come to rest. */
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
        if (error != ENOBUFS && error != EINTR && (error != ENOENT || fresh))
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
    struct nl_msg *message =
        new_message(kernel->family, NLM_F_ACK, IPVS_COMMAND_GET_INFO, IPVS_FAMILY_VERSION);
    int error = add_message(kernel->generic, message, 0);
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
    uint8_t what; /* enum ipvs_command of the request under way */
    struct ipvs_service *of;
    bool malformed;
};

static bool take_daemon(struct dump *dump, struct nlattr *attrs, int length)
{
    struct ipvs_daemon daemon;
    if (!ipvs_attr_get_daemon(attrs, length, &daemon) || dump->table.daemon_count == 2)
        return false;
    dump->table.daemons[dump->table.daemon_count++] = daemon;
    return true;
}

static void on_dump(void *ctx, size_t request, struct nlmsghdr *message)
{
    struct dump *dump = ctx;
    struct ipvs_service service;
    struct ipvs_dest dest;
    struct nlattr *attrs = NULL;
    int length = 0;
    bool sound = attrs_of(message, &attrs, &length);
    (void)request;
    if (sound && dump->what == IPVS_COMMAND_GET_CONFIG) {
        sound = ipvs_attr_get_timeouts(attrs, length, &dump->table.timeouts);
    } else if (sound && dump->what == IPVS_COMMAND_GET_DAEMON) {
        sound = take_daemon(dump, attrs, length);
    } else if (sound && dump->what == IPVS_COMMAND_GET_SERVICE) {
        sound = ipvs_attr_get_service(attrs, length, &service);
        if (sound)
            (void)ipvs_table_add(&dump->table, &service);
    } else if (sound) {
        sound = ipvs_attr_get_dest(attrs, length, dump->of->key.family, &dest);
        if (sound)
            (void)ipvs_service_add(dump->of, &dest);
    }
    dump->malformed |= !sound;
}

/* A socket has one dump under way, and none is over before its end was read: one after the other.
 * `of` is the service whose destinations are asked for. */
static int dump_one(struct ipvs_kernel *kernel, struct dump *dump, uint8_t what,
                    struct ipvs_service *of)
{
    int result = 0;
    struct nl_msg *message =
        new_message(kernel->family, what == IPVS_COMMAND_GET_CONFIG ? NLM_F_ACK : NLM_F_DUMP, what,
                    IPVS_FAMILY_VERSION);
    int error = message != NULL && of != NULL ? ipvs_attr_put_key(message, &of->key) : 0;
    dump->what = what;
    dump->of = of;
    error = add_message(kernel->generic, message, error);
    if (error == 0)
        error = ipvs_netlink_run(kernel->generic, &result, on_dump, dump);
    return error != 0 ? error : result;
}

static int attempt_dump(struct ipvs_kernel *kernel, void *data)
{
    struct dump *dump = data;
    ipvs_table_fini(&dump->table);
    *dump = (struct dump){ 0 };
    int error = dump_one(kernel, dump, IPVS_COMMAND_GET_CONFIG, NULL);
    if (error == 0)
        error = dump_one(kernel, dump, IPVS_COMMAND_GET_DAEMON, NULL);
    if (error == 0)
        error = dump_one(kernel, dump, IPVS_COMMAND_GET_SERVICE, NULL);
    for (size_t i = 0; error == 0 && i < dump->table.count; i++)
        error = dump_one(kernel, dump, IPVS_COMMAND_GET_DEST, &dump->table.services[i]);
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
    int unready; /* why IPVS cannot be had; asked once, for searching a module is dear */
};

/* What the kernel's answer means for the operation. */
static int judge(const struct ipvs_op *op, int result)
{
    if (is_vip_op(op))
        return ipvs_vip_result(op->kind == IPVS_OP_ADD_VIP, result);
    /* The daemon was stopped before its thread ran for the first time. */
    if (op->kind == IPVS_OP_STOP_DAEMON && result == EINTR)
        return 0;
    return result;
}

static void flush(struct batch *batch)
{
    int results[IPVS_NETLINK_BATCH];
    size_t count = ipvs_netlink_count(batch->netlink);
    int error = ipvs_netlink_run(batch->netlink, results, NULL, NULL);
    bool stale = false;
    for (size_t i = 0; i < count; i++) {
        size_t place = batch->places[i];
        batch->results[place] = judge(&batch->ops[place], results[i]);
        stale |= results[i] == ENOENT; /* a scheduler, a server, or the family is not there */
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
