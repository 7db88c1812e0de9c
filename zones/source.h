// SPDX-License-Identifier: BSD-2-Clause
/* One file (or text) being cut into entries: an entry is a logical line of a master file, the
 * tokens up to a line end that stands outside of parentheses (RFC 1035 section 5.1). Internal to
 * zones/; knows nothing of records. Reads in blocks, so a file is never in memory whole. One thread
 * at a time. */
#pragma once

#include "zones/rdata.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* An entry longer than this, which is more than any record can need, is an error. */
#define SOURCE_ENTRY_MAX ((size_t)16 << 20)
/* TXT has the most tokens a record can have: one for each byte of rdata. */
#define SOURCE_TOKENS_MAX 66000

struct source {
    const char *data; /* what is buffered */
    char *owned;      /* data when it was read from a file, else NULL */
    size_t capacity;  /* of owned */
    size_t start;     /* next byte to look at */
    size_t end;
    int fd;         /* -1 for text */
    int read_error; /* errno when reading failed */
    bool begun;
    bool eof;          /* nothing follows data[end) */
    unsigned line;     /* of data[start] */
    unsigned unclosed; /* parentheses given up on */
    dev_t device;
    ino_t inode;
};

struct entry {
    struct rdata_token *tokens; /* `text` is borrowed from the source up to the next call */
    size_t count;
    size_t capacity;
    unsigned line; /* of the first token */
    bool blank;    /* begins with a space: the owner is left out */
};

struct source_error {
    unsigned line;
    const char *text;
};

enum source_result { SOURCE_ENTRY, SOURCE_END, SOURCE_BAD };

/* Opens a regular file; false with errno set. */
bool source_open(struct source *source, const char *path);
/* Reads from memory, which is borrowed; `line` is the number of its first line. */
void source_open_text(struct source *source, const char *text, size_t length, unsigned line);
void source_close(struct source *source);

/* The next entry that has a token. SOURCE_BAD sets *error and skips what is broken: to the end of
 * the line or, inside of parentheses, to the next line that looks like the start of a record. */
enum source_result source_next(struct source *source, struct entry *entry,
                               struct source_error *error);
void entry_fini(struct entry *entry);
