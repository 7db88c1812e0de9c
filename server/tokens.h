// SPDX-License-Identifier: BSD-2-Clause
/* Who may use the API: `tokens_file` has lines `NAME ROLE SHA256-HEX` (the digest of the token; #
 * begins a comment). The tokens themselves are nowhere: what is presented is hashed, and its digest
 * compared with all lines in constant time. Control thread. */
#pragma once

#include "base/errlist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_role { TOKEN_READ, TOKEN_OPERATE, TOKEN_ADMIN }; /* each may what the ones before may */

#define TOKEN_NAME_MAX 64
#define TOKEN_DIGEST   32

struct token {
    char name[TOKEN_NAME_MAX];
    enum token_role role;
    uint8_t digest[TOKEN_DIGEST];
};

struct tokens;

/* Returns owned; NULL with every "FILE:LINE: message" added. A file without tokens is an error. */
struct tokens *tokens_load(const char *file, struct errlist *errors);
void tokens_free(struct tokens *tokens); /* NULL is allowed */
size_t tokens_count(const struct tokens *tokens);
/* The line whose digest is that of the `length` bytes, or NULL. Borrowed. */
const struct token *tokens_find(const struct tokens *tokens, const char *secret, size_t length);
const char *token_role_name(enum token_role role); /* "read", "operate", "admin" */
