// SPDX-License-Identifier: BSD-2-Clause
/* The IPVS services of a world: what is probed to know whether their servers are up, and finding
 * them by name and address. */
#include "server/world_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- making --- */

static struct world_question question_of_server(const struct config_service *service, size_t server)
{
    const struct config_real *real = &service->reals[server];
    const struct ipvs_dest *dest = &service->spec.servers[server].dest;
    return (struct world_question){
        .addr = dest->addr,
        .port = dest->port,
        .checks = real->checks_given ? real->checks : service->checks,
        .check_count = real->checks_given ? real->check_count : service->check_count,
    };
}

size_t world_count_service_references(const struct config *config)
{
    size_t count = 0;
    for (size_t i = 0; i < config->ipvs.service_count; i++) {
        const struct config_service *service = &config->ipvs.services[i];
        count += service->vip_check_count;
        for (size_t k = 0; k < service->spec.server_count; k++)
            count += question_of_server(service, k).check_count;
    }
    return count;
}

static void make_service(struct world_load_context *ctx, const struct config_service *service,
                         struct world_service *out)
{
    const struct ipvs_spec *spec = &service->spec;
    struct pool_address *servers =
        ARENA_NEW_ARRAY(ctx->world->arena, struct pool_address, spec->server_count);
    const struct world_question vip = {
        .addr = spec->service.key.addr,
        .port = spec->service.key.port,
        .checks = service->vip_checks,
        .check_count = service->vip_check_count,
    };
    for (size_t i = 0; i < spec->server_count; i++) {
        struct world_question question = question_of_server(service, i);
        world_add_targets(ctx, &question, &servers[i]);
    }
    out->config = service;
    out->servers = servers;
    world_add_targets(ctx, &vip, &out->vip);
}

void world_make_services(struct world_load_context *ctx)
{
    struct world *world = ctx->world;
    const struct config_ipvs *ipvs = &world->config->ipvs;
    world->service_count = ipvs->service_count;
    world->services = ARENA_NEW_ARRAY(world->arena, struct world_service, ipvs->service_count);
    for (size_t i = 0; i < ipvs->service_count; i++)
        make_service(ctx, &ipvs->services[i], &world->services[i]);
}

void world_find_service_tails(struct world *world)
{
    world->service_tail_s = ARENA_NEW_ARRAY(world->arena, uint32_t, world->service_count);
    for (size_t p = 0; p < world->pools.count; p++) {
        const struct pool *pool = &world->pools.pools[p];
        for (size_t m = 0; m < pool->member_count; m++) {
            uint32_t service = pool->members[m].service;
            if (service != 0 && world->service_tail_s[service - 1] < world->tail_s[p])
                world->service_tail_s[service - 1] = world->tail_s[p];
        }
    }
}

/* --- finding --- */

static int compare_reals(const void *a, const void *b)
{
    const struct world_real *left = a;
    const struct world_real *right = b;
    int order = addr_compare(&left->addr, &right->addr);
    if (order != 0)
        return order;
    if (left->service != right->service)
        return left->service < right->service ? -1 : 1;
    return (left->server > right->server) - (left->server < right->server);
}

static size_t count_servers(const struct world *world)
{
    size_t count = 0;
    for (size_t i = 0; i < world->service_count; i++)
        count += world->services[i].config->spec.server_count;
    return count;
}

void world_index_services(struct world *world)
{
    world->reals = ARENA_NEW_ARRAY(world->arena, struct world_real, count_servers(world));
    for (uint32_t i = 0; i < world->service_count; i++) {
        for (uint32_t k = 0; k < world->services[i].config->spec.server_count; k++)
            world->reals[world->real_count++] = (struct world_real){
                .addr = world->services[i].servers[k].addr, .service = i, .server = k
            };
    }
    if (world->real_count > 0)
        qsort(world->reals, world->real_count, sizeof(*world->reals), compare_reals);
}

const struct world_real *world_reals(const struct world *world, const struct addr *addr,
                                     size_t *count)
{
    size_t low = 0;
    size_t high = world->real_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (addr_compare(&world->reals[middle].addr, addr) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < world->real_count && addr_equal(&world->reals[low + *count].addr, addr))
        ++*count;
    return *count > 0 ? &world->reals[low] : NULL;
}

uint32_t world_service(const struct world *world, const char *name)
{
    for (size_t i = 0; i < world->service_count; i++) {
        if (strcmp(world->services[i].config->spec.name, name) == 0)
            return (uint32_t)i;
    }
    return POOL_NONE;
}

uint32_t world_server(const struct world *world, uint32_t service, const char *name)
{
    const struct ipvs_spec *spec = &world->services[service].config->spec;
    for (size_t i = 0; i < spec->server_count; i++) {
        if (strcmp(spec->servers[i].name, name) == 0)
            return (uint32_t)i;
    }
    return POOL_NONE;
}
