// SPDX-License-Identifier: BSD-2-Clause
/* What a zone must have: SOA and NS at its top, and addresses for those NS that are its own names
 * (as BIND; the targets of delegations are the business of those delegated to). */
#include "zones/build.h"
#include "zones/rrtype.h"

static const struct build_record *first_of(const struct build *build, uint16_t type)
{
    const struct build_record *found = NULL;
    const struct build_record *record = build->nodes.items[0].records;
    for (; record != NULL; record = record->next) { /* the last one first */
        if (record->type == type)
            found = record;
    }
    return found;
}

static bool has_addresses(const struct zone_node *node)
{
    return (node->flags & (ZONE_NODE_BOUND_A | ZONE_NODE_BOUND_AAAA)) != 0 ||
           zone_node_rrset(node, RRTYPE_A) != NULL || zone_node_rrset(node, RRTYPE_AAAA) != NULL;
}

/* NULL, or what is wrong with the target of a NS at the apex. */
static const char *judge_target(const struct zone *zone, const uint8_t *target)
{
    uint8_t lower[NAME_MAX_LEN];
    struct name_hashes hashes;
    struct zone_found found;
    if (!name_is_under(target, zone->apex))
        return NULL;
    name_lower(target, lower);
    name_hash_all(lower, zone->seed, &hashes);
    zone_find(zone, lower, &hashes, &found);
    switch (found.match) {
    case ZONE_DELEGATED:
        return NULL; /* its addresses are the child's, and need not be here as glue */
    case ZONE_DNAMED:
        return "lies below a DNAME";
    case ZONE_ABSENT:
        return "has no address (A or AAAA)";
    case ZONE_EXACT:
    case ZONE_WILDCARDED:
        break;
    }
    if (zone_node_rrset(found.node, RRTYPE_CNAME) != NULL)
        return "is a CNAME"; /* RFC 2181 section 10.3 */
    return has_addresses(found.node) ? NULL : "has no address (A or AAAA)";
}

static void check_name_servers(struct build *build)
{
    char name[NAME_TEXT_MAX];
    const struct build_record *record = build->nodes.items[0].records;
    for (; record != NULL; record = record->next) {
        if (record->type != RRTYPE_NS)
            continue;
        const char *problem = judge_target(build->zone, record->rdata);
        if (problem != NULL)
            build_error(build, record, "the name server %s %s", build_name(record->rdata, name),
                        problem);
    }
}

void check_apex(struct build *build)
{
    char name[NAME_TEXT_MAX];
    const struct build_record *soa = first_of(build, RRTYPE_SOA);
    if (soa == NULL)
        build_error(build, NULL, "no SOA record at %s", build_name(build->zone->apex, name));
    if (first_of(build, RRTYPE_NS) == NULL)
        build_error(build, soa, "no NS record at %s", build_name(build->zone->apex, name));
    check_name_servers(build);
}
