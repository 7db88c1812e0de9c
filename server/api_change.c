// SPDX-License-Identifier: BSD-2-Clause
/* Routes that change something. Each answers when every worker serves the change; until then the
 * request waits. */
#include "base/log.h"
#include "base/mem.h"
#include "server/api_internal.h"

#include <stdio.h>
#include <string.h>

#define WHY_SIZE 512

/* A request that waits. Whoever waited for may be gone from the config when the time has come, so
 * names are kept. It lives until the control calls back, even when the request is gone by then. */
struct pending {
    struct api *api;
    struct http_request *request; /* NULL when the server went first */
    json_t *(*view)(const struct pending *pending);
    char *pool; /* or zone */
    char *member;
    struct addr addr;
    json_t *object; /* what was, for a thing that is gone now */
};

static void on_gone(void *data)
{
    struct pending *pending = data;
    pending->request = NULL;
}

static struct pending *pending_new(const struct api_call *call,
                                   json_t *(*view)(const struct pending *pending))
{
    struct pending *pending = MEM_NEW(struct pending);
    pending->api = call->api;
    pending->request = call->request;
    pending->view = view;
    http_defer(call->request, on_gone, pending);
    return pending;
}

static void pending_free(struct pending *pending)
{
    json_decref(pending->object);
    mem_free(pending->pool);
    mem_free(pending->member);
    mem_free(pending);
}

static void on_served(void *data, uint64_t generation, bool saved)
{
    struct pending *pending = data;
    if (pending->request != NULL) {
        json_t *object = pending->view(pending);
        (void)json_object_set_new(object, "generation", json_integer((json_int_t)generation));
        (void)json_object_set_new(object, "saved", json_boolean(saved));
        api_reply_json(pending->api, pending->request, 200, object);
    }
    pending_free(pending);
}

static void wait_served(struct api_call *call, struct pending *pending)
{
    control_when_served(call->control, on_served, pending);
}

enum override_state api_state_of(const char *word)
{
    if (strcmp(word, "up") == 0)
        return OVERRIDE_UP;
    if (strcmp(word, "down") == 0)
        return OVERRIDE_DOWN;
    return strcmp(word, "drain") == 0 ? OVERRIDE_DRAIN : OVERRIDE_NONE;
}

/* --- members --- */

struct member_index {
    uint32_t pool;
    uint32_t member;
};

static bool find_member(const struct world *world, const char *pool, const char *member,
                        struct member_index *out)
{
    out->pool = world_pool(world, pool);
    out->member = out->pool == POOL_NONE ? POOL_NONE : world_member(world, out->pool, member);
    return out->member != POOL_NONE;
}

static json_t *view_member(const struct pending *pending)
{
    struct control *control = pending->api->control;
    struct member_index at;
    json_t *object = json_object();
    if (find_member(control_world(control), pending->pool, pending->member, &at)) {
        json_decref(object);
        object = api_view_member(control, at.pool, at.member);
    }
    (void)json_object_set_new(object, "pool", api_view_text(pending->pool));
    (void)json_object_set_new(object, "member", api_view_text(pending->member));
    return object;
}

/* Finds the member that the path names; false when it has answered. */
static bool member_of_path(struct api_call *call, struct member_index *out)
{
    const struct world *world = control_world(call->control);
    if (find_member(world, call->params[0], call->params[1], out))
        return true;
    if (out->pool == POOL_NONE)
        api_reply_error(call->api, call->request, 404, NULL, "there is no pool %s",
                        call->params[0]);
    else
        api_reply_error(call->api, call->request, 404, NULL, "the pool %s has no member %s",
                        call->params[0], call->params[1]);
    return false;
}

static void wait_member(struct api_call *call)
{
    struct pending *pending = pending_new(call, view_member);
    pending->pool = mem_strdup(call->params[0]);
    pending->member = mem_strdup(call->params[1]);
    wait_served(call, pending);
}

void api_put_member_state(struct api_call *call)
{
    struct member_index at;
    if (!member_of_path(call, &at))
        return;
    (void)control_override_member_state(
        call->control, at.pool, at.member, api_state_of(api_body_text(call, "state")),
        api_body_text(call, "reason"), call->who->name, api_body_until(call));
    wait_member(call);
}

void api_put_member_weight(struct api_call *call)
{
    struct member_index at;
    if (!member_of_path(call, &at))
        return;
    const json_t *weight = json_object_get(call->body, "weight");
    (void)control_override_member_weight(call->control, at.pool, at.member, json_is_null(weight),
                                         (uint32_t)json_integer_value(weight),
                                         api_body_text(call, "reason"), call->who->name,
                                         api_body_until(call));
    wait_member(call);
}

/* --- backends --- */

static json_t *view_backend(const struct pending *pending)
{
    struct control *control = pending->api->control;
    const struct poolset *set = &control_world(control)->pools;
    const struct override *override =
        override_of_backend(control_overrides(control), &pending->addr);
    json_t *members = json_object();
    char name[NAME_TEXT_MAX];
    for (uint32_t p = 0; p < set->count; p++) {
        for (uint32_t m = 0; m < set->pools[p].member_count; m++) {
            const struct pool_member *member = &set->pools[p].members[m];
            bool hit = false;
            for (size_t a = 0; a < member->address_count; a++)
                hit = hit || addr_equal(&member->addresses[a].addr, &pending->addr);
            if (!hit)
                continue;
            (void)snprintf(name, sizeof(name), "%s/%s", set->pools[p].name, member->name);
            (void)json_object_set_new(members, name, api_view_member(control, p, m));
        }
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "servers", api_view_ipvs_reals(control, &pending->addr));
    (void)json_object_set_new(object, "address", api_view_addr(&pending->addr));
    (void)json_object_set_new(
        object, "state",
        json_string(override == NULL ? "auto" : override_state_name(override->state)));
    (void)json_object_set_new(object, "override", api_view_override(control, override));
    (void)json_object_set_new(object, "members", members);
    return object;
}

void api_put_backend_state(struct api_call *call)
{
    struct addr addr;
    if (!addr_parse(call->params[0], &addr)) {
        api_reply_error(call->api, call->request, 400, NULL, "%s is not an IP address",
                        call->params[0]);
        return;
    }
    if (!control_override_backend(call->control, &addr, api_state_of(api_body_text(call, "state")),
                                  api_body_text(call, "reason"), call->who->name,
                                  api_body_until(call))) {
        api_reply_error(call->api, call->request, 404, NULL,
                        "no member, real server or VIP has the address %s", call->params[0]);
        return;
    }
    struct pending *pending = pending_new(call, view_backend);
    pending->addr = addr;
    control_ipvs_decide(call->control);
    wait_served(call, pending);
}

/* --- overrides --- */

static json_t *view_deleted(const struct pending *pending)
{
    json_t *object = json_incref(pending->object);
    (void)json_object_set_new(object, "deleted", json_true());
    return object;
}

void api_delete_override(struct api_call *call)
{
    const struct override_store *store = control_overrides(call->control);
    json_t *object = NULL;
    for (size_t i = 0; i < override_count(store) && object == NULL; i++)
        if (strcmp(override_at(store, i)->id, call->params[0]) == 0)
            object = api_view_override(call->control, override_at(store, i));
    if (object == NULL ||
        !control_override_delete(call->control, call->params[0], call->who->name)) {
        json_decref(object);
        api_reply_error(call->api, call->request, 404, NULL, "there is no override %s",
                        call->params[0]);
        return;
    }
    struct pending *pending = pending_new(call, view_deleted);
    pending->object = object;
    wait_served(call, pending);
}

/* --- reload --- */

static json_t *error_lines(const struct errlist *errors)
{
    json_t *list = json_array();
    for (size_t i = 0; errors != NULL && i < errors->count; i++)
        (void)json_array_append_new(list, api_view_text(errors->lines[i]));
    return list;
}

static json_t *view_reload(const struct pending *pending)
{
    struct control *control = pending->api->control;
    size_t zone = pending->pool == NULL ? API_NOT_FOUND : api_find_zone(control, pending->pool);
    return zone == API_NOT_FOUND ? json_object() : api_view_zone(control, zone);
}

static void on_reloaded(void *data, bool ok, uint64_t generation, const struct errlist *errors)
{
    struct pending *pending = data;
    if (pending->request != NULL && ok) {
        json_t *object = view_reload(pending);
        (void)json_object_set_new(object, "generation", json_integer((json_int_t)generation));
        if (errors != NULL && errors->count > 0) /* partial_reload: not all is well */
            (void)json_object_set_new(object, "errors", error_lines(errors));
        api_reply_json(pending->api, pending->request, 200, object);
    } else if (pending->request != NULL) {
        json_t *extra = json_pack("{s:o}", "errors", error_lines(errors));
        api_reply_error_with(pending->api, pending->request, 422, extra, NULL,
                             "the new configuration is refused, the old one stays");
    }
    pending_free(pending);
}

void api_post_reload(struct api_call *call)
{
    char why[WHY_SIZE];
    (void)snprintf(why, sizeof(why), "the API (%s)", call->who->name);
    bool force = json_is_true(json_object_get(call->body, "force"));
    (force ? control_reload_forced : control_reload)(call->control, why, on_reloaded,
                                                     pending_new(call, view_reload));
}

void api_post_zone_reload(struct api_call *call)
{
    char why[WHY_SIZE];
    size_t zone = api_find_zone(call->control, call->params[0]);
    if (zone == API_NOT_FOUND) {
        api_reply_error(call->api, call->request, 404, NULL, "there is no zone %s",
                        call->params[0]);
        return;
    }
    struct pending *pending = pending_new(call, view_reload);
    pending->pool = mem_strdup(control_world(call->control)->zones[zone].name);
    (void)snprintf(why, sizeof(why), "the API (%s), %s alone", call->who->name, pending->pool);
    control_reload_zone(call->control, zone, why, on_reloaded, pending);
}
