// SPDX-License-Identifier: BSD-2-Clause
/* A config world: config, zones, pool definitions and check targets, all resolved. Loaded on a
 * background thread (world_load), given its process-wide ids on the control thread (world_attach),
 * immutable from then on; shared by every state published from it, freed off the control thread
 * after the last. */
#pragma once

#include "health/prober.h"
#include "resolver/pool.h"
#include "resolver/state.h"
#include "server/config.h"
#include "server/registry.h"

/* A name answered by a pool. */
struct world_binding {
    const char *name; /* owner as text with final dot, lower case */
    uint32_t pool;
    uint32_t ttl;         /* the name's own, or PICKER_TTL_NONE */
    uint32_t default_ttl; /* see state_binding */
    unsigned families;    /* bits 1 << enum picker_family that the pool answers here */
    const uint8_t *owner; /* wire form */
    struct turn *turn[PICKER_FAMILIES]; /* after world_attach */
};

struct world_zone {
    const struct zone *zone;        /* borrowed from zonedb */
    const char *name;               /* as the config writes it */
    struct world_binding *bindings; /* index = zone_node.binding */
    size_t binding_count;
};

/* One identity to probe: check x address x port. Many members may share it. */
struct world_target {
    const struct check *check;
    struct endpoint endpoint;
    char *identity;
    uint32_t id; /* after world_attach */
};

struct world_name {
    const char *name; /* of the pool */
    uint32_t pool;
};

/* A member that has this address. */
struct world_user {
    struct addr addr;
    uint32_t pool;
    uint32_t member;
};

/* An IPVS service: the targets to probe. Index = index in config->ipvs.services. */
struct world_service {
    const struct config_service *config;
    const struct pool_address *servers; /* by index in config->spec.servers: address and targets */
    struct pool_address vip; /* targets of the checks through the VIP; none = no such check */
};

/* A real server with this address. */
struct world_real {
    struct addr addr;
    uint32_t service;
    uint32_t server;
};

struct world {
    struct config *config; /* owned */
    struct arena *arena;
    struct zonedb *zonedb;    /* owned */
    struct world_zone *zones; /* by index in zonedb */
    struct poolset pools;     /* index = index in config->pools */
    struct pool_member *
        *members; /* the same members, writable until world_attach has given them their ids */
    uint32_t *references; /* all pool_address.targets; indexes of `targets` before world_attach, ids
                             after */
    size_t reference_count;
    uint32_t
        *tail_s; /* per pool: longest TTL in seconds that any name gives out its answers with */
    uint8_t *families; /* per pool: bits 1 << enum picker_family that any member could ever give */
    struct world_name *names; /* of all pools, sorted */
    struct world_user *users; /* of all addresses of members, sorted */
    size_t user_count;
    struct world_service *services;
    size_t service_count;
    uint32_t *service_tail_s; /* by service: longest TTL in seconds that DNS gives its VIP out with;
                                 0 = in no pool that a name is bound to */
    struct world_real *reals; /* of all services, sorted by address */
    size_t real_count;
    struct world_target *targets;
    size_t target_count;
    unsigned refs; /* control thread */
};

struct world_options {
    uint64_t seed;                /* of name hashes, one per process */
    const struct world *previous; /* with server.partial_reload, the last good version of a bad zone
                                     comes from here (its errors are reported all the same); what is
                                     read at start only must be as here; NULL at start */
    /* Apex of the one zone to read again: all else, the config too, is taken from `previous`; NULL
     * = everything anew. */
    const uint8_t *only;
    /* What else must be right in a config before it is taken; may be NULL. Any thread. */
    void (*check)(const struct config *config, struct errlist *errors);
    atomic_uint_fast64_t *records; /* progress, may be NULL */
    const atomic_bool *cancelled;  /* true ends the load between two zones; may be NULL */
};

/* Config text, zones, pools: all of it or nothing. Returns owned (one reference), NULL with all
 * errors added, or without any when cancelled. Background thread; touches nothing shared but
 * `previous`, which must stay alive. */
struct world *world_load(const char *file, const struct world_options *options,
                         struct errlist *errors);
/* Gives targets, members and bindings their lasting ids and counters. Control thread, once. */
void world_attach(struct world *world, struct registry *registry);
/* Frees everything; any thread, when nobody else holds it. */
void world_free(struct world *world);
/* Index by name, POOL_NONE when absent; member index likewise. */
uint32_t world_pool(const struct world *world, const char *name);
uint32_t world_member(const struct world *world, uint32_t pool, const char *name);
/* All members with that address: `count` of them from the one returned on; NULL when there is none.
 */
const struct world_user *world_users(const struct world *world, const struct addr *addr,
                                     size_t *count);
/* All real servers with that address, likewise. */
const struct world_real *world_reals(const struct world *world, const struct addr *addr,
                                     size_t *count);
/* Index by name, POOL_NONE when absent. */
uint32_t world_service(const struct world *world, const char *name);
/* Index of the server in the service by its config name, POOL_NONE when absent. */
uint32_t world_server(const struct world *world, uint32_t service, const char *name);
