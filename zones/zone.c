// SPDX-License-Identifier: BSD-2-Clause
#include "zones/zone.h"

#include "base/wire.h"

#include <string.h>

struct zone *zone_ref(const struct zone *zone)
{
    /* All but the counter is constant; a holder may pass on what it holds. */
    struct zone *counted = (struct zone *)(uintptr_t)zone;
    (void)atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return counted;
}

void zone_unref(const struct zone *zone)
{
    struct zone *counted = (struct zone *)(uintptr_t)zone;
    if (zone == NULL)
        return;
    if (atomic_fetch_sub_explicit(&counted->refs, 1, memory_order_acq_rel) == 1)
        arena_free(counted->arena);
}

void zone_prefetch(const struct zone *zone, const struct name_hashes *hashes)
{
    __builtin_prefetch(&zone->table[(uint32_t)hashes->hash[hashes->labels] & zone->mask]);
}

static const struct zone_node *probe(const struct zone *zone, const uint8_t *name, size_t length,
                                     uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t i = (uint32_t)hash & zone->mask;; i = (i + 1) & zone->mask) {
        const struct zone_slot *slot = &zone->table[i];
        if (slot->node == 0)
            return NULL;
        if (slot->tag != tag)
            continue;
        const struct zone_node *node = &zone->nodes[slot->node - 1];
        if (node->name_length == length && memcmp(node->name, name, length) == 0)
            return node;
    }
}

static const struct zone_node *probe_suffix(const struct zone *zone, const uint8_t *name,
                                            const struct name_hashes *hashes, unsigned labels)
{
    size_t offset = hashes->offset[labels];
    return probe(zone, name + offset, (size_t)hashes->offset[0] - offset + 1, hashes->hash[labels]);
}

const struct zone_node *zone_node_at(const struct zone *zone, const uint8_t *name, uint64_t hash)
{
    return probe(zone, name, name_length(name), hash);
}

/* Closest encloser (RFC 4592 section 3.3.1) of a name that is not there. Every name between a node
 * and the apex is a node too, so the suffixes that exist are those up to a number of labels:
 * halving finds it in a few probes, however many labels a hostile question has. */
static const struct zone_node *closest_encloser(const struct zone *zone, const uint8_t *name,
                                                const struct name_hashes *hashes)
{
    const struct zone_node *found = &zone->nodes[0];
    unsigned there = zone->apex_labels;
    unsigned absent = hashes->labels;
    while (absent - there > 1) {
        /* Most absent names lie right below what exists. */
        unsigned middle = absent == hashes->labels ? absent - 1 : (there + absent) / 2;
        const struct zone_node *node = probe_suffix(zone, name, hashes, middle);
        if (node == NULL) {
            absent = middle;
        } else {
            there = middle;
            found = node;
        }
    }
    return found;
}

static const struct zone_node *wildcard_of(const struct zone *zone,
                                           const struct zone_node *encloser, uint64_t hash)
{
    static const uint8_t star[2] = { 1, '*' };
    uint8_t name[NAME_MAX_LEN + 2];
    memcpy(name, star, sizeof(star));
    memcpy(name + sizeof(star), encloser->name, encloser->name_length);
    return probe(zone, name, sizeof(star) + encloser->name_length, name_hash_label(hash, star));
}

void zone_find(const struct zone *zone, const uint8_t *name, const struct name_hashes *hashes,
               struct zone_found *out)
{
    const struct zone_node *exact = probe_suffix(zone, name, hashes, hashes->labels);
    const struct zone_node *node = exact == NULL ? closest_encloser(zone, name, hashes) : exact;
    out->encloser = node;
    out->node = node;
    out->match = exact == NULL ? ZONE_ABSENT : ZONE_EXACT;
    bool below = exact == NULL; /* strictly below `node` */
    if ((node->flags & ZONE_NODE_OCCLUDED) != 0) {
        node = &zone->nodes[node->top];
        below = true;
    }
    if ((node->flags & ZONE_NODE_CUT) != 0)
        out->match = ZONE_DELEGATED;
    else if (below && (node->flags & ZONE_NODE_DNAME) != 0)
        out->match = ZONE_DNAMED;
    else if (exact == NULL && (node->flags & ZONE_NODE_WILDCARD) != 0)
        out->match = ZONE_WILDCARDED;
    if (out->match == ZONE_WILDCARDED)
        node = wildcard_of(zone, node, hashes->hash[node->labels]);
    out->node = node;
}

const struct rrset *zone_node_rrset(const struct zone_node *node, uint16_t type)
{
    const struct rrset *set = node->rrsets;
    while (set != NULL && set->type != type)
        set = set->next;
    return set;
}

const struct zone_cut *zone_cut_of(const struct zone *zone, const struct zone_node *node)
{
    uint32_t index = (uint32_t)(node - zone->nodes);
    uint32_t low = 0;
    uint32_t high = zone->cut_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->cuts[middle].node == index)
            return &zone->cuts[middle];
        if (zone->cuts[middle].node < index)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Start of record `index`. */
static const uint8_t *record_at(const struct rrset *set, unsigned index)
{
    const uint8_t *at = set->wire;
    if (set->stride != 0)
        return at + (size_t)set->stride * index;
    for (; index > 0; index--)
        at += RRSET_FIXED + wire_get16(at + RRSET_FIXED - 2);
    return at;
}

size_t zone_rdata(const struct zone *zone, const struct rrset *set, unsigned index, uint8_t *out)
{
    const uint8_t *record = record_at(set, index);
    const uint8_t *from = record + RRSET_FIXED;
    const uint8_t *end = from + wire_get16(from - 2);
    const uint16_t *patches = rrset_patches(set);
    size_t length = 0;
    for (unsigned i = 0; i < set->patches; i++) {
        const uint8_t *pointer = set->wire + patches[i];
        if (pointer < from || pointer >= end)
            continue;
        memcpy(out + length, from, (size_t)(pointer - from));
        length += (size_t)(pointer - from);
        memcpy(out + length, zone->apex, zone->apex_length);
        length += zone->apex_length;
        from = pointer + 2;
    }
    memcpy(out + length, from, (size_t)(end - from));
    return length + (size_t)(end - from);
}
