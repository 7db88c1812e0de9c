// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/fake.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define FAKE_VERSION 0x010201
#define FAKE_SIZE    4096

/* What a kernel does with a sync daemon of which it is told no more than the interface. */
#define DAEMON_MTU        1500
#define DAEMON_MIN_BACKUP 1024
#define DAEMON_PORT       8848
#define DAEMON_TTL        1
static const struct addr daemon_group = { ADDR_V4, { 224, 0, 0, 81 } };

struct names {
    char (*names)[IPVS_INTERFACE_MAX];
    size_t count;
    size_t capacity;
};

struct vip {
    struct addr addr;
    char interface[IPVS_INTERFACE_MAX];
};

struct ipvs_fake {
    pthread_mutex_t lock; /* of all that follows */
    struct ipvs_table table;
    struct names no_schedulers;
    struct names no_interfaces;
    struct vip *vips;
    size_t vip_count;
    size_t vip_capacity;
    int unavailable;
    int failures[IPVS_OP_KINDS];
    uint64_t writes;
    uint64_t dumps;
    struct strbuf history;
};

_Static_assert(IPVS_SCHEDULER_MAX <= IPVS_INTERFACE_MAX, "struct names holds both");

struct ipvs_fake *ipvs_fake_new(void)
{
    struct ipvs_fake *fake = MEM_NEW(struct ipvs_fake);
    (void)pthread_mutex_init(&fake->lock, NULL);
    ipvs_table_init(&fake->table);
    fake->table.timeouts = (struct ipvs_timeouts){ .tcp = 900, .tcp_fin = 120, .udp = 300 };
    strbuf_init(&fake->history);
    return fake;
}

void ipvs_fake_free(struct ipvs_fake *fake)
{
    if (fake == NULL)
        return;
    ipvs_table_fini(&fake->table);
    mem_free(fake->no_schedulers.names);
    mem_free(fake->no_interfaces.names);
    mem_free(fake->vips);
    strbuf_fini(&fake->history);
    (void)pthread_mutex_destroy(&fake->lock);
    mem_free(fake);
}

static void lock(struct ipvs_fake *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
}

static void unlock(struct ipvs_fake *fake)
{
    (void)pthread_mutex_unlock(&fake->lock);
}

static void add_name(struct names *names, const char *name)
{
    mem_grow((void **)&names->names, &names->capacity, names->count + 1, sizeof(*names->names));
    char *to = names->names[names->count++];
    size_t length = strnlen(name, IPVS_INTERFACE_MAX - 1);
    memcpy(to, name, length);
    to[length] = '\0';
}

static bool has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0)
            return true;
    }
    return false;
}

/* ---- what a table does not judge ---------------------------------------------------------------
 */

static bool is_unicast(const struct addr *addr)
{
    if (addr->family == ADDR_V4)
        return !addr_is_any(addr) && (addr->bytes[0] & 0xf0U) != 0xe0U &&
               memcmp(addr->bytes, "\377\377\377\377", 4) != 0;
    bool link_local = addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0U) == 0x80U;
    return !addr_is_any(addr) && addr->bytes[0] != 0xff && !link_local;
}

/* Looks for the scheduler after the service, as the kernel does. */
static int apply_service(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    bool there = ipvs_table_find(&fake->table, &op->service.key) != NULL;
    if (there == (op->kind == IPVS_OP_EDIT_SERVICE) &&
        has_name(&fake->no_schedulers, op->service.scheduler))
        return ENOENT;
    return ipvs_table_apply(&fake->table, op);
}

/* The kernel looks at the address last. */
static int add_dest(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    int error = ipvs_table_apply(&fake->table, op);
    if (error != 0 || is_unicast(&op->dest.addr))
        return error;
    (void)ipvs_service_remove(ipvs_table_find(&fake->table, &op->service.key), &op->dest.addr,
                              op->dest.port);
    return EINVAL;
}

static struct ipvs_daemon with_defaults(const struct ipvs_daemon *daemon)
{
    struct ipvs_daemon full = *daemon;
    if (full.group.family == ADDR_NONE)
        full.group = daemon_group;
    if (full.port == 0)
        full.port = DAEMON_PORT;
    if (full.ttl == 0)
        full.ttl = DAEMON_TTL;
    unsigned headers = (full.group.family == ADDR_V6 ? 40U : 20U) + 8U;
    if (full.max_length == 0)
        full.max_length = (uint16_t)(DAEMON_MTU - headers);
    if (full.max_length > UINT16_MAX - headers)
        full.max_length = (uint16_t)(UINT16_MAX - headers);
    if (full.role == IPVS_BACKUP && full.max_length < DAEMON_MIN_BACKUP)
        full.max_length = DAEMON_MIN_BACKUP;
    return full;
}

static bool is_multicast(const struct addr *addr)
{
    return addr->family == ADDR_V6 ? addr->bytes[0] == 0xff : (addr->bytes[0] & 0xf0U) == 0xe0U;
}

static int start_daemon(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    struct ipvs_op full = *op;
    full.daemon = with_defaults(&op->daemon);
    if (!is_multicast(&full.daemon.group))
        return EINVAL;
    int error = ipvs_table_apply(&fake->table, &full);
    if ((error != 0 && error != EEXIST) || !has_name(&fake->no_interfaces, op->daemon.interface))
        return error;
    if (error == 0)
        (void)ipvs_table_apply(&fake->table,
                               &(struct ipvs_op){ .kind = IPVS_OP_STOP_DAEMON,
                                                  .daemon = { .role = op->daemon.role } });
    return ENODEV;
}

static size_t vip_place(const struct ipvs_fake *fake, const struct addr *addr,
                        const char *interface)
{
    size_t at = 0;
    while (at < fake->vip_count && (!addr_equal(&fake->vips[at].addr, addr) ||
                                    strcmp(fake->vips[at].interface, interface) != 0))
        at++;
    return at;
}

static int apply_vip(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    const struct addr *addr = &op->service.key.addr;
    size_t at = vip_place(fake, addr, op->interface);
    bool there = at < fake->vip_count;
    if (addr->family == ADDR_NONE)
        return EAFNOSUPPORT;
    if (has_name(&fake->no_interfaces, op->interface))
        return ENODEV;
    if (op->kind == IPVS_OP_DELETE_VIP && there)
        fake->vips[at] = fake->vips[--fake->vip_count];
    if (op->kind != IPVS_OP_ADD_VIP || there)
        return 0;
    mem_grow((void **)&fake->vips, &fake->vip_capacity, fake->vip_count + 1, sizeof(*fake->vips));
    struct vip *vip = &fake->vips[fake->vip_count++];
    vip->addr = *addr;
    memcpy(vip->interface, op->interface, sizeof(vip->interface));
    return 0;
}

static int apply_one(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    switch (op->kind) {
    case IPVS_OP_ADD_SERVICE:
    case IPVS_OP_EDIT_SERVICE:
        return apply_service(fake, op);
    case IPVS_OP_ADD_DEST:
        return add_dest(fake, op);
    case IPVS_OP_START_DAEMON:
        return start_daemon(fake, op);
    case IPVS_OP_ADD_VIP:
    case IPVS_OP_DELETE_VIP:
        return apply_vip(fake, op);
    default:
        return ipvs_table_apply(&fake->table, op);
    }
}

/* ---- the back end ------------------------------------------------------------------------------
 */

static int fake_info(void *ctx, struct ipvs_info *out)
{
    struct ipvs_fake *fake = ctx;
    lock(fake);
    int error = fake->unavailable;
    unlock(fake);
    if (error == 0)
        *out = (struct ipvs_info){ .version = FAKE_VERSION, .connection_table_size = FAKE_SIZE };
    return error;
}

static int fake_dump(void *ctx, struct ipvs_table *out)
{
    struct ipvs_fake *fake = ctx;
    lock(fake);
    int error = fake->unavailable;
    if (error == 0) {
        ipvs_table_copy(out, &fake->table);
        fake->dumps++;
    }
    unlock(fake);
    return error;
}

/* A failure on order is used up by the operation that it meets. */
static int take_failure(struct ipvs_fake *fake, unsigned kind)
{
    if (kind >= IPVS_OP_KINDS)
        return 0;
    int error = fake->failures[kind];
    fake->failures[kind] = 0;
    return error;
}

static int do_one(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    char key[IPVS_OP_TEXT_MAX];
    int error = fake->unavailable;
    if (error == 0)
        error = take_failure(fake, op->kind);
    if (error == 0)
        error = apply_one(fake, op);
    if (error != 0)
        return error;
    fake->writes++;
    ipvs_op_print_key(op, key);
    strbuf_addf(&fake->history, "%s %s\n", ipvs_op_name(op->kind), key);
    return 0;
}

static void fake_apply(void *ctx, const struct ipvs_op *ops, size_t count, int *results)
{
    struct ipvs_fake *fake = ctx;
    lock(fake);
    for (size_t i = 0; i < count; i++)
        results[i] = do_one(fake, &ops[i]);
    unlock(fake);
}

struct ipvs_backend ipvs_fake_backend(struct ipvs_fake *fake)
{
    static const struct ipvs_ops ops = { .info = fake_info,
                                         .dump = fake_dump,
                                         .apply = fake_apply };
    return (struct ipvs_backend){ .ops = &ops, .ctx = fake };
}

/* ---- the test's hand ---------------------------------------------------------------------------
 */

void ipvs_fake_unavailable(struct ipvs_fake *fake, int error)
{
    lock(fake);
    fake->unavailable = error;
    unlock(fake);
}

void ipvs_fake_fail(struct ipvs_fake *fake, unsigned kind, int error)
{
    if (kind >= IPVS_OP_KINDS)
        return;
    lock(fake);
    fake->failures[kind] = error;
    unlock(fake);
}

void ipvs_fake_lacks(struct ipvs_fake *fake, const char *scheduler)
{
    lock(fake);
    add_name(&fake->no_schedulers, scheduler);
    unlock(fake);
}

void ipvs_fake_lacks_interface(struct ipvs_fake *fake, const char *interface)
{
    lock(fake);
    add_name(&fake->no_interfaces, interface);
    unlock(fake);
}

int ipvs_fake_meddle(struct ipvs_fake *fake, const struct ipvs_op *op)
{
    lock(fake);
    int error = apply_one(fake, op);
    unlock(fake);
    return error;
}

void ipvs_fake_flush(struct ipvs_fake *fake)
{
    lock(fake);
    while (fake->table.count > 0)
        ipvs_service_fini(&fake->table.services[--fake->table.count]);
    unlock(fake);
}

bool ipvs_fake_connections(struct ipvs_fake *fake, const struct ipvs_key *key,
                           const struct addr *addr, uint16_t port, uint32_t active,
                           uint32_t inactive)
{
    lock(fake);
    struct ipvs_service *service = ipvs_table_find(&fake->table, key);
    struct ipvs_dest *dest = service != NULL ? ipvs_service_find(service, addr, port) : NULL;
    if (dest != NULL) {
        dest->active = active;
        dest->inactive = inactive;
    }
    unlock(fake);
    return dest != NULL;
}

void ipvs_fake_copy(struct ipvs_fake *fake, struct ipvs_table *out)
{
    lock(fake);
    ipvs_table_copy(out, &fake->table);
    unlock(fake);
}

bool ipvs_fake_has_vip(struct ipvs_fake *fake, const struct addr *addr, const char *interface)
{
    lock(fake);
    bool there = vip_place(fake, addr, interface) < fake->vip_count;
    unlock(fake);
    return there;
}

uint64_t ipvs_fake_writes(struct ipvs_fake *fake)
{
    lock(fake);
    uint64_t writes = fake->writes;
    unlock(fake);
    return writes;
}

uint64_t ipvs_fake_dumps(struct ipvs_fake *fake)
{
    lock(fake);
    uint64_t dumps = fake->dumps;
    unlock(fake);
    return dumps;
}

char *ipvs_fake_history(struct ipvs_fake *fake)
{
    lock(fake);
    char *text = strbuf_take(&fake->history);
    unlock(fake);
    return text;
}
