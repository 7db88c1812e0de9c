// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/dnsmsg.h"

#include "base/name.h"
#include "base/strbuf.h"
#include "base/wire.h"
#include "resolver/query.h"
#include "zones/rrtype.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- queries --- */

struct words {
    unsigned opcode, class, id, version, payload;
    unsigned flags;
    bool edns, dnssec_ok, nsid, tcp;
};

static void fail(const char *what, const char *word)
{
    fprintf(stderr, "dnsmsg: %s: %s\n", what, word);
    abort();
}

static bool number_word(const char *word, const char *key, unsigned *out)
{
    size_t length = strlen(key);
    if (strncmp(word, key, length) != 0 || word[length] != '=')
        return false;
    *out = (unsigned)strtoul(word + length + 1, NULL, 0);
    return true;
}

static bool flag_word(const char *word, unsigned *flags)
{
    static const struct {
        const char *word;
        unsigned flag;
    } table[] = { { "rd", DNS_RD }, { "cd", DNS_CD }, { "ad", DNS_AD }, { "tc", DNS_TC },
                  { "ra", DNS_RA }, { "z", DNS_Z },   { "aa", DNS_AA }, { "qr", DNS_QR } };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(word, table[i].word) == 0) {
            *flags |= table[i].flag;
            return true;
        }
    }
    return false;
}

static void read_word(const char *word, struct words *w)
{
    if (flag_word(word, &w->flags) || number_word(word, "opcode", &w->opcode) ||
        number_word(word, "class", &w->class) || number_word(word, "id", &w->id) ||
        number_word(word, "version", &w->version))
        return;
    if (strcmp(word, "tcp") == 0)
        w->tcp = true;
    else if (number_word(word, "edns", &w->payload))
        w->edns = true;
    else if (strcmp(word, "do") == 0)
        w->dnssec_ok = true;
    else if (strcmp(word, "nsid") == 0)
        w->nsid = true;
    else
        fail("unknown word", word);
}

static size_t put_opt(const struct words *w, uint8_t *out)
{
    out[0] = 0;
    wire_put16(out + 1, RRTYPE_OPT);
    wire_put16(out + 3, w->payload);
    out[5] = 0;
    out[6] = (uint8_t)w->version;
    wire_put16(out + 7, w->dnssec_ok ? 0x8000 : 0);
    wire_put16(out + 9, w->nsid ? 4 : 0);
    if (!w->nsid)
        return 11;
    wire_put32(out + 11, 3U << 16);
    return 15;
}

size_t dnsmsg_query(const char *words, uint8_t *out, bool *tcp)
{
    char text[DNSMSG_QUERY_MAX];
    (void)snprintf(text, sizeof(text), "%s", words);
    char *rest = text;
    const char *name = strsep(&rest, " ");
    const char *type = strsep(&rest, " ");
    uint16_t qtype = 0;
    const char *error = NULL;
    size_t length = name_from_text(name, strlen(name), NULL, out + DNS_HEADER, &error);
    if (length == 0 || type == NULL || !rrtype_parse(type, strlen(type), &qtype))
        fail("not a name and a type", words);
    struct words w = { .class = DNS_IN, .id = 0x1234 };
    for (const char *word; (word = strsep(&rest, " ")) != NULL;)
        read_word(word, &w);

    memset(out, 0, DNS_HEADER);
    wire_put16(out, w.id);
    wire_put16(out + 2, w.flags | w.opcode << 11);
    wire_put16(out + 4, 1);
    wire_put16(out + 10, w.edns);
    size_t at = DNS_HEADER + length;
    wire_put16(out + at, qtype);
    wire_put16(out + at + 2, w.class);
    at += 4;
    *tcp = w.tcp;
    return w.edns ? at + put_opt(&w, out + at) : at;
}

/* --- form --- */

/* Reads the name at r->pos, following pointers, which must go back, and steps over it. */
static const char *check_name(struct wire_reader *r)
{
    size_t before = r->pos; /* where the part being read began */
    size_t behind = 0;      /* the name, once a pointer was met */
    size_t total = 0;
    for (size_t at = r->pos; at < r->size;) {
        uint8_t byte = r->bytes[at];
        if (byte >= 0xC0 && at + 2 <= r->size) {
            behind = behind == 0 ? at + 2 : behind;
            at = wire_get16(r->bytes + at) & 0x3FFFU;
            if (at >= before || at < DNS_HEADER)
                return "pointer does not go back to a name";
            before = at;
            continue;
        }
        if (byte > 63)
            return "label type";
        at += 1U + byte;
        total += 1U + byte;
        if (total > NAME_MAX_LEN)
            return "name too long";
        if (byte == 0) {
            r->pos = behind == 0 ? at : behind;
            return NULL;
        }
    }
    return "name beyond the end";
}

static const char *check_rdata(struct wire_reader *r, uint16_t type, size_t length)
{
    size_t end = r->pos + length;
    const struct rrtype *row = rrtype_by_number(type);
    const char *layout = row != NULL ? row->layout : NULL;
    if (type == RRTYPE_DNAME)
        layout = "n";
    for (; layout != NULL && *layout != '\0'; layout++) {
        const char *error = NULL;
        if (*layout == 'n')
            error = check_name(r);
        else
            (void)wire_take(r, (size_t)(*layout - '0'));
        if (error != NULL)
            return error;
    }
    if (layout != NULL && r->pos != end)
        return "rdata length";
    if ((type == RRTYPE_A && length != 4) || (type == RRTYPE_AAAA && length != 16))
        return "address length";
    (void)wire_take(r, end - r->pos);
    return NULL;
}

const char *dnsmsg_check(const uint8_t *message, size_t size)
{
    if (size < DNS_HEADER)
        return "header";
    struct wire_reader r = { .bytes = message, .size = size, .pos = DNS_HEADER };
    unsigned questions = wire_get16(message + 4);
    unsigned records =
        0U + wire_get16(message + 6) + wire_get16(message + 8) + wire_get16(message + 10);
    for (unsigned i = 0; i < questions + records; i++) {
        const char *error = check_name(&r);
        if (error != NULL)
            return error;
        uint16_t type = wire_take16(&r);
        (void)wire_take16(&r);
        if (i < questions)
            continue;
        (void)wire_take32(&r);
        uint16_t length = wire_take16(&r);
        if (r.failed || length > size - r.pos)
            return "record beyond the end";
        error = check_rdata(&r, type, length);
        if (error != NULL)
            return error;
    }
    if (r.failed)
        return "section beyond the end";
    return r.pos == size ? NULL : "octets behind the last record";
}

/* --- text --- */

static void print_record(const ldns_rr *rr, const char *section, struct strbuf *out)
{
    char *text = ldns_rr2str(rr); /* owner TAB ttl TAB IN TAB type TAB rdata NEWLINE */
    char *rest = text;
    strbuf_add(out, section);
    for (unsigned field = 0; rest != NULL && *rest != '\0'; field++) {
        const char *word = strsep(&rest, "\t\n");
        if (field == 2 && strcmp(word, "IN") == 0)
            continue;
        strbuf_addf(out, " %s", word);
    }
    while (out->length > 0 && out->text[out->length - 1] == ' ')
        out->text[--out->length] = '\0';
    strbuf_add(out, "\n");
    free(text);
}

static void print_section(const ldns_rr_list *list, const char *section, struct strbuf *out)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        print_record(ldns_rr_list_rr(list, i), section, out);
}

static void print_head(const ldns_pkt *pkt, struct strbuf *out)
{
    static const char *const names[] = {
        [0] = "NOERROR", [1] = "FORMERR",  [2] = "SERVFAIL", [3] = "NXDOMAIN", [4] = "NOTIMP",
        [5] = "REFUSED", [6] = "YXDOMAIN", [9] = "NOTAUTH",  [16] = "BADVERS"
    };
    unsigned rcode = (unsigned)ldns_pkt_get_rcode(pkt);
    if (ldns_pkt_edns(pkt))
        rcode |= (unsigned)ldns_pkt_edns_extended_rcode(pkt) << 4;
    if (rcode < sizeof(names) / sizeof(names[0]) && names[rcode] != NULL)
        strbuf_add(out, names[rcode]);
    else
        strbuf_addf(out, "RCODE%u", rcode);
    if (ldns_pkt_get_opcode(pkt) != LDNS_PACKET_QUERY)
        strbuf_addf(out, " opcode%u", (unsigned)ldns_pkt_get_opcode(pkt));
    strbuf_add(out, ldns_pkt_qr(pkt) ? "" : " not-an-answer");
    strbuf_add(out, ldns_pkt_aa(pkt) ? " aa" : "");
    strbuf_add(out, ldns_pkt_tc(pkt) ? " tc" : "");
    strbuf_add(out, ldns_pkt_rd(pkt) ? " rd" : "");
    strbuf_add(out, ldns_pkt_ra(pkt) ? " ra" : "");
    strbuf_add(out, ldns_pkt_ad(pkt) ? " ad" : "");
    strbuf_add(out, ldns_pkt_cd(pkt) ? " cd" : "");
    strbuf_add(out, ldns_pkt_qdcount(pkt) == 0 ? " no-question" : "");
    strbuf_add(out, "\n");
}

static void print_opt(const ldns_pkt *pkt, struct strbuf *out)
{
    strbuf_addf(out, "OPT %u%s", ldns_pkt_edns_udp_size(pkt), ldns_pkt_edns_do(pkt) ? " do" : "");
    if (ldns_pkt_edns_version(pkt) != 0)
        strbuf_addf(out, " version%u", ldns_pkt_edns_version(pkt));
    const ldns_rdf *data = ldns_pkt_edns_data(pkt);
    if (data != NULL && ldns_rdf_size(data) > 0) {
        strbuf_add(out, " ");
        for (size_t i = 0; i < ldns_rdf_size(data); i++)
            strbuf_addf(out, "%02x", ldns_rdf_data(data)[i]);
    }
    strbuf_add(out, "\n");
}

char *dnsmsg_print(const uint8_t *message, size_t size)
{
    ldns_pkt *pkt = NULL;
    if (ldns_wire2pkt(&pkt, message, size) != LDNS_STATUS_OK)
        return NULL;
    struct strbuf out;
    strbuf_init(&out);
    print_head(pkt, &out);
    print_section(ldns_pkt_answer(pkt), "AN", &out);
    print_section(ldns_pkt_authority(pkt), "NS", &out);
    print_section(ldns_pkt_additional(pkt), "AR", &out);
    if (ldns_pkt_edns(pkt))
        print_opt(pkt, &out);
    ldns_pkt_free(pkt);
    char *text = strbuf_take(&out);
    strbuf_fini(&out);
    return text;
}

unsigned dnsmsg_count(const char *text, const char *line)
{
    unsigned count = 0;
    size_t length = strlen(line);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at += length)
        count += (at == text || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0');
    return count;
}
