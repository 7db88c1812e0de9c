// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/answer.h"

#include "base/wire.h"

#include <string.h>

#define POINTER       0xC000U
#define POINTER_LIMIT 0x4000U /* RFC 1035 section 4.1.4: 14 bits of offset */
#define OPT_FIXED     11      /* root owner, type, payload, rcode and version, flags, length */
#define OPTION_NSID   3

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t message_limit(const struct query *q, const struct state_settings *settings, bool tcp)
{
    if (tcp)
        return UINT16_MAX;
    return q->has_edns ? smaller(q->edns_payload, settings->udp_payload) : 512;
}

void answer_begin(struct answer *answer, const uint8_t *packet, const struct query *query,
                  const struct state_settings *settings, bool tcp, uint8_t *bytes, size_t size)
{
    size_t most = smaller(message_limit(query, settings, tcp), size);
    size_t opt = query->has_edns ? OPT_FIXED : 0;
    if (opt > 0 && query->wants_nsid && settings->nsid_length > 0 &&
        query->question_end + OPT_FIXED + 4U + settings->nsid_length <= most)
        opt += 4U + settings->nsid_length;
    *answer = (struct answer){ .bytes = bytes,
                               .length = query->question_end,
                               .limit = most - opt,
                               .rcode = query->rcode,
                               .opt_length = (uint16_t)opt,
                               .question_end = query->question_end };
    memcpy(bytes + DNS_HEADER, packet + DNS_HEADER, query->question_end - (size_t)DNS_HEADER);
}

void answer_clear(struct answer *answer)
{
    answer->length = answer->question_end;
    memset(answer->counts, 0, sizeof(answer->counts));
}

/* Empty, as Knot and NSD do it: who gets it asks again over TCP, part of an answer helps nobody. */
static bool truncate_answer(struct answer *answer)
{
    answer_clear(answer);
    answer->flags |= DNS_TC;
    return false;
}

static unsigned pointer_target(const uint8_t *bytes)
{
    return wire_get16(bytes) & (POINTER_LIMIT - 1);
}

/* Every pointer in the message is one of ours and points backwards, so these walks end. */
static size_t follow(const struct answer *answer, size_t at)
{
    while (answer->bytes[at] >= 0xC0)
        at = pointer_target(answer->bytes + at);
    return at;
}

size_t answer_suffix(const struct answer *answer, size_t at, size_t skip)
{
    at = follow(answer, at);
    while (skip > 0) {
        size_t label = 1U + answer->bytes[at];
        skip -= label;
        at = follow(answer, at + label);
    }
    return at;
}

/* Copies the labels of the name at `at`, `length` octets of them, or all for NAME_MAX_LEN; returns
 * their length. */
static size_t copy_labels(const struct answer *answer, size_t at, size_t length, uint8_t *out)
{
    size_t used = 0;
    while (used < length) {
        at = follow(answer, at);
        size_t label = 1U + answer->bytes[at];
        memcpy(out + used, answer->bytes + at, label);
        used += label;
        at += label;
        if (label == 1)
            break;
    }
    return used;
}

/* For owners that stand beyond the reach of a pointer, in answers over TCP only. The sets are glue:
 * addresses, without pointers inside. */
static bool put_in_full(struct answer *answer, const struct rrset *set, size_t owner)
{
    uint8_t name[NAME_MAX_LEN];
    size_t name_size = copy_labels(answer, owner, NAME_MAX_LEN, name);
    size_t need = set->length + set->count * (name_size - 2);
    if (need > answer->limit - answer->length)
        return false;
    uint8_t *to = answer->bytes + answer->length;
    for (size_t from = 0; from < set->length;) {
        size_t rest = RRSET_FIXED - 2U + wire_get16(set->wire + from + 10);
        memcpy(to, name, name_size);
        memcpy(to + name_size, set->wire + from + 2, rest);
        to += name_size + rest;
        from += 2 + rest;
    }
    answer->length += need;
    return true;
}

/* Offset of record `index` in the set. */
static size_t record_offset(const struct rrset *set, size_t index)
{
    if (set->stride != 0)
        return index * set->stride;
    size_t at = 0;
    for (; index > 0; index--)
        at += RRSET_FIXED + wire_get16(set->wire + at + 10);
    return at;
}

/* Copies the records, those from octet `split` on first, and sets all pointers. */
static bool put_rrset(struct answer *answer, const struct rrset *set, size_t owner, size_t apex,
                      size_t split)
{
    if (set->length > answer->limit - answer->length)
        return false;
    uint8_t *to = answer->bytes + answer->length;
    size_t tail = set->length - split;
    memcpy(to, set->wire + split, tail);
    if (split > 0)
        memcpy(to + tail, set->wire, split);
    for (size_t at = 0; at < set->length; at += RRSET_FIXED + wire_get16(to + at + 10))
        wire_put16(to + at, POINTER | (unsigned)owner);
    const uint16_t *patches = rrset_patches(set);
    for (unsigned i = 0; i < set->patches; i++) {
        size_t at = patches[i] >= split ? patches[i] - split : patches[i] + tail;
        wire_put16(to + at, POINTER | (unsigned)apex);
    }
    answer->length += set->length;
    return true;
}

bool answer_rrset(struct answer *answer, enum answer_section section, const struct rrset *set,
                  size_t owner, size_t apex, uint64_t turn)
{
    size_t split = set->count == 1 ? 0 : record_offset(set, turn % set->count);
    if (!put_rrset(answer, set, owner, apex, split))
        return truncate_answer(answer);
    answer->counts[section] = (uint16_t)(answer->counts[section] + set->count);
    return true;
}

bool answer_pick(struct answer *answer, const struct pick *pick, size_t owner, uint32_t ttl)
{
    if ((size_t)pick->total * pick->stride > answer->limit - answer->length)
        return truncate_answer(answer);
    uint8_t *to = answer->bytes + answer->length;
    for (unsigned i = 0; i < pick->runs; i++) {
        size_t size = (size_t)pick->run[i].count * pick->stride;
        memcpy(to, pick->run[i].records, size);
        for (uint8_t *end = to + size; to < end; to += pick->stride) {
            wire_put16(to, POINTER | (unsigned)owner);
            wire_put32(to + 6, ttl);
        }
    }
    answer->length = (size_t)(to - answer->bytes);
    answer->counts[ANSWER_ANSWER] = (uint16_t)(answer->counts[ANSWER_ANSWER] + pick->total);
    return true;
}

bool answer_synthesise(struct answer *answer, size_t owner, size_t prefix, size_t target,
                       uint32_t ttl)
{
    size_t rdata = prefix + 2;
    if (RRSET_FIXED + rdata > answer->limit - answer->length)
        return truncate_answer(answer);
    uint8_t *to = answer->bytes + answer->length;
    wire_put16(to, POINTER | (unsigned)owner);
    wire_put16(to + 2, RRTYPE_CNAME);
    wire_put16(to + 4, DNS_IN);
    wire_put32(to + 6, ttl);
    wire_put16(to + 10, (unsigned)rdata);
    (void)copy_labels(answer, owner, prefix, to + RRSET_FIXED);
    wire_put16(to + RRSET_FIXED + prefix, POINTER | (unsigned)target);
    answer->length += RRSET_FIXED + rdata;
    answer->counts[ANSWER_ANSWER]++;
    return true;
}

static bool put_glue(struct answer *answer, const struct rrset *set, size_t owner, size_t apex)
{
    owner = follow(answer, owner);
    bool done = owner < POINTER_LIMIT ? put_rrset(answer, set, owner, apex, 0)
                                      : put_in_full(answer, set, owner);
    if (done)
        answer->counts[ANSWER_ADDITIONAL] =
            (uint16_t)(answer->counts[ANSWER_ADDITIONAL] + set->count);
    return done;
}

/* Adds the glue that is required, or the rest of it; false when a set did not fit. The list is in
 * the order of the NS records, so one walk over those finds the names. */
static bool put_glues(struct answer *answer, const struct zone_cut *cut, bool required, size_t ns,
                      size_t apex)
{
    unsigned record = 0;
    bool all = true;
    for (uint32_t i = 0; i < cut->glue_count; i++) {
        const struct zone_glue *glue = &cut->glue[i];
        for (; record < glue->ns_record; record++)
            ns += RRSET_FIXED + wire_get16(answer->bytes + ns + 10);
        if (glue->required == required)
            all &= put_glue(answer, glue->set, ns + RRSET_FIXED, apex);
    }
    return all;
}

void answer_glue(struct answer *answer, const struct zone_cut *cut, size_t ns, size_t apex)
{
    if (!put_glues(answer, cut, true, ns, apex))
        answer->flags |= DNS_TC; /* what fits stays: it is whole RRsets, as Knot has it */
    else
        (void)put_glues(answer, cut, false, ns, apex);
}

/* RFC 6891 section 6.1.2; of the flags only DO is given back (section 6.1.4). */
static void put_opt(struct answer *answer, const struct query *query,
                    const struct state_settings *settings)
{
    uint8_t *to = answer->bytes + answer->length;
    unsigned rdata = answer->opt_length - (unsigned)OPT_FIXED;
    to[0] = 0;
    wire_put16(to + 1, RRTYPE_OPT);
    wire_put16(to + 3, settings->udp_payload);
    to[5] = (uint8_t)(answer->rcode >> 4);
    to[6] = 0; /* version */
    wire_put16(to + 7, query->dnssec_ok ? 0x8000U : 0U);
    wire_put16(to + 9, rdata);
    if (rdata > 0) {
        wire_put16(to + OPT_FIXED, OPTION_NSID);
        wire_put16(to + OPT_FIXED + 2, settings->nsid_length);
        memcpy(to + OPT_FIXED + 4, settings->nsid, settings->nsid_length);
    }
    answer->length += answer->opt_length;
}

size_t answer_finish(struct answer *answer, const struct query *query,
                     const struct state_settings *settings)
{
    bool opt = answer->opt_length > 0;
    if (opt)
        put_opt(answer, query, settings);
    unsigned flags = (unsigned)DNS_QR | (unsigned)query->opcode << 11 | answer->flags;
    if (query->opcode == DNS_QUERY)
        flags |= query->flags & ((unsigned)DNS_RD | (unsigned)DNS_CD);
    uint8_t *header = answer->bytes;
    wire_put16(header, query->id);
    wire_put16(header + 2, flags | (answer->rcode & 15U));
    wire_put16(header + 4, query->has_question);
    wire_put16(header + 6, answer->counts[ANSWER_ANSWER]);
    wire_put16(header + 8, answer->counts[ANSWER_AUTHORITY]);
    wire_put16(header + 10, answer->counts[ANSWER_ADDITIONAL] + (unsigned)opt);
    return answer->length;
}
