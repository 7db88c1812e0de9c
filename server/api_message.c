// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_message.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/wire.h"
#include "resolver/query.h"
#include "zones/rdata.h"
#include "zones/rrtype.h"

#include <stdio.h>
#include <string.h>

#define ECS_OPTION   8    /* RFC 7871 */
#define OPT_PAYLOAD  1232 /* as the server's own */
#define POINTERS_MAX 32

/* --- the query --- */

static size_t put_subnet(uint8_t *out, const struct prefix *subnet)
{
    size_t bytes = (subnet->bits + 7U) / 8;
    wire_put16(out, ECS_OPTION);
    wire_put16(out + 2, (unsigned)(4 + bytes));
    wire_put16(out + 4, subnet->addr.family == ADDR_V4 ? 1 : 2);
    out[6] = subnet->bits;
    out[7] = 0;
    memcpy(out + 8, subnet->addr.bytes, bytes);
    return 8 + bytes;
}

size_t api_message_query(const uint8_t *name, uint16_t type, const struct prefix *subnet,
                         uint8_t out[API_QUERY_MAX])
{
    size_t length = name_length(name);
    uint8_t *at = out + DNS_HEADER + length;
    memset(out, 0, DNS_HEADER);
    wire_put16(out + 4, 1);
    memcpy(out + DNS_HEADER, name, length);
    wire_put16(at, type);
    wire_put16(at + 2, DNS_IN);
    at += 4;
    if (subnet == NULL)
        return (size_t)(at - out);
    wire_put16(out + 10, 1);
    at[0] = 0;
    wire_put16(at + 1, RRTYPE_OPT);
    wire_put16(at + 3, OPT_PAYLOAD);
    wire_put32(at + 5, 0);
    size_t size = put_subnet(at + 11, subnet);
    wire_put16(at + 9, (unsigned)size);
    return (size_t)(at - out) + 11 + size;
}

/* --- the answer --- */

/* A name, perhaps compressed, to its plain form; its length, 0 when it is malformed. */
static size_t take_name(struct wire_reader *reader, uint8_t out[NAME_MAX_LEN])
{
    struct wire_reader at = *reader;
    size_t length = 0;
    bool jumped = false;
    for (unsigned jumps = 0; jumps < POINTERS_MAX;) {
        uint8_t label = wire_take8(&at);
        if (at.failed)
            break;
        if ((label & 0xc0) == 0xc0) {
            size_t target = (size_t)(label & 0x3f) << 8 | wire_take8(&at);
            reader->pos = jumped ? reader->pos : at.pos;
            jumped = true;
            at.pos = target < at.size ? target : at.size;
            jumps++;
            continue;
        }
        const uint8_t *bytes = wire_take(&at, label);
        if (label > 63 || bytes == NULL || length + 1U + label > NAME_MAX_LEN)
            break;
        out[length] = label;
        memcpy(out + length + 1, bytes, label);
        length += 1U + label;
        if (label == 0) {
            reader->pos = jumped ? reader->pos : at.pos;
            return length;
        }
    }
    reader->failed = true;
    return 0;
}

/* Copies one field of the layout; names come out plain. */
static size_t take_field(struct wire_reader *reader, char kind, uint8_t *out)
{
    if (kind == 'n')
        return take_name(reader, out);
    size_t size = kind == '2' ? 2 : 4;
    const uint8_t *bytes = wire_take(reader, size);
    if (bytes != NULL)
        memcpy(out, bytes, size);
    return size;
}

/* Rdata without compression; RDATA_MAX bytes and a few names are room enough, since only the types
 * of RFC 1035 grow. */
static size_t take_rdata(struct wire_reader *reader, uint16_t type, size_t length, uint8_t *out)
{
    const struct rrtype *row = rrtype_by_number(type);
    size_t end = reader->pos + length;
    size_t used = 0;
    if (end > reader->size)
        reader->failed = true;
    if (row != NULL && (row->flags & RRTYPE_COMPRESS) != 0 && row->layout != NULL)
        for (const char *kind = row->layout; *kind != '\0' && !reader->failed; kind++)
            used += take_field(reader, *kind, out + used);
    if (reader->failed || reader->pos > end) {
        reader->failed = true;
        return 0;
    }
    size_t rest = end - reader->pos;
    const uint8_t *bytes = wire_take(reader, rest);
    if (bytes != NULL)
        memcpy(out + used, bytes, rest);
    return used + rest;
}

struct printer {
    struct strbuf line;
    uint8_t *rdata; /* RDATA_MAX bytes, and what names can grow by */
    unsigned rcode;
    api_record_fn *fn;
    void *data;
};

static void print_record(struct printer *printer, enum api_section section, const uint8_t *owner,
                         uint16_t type, uint32_t ttl, size_t length)
{
    char name[NAME_TEXT_MAX];
    char mnemonic[RRTYPE_TEXT_MAX];
    (void)name_to_text(owner, name);
    strbuf_clear(&printer->line);
    strbuf_addf(&printer->line, "%s %u IN %s ", name, (unsigned)ttl, rrtype_name(type, mnemonic));
    rdata_to_text(type, printer->rdata, length, &printer->line);
    printer->fn(printer->data, section, ttl, printer->line.text);
}

static bool take_record(struct wire_reader *reader, struct printer *printer, unsigned section)
{
    uint8_t owner[NAME_MAX_LEN];
    if (take_name(reader, owner) == 0)
        return false;
    uint16_t type = wire_take16(reader);
    (void)wire_take16(reader);
    uint32_t ttl = wire_take32(reader);
    uint16_t size = wire_take16(reader);
    size_t length = take_rdata(reader, type, size, printer->rdata);
    if (reader->failed)
        return false;
    if (type == RRTYPE_OPT)
        printer->rcode |= ttl >> 24 << 4; /* RFC 6891 section 6.1.3 */
    else if (section <= API_SECTION_AUTHORITY)
        print_record(printer, (enum api_section)section, owner, type, ttl, length);
    return true;
}

static bool print_all(struct wire_reader *reader, struct printer *printer)
{
    uint8_t name[NAME_MAX_LEN];
    const uint8_t *header = wire_take(reader, DNS_HEADER);
    if (header == NULL)
        return false;
    printer->rcode = header[3] & 0x0fU;
    for (unsigned i = wire_get16(header + 4); i > 0; i--)
        if (take_name(reader, name) == 0 || wire_take(reader, 4) == NULL)
            return false;
    for (unsigned section = 0; section < 3; section++)
        for (unsigned i = wire_get16(header + 6 + 2 * section); i > 0; i--)
            if (!take_record(reader, printer, section))
                return false;
    return true;
}

bool api_message_print(const uint8_t *message, size_t size, unsigned *rcode, api_record_fn *fn,
                       void *data)
{
    struct wire_reader reader = { .bytes = message, .size = size };
    struct printer printer = { .fn = fn, .data = data };
    strbuf_init(&printer.line);
    printer.rdata = mem_alloc(RDATA_MAX + 2 * NAME_MAX_LEN);
    bool ok = print_all(&reader, &printer);
    *rcode = printer.rcode;
    mem_free(printer.rdata);
    strbuf_fini(&printer.line);
    return ok;
}

const char *api_message_rcode(unsigned rcode, char *out)
{
    static const char *const names[] = {
        [DNS_NOERROR] = "NOERROR",   [DNS_FORMERR] = "FORMERR", [DNS_SERVFAIL] = "SERVFAIL",
        [DNS_NXDOMAIN] = "NXDOMAIN", [DNS_NOTIMP] = "NOTIMP",   [DNS_REFUSED] = "REFUSED",
        [DNS_YXDOMAIN] = "YXDOMAIN", [7] = "YXRRSET",           [8] = "NXRRSET",
        [DNS_NOTAUTH] = "NOTAUTH",   [10] = "NOTZONE",          [DNS_BADVERS] = "BADVERS",
        [23] = "BADCOOKIE",
    };
    if (rcode < ARRAY_LEN(names) && names[rcode] != NULL)
        return names[rcode];
    (void)snprintf(out, 16, "RCODE%u", rcode);
    return out;
}
