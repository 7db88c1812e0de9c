// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "base/wire.h"
#include "server/world_internal.h"

#include <string.h>

#define RDATA_ADDRESS_MAX 16 /* A and AAAA: the zone build has checked their lengths */

static void add_from_set(struct world_load_context *ctx, struct config_pool *pool,
                         const struct zone *zone, const struct rrset *set)
{
    if (set == NULL)
        return;
    struct arena *arena = ctx->world->arena;
    uint8_t rdata[RDATA_ADDRESS_MAX];
    for (unsigned i = 0; i < set->count; i++) {
        struct config_member *member = &pool->members[pool->member_count++];
        struct addr *addr = ARENA_NEW(arena, struct addr);
        char text[ADDR_TEXT_MAX];
        size_t length = zone_rdata(zone, set, i, rdata);
        addr->family = set->type == RRTYPE_A ? ADDR_V4 : ADDR_V6;
        memcpy(addr->bytes, rdata, length);
        addr_print(addr, text);
        member->name = arena_strdup(arena, text);
        member->path = pool->path;
        member->addresses = (struct schema_list){ addr, 1 };
        member->pool = CONFIG_NONE;
        member->service = CONFIG_NONE;
        member->weight = 1;
        member->order = (uint32_t)pool->member_count;
    }
}

void world_fill_from_file(struct world_load_context *ctx, uint32_t pool, const struct zone *zone,
                          const uint8_t *owner)
{
    struct config_pool *out = &ctx->world->config->pools[pool];
    struct name_hashes hashes;
    name_hash_all(owner, zone->seed, &hashes);
    const struct zone_node *node = zone_node_at(zone, owner, hashes.hash[hashes.labels]);
    const struct rrset *a = node != NULL ? zone_node_rrset(node, RRTYPE_A) : NULL;
    const struct rrset *aaaa = node != NULL ? zone_node_rrset(node, RRTYPE_AAAA) : NULL;
    size_t count = (a != NULL ? a->count : 0U) + (aaaa != NULL ? aaaa->count : 0U);
    out->members = ARENA_NEW_ARRAY(ctx->world->arena, struct config_member, count);
    out->member_count = 0;
    add_from_set(ctx, out, zone, a);
    add_from_set(ctx, out, zone, aaaa);
}

/* Index in ctx->targets of what `check` asks of this address; the same question is one target. */
static uint32_t target_of(struct world_load_context *ctx, const struct check *check,
                          const struct addr *addr, uint16_t port)
{
    struct endpoint endpoint = { .addr = check->has_address ? check->address : *addr,
                                 .port = port };
    if (check->port != 0)
        endpoint.port = check->port;
    else if (port == 0)
        endpoint.port = check_type_get(check->type)->default_port;
    char *identity = check_identity(check, &endpoint);
    uint64_t index = 0;
    if (!strmap_get(ctx->identities, identity, &index)) {
        index = ctx->target_count;
        (void)strmap_put(ctx->identities, identity, index);
        mem_grow((void **)&ctx->targets, &ctx->target_capacity, ctx->target_count + 1,
                 sizeof(*ctx->targets));
        ctx->targets[ctx->target_count++] =
            (struct world_target){ .check = check,
                                   .endpoint = endpoint,
                                   .identity = arena_strdup(ctx->world->arena, identity) };
    }
    mem_free(identity);
    return (uint32_t)index;
}

void world_add_targets(struct world_load_context *ctx, const struct world_question *question,
                       struct pool_address *out)
{
    struct world *world = ctx->world;
    out->addr = question->addr;
    out->targets = &world->references[world->reference_count];
    out->target_count = question->check_count;
    for (size_t i = 0; i < question->check_count; i++)
        world->references[world->reference_count++] =
            target_of(ctx, &world->config->checks[question->checks[i]].check, &question->addr,
                      question->port);
}

/* What is asked of the member's addresses; nothing where its service is asked. */
static struct world_question question_of(const struct config_pool *pool,
                                         const struct config_member *member)
{
    struct world_question question = { .port = member->port };
    if (member->service != CONFIG_NONE)
        return question;
    question.checks = member->checks_given ? member->checks : pool->checks;
    question.check_count = member->checks_given ? member->check_count : pool->check_count;
    return question;
}

/* How many (address, check) pairs there are, to make one array of them. */
static size_t count_references(const struct config *config)
{
    size_t count = world_count_service_references(config);
    for (size_t p = 0; p < config->pool_count; p++) {
        const struct config_pool *pool = &config->pools[p];
        for (size_t m = 0; m < pool->member_count; m++)
            count +=
                pool->members[m].addresses.count * question_of(pool, &pool->members[m]).check_count;
    }
    return count;
}

static bool is_weighed(const struct config *config, const struct world_question *question)
{
    bool weighed = false;
    for (size_t i = 0; i < question->check_count; i++)
        weighed = weighed || check_tells_weight(&config->checks[question->checks[i]].check);
    return weighed;
}

static void make_addresses(struct world_load_context *ctx, struct pool_member *out,
                           const struct config_pool *pool, const struct config_member *member)
{
    const struct addr *addrs = member->addresses.items;
    struct world_question question = question_of(pool, member);
    struct pool_address *addresses =
        ARENA_NEW_ARRAY(ctx->world->arena, struct pool_address, member->addresses.count);
    for (size_t a = 0; a < member->addresses.count; a++) {
        question.addr = addrs[a];
        world_add_targets(ctx, &question, &addresses[a]);
    }
    out->addresses = addresses;
    out->address_count = member->addresses.count;
    out->weighed = out->address_count > 0 && is_weighed(ctx->world->config, &question);
}

static struct pool_member *make_members(struct world_load_context *ctx,
                                        const struct config_pool *pool)
{
    struct pool_member *members =
        ARENA_NEW_ARRAY(ctx->world->arena, struct pool_member, pool->member_count);
    for (size_t m = 0; m < pool->member_count; m++) {
        const struct config_member *member = &pool->members[m];
        members[m].name = member->name;
        members[m].child = member->pool;
        members[m].service = member->service != CONFIG_NONE ? member->service + 1 : 0;
        members[m].weight = member->weight;
        members[m].order = member->order;
        members[m].port = member->port;
        members[m].disabled = member->disabled;
        make_addresses(ctx, &members[m], pool, member);
    }
    return members;
}

void world_make_pools(struct world_load_context *ctx)
{
    struct world *world = ctx->world;
    const struct config *config = world->config;
    struct pool *pools = ARENA_NEW_ARRAY(world->arena, struct pool, config->pool_count);
    world->references = ARENA_NEW_ARRAY(world->arena, uint32_t, count_references(config));
    world->members = ARENA_NEW_ARRAY(world->arena, struct pool_member *, config->pool_count);
    for (size_t p = 0; p < config->pool_count; p++) {
        const struct config_pool *pool = &config->pools[p];
        world->members[p] = make_members(ctx, pool);
        pools[p] = (struct pool){
            .name = pool->name,
            .policy = pool->policy,
            .ttl = pool->ttl,
            .max_answers = pool->max_answers,
            .max_answers_given = pool->max_answers_given,
            .min_live = pool->min_live,
            .all_down = pool->all_down,
            .fallback = pool->fallback,
            .members = world->members[p],
            .member_count = pool->member_count,
        };
    }
    world->pools = (struct poolset){ .pools = pools,
                                     .count = config->pool_count,
                                     .order = config->pool_order };
    world_make_services(ctx);
    world->targets =
        arena_dup(world->arena, ctx->targets, ctx->target_count * sizeof(*ctx->targets),
                  _Alignof(struct world_target));
    world->target_count = ctx->target_count;
}
