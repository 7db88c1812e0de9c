// SPDX-License-Identifier: BSD-2-Clause
/* Operators' changes: into the overlay, to disk, to the pools they touch. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/control_internal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void emit(struct control *control, const struct override *override, const char *action,
                 const char *author)
{
    char target[OVERRIDE_TARGET_MAX];
    char weight[16];
    override_print_target(override, target);
    (void)snprintf(weight, sizeof(weight), "%u", (unsigned) override->weight);
    bool state = override->kind == OVERRIDE_KIND_STATE;
    log_info("override", "%s %s %s %s by %s%s%s", override->id, action, target,
             state ? override_state_name(override->state) : weight, author,
             override->reason[0] != '\0' ? ": " : "", override->reason);
    events_emit(control->events, "override",
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "action", action, "id", override->id,
                          "target", target, state ? "state" : "weight",
                          state ? override_state_name(override->state) : weight, "author", author,
                          "reason", override->reason));
}

/* Pools with a member that the override is about, and services. */
static void mark_users(struct control *control, const struct override *override)
{
    size_t count = 0;
    if (override->scope != OVERRIDE_MEMBER)
        control_ipvs_touch(control);
    if (override->scope == OVERRIDE_SERVICE) {
        uint32_t service = world_service(control->world, override->pool);
        if (service != POOL_NONE)
            control_mark_service(control, service);
        return;
    }
    if (override->scope == OVERRIDE_BACKEND) {
        const struct world_user *users = world_users(control->world, &override->address, &count);
        for (size_t i = 0; i < count; i++)
            control_mark_pool(control, users[i].pool);
        return;
    }
    uint32_t pool = world_pool(control->world, override->pool);
    if (pool != POOL_NONE && world_member(control->world, pool, override->member) != POOL_NONE)
        control_mark_pool(control, pool);
}

static void note_place(struct control *control, const struct override *override)
{
    if (override->scope == OVERRIDE_BACKEND) {
        control->overridden_backends = true;
        return;
    }
    if (override->scope == OVERRIDE_SERVICE) {
        uint32_t service = world_service(control->world, override->pool);
        if (service != POOL_NONE)
            control->overridden_services[service] = true;
        return;
    }
    uint32_t pool = world_pool(control->world, override->pool);
    if (pool != POOL_NONE)
        control->overridden[pool] = true;
}

void control_override_adopt(struct control *control)
{
    mem_free(control->overridden);
    control->overridden = MEM_NEW_ARRAY(bool, control->world->pools.count);
    control->overridden_backends = false;
    mem_free(control->overridden_services);
    control->overridden_services = MEM_NEW_ARRAY(bool, control->world->service_count);
    for (size_t i = 0; i < override_count(control->overrides); i++)
        note_place(control, override_at(control->overrides, i));
}

static void on_expire(uv_timer_t *timer)
{
    struct control *control = timer->data;
    int64_t now = clock_wall_ms();
    size_t i = 0;
    while (i < override_count(control->overrides)) {
        struct override override = *override_at(control->overrides, i);
        if (override.until_ms == 0 || override.until_ms > now) {
            i++;
            continue;
        }
        (void)override_clear_id(control->overrides, override.id);
        emit(control, &override, "expired", override.author);
        mark_users(control, &override);
        control_save_changed(control);
    }
    control_override_schedule(control);
}

/* At the next expiry, but at least each minute, since wall time may be set. */
void control_override_schedule(struct control *control)
{
    int64_t now = clock_wall_ms();
    int64_t wait = 60000;
    for (size_t i = 0; i < override_count(control->overrides); i++) {
        int64_t until = override_at(control->overrides, i)->until_ms;
        if (until != 0 && until - now < wait)
            wait = until - now;
    }
    (void)uv_timer_start(&control->expire_timer, on_expire, wait > 0 ? (uint64_t)wait : 0, 0);
}

void control_override_init(struct control *control)
{
    (void)uv_timer_init(control->loop, &control->expire_timer);
    control->expire_timer.data = control;
}

static void put(struct control *control, struct override *value, const char *reason,
                const char *author, int64_t until_ms)
{
    value->since_ms = clock_wall_ms();
    value->until_ms = until_ms;
    (void)snprintf(value->reason, sizeof(value->reason), "%s", reason != NULL ? reason : "");
    (void)snprintf(value->author, sizeof(value->author), "%s", author != NULL ? author : "");
    const struct override *stored = override_set(control->overrides, value);
    note_place(control, stored);
    emit(control, stored, "set", stored->author);
    mark_users(control, stored);
    control_save_changed(control);
    control_override_schedule(control);
}

static void take_away(struct control *control, const struct override *stored, const char *author)
{
    struct override copy = *stored;
    (void)override_clear_id(control->overrides, copy.id);
    emit(control, &copy, "cleared", author);
    mark_users(control, &copy);
    control_save_changed(control);
}

static void name_member(const struct control *control, uint32_t pool, uint32_t member,
                        struct override *out)
{
    const struct pool *p = &control->world->pools.pools[pool];
    out->scope = OVERRIDE_MEMBER;
    (void)snprintf(out->pool, sizeof(out->pool), "%s", p->name);
    (void)snprintf(out->member, sizeof(out->member), "%s", p->members[member].name);
}

/* False when the indexes are not of this world. */
static bool known(const struct control *control, uint32_t pool, uint32_t member)
{
    return pool < control->world->pools.count &&
           member < control->world->pools.pools[pool].member_count;
}

/* Sets `value`, or takes `old` away when there is nothing to set. */
static void set_or_clear(struct control *control, struct override *value, bool clear,
                         const struct control_override_words *words, const struct override *old)
{
    if (!clear)
        put(control, value, words->reason, words->author, words->until_ms);
    else if (old != NULL)
        take_away(control, old, words->author);
}

static bool name_service(const struct control *control, uint32_t service, uint32_t server,
                         struct override *out)
{
    const struct world *world = control->world;
    if (service >= world->service_count)
        return false;
    const struct ipvs_spec *spec = &world->services[service].config->spec;
    if (server != POOL_NONE && server >= spec->server_count)
        return false;
    out->scope = OVERRIDE_SERVICE;
    (void)snprintf(out->pool, sizeof(out->pool), "%s", spec->name);
    if (server != POOL_NONE)
        (void)snprintf(out->member, sizeof(out->member), "%s", spec->servers[server].name);
    return true;
}

bool control_override_service_state(struct control *control, uint32_t service, uint32_t server,
                                    enum override_state state,
                                    const struct control_override_words *words)
{
    struct override value = { .kind = OVERRIDE_KIND_STATE, .state = state };
    if (!name_service(control, service, server, &value))
        return false;
    set_or_clear(
        control, &value, state == OVERRIDE_NONE, words,
        override_of_service(control->overrides, OVERRIDE_KIND_STATE, value.pool, value.member));
    return true;
}

bool control_override_server_weight(struct control *control, uint32_t service, uint32_t server,
                                    bool clear, uint32_t weight,
                                    const struct control_override_words *words)
{
    struct override value = { .kind = OVERRIDE_KIND_WEIGHT, .weight = weight };
    if (server == POOL_NONE || !name_service(control, service, server, &value))
        return false;
    set_or_clear(
        control, &value, clear, words,
        override_of_service(control->overrides, OVERRIDE_KIND_WEIGHT, value.pool, value.member));
    return true;
}

bool control_override_member_state(struct control *control, uint32_t pool, uint32_t member,
                                   enum override_state state, const char *reason,
                                   const char *author, int64_t until_ms)
{
    struct override value = { .kind = OVERRIDE_KIND_STATE, .state = state };
    if (!known(control, pool, member))
        return false;
    name_member(control, pool, member, &value);
    const struct override *old =
        override_of_member(control->overrides, OVERRIDE_KIND_STATE, value.pool, value.member);
    if (state != OVERRIDE_NONE)
        put(control, &value, reason, author, until_ms);
    else if (old != NULL)
        take_away(control, old, author);
    return true;
}

bool control_override_member_weight(struct control *control, uint32_t pool, uint32_t member,
                                    bool clear, uint32_t weight, const char *reason,
                                    const char *author, int64_t until_ms)
{
    struct override value = { .kind = OVERRIDE_KIND_WEIGHT, .weight = weight };
    if (!known(control, pool, member))
        return false;
    name_member(control, pool, member, &value);
    const struct override *old =
        override_of_member(control->overrides, OVERRIDE_KIND_WEIGHT, value.pool, value.member);
    if (!clear)
        put(control, &value, reason, author, until_ms);
    else if (old != NULL)
        take_away(control, old, author);
    return true;
}

bool control_override_backend(struct control *control, const struct addr *addr,
                              enum override_state state, const char *reason, const char *author,
                              int64_t until_ms)
{
    struct override value = {
        .scope = OVERRIDE_BACKEND, .kind = OVERRIDE_KIND_STATE, .address = *addr, .state = state
    };
    const struct override *old = override_of_backend(control->overrides, addr);
    if (state == OVERRIDE_NONE && old != NULL) {
        take_away(control, old, author);
        return true;
    }
    if (control_override_orphan(control, &value))
        return false;
    if (state != OVERRIDE_NONE)
        put(control, &value, reason, author, until_ms);
    return true;
}

bool control_override_delete(struct control *control, const char *id, const char *author)
{
    for (size_t i = 0; i < override_count(control->overrides); i++) {
        const struct override *override = override_at(control->overrides, i);
        if (strcmp(override->id, id) != 0)
            continue;
        take_away(control, override, author);
        return true;
    }
    return false;
}

bool control_override_orphan(const struct control *control, const struct override *override)
{
    const struct world *world = control->world;
    size_t count = 0;
    if (override->scope == OVERRIDE_BACKEND)
        return world_users(world, &override->address, &count) == NULL &&
               world_reals(world, &override->address, &count) == NULL &&
               !control_ipvs_has_vip(control, &override->address);
    if (override->scope == OVERRIDE_SERVICE) {
        uint32_t service = world_service(world, override->pool);
        return service == POOL_NONE ||
               (override->member[0] != '\0' &&
                world_server(world, service, override->member) == POOL_NONE);
    }
    uint32_t pool = world_pool(world, override->pool);
    return pool == POOL_NONE || world_member(world, pool, override->member) == POOL_NONE;
}
