// SPDX-License-Identifier: BSD-2-Clause
#include "zones/source.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK        ((size_t)256 << 10)
#define NOT_CLOSED   "the parenthesis is not closed"
#define UNCLOSED_MAX 20 /* each costs a pass over the rest of the file */

/* What ends a word; everything else is part of one. */
enum byte_class { WORD, BLANK, NEWLINE, RETURN, COMMENT, OPEN, CLOSE, QUOTE, ESCAPE, NUL };

static const uint8_t classes[256] = {
    ['\0'] = NUL,    [' '] = BLANK, ['\t'] = BLANK, ['\n'] = NEWLINE, ['\r'] = RETURN,
    [';'] = COMMENT, ['('] = OPEN,  [')'] = CLOSE,  ['"'] = QUOTE,    ['\\'] = ESCAPE,
};

/* Position inside of an entry. */
struct lexer {
    const char *at;
    const char *end;
    bool eof; /* nothing follows `end` */
    unsigned line;
    unsigned depth;     /* open parentheses */
    const char *opened; /* the outermost of them */
    unsigned opened_line;
    const char *problem;
    bool unclosed; /* the problem is the parenthesis at `opened` */
};

enum lex { LEX_GO_ON, LEX_DONE, LEX_MORE, LEX_BAD };

static enum byte_class class_at(const char *at)
{
    return (enum byte_class)classes[(unsigned char)*at];
}

static enum lex bad(struct lexer *lexer, const char *problem)
{
    lexer->problem = problem;
    return LEX_BAD;
}

static enum lex add_token(struct lexer *lexer, struct entry *entry, const char *text, bool quoted)
{
    if (entry->count == SOURCE_TOKENS_MAX) {
        lexer->unclosed = lexer->depth > 0;
        return bad(lexer, "too many fields for one record (is a parenthesis not closed?)");
    }
    void *tokens = entry->tokens;
    mem_grow(&tokens, &entry->capacity, entry->count + 1, sizeof(*entry->tokens));
    entry->tokens = tokens;
    if (entry->count == 0)
        entry->line = lexer->line;
    entry->tokens[entry->count++] = (struct rdata_token){
        .text = text,
        .length = (size_t)(lexer->at - text),
        .line = lexer->line,
        .quoted = quoted,
    };
    return LEX_GO_ON;
}

static enum lex lex_word(struct lexer *lexer, struct entry *entry)
{
    const char *start = lexer->at;
    while (lexer->at < lexer->end) {
        enum byte_class class = class_at(lexer->at);
        if (class == NUL)
            return bad(lexer, "a NUL byte outside of quotes");
        if (class != WORD && class != ESCAPE)
            break;
        lexer->at++;
        /* The byte behind a backslash belongs to the word, whatever it is, but for a line end. */
        if (class == ESCAPE && lexer->at < lexer->end && *lexer->at != '\n' && *lexer->at != '\r')
            lexer->at++;
    }
    if (lexer->at == lexer->end && !lexer->eof)
        return LEX_MORE;
    return add_token(lexer, entry, start, false);
}

static enum lex lex_quoted(struct lexer *lexer, struct entry *entry)
{
    const char *start = ++lexer->at;
    while (lexer->at < lexer->end && *lexer->at != '"' && *lexer->at != '\n') {
        lexer->at++;
        if (lexer->at[-1] == '\\' && lexer->at < lexer->end && *lexer->at != '\n')
            lexer->at++;
    }
    if (lexer->at == lexer->end && !lexer->eof)
        return LEX_MORE;
    if (lexer->at == lexer->end || *lexer->at == '\n')
        return bad(lexer, "quotes are not closed on this line");
    enum lex result = add_token(lexer, entry, start, true);
    lexer->at++;
    return result;
}

static enum lex lex_comment(struct lexer *lexer)
{
    const char *newline = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    if (newline == NULL && !lexer->eof)
        return LEX_MORE;
    lexer->at = newline == NULL ? lexer->end : newline;
    return LEX_GO_ON;
}

static enum lex lex_parenthesis(struct lexer *lexer, bool open)
{
    if (open && lexer->depth++ == 0) {
        lexer->opened = lexer->at;
        lexer->opened_line = lexer->line;
    } else if (!open && lexer->depth-- == 0) {
        lexer->depth = 0;
        return bad(lexer, "a closing parenthesis without an opening one");
    }
    lexer->at++;
    return LEX_GO_ON;
}

/* A carriage return alone ends a line too, as in BIND. */
static enum lex lex_line_end(struct lexer *lexer)
{
    if (*lexer->at == '\r' && lexer->at + 1 == lexer->end && !lexer->eof)
        return LEX_MORE;
    if (*lexer->at == '\r' && lexer->at + 1 < lexer->end && lexer->at[1] == '\n')
        lexer->at++;
    if (*lexer->at == '\n')
        lexer->line++;
    lexer->at++;
    return lexer->depth == 0 ? LEX_DONE : LEX_GO_ON;
}

static enum lex lex_step(struct lexer *lexer, struct entry *entry)
{
    switch (class_at(lexer->at)) {
    case BLANK:
        lexer->at++;
        return LEX_GO_ON;
    case NEWLINE:
    case RETURN:
        return lex_line_end(lexer);
    case COMMENT:
        return lex_comment(lexer);
    case OPEN:
        return lex_parenthesis(lexer, true);
    case CLOSE:
        return lex_parenthesis(lexer, false);
    case QUOTE:
        return lex_quoted(lexer, entry);
    case WORD:
    case ESCAPE:
    case NUL:
        break;
    }
    return lex_word(lexer, entry);
}

static enum lex lex_entry(struct lexer *lexer, struct entry *entry)
{
    entry->count = 0;
    entry->blank = lexer->at < lexer->end && class_at(lexer->at) == BLANK;
    while (lexer->at < lexer->end) {
        enum lex result = lex_step(lexer, entry);
        if (result != LEX_GO_ON)
            return result;
    }
    if (!lexer->eof)
        return LEX_MORE;
    if (lexer->depth == 0)
        return LEX_DONE;
    lexer->unclosed = true;
    return bad(lexer, NOT_CLOSED);
}

/* --- buffer --- */

/* Reads more behind what is buffered; moves that to the front. False when nothing came. */
static bool fill(struct source *source)
{
    if (source->eof)
        return false;
    size_t kept = source->end - source->start;
    if (source->start > 0)
        memmove(source->owned, source->owned + source->start, kept);
    source->start = 0;
    source->end = kept;
    if (source->capacity - kept < BLOCK / 2) {
        source->capacity = source->capacity == 0 ? BLOCK : source->capacity * 2;
        source->owned = mem_realloc(source->owned, source->capacity);
    }
    source->data = source->owned;
    ssize_t got = -1;
    do {
        got = read(source->fd, source->owned + kept, source->capacity - kept);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        source->read_error = errno;
    source->end += got > 0 ? (size_t)got : 0;
    source->eof = got <= 0;
    return got > 0;
}

/* Leaves the rest of the line that data[start] is part of. */
static void skip_line(struct source *source)
{
    for (;;) {
        const char *at = source->data + source->start;
        size_t left = source->end - source->start;
        const char *newline = left == 0 ? NULL : memchr(at, '\n', left);
        if (newline != NULL) {
            source->start += (size_t)(newline - at) + 1;
            source->line++;
            return;
        }
        source->start = source->end;
        if (!fill(source))
            return;
    }
}

/* A line that goes on with a broken record begins with a space or a closing parenthesis mostly. */
static bool is_continuation(const char *line)
{
    enum byte_class class = class_at(line);
    return class == BLANK || class == NEWLINE || class == RETURN || class == COMMENT ||
           class == CLOSE;
}

static bool at_continuation(struct source *source)
{
    return (source->start < source->end || fill(source)) &&
           is_continuation(source->data + source->start);
}

static void recover(struct source *source, const struct lexer *lexer)
{
    source->start = (size_t)(lexer->at - source->data);
    source->line = lexer->line;
    skip_line(source);
    while (lexer->depth > 0 && at_continuation(source))
        skip_line(source);
}

/* An open parenthesis swallows the rest of the file: what stands on the lines behind it is looked
 * at once more, so that errors there show too. */
static void recover_unclosed(struct source *source, struct lexer *lexer)
{
    lexer->at = lexer->opened;
    lexer->line = lexer->opened_line;
    if (++source->unclosed <= UNCLOSED_MAX) {
        recover(source, lexer);
        return;
    }
    source->start = source->end;
    source->eof = true;
}

/* True when a line between the parenthesis and the problem looks like the start of a record: then
 * it is the parenthesis that is wrong. */
static bool record_inside(const struct lexer *lexer)
{
    const char *at = lexer->opened;
    while (lexer->depth > 0 && at < lexer->at) {
        at = memchr(at, '\n', (size_t)(lexer->at - at));
        if (at == NULL)
            return false;
        at++;
        if (at < lexer->at && !is_continuation(at))
            return true;
    }
    return false;
}

static enum source_result fail(struct source *source, struct lexer *lexer,
                               struct source_error *error)
{
    if (!lexer->unclosed && record_inside(lexer)) {
        lexer->unclosed = true;
        lexer->problem = NOT_CLOSED;
    }
    error->line = lexer->unclosed ? lexer->opened_line : lexer->line;
    error->text = lexer->problem;
    if (lexer->unclosed)
        recover_unclosed(source, lexer);
    else
        recover(source, lexer);
    return SOURCE_BAD;
}

static enum source_result fail_end(struct source *source, struct source_error *error)
{
    if (source->read_error == 0)
        return SOURCE_END;
    source->read_error = 0;
    error->line = source->line;
    error->text = "the file cannot be read to its end";
    return SOURCE_BAD;
}

static bool skip_byte_order_mark(struct source *source, struct source_error *error)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (source->end - source->start < 3 || memcmp(source->data + source->start, mark, 3) != 0)
        return false;
    source->start += 3;
    error->line = 1;
    error->text = "the file begins with a byte order mark; take it away";
    return true;
}

enum source_result source_next(struct source *source, struct entry *entry,
                               struct source_error *error)
{
    if (!source->begun) {
        source->begun = true;
        (void)fill(source);
        if (skip_byte_order_mark(source, error))
            return SOURCE_BAD;
    }
    while (source->start < source->end || fill(source)) {
        struct lexer lexer = {
            .at = source->data + source->start,
            .end = source->data + source->end,
            .eof = source->eof,
            .line = source->line,
        };
        enum lex result = lex_entry(&lexer, entry);
        if (result == LEX_MORE && source->end - source->start < SOURCE_ENTRY_MAX) {
            (void)fill(source); /* sets eof when there is no more */
            continue;
        }
        if (result == LEX_MORE) {
            lexer.unclosed = lexer.depth > 0;
            result = bad(&lexer, "longer than 16 MiB (is a parenthesis not closed?)");
        }
        if (result == LEX_BAD)
            return fail(source, &lexer, error);
        source->start = (size_t)(lexer.at - source->data);
        source->line = lexer.line;
        if (entry->count > 0)
            return SOURCE_ENTRY;
    }
    return fail_end(source, error);
}

/* --- opening and closing --- */

bool source_open(struct source *source, const char *path)
{
    struct stat info;
    *source = (struct source){ .line = 1 };
    /* A FIFO must not hold up the daemon. */
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (source->fd < 0)
        return false;
    bool good = fstat(source->fd, &info) == 0;
    if (good && !S_ISREG(info.st_mode)) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        good = false;
    }
    if (!good) {
        int saved = errno;
        source_close(source);
        errno = saved;
        return false;
    }
    source->device = info.st_dev;
    source->inode = info.st_ino;
    return true;
}

void source_open_text(struct source *source, const char *text, size_t length, unsigned line)
{
    *source = (struct source){
        .data = text,
        .end = length,
        .fd = -1,
        .eof = true,
        .line = line,
    };
}

void source_close(struct source *source)
{
    if (source->fd >= 0)
        (void)close(source->fd);
    source->fd = -1;
    mem_free(source->owned);
    source->owned = NULL;
}

void entry_fini(struct entry *entry)
{
    mem_free(entry->tokens);
    *entry = (struct entry){ .tokens = NULL };
}
