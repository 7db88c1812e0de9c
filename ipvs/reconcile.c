// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/reconcile.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <string.h>

/* What the kernel tells of a sync daemon that was started without saying more (ip_vs_sync.c). */
#define DEFAULT_GROUP     0xe0000051U /* 224.0.0.81 */
#define BACKUP_LENGTH_MIN 1024
#define DEFAULT_PORT      8848
#define DEFAULT_TTL       1

/* The order of the plan. A step may only rely on the ones before it. */
enum stage {
    STAGE_TIMEOUTS,
    STAGE_NEW,  /* services, each followed by its dests */
    STAGE_MORE, /* dests of standing services: new ones, and those that get more weight */
    STAGE_EDIT, /* services */
    STAGE_LESS, /* dests that get less weight or other settings */
    STAGE_DELETE_DEST,
    STAGE_DELETE_SERVICE,
    STAGE_STOP,
    STAGE_START,
    STAGES
};

/* A difference, seen by the one merge of the two tables and turned into an operation later. */
struct change {
    enum stage stage;
    enum ipvs_op_kind kind;
    const struct ipvs_service *want, *have;
    const struct ipvs_dest *want_dest, *have_dest;
    const struct ipvs_daemon *daemon;
};

struct work {
    const struct ipvs_reconcile *input;
    struct ipvs_plan *plan;
    struct change *changes; /* owned */
    size_t count;
    size_t capacity;
};

/* ---- sets of keys ------------------------------------------------------------------------------
 */

void ipvs_keys_init(struct ipvs_keys *keys)
{
    *keys = (struct ipvs_keys){ 0 };
}

void ipvs_keys_fini(struct ipvs_keys *keys)
{
    mem_free(keys->items);
    *keys = (struct ipvs_keys){ 0 };
}

/* Index of the first one that does not come before `key`; *found: it is the key itself. */
static size_t keys_place(const struct ipvs_keys *keys, const struct ipvs_key *key, bool *found)
{
    size_t low = 0;
    size_t high = keys->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ipvs_key_compare(&keys->items[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < keys->count && ipvs_key_compare(&keys->items[low], key) == 0;
    return low;
}

bool ipvs_keys_has(const struct ipvs_keys *keys, const struct ipvs_key *key)
{
    bool found = false;
    (void)keys_place(keys, key, &found); /* the place is of no use here */
    return found;
}

bool ipvs_keys_add(struct ipvs_keys *keys, const struct ipvs_key *key)
{
    bool found = false;
    size_t at = keys_place(keys, key, &found);
    if (found)
        return false;
    mem_grow((void **)&keys->items, &keys->capacity, keys->count + 1, sizeof(*keys->items));
    memmove(&keys->items[at + 1], &keys->items[at], (keys->count - at) * sizeof(*keys->items));
    keys->items[at] = *key;
    keys->count++;
    return true;
}

bool ipvs_keys_remove(struct ipvs_keys *keys, const struct ipvs_key *key)
{
    bool found = false;
    size_t at = keys_place(keys, key, &found);
    if (!found)
        return false;
    keys->count--;
    memmove(&keys->items[at], &keys->items[at + 1], (keys->count - at) * sizeof(*keys->items));
    return true;
}

/* ---- differences -------------------------------------------------------------------------------
 */

static void note(struct work *work, const struct change *change)
{
    mem_grow((void **)&work->changes, &work->capacity, work->count + 1, sizeof(*work->changes));
    work->changes[work->count++] = *change;
}

/* A destination of ours that is in the kernel. */
static void count_live(struct work *work, const struct ipvs_dest *dest, bool removed)
{
    if (dest->weight == 0)
        return;
    work->plan->live++;
    if (removed)
        work->plan->live_removed++;
}

static void new_service(struct work *work, const struct ipvs_service *want)
{
    note(work, &(struct change){ STAGE_NEW, IPVS_OP_ADD_SERVICE, .want = want });
    for (size_t i = 0; i < want->dest_count; i++)
        note(work, &(struct change){ STAGE_NEW, IPVS_OP_ADD_DEST, .want = want,
                                     .want_dest = &want->dests[i] });
}

/* A service that is not desired: it goes with all its dests when it is ours, else it is left alone
 * and told. */
static void unwanted_service(struct work *work, const struct ipvs_service *have)
{
    const struct ipvs_reconcile *input = work->input;
    if (input->mode != IPVS_EXCLUSIVE && !ipvs_keys_has(input->owned, &have->key)) {
        (void)ipvs_keys_add(&work->plan->foreign, &have->key); /* each key comes once */
        return;
    }
    note(work, &(struct change){ STAGE_DELETE_SERVICE, IPVS_OP_DELETE_SERVICE, .have = have });
    for (size_t i = 0; i < have->dest_count; i++)
        count_live(work, &have->dests[i], true);
}

/* Of a standing service; one of the dests may be NULL. */
static void diff_dest(struct work *work, const struct change *service, const struct ipvs_dest *want,
                      const struct ipvs_dest *have)
{
    struct change change = *service;
    change.want_dest = want;
    change.have_dest = have;
    if (have != NULL)
        count_live(work, have, want == NULL);
    if (have == NULL) {
        change.stage = STAGE_MORE;
        change.kind = IPVS_OP_ADD_DEST;
    } else if (want == NULL) {
        change.stage = STAGE_DELETE_DEST;
        change.kind = IPVS_OP_DELETE_DEST;
    } else if (!ipvs_dest_same(want, have)) {
        change.stage = want->weight > have->weight ? STAGE_MORE : STAGE_LESS;
        change.kind = IPVS_OP_EDIT_DEST;
    } else {
        return;
    }
    note(work, &change);
}

static void standing_service(struct work *work, const struct ipvs_service *want,
                             const struct ipvs_service *have)
{
    struct change change = { STAGE_EDIT, IPVS_OP_EDIT_SERVICE, .want = want, .have = have };
    if (!ipvs_service_same(want, have))
        note(work, &change);
    size_t w = 0;
    size_t h = 0;
    while (w < want->dest_count || h < have->dest_count) {
        const struct ipvs_dest *left = w < want->dest_count ? &want->dests[w] : NULL;
        const struct ipvs_dest *right = h < have->dest_count ? &have->dests[h] : NULL;
        int order = left == NULL ? 1 : right == NULL ? -1 : ipvs_dest_compare(left, right);
        diff_dest(work, &change, order <= 0 ? left : NULL, order >= 0 ? right : NULL);
        w += order <= 0;
        h += order >= 0;
    }
}

static void diff_services(struct work *work)
{
    const struct ipvs_table *desired = work->input->desired;
    const struct ipvs_table *actual = work->input->actual;
    size_t d = 0;
    size_t a = 0;
    while (d < desired->count || a < actual->count) {
        int order = d == desired->count ? 1
                    : a == actual->count
                        ? -1
                        : ipvs_key_compare(&desired->services[d].key, &actual->services[a].key);
        if (order < 0)
            new_service(work, &desired->services[d]);
        else if (order > 0)
            unwanted_service(work, &actual->services[a]);
        else
            standing_service(work, &desired->services[d], &actual->services[a]);
        d += order <= 0;
        a += order >= 0;
    }
}

static bool timeout_differs(uint32_t want, uint32_t have)
{
    return want != 0 && want != have;
}

static void diff_timeouts(struct work *work)
{
    const struct ipvs_timeouts *want = &work->input->desired->timeouts;
    const struct ipvs_timeouts *have = &work->input->actual->timeouts;
    if (timeout_differs(want->tcp, have->tcp) || timeout_differs(want->tcp_fin, have->tcp_fin) ||
        timeout_differs(want->udp, have->udp))
        note(work, &(struct change){ .stage = STAGE_TIMEOUTS, .kind = IPVS_OP_SET_TIMEOUTS });
}

/* ---- sync daemons ------------------------------------------------------------------------------
 */

/* What was not said when the daemon was started is told by the kernel as its default. */
static struct ipvs_daemon with_defaults(const struct ipvs_daemon *daemon)
{
    struct ipvs_daemon full = *daemon;
    if (full.group.family == ADDR_NONE) {
        uint32_t group = htonl(DEFAULT_GROUP);
        full.group.family = ADDR_V4;
        memcpy(full.group.bytes, &group, sizeof(group));
    }
    if (full.port == 0)
        full.port = DEFAULT_PORT;
    if (full.ttl == 0)
        full.ttl = DEFAULT_TTL;
    return full;
}

/* The default comes from the interface's MTU, so that none wanted is any; a backup takes no less
 * than BACKUP_LENGTH_MIN (net/netfilter/ipvs/ip_vs_sync.c). */
static bool length_same(const struct ipvs_daemon *want, const struct ipvs_daemon *have)
{
    uint16_t length = want->max_length;
    if (want->role == IPVS_BACKUP && length > 0 && length < BACKUP_LENGTH_MIN)
        length = BACKUP_LENGTH_MIN;
    return length == 0 || length == have->max_length;
}

static bool daemon_same(const struct ipvs_daemon *want, const struct ipvs_daemon *have)
{
    struct ipvs_daemon left = with_defaults(want);
    struct ipvs_daemon right = with_defaults(have);
    return strcmp(left.interface, right.interface) == 0 && left.id == right.id &&
           length_same(&left, &right) && addr_equal(&left.group, &right.group) &&
           left.port == right.port && left.ttl == right.ttl;
}

static const struct ipvs_daemon *daemon_find(const struct ipvs_table *table, unsigned role)
{
    for (size_t i = 0; i < table->daemon_count; i++) {
        if (table->daemons[i].role == role)
            return &table->daemons[i];
    }
    return NULL;
}

static void diff_daemons(struct work *work)
{
    static const uint8_t roles[] = { IPVS_MASTER, IPVS_BACKUP };
    for (size_t i = 0; work->input->daemons && i < sizeof(roles); i++) {
        const struct ipvs_daemon *want = daemon_find(work->input->desired, roles[i]);
        const struct ipvs_daemon *have = daemon_find(work->input->actual, roles[i]);
        if (want != NULL && have != NULL && daemon_same(want, have))
            continue;
        if (have != NULL)
            note(work, &(struct change){ STAGE_STOP, IPVS_OP_STOP_DAEMON, .daemon = have });
        if (want != NULL)
            note(work, &(struct change){ STAGE_START, IPVS_OP_START_DAEMON, .daemon = want });
    }
}

/* ---- operations --------------------------------------------------------------------------------
 */

/* The settings alone: no dests, no counters. */
static void put_service(struct ipvs_service *to, const struct ipvs_service *from)
{
    if (from == NULL)
        return;
    *to = *from;
    to->dests = NULL;
    to->dest_count = to->dest_capacity = 0;
    to->stats = (struct ipvs_stats){ 0 };
    ipvs_service_normalise(to);
}

static void put_dest(struct ipvs_dest *to, const struct ipvs_dest *from)
{
    if (from == NULL)
        return;
    *to = *from;
    to->active = to->inactive = to->persistent = 0;
    to->stats = (struct ipvs_stats){ 0 };
    ipvs_dest_normalise(to);
}

static bool is_service_change(const struct change *change)
{
    return change->want_dest == NULL && change->have_dest == NULL;
}

static void put_op(struct ipvs_op *op, const struct change *change, const struct work *work)
{
    *op = (struct ipvs_op){ .kind = (uint8_t)change->kind };
    const struct ipvs_service *service = change->want != NULL ? change->want : change->have;
    if (service != NULL)
        op->service.key = service->key;
    if (is_service_change(change)) {
        put_service(&op->service, change->want);
        put_service(&op->service_from, change->have);
    }
    const struct ipvs_dest *dest = change->want_dest;
    if (dest == NULL && change->have_dest != NULL) {
        op->dest.addr = change->have_dest->addr;
        op->dest.port = change->have_dest->port;
    }
    put_dest(&op->dest, dest);
    put_dest(&op->dest_from, change->have_dest);
    if (change->kind == IPVS_OP_SET_TIMEOUTS)
        op->timeouts = work->input->desired->timeouts;
    if (change->daemon != NULL)
        op->daemon = *change->daemon;
}

/* By stages; inside of one in the order of the tables. */
static void put_ops(const struct work *work)
{
    struct ipvs_plan *plan = work->plan;
    mem_grow((void **)&plan->ops, &plan->capacity, work->count, sizeof(*plan->ops));
    size_t next[STAGES + 1] = { 0 };
    for (size_t i = 0; i < work->count; i++)
        next[work->changes[i].stage + 1]++;
    for (size_t stage = 1; stage < STAGES; stage++)
        next[stage] += next[stage - 1];
    for (size_t i = 0; i < work->count; i++)
        put_op(&plan->ops[next[work->changes[i].stage]++], &work->changes[i], work);
    plan->count = work->count;
}

void ipvs_plan_init(struct ipvs_plan *plan)
{
    *plan = (struct ipvs_plan){ 0 };
}

void ipvs_plan_fini(struct ipvs_plan *plan)
{
    mem_free(plan->ops);
    ipvs_keys_fini(&plan->foreign);
    *plan = (struct ipvs_plan){ 0 };
}

void ipvs_reconcile(const struct ipvs_reconcile *input, struct ipvs_plan *plan)
{
    plan->count = plan->live = plan->live_removed = plan->foreign.count = 0;
    struct work work = { .input = input, .plan = plan };
    diff_timeouts(&work);
    diff_services(&work);
    diff_daemons(&work);
    if (work.count > 0)
        put_ops(&work);
    mem_free(work.changes);
}
