// SPDX-License-Identifier: BSD-2-Clause
/* Writer of one answer: header, question, sections, OPT, truncation. Names in the message are known
 * by their offset: the question stands at DNS_HEADER, and whatever is answered later has its name
 * written already (in the question, in the rdata of a CNAME or of an NS), so that owners are
 * pointers (RFC 1035 section 4.1.4). Lives on one worker's stack; no allocation.
 *
 * The caller borrows it the buffer, which must not be the query's. */
#pragma once

#include "resolver/picker.h"
#include "resolver/query.h"
#include "resolver/state.h"
#include "zones/zone.h"

enum answer_section { ANSWER_ANSWER, ANSWER_AUTHORITY, ANSWER_ADDITIONAL, ANSWER_SECTIONS };

struct answer {
    uint8_t *bytes;
    size_t length;
    size_t limit; /* no section goes beyond; room for the OPT lies behind */
    uint16_t counts[ANSWER_SECTIONS];
    uint16_t flags;      /* DNS_AA, DNS_TC */
    uint16_t rcode;      /* enum dns_rcode */
    uint16_t opt_length; /* 0 = the query had none */
    uint16_t question_end;
};

/* Copies the question of `packet` and keeps room for the OPT. `size` is the buffer's, 512 at least;
 * the most sent over UDP is 512 without EDNS, else the smaller of both sides' payloads. */
void answer_begin(struct answer *answer, const uint8_t *packet, const struct query *query,
                  const struct state_settings *settings, bool tcp, uint8_t *bytes, size_t size);
/* Writes header and OPT; returns the length of the message. */
size_t answer_finish(struct answer *answer, const struct query *query,
                     const struct state_settings *settings);

/* Where the suffix stands that begins `skip` octets behind the start of the name at `at`. */
size_t answer_suffix(const struct answer *answer, size_t at, size_t skip);

/* Each of these writes all it is asked for and returns true, or nothing and false; the first two
 * empty and mark the answer as truncated then. `owner` and `apex` (the zone's) are offsets of
 * names. */

/* An RRset, beginning with record `turn` modulo their number. */
bool answer_rrset(struct answer *answer, enum answer_section section, const struct rrset *set,
                  size_t owner, size_t apex, uint64_t turn);
/* What a picker chose. */
bool answer_pick(struct answer *answer, const struct pick *pick, size_t owner, uint32_t ttl);
/* The CNAME that a DNAME makes (RFC 6672 section 3.1): its target is the first `prefix` octets of
 * the name at `owner`, then the name at `target`. The two are at most NAME_MAX_LEN long together.
 */
bool answer_synthesise(struct answer *answer, size_t owner, size_t prefix, size_t target,
                       uint32_t ttl);

/* Addresses for a referral whose NS set was written, unrotated, at `ns`. Without room for one that
 * lies below the cut the answer is marked as truncated (RFC 9471); others are left out. */
void answer_glue(struct answer *answer, const struct zone_cut *cut, size_t ns, size_t apex);

/* Takes all sections out again. */
void answer_clear(struct answer *answer);
