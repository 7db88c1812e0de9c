// SPDX-License-Identifier: BSD-2-Clause
/* Names that pools answer. */
#include "zones/build.h"
#include "zones/rrtype.h"

static bool in_zone(const struct build *build, const struct zone_binding *binding)
{
    return name_is_under(binding->owner, build->zone->apex);
}

void binding_add_nodes(struct build *build)
{
    for (size_t i = 0; i < build->spec->binding_count; i++) {
        struct name_hashes hashes;
        const struct zone_binding *binding = &build->spec->bindings[i];
        /* One made of the file's own records must find its node there. */
        if (!in_zone(build, binding) || (binding->flags & ZONE_BIND_FROM_FILE) != 0)
            continue;
        name_hash_all(binding->owner, build->zone->seed, &hashes);
        (void)nodes_add(&build->nodes, binding->owner, &hashes);
    }
}

static struct zone_node *node_of(const struct build *build, const struct zone_binding *binding)
{
    struct name_hashes hashes;
    if (!in_zone(build, binding))
        return NULL;
    name_hash_all(binding->owner, build->zone->seed, &hashes);
    uint32_t index = nodes_find(&build->nodes, binding->owner, (size_t)hashes.offset[0] + 1,
                                hashes.hash[hashes.labels]);
    return index == NODES_NONE ? NULL : &build->final[index];
}

/* Which of A and AAAA the file gives here, as flags of bindings. */
static unsigned address_sets(const struct zone_node *node)
{
    unsigned a = zone_node_rrset(node, RRTYPE_A) != NULL ? ZONE_BIND_A : 0;
    unsigned aaaa = zone_node_rrset(node, RRTYPE_AAAA) != NULL ? ZONE_BIND_AAAA : 0;
    return a | aaaa;
}

static enum zone_binding_error judge(const struct build *build, const struct zone_binding *binding,
                                     const struct zone_node *node)
{
    if (!in_zone(build, binding))
        return ZONE_BINDING_NOT_IN_ZONE;
    if (build->is_signed)
        return ZONE_BINDING_SIGNED;
    if (node == NULL)
        return ZONE_BINDING_NO_ADDRESSES; /* only those made of file records have no node */
    if ((node->flags & (ZONE_NODE_CUT | ZONE_NODE_OCCLUDED)) != 0)
        return ZONE_BINDING_BELOW_CUT;
    if (zone_node_rrset(node, RRTYPE_CNAME) != NULL)
        return ZONE_BINDING_AT_CNAME;
    if ((node->flags & (ZONE_NODE_BOUND_A | ZONE_NODE_BOUND_AAAA)) != 0)
        return ZONE_BINDING_TWICE;
    unsigned given = address_sets(node);
    if ((binding->flags & ZONE_BIND_FROM_FILE) != 0)
        return given == 0 ? ZONE_BINDING_NO_ADDRESSES : ZONE_BINDING_OK;
    if ((binding->flags & ZONE_BIND_OVERRIDE) == 0 && (binding->flags & given) != 0)
        return ZONE_BINDING_CONFLICT;
    return ZONE_BINDING_OK;
}

/* Takes the sets of `flags` out of the list, whose first ones A and AAAA are. */
static void hide_sets(struct build *build, struct zone_node *node, unsigned flags)
{
    const struct rrset *a = zone_node_rrset(node, RRTYPE_A);
    const struct rrset *aaaa = zone_node_rrset(node, RRTYPE_AAAA);
    const struct rrset *rest = aaaa != NULL ? aaaa->next : a != NULL ? a->next : node->rrsets;
    bool hide_a = a != NULL && (flags & ZONE_BIND_A) != 0;
    bool hide_aaaa = aaaa != NULL && (flags & ZONE_BIND_AAAA) != 0;
    build->zone->record_count -= (hide_a ? a->count : 0U) + (hide_aaaa ? aaaa->count : 0U);
    if (hide_a)
        node->rrsets = aaaa == NULL || hide_aaaa ? rest : aaaa;
    else if (hide_aaaa && a == NULL)
        node->rrsets = rest;
    else if (hide_aaaa) {
        /* A stays and the AAAA behind it goes: a set is constant, so a copy leads past it. */
        size_t size = sizeof(*a) + ((a->length + 1U) & ~1U) + a->patches * sizeof(uint16_t);
        struct rrset *copy = arena_dup(build->zone->arena, a, size, _Alignof(struct rrset));
        copy->next = rest;
        node->rrsets = copy;
    }
}

static void apply(struct build *build, struct zone_binding *binding, struct zone_node *node,
                  uint32_t index)
{
    if ((binding->flags & ZONE_BIND_FROM_FILE) != 0) {
        binding->flags &= ~(unsigned)(ZONE_BIND_A | ZONE_BIND_AAAA);
        binding->flags |= address_sets(node);
    } else if ((binding->flags & ZONE_BIND_OVERRIDE) != 0) {
        hide_sets(build, node, binding->flags);
    }
    node->binding = index;
    if ((binding->flags & ZONE_BIND_A) != 0)
        node->flags |= ZONE_NODE_BOUND_A;
    if ((binding->flags & ZONE_BIND_AAAA) != 0)
        node->flags |= ZONE_NODE_BOUND_AAAA;
}

bool binding_apply(struct build *build)
{
    bool good = true;
    const struct zone_spec *spec = build->spec;
    for (size_t i = 0; i < spec->binding_count; i++) {
        struct zone_binding *binding = &spec->bindings[i];
        struct zone_node *node = node_of(build, binding);
        binding->error = judge(build, binding, node);
        /* With records missing from the scan, theirs may be among them. */
        if (build->scan_failed && binding->error == ZONE_BINDING_NO_ADDRESSES)
            binding->error = ZONE_BINDING_OK;
        else if (binding->error == ZONE_BINDING_OK)
            apply(build, binding, node, (uint32_t)i);
        good = good && binding->error == ZONE_BINDING_OK;
    }
    build->zone->binding_count = (uint32_t)spec->binding_count;
    return good;
}
