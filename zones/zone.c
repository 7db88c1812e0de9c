// SPDX-License-Identifier: BSD-2-Clause
#include "zones/zone.h"

#include <stdlib.h>
#include <string.h>

/* The upper half of a hash tells entries apart, the lower half says where they stand. */
static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

struct zone *zone_ref(const struct zone *zone)
{
    /* The count is the one thing in a zone that changes; everybody else sees it const. */
    struct zone *counted = (struct zone *)(uintptr_t)zone;
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return counted;
}

void zone_unref(const struct zone *zone)
{
    struct zone *counted = (struct zone *)(uintptr_t)zone;
    if (zone == NULL || atomic_fetch_sub_explicit(&counted->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_free(counted->arena);
}

void zone_prefetch(const struct zone *zone, const struct name_hashes *hashes)
{
    __builtin_prefetch(&zone->table[(uint32_t)hashes->hash[hashes->labels] & zone->mask]);
}

static const struct zone_node *probe(const struct zone *zone, const uint8_t *name, size_t length,
                                     uint64_t hash)
{
    uint32_t at = (uint32_t)hash & zone->mask;
    while (zone->table[at].node != 0) {
        if (zone->table[at].tag == tag_of(hash)) {
            const struct zone_node *node = &zone->nodes[zone->table[at].node - 1];
            if (node->name_length == length && memcmp(node->name, name, length) == 0)
                return node;
        }
        at = (at + 1) & zone->mask;
    }
    return NULL;
}

const struct zone_node *zone_node_at(const struct zone *zone, const uint8_t *name, uint64_t hash)
{
    return probe(zone, name, name_length(name), hash);
}

/* The wildcard below `encloser`: its name is "*" before the encloser's. */
static const struct zone_node *wildcard_of(const struct zone *zone,
                                           const struct zone_node *encloser, uint64_t hash)
{
    uint8_t name[NAME_MAX_LEN];
    if ((encloser->flags & ZONE_NODE_WILDCARD) == 0)
        return NULL;
    name[0] = 1;
    name[1] = '*';
    memcpy(name + 2, encloser->name, encloser->name_length);
    return probe(zone, name, encloser->name_length + 2U, name_hash_label(hash, name));
}

/* What stands at or above the name and changes the answer: a cut, or a DNAME above. */
static bool is_delegated(const struct zone *zone, const struct zone_node *node, bool exact,
                         struct zone_found *out)
{
    const struct zone_node *top = node;
    if ((node->flags & ZONE_NODE_OCCLUDED) != 0)
        top = &zone->nodes[node->top];
    else if ((node->flags & ZONE_NODE_CUT) == 0 && (exact || (node->flags & ZONE_NODE_DNAME) == 0))
        return false;
    out->match = (top->flags & ZONE_NODE_CUT) != 0 ? ZONE_DELEGATED : ZONE_DNAMED;
    out->node = top;
    out->encloser = top;
    return true;
}

void zone_find(const struct zone *zone, const uint8_t *name, const struct name_hashes *hashes,
               struct zone_found *out)
{
    unsigned labels = hashes->labels;
    size_t length = hashes->offset[0] + 1U;
    const struct zone_node *node = probe(zone, name, length, hashes->hash[labels]);
    if (node != NULL) {
        if (!is_delegated(zone, node, true, out)) {
            out->match = ZONE_EXACT;
            out->node = out->encloser = node;
        }
        return;
    }
    /* The apex is there, so this ends. */
    while (node == NULL && labels > zone->apex_labels) {
        labels--;
        node = probe(zone, name + hashes->offset[labels], length - hashes->offset[labels],
                     hashes->hash[labels]);
    }
    if (is_delegated(zone, node, false, out))
        return;
    const struct zone_node *wildcard = wildcard_of(zone, node, hashes->hash[labels]);
    out->match = wildcard != NULL ? ZONE_WILDCARDED : ZONE_ABSENT;
    out->node = wildcard != NULL ? wildcard : node;
    out->encloser = node;
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
        if (zone->cuts[middle].node < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < zone->cut_count && zone->cuts[low].node == index ? &zone->cuts[low] : NULL;
}
