// SPDX-License-Identifier: BSD-2-Clause
/* The conductor: reads like RFC 1034 section 4.3.2. Start at resolver_answer at the end. */
#include "resolver/resolver.h"

#include "resolver/answer.h"
#include "resolver/resolver_trace.h"

#include <string.h>

/* Whatever an alias leads to stands in the message below the reach of a pointer: each hop writes a
 * DNAME and its CNAME at most. */
_Static_assert(DNS_HEADER + NAME_MAX_LEN + 4 +
                       (RESOLVER_CHAIN_MAX + 1) * 2 * (RRSET_FIXED + NAME_MAX_LEN) <
                   0x4000,
               "names of a chain are written as pointers");

/* Where one answer stands: a name in a zone. An alias moves it to the next. */
struct walk {
    const struct state *state;
    struct resolver_scratch *scratch;
    const struct query *query;
    struct answer answer;
    unsigned authoritative; /* DNS_AA, or 0 where the class forbids it */
    const struct zone *zone;
    size_t zone_index;
    const uint8_t *name;
    const struct name_hashes *hashes;
    size_t at;   /* of the name in the message */
    size_t apex; /* of the zone's apex in the message */
    unsigned hops;
};

static struct trace *tracing(const struct walk *w)
{
    return w->scratch->trace;
}

static void set_authoritative(struct walk *w)
{
    w->answer.flags |= (uint16_t)w->authoritative;
}

/* --- step 2: the zone nearest to the name --- */

/* A DS lives on the parent's side of the cut (RFC 4035 section 3.1.4.1); who serves only the child
 * answers from there. */
static const struct zone *find_zone(const struct state *state, const uint8_t *name,
                                    const struct name_hashes *hashes, uint16_t qtype, size_t *index)
{
    if (UNLIKELY(qtype == RRTYPE_DS)) {
        const struct zone *zone = zonedb_find(state->zonedb, name, hashes, 1, index);
        if (zone != NULL)
            return zone;
    }
    return zonedb_find(state->zonedb, name, hashes, 0, index);
}

static void place_apex(struct walk *w)
{
    unsigned labels = w->zone->apex_labels;
    w->apex = answer_suffix(&w->answer, w->at, w->hashes->offset[labels]);
}

/* Goes on with the name in scratch->chain, which stands at `at`. False when the chain ends: it has
 * come to a name it has seen, is too long, or leads out of our zones. */
static bool go_to_alias(struct walk *w, size_t at)
{
    struct resolver_chain *chain = &w->scratch->chain;
    chain->seen[w->hops] = w->hashes->hash[w->hashes->labels];
    if (w->hops == RESOLVER_CHAIN_MAX)
        return false;
    name_hash_all(chain->name, zonedb_seed(w->state->zonedb), &chain->hashes);
    uint64_t hash = chain->hashes.hash[chain->hashes.labels];
    for (unsigned i = 0; i <= w->hops; i++) {
        if (chain->seen[i] == hash)
            return false;
    }
    w->hops++;
    w->zone = find_zone(w->state, chain->name, &chain->hashes, w->query->qtype, &w->zone_index);
    if (tracing(w) != NULL)
        resolver_trace_zone(tracing(w), w->zone);
    if (w->zone == NULL)
        return false;
    w->name = chain->name;
    w->hashes = &chain->hashes;
    w->at = answer_suffix(&w->answer, at, 0);
    place_apex(w);
    return true;
}

/* --- step 3: what the zone has --- */

/* NODATA and NXDOMAIN: the SOA with the TTL of RFC 2308 section 3. */
static void answer_negative(struct walk *w, enum dns_rcode rcode)
{
    set_authoritative(w);
    w->answer.rcode = (uint16_t)rcode; /* of the last name of a chain (RFC 6604) */
    (void)answer_rrset(&w->answer, ANSWER_AUTHORITY, w->zone->soa_negative, w->apex, w->apex, 0);
}

/* The rotation counter before this answer; `explain` leaves it where it is. */
static uint64_t take_turn(const struct walk *w, struct turn *turn)
{
    if (UNLIKELY(tracing(w) != NULL))
        return atomic_load_explicit(&turn->value, memory_order_relaxed);
    return atomic_fetch_add_explicit(&turn->value, 1, memory_order_relaxed);
}

static void answer_set(struct walk *w, const struct rrset *set)
{
    uint64_t turn = 0;
    if (set->count > 1) {
        uint64_t hash = w->hashes->hash[w->hashes->labels] ^ set->type;
        turn = take_turn(w, &w->state->turns[hash % STATE_TURNS]);
    }
    set_authoritative(w);
    (void)answer_rrset(&w->answer, ANSWER_ANSWER, set, w->at, w->apex, turn);
}

static const struct state_binding *binding_of(const struct walk *w, const struct zone_node *node)
{
    return &w->state->zones[w->zone_index].bindings[node->binding];
}

static const struct pick *pick_from_pool(struct walk *w, const struct zone_node *node,
                                         enum picker_family family)
{
    const struct state_binding *binding = binding_of(w, node);
    const struct picker *picker = binding->picker[family];
    struct pick_context context = { .rng = &w->scratch->rng, .trace = tracing(w) };
    if (picker_turns(picker))
        context.turn = take_turn(w, binding->turn[family]);
    if (UNLIKELY(tracing(w) != NULL))
        resolver_trace_pool(tracing(w), binding, family, context.turn);
    picker_pick(picker, &context, &w->scratch->pick);
    return &w->scratch->pick;
}

static void count_members(const struct walk *w, const struct pick *pick)
{
    if (UNLIKELY(tracing(w) != NULL))
        return;
    for (unsigned i = 0; i < pick->runs; i++) {
        for (uint32_t j = 0; j < pick->run[i].count; j++)
            stats_member(w->scratch->stats, pick->run[i].members[j]);
    }
}

static void answer_picked(struct walk *w, const struct zone_node *node, const struct pick *pick)
{
    if (UNLIKELY(pick->rcode != DNS_NOERROR)) {
        answer_clear(&w->answer); /* the CNAMEs that led here too: there is no answer */
        w->answer.flags = 0;
        w->answer.rcode = pick->rcode;
        return;
    }
    if (pick->total == 0) {
        answer_negative(w, DNS_NOERROR);
        return;
    }
    const struct state_binding *binding = binding_of(w, node);
    uint32_t ttl = binding->ttl != PICKER_TTL_NONE ? binding->ttl
                   : pick->ttl != PICKER_TTL_NONE  ? pick->ttl
                                                   : binding->default_ttl;
    set_authoritative(w);
    if (answer_pick(&w->answer, pick, w->at, ttl))
        count_members(w, pick);
}

/* True when the type at this node is answered by a pool of that family. */
static bool is_bound(const struct zone_node *node, uint16_t type, enum picker_family *family)
{
    *family = type == RRTYPE_A ? PICKER_A : PICKER_AAAA;
    return (type == RRTYPE_A && (node->flags & ZONE_NODE_BOUND_A) != 0) ||
           (type == RRTYPE_AAAA && (node->flags & ZONE_NODE_BOUND_AAAA) != 0);
}

/* One RRset of those at the node (RFC 8482 section 4.1): a pool's addresses before all others. */
static void answer_any(struct walk *w, const struct zone_node *node)
{
    static const uint16_t addresses[] = { RRTYPE_A, RRTYPE_AAAA };
    enum picker_family family;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        if (!is_bound(node, addresses[i], &family))
            continue;
        const struct pick *pick = pick_from_pool(w, node, family);
        if (pick->total > 0 || pick->rcode != DNS_NOERROR) {
            answer_picked(w, node, pick);
            return;
        }
    }
    const struct rrset *set = node->rrsets;
    while (set != NULL && is_bound(node, set->type, &family))
        set = set->next;
    if (set != NULL)
        answer_set(w, set);
    else
        answer_negative(w, DNS_NOERROR);
}

/* Writes the CNAME and goes on with its target. Its name ends in the apex where it has a pointer.
 */
static bool answer_cname(struct walk *w, const struct rrset *set)
{
    size_t rdata_at = w->answer.length + RRSET_FIXED;
    set_authoritative(w);
    if (!answer_rrset(&w->answer, ANSWER_ANSWER, set, w->at, w->apex, 0))
        return false;
    uint8_t target[NAME_MAX_LEN];
    size_t length = set->length - (size_t)RRSET_FIXED;
    if (set->patches > 0) {
        length -= 2;
        memcpy(target + length, w->zone->apex, w->zone->apex_length);
    }
    memcpy(target, set->wire + RRSET_FIXED, length);
    name_lower(target, w->scratch->chain.name);
    w->scratch->chain.dnames[w->hops].set = NULL;
    if (UNLIKELY(tracing(w) != NULL))
        resolver_trace_alias(tracing(w), "CNAME", w->scratch->chain.name);
    return go_to_alias(w, rdata_at);
}

/* What is at the name itself, or at the wildcard that stands for it (RFC 4592): the owner is the
 * name asked for either way. True when the answer goes on with an alias. */
static bool answer_node(struct walk *w, const struct zone_node *node)
{
    uint16_t qtype = w->query->qtype;
    enum picker_family family;
    if (qtype == RRTYPE_ANY) {
        answer_any(w, node);
        return false;
    }
    if (is_bound(node, qtype, &family)) {
        answer_picked(w, node, pick_from_pool(w, node, family));
        return false;
    }
    const struct rrset *set = zone_node_rrset(node, qtype);
    if (set != NULL) {
        answer_set(w, set);
        return false;
    }
    const struct rrset *cname = zone_node_rrset(node, RRTYPE_CNAME);
    if (cname != NULL)
        return answer_cname(w, cname);
    answer_negative(w, DNS_NOERROR);
    return false;
}

/* A referral is not authoritative; what came before it in a chain is. */
static bool answer_delegation(struct walk *w, const struct zone_node *node)
{
    if (w->query->qtype == RRTYPE_DS && node->labels == w->hashes->labels)
        return answer_node(w, node);
    const struct rrset *set = zone_node_rrset(node, RRTYPE_NS);
    const struct zone_cut *cut = zone_cut_of(w->zone, node);
    size_t owner = answer_suffix(&w->answer, w->at, w->hashes->offset[node->labels]);
    size_t ns = w->answer.length;
    if (answer_rrset(&w->answer, ANSWER_AUTHORITY, set, owner, w->apex, 0))
        answer_glue(&w->answer, cut, ns, w->apex);
    return false;
}

/* Writes the DNAME, unless the chain has come to it before: it need not be said twice. Returns
 * where its target stands in the message, 0 when it did not fit. */
static size_t put_dname(struct walk *w, const struct rrset *set, size_t owner)
{
    struct resolver_dname *dnames = w->scratch->chain.dnames;
    dnames[w->hops].set = set;
    for (unsigned i = 0; i < w->hops; i++) {
        if (dnames[i].set == set)
            return dnames[w->hops].target = dnames[i].target;
    }
    size_t target = w->answer.length + RRSET_FIXED;
    if (!answer_rrset(&w->answer, ANSWER_ANSWER, set, owner, w->apex, 0))
        return 0;
    return dnames[w->hops].target = target;
}

/* RFC 6672 section 3.2: the DNAME, a CNAME made of it, and on with that. */
static bool answer_dname(struct walk *w, const struct zone_node *node)
{
    const struct rrset *set = zone_node_rrset(node, RRTYPE_DNAME);
    size_t prefix = w->hashes->offset[node->labels];
    set_authoritative(w);
    size_t target_at = put_dname(w, set, answer_suffix(&w->answer, w->at, prefix));
    if (target_at == 0)
        return false;
    if (prefix + set->length - RRSET_FIXED > NAME_MAX_LEN) {
        w->answer.rcode = DNS_YXDOMAIN;
        return false;
    }
    size_t rdata_at = w->answer.length + RRSET_FIXED;
    if (!answer_synthesise(&w->answer, w->at, prefix, target_at, set->ttl))
        return false;
    uint8_t *name = w->scratch->chain.name;
    memmove(name, w->name, prefix); /* w->name may be the same place */
    name_lower(set->wire + RRSET_FIXED, name + prefix);
    if (UNLIKELY(tracing(w) != NULL))
        resolver_trace_alias(tracing(w), "DNAME", name);
    return w->query->qtype != RRTYPE_CNAME && go_to_alias(w, rdata_at);
}

/* Answers for the name where the walk stands; true when it moved on to another one. */
static bool answer_name(struct walk *w)
{
    struct zone_found found;
    zone_find(w->zone, w->name, w->hashes, &found);
    if (UNLIKELY(tracing(w) != NULL))
        resolver_trace_node(tracing(w), &found);
    switch (found.match) {
    case ZONE_EXACT:
    case ZONE_WILDCARDED:
        return answer_node(w, found.node);
    case ZONE_DELEGATED:
        return answer_delegation(w, found.node);
    case ZONE_DNAMED:
        return answer_dname(w, found.node);
    case ZONE_ABSENT:
        break;
    }
    answer_negative(w, DNS_NXDOMAIN);
    return false;
}

/* Transfers are not served (yet): AXFR is not defined over UDP (RFC 5936 section 4.2), and a zone
 * that is not ours is said to be so. */
static void answer_transfer(struct walk *w, bool tcp)
{
    if (w->query->qtype == RRTYPE_AXFR && !tcp)
        w->answer.rcode = DNS_NOTIMP;
    else if (w->zone == NULL || w->zone->apex_labels != w->hashes->labels)
        w->answer.rcode = DNS_NOTAUTH;
    else
        w->answer.rcode = DNS_REFUSED;
}

static void resolve(struct walk *w, bool tcp)
{
    uint16_t qtype = w->query->qtype;
    if (UNLIKELY(tracing(w) != NULL))
        resolver_trace_zone(tracing(w), w->zone);
    if (UNLIKELY(qtype == RRTYPE_AXFR || qtype == RRTYPE_IXFR)) {
        answer_transfer(w, tcp);
        return;
    }
    if (w->zone == NULL) {
        w->answer.rcode = DNS_REFUSED; /* no recursion, and no upward referral (RFC 9499) */
        return;
    }
    place_apex(w);
    while (answer_name(w))
        continue;
}

static void count_response(struct stats *stats, const struct answer *answer)
{
    stats_add(&stats->responses[answer->rcode], 1);
    if ((answer->flags & DNS_TC) != 0)
        stats_add(&stats->truncated, 1);
}

void resolver_parse(const struct state *state, struct resolver_request *request)
{
    struct query *q = &request->query;
    request->zone = NULL;
    request->zone_index = 0;
    request->verdict = query_parse(request->packet, request->size, zonedb_seed(state->zonedb), q);
    if (request->verdict != QUERY_OK)
        return;
    request->zone = find_zone(state, q->name, &q->hashes, q->qtype, &request->zone_index);
    if (request->zone != NULL)
        zone_prefetch(request->zone, &q->hashes);
}

size_t resolver_answer(const struct state *state, struct resolver_scratch *scratch,
                       const struct resolver_request *request, uint8_t *out, size_t size)
{
    const struct query *query = &request->query;
    struct trace *trace = scratch->trace;
    struct stats *stats = trace == NULL ? scratch->stats : NULL;
    if (stats != NULL)
        stats_add(&stats->queries[request->tcp ? STATS_TCP : STATS_UDP], 1);
    if (request->verdict == QUERY_DROP) {
        if (stats != NULL)
            stats_add(&stats->dropped, 1);
        return 0;
    }
    struct walk w = { .state = state,
                      .scratch = scratch,
                      .query = query,
                      .authoritative = query->qclass == DNS_IN ? (unsigned)DNS_AA : 0,
                      .zone = request->zone,
                      .zone_index = request->zone_index,
                      .name = query->name,
                      .hashes = &query->hashes,
                      .at = DNS_HEADER };
    answer_begin(&w.answer, request->packet, query, &state->settings, request->tcp, out, size);
    if (trace != NULL)
        resolver_trace_parse(trace, request);
    if (request->verdict == QUERY_OK)
        resolve(&w, request->tcp);
    size_t length = answer_finish(&w.answer, query, &state->settings);
    if (trace != NULL)
        resolver_trace_answer(trace, &w.answer);
    if (stats != NULL)
        count_response(stats, &w.answer);
    return length;
}
