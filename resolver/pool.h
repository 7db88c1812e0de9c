// SPDX-License-Identifier: BSD-2-Clause
/* Pools: definitions (immutable, of one config world) and the table of their compiled pickers
 * (control thread). Everything that is decided alike for every policy is decided here: which
 * members are live for a family, weight 0 ("only when all others are down"), min_live, on_all_down,
 * nesting, last good set. A change rebuilds the pools it touches and those above them only. */
#pragma once

#include "base/addr.h"
#include "resolver/picker.h"
#include "resolver/policy.h"

enum pool_all_down {
    POOL_DOWN_ALL,
    POOL_DOWN_LAST_GOOD,
    POOL_DOWN_NODATA,
    POOL_DOWN_SERVFAIL,
    POOL_DOWN_POOL
};

#define POOL_NONE        UINT32_MAX
#define POOL_TARGET_NONE UINT32_MAX
#define POOL_SHARE_ONE   10000U

/* One address of a member; live when every target is up or unknown. */
struct pool_address {
    struct addr addr;
    const uint32_t *targets; /* prober ids (a member's check may be a list: all must pass); none =
                                not checked */
    size_t target_count;
};

struct pool_member {
    const char *name;
    uint32_t stat;  /* stats id, the same for (pool, member) over reloads */
    uint32_t child; /* index of a nested pool, or POOL_NONE */
    uint32_t
        service; /* 1 + index of the IPVS service whose VIP is its one address; 0 = none. The
                    view's `address` tells whether DNS may answer it, `share` what it can take */
    const struct pool_address *addresses;
    size_t address_count;
    uint32_t weight; /* of the file */
    bool weighed;    /* a check of it tells a weight, which the view's `share` has */
    uint32_t order;
    uint16_t port;
    bool disabled;
};

struct pool {
    const char *name;
    const struct policy *policy;
    uint32_t ttl;         /* seconds, PICKER_TTL_NONE when not given */
    uint32_t max_answers; /* 0 = no limit */
    bool max_answers_given;
    uint32_t min_live;
    enum pool_all_down all_down;
    uint32_t fallback; /* POOL_DOWN_POOL */
    const struct pool_member *members;
    size_t member_count;
};

/* Acyclic: the config check has seen to it. */
struct poolset {
    const struct pool *pools;
    size_t count;
    const uint32_t *order; /* indexes, children (members and fallbacks) before parents */
};

/* What may be done with an address or a nested member, as health and overrides together say. */
enum pool_use {
    POOL_LIVE,   /* up, unknown, or forced up */
    POOL_FAILED, /* measured down: may come back by weight 0, on_all_down */
    POOL_BARRED, /* down, drain or disabled by an operator or the file: never */
};

/* The control thread's knowledge, asked while building. */
struct pool_view {
    void *data;
    enum pool_use (*address)(void *data, uint32_t pool, uint32_t member, size_t address);
    /* Nested pool as member: LIVE = as the child itself says, BARRED = never; FAILED is not used.
     */
    enum pool_use (*nested)(void *data, uint32_t pool, uint32_t member);
    uint32_t (*weight)(void *data, uint32_t pool, uint32_t member); /* effective */
    /* What a member can take, in parts of POOL_SHARE_ONE, by which its weight is multiplied: the
     * live capacity of its service, where 0 is none (a member that is used all the same, forced up
     * or since all are down, has its whole weight); or what the checks of a `weighed` one tell, 0
     * for nothing. Not asked of others. NULL = all are whole. */
    uint32_t (*share)(void *data, uint32_t pool, uint32_t member);
};

struct pool_table;

/* Borrows `set` for its life; builds nothing yet. */
struct pool_table *pool_table_new(const struct poolset *set);
void pool_table_free(struct pool_table *table);
/* Builds all. `previous` (of another world, may be NULL) gives last good sets by pool name. */
void pool_table_build(struct pool_table *table, const struct pool_view *view,
                      const struct pool_table *previous);
/* Rebuilds `pool` and everything above it. */
void pool_table_update(struct pool_table *table, const struct pool_view *view, uint32_t pool);
/* Same for all pools whose flag is set; each pool is built once, however many below it have
 * changed. Sets the flags of the pools above them as well. */
void pool_table_update_many(struct pool_table *table, const struct pool_view *view, bool *changed);

/* The picker for a name bound to the pool: its own on_all_down applied. Borrowed; take a reference
 * to keep it. */
struct picker *pool_table_bound(const struct pool_table *table, uint32_t pool,
                                enum picker_family family);
/* Families that any member could ever give (bits 1 << picker_family), whatever its state. */
unsigned pool_families(const struct poolset *set, uint32_t pool);

struct pool_status {
    uint32_t live[PICKER_FAMILIES];    /* live members */
    uint32_t enabled[PICKER_FAMILIES]; /* members not barred that have the family */
    bool down[PICKER_FAMILIES];        /* below min_live */
};
void pool_table_status(const struct pool_table *table, uint32_t pool, struct pool_status *out);
