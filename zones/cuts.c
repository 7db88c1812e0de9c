// SPDX-License-Identifier: BSD-2-Clause
/* What each referral needs besides its NS set: the addresses that this zone has of the name servers
 * (RFC 1034 section 4.2.1, RFC 9471). */
#include "base/mem.h"
#include "zones/build.h"
#include "zones/rrtype.h"

struct glue_list {
    struct zone_glue *items;
    size_t count;
    size_t capacity;
};

static void add_glue(struct glue_list *list, const struct rrset *set, unsigned ns_record,
                     bool required)
{
    if (set == NULL)
        return;
    void *items = list->items;
    mem_grow(&items, &list->capacity, list->count + 1, sizeof(*list->items));
    list->items = items;
    list->items[list->count++] = (struct zone_glue){
        .set = set,
        .ns_record = (uint16_t)ns_record,
        .required = required,
    };
}

static void add_target(struct glue_list *list, const struct zone *zone, const struct zone_node *cut,
                       const uint8_t *target, unsigned ns_record)
{
    uint8_t lower[NAME_MAX_LEN];
    struct name_hashes hashes;
    if (!name_is_under(target, zone->apex))
        return;
    name_lower(target, lower);
    name_hash_all(lower, zone->seed, &hashes);
    const struct zone_node *node = zone_node_at(zone, lower, hashes.hash[hashes.labels]);
    if (node == NULL)
        return;
    bool required = name_is_under(lower, cut->name);
    add_glue(list, zone_node_rrset(node, RRTYPE_A), ns_record, required);
    add_glue(list, zone_node_rrset(node, RRTYPE_AAAA), ns_record, required);
}

static void build_cut(struct build *build, uint32_t index, uint8_t *rdata, struct zone_cut *cut)
{
    const struct zone *zone = build->zone;
    const struct zone_node *node = &zone->nodes[index];
    const struct rrset *ns = zone_node_rrset(node, RRTYPE_NS);
    struct glue_list list = { .items = NULL };
    for (unsigned i = 0; ns != NULL && i < ns->count; i++) {
        (void)zone_rdata(zone, ns, i, rdata);
        add_target(&list, zone, node, rdata, i);
    }
    cut->node = index;
    cut->glue_count = (uint32_t)list.count;
    if (list.count > 0)
        cut->glue = arena_dup(zone->arena, list.items, list.count * sizeof(*list.items),
                              _Alignof(struct zone_glue));
    mem_free(list.items);
}

static bool is_cut(const struct zone_node *node)
{
    return (node->flags & (ZONE_NODE_CUT | ZONE_NODE_OCCLUDED)) == ZONE_NODE_CUT;
}

void cuts_build(struct build *build)
{
    struct zone *zone = build->zone;
    uint32_t count = 0;
    for (uint32_t i = 0; i < zone->node_count; i++)
        count += is_cut(&zone->nodes[i]) ? 1 : 0;
    if (count == 0)
        return;
    struct zone_cut *cuts = ARENA_NEW_ARRAY(zone->arena, struct zone_cut, count);
    uint8_t *rdata = mem_alloc(65535);
    uint32_t done = 0;
    for (uint32_t i = 0; i < zone->node_count; i++) {
        if (is_cut(&zone->nodes[i]))
            build_cut(build, i, rdata, &cuts[done++]);
    }
    mem_free(rdata);
    zone->cuts = cuts;
    zone->cut_count = done;
}
