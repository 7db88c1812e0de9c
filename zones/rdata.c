// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdata.h"

#include "base/mem.h"
#include "base/name.h"
#include "base/parse.h"
#include "base/wire.h"
#include "zones/loc.h"
#include "zones/rdfield.h"
#include "zones/rdwrite.h"
#include "zones/rrtype.h"
#include "zones/svcb.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Longest base64 text of RDATA_MAX bytes. ldns counts in 16 bits: more would wrap. */
#define BASE64_MAX ((RDATA_MAX + 2) / 3 * 4)

/* --- fields read by ldns, each behind a check of what it reads wrongly --- */

static bool put_by_ldns(struct rdfield_in *in, ldns_rdf_type type, const char *text)
{
    ldns_rdf *rdf = ldns_rdf_new_frm_str(type, text);
    if (rdf == NULL)
        return false;
    bool good = rdfield_put(in, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
    ldns_rdf_deep_free(rdf);
    return good;
}

/* Copy with a NUL behind it; NULL when the text has one inside already. */
static char *text_dup(const char *text, size_t length)
{
    if (memchr(text, '\0', length) != NULL)
        return NULL;
    char *copy = mem_alloc(length + 1);
    memcpy(copy, text, length);
    return copy;
}

static bool put_text_by_ldns(struct rdfield_in *in, ldns_rdf_type type, const char *text,
                             size_t length)
{
    char *copy = text_dup(text, length);
    bool good = copy != NULL && put_by_ldns(in, type, copy);
    mem_free(copy);
    return good;
}

bool rdfield_put_base64(struct rdfield_in *in, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        /* ldns skips what is no digit here and there */
        if (!isalnum((unsigned char)text[i]) && strchr("+/=", text[i]) == NULL)
            return false;
    }
    return length > 0 && length % 4 == 0 && length <= BASE64_MAX &&
           put_text_by_ldns(in, LDNS_RDF_TYPE_B64, text, length);
}

bool rdfield_read_base64(struct rdfield_in *in, bool one)
{
    struct strbuf text;
    strbuf_init(&text);
    bool good = true;
    do {
        const struct rdata_token *token = rdfield_take_bare(in);
        good = token != NULL;
        if (good)
            strbuf_add_bytes(&text, token->text, token->length);
    } while (good && !one && in->at < in->count);
    if (good && !rdfield_put_base64(in, text.text, text.length))
        good = rdfield_fail(in, "bad base64");
    strbuf_fini(&text);
    return good;
}

static bool read_base64(struct rdfield_in *in)
{
    return rdfield_read_base64(in, false);
}

static bool read_base64_or_none(struct rdfield_in *in)
{
    return in->at == in->count || rdfield_read_base64(in, false);
}

/* RFC 5155 section 3.3: hexadecimal, or - for none, behind a length byte. */
static bool read_salt(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (token->length == 1 && token->text[0] == '-')
        return rdfield_put_number(in, 0, 1);
    if (token->length > 2 * UINT8_MAX)
        return rdfield_bad(in, "is longer than 255 bytes");
    return rdfield_put_number(in, token->length / 2, 1) && rdfield_put_hex(in, token);
}

/* RFC 5155 section 3.3: base32hex without padding; the hash of all algorithms there are has a
 * length that needs none. */
static bool read_next_hashed(struct rdfield_in *in)
{
    uint8_t hash[UINT8_MAX];
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    int size = -1;
    if (token->length % 8 == 0 && token->length <= sizeof(hash) / 5 * 8)
        size = ldns_b32_pton_extended_hex(token->text, token->length, hash, sizeof(hash));
    if (size <= 0)
        return rdfield_bad(in, "is not a hash in base32hex");
    return rdfield_put_number(in, (uint64_t)size, 1) && rdfield_put(in, hash, (size_t)size);
}

static unsigned two_digits(const char *text)
{
    return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

/* YYYYMMDDHHmmSS (RFC 4034 section 3.2); ldns takes the 31st of each month. */
static bool is_date(const struct rdata_token *token)
{
    static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    for (size_t i = 0; i < token->length; i++) {
        if (!isdigit((unsigned char)token->text[i]))
            return false;
    }
    if (token->length != 14)
        return false;
    unsigned year = two_digits(token->text) * 100 + two_digits(token->text + 2);
    unsigned month = two_digits(token->text + 4);
    unsigned day = two_digits(token->text + 6);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1970 || year > 2105 || month < 1 || month > 12 || day < 1 || day > days[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return false;
    return two_digits(token->text + 8) <= 23 && two_digits(token->text + 10) <= 59 &&
           two_digits(token->text + 12) <= 59;
}

static bool read_time(struct rdfield_in *in)
{
    uint64_t seconds = 0;
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (token->length < 14 && parse_u64(token->text, token->length, UINT32_MAX, &seconds))
        return rdfield_put_number(in, seconds, 4);
    if (is_date(token) && put_text_by_ldns(in, LDNS_RDF_TYPE_TIME, token->text, token->length))
        return true;
    return rdfield_bad(in, "is neither YYYYMMDDHHmmSS (1970 to 2105) nor seconds");
}

/* ldns takes an unknown mnemonic for TYPE0, so it only gets numbers. */
static bool read_bitmap_or_none(struct rdfield_in *in)
{
    ldns_rr_type *types = MEM_NEW_ARRAY(ldns_rr_type, in->count - in->at);
    size_t count = 0;
    bool good = true;
    while (good && in->at < in->count) {
        uint16_t type = 0;
        const struct rdata_token *token = rdfield_take_bare(in);
        if (token == NULL)
            good = false;
        else if (!rrtype_parse(token->text, token->length, &type))
            good = rdfield_bad(in, "is not a type");
        else
            types[count++] = (ldns_rr_type)type;
    }
    ldns_rdf *rdf = good ? ldns_dnssec_create_nsec_bitmap(types, count, LDNS_RR_TYPE_NSEC) : NULL;
    if (rdf != NULL) {
        good = rdfield_put(in, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
        ldns_rdf_deep_free(rdf);
    }
    mem_free(types);
    return good;
}

static bool read_bitmap(struct rdfield_in *in)
{
    if (in->at == in->count)
        return rdfield_take(in) != NULL; /* sets the error */
    return read_bitmap_or_none(in);
}

/* Each 0 of the pattern stands for a hexadecimal digit. */
static bool matches(const struct rdata_token *token, const char *pattern)
{
    if (token->length != strlen(pattern))
        return false;
    for (size_t i = 0; i < token->length; i++) {
        bool digit = isxdigit((unsigned char)token->text[i]) != 0;
        if (pattern[i] == '0' ? !digit : token->text[i] != pattern[i])
            return false;
    }
    return true;
}

static bool read_eui(struct rdfield_in *in, ldns_rdf_type type, const char *pattern)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (matches(token, pattern) && put_text_by_ldns(in, type, token->text, token->length))
        return true;
    return rdfield_bad(in, "is not of the form %s", pattern);
}

static bool read_eui48(struct rdfield_in *in)
{
    return read_eui(in, LDNS_RDF_TYPE_EUI48, "00-00-00-00-00-00");
}

static bool read_eui64(struct rdfield_in *in)
{
    return read_eui(in, LDNS_RDF_TYPE_EUI64, "00-00-00-00-00-00-00-00");
}

/* RFC 6742: four groups of one to four hexadecimal digits. */
static bool read_locator(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    for (size_t i = 0; i < token->length; i++) {
        if (!isxdigit((unsigned char)token->text[i]) && token->text[i] != ':')
            return rdfield_bad(in, "is not four groups of hexadecimal digits");
    }
    return put_text_by_ldns(in, LDNS_RDF_TYPE_ILNP64, token->text, token->length) ||
           rdfield_bad(in, "is not four groups of hexadecimal digits");
}

/* [!]family:address/prefix (RFC 3123 section 5); ldns lets any prefix pass. */
static bool is_apl_item(const struct rdata_token *token)
{
    char address[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    uint64_t prefix = 0;
    size_t start = token->length > 0 && token->text[0] == '!' ? 1 : 0;
    if (token->length < start + 2 || token->text[start + 1] != ':')
        return false;
    unsigned family = (unsigned)(token->text[start] - '0');
    const char *text = token->text + start + 2;
    size_t length = token->length - start - 2;
    const char *slash = memchr(text, '/', length);
    if ((family != APL_IPV4 && family != APL_IPV6) || slash == NULL ||
        (size_t)(slash - text) >= sizeof(address))
        return false;
    size_t size = (size_t)(slash - text);
    memcpy(address, text, size);
    address[size] = '\0';
    return parse_u64(slash + 1, length - size - 1, family == APL_IPV4 ? 32 : 128, &prefix) &&
           inet_pton(family == APL_IPV4 ? AF_INET : AF_INET6, address, bytes) == 1;
}

static bool read_apl(struct rdfield_in *in)
{
    while (in->at < in->count) {
        const struct rdata_token *token = rdfield_take_bare(in);
        if (token == NULL)
            return false;
        if (!is_apl_item(token) ||
            !put_text_by_ldns(in, LDNS_RDF_TYPE_APL, token->text, token->length))
            return rdfield_bad(in, "is not an address prefix (such as !1:192.0.2.0/24)");
    }
    return true;
}

/* --- writers of the same --- */

void rdfield_add_base64(struct strbuf *text, const uint8_t *bytes, size_t size)
{
    ldns_rdf *rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_B64, size, bytes);
    char *base64 = rdf == NULL ? NULL : ldns_rdf2str(rdf);
    if (base64 != NULL)
        strbuf_add(text, base64);
    LDNS_FREE(base64);
    ldns_rdf_deep_free(rdf);
}

static bool write_base64(struct rdfield_out *out)
{
    size_t size = rdfield_left(out);
    if (size == 0)
        return false;
    rdfield_base64(out, rdfield_get(out, size), size);
    return true;
}

static bool write_base64_or_none(struct rdfield_out *out)
{
    return rdfield_left(out) == 0 || write_base64(out);
}

static bool write_next_hashed(struct rdfield_out *out)
{
    char text[UINT8_MAX / 5 * 8 + 1];
    const uint8_t *size = rdfield_get(out, 1);
    const uint8_t *hash = size == NULL || *size == 0 ? NULL : rdfield_get(out, *size);
    if (hash == NULL || *size % 5 != 0)
        return false;
    int length = ldns_b32_ntop_extended_hex(hash, *size, text, sizeof(text));
    if (length <= 0)
        return false;
    for (int i = 0; i < length; i++)
        text[i] = (char)toupper((unsigned char)text[i]);
    rdfield_word(out, "%.*s", length, text);
    return true;
}

static const struct rdfield_kind kinds[] = {
    ['b'] = { read_base64, write_base64 },
    ['B'] = { read_base64_or_none, write_base64_or_none },
    ['h'] = { read_salt, rdfield_write_salt },
    ['H'] = { read_next_hashed, write_next_hashed },
    ['T'] = { read_time, rdfield_write_time },
    ['w'] = { read_bitmap, rdfield_write_bitmap },
    ['W'] = { read_bitmap_or_none, rdfield_write_bitmap_or_none },
    ['6'] = { read_eui48, rdfield_write_eui48 },
    ['8'] = { read_eui64, rdfield_write_eui64 },
    ['i'] = { read_locator, rdfield_write_locator },
    ['L'] = { loc_read, loc_write },
    ['P'] = { read_apl, rdfield_write_apl },
    ['V'] = { svcb_read, svcb_write },
};

static const struct rdfield_kind *find_kind(char code)
{
    size_t index = (unsigned char)code;
    const struct rdfield_kind *kind = rdfield_plain(code);
    if (kind == NULL)
        kind = rdfield_special(code);
    if (kind == NULL && index < ARRAY_LEN(kinds))
        kind = &kinds[index];
    return kind;
}

/* --- whole rdata --- */

static bool write_fields(const char *fields, struct rdfield_out *out)
{
    for (; *fields != '\0'; fields++) {
        if (!find_kind(*fields)->write(out))
            return false;
    }
    return rdfield_left(out) == 0;
}

static const char *fields_of(uint16_t type)
{
    const struct rrtype *row = rrtype_by_number(type);
    return row == NULL ? NULL : row->fields;
}

/* Forms that their RFCs leave to later versions: known types whose rdata only \# can say. */
static bool is_opaque(uint16_t type, const uint8_t *rdata, size_t length)
{
    switch (type) {
    case LDNS_RR_TYPE_LOC:
        return length > 0 && rdata[0] != 0;
    case LDNS_RR_TYPE_ATMA:
        return length > 1 && rdata[0] > 1;
    case LDNS_RR_TYPE_AMTRELAY:
        return length > 1 && (rdata[1] & 0x7f) > 3;
    default:
        return false;
    }
}

/* Size that the digest behind a DS or the like must have by its type, 0 for any. */
static size_t digest_size(uint16_t type, const uint8_t *rdata)
{
    static const size_t ds[] = { 0, 20, 32, 32, 48 };
    static const size_t sshfp[] = { 0, 20, 32 };
    static const size_t zonemd[] = { 0, 48, 64 };
    switch (type) {
    case LDNS_RR_TYPE_DS:
    case LDNS_RR_TYPE_CDS:
    case LDNS_RR_TYPE_DLV:
    case LDNS_RR_TYPE_TA:
        return rdata[3] < ARRAY_LEN(ds) ? ds[rdata[3]] : 0;
    case LDNS_RR_TYPE_SSHFP:
        return rdata[1] < ARRAY_LEN(sshfp) ? sshfp[rdata[1]] : 0;
    case LDNS_RR_TYPE_ZONEMD:
        return rdata[5] < ARRAY_LEN(zonemd) ? zonemd[rdata[5]] : 0;
    default:
        return 0;
    }
}

/* What the fields alone do not say. NULL or what is wrong; the fields are good. */
static const char *check_meaning(uint16_t type, const uint8_t *rdata, size_t length)
{
    size_t head = type == LDNS_RR_TYPE_SSHFP ? 2 : type == LDNS_RR_TYPE_ZONEMD ? 6 : 4;
    size_t digest = digest_size(type, rdata);
    if (digest != 0 && length != head + digest)
        return "the digest has not the length of its type";
    if (type == LDNS_RR_TYPE_ZONEMD && length < head + 12)
        return "the digest is shorter than 12 bytes"; /* RFC 8976 section 2.2.4 */
    if (type == LDNS_RR_TYPE_KEY && length == 4 && (rdata[0] & 0xc0) != 0xc0)
        return "the key is missing"; /* RFC 2535 section 3.1.2: flags may say that there is none */
    return NULL;
}

bool rdata_check(uint16_t type, const uint8_t *rdata, size_t length)
{
    const char *fields = fields_of(type);
    struct rdfield_out out = { .rdata = rdata, .length = length };
    if (fields == NULL || is_opaque(type, rdata, length))
        return true;
    return write_fields(fields, &out) && check_meaning(type, rdata, length) == NULL;
}

/* `\# length hex...`, RFC 3597 section 5. */
static bool read_generic(struct rdfield_in *in, uint16_t type)
{
    uint64_t length = 0;
    in->at = 1;
    if (!rdfield_number(in, RDATA_MAX, &length))
        return false;
    if (in->at < in->count && !rdfield_plain('x')->read(in))
        return false;
    if (in->length != length)
        return rdfield_fail(in, "there are not as many bytes as \\# says");
    if (!rdata_check(type, in->out, in->length))
        return rdfield_fail(in, "the bytes are not rdata of this type");
    return true;
}

static bool read_fields(struct rdfield_in *in, uint16_t type)
{
    const char *fields = fields_of(type);
    if (fields == NULL)
        return rdfield_fail(in, "this type has only the \\# form of RFC 3597");
    for (; *fields != '\0'; fields++) {
        if (!find_kind(*fields)->read(in))
            return false;
    }
    if (in->at < in->count) {
        in->at++;
        return rdfield_bad(in, "is too much: the record is complete");
    }
    const char *problem = check_meaning(type, in->out, in->length);
    return problem == NULL || rdfield_fail(in, problem);
}

int rdata_from_text(uint16_t type, const struct rdata_token *tokens, size_t count,
                    const uint8_t *origin, uint8_t *out, struct rdata_error *error)
{
    struct rdfield_in in = {
        .tokens = tokens, .count = count, .origin = origin, .out = out, .error = error
    };
    bool generic = count > 0 && !tokens[0].quoted && tokens[0].length == 2 &&
                   memcmp(tokens[0].text, "\\#", 2) == 0;
    bool good = generic ? read_generic(&in, type) : read_fields(&in, type);
    return good ? (int)in.length : -1;
}

static void write_generic(const uint8_t *rdata, size_t length, struct rdfield_out *out)
{
    rdfield_word(out, "\\# %zu", length);
    if (length > 0)
        rdfield_hex(out, rdata, length);
}

void rdata_to_text(uint16_t type, const uint8_t *rdata, size_t length, struct strbuf *out)
{
    const char *fields = fields_of(type);
    struct strbuf text;
    strbuf_init(&text);
    struct rdfield_out fielded = { .rdata = rdata, .length = length, .text = &text };
    struct rdfield_out generic = { .rdata = rdata, .length = length, .text = out };
    if (fields != NULL && write_fields(fields, &fielded))
        strbuf_add_bytes(out, text.text, text.length);
    else
        write_generic(rdata, length, &generic);
    strbuf_fini(&text);
}

/* Bytes of a field of fixed size, 0 for any other. */
static size_t fixed_size(char code)
{
    switch (code) {
    case '1':
    case 'm':
        return 1;
    case '2':
    case 't':
        return 2;
    case '4':
    case 'p':
    case 'T':
        return 4;
    default:
        return 0;
    }
}

void rdata_lower(uint16_t type, uint8_t *rdata, size_t length)
{
    const struct rrtype *row = rrtype_by_number(type);
    size_t at = 0;
    if (row == NULL || (row->flags & RRTYPE_LOWER) == 0)
        return;
    for (const char *field = row->fields; *field != '\0' && at < length; field++) {
        size_t size = fixed_size(*field);
        if (*field == 'n') {
            size = name_check(rdata + at, length - at);
            if (size > 0)
                name_lower(rdata + at, rdata + at);
        } else if (*field == 's') {
            size = 1U + rdata[at];
        }
        if (size == 0) /* a field behind which no name stands */
            return;
        at += size;
    }
}
