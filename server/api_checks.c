// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/api_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who uses a target: filled in one pass over the members, looked up by the target's id. */
struct users {
    uint32_t id;
    json_t *members; /* borrowed from the target's object */
};

static int compare_users(const void *a, const void *b)
{
    uint32_t left = ((const struct users *)a)->id;
    uint32_t right = ((const struct users *)b)->id;
    return (left > right) - (left < right);
}

/* As checks of one target share their members once, a name is added once. */
static void add_user(struct users *users, size_t count, uint32_t id, const char *name)
{
    struct users key = { .id = id };
    const struct users *found = bsearch(&key, users, count, sizeof(*users), compare_users);
    if (found == NULL)
        return;
    size_t last = json_array_size(found->members);
    if (last > 0 && strcmp(json_string_value(json_array_get(found->members, last - 1)), name) == 0)
        return;
    (void)json_array_append_new(found->members, api_view_text(name));
}

static void add_address_users(struct users *users, size_t count, const struct pool_address *address,
                              const char *name)
{
    for (size_t t = 0; t < address->target_count; t++)
        add_user(users, count, address->targets[t], name);
}

static void add_users_of(struct users *users, size_t count, const struct pool *pool,
                         const struct pool_member *member)
{
    char name[NAME_TEXT_MAX];
    (void)snprintf(name, sizeof(name), "%s/%s", pool->name, member->name);
    for (size_t a = 0; a < member->address_count; a++)
        add_address_users(users, count, &member->addresses[a], name);
}

static void add_service_users(struct users *users, size_t count,
                              const struct world_service *service)
{
    char name[NAME_TEXT_MAX];
    const struct ipvs_spec *spec = &service->config->spec;
    (void)snprintf(name, sizeof(name), "ipvs:%s", spec->name);
    add_address_users(users, count, &service->vip, name);
    for (size_t i = 0; i < spec->server_count; i++) {
        (void)snprintf(name, sizeof(name), "ipvs:%s/%s", spec->name, spec->servers[i].name);
        add_address_users(users, count, &service->servers[i], name);
    }
}

static json_t *target_object(struct control *control, const struct world_target *target,
                             json_t *members)
{
    struct prober_status status = { 0 };
    bool known = prober_get(control_prober(control), target->id, &status);
    json_t *object = json_object();
    (void)json_object_set_new(object, "check", api_view_text(target->check->name));
    (void)json_object_set_new(object, "address", api_view_addr(&target->endpoint.addr));
    (void)json_object_set_new(object, "port", json_integer(target->endpoint.port));
    (void)json_object_set_new(object, "verdict", json_string(health_verdict_name(status.verdict)));
    (void)json_object_set_new(object, "suspect", json_boolean(status.suspect));
    if (known && status.weight < CHECK_WEIGHT_FULL)
        (void)json_object_set_new(object, "weight", json_integer(status.weight));
    (void)json_object_set_new(object, "since", api_view_time(status.since_ms));
    (void)json_object_set_new(object, "last", api_view_last(&status));
    (void)json_object_set_new(object, "next_in_ms",
                              known ? json_integer(status.next_in_ms) : json_null());
    (void)json_object_set_new(object, "members", members);
    return object;
}

void api_get_checks(struct api_call *call)
{
    const struct world *world = control_world(call->control);
    struct users *users = MEM_NEW_ARRAY(struct users, world->target_count);
    json_t *list = json_array();
    for (size_t i = 0; i < world->target_count; i++) {
        json_t *members = json_array();
        users[i] = (struct users){ .id = world->targets[i].id, .members = members };
        (void)json_array_append_new(list,
                                    target_object(call->control, &world->targets[i], members));
    }
    qsort(users, world->target_count, sizeof(*users), compare_users);
    for (size_t p = 0; p < world->pools.count; p++)
        for (size_t m = 0; m < world->pools.pools[p].member_count; m++)
            add_users_of(users, world->target_count, &world->pools.pools[p],
                         &world->pools.pools[p].members[m]);
    for (size_t i = 0; i < world->service_count; i++)
        add_service_users(users, world->target_count, &world->services[i]);
    mem_free(users);
    api_reply_json(call->api, call->request, 200, json_pack("{s:o}", "targets", list));
}

void api_post_push(struct api_call *call)
{
    const struct config *config = control_world(call->control)->config;
    for (size_t i = 0; i < config->check_count; i++) {
        if (strcmp(config->checks[i].name, call->params[0]) != 0)
            continue;
        api_reply_error(call->api, call->request, 409, NULL, "the check %s is of type %s, not push",
                        call->params[0], check_type_get(config->checks[i].check.type)->name);
        return;
    }
    api_reply_error(call->api, call->request, 404, NULL, "there is no check %s", call->params[0]);
}
