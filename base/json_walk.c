// SPDX-License-Identifier: BSD-2-Clause
#include "base/json_walk.h"

#include "base/parse.h"

#include <stdint.h>
#include <string.h>

/* --- strings --- */

struct scan {
    const char *text;
    size_t length;
};

static void add_utf8(struct strbuf *out, uint32_t c)
{
    static const uint8_t leads[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
    char bytes[4];
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
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
    if (at >= scan->length)
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

size_t json_walk_string(const char *text, size_t length, size_t at, struct strbuf *out)
{
    struct scan scan = { text, length };
    at++;
    while (at < length && text[at] != '"') {
        if (text[at] == '\\') {
            at = take_escape(&scan, at + 1, out);
            continue;
        }
        if (out != NULL)
            strbuf_add_bytes(out, text + at, 1);
        at++;
    }
    return at < length ? at + 1 : length;
}

/* --- paths --- */

static bool is_plain_word(const char *key)
{
    size_t length = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && key[length] == '\0';
}

void json_walk_add_key(struct strbuf *path, const char *key)
{
    if (is_plain_word(key)) {
        strbuf_add(path, path->length > 0 ? "." : "");
        strbuf_add(path, key);
        return;
    }
    strbuf_add(path, "[\"");
    for (; *key != '\0'; key++) {
        unsigned char byte = (unsigned char)*key;
        if (byte < 0x20 || byte == 0x7f)
            strbuf_addf(path, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            strbuf_addf(path, "\\%c", byte);
        else
            strbuf_add_bytes(path, key, 1);
    }
    strbuf_add(path, "\"]");
}

void json_walk_add_index(struct strbuf *path, size_t index)
{
    strbuf_addf(path, "[%zu]", index);
}

static void cut_path(struct json_walk *walk, size_t length)
{
    walk->path.length = length;
    walk->path.text[length] = '\0';
}

/* --- the walk --- */

void json_walk_init(struct json_walk *walk, const char *text, size_t length)
{
    *walk = (struct json_walk){ .text = text, .length = length };
    strbuf_init(&walk->key_text);
    strbuf_init(&walk->path);
}

void json_walk_fini(struct json_walk *walk)
{
    strbuf_fini(&walk->key_text);
    strbuf_fini(&walk->path);
}

static enum json_event take_key(struct json_walk *walk, struct json_level *level)
{
    strbuf_clear(&walk->key_text);
    walk->offset = walk->key = walk->at;
    walk->at = json_walk_string(walk->text, walk->length, walk->at, &walk->key_text);
    level->expects_key = false;
    cut_path(walk, level->path);
    json_walk_add_key(&walk->path, walk->key_text.text);
    return JSON_EVENT_KEY;
}

static enum json_event enter(struct json_walk *walk, bool object)
{
    if (walk->depth == JSON_DEPTH_MAX)
        return JSON_EVENT_DEEP;
    walk->levels[walk->depth++] =
        (struct json_level){ .object = object, .expects_key = object, .path = walk->path.length };
    walk->at++;
    return JSON_EVENT_VALUE;
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(",:]} \t\r\n", c) != NULL;
}

static enum json_event take_value(struct json_walk *walk, const struct json_level *level)
{
    walk->offset = walk->at;
    if (level == NULL || !level->object)
        walk->key = walk->at;
    if (level != NULL && !level->object) {
        cut_path(walk, level->path);
        json_walk_add_index(&walk->path, level->index);
    }
    char c = walk->text[walk->at];
    if (c == '{' || c == '[')
        return enter(walk, c == '{');
    if (c == '"') {
        walk->at = json_walk_string(walk->text, walk->length, walk->at, NULL);
        return JSON_EVENT_VALUE;
    }
    do
        walk->at++;
    while (walk->at < walk->length && !ends_word(walk->text[walk->at]));
    return JSON_EVENT_VALUE;
}

/* Spaces, commas and colons: passes one and returns true. */
static bool skip_one(struct json_walk *walk, struct json_level *level)
{
    char c = walk->text[walk->at];
    if (c == ',' && level != NULL) {
        level->expects_key = level->object;
        level->index++;
    } else if (c == '\0' || strchr(",: \t\r\n", c) == NULL) {
        return false;
    }
    walk->at++;
    return true;
}

enum json_event json_walk_next(struct json_walk *walk)
{
    while (walk->at < walk->length) {
        struct json_level *level = walk->depth == 0 ? NULL : &walk->levels[walk->depth - 1];
        char c = walk->text[walk->at];
        if (skip_one(walk, level))
            continue;
        if ((c == '}' || c == ']') && level != NULL) {
            walk->depth--;
            walk->offset = walk->at++;
            return JSON_EVENT_CLOSE;
        }
        if (c == '"' && level != NULL && level->expects_key)
            return take_key(walk, level);
        return take_value(walk, level);
    }
    return JSON_EVENT_END;
}
