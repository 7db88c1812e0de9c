// SPDX-License-Identifier: BSD-2-Clause
#include "zones/svcb.h"

#include "base/mem.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "base/wire.h"
#include "zones/rdwrite.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum key { MANDATORY, ALPN, NO_DEFAULT_ALPN, PORT, IPV4HINT, ECH, IPV6HINT, DOHPATH, OHTTP, KEYS };

#define PARAM_HEAD 4 /* bytes of key and length before a value */

/* A value as text, its escapes resolved once. */
struct value {
    const char *text;
    size_t length;
};

/* One parameter on the wire. */
struct param {
    unsigned key;
    const uint8_t *bytes;
    size_t size;
};

static const char *const names[KEYS] = {
    [MANDATORY] = "mandatory", [ALPN] = "alpn",         [NO_DEFAULT_ALPN] = "no-default-alpn",
    [PORT] = "port",           [IPV4HINT] = "ipv4hint", [ECH] = "ech",
    [IPV6HINT] = "ipv6hint",   [DOHPATH] = "dohpath",   [OHTTP] = "ohttp",
};

/* --- checks of values on the wire --- */

static bool check_mandatory(const uint8_t *bytes, size_t size)
{
    if (size == 0 || size % 2 != 0 || wire_get16(bytes) == MANDATORY)
        return false;
    for (size_t i = 2; i < size; i += 2) {
        if (wire_get16(bytes + i) <= wire_get16(bytes + i - 2))
            return false;
    }
    return true;
}

static bool check_alpn(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && bytes[at] != 0)
        at += 1U + bytes[at];
    return size > 0 && at == size;
}

/* True when the expression of a URI template (RFC 6570 section 2.2) has the variable "dns". */
static bool has_dns(const char *text, size_t length)
{
    size_t start = length > 0 && strchr("+#./;?&", text[0]) != NULL ? 1 : 0;
    for (size_t i = start; i <= length; i++) {
        if (i < length && text[i] != ',' && text[i] != ':' && text[i] != '*')
            continue;
        if (i - start == 3 && memcmp(text + start, "dns", 3) == 0)
            return true;
        start = i + 1;
    }
    return false;
}

/* RFC 9461 section 5: a relative URI template in UTF-8 that contains "dns". */
static bool check_dohpath(const uint8_t *bytes, size_t size)
{
    const char *text = (const char *)bytes;
    bool found = false;
    for (size_t i = 0, step = 0; i < size; i += step) {
        step = utf8_char_size(text + i, size - i);
        if (step == 0)
            return false;
        const char *end = text[i] == '{' ? memchr(text + i, '}', size - i) : NULL;
        found = found || (end != NULL && has_dns(text + i + 1, (size_t)(end - text) - i - 1));
    }
    return size > 0 && text[0] == '/' && found;
}

static bool check_value(unsigned key, const uint8_t *bytes, size_t size)
{
    switch (key) {
    case MANDATORY:
        return check_mandatory(bytes, size);
    case ALPN:
        return check_alpn(bytes, size);
    case NO_DEFAULT_ALPN:
    case OHTTP:
        return size == 0;
    case PORT:
        return size == 2;
    case IPV4HINT:
        return size > 0 && size % 4 == 0;
    case IPV6HINT:
        return size > 0 && size % 16 == 0;
    case DOHPATH:
        return check_dohpath(bytes, size);
    default:
        return true;
    }
}

/* Takes the parameter at *at; false when the bytes end in the middle of it. */
static bool next_param(const uint8_t *bytes, size_t size, size_t *at, struct param *param)
{
    if (size - *at < PARAM_HEAD)
        return false;
    param->key = wire_get16(bytes + *at);
    param->size = wire_get16(bytes + *at + 2);
    param->bytes = bytes + *at + PARAM_HEAD;
    if (param->size > size - *at - PARAM_HEAD)
        return false;
    *at += PARAM_HEAD + param->size;
    return true;
}

/* Parameters in order, each once, each with a good value, and those that others need are there.
 * Returns NULL or what is wrong. */
static const char *check_params(const uint8_t *bytes, size_t size)
{
    struct param param = { 0 };
    struct param mandatory = { 0 };
    size_t needed = 0; /* bytes of the mandatory list seen so far; both lists ascend */
    bool alpn = false;
    unsigned least = 0;
    for (size_t at = 0; at < size; least = param.key + 1) {
        if (!next_param(bytes, size, &at, &param))
            return "a parameter is cut short";
        if (param.key < least)
            return "a parameter is given twice";
        if (!check_value(param.key, param.bytes, param.size))
            return "a parameter has a bad value";
        if (param.key == MANDATORY)
            mandatory = param;
        alpn = alpn || param.key == ALPN;
        if (param.key == NO_DEFAULT_ALPN && !alpn)
            return "no-default-alpn needs alpn";
        if (needed < mandatory.size && wire_get16(mandatory.bytes + needed) == param.key)
            needed += 2;
    }
    return needed < mandatory.size ? "a mandatory parameter is missing" : NULL;
}

/* --- reader --- */

static bool parse_key(const char *text, size_t length, unsigned *key)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0) {
            *key = i;
            return true;
        }
    }
    if (length < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && length > 4))
        return false;
    if (!parse_u64(text + 3, length - 3, UINT16_MAX, &number))
        return false;
    *key = (unsigned)number;
    return true;
}

static bool put_mandatory(struct rdfield_in *in, const char *text, size_t length)
{
    unsigned key = 0;
    return parse_key(text, length, &key) && rdfield_put_number(in, key, 2);
}

static bool put_address(struct rdfield_in *in, const char *text, size_t length, int family)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (length >= sizeof(copy) || memchr(text, '\0', length) != NULL)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(family, copy, address) == 1 &&
           rdfield_put(in, address, family == AF_INET ? 4 : 16);
}

static bool put_list(struct rdfield_in *in, unsigned key, const struct value *value)
{
    const char *at = value->text;
    const char *end = value->text + value->length;
    while (at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        size_t length = (size_t)((comma == NULL ? end : comma) - at);
        bool good = key == MANDATORY
                        ? put_mandatory(in, at, length)
                        : put_address(in, at, length, key == IPV4HINT ? AF_INET : AF_INET6);
        if (!good)
            return false;
        at += length + 1;
    }
    return true;
}

/* RFC 9460 appendix A.1: in the list, \, and \\ stand for a comma and a backslash. */
static bool put_alpn(struct rdfield_in *in, const struct value *value)
{
    uint8_t id[1 + 255];
    size_t used = 0;
    for (size_t i = 0; i <= value->length; i++) {
        if (i == value->length || value->text[i] == ',') {
            id[0] = (uint8_t)used;
            if (used == 0 || !rdfield_put(in, id, used + 1))
                return false;
            used = 0;
            continue;
        }
        if (value->text[i] == '\\' && ++i == value->length)
            return false;
        if (used == 255)
            return false;
        id[++used] = (uint8_t)value->text[i];
    }
    return true;
}

static int compare_u16(const void *a, const void *b)
{
    return (int)wire_get16(a) - (int)wire_get16(b);
}

static bool put_port(struct rdfield_in *in, const struct value *value)
{
    uint64_t port = 0;
    return parse_u64(value->text, value->length, UINT16_MAX, &port) &&
           rdfield_put_number(in, port, 2);
}

static bool put_value(struct rdfield_in *in, unsigned key, const struct value *value)
{
    size_t start = in->length;
    switch (key) {
    case MANDATORY:
        if (!put_list(in, key, value))
            return false;
        qsort(in->out + start, (in->length - start) / 2, 2, compare_u16);
        return true;
    case ALPN:
        return put_alpn(in, value);
    case PORT:
        return put_port(in, value);
    case IPV4HINT:
    case IPV6HINT:
        return put_list(in, key, value);
    case ECH:
        return value->length == 0 || rdfield_put_base64(in, value->text, value->length);
    default:
        return rdfield_put(in, value->text, value->length);
    }
}

/* key="..." comes as two tokens that touch. */
static bool value_follows(const struct rdfield_in *in, const struct rdata_token *token)
{
    if (in->at == in->count || token->length == 0 || token->text[token->length - 1] != '=')
        return false;
    const struct rdata_token *next = &in->tokens[in->at];
    return next->quoted && next->text == token->text + token->length + 1;
}

static bool put_param(struct rdfield_in *in, const struct rdata_token *name,
                      const struct value *value)
{
    unsigned key = 0;
    size_t start = in->length;
    bool numbered = name->length > 3 && memcmp(name->text, "key", 3) == 0;
    if (!parse_key(name->text, name->length, &key))
        return rdfield_bad(in, "is not a known parameter");
    if (!rdfield_put_number(in, key, 2) || !rdfield_put_number(in, 0, 2))
        return false;
    bool good = numbered ? rdfield_put(in, value->text, value->length) : put_value(in, key, value);
    size_t size = in->length - start - PARAM_HEAD;
    if (!good || !check_value(key, in->out + start + PARAM_HEAD, size))
        return rdfield_bad(in, "is not a good value of this parameter");
    wire_put16(in->out + start + 2, (unsigned)size);
    return true;
}

static bool read_param(struct rdfield_in *in)
{
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    const char *equals = memchr(token->text, '=', token->length);
    struct rdata_token name = *token;
    struct rdata_token text = { .text = token->text + token->length };
    if (equals != NULL) {
        name.length = (size_t)(equals - token->text);
        text.text = equals + 1;
        text.length = token->length - name.length - 1;
    }
    if (text.length == 0 && value_follows(in, token))
        text = in->tokens[in->at++];
    struct value value = { 0 };
    uint8_t *bytes = mem_alloc(text.length);
    bool good = rdfield_unescape(in, &text, bytes, text.length, &value.length);
    value.text = (const char *)bytes;
    good = good && put_param(in, &name, &value);
    mem_free(bytes);
    return good;
}

static int compare_params(const void *a, const void *b)
{
    const struct param *left = a;
    const struct param *right = b;
    return (int)left->key - (int)right->key;
}

/* The wire form wants ascending keys (RFC 9460 section 2.2). */
static void sort_params(uint8_t *bytes, size_t size)
{
    uint8_t *copy = mem_dup(bytes, size);
    struct param *params = MEM_NEW_ARRAY(struct param, size / PARAM_HEAD);
    size_t count = 0;
    for (size_t at = 0; at < size && next_param(copy, size, &at, &params[count]);)
        count++;
    qsort(params, count, sizeof(*params), compare_params);
    for (size_t i = 0, at = 0; i < count; at += PARAM_HEAD + params[i].size, i++)
        memcpy(bytes + at, params[i].bytes - PARAM_HEAD, PARAM_HEAD + params[i].size);
    mem_free(params);
    mem_free(copy);
}

bool svcb_read(struct rdfield_in *in)
{
    size_t start = in->length;
    while (in->at < in->count) {
        if (!read_param(in))
            return false;
    }
    if (in->length == start)
        return true;
    sort_params(in->out + start, in->length - start);
    const char *problem = check_params(in->out + start, in->length - start);
    return problem == NULL || rdfield_fail(in, problem);
}

/* --- writer --- */

static void write_mandatory(struct strbuf *text, const struct param *param)
{
    for (size_t i = 0; i < param->size; i += 2) {
        unsigned key = wire_get16(param->bytes + i);
        strbuf_add(text, i > 0 ? "," : "=");
        if (key < KEYS)
            strbuf_add(text, names[key]);
        else
            strbuf_addf(text, "key%u", key);
    }
}

static void write_hints(struct strbuf *text, const struct param *param, int family, size_t size)
{
    char address[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < param->size; i += size) {
        (void)inet_ntop(family, param->bytes + i, address, sizeof(address));
        strbuf_addf(text, "%s%s", i > 0 ? "," : "=", address);
    }
}

/* Commas and backslashes of an id are escaped for the list, and that backslash for the string. */
static void write_alpn(struct strbuf *text, const struct param *param)
{
    strbuf_add(text, "=\"");
    for (size_t at = 0; at < param->size; at += 1U + param->bytes[at]) {
        if (at > 0)
            strbuf_add(text, ",");
        for (unsigned i = 1; i <= param->bytes[at]; i++) {
            const uint8_t *byte = &param->bytes[at + i];
            if (*byte == '\\')
                strbuf_add(text, "\\\\\\\\");
            else if (*byte == ',')
                strbuf_add(text, "\\\\,");
            else
                rdfield_escaped(text, byte, 1, true);
        }
    }
    strbuf_add(text, "\"");
}

static void write_param(struct strbuf *text, const struct param *param)
{
    if (param->key < KEYS)
        strbuf_add(text, names[param->key]);
    else
        strbuf_addf(text, "key%u", param->key);
    if (param->size == 0)
        return;
    switch (param->key) {
    case MANDATORY:
        write_mandatory(text, param);
        break;
    case ALPN:
        write_alpn(text, param);
        break;
    case PORT:
        strbuf_addf(text, "=%u", wire_get16(param->bytes));
        break;
    case IPV4HINT:
        write_hints(text, param, AF_INET, 4);
        break;
    case IPV6HINT:
        write_hints(text, param, AF_INET6, 16);
        break;
    case ECH:
        strbuf_add(text, "=");
        rdfield_add_base64(text, param->bytes, param->size);
        break;
    default:
        strbuf_add(text, "=\"");
        rdfield_escaped(text, param->bytes, param->size, false);
        strbuf_add(text, "\"");
        break;
    }
}

bool svcb_write(struct rdfield_out *out)
{
    size_t size = rdfield_left(out);
    const uint8_t *bytes = rdfield_get(out, size);
    struct param param = { 0 };
    if (check_params(bytes, size) != NULL)
        return false;
    for (size_t at = 0; out->text != NULL && at < size && next_param(bytes, size, &at, &param);) {
        rdfield_separate(out);
        write_param(out->text, &param);
    }
    return true;
}
