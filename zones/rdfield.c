// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdfield.h"

#include "base/name.h"
#include "base/parse.h"
#include "zones/rdwrite.h"
#include "zones/rrtype.h"
#include "zones/ttl.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool fail_at(struct rdfield_in *in, size_t token, const char *text)
{
    in->error->token = token;
    (void)snprintf(in->error->text, sizeof(in->error->text), "%s", text);
    return false;
}

bool rdfield_fail(struct rdfield_in *in, const char *text)
{
    return fail_at(in, in->at > 0 ? in->at - 1 : 0, text);
}

const struct rdata_token *rdfield_take(struct rdfield_in *in)
{
    if (in->at < in->count)
        return &in->tokens[in->at++];
    (void)fail_at(in, in->count, "the record ends too early");
    return NULL;
}

const struct rdata_token *rdfield_take_bare(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take(in);
    if (token != NULL && token->quoted) {
        (void)rdfield_bad(in, "may not be in quotes");
        return NULL;
    }
    return token;
}

bool rdfield_bad(struct rdfield_in *in, const char *format, ...)
{
    char text[120];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct rdata_token *token = &in->tokens[in->at - 1];
    int shown = token->length > 32 ? 32 : (int)token->length;
    in->error->token = in->at - 1;
    (void)snprintf(in->error->text, sizeof(in->error->text), "'%.*s%s' %s", shown, token->text,
                   shown < (int)token->length ? "..." : "", text);
    return false;
}

bool rdfield_put(struct rdfield_in *in, const void *bytes, size_t size)
{
    if (size > RDATA_MAX - in->length)
        return rdfield_fail(in, "rdata is longer than 65535 bytes");
    if (size != 0)
        memcpy(in->out + in->length, bytes, size);
    in->length += size;
    return true;
}

bool rdfield_put_number(struct rdfield_in *in, uint64_t value, unsigned bytes)
{
    uint8_t wire[8];
    for (unsigned i = 0; i < bytes; i++)
        wire[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    return rdfield_put(in, wire, bytes);
}

bool rdfield_number(struct rdfield_in *in, uint64_t max, uint64_t *value)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (!parse_u64(token->text, token->length, max, value))
        return rdfield_bad(in, "is not a number from 0 to %llu", (unsigned long long)max);
    return true;
}

static bool read_integer(struct rdfield_in *in, unsigned bytes)
{
    uint64_t value = 0;
    uint64_t max = bytes == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * bytes) - 1;
    return rdfield_number(in, max, &value) && rdfield_put_number(in, value, bytes);
}

static bool read_u8(struct rdfield_in *in)
{
    return read_integer(in, 1);
}

static bool read_u16(struct rdfield_in *in)
{
    return read_integer(in, 2);
}

static bool read_u32(struct rdfield_in *in)
{
    return read_integer(in, 4);
}

static bool read_u64(struct rdfield_in *in)
{
    return read_integer(in, 8);
}

static bool read_period(struct rdfield_in *in)
{
    uint32_t value = 0;
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (!ttl_parse(token->text, token->length, &value))
        return rdfield_bad(in, "is not a period (such as 3600 or 1h30m) up to 2^32 - 1 s");
    return rdfield_put_number(in, value, 4);
}

bool rdfield_read_name(struct rdfield_in *in)
{
    uint8_t wire[NAME_MAX_LEN];
    const char *problem = NULL;
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    size_t length = name_from_text(token->text, token->length, in->origin, wire, &problem);
    if (length == 0)
        return rdfield_bad(in, "is not a name: %s", problem);
    return rdfield_put(in, wire, length);
}

/* Four decimal parts without leading zeros, as BIND has it. */
static bool parse_quad(const char *text, size_t length, uint8_t out[4])
{
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        size_t start = at;
        unsigned value = 0;
        while (at < length && at - start < 3 && (unsigned)(text[at] - '0') <= 9)
            value = value * 10 + (unsigned)(text[at++] - '0');
        if (at == start || value > 255 || (text[start] == '0' && at - start > 1))
            return false;
        out[part] = (uint8_t)value;
        if (part < 3 && (at >= length || text[at++] != '.'))
            return false;
    }
    return at == length;
}

bool rdfield_read_a(struct rdfield_in *in)
{
    uint8_t address[4];
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (!parse_quad(token->text, token->length, address))
        return rdfield_bad(in, "is not an IPv4 address");
    return rdfield_put(in, address, sizeof(address));
}

bool rdfield_read_aaaa(struct rdfield_in *in)
{
    uint8_t address[16];
    char text[INET6_ADDRSTRLEN];
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    bool fits = token->length < sizeof(text);
    if (fits) {
        memcpy(text, token->text, token->length);
        text[token->length] = '\0';
    }
    if (!fits || memchr(text, '\0', token->length) != NULL ||
        inet_pton(AF_INET6, text, address) != 1)
        return rdfield_bad(in, "is not an IPv6 address");
    return rdfield_put(in, address, sizeof(address));
}

/* Value of the escape whose backslash stands at text[at - 1]; *used is set to its bytes, 0 when it
 * is none. */
static uint8_t unescape(const char *text, size_t left, size_t *used)
{
    unsigned value = 0;
    *used = 0;
    if (left == 0)
        return 0;
    if (!isdigit((unsigned char)text[0])) {
        *used = 1;
        return (uint8_t)text[0];
    }
    if (left < 3 || !isdigit((unsigned char)text[1]) || !isdigit((unsigned char)text[2]))
        return 0;
    for (unsigned i = 0; i < 3; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *used = value > 255 ? 0 : 3;
    return (uint8_t)value;
}

bool rdfield_unescape(struct rdfield_in *in, const struct rdata_token *token, uint8_t *out,
                      size_t max, size_t *length)
{
    size_t done = 0;
    for (size_t i = 0; i < token->length;) {
        uint8_t byte = (uint8_t)token->text[i++];
        if (byte == '\\') {
            size_t used = 0;
            byte = unescape(token->text + i, token->length - i, &used);
            if (used == 0)
                return rdfield_bad(in, "has a bad escape: \\ needs a character or three digits up "
                                       "to 255");
            i += used;
        }
        if (done == max)
            return rdfield_bad(in, "is longer than %zu bytes", max);
        out[done++] = byte;
    }
    *length = done;
    return true;
}

static bool put_string(struct rdfield_in *in, const struct rdata_token *token)
{
    uint8_t string[1 + 255];
    size_t length = 0;
    if (!rdfield_unescape(in, token, string + 1, 255, &length))
        return false;
    string[0] = (uint8_t)length;
    return rdfield_put(in, string, length + 1);
}

bool rdfield_read_string(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take(in);
    return token != NULL && put_string(in, token);
}

static bool read_strings(struct rdfield_in *in)
{
    do {
        if (!rdfield_read_string(in))
            return false;
    } while (in->at < in->count);
    return true;
}

static bool read_optional_string(struct rdfield_in *in)
{
    return in->at == in->count || rdfield_read_string(in);
}

/* X.121 address: at least four digits (RFC 1183 section 3.1). */
static bool read_digits(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take(in);
    if (token == NULL)
        return false;
    bool good = token->length >= 4;
    for (size_t i = 0; i < token->length; i++)
        good = good && isdigit((unsigned char)token->text[i]);
    return good ? put_string(in, token) : rdfield_bad(in, "is not four or more digits");
}

static bool read_caa_tag(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    bool good = token->length >= 1 && token->length <= 255;
    for (size_t i = 0; i < token->length; i++)
        good = good && isalnum((unsigned char)token->text[i]);
    return good ? put_string(in, token) : rdfield_bad(in, "is not letters and digits");
}

/* The rest of the rdata, without a length byte. */
static bool put_long_string(struct rdfield_in *in, const struct rdata_token *token)
{
    size_t length = 0;
    if (!rdfield_unescape(in, token, in->out + in->length, RDATA_MAX - in->length, &length))
        return false;
    in->length += length;
    return true;
}

static bool read_caa_value(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take(in);
    return token != NULL && put_long_string(in, token);
}

static bool read_uri_target(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take(in);
    if (token == NULL)
        return false;
    return token->quoted ? put_long_string(in, token) : rdfield_bad(in, "must be in quotes");
}

static bool read_type(struct rdfield_in *in)
{
    uint16_t type = 0;
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (!rrtype_parse(token->text, token->length, &type))
        return rdfield_bad(in, "is not a type");
    return rdfield_put_number(in, type, 2);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool rdfield_put_hex(struct rdfield_in *in, const struct rdata_token *token)
{
    if (token->length % 2 != 0)
        return rdfield_bad(in, "has an odd number of hexadecimal digits");
    for (size_t i = 0; i < token->length; i += 2) {
        int high = hex_digit(token->text[i]);
        int low = hex_digit(token->text[i + 1]);
        if (high < 0 || low < 0)
            return rdfield_bad(in, "is not hexadecimal");
        if (!rdfield_put_number(in, (unsigned)high << 4 | (unsigned)low, 1))
            return false;
    }
    return true;
}

/* Spaces may stand anywhere, so an odd token is completed by the next one. */
static bool read_hex(struct rdfield_in *in)
{
    int high = -1;
    do {
        const struct rdata_token *token = rdfield_take_bare(in);
        if (token == NULL)
            return false;
        for (size_t i = 0; i < token->length; i++) {
            int digit = hex_digit(token->text[i]);
            if (digit < 0)
                return rdfield_bad(in, "is not hexadecimal");
            if (high >= 0 && !rdfield_put_number(in, (unsigned)high << 4 | (unsigned)digit, 1))
                return false;
            high = high >= 0 ? -1 : digit;
        }
    } while (in->at < in->count);
    return high < 0 || rdfield_fail(in, "an odd number of hexadecimal digits");
}

static const struct rdfield_kind kinds[] = {
    ['1'] = { read_u8, rdfield_write_u8 },
    ['2'] = { read_u16, rdfield_write_u16 },
    ['4'] = { read_u32, rdfield_write_u32 },
    ['U'] = { read_u64, rdfield_write_u64 },
    ['p'] = { read_period, rdfield_write_u32 },
    ['n'] = { rdfield_read_name, rdfield_write_name },
    ['s'] = { rdfield_read_string, rdfield_write_string },
    ['S'] = { read_strings, rdfield_write_strings },
    ['O'] = { read_optional_string, rdfield_write_optional_string },
    ['d'] = { read_digits, rdfield_write_digits },
    ['g'] = { read_caa_tag, rdfield_write_caa_tag },
    ['v'] = { read_caa_value, rdfield_write_long_string },
    ['u'] = { read_uri_target, rdfield_write_long_string },
    ['a'] = { rdfield_read_a, rdfield_write_a },
    ['A'] = { rdfield_read_aaaa, rdfield_write_aaaa },
    ['t'] = { read_type, rdfield_write_type },
    ['x'] = { read_hex, rdfield_write_hex },
};

const struct rdfield_kind *rdfield_plain(char code)
{
    size_t index = (unsigned char)code;
    return index < ARRAY_LEN(kinds) && kinds[index].read != NULL ? &kinds[index] : NULL;
}
