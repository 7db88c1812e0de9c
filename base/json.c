// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.h"

#include "base/json_scan.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- places --- */

static struct json_place place_of(const struct json_doc *doc, size_t offset)
{
    struct json_place place = { 1, 1 };
    size_t end = offset < doc->length ? offset : doc->length;
    const char *line = doc->text;
    for (const char *at = line; (size_t)(at - doc->text) < end; at++) {
        if (*at == '\n') {
            place.line++;
            line = at + 1;
        }
    }
    place.column = (unsigned)(doc->text + end - line) + 1;
    return place;
}

struct json_place json_locate(const struct json_doc *doc, const char *path, bool key)
{
    struct json_scan_hit hit = json_scan_find(doc->text, doc->length, path);
    return place_of(doc, key ? hit.key : hit.value);
}

static void report(const struct json_doc *doc, struct errlist *errors, size_t offset,
                   const char *path, const char *message)
{
    struct json_place place = place_of(doc, offset);
    errlist_add(errors, "%s:%u:%u: %s%s%s", doc->file, place.line, place.column, path,
                *path == '\0' ? "" : ": ", message);
}

#define MESSAGE_SIZE 1024

void json_error(const struct json_doc *doc, struct errlist *errors, const char *path,
                const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct json_scan_hit hit = json_scan_find(doc->text, doc->length, path);
    report(doc, errors, hit.value, path, message);
}

void json_error_key(const struct json_doc *doc, struct errlist *errors, const char *path,
                    const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct json_scan_hit hit = json_scan_find(doc->text, doc->length, path);
    report(doc, errors, hit.key, path, message);
}

/* --- paths --- */

static bool is_plain_word(const char *key)
{
    size_t length = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && key[length] == '\0';
}

static void add_quoted(struct strbuf *out, const char *key)
{
    strbuf_add(out, "[\"");
    for (; *key != '\0'; key++) {
        unsigned char byte = (unsigned char)*key;
        if (byte < 0x20 || byte == 0x7f)
            strbuf_addf(out, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            strbuf_addf(out, "\\%c", byte);
        else
            strbuf_add_bytes(out, key, 1);
    }
    strbuf_add(out, "\"]");
}

static void add_key(struct strbuf *path, const char *key)
{
    if (!is_plain_word(key)) {
        add_quoted(path, key);
        return;
    }
    if (path->length > 0)
        strbuf_add(path, ".");
    strbuf_add(path, key);
}

static size_t cut_into(char *out, size_t size, struct strbuf *text)
{
    size_t length = text->length < size ? text->length : size - 1;
    memcpy(out, text->text, length);
    out[length] = '\0';
    strbuf_fini(text);
    return length;
}

size_t json_path_key(char *out, size_t size, const char *parent, const char *key)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, parent);
    add_key(&text, key);
    return cut_into(out, size, &text);
}

size_t json_path_index(char *out, size_t size, const char *parent, size_t index)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "%s[%zu]", parent, index);
    return cut_into(out, size, &text);
}

/* --- duplicates and depth: one walk over a text that jansson has accepted --- */

#define DEPTH_MAX 64

struct level {
    bool object;
    bool expects_key;
    size_t index; /* in an array */
    size_t key;   /* offset of the last key */
    json_t *seen; /* keys of an object with their offsets */
};

struct walk {
    const struct json_doc *doc;
    struct errlist *errors;
    struct level levels[DEPTH_MAX];
    unsigned depth;
    size_t at;
};

/* The path of what the walk is at. */
static void walk_path(const struct walk *walk, struct strbuf *path)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        const struct level *level = &walk->levels[i];
        if (!level->object) {
            strbuf_addf(path, "[%zu]", level->index);
            continue;
        }
        struct strbuf key;
        strbuf_init(&key);
        (void)json_scan_string(walk->doc->text, walk->doc->length, level->key, &key);
        add_key(path, key.text);
        strbuf_fini(&key);
    }
}

static void walk_error(const struct walk *walk, size_t offset, const char *message)
{
    struct strbuf path;
    strbuf_init(&path);
    walk_path(walk, &path);
    if (path.length >= JSON_PATH_MAX)
        path.text[JSON_PATH_MAX - 1] = '\0';
    report(walk->doc, walk->errors, offset, path.text, message);
    strbuf_fini(&path);
}

static void walk_key(struct walk *walk)
{
    struct level *level = &walk->levels[walk->depth - 1];
    struct strbuf key;
    strbuf_init(&key);
    level->expects_key = false;
    level->key = walk->at;
    walk->at = json_scan_string(walk->doc->text, walk->doc->length, walk->at, &key);
    const json_t *first = json_object_get(level->seen, key.text);
    if (first != NULL) {
        struct json_place place = place_of(walk->doc, (size_t)json_integer_value(first));
        char message[64];
        (void)snprintf(message, sizeof(message), "duplicate key, first seen at %u:%u", place.line,
                       place.column);
        walk_error(walk, level->key, message);
    } else {
        (void)json_object_set_new(level->seen, key.text, json_integer((json_int_t)level->key));
    }
    strbuf_fini(&key);
}

static bool walk_open(struct walk *walk, bool object)
{
    if (walk->depth == DEPTH_MAX) {
        walk_error(walk, walk->at, "nested deeper than 64 levels");
        return false;
    }
    walk->levels[walk->depth++] = (struct level){ .object = object,
                                                  .expects_key = object,
                                                  .seen = object ? json_object() : NULL };
    walk->at++;
    return true;
}

static void walk_close(struct walk *walk)
{
    json_decref(walk->levels[--walk->depth].seen);
    walk->at++;
}

/* False when the walk cannot go on. */
static bool walk_step(struct walk *walk)
{
    struct level *level = walk->depth == 0 ? NULL : &walk->levels[walk->depth - 1];
    char c = walk->doc->text[walk->at];
    if (c == '{' || c == '[')
        return walk_open(walk, c == '{');
    if ((c == '}' || c == ']') && level != NULL) {
        walk_close(walk);
    } else if (c == '"' && level != NULL && level->expects_key) {
        walk_key(walk);
    } else if (c == '"') {
        walk->at = json_scan_string(walk->doc->text, walk->doc->length, walk->at, NULL);
    } else {
        if (c == ',' && level != NULL) {
            level->expects_key = level->object;
            level->index++;
        }
        walk->at++;
    }
    return true;
}

/* Adds an error for each duplicate key; false when the text is nested too deep. */
static bool walk_all(const struct json_doc *doc, struct errlist *errors)
{
    struct walk walk = { .doc = doc, .errors = errors };
    bool good = true;
    while (good && walk.at < doc->length)
        good = walk_step(&walk);
    while (walk.depth > 0)
        walk_close(&walk);
    return good;
}

/* --- parsing --- */

static bool check_utf8(const struct json_doc *doc, struct errlist *errors)
{
    for (size_t at = 0; at < doc->length;) {
        size_t size = utf8_char_size(doc->text + at, doc->length - at);
        if (size == 0) {
            char message[48];
            (void)snprintf(message, sizeof(message), "byte 0x%02x is not valid UTF-8",
                           (unsigned char)doc->text[at]);
            report(doc, errors, at, "", message);
            return false;
        }
        at += size;
    }
    return true;
}

/* jansson tells how many bytes it had taken, and names the token that it did not like: its first
 * byte is the place. */
static size_t syntax_offset(const struct json_doc *doc, const json_error_t *error)
{
    size_t taken = error->position < 0 ? 0 : (size_t)error->position;
    taken = taken < doc->length ? taken : doc->length;
    if (strstr(error->text, "near end of file") != NULL)
        return doc->length;
    const char *near = strstr(error->text, "near '");
    size_t size = near == NULL ? 1 : strlen(near + 6) - 1;
    bool same =
        near == NULL || (size <= taken && memcmp(doc->text + taken - size, near + 6, size) == 0);
    size = same ? size : 1;
    return taken >= size ? taken - size : 0;
}

bool json_doc_parse_on(struct json_doc *doc, const char *file, const char *text, size_t length,
                       struct errlist *errors)
{
    *doc = (struct json_doc){ .file = mem_strdup(file), .text = mem_alloc(length + 1) };
    if (length > 0)
        memcpy(doc->text, text, length);
    doc->length = length;
    if (check_utf8(doc, errors)) {
        json_error_t error;
        doc->root = json_loadb(doc->text, length, JSON_DECODE_ANY, &error);
        if (doc->root == NULL)
            report(doc, errors, syntax_offset(doc, &error), "", error.text);
        else if (walk_all(doc, errors))
            return true;
    }
    json_doc_fini(doc);
    return false;
}

bool json_doc_parse(struct json_doc *doc, const char *file, const char *text, size_t length,
                    struct errlist *errors)
{
    size_t before = errors->count + errors->dropped;
    if (!json_doc_parse_on(doc, file, text, length, errors))
        return false;
    if (errors->count + errors->dropped == before)
        return true;
    json_doc_fini(doc);
    return false;
}

void json_doc_fini(struct json_doc *doc)
{
    json_decref(doc->root);
    mem_free(doc->text);
    mem_free(doc->file);
    *doc = (struct json_doc){ .file = NULL };
}

/* --- files --- */

/* Reads to the end, or one byte more than `max_size`; false with errno. */
static bool read_all(int fd, size_t max_size, struct strbuf *out)
{
    char block[16384];
    while (out->length <= max_size) {
        ssize_t got = read(fd, block, sizeof(block));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        strbuf_add_bytes(out, block, (size_t)got);
    }
    return true;
}

char *json_read_file(const char *file, size_t max_size, size_t *length, struct errlist *errors)
{
    struct strbuf text;
    strbuf_init(&text);
    char *result = NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !read_all(fd, max_size, &text)) {
        errlist_add(errors, "%s: cannot read: %s", file, strerrordesc_np(errno));
    } else if (text.length > max_size) {
        errlist_add(errors, "%s: larger than %zu bytes", file, max_size);
    } else {
        *length = text.length;
        result = strbuf_take(&text);
    }
    if (fd >= 0)
        (void)close(fd);
    strbuf_fini(&text);
    return result;
}

bool json_doc_load(struct json_doc *doc, const char *file, size_t max_size, struct errlist *errors)
{
    *doc = (struct json_doc){ .file = NULL };
    size_t length = 0;
    char *text = json_read_file(file, max_size, &length, errors);
    if (text == NULL)
        return false;
    bool good = json_doc_parse(doc, file, text, length, errors);
    mem_free(text);
    return good;
}
