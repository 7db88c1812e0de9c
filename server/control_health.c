// SPDX-License-Identifier: BSD-2-Clause
/* From verdicts of the probe thread to pools that must be built anew. */
#include "base/log.h"
#include "base/mem.h"
#include "server/control_internal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define EVENT_MEMBERS_MAX 100 /* named in an event; thousands may share an address */

/* Probe thread: hands over and wakes the control thread. Transitions only come here, so the list
 * stays short. */
void control_health_event(void *data, const struct prober_status *status)
{
    struct control *control = data;
    uv_mutex_lock(&control->inbox_lock);
    mem_grow((void **)&control->inbox, &control->inbox_capacity, control->inbox_count + 1,
             sizeof(*control->inbox));
    control->inbox[control->inbox_count++] = *status;
    uv_mutex_unlock(&control->inbox_lock);
    (void)uv_async_send(&control->inbox_async);
}

static void reserve_verdicts(struct control *control, size_t count)
{
    size_t before = control->verdict_capacity;
    mem_grow((void **)&control->verdicts, &control->verdict_capacity, count,
             sizeof(*control->verdicts));
    for (size_t i = before; i < control->verdict_capacity; i++)
        control->verdicts[i] = HEALTH_UNKNOWN;
    before = control->weight_capacity;
    mem_grow((void **)&control->weights, &control->weight_capacity, count,
             sizeof(*control->weights));
    for (size_t i = before; i < control->weight_capacity; i++)
        control->weights[i] = CHECK_WEIGHT_FULL;
    before = control->seeded_capacity;
    mem_grow((void **)&control->seeded_ms, &control->seeded_capacity, count,
             sizeof(*control->seeded_ms));
    for (size_t i = before; i < control->seeded_capacity; i++)
        control->seeded_ms[i] = 0;
}

/* "web/a", "ipvs:web-vip/rs1", "ipvs:web-vip" */
static void print_user(const struct world *world, const struct control_user *user, char *out,
                       size_t size)
{
    if (user->pool != POOL_NONE) {
        const struct pool *pool = &world->pools.pools[user->pool];
        (void)snprintf(out, size, "%s/%s", pool->name, pool->members[user->member].name);
        return;
    }
    const struct ipvs_spec *spec = &world->services[user->member].config->spec;
    bool whole = user->server == POOL_NONE;
    (void)snprintf(out, size, "ipvs:%s%s%s", spec->name, whole ? "" : "/",
                   whole ? "" : spec->servers[user->server].name);
}

static void emit_verdict(struct control *control, const struct world_target *target,
                         const struct prober_status *status, const struct control_user *users,
                         size_t user_count)
{
    char address[ADDR_TEXT_MAX];
    char first[600] = "no member";
    json_t *members = json_array();
    addr_print(&target->endpoint.addr, address);
    for (size_t i = 0; i < user_count && i < EVENT_MEMBERS_MAX; i++) {
        char name[600];
        print_user(control->world, &users[i], name, sizeof(name));
        json_array_append_new(members, json_string(name));
        if (i == 0)
            memcpy(first, name, sizeof(name));
    }
    log_info("health", "%s%s at %s port %u is %s: %s", first, user_count > 1 ? " and others" : "",
             address, (unsigned)target->endpoint.port, health_verdict_name(status->verdict),
             status->reason);
    events_emit(control->events, "verdict",
                json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:I}", "check", target->check->name,
                          "address", address, "port", (int)target->endpoint.port, "verdict",
                          health_verdict_name(status->verdict), "reason", status->reason, "members",
                          members, "member_count", (json_int_t)user_count));
}

static void log_weight(const struct world_target *target, const struct prober_status *status)
{
    char endpoint[ENDPOINT_TEXT_MAX];
    endpoint_print(&target->endpoint, endpoint);
    log_debug("health", "%s at %s tells a weight of %u %%", target->check->name, endpoint,
              (unsigned)status->weight);
}

static void take_status(struct control *control, const struct prober_status *status)
{
    if (status->id >= control->verdict_capacity)
        return;
    bool turned = control->verdicts[status->id] != (uint8_t)status->verdict;
    if (!turned && control->weights[status->id] == status->weight)
        return;
    control->verdicts[status->id] = (uint8_t)status->verdict;
    control->weights[status->id] = status->weight;
    control_verdicts_changed(control);
    uint32_t index =
        status->id < control->target_index_count ? control->target_index[status->id] : UINT32_MAX;
    if (index == UINT32_MAX)
        return;
    const struct control_user *users = &control->users[control->first[index]];
    size_t count = control->first[index + 1] - control->first[index];
    for (size_t i = 0; i < count; i++) {
        if (users[i].pool != POOL_NONE)
            control_mark_pool(control, users[i].pool);
        else
            control_ipvs_touch(control);
    }
    if (turned)
        emit_verdict(control, &control->world->targets[index], status, users, count);
    else
        log_weight(&control->world->targets[index], status);
}

void control_health_drain(struct control *control)
{
    uv_mutex_lock(&control->inbox_lock);
    struct prober_status *list = control->inbox;
    size_t count = control->inbox_count;
    control->inbox = NULL;
    control->inbox_count = control->inbox_capacity = 0;
    uv_mutex_unlock(&control->inbox_lock);
    for (size_t i = 0; i < count; i++)
        take_status(control, &list[i]);
    mem_free(list);
}

static void on_inbox(uv_async_t *async)
{
    control_health_drain(async->data);
}

void control_health_init(struct control *control)
{
    (void)uv_mutex_init(&control->inbox_lock);
    (void)uv_async_init(control->loop, &control->inbox_async, on_inbox);
    control->inbox_async.data = control;
}

static void add_users(struct control *control, const struct pool_address *address,
                      struct control_user user)
{
    for (size_t t = 0; t < address->target_count; t++) {
        uint32_t *next = &control->first[control->target_index[address->targets[t]] + 1];
        control->users[(*next)++] = user;
    }
}

/* Which of `world`'s members, services and servers use which target: counted, then filled. */
void control_health_adopt(struct control *control)
{
    const struct world *world = control->world;
    uint32_t ids = registry_target_count(control->registry);
    mem_free(control->target_index);
    mem_free(control->first);
    mem_free(control->users);
    reserve_verdicts(control, ids);
    control->target_index_count = ids;
    control->target_index = MEM_NEW_ARRAY(uint32_t, ids);
    memset(control->target_index, 0xff, ids * sizeof(uint32_t));
    for (uint32_t i = 0; i < world->target_count; i++)
        control->target_index[world->targets[i].id] = i;
    control->first = MEM_NEW_ARRAY(uint32_t, world->target_count + 2);
    control->users = MEM_NEW_ARRAY(struct control_user, world->reference_count);
    for (size_t i = 0; i < world->reference_count; i++)
        control->first[control->target_index[world->references[i]] + 2]++;
    for (size_t i = 2; i < world->target_count + 2; i++)
        control->first[i] += control->first[i - 1];
    for (uint32_t p = 0; p < world->pools.count; p++) {
        for (uint32_t m = 0; m < world->pools.pools[p].member_count; m++) {
            const struct pool_member *member = &world->pools.pools[p].members[m];
            for (size_t a = 0; a < member->address_count; a++)
                add_users(control, &member->addresses[a], (struct control_user){ p, m, POOL_NONE });
        }
    }
    for (uint32_t s = 0; s < world->service_count; s++) {
        const struct world_service *service = &world->services[s];
        add_users(control, &service->vip, (struct control_user){ POOL_NONE, s, POOL_NONE });
        for (uint32_t i = 0; i < service->config->spec.server_count; i++)
            add_users(control, &service->servers[i], (struct control_user){ POOL_NONE, s, i });
    }
}

/* The verdict and weight that a target starts from: the one it has, else the saved one. What is
 * known of one that has not been probed meanwhile is worth nothing. */
static void start_from(struct control *control, struct prober_target *target, const char *identity,
                       const struct control_seeds *seeds)
{
    const struct control_seed *seed = seeds != NULL ? control_seeds_get(seeds, identity) : NULL;
    if (target->id < control->target_index_count && control->target_index[target->id] != UINT32_MAX)
        return;
    control->verdicts[target->id] = HEALTH_UNKNOWN;
    control->weights[target->id] = CHECK_WEIGHT_FULL;
    control->seeded_ms[target->id] = 0;
    if (seed == NULL)
        return;
    control->verdicts[target->id] = (uint8_t)seed->verdict;
    control->weights[target->id] = seed->weight;
    control->seeded_ms[target->id] = seed->at_ms;
    target->seed = seed->verdict;
    target->seed_since_ms = (uint64_t)seed->since_ms;
    target->seed_weight = seed->weight;
}

void control_health_targets(struct control *control, const struct world *world,
                            const struct control_seeds *seeds)
{
    struct prober_target *targets = MEM_NEW_ARRAY(struct prober_target, world->target_count);
    reserve_verdicts(control, registry_target_count(control->registry));
    for (size_t i = 0; i < world->target_count; i++) {
        const struct world_target *from = &world->targets[i];
        targets[i].id = from->id;
        targets[i].check = from->check;
        targets[i].endpoint = from->endpoint;
        start_from(control, &targets[i], from->identity, seeds);
    }
    prober_set_targets(control->prober, targets, world->target_count);
    mem_free(targets);
}
