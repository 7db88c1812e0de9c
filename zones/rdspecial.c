// SPDX-License-Identifier: BSD-2-Clause
/* Kinds of fields that one or two types have. */
#include "zones/rdfield.h"

#include "base/name.h"
#include "base/parse.h"
#include "base/wire.h"
#include "zones/rdwrite.h"
#include "zones/rrtype.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct mnemonic {
    unsigned value;
    const char *name;
};

static bool token_is(const struct rdata_token *token, const char *text)
{
    return strlen(text) == token->length && strncasecmp(token->text, text, token->length) == 0;
}

/* A mnemonic of the table, or a number up to `max`; `bytes` of it are written. */
static bool read_mnemonic(struct rdfield_in *in, const struct mnemonic *table, size_t rows,
                          unsigned bytes)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    uint64_t value = 0;
    uint64_t max = (UINT64_C(1) << 8 * bytes) - 1;
    bool known = parse_u64(token->text, token->length, max, &value);
    for (size_t i = 0; !known && i < rows; i++) {
        known = token_is(token, table[i].name);
        value = table[i].value;
    }
    if (!known)
        return rdfield_bad(in, "is neither a known mnemonic nor a number up to %llu",
                           (unsigned long long)max);
    return rdfield_put_number(in, value, bytes);
}

static bool write_mnemonic(struct rdfield_out *out, const struct mnemonic *table, size_t rows,
                           unsigned bytes)
{
    const uint8_t *at = rdfield_get(out, bytes);
    if (at == NULL)
        return false;
    unsigned value = bytes == 1 ? at[0] : wire_get16(at);
    for (size_t i = 0; i < rows; i++) {
        if (table[i].value == value) {
            rdfield_word(out, "%s", table[i].name);
            return true;
        }
    }
    rdfield_word(out, "%u", value);
    return true;
}

/* --- DNSSEC algorithms, CERT (RFC 4398), DSYNC (RFC 9859) --- */

/* The first name of a number is the one printed; both BIND's names and the registry's are read. */
static const struct mnemonic algorithms[] = {
    { 1, "RSAMD5" },
    { 2, "DH" },
    { 3, "DSA" },
    { 5, "RSASHA1" },
    { 6, "NSEC3DSA" },
    { 6, "DSA-NSEC3-SHA1" },
    { 7, "NSEC3RSASHA1" },
    { 7, "RSASHA1-NSEC3-SHA1" },
    { 8, "RSASHA256" },
    { 10, "RSASHA512" },
    { 12, "ECCGOST" },
    { 12, "ECC-GOST" },
    { 13, "ECDSAP256SHA256" },
    { 14, "ECDSAP384SHA384" },
    { 15, "ED25519" },
    { 16, "ED448" },
    { 252, "INDIRECT" },
    { 253, "PRIVATEDNS" },
    { 254, "PRIVATEOID" },
};

static const struct mnemonic cert_types[] = {
    { 1, "PKIX" }, { 2, "SPKI" },   { 3, "PGP" },     { 4, "IPKIX" }, { 5, "ISPKI" },
    { 6, "IPGP" }, { 7, "ACPKIX" }, { 8, "IACPKIX" }, { 253, "URI" }, { 254, "OID" },
};

static const struct mnemonic schemes[] = { { 1, "NOTIFY" } };

static bool read_algorithm(struct rdfield_in *in)
{
    return read_mnemonic(in, algorithms, ARRAY_LEN(algorithms), 1);
}

static bool write_cert_algorithm(struct rdfield_out *out)
{
    return write_mnemonic(out, algorithms, ARRAY_LEN(algorithms), 1);
}

static bool read_cert_type(struct rdfield_in *in)
{
    return read_mnemonic(in, cert_types, ARRAY_LEN(cert_types), 2);
}

static bool write_cert_type(struct rdfield_out *out)
{
    return write_mnemonic(out, cert_types, ARRAY_LEN(cert_types), 2);
}

static bool read_scheme(struct rdfield_in *in)
{
    return read_mnemonic(in, schemes, ARRAY_LEN(schemes), 1);
}

static bool write_scheme(struct rdfield_out *out)
{
    return write_mnemonic(out, schemes, ARRAY_LEN(schemes), 1);
}

/* --- WKS (RFC 1035 section 3.4.2), behind its address --- */

static const struct mnemonic protocols[] = { { 1, "icmp" }, { 6, "tcp" }, { 17, "udp" } };

/* Names that RFC 1010 had for the ports in use; the machine's own list would make a zone mean
 * different things on different machines. */
static const struct mnemonic ports[] = {
    { 7, "echo" },    { 20, "ftp-data" }, { 21, "ftp" },    { 22, "ssh" },     { 23, "telnet" },
    { 25, "smtp" },   { 37, "time" },     { 53, "domain" }, { 69, "tftp" },    { 70, "gopher" },
    { 79, "finger" }, { 80, "http" },     { 110, "pop3" },  { 111, "sunrpc" }, { 119, "nntp" },
    { 123, "ntp" },   { 143, "imap2" },   { 161, "snmp" },  { 179, "bgp" },    { 389, "ldap" },
    { 443, "https" }, { 636, "ldaps" },   { 993, "imaps" }, { 995, "pop3s" },
};

static bool read_port(struct rdfield_in *in, uint64_t *port)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        if (token_is(token, ports[i].name)) {
            *port = ports[i].value;
            return true;
        }
    }
    if (parse_u64(token->text, token->length, UINT16_MAX, port))
        return true;
    return rdfield_bad(in, "is neither a known service nor a port");
}

static bool read_services(struct rdfield_in *in)
{
    uint8_t bits[8192] = { 0 };
    size_t used = 0;
    if (!read_mnemonic(in, protocols, ARRAY_LEN(protocols), 1))
        return false;
    while (in->at < in->count) {
        uint64_t port = 0;
        if (!read_port(in, &port))
            return false;
        bits[port / 8] |= (uint8_t)(0x80U >> port % 8);
        used = port / 8 + 1 > used ? port / 8 + 1 : used;
    }
    return rdfield_put(in, bits, used);
}

static bool write_services(struct rdfield_out *out)
{
    const uint8_t *protocol = rdfield_get(out, 1);
    size_t size = rdfield_left(out);
    const uint8_t *bits = rdfield_get(out, size);
    if (protocol == NULL || size > 8192 || (size > 0 && bits[size - 1] == 0))
        return false;
    rdfield_word(out, "%u", *protocol);
    for (size_t port = 0; port < size * 8; port++) {
        if ((bits[port / 8] & 0x80U >> port % 8) != 0)
            rdfield_word(out, "%zu", port);
    }
    return true;
}

/* --- gateways of IPSECKEY (RFC 4025) and AMTRELAY (RFC 8777) --- */

enum gateway { GATEWAY_NONE, GATEWAY_IPV4, GATEWAY_IPV6, GATEWAY_NAME, GATEWAY_KINDS };

static bool read_gateway(struct rdfield_in *in, uint64_t kind)
{
    if (kind == GATEWAY_IPV4)
        return rdfield_read_a(in);
    if (kind == GATEWAY_IPV6)
        return rdfield_read_aaaa(in);
    if (kind == GATEWAY_NAME)
        return rdfield_read_name(in);
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    return token_is(token, ".") || rdfield_bad(in, "must be . since there is no gateway");
}

static bool write_gateway(struct rdfield_out *out, unsigned kind)
{
    switch (kind) {
    case GATEWAY_NONE:
        rdfield_word(out, ".");
        return true;
    case GATEWAY_IPV4:
        return rdfield_write_a(out);
    case GATEWAY_IPV6:
        return rdfield_write_aaaa(out);
    case GATEWAY_NAME:
        return rdfield_write_name(out);
    default:
        return false;
    }
}

static bool read_ipseckey(struct rdfield_in *in)
{
    uint64_t precedence = 0;
    uint64_t kind = 0;
    uint64_t algorithm = 0;
    return rdfield_number(in, UINT8_MAX, &precedence) && rdfield_put_number(in, precedence, 1) &&
           rdfield_number(in, GATEWAY_KINDS - 1, &kind) && rdfield_put_number(in, kind, 1) &&
           rdfield_number(in, UINT8_MAX, &algorithm) && rdfield_put_number(in, algorithm, 1) &&
           read_gateway(in, kind);
}

static bool write_ipseckey(struct rdfield_out *out)
{
    const uint8_t *head = rdfield_get(out, 3);
    if (head == NULL)
        return false;
    rdfield_word(out, "%u %u %u", head[0], head[1], head[2]);
    return write_gateway(out, head[1]);
}

static bool read_amtrelay(struct rdfield_in *in)
{
    uint64_t precedence = 0;
    uint64_t optional = 0;
    uint64_t kind = 0;
    return rdfield_number(in, UINT8_MAX, &precedence) && rdfield_put_number(in, precedence, 1) &&
           rdfield_number(in, 1, &optional) && rdfield_number(in, GATEWAY_KINDS - 1, &kind) &&
           rdfield_put_number(in, optional << 7 | kind, 1) && read_gateway(in, kind);
}

static bool write_amtrelay(struct rdfield_out *out)
{
    const uint8_t *head = rdfield_get(out, 2);
    if (head == NULL)
        return false;
    rdfield_word(out, "%u %u %u", head[0], head[1] >> 7, head[1] & 0x7fU);
    return write_gateway(out, head[1] & 0x7fU);
}

/* --- HIP (RFC 8005) --- */

static bool read_hip(struct rdfield_in *in)
{
    uint64_t algorithm = 0;
    uint8_t head[4] = { 0 }; /* filled in once the lengths are known */
    size_t start = in->length;
    if (!rdfield_number(in, UINT8_MAX, &algorithm) || !rdfield_put(in, head, sizeof(head)))
        return false;
    const struct rdata_token *tag = rdfield_take_bare(in);
    if (tag == NULL || !rdfield_put_hex(in, tag))
        return false;
    size_t tag_size = in->length - start - sizeof(head);
    if (tag_size == 0 || tag_size > UINT8_MAX)
        return rdfield_bad(in, "is not a tag of 1 to 255 bytes");
    size_t key = in->length;
    if (!rdfield_read_base64(in, true))
        return false;
    in->out[start] = (uint8_t)tag_size;
    in->out[start + 1] = (uint8_t)algorithm;
    wire_put16(in->out + start + 2, (unsigned)(in->length - key));
    while (in->at < in->count) {
        if (!rdfield_read_name(in))
            return false;
    }
    return true;
}

static bool write_hip(struct rdfield_out *out)
{
    const uint8_t *head = rdfield_get(out, 4);
    if (head == NULL || head[0] == 0 || wire_get16(head + 2) == 0)
        return false;
    const uint8_t *tag = rdfield_get(out, head[0]);
    const uint8_t *key = rdfield_get(out, wire_get16(head + 2));
    if (tag == NULL || key == NULL)
        return false;
    rdfield_word(out, "%u", head[1]);
    rdfield_hex(out, tag, head[0]);
    rdfield_base64(out, key, wire_get16(head + 2));
    while (rdfield_left(out) > 0) {
        if (!rdfield_write_name(out))
            return false;
    }
    return true;
}

/* --- NSAP (RFC 1706), ATMA (ATM Forum af-saa-0069) --- */

/* Copies the token without its dots; false when one stands first, last or doubled and `strict`. */
static bool without_dots(const struct rdata_token *token, size_t skip, bool strict,
                         struct strbuf *out)
{
    bool good = true;
    for (size_t i = skip; i < token->length; i++) {
        if (token->text[i] != '.')
            strbuf_add_bytes(out, token->text + i, 1);
        else if (i == skip || i + 1 == token->length || token->text[i + 1] == '.')
            good = !strict;
    }
    return good && out->length > 0;
}

static bool read_nsap(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    struct strbuf digits;
    strbuf_init(&digits);
    bool good = token->length > 2 && strncasecmp(token->text, "0x", 2) == 0 &&
                without_dots(token, 2, false, &digits);
    struct rdata_token bare = { .text = digits.text, .length = digits.length };
    good = good ? rdfield_put_hex(in, &bare)
                : rdfield_bad(in, "is not an NSAP address (0x and hexadecimal digits)");
    strbuf_fini(&digits);
    return good;
}

static bool write_nsap(struct rdfield_out *out)
{
    size_t size = rdfield_left(out);
    if (size == 0)
        return false;
    const uint8_t *bytes = rdfield_get(out, size);
    if (out->text == NULL)
        return true;
    rdfield_word(out, "0x");
    for (size_t i = 0; i < size; i++)
        strbuf_addf(out->text, "%02x", bytes[i]);
    return true;
}

#define ATMA_AESA 0
#define ATMA_E164 1

static bool all_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
    }
    return length > 0;
}

static bool read_atma(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    bool e164 = token->length > 0 && token->text[0] == '+';
    struct strbuf digits;
    strbuf_init(&digits);
    bool good = without_dots(token, e164 ? 1 : 0, true, &digits) &&
                rdfield_put_number(in, e164 ? ATMA_E164 : ATMA_AESA, 1);
    struct rdata_token bare = { .text = digits.text, .length = digits.length };
    if (!good || (e164 && !all_digits(digits.text, digits.length)))
        good = rdfield_bad(in, "is not an ATM address");
    else
        good = e164 ? rdfield_put(in, digits.text, digits.length) : rdfield_put_hex(in, &bare);
    strbuf_fini(&digits);
    return good;
}

static bool write_atma(struct rdfield_out *out)
{
    const uint8_t *format = rdfield_get(out, 1);
    size_t size = rdfield_left(out);
    const uint8_t *bytes = rdfield_get(out, size);
    if (format == NULL || size == 0 || *format > ATMA_E164)
        return false;
    if (*format == ATMA_E164) {
        rdfield_word(out, "+%.*s", (int)size, (const char *)bytes);
        return size <= 255 && all_digits((const char *)bytes, size);
    }
    if (out->text == NULL)
        return true;
    rdfield_word(out, "%02x", bytes[0]);
    for (size_t i = 1; i < size; i++)
        strbuf_addf(out->text, "%02x", bytes[i]);
    return true;
}

/* --- NXT (RFC 2535 section 5.2): types below 128 in one bitmap --- */

#define NXT_TYPES 128

static bool read_nxt(struct rdfield_in *in)
{
    uint8_t bits[NXT_TYPES / 8] = { 0 };
    size_t used = 0;
    while (in->at < in->count) {
        uint16_t type = 0;
        const struct rdata_token *token = rdfield_take_bare(in);
        if (token == NULL)
            return false;
        if (!rrtype_parse(token->text, token->length, &type) || type == 0 || type >= NXT_TYPES)
            return rdfield_bad(in, "is not a type from 1 to 127");
        bits[type / 8] |= (uint8_t)(0x80U >> type % 8);
        used = type / 8U + 1 > used ? type / 8U + 1 : used;
    }
    return rdfield_put(in, bits, used);
}

static bool write_nxt(struct rdfield_out *out)
{
    char buf[RRTYPE_TEXT_MAX];
    size_t size = rdfield_left(out);
    const uint8_t *bits = rdfield_get(out, size);
    if (size > NXT_TYPES / 8 || (size > 0 && (bits[size - 1] == 0 || (bits[0] & 0x80) != 0)))
        return false;
    for (unsigned type = 1; type < size * 8; type++) {
        if ((bits[type / 8] & 0x80U >> type % 8) != 0)
            rdfield_word(out, "%s", rrtype_name((uint16_t)type, buf));
    }
    return true;
}

/* --- A6 (RFC 2874): prefix length, address suffix, prefix name --- */

static bool read_a6(struct rdfield_in *in)
{
    uint64_t prefix = 0;
    if (!rdfield_number(in, 128, &prefix) || !rdfield_put_number(in, prefix, 1))
        return false;
    if (prefix < 128) {
        size_t start = in->length;
        if (!rdfield_read_aaaa(in))
            return false;
        size_t skipped = prefix / 8;
        memmove(in->out + start, in->out + start + skipped, 16 - skipped);
        in->out[start] &= (uint8_t)(0xffU >> prefix % 8);
        in->length -= skipped;
    }
    return prefix == 0 || rdfield_read_name(in);
}

static bool write_a6(struct rdfield_out *out)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t address[16] = { 0 };
    const uint8_t *prefix = rdfield_get(out, 1);
    if (prefix == NULL || *prefix > 128)
        return false;
    rdfield_word(out, "%u", *prefix);
    if (*prefix < 128) {
        size_t skipped = *prefix / 8U;
        const uint8_t *suffix = rdfield_get(out, 16 - skipped);
        if (suffix == NULL || (suffix[0] & ~(0xffU >> *prefix % 8)) != 0)
            return false;
        memcpy(address + skipped, suffix, 16 - skipped);
        if (inet_ntop(AF_INET6, address, text, sizeof(text)) == NULL)
            return false;
        rdfield_word(out, "%s", text);
    }
    return *prefix == 0 || rdfield_write_name(out);
}

/* --- DOA: base64, or - for nothing --- */

static bool read_doa_data(struct rdfield_in *in)
{
    if (in->at + 1 == in->count && token_is(&in->tokens[in->at], "-")) {
        in->at++;
        return true;
    }
    return rdfield_read_base64(in, false);
}

static bool write_doa_data(struct rdfield_out *out)
{
    size_t size = rdfield_left(out);
    if (size == 0)
        rdfield_word(out, "-");
    else
        rdfield_base64(out, rdfield_get(out, size), size);
    return true;
}

static const struct rdfield_kind kinds[] = {
    ['m'] = { read_algorithm, rdfield_write_u8 },
    ['c'] = { read_cert_type, write_cert_type },
    ['C'] = { read_algorithm, write_cert_algorithm },
    ['D'] = { read_scheme, write_scheme },
    ['K'] = { read_services, write_services },
    ['I'] = { read_ipseckey, write_ipseckey },
    ['R'] = { read_amtrelay, write_amtrelay },
    ['E'] = { read_hip, write_hip },
    ['N'] = { read_nsap, write_nsap },
    ['Q'] = { read_atma, write_atma },
    ['X'] = { read_nxt, write_nxt },
    ['Z'] = { read_a6, write_a6 },
    ['y'] = { read_doa_data, write_doa_data },
};

const struct rdfield_kind *rdfield_special(char code)
{
    size_t index = (unsigned char)code;
    return index < ARRAY_LEN(kinds) && kinds[index].read != NULL ? &kinds[index] : NULL;
}
