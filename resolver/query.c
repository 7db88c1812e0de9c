// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/query.h"

#include "base/wire.h"
#include "zones/rrtype.h"

#include <string.h>

/* Records that a query may bring beside its question: an OPT, a signature, the SOA of an IXFR. The
 * peers take any number or none; a bound keeps a datagram of thousands from costing more than one.
 */
#define RECORDS_MAX 8

#define OPTION_NSID 3 /* RFC 5001 */

/* The OPT record (RFC 6891 section 6.1.2); `options` borrows from the packet. */
struct opt {
    bool present;
    uint16_t payload;
    uint8_t version;
    uint16_t flags;
    const uint8_t *options;
    uint16_t options_length;
};

/* Steps over the owner of a record. A pointer ends it (RFC 1035 section 4.1.4) and is not followed:
 * nothing here depends on where it leads. */
static void skip_owner(struct wire_reader *r)
{
    for (size_t start = r->pos; !r->failed;) {
        uint8_t length = wire_take8(r);
        if (length == 0)
            return;
        if (length >= 0xC0) {
            (void)wire_take8(r);
            return;
        }
        (void)wire_take(r, length);
        r->failed |= length > 63 || r->pos - start >= NAME_MAX_LEN;
    }
}

/* Reads one record behind the question; an OPT goes to `opt`. Fails on two of them, on one outside
 * of the additional section and on one whose owner is not the root (RFC 6891 section 6.1.1). */
static void read_record(struct wire_reader *r, bool additional, struct opt *opt)
{
    size_t start = r->pos;
    skip_owner(r);
    size_t owner_length = r->pos - start;
    uint16_t type = wire_take16(r);
    uint16_t class = wire_take16(r);
    uint32_t ttl = wire_take32(r);
    uint16_t length = wire_take16(r);
    const uint8_t *rdata = wire_take(r, length);
    if (r->failed || type != RRTYPE_OPT)
        return;
    if (opt->present || !additional || owner_length != 1) {
        r->failed = true;
        return;
    }
    *opt = (struct opt){ .present = true,
                         .payload = class,
                         .version = (uint8_t)(ttl >> 16),
                         .flags = (uint16_t)ttl,
                         .options = rdata,
                         .options_length = length };
}

/* Options that we do not know are passed over (RFC 6891 section 6.1.2). */
static bool read_options(const struct opt *opt, struct query *q)
{
    struct wire_reader r = { .bytes = opt->options, .size = opt->options_length };
    while (!r.failed && r.pos < r.size) {
        uint16_t code = wire_take16(&r);
        (void)wire_take(&r, wire_take16(&r));
        q->wants_nsid |= code == OPTION_NSID;
    }
    return !r.failed;
}

/* The records behind the question; false when they are malformed. Octets behind the last of them
 * are not looked at, as BIND and NSD have it. */
static bool read_records(struct wire_reader *r, struct query *q, struct opt *opt)
{
    unsigned others = (unsigned)wire_get16(r->bytes + 6) + wire_get16(r->bytes + 8);
    unsigned count = others + wire_get16(r->bytes + 10);
    if (count == 0)
        return true;
    if (count > RECORDS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++)
        read_record(r, i >= others, opt);
    /* Options of a version that we do not know may have another form: not looked at. */
    if (r->failed || (opt->present && opt->version == 0 && !read_options(opt, q)))
        return false;
    q->has_edns = opt->present;
    q->dnssec_ok = (opt->flags & 0x8000U) != 0;
    q->edns_payload = opt->payload < 512 ? 512 : opt->payload;
    return true;
}

/* Eight octets in lower case (RFC 4343). Seven bits of each are added to what carries into the
 * eighth from 'A' on, and from '[' on; no octet carries into the next. */
static uint64_t lower8(uint64_t octets)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = octets & each * 0x7f;
    uint64_t letters = (low + each * (0x80 - 'A')) ^ (low + each * (0x80 - '['));
    return octets | (letters & ~octets & each * 0x80) >> 2;
}

static void lower_word(const uint8_t *from, uint8_t *to)
{
    uint64_t octets = 0;
    memcpy(&octets, from, sizeof(octets));
    octets = lower8(octets);
    memcpy(to, &octets, sizeof(octets));
}

/* As name_lower, for a name of known length: it would be the longest loop of a query. The last word
 * may overlap the one before. */
static void lower_name(const uint8_t *name, size_t length, uint8_t *out)
{
    const size_t word = sizeof(uint64_t);
    if (UNLIKELY(length < word)) {
        name_lower(name, out);
        return;
    }
    for (size_t at = 0; at + word < length; at += word)
        lower_word(name + at, out + at);
    lower_word(name + length - word, out + length - word);
}

static bool read_question(struct wire_reader *r, struct query *q)
{
    size_t length = name_check(r->bytes + r->pos, r->size - r->pos);
    if (length == 0 || r->size - r->pos - length < 4)
        return false;
    const uint8_t *name = r->bytes + r->pos;
    const uint8_t *tail = name + length;
    r->pos += length + 4;
    lower_name(name, length, q->name);
    q->name_length = (uint8_t)length;
    q->qtype = wire_get16(tail);
    q->qclass = wire_get16(tail + 2);
    q->question_end = (uint16_t)r->pos;
    q->has_question = true;
    return true;
}

static enum query_verdict refuse(struct query *q, enum dns_rcode rcode)
{
    q->rcode = (uint8_t)rcode;
    return QUERY_ERROR;
}

enum query_verdict query_parse(const uint8_t *packet, size_t size, uint64_t seed, struct query *out)
{
    if (size < DNS_HEADER)
        return QUERY_DROP;
    out->id = wire_get16(packet);
    out->flags = wire_get16(packet + 2);
    out->opcode = (uint8_t)(out->flags >> 11 & 15U);
    out->rcode = DNS_NOERROR;
    out->has_question = false;
    out->has_edns = false;
    out->dnssec_ok = false;
    out->wants_nsid = false;
    out->qtype = 0;
    out->qclass = 0;
    out->question_end = DNS_HEADER;
    if ((out->flags & DNS_QR) != 0)
        return QUERY_DROP; /* two servers must never answer each other's answers */
    if (out->opcode != DNS_QUERY)
        return refuse(out, DNS_NOTIMP); /* the rest of the message may mean anything */

    struct wire_reader r = { .bytes = packet, .size = size, .pos = DNS_HEADER };
    struct opt opt = { .present = false };
    unsigned questions = wire_get16(packet + 4);
    if (questions > 1 || (questions == 1 && !read_question(&r, out)))
        return refuse(out, DNS_FORMERR); /* RFC 9619 */
    if (!read_records(&r, out, &opt) || questions == 0)
        return refuse(out, DNS_FORMERR);
    if (opt.version != 0)
        return refuse(out, DNS_BADVERS); /* RFC 6891 section 6.1.3 */
    /* Class ANY is answered from the one class we have (RFC 1035 section 6.2). */
    if (out->qclass != DNS_IN && out->qclass != DNS_CLASS_ANY)
        return refuse(out, DNS_REFUSED);
    name_hash_all(out->name, seed, &out->hashes);
    return QUERY_OK;
}
