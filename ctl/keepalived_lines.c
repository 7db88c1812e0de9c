// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_lines.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/strmap.h"

#include <ctype.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX_BYTES ((size_t)4 << 20)
#define INCLUDES_MAX   16                 /* one within the other */
#define EXPANSIONS_MAX 100000             /* replaced parameters altogether */
#define BYTES_MAX      ((size_t)16 << 20) /* of all files and expansions */
#define NAME_SIZE      64

/* A file, or a parameter's value of several lines in its place. */
struct source {
    struct source *below;
    const char *text;
    size_t at;
    struct keepalived_place place; /* of the last line read; for a value, of its use */
    bool value;
    unsigned includes; /* files above this one */
};

struct keepalived_lines {
    struct arena *arena;
    struct keepalived_report *report;
    struct source *top;
    struct strmap *names; /* of parameters -> index in values */
    const char **values;
    size_t value_count;
    size_t value_capacity;
    size_t bytes;
    unsigned expansions;
    struct strbuf line;
};

/* ---- sources -----------------------------------------------------------------------------------
 */

static bool push(struct keepalived_lines *lines, const struct source *source, size_t length)
{
    lines->bytes += length;
    if (lines->bytes > BYTES_MAX)
        return keepalived_fail(lines->report, source->place,
                               "the configuration is larger than %zu bytes with all that it "
                               "includes and repeats",
                               BYTES_MAX);
    struct source *copy = ARENA_NEW(lines->arena, struct source);
    *copy = *source;
    copy->below = lines->top;
    lines->top = copy;
    return true;
}

static bool push_file(struct keepalived_lines *lines, const char *file,
                      struct keepalived_place from)
{
    struct errlist errors;
    size_t length = 0;
    errlist_init(&errors);
    char *text = json_read_file(file, FILE_MAX_BYTES, &length, &errors);
    if (text == NULL) {
        (void)keepalived_fail(lines->report, from, "%s", errors.count > 0 ? errors.lines[0] : file);
        errlist_fini(&errors);
        return false;
    }
    struct source source = { .text = arena_dup(lines->arena, text, length + 1, 1),
                             .place = { .file = arena_strdup(lines->arena, file) },
                             .includes = lines->top != NULL ? lines->top->includes + 1 : 0 };
    bool whole = strlen(text) == length;
    mem_free(text);
    errlist_fini(&errors);
    if (!whole)
        return keepalived_fail(lines->report, source.place, "is no text: it has a zero byte");
    return push(lines, &source, length);
}

struct keepalived_lines *keepalived_lines_new(const char *file, struct arena *arena,
                                              struct keepalived_report *report)
{
    struct keepalived_lines *lines = MEM_NEW(struct keepalived_lines);
    lines->arena = arena;
    lines->report = report;
    lines->names = strmap_new();
    strbuf_init(&lines->line);
    if (push_file(lines, file, (struct keepalived_place){ .file = file }))
        return lines;
    keepalived_lines_free(lines);
    return NULL;
}

void keepalived_lines_free(struct keepalived_lines *lines)
{
    if (lines == NULL)
        return;
    strmap_free(lines->names);
    mem_free(lines->values);
    strbuf_fini(&lines->line);
    mem_free(lines);
}

/* ---- lines as they stand -----------------------------------------------------------------------
 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Bytes before a comment and the blanks before it. */
static size_t length_without_comment(const char *line, size_t length)
{
    char quote = '\0';
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = line[i];
        if (quote == '\0' && (c == '#' || c == '!'))
            break;
        if (c == '\\' && i + 1 < length)
            i++;
        else if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = '\0';
        if (!is_blank(line[i]) && line[i] != '\r')
            used = i + 1;
    }
    return used;
}

/* The next line of the top source, without comment, blanks at its ends and line end. False at the
 * source's end. */
static bool read_raw(struct source *source, struct strbuf *out)
{
    const char *start = source->text + source->at;
    strbuf_clear(out);
    if (*start == '\0')
        return false;
    size_t length = strcspn(start, "\n");
    source->at += length + (start[length] == '\n');
    source->place.line += source->value ? 0 : 1;
    while (length > 0 && is_blank(*start)) {
        start++;
        length--;
    }
    strbuf_add_bytes(out, start, length_without_comment(start, length));
    return true;
}

/* ---- parameters --------------------------------------------------------------------------------
 */

static size_t name_length(const char *text)
{
    if (isdigit((unsigned char)*text))
        return 0;
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length < NAME_SIZE ? length : 0;
}

static void define(struct keepalived_lines *lines, const char *name, size_t length,
                   const char *value)
{
    char key[NAME_SIZE];
    uint64_t index = 0;
    memcpy(key, name, length);
    key[length] = '\0';
    if (!strmap_get(lines->names, key, &index)) {
        index = lines->value_count;
        mem_grow((void **)&lines->values, &lines->value_capacity, lines->value_count + 1,
                 sizeof(*lines->values));
        lines->value_count++;
        (void)strmap_put(lines->names, key, index);
    }
    lines->values[index] = arena_strdup(lines->arena, value);
}

/* "$NAME=value", where each line of the value but the last ends with a backslash. */
static bool take_definition(struct keepalived_lines *lines)
{
    const char *text = lines->line.text;
    size_t length = text[0] == '$' ? name_length(text + 1) : 0;
    struct strbuf value, more;
    if (length == 0 || text[1 + length] != '=')
        return false;
    char *name = arena_strdup(lines->arena, text + 1);
    strbuf_init(&value);
    strbuf_init(&more);
    strbuf_add(&value, name + length + 1);
    bool lasts = true;
    while (lasts && value.length > 0 && value.text[value.length - 1] == '\\') {
        value.text[--value.length] = '\0';
        lasts = read_raw(lines->top, &more);
        strbuf_add(&value, "\n");
        strbuf_add(&value, more.text);
    }
    define(lines, name, length, value.text);
    strbuf_fini(&value);
    strbuf_fini(&more);
    return true;
}

struct use {
    size_t start, end; /* in the line: from the "$" to behind the name or its brace */
    const char *value;
};

/* The use of a parameter at text[at], which is "$". */
static bool find_value(const struct keepalived_lines *lines, const char *text, size_t at,
                       struct use *out)
{
    char key[NAME_SIZE];
    uint64_t index = 0;
    bool braces = text[at + 1] == '{';
    const char *name = text + at + 1 + braces;
    size_t length = name_length(name);
    char behind = name[length];
    if (length == 0 || (braces ? behind != '}' : behind != '\0' && !is_blank(behind)))
        return false;
    memcpy(key, name, length);
    key[length] = '\0';
    if (!strmap_get(lines->names, key, &index))
        return false;
    *out = (struct use){ .start = at,
                         .end = (size_t)(name - text) + length + braces,
                         .value = lines->values[index] };
    return true;
}

static bool find_use(const struct keepalived_lines *lines, struct use *out)
{
    const char *text = lines->line.text;
    for (size_t at = 0; at < lines->line.length; at++) {
        if (text[at] == '$' && find_value(lines, text, at, out))
            return true;
    }
    return false;
}

/* Puts the line with the value instead of its first use back into the input: values may hold uses,
 * definitions and lines of their own. False when there is no use, and after an error. */
static bool expand(struct keepalived_lines *lines)
{
    struct use use;
    struct strbuf text;
    struct keepalived_place place = lines->top->place;
    if (!find_use(lines, &use))
        return false;
    if (++lines->expansions > EXPANSIONS_MAX)
        return keepalived_fail(lines->report, place, "parameters are replaced without end");
    strbuf_init(&text);
    strbuf_add_bytes(&text, lines->line.text, use.start);
    strbuf_add(&text, use.value);
    strbuf_add(&text, lines->line.text + use.end);
    struct source source = { .text = arena_strdup(lines->arena, text.text),
                             .place = place,
                             .value = true,
                             .includes = lines->top->includes };
    bool good = push(lines, &source, text.length);
    strbuf_fini(&text);
    return good;
}

/* ---- includes ----------------------------------------------------------------------------------
 */

/* The pattern of an include line; NULL for other lines. */
static const char *include_pattern(const char *line)
{
    static const char variants[] = "rmwba";
    size_t length = strlen("include");
    if (strncmp(line, "include", length) != 0)
        return NULL;
    if (line[length] != '\0' && strchr(variants, line[length]) != NULL)
        length++;
    if (!is_blank(line[length]))
        return NULL;
    return line + length + strspn(line + length, " \t");
}

/* Relative to the file that includes. */
static char *full_pattern(const struct keepalived_lines *lines, const char *pattern)
{
    struct strbuf path;
    strbuf_init(&path);
    if (pattern[0] != '/') {
        char *file = arena_strdup(lines->arena, lines->top->place.file);
        strbuf_addf(&path, "%s/", dirname(file));
    }
    strbuf_add(&path, pattern);
    char *result = arena_strdup(lines->arena, path.text);
    strbuf_fini(&path);
    return result;
}

static bool take_include(struct keepalived_lines *lines, const char *pattern)
{
    glob_t found = { .gl_pathc = 0 };
    struct keepalived_place place = lines->top->place;
    bool good = true;
    if (lines->top->includes == INCLUDES_MAX)
        return keepalived_fail(lines->report, place,
                               "files include each other more than %d times deep", INCLUDES_MAX);
    const char *full = full_pattern(lines, pattern);
    if (glob(full, GLOB_BRACE, NULL, &found) != 0)
        keepalived_note(lines->report, place, "include: there is no file %s", full);
    struct source *from = lines->top;
    for (size_t i = found.gl_pathc; good && i > 0; i--) { /* the first comes to lie on top */
        struct source *before = lines->top;
        lines->top = from; /* all of them are as deep */
        good = push_file(lines, found.gl_pathv[i - 1], place);
        if (good)
            lines->top->below = before;
    }
    globfree(&found);
    return good;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

bool keepalived_lines_next(struct keepalived_lines *lines, struct keepalived_line *out)
{
    while (lines->top != NULL && !lines->report->failed) {
        if (!read_raw(lines->top, &lines->line)) {
            lines->top = lines->top->below;
            continue;
        }
        const char *pattern = include_pattern(lines->line.text);
        if (pattern != NULL) {
            (void)take_include(lines, pattern);
            continue;
        }
        if (lines->line.length == 0 || take_definition(lines) || expand(lines))
            continue;
        *out = (struct keepalived_line){ .text = lines->line.text, .place = lines->top->place };
        return !lines->report->failed;
    }
    return false;
}
