// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.h"

#include "base/json_index.h"
#include "base/json_walk.h"
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
    struct json_place place;
    json_index_place(doc->index, offset, &place.line, &place.column);
    return place;
}

struct json_place json_locate(const struct json_doc *doc, const char *path, bool key)
{
    struct json_hit hit = json_index_find(doc->index, path);
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

static void report_path(const struct json_doc *doc, struct errlist *errors, const char *path,
                        bool key, const char *format, va_list args)
{
    char message[MESSAGE_SIZE];
    (void)vsnprintf(message, sizeof(message), format, args);
    struct json_hit hit = json_index_find(doc->index, path);
    report(doc, errors, key ? hit.key : hit.value, path, message);
}

void json_error(const struct json_doc *doc, struct errlist *errors, const char *path,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report_path(doc, errors, path, false, format, args);
    va_end(args);
}

void json_error_key(const struct json_doc *doc, struct errlist *errors, const char *path,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report_path(doc, errors, path, true, format, args);
    va_end(args);
}

/* --- paths --- */

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
    json_walk_add_key(&text, key);
    return cut_into(out, size, &text);
}

size_t json_path_index(char *out, size_t size, const char *parent, size_t index)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, parent);
    json_walk_add_index(&text, index);
    return cut_into(out, size, &text);
}

/* --- duplicates and depth: one walk over a text that jansson has accepted --- */

struct audit {
    const struct json_doc *doc;
    struct errlist *errors;
    struct json_walk walk;
    json_t *seen[JSON_DEPTH_MAX]; /* of each object that is entered: key -> offset */
};

static void audit_error(struct audit *audit, const char *message)
{
    struct strbuf *path = &audit->walk.path;
    char shown[JSON_PATH_MAX];
    (void)snprintf(shown, sizeof(shown), "%s", path->text);
    report(audit->doc, audit->errors, audit->walk.offset, shown, message);
}

static void audit_key(struct audit *audit)
{
    json_t *seen = audit->seen[audit->walk.depth - 1];
    const char *key = audit->walk.key_text.text;
    const json_t *first = json_object_get(seen, key);
    if (first == NULL) {
        (void)json_object_set_new(seen, key, json_integer((json_int_t)audit->walk.offset));
        return;
    }
    struct json_place place = place_of(audit->doc, (size_t)json_integer_value(first));
    char message[64];
    (void)snprintf(message, sizeof(message), "duplicate key, first seen at %u:%u", place.line,
                   place.column);
    audit_error(audit, message);
}

/* False when the walk is over. */
static bool audit_step(struct audit *audit, enum json_event event)
{
    const struct json_walk *walk = &audit->walk;
    switch (event) {
    case JSON_EVENT_KEY:
        audit_key(audit);
        return true;
    case JSON_EVENT_VALUE:
        if (walk->text[walk->offset] == '{')
            audit->seen[walk->depth - 1] = json_object();
        return true;
    case JSON_EVENT_CLOSE:
        json_decref(audit->seen[walk->depth]);
        audit->seen[walk->depth] = NULL;
        return true;
    case JSON_EVENT_DEEP:
        audit_error(audit, "nested deeper than 64 levels");
        return false;
    case JSON_EVENT_END:
        break;
    }
    return false;
}

/* Adds an error for each duplicate key; false when the text is nested too deep. */
static bool audit_text(const struct json_doc *doc, struct errlist *errors)
{
    struct audit audit = { .doc = doc, .errors = errors };
    json_walk_init(&audit.walk, doc->text, doc->length);
    enum json_event event = json_walk_next(&audit.walk);
    while (audit_step(&audit, event))
        event = json_walk_next(&audit.walk);
    for (size_t i = 0; i < JSON_DEPTH_MAX; i++)
        json_decref(audit.seen[i]);
    json_walk_fini(&audit.walk);
    return event == JSON_EVENT_END;
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
    doc->index = json_index_new(doc->text, length);
    if (check_utf8(doc, errors)) {
        json_error_t error;
        doc->root = json_loadb(doc->text, length, JSON_DECODE_ANY, &error);
        if (doc->root == NULL)
            report(doc, errors, syntax_offset(doc, &error), "", error.text);
        else if (audit_text(doc, errors))
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
    json_index_free(doc->index);
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
