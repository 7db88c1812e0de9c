// SPDX-License-Identifier: BSD-2-Clause
#include "server/http_uri.h"

#include "base/utf8.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_utf8(const char *text, size_t length)
{
    while (length > 0) {
        size_t size = utf8_char_size(text, length);
        if (size == 0)
            return false;
        text += size;
        length -= size;
    }
    return true;
}

/* One byte of encoded text; 0 when it is malformed or NUL. `*at` moves behind it. */
static char decode_byte(const char **at, const char *end, bool plus_is_space)
{
    char c = *(*at)++;
    if (c == '+' && plus_is_space)
        return ' ';
    if (c != '%')
        return c;
    if (end - *at < 2)
        return 0;
    int high = hex_digit((*at)[0]);
    int low = hex_digit((*at)[1]);
    *at += 2;
    if (high < 0 || low < 0)
        return 0;
    return (char)(high * 16 + low);
}

/* Decodes into out->text; NULL when it is malformed. There is room: decoding never makes it longer,
 * and each part ends in a separator of the target whose place the NUL takes. */
static const char *decode(struct http_uri *out, const char *text, const char *end, bool query)
{
    char *start = out->text + out->used;
    char *to = start;
    while (text < end) {
        char c = decode_byte(&text, end, query);
        if (c == 0)
            return NULL;
        *to++ = c;
    }
    *to = '\0';
    out->used += (size_t)(to - start) + 1;
    return is_utf8(start, (size_t)(to - start)) ? start : NULL;
}

static const char *parse_path(struct http_uri *out, const char *path, const char *end)
{
    if (end - path == 1)
        return NULL;
    while (path < end) {
        const char *from = path + 1; /* behind the slash */
        const char *slash = memchr(from, '/', (size_t)(end - from));
        path = slash == NULL ? end : slash;
        if (out->segment_count == HTTP_SEGMENTS_MAX)
            return "the path has too many segments";
        const char *segment = decode(out, from, path, false);
        if (segment == NULL)
            return "the path is not well-formed percent-encoded UTF-8";
        out->segments[out->segment_count++] = segment;
    }
    return NULL;
}

static const char *parse_query(struct http_uri *out, const char *query, const char *end)
{
    while (query < end) {
        const char *ampersand = memchr(query, '&', (size_t)(end - query));
        const char *stop = ampersand == NULL ? end : ampersand;
        const char *equals = memchr(query, '=', (size_t)(stop - query));
        const char *name_end = equals == NULL ? stop : equals;
        if (out->param_count == HTTP_PARAMS_MAX)
            return "the query has too many parameters";
        struct http_param *param = &out->params[out->param_count];
        param->name = decode(out, query, name_end, true);
        param->value = decode(out, equals == NULL ? stop : equals + 1, stop, true);
        if (param->name == NULL || param->value == NULL)
            return "the query is not well-formed percent-encoded UTF-8";
        if (stop != query)
            out->param_count++;
        query = stop + 1;
    }
    return NULL;
}

const char *http_uri_parse(const char *target, struct http_uri *out)
{
    out->used = 0;
    out->segment_count = 0;
    out->param_count = 0;
    size_t length = strlen(target);
    if (length >= HTTP_URI_TEXT_SIZE)
        return "the request target is too long";
    if (target[0] != '/')
        return "the request target does not begin with a slash";
    const char *end = target + length;
    const char *query = memchr(target, '?', length);
    const char *error = parse_path(out, target, query == NULL ? end : query);
    if (error != NULL || query == NULL)
        return error;
    return parse_query(out, query + 1, end);
}

const char *http_uri_param(const struct http_uri *uri, const char *name)
{
    for (size_t i = 0; i < uri->param_count; i++)
        if (strcmp(uri->params[i].name, name) == 0)
            return uri->params[i].value;
    return NULL;
}
