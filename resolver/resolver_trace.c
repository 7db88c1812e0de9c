// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/resolver_trace.h"

void resolver_trace_parse(struct trace *trace, const struct resolver_request *request)
{
    const struct query *q = &request->query;
    if (request->verdict != QUERY_OK) {
        trace_add(trace, "parse", "refused with rcode %u", q->rcode);
        return;
    }
    char name[NAME_TEXT_MAX];
    char type[RRTYPE_TEXT_MAX];
    (void)name_to_text(q->name, name);
    trace_add(trace, "parse", "%s %s over %s%s", name, rrtype_name(q->qtype, type),
              request->tcp ? "tcp" : "udp", q->has_edns ? ", EDNS" : "");
}

void resolver_trace_zone(struct trace *trace, const struct zone *zone)
{
    if (zone == NULL) {
        trace_add(trace, "zone", "none at or above the name");
        return;
    }
    char apex[NAME_TEXT_MAX];
    (void)name_to_text(zone->apex, apex);
    trace_add(trace, "zone", "%s serial %u", apex, zone->serial);
}

void resolver_trace_node(struct trace *trace, const struct zone_found *found)
{
    static const char *const texts[] = {
        [ZONE_EXACT] = "found ",
        [ZONE_WILDCARDED] = "covered by wildcard ",
        [ZONE_ABSENT] = "no such name, closest encloser ",
        [ZONE_DELEGATED] = "delegated at ",
        [ZONE_DNAMED] = "below the DNAME at ",
    };
    char name[NAME_TEXT_MAX];
    (void)name_to_text(found->node->name, name);
    trace_add(trace, "node", "%s%s", texts[found->match], name);
}

void resolver_trace_alias(struct trace *trace, const char *type, const uint8_t *target)
{
    char name[NAME_TEXT_MAX];
    (void)name_to_text(target, name);
    trace_add(trace, "node", "%s to %s", type, name);
}

void resolver_trace_pool(struct trace *trace, const struct state_binding *binding,
                         enum picker_family family, uint64_t turn)
{
    trace_add(trace, "pool", "%s for %s, counter at %llu", binding->pool,
              family == PICKER_A ? "A" : "AAAA", (unsigned long long)turn);
}

void resolver_trace_answer(struct trace *trace, const struct answer *answer)
{
    trace_add(trace, "answer", "rcode %u%s, %u answer, %u authority, %u additional, %zu octets",
              answer->rcode, (answer->flags & DNS_TC) != 0 ? ", truncated" : "",
              answer->counts[ANSWER_ANSWER], answer->counts[ANSWER_AUTHORITY],
              answer->counts[ANSWER_ADDITIONAL], answer->length);
}
