// SPDX-License-Identifier: BSD-2-Clause
#include "server/registry.h"

#include "base/mem.h"
#include "base/strmap.h"
#include "resolver/stats.h"

#include <stdio.h>

/* Counters come in blocks that never move, since workers hold pointers into them. */
#define TURN_BLOCK 256

/* As many as the workers' tables of counters hold. */
#define MEMBERS_MAX ((uint32_t)STATS_CHUNK * STATS_CHUNKS)

struct turn_block {
    struct turn_block *next;
    struct turn *turns; /* TURN_BLOCK, cache aligned */
    size_t used;
};

struct registry {
    struct strmap *targets;
    struct strmap *members;
    struct strmap *names;
    struct turn_block *blocks;
    struct turn *plain;
};

struct registry *registry_new(void)
{
    struct registry *registry = MEM_NEW(struct registry);
    registry->targets = strmap_new();
    registry->members = strmap_new();
    registry->names = strmap_new();
    registry->plain = (struct turn *)mem_alloc_aligned(sizeof(struct turn) * STATE_TURNS);
    return registry;
}

void registry_free(struct registry *registry)
{
    if (registry == NULL)
        return;
    while (registry->blocks != NULL) {
        struct turn_block *block = registry->blocks;
        registry->blocks = block->next;
        mem_free(block->turns);
        mem_free(block);
    }
    strmap_free(registry->targets);
    strmap_free(registry->members);
    strmap_free(registry->names);
    mem_free(registry->plain);
    mem_free(registry);
}

static uint32_t number_of(struct strmap *map, const char *key)
{
    uint64_t value = 0;
    if (strmap_get(map, key, &value))
        return (uint32_t)value;
    value = strmap_count(map);
    (void)strmap_put(map, key, value);
    return (uint32_t)value;
}

uint32_t registry_target(struct registry *registry, const char *identity)
{
    return number_of(registry->targets, identity);
}

uint32_t registry_target_count(const struct registry *registry)
{
    return (uint32_t)strmap_count(registry->targets);
}

uint32_t registry_member(struct registry *registry, const char *pool, const char *member)
{
    /* Neither name can hold a slash in a config; a zone's own names (from_file pools) can, but not
     * together with an address as member. */
    char key[2048];
    (void)snprintf(key, sizeof(key), "%s/%s", pool, member);
    uint32_t id = number_of(registry->members, key);
    return id < MEMBERS_MAX ? id : MEMBERS_MAX - 1;
}

uint32_t registry_member_count(const struct registry *registry)
{
    size_t count = strmap_count(registry->members);
    return count < MEMBERS_MAX ? (uint32_t)count : MEMBERS_MAX;
}

static struct turn *new_turn(struct registry *registry)
{
    struct turn_block *block = registry->blocks;
    if (block == NULL || block->used == TURN_BLOCK) {
        block = MEM_NEW(struct turn_block);
        block->turns = (struct turn *)mem_alloc_aligned(sizeof(struct turn) * TURN_BLOCK);
        block->next = registry->blocks;
        registry->blocks = block;
    }
    return &block->turns[block->used++];
}

struct turn *registry_turn(struct registry *registry, const char *name, enum picker_family family)
{
    char key[2048];
    (void)snprintf(key, sizeof(key), "%d %s", (int)family, name);
    uint64_t value = 0;
    if (!strmap_get(registry->names, key, &value)) {
        value = (uint64_t)(uintptr_t)new_turn(registry);
        (void)strmap_put(registry->names, key, value);
    }
    return (struct turn *)(uintptr_t)value;
}

struct turn *registry_turns(struct registry *registry)
{
    return registry->plain;
}
