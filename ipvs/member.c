// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/member.h"

#include "base/mem.h"
#include "ipvs/ramp.h"

#include <stdlib.h>

/* From its weight of 0 on a server may still get connections for a moment, whose SYN was on its
 * way: only counters that were read this much later tell that all are gone. */
#define SETTLE_MS 2000

/* ---- the roster --------------------------------------------------------------------------------
 */

static int by_endpoint(const void *a, const void *b)
{
    const struct member *const *left = a;
    const struct member *const *right = b;
    return ipvs_dest_compare(&(*left)->dest, &(*right)->dest);
}

static void sort(struct roster *roster)
{
    mem_free(roster->order);
    roster->order = MEM_NEW_ARRAY(struct member *, roster->count);
    roster->order_count = roster->count;
    for (size_t i = 0; i < roster->count; i++)
        roster->order[i] = &roster->items[i];
    qsort(roster->order, roster->count, sizeof(*roster->order), by_endpoint);
}

static struct member *find(const struct roster *roster, const struct ipvs_dest *dest)
{
    struct member key = { .dest = *dest };
    const struct member *wanted = &key;
    if (roster->order_count == 0)
        return NULL;
    struct member **found =
        bsearch(&wanted, roster->order, roster->order_count, sizeof(*roster->order), by_endpoint);
    return found == NULL ? NULL : *found;
}

/* Room for `count` more, so that `order` stays good while they are appended. */
static void reserve(struct roster *roster, size_t count)
{
    mem_grow((void **)&roster->items, &roster->capacity, roster->count + count,
             sizeof(*roster->items));
}

/* Room is reserved. Not found by find() until the next sort(). */
static struct member *append(struct roster *roster, const struct ipvs_dest *dest)
{
    struct member *member = &roster->items[roster->count++];
    *member = (struct member){ .dest = *dest };
    return member;
}

static void become_leaver(struct member *member)
{
    member->leaver = true;
    member->disabled = false;
    member->live = false;
    member->dest.active = member->dest.inactive = member->dest.persistent = 0;
    member->dest.stats = (struct ipvs_stats){ 0 };
}

void roster_adopt(struct roster *roster, const struct ipvs_spec *spec)
{
    struct roster fresh = { .servers = spec->server_count };
    reserve(&fresh, spec->server_count + roster->count);
    for (size_t i = 0; i < spec->server_count; i++) {
        const struct ipvs_server_spec *server = &spec->servers[i];
        struct member *member = append(&fresh, &server->dest);
        const struct member *old = find(roster, &server->dest);
        if (old != NULL)
            *member = *old;
        member->dest = server->dest;
        member->disabled = server->disabled;
        member->leaver = false;
    }
    sort(&fresh);
    for (size_t i = 0; i < roster->count; i++) {
        const struct member *old = &roster->items[i];
        if (!old->shown || find(&fresh, &old->dest) != NULL)
            continue;
        struct member *member = append(&fresh, &old->dest);
        *member = *old;
        become_leaver(member);
    }
    sort(&fresh);
    roster_fini(roster);
    *roster = fresh;
}

void roster_fini(struct roster *roster)
{
    mem_free(roster->items);
    mem_free(roster->order);
    *roster = (struct roster){ 0 };
}

const struct ipvs_dest *roster_match(const struct ipvs_service *service, size_t *at,
                                     const struct member *member)
{
    int order = -1;
    while (*at < service->dest_count &&
           (order = ipvs_dest_compare(&service->dests[*at], &member->dest)) < 0)
        ++*at;
    return order == 0 ? &service->dests[*at] : NULL;
}

void roster_look(struct roster *roster, const struct ipvs_service *kernel)
{
    size_t at = 0;
    for (size_t i = 0; i < roster->count; i++) {
        struct member *member = roster->order[i];
        member->kernel = kernel == NULL ? NULL : roster_match(kernel, &at, member);
    }
}

void roster_inherit(struct roster *roster, const struct ipvs_service *kernel,
                    const struct ipvs_dest *sorry)
{
    for (size_t i = 0; i < roster->count; i++) {
        struct member *member = &roster->items[i];
        member->shown = member->kernel != NULL;
        member->shown_weight = member->shown ? member->kernel->weight : 0;
        member->ramping = false;
    }
    if (kernel == NULL)
        return;
    reserve(roster, kernel->dest_count);
    sort(roster); /* they may have moved */
    for (size_t i = 0; i < kernel->dest_count; i++) {
        const struct ipvs_dest *dest = &kernel->dests[i];
        if ((sorry != NULL && ipvs_dest_compare(dest, sorry) == 0) || find(roster, dest) != NULL)
            continue;
        struct member *member = append(roster, dest);
        ipvs_dest_normalise(&member->dest);
        become_leaver(member);
        member->shown = true;
        member->shown_weight = dest->weight;
        member->kernel = dest;
    }
    sort(roster);
}

void roster_prune(struct roster *roster)
{
    size_t kept = roster->servers;
    for (size_t i = roster->servers; i < roster->count; i++) {
        if (roster->items[i].shown)
            roster->items[kept++] = roster->items[i];
    }
    if (kept == roster->count)
        return;
    roster->count = kept;
    sort(roster);
}

uint64_t roster_weight(const struct roster *roster)
{
    uint64_t weight = 0;
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->items[i].live)
            weight += roster->items[i].weight;
    }
    return weight;
}

uint64_t roster_connections(const struct roster *roster, const struct ipvs_service *service)
{
    uint64_t connections = 0;
    for (size_t i = 0; i < roster->count; i++) {
        const struct member *member = &roster->items[i];
        if (!member->live || member->kernel == NULL)
            continue;
        connections += member->kernel->active;
        if (service->key.protocol == IPVS_UDP) /* where none is ever active */
            connections += member->kernel->inactive;
    }
    return connections;
}

size_t roster_draining(const struct roster *roster)
{
    size_t draining = 0;
    for (size_t i = 0; i < roster->count; i++)
        draining += roster->items[i].draining;
    return draining;
}

static void end_ramp(struct member *member)
{
    member->ramping = false;
    member->state = IPVS_SERVER_UP;
    member->weight = member->full;
    member->until_ms = member->next_ms = 0;
}

void roster_end_needless_ramps(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        const struct member *member = &roster->items[i];
        if (member->state == IPVS_SERVER_UP && member->want && member->weight > 0)
            return;
    }
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->items[i].state == IPVS_SERVER_WARMING)
            end_ramp(&roster->items[i]);
    }
}

/* ---- steps of one member -----------------------------------------------------------------------
 */

static void show(struct member *member, bool want, uint32_t weight)
{
    member->want = want;
    member->weight = weight;
    member->until_ms = member->next_ms = 0;
}

static void stop_drain(struct member *member)
{
    member->draining = member->drained = false;
}

static void ramp(struct member *member, const struct member_rules *rules)
{
    uint64_t passed = rules->now_ms - member->ramp_ms;
    if (passed >= rules->slow_start_ms) {
        member->ramping = false;
        return;
    }
    member->weight = ramp_weight(member->full, rules->slow_start_ms, passed);
    member->ramping = member->weight < member->full;
    if (!member->ramping)
        return;
    member->state = IPVS_SERVER_WARMING;
    member->until_ms = member->ramp_ms + rules->slow_start_ms;
    member->next_ms = member->ramp_ms + ramp_next(member->full, rules->slow_start_ms, passed);
}

/* One that had no weight and gets one comes by a ramp; but not one whose drain is called off, which
 * has been at work all the time. */
void member_up(struct member *member, const struct member_rules *rules, bool hold)
{
    bool comes = rules->known && member->shown_weight == 0 && !member->draining;
    stop_drain(member);
    show(member, !hold, member->full);
    member->state = IPVS_SERVER_UP;
    if (hold || member->full == 0 || rules->slow_start_ms == 0) {
        member->ramping = false;
        return;
    }
    if (comes && !member->ramping) {
        member->ramping = true;
        member->ramp_ms = rules->now_ms;
    }
    if (member->ramping)
        ramp(member, rules);
}

void member_out(struct member *member, enum ipvs_server_state state, bool quiesced)
{
    stop_drain(member);
    member->ramping = false;
    member->state = state;
    show(member, quiesced, 0);
}

/* Without active connections (UDP), or when it cannot be known (marks), all that are remembered. */
static bool has_active(const struct ipvs_service *service)
{
    return service->key.protocol == IPVS_TCP || service->key.protocol == IPVS_SCTP;
}

uint64_t member_connections(const struct ipvs_service *service, const struct ipvs_dest *dest)
{
    uint64_t count = dest->active;
    if (!has_active(service))
        count += dest->inactive;
    if ((service->flags & IPVS_PERSISTENT) != 0)
        count += dest->persistent; /* templates, which would bring their clients back */
    return count;
}

static bool drain_is_over(const struct member *member, const struct member_rules *rules)
{
    uint64_t passed = rules->now_ms - member->drain_ms;
    if (passed >= rules->drain_ms)
        return true;
    if (passed < SETTLE_MS)
        return false;
    if (member->kernel == NULL)
        return true;
    return passed >= rules->stale_ms + SETTLE_MS && member->kernel->weight == 0 &&
           member_connections(rules->service, member->kernel) == 0;
}

/* An estimate that time has overtaken was wrong. */
static uint64_t drain_end(const struct member *member, uint64_t now_ms, uint64_t limit)
{
    uint64_t expected = decay_end_ms(&member->decay);
    return expected > now_ms && expected < limit ? expected : limit;
}

static void wait_for_connections(struct member *member, const struct member_rules *rules)
{
    uint64_t limit = member->drain_ms + rules->drain_ms;
    uint64_t settled = member->drain_ms + SETTLE_MS;
    if (member->kernel != NULL && member->kernel->weight == 0)
        decay_add(&member->decay, rules->now_ms,
                  member_connections(rules->service, member->kernel));
    member->until_ms = drain_end(member, rules->now_ms, limit);
    member->next_ms = rules->now_ms < settled && settled < limit ? settled : limit;
}

/* The clock runs from the moment on at which it is to have no weight: one that is kept for DNS goes
 * on taking connections. */
void member_drain(struct member *member, const struct member_rules *rules)
{
    bool starts =
        rules->known && (member->shown_weight > 0 || (!member->draining && !member->drained));
    if (starts) {
        member->draining = member->shown && rules->kernel;
        member->drained = !member->draining;
        member->drain_ms = rules->now_ms;
        member->decay = (struct decay){ 0 };
    }
    if (member->draining && drain_is_over(member, rules)) {
        member->draining = member->ramping = false;
        member->drained = true;
    }
    member->state = member->drained ? IPVS_SERVER_DRAINED : IPVS_SERVER_DRAINING;
    show(member, !member->drained, 0);
    if (member->draining)
        wait_for_connections(member, rules);
}
