// SPDX-License-Identifier: BSD-2-Clause
#include "zones/nodes.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

static size_t suffix_length(const struct name_hashes *hashes, unsigned labels)
{
    return (size_t)hashes->offset[0] - hashes->offset[labels] + 1;
}

uint32_t nodes_find(const struct nodes *nodes, const uint8_t *name, size_t length, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t i = (uint32_t)hash & nodes->mask;; i = (i + 1) & nodes->mask) {
        const struct zone_slot *slot = &nodes->slots[i];
        if (slot->node == 0)
            return NODES_NONE;
        if (slot->tag != tag)
            continue;
        const struct build_node *node = &nodes->items[slot->node - 1];
        if (node->name_length == length && memcmp(node->name, name, length) == 0)
            return slot->node - 1;
    }
}

static void fill_slot(struct zone_slot *slots, uint32_t mask, uint64_t hash, uint32_t index)
{
    uint32_t i = (uint32_t)hash & mask;
    while (slots[i].node != 0)
        i = (i + 1) & mask;
    slots[i].tag = (uint32_t)(hash >> 32);
    slots[i].node = index + 1;
}

/* Keeps the table at most seven tenths full. */
static void make_room(struct nodes *nodes)
{
    uint64_t size = (uint64_t)nodes->mask + 1;
    if ((nodes->count + 1) * 10 <= size * 7)
        return;
    if (size > UINT32_MAX / 2)
        abort(); /* 2^31 names: far beyond any memory */
    uint32_t mask = (uint32_t)(size * 2 - 1);
    struct zone_slot *slots = MEM_NEW_ARRAY(struct zone_slot, size * 2);
    for (size_t i = 0; i < nodes->count; i++)
        fill_slot(slots, mask, nodes->items[i].hash, (uint32_t)i);
    mem_free(nodes->slots);
    nodes->slots = slots;
    nodes->mask = mask;
}

static uint32_t append(struct nodes *nodes, const struct build_node *node)
{
    make_room(nodes);
    void *items = nodes->items;
    mem_grow(&items, &nodes->capacity, nodes->count + 1, sizeof(*nodes->items));
    nodes->items = items;
    nodes->items[nodes->count] = *node;
    fill_slot(nodes->slots, nodes->mask, node->hash, (uint32_t)nodes->count);
    return (uint32_t)nodes->count++;
}

void nodes_init(struct nodes *nodes, struct arena *names, const uint8_t *apex,
                const struct name_hashes *hashes)
{
    *nodes = (struct nodes){
        .names = names,
        .apex_labels = hashes->labels,
        .slots = MEM_NEW_ARRAY(struct zone_slot, SLOTS_FIRST),
        .mask = SLOTS_FIRST - 1,
    };
    size_t length = suffix_length(hashes, hashes->labels);
    struct build_node node = {
        .name = arena_dup(names, apex, length, 1),
        .hash = hashes->hash[hashes->labels],
        .name_length = (uint8_t)length,
        .labels = (uint8_t)hashes->labels,
    };
    (void)append(nodes, &node); /* index 0, its own parent */
}

void nodes_fini(struct nodes *nodes)
{
    mem_free(nodes->items);
    mem_free(nodes->slots);
    *nodes = (struct nodes){ .items = NULL };
}

/* The deepest suffix that is there; *labels is set to its labels. The apex always is. */
static uint32_t closest(const struct nodes *nodes, const uint8_t *name,
                        const struct name_hashes *hashes, unsigned *labels)
{
    for (unsigned i = hashes->labels; i > nodes->apex_labels; i--) {
        uint32_t found =
            nodes_find(nodes, name + hashes->offset[i], suffix_length(hashes, i), hashes->hash[i]);
        if (found != NODES_NONE) {
            *labels = i;
            return found;
        }
    }
    *labels = nodes->apex_labels;
    return 0;
}

uint32_t nodes_add(struct nodes *nodes, const uint8_t *name, const struct name_hashes *hashes)
{
    unsigned labels = 0;
    uint32_t parent = closest(nodes, name, hashes, &labels);
    if (labels == hashes->labels)
        return parent;
    const uint8_t *kept = arena_dup(nodes->names, name, (size_t)hashes->offset[0] + 1, 1);
    while (labels < hashes->labels) {
        labels++;
        struct build_node node = {
            .name = kept + hashes->offset[labels],
            .hash = hashes->hash[labels],
            .parent = parent,
            .name_length = (uint8_t)suffix_length(hashes, labels),
            .labels = (uint8_t)labels,
        };
        if (name_is_wildcard(node.name))
            nodes->items[parent].flags |= ZONE_NODE_WILDCARD;
        parent = append(nodes, &node);
    }
    return parent;
}
