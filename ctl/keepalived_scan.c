// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_scan.h"

#include "base/utf8.h"

#include <string.h>

#define WORDS_MAX 256 /* of a statement */

struct scanner {
    struct arena *arena;
    struct keepalived_report *report;
    struct keepalived_node *block; /* being filled */
    const char *words[WORDS_MAX];  /* of the statement being read */
    size_t count;
    struct keepalived_place place; /* of its first word */
    struct strbuf word;
};

const char *keepalived_word(const struct keepalived_node *node, size_t index)
{
    return index < node->count ? node->words[index] : "";
}

bool keepalived_is(const struct keepalived_node *node, const char *keyword)
{
    return strcmp(keepalived_word(node, 0), keyword) == 0;
}

/* ---- statements --------------------------------------------------------------------------------
 */

static void end_statement(struct scanner *scanner)
{
    if (scanner->count == 0)
        return;
    struct keepalived_node *node = ARENA_NEW(scanner->arena, struct keepalived_node);
    *node = (struct keepalived_node){
        .place = scanner->place,
        .words = arena_dup(scanner->arena, scanner->words, scanner->count * sizeof(char *),
                           _Alignof(char *)),
        .count = scanner->count,
        .parent = scanner->block,
    };
    if (scanner->block->last != NULL)
        scanner->block->last->next = node;
    else
        scanner->block->first = node;
    scanner->block->last = node;
    scanner->count = 0;
}

/* The brace may stand on the next line. */
static bool open_block(struct scanner *scanner, struct keepalived_place place)
{
    end_statement(scanner);
    struct keepalived_node *owner = scanner->block->last;
    if (owner == NULL || owner->block)
        return keepalived_fail(scanner->report, place, "there is nothing before \"{\"");
    owner->block = true;
    scanner->block = owner;
    return true;
}

static bool close_block(struct scanner *scanner, struct keepalived_place place)
{
    end_statement(scanner);
    if (scanner->block->parent == NULL)
        return keepalived_fail(scanner->report, place, "\"}\" without a \"{\" before it");
    scanner->block = scanner->block->parent;
    return true;
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

static bool add_word(struct scanner *scanner, struct keepalived_place place)
{
    if (scanner->count == WORDS_MAX)
        return keepalived_fail(scanner->report, place, "a statement has more than %d words",
                               WORDS_MAX);
    if (!is_utf8(scanner->word.text, scanner->word.length))
        return keepalived_fail(scanner->report, place, "a word is not UTF-8");
    if (scanner->count == 0)
        scanner->place = place;
    scanner->words[scanner->count++] = arena_strdup(scanner->arena, scanner->word.text);
    return true;
}

/* ---- words -------------------------------------------------------------------------------------
 */

static bool ends_word(char c)
{
    return c == '\0' || c == ' ' || c == '\t';
}

/* A brace that is one: at the end of a word, or where a word would begin; not that of "${NAME}". */
static bool is_brace(const struct scanner *scanner, const char *at)
{
    if (*at == '{')
        return (scanner->word.length == 0 || ends_word(at[1])) &&
               (scanner->word.length == 0 || at[-1] != '$');
    return *at == '}' && (scanner->word.length == 0 ||
                          (ends_word(at[1]) && strchr(scanner->word.text, '{') == NULL));
}

/* Reads a quoted part behind its opening quote; where its closing quote is, NULL at the line's
 * end. */
static const char *read_quoted(struct scanner *scanner, const char *at, char quote)
{
    for (; *at != quote; at++) {
        if (*at == '\\' && at[1] != '\0' && strchr("\\\"'", at[1]) != NULL)
            at++;
        if (*at == '\0')
            return NULL;
        strbuf_add_bytes(&scanner->word, at, 1);
    }
    return at;
}

/* One word from `at` on, or one brace; *at is behind it afterwards. */
static bool read_word(struct scanner *scanner, const char **at, struct keepalived_place place)
{
    const char *c = *at;
    bool quoted = false;
    strbuf_clear(&scanner->word);
    if (is_brace(scanner, c)) {
        *at = c + 1;
        return *c == '{' ? open_block(scanner, place) : close_block(scanner, place);
    }
    for (; !ends_word(*c) && !is_brace(scanner, c); c++) {
        if (*c != '"' && *c != '\'') {
            strbuf_add_bytes(&scanner->word, c, 1);
            continue;
        }
        quoted = true;
        c = read_quoted(scanner, c + 1, *c);
        if (c == NULL)
            return keepalived_fail(scanner->report, place, "a quote is not closed on its line");
    }
    *at = c;
    return (scanner->word.length == 0 && !quoted) || add_word(scanner, place);
}

static bool read_line(struct scanner *scanner, const struct keepalived_line *line)
{
    const char *at = line->text;
    while (*at != '\0') {
        if (ends_word(*at))
            at++;
        else if (!read_word(scanner, &at, line->place))
            return false;
    }
    end_statement(scanner);
    return true;
}

struct keepalived_node *keepalived_scan(const char *file, struct arena *arena,
                                        struct keepalived_report *report)
{
    struct scanner scanner = { .arena = arena, .report = report };
    struct keepalived_node *root = ARENA_NEW(arena, struct keepalived_node);
    struct keepalived_lines *lines = keepalived_lines_new(file, arena, report);
    struct keepalived_line line;
    if (lines == NULL)
        return NULL;
    root->place.file = arena_strdup(arena, file);
    scanner.block = root;
    strbuf_init(&scanner.word);
    while (keepalived_lines_next(lines, &line) && read_line(&scanner, &line))
        continue;
    if (!report->failed && scanner.block != root)
        (void)keepalived_fail(report, scanner.block->place, "the block \"%.60s\" is never closed",
                              keepalived_word(scanner.block, 0));
    strbuf_fini(&scanner.word);
    keepalived_lines_free(lines);
    return report->failed ? NULL : root;
}
