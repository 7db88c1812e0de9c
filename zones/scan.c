// SPDX-License-Identifier: BSD-2-Clause
#include "zones/scan.h"

#include "base/mem.h"
#include "base/parse.h"
#include "base/wire.h"
#include "zones/rrtype.h"
#include "zones/scanner.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CLASS_IN 1

struct scan_files {
    char **names;
    size_t count;
    size_t capacity;
};

void scan_error(struct scan *scan, unsigned line, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    errlist_add(scan->options->errors, "%s:%u: %s", scan->level->file, line, message);
    scan->errors++;
}

/* Pieces of input in messages are cut at this many bytes. */
static int shown(const struct rdata_token *token)
{
    return token->length > 64 ? 64 : (int)token->length;
}

/* --- records --- */

/* IN, CH, CHAOS, HS, HESIOD, ANY, NONE or CLASSnnn (RFC 3597 section 5). */
static bool parse_class(const struct rdata_token *token, unsigned *class)
{
    static const struct {
        const char *name;
        unsigned number;
    } classes[] = { { "IN", CLASS_IN }, { "CH", 3 },     { "CHAOS", 3 }, { "HS", 4 },
                    { "HESIOD", 4 },    { "NONE", 254 }, { "ANY", 255 } };
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (strlen(classes[i].name) == token->length &&
            strncasecmp(classes[i].name, token->text, token->length) == 0) {
            *class = classes[i].number;
            return true;
        }
    }
    uint64_t number = 0;
    if (token->length < 6 || strncasecmp(token->text, "CLASS", 5) != 0 ||
        !parse_u64(token->text + 5, token->length - 5, UINT16_MAX, &number))
        return false;
    *class = (unsigned)number;
    return true;
}

static bool check_type(struct scan *scan, const struct rdata_token *token, unsigned class,
                       uint16_t *type)
{
    if (token->quoted || !rrtype_parse(token->text, token->length, type))
        scan_error(scan, token->line, "unknown type '%.*s'", shown(token), token->text);
    else if (class != CLASS_IN)
        scan_error(scan, token->line, "class %u: only class IN is served", class);
    else if (rrtype_is_meta(*type))
        scan_error(scan, token->line, "type %.*s is for questions, not for zones", shown(token),
                   token->text);
    else
        return true;
    return false;
}

bool scan_read_head(struct scan *scan, const struct rdata_token *tokens, size_t count, size_t from,
                    struct scan_head *head)
{
    bool class_given = false;
    unsigned class = CLASS_IN;
    *head = (struct scan_head){ .ttl_given = false };
    for (size_t i = from; i < count; i++) {
        const struct rdata_token *token = &tokens[i];
        if (!head->ttl_given && !token->quoted &&
            ttl_parse(token->text, token->length, &head->ttl)) {
            head->ttl_given = true;
        } else if (!class_given && !token->quoted && parse_class(token, &class)) {
            class_given = true;
        } else {
            head->rdata = i + 1;
            return check_type(scan, token, class, &head->type);
        }
    }
    scan_error(scan, tokens[count - 1].line, "the record ends before its type");
    return false;
}

/* BIND's rules: a TTL of its own, $TTL, the last TTL that a record gave, the minimum of the SOA. */
static void choose_ttl(struct scan *scan, const struct scan_head *head, struct scan_record *record)
{
    record->ttl_known = true;
    if (head->ttl_given) {
        record->ttl = head->ttl > TTL_MAX ? 0 : head->ttl; /* RFC 2181 section 8 */
        scan->last_ttl = record->ttl;
        scan->last_ttl_known = true;
    } else if (scan->default_ttl_known) {
        record->ttl = scan->default_ttl;
    } else if (scan->last_ttl_known) {
        record->ttl = scan->last_ttl;
    } else if (head->type == RRTYPE_SOA) {
        uint32_t minimum = wire_get32(record->rdata + record->rdata_length - 4);
        record->ttl = minimum > TTL_MAX ? 0 : minimum;
        scan->default_ttl = record->ttl;
        scan->default_ttl_known = true;
    } else {
        record->ttl_known = false;
    }
}

bool scan_emit(struct scan *scan, const uint8_t *owner, const struct scan_head *head,
               const struct rdata_token *tokens, size_t count, unsigned line)
{
    struct rdata_error error = { 0 };
    int length = rdata_from_text(head->type, tokens, count, scan->origin, scan->rdata, &error);
    if (length < 0) {
        char name[RRTYPE_TEXT_MAX];
        unsigned at = error.token < count ? tokens[error.token].line
                      : count > 0         ? tokens[count - 1].line
                                          : line;
        scan_error(scan, at, "%s: %s", rrtype_name(head->type, name), error.text);
        return false;
    }
    struct scan_record record = {
        .owner = owner,
        .type = head->type,
        .rdata = scan->rdata,
        .rdata_length = (uint16_t)length,
        .file = scan->level->file,
        .line = line,
    };
    choose_ttl(scan, head, &record);
    record.default_ttl_known = scan->default_ttl_known;
    record.default_ttl = scan->default_ttl;
    scan->stopped = !scan->options->record(scan->options->data, &record);
    return true;
}

/* Takes the owner from the entry, or leaves the last one. False when there is none to use. */
static bool take_owner(struct scan *scan)
{
    const struct rdata_token *token = &scan->entry.tokens[0];
    const char *problem = NULL;
    if (scan->entry.blank) {
        if (scan->owner_state == SCAN_OWNER_NONE)
            scan_error(scan, token->line, "no owner: no record before this one has named one");
        return scan->owner_state == SCAN_OWNER_SET;
    }
    bool good = name_from_text(token->text, token->length, scan->origin, scan->owner, &problem) > 0;
    if (!good)
        scan_error(scan, token->line, "'%.*s' is not a name: %s", shown(token), token->text,
                   problem);
    scan->owner_state = good ? SCAN_OWNER_SET : SCAN_OWNER_BAD;
    return good;
}

static void scan_entry(struct scan *scan)
{
    const struct entry *entry = &scan->entry;
    struct scan_head head;
    if (!entry->blank && !entry->tokens[0].quoted && entry->tokens[0].length > 0 &&
        entry->tokens[0].text[0] == '$') {
        scan_directive(scan);
        return;
    }
    if (!take_owner(scan))
        return;
    if (!scan_read_head(scan, entry->tokens, entry->count, entry->blank ? 0 : 1, &head))
        return;
    (void)scan_emit(scan, scan->owner, &head, entry->tokens + head.rdata, entry->count - head.rdata,
                    entry->line);
}

/* --- files --- */

static const char *keep_name(struct scan_files *files, const char *name)
{
    void *names = files->names;
    mem_grow(&names, &files->capacity, files->count + 1, sizeof(*files->names));
    files->names = names;
    files->names[files->count] = mem_strdup(name);
    return files->names[files->count++];
}

static void add_level(struct scan *scan, struct scan_level *level)
{
    memcpy(level->origin, scan->origin, sizeof(level->origin));
    memcpy(level->owner, scan->owner, sizeof(level->owner));
    level->owner_state = scan->owner_state;
    level->below = scan->level;
    scan->level = level;
    scan->depth++;
}

static bool is_open(const struct scan *scan, const struct source *source)
{
    for (const struct scan_level *level = scan->level; level != NULL; level = level->below) {
        if (level->source.fd >= 0 && level->source.device == source->device &&
            level->source.inode == source->inode)
            return true;
    }
    return false;
}

/* Complains where the file is asked for; the first file is asked for nowhere. */
static bool push_failed(struct scan *scan, const char *path, unsigned line, const char *problem)
{
    if (scan->level == NULL)
        errlist_add(scan->options->errors, "%s:1: %s", path, problem);
    else
        scan_error(scan, line, "$INCLUDE %s: %s", path, problem);
    scan->errors += scan->level == NULL ? 1 : 0;
    return false;
}

bool scan_push(struct scan *scan, const char *path, unsigned line)
{
    char reason[128];
    struct source source;
    unsigned depth_max = scan->options->include_depth_max;
    if (scan->depth > (depth_max == 0 ? SCAN_INCLUDE_DEPTH : depth_max))
        return push_failed(scan, path, line, "files include each other too deeply");
    if (scan->files->count == SCAN_FILES_MAX)
        return push_failed(scan, path, line, "too many files");
    if (!source_open(&source, path)) {
        const char *problem =
            errno == EINVAL ? "not a regular file" : strerror_r(errno, reason, sizeof(reason));
        return push_failed(scan, path, line, problem);
    }
    if (is_open(scan, &source)) {
        source_close(&source);
        return push_failed(scan, path, line, "the file includes itself");
    }
    struct scan_level *level = MEM_NEW(struct scan_level);
    level->source = source;
    level->file = keep_name(scan->files, path);
    add_level(scan, level);
    return true;
}

/* Back to the file that included this one: its origin and owner are in force again, while TTLs
 * stay, as in BIND. */
static void pop(struct scan *scan)
{
    struct scan_level *level = scan->level;
    memcpy(scan->origin, level->origin, sizeof(scan->origin));
    memcpy(scan->owner, level->owner, sizeof(scan->owner));
    scan->owner_state = level->owner_state;
    scan->level = level->below;
    scan->depth--;
    source_close(&level->source);
    mem_free(level);
}

static void scan_levels(struct scan *scan)
{
    while (scan->level != NULL && !scan->stopped) {
        struct source_error error = { 0 };
        switch (source_next(&scan->level->source, &scan->entry, &error)) {
        case SOURCE_ENTRY:
            scan_entry(scan);
            break;
        case SOURCE_BAD:
            scan_error(scan, error.line, "%s", error.text);
            break;
        case SOURCE_END:
            pop(scan);
            break;
        }
    }
    while (scan->level != NULL)
        pop(scan);
}

static struct scan *scan_new(const struct scan_options *options, struct scan_files **files)
{
    struct scan *scan = MEM_NEW(struct scan);
    *files = MEM_NEW(struct scan_files);
    scan->options = options;
    scan->files = *files;
    memcpy(scan->origin, options->origin, name_length(options->origin));
    return scan;
}

static bool scan_finish(struct scan *scan)
{
    scan_levels(scan);
    bool good = scan->errors == 0;
    entry_fini(&scan->entry);
    mem_free(scan);
    return good;
}

bool scan_file(const struct scan_options *options, struct scan_files **files)
{
    struct scan *scan = scan_new(options, files);
    (void)scan_push(scan, options->file, 0); /* an error shows in the result */
    return scan_finish(scan);
}

bool scan_text(const struct scan_options *options, const char *text, size_t length,
               struct scan_files **files)
{
    struct scan *scan = scan_new(options, files);
    struct scan_level *level = MEM_NEW(struct scan_level);
    source_open_text(&level->source, text, length, 1);
    level->file = keep_name(scan->files, options->file);
    add_level(scan, level);
    return scan_finish(scan);
}

void scan_files_free(struct scan_files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->count; i++)
        mem_free(files->names[i]);
    mem_free(files->names);
    mem_free(files);
}
