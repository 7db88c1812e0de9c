// SPDX-License-Identifier: BSD-2-Clause
#include "base/json_scan.h"

#include "base/parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct scan {
    const char *text;
    size_t length;
};

static bool ends(const struct scan *scan, size_t at)
{
    return at >= scan->length;
}

static size_t skip_space(const struct scan *scan, size_t at)
{
    while (!ends(scan, at) && strchr(" \t\r\n", scan->text[at]) != NULL && scan->text[at] != '\0')
        at++;
    return at;
}

/* --- strings --- */

static void add_utf8(struct strbuf *out, uint32_t c)
{
    char bytes[4];
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
    for (size_t i = size; i > 1; i--) {
        bytes[i - 1] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    bytes[0] = (char)(leads[size] | c);
    strbuf_add_bytes(out, bytes, size);
}

/* Four hexadecimal digits at `at`; 0 when they are none. */
static uint32_t unit16(const struct scan *scan, size_t at)
{
    char digits[5] = "";
    uint8_t bytes[2];
    if (at > scan->length || scan->length - at < 4)
        return 0;
    memcpy(digits, scan->text + at, 4);
    return parse_hex(digits, bytes, 2) ? (uint32_t)bytes[0] << 8 | bytes[1] : 0;
}

/* `at` is at the u of a \u escape; returns the offset behind it, or behind a pair of surrogates. */
static size_t take_unicode(const struct scan *scan, size_t at, struct strbuf *out)
{
    uint32_t c = unit16(scan, at + 1);
    at += 5;
    if (c >= 0xd800 && c < 0xdc00) {
        uint32_t low = unit16(scan, at + 2);
        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
        at += 6;
    }
    if (out != NULL)
        add_utf8(out, c);
    return at;
}

/* `at` is behind a backslash. */
static size_t take_escape(const struct scan *scan, size_t at, struct strbuf *out)
{
    static const char names[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";
    if (ends(scan, at))
        return at;
    char c = scan->text[at];
    if (c == 'u')
        return take_unicode(scan, at, out);
    const char *name = c == '\0' ? NULL : strchr(names, c);
    if (name != NULL)
        c = bytes[name - names];
    if (out != NULL)
        strbuf_add_bytes(out, &c, 1);
    return at + 1;
}

static size_t take_string(const struct scan *scan, size_t at, struct strbuf *out)
{
    at++;
    while (!ends(scan, at) && scan->text[at] != '"') {
        if (scan->text[at] == '\\') {
            at = take_escape(scan, at + 1, out);
            continue;
        }
        if (out != NULL)
            strbuf_add_bytes(out, scan->text + at, 1);
        at++;
    }
    return at < scan->length ? at + 1 : scan->length;
}

size_t json_scan_string(const char *text, size_t length, size_t at, struct strbuf *out)
{
    struct scan scan = { text, length };
    return take_string(&scan, at, out);
}

/* --- values --- */

static size_t skip_value(const struct scan *scan, size_t at)
{
    size_t depth = 0;
    while (!ends(scan, at)) {
        char c = scan->text[at];
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            break;
        if (c == '{' || c == '[')
            depth++;
        if (c == '}' || c == ']')
            depth--;
        at = c == '"' ? take_string(scan, at, NULL) : at + 1;
    }
    return at;
}

/* From one element's value to the first byte of the next one (its key in an object); false at the
 * end. */
static bool next_element(const struct scan *scan, size_t *at)
{
    *at = skip_value(scan, *at);
    if (ends(scan, *at) || scan->text[*at] != ',')
        return false;
    *at = skip_space(scan, *at + 1);
    return true;
}

static size_t value_of_key(const struct scan *scan, size_t key, struct strbuf *decoded)
{
    size_t colon = skip_space(scan, take_string(scan, key, decoded));
    return skip_space(scan, colon < scan->length ? colon + 1 : colon);
}

static bool find_key(const struct scan *scan, const char *wanted, struct json_scan_hit *hit)
{
    bool found = false;
    size_t at = skip_space(scan, hit->value + 1);
    struct strbuf key;
    strbuf_init(&key);
    while (!ends(scan, at) && scan->text[at] == '"') {
        strbuf_clear(&key);
        size_t value = value_of_key(scan, at, &key);
        if (strcmp(key.text, wanted) == 0) {
            *hit = (struct json_scan_hit){ .key = at, .value = value };
            found = true;
        }
        at = value;
        if (!next_element(scan, &at))
            break;
    }
    strbuf_fini(&key);
    return found;
}

static bool find_index(const struct scan *scan, uint64_t index, struct json_scan_hit *hit)
{
    size_t at = skip_space(scan, hit->value + 1);
    if (ends(scan, at) || scan->text[at] == ']')
        return false;
    for (; index > 0; index--) {
        if (!next_element(scan, &at))
            return false;
    }
    *hit = (struct json_scan_hit){ .key = at, .value = at };
    return true;
}

/* --- paths --- */

/* One step of a path: a key, or an index. */
struct step {
    struct strbuf key;
    bool is_index;
    uint64_t index;
};

/* `path` begins with ["; the quoted text is written as JSON writes it. */
static const char *take_quoted(const char *path, struct step *step)
{
    size_t length = strlen(path);
    size_t end = json_scan_string(path, length, 1, &step->key);
    return end < length && path[end] == ']' ? path + end + 1 : NULL;
}

/* Returns what follows, or NULL when the path is malformed (it was cut). */
static const char *take_step(const char *path, struct step *step)
{
    strbuf_clear(&step->key);
    step->is_index = false;
    if (path[0] == '[' && path[1] == '"')
        return take_quoted(path, step);
    if (path[0] == '[') {
        size_t digits = strspn(path + 1, "0123456789");
        step->is_index = true;
        bool good = parse_u64(path + 1, digits, UINT64_MAX, &step->index);
        return good && path[1 + digits] == ']' ? path + digits + 2 : NULL;
    }
    path += path[0] == '.';
    size_t length = strcspn(path, ".[");
    strbuf_add_bytes(&step->key, path, length);
    return length > 0 ? path + length : NULL;
}

static bool follow(const struct scan *scan, const struct step *step, struct json_scan_hit *hit)
{
    if (ends(scan, hit->value) || scan->text[hit->value] != (step->is_index ? '[' : '{'))
        return false;
    return step->is_index ? find_index(scan, step->index, hit)
                          : find_key(scan, step->key.text, hit);
}

struct json_scan_hit json_scan_find(const char *text, size_t length, const char *path)
{
    struct scan scan = { text, length };
    size_t root = skip_space(&scan, 0);
    struct json_scan_hit hit = { root, root };
    struct step step;
    strbuf_init(&step.key);
    while (*path != '\0') {
        path = take_step(path, &step);
        if (path == NULL || !follow(&scan, &step, &hit))
            break;
    }
    strbuf_fini(&step.key);
    return hit;
}
