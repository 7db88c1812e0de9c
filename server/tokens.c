// SPDX-License-Identifier: BSD-2-Clause
#include "server/tokens.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "base/parse.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE  512
#define TOKENS_MAX 1000

struct tokens {
    struct token *list;
    size_t count;
    size_t capacity;
};

static const char *const role_names[] = { "read", "operate", "admin" };

const char *token_role_name(enum token_role role)
{
    return role_names[role];
}

/* Cuts the next word off; "" when there is none. */
static char *next_word(char **text)
{
    char *word = *text + strspn(*text, " \t\r");
    char *end = word + strcspn(word, " \t\r");
    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool is_name(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length >= TOKEN_NAME_MAX)
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text >= 0x7f)
            return false;
    return true;
}

static bool parse_role(const char *text, enum token_role *out)
{
    for (size_t i = 0; i < ARRAY_LEN(role_names); i++)
        if (strcmp(text, role_names[i]) == 0) {
            *out = (enum token_role)i;
            return true;
        }
    return false;
}

/* NULL, or what is wrong with the line. */
static const char *parse_line(char *text, struct token *out)
{
    char *name = next_word(&text);
    char *role = next_word(&text);
    char *digest = next_word(&text);
    if (digest[0] == '\0' || *next_word(&text) != '\0')
        return "a line is NAME ROLE SHA256-HEX";
    if (!is_name(name))
        return "the name is not 1 to 63 printable ASCII characters";
    if (!parse_role(role, &out->role))
        return "the role is none of read, operate, admin";
    if (strlen(digest) != 2 * sizeof(out->digest) ||
        !parse_hex(digest, out->digest, sizeof(out->digest)))
        return "the digest is not 64 hexadecimal digits";
    memcpy(out->name, name, strlen(name) + 1);
    return NULL;
}

static const char *check_new(const struct tokens *tokens, const struct token *token)
{
    if (tokens->count == TOKENS_MAX)
        return "too many tokens";
    for (size_t i = 0; i < tokens->count; i++)
        if (memcmp(tokens->list[i].digest, token->digest, sizeof(token->digest)) == 0)
            return "this digest is in the file already";
    return NULL;
}

static void add_line(struct tokens *tokens, char *text, const char *file, unsigned line,
                     struct errlist *errors)
{
    struct token token = { .name = "" };
    text[strcspn(text, "#\n")] = '\0';
    if (text[strspn(text, " \t\r")] == '\0')
        return;
    const char *error = parse_line(text, &token);
    if (error == NULL)
        error = check_new(tokens, &token);
    if (error != NULL) {
        errlist_add(errors, "%s:%u: %s", file, line, error);
        return;
    }
    void *list = tokens->list;
    mem_grow(&list, &tokens->capacity, tokens->count + 1, sizeof(*tokens->list));
    tokens->list = list;
    tokens->list[tokens->count++] = token;
}

static void read_lines(struct tokens *tokens, FILE *stream, const char *file,
                       struct errlist *errors)
{
    char text[LINE_SIZE];
    for (unsigned line = 1; fgets(text, sizeof(text), stream) != NULL; line++) {
        if (strlen(text) == sizeof(text) - 1 && text[sizeof(text) - 2] != '\n') {
            errlist_add(errors, "%s:%u: the line is too long", file, line);
            return;
        }
        add_line(tokens, text, file, line, errors);
    }
    if (ferror(stream) != 0)
        errlist_add(errors, "%s:1: %s", file, strerror(errno));
}

struct tokens *tokens_load(const char *file, struct errlist *errors)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        errlist_add(errors, "%s:1: %s", file, strerror(errno));
        return NULL;
    }
    struct errlist found;
    errlist_init(&found);
    struct tokens *tokens = MEM_NEW(struct tokens);
    read_lines(tokens, stream, file, &found);
    (void)fclose(stream);
    if (errlist_empty(&found) && tokens->count == 0)
        errlist_add(&found, "%s:1: there is no token in the file", file);
    if (!errlist_empty(&found)) {
        tokens_free(tokens);
        tokens = NULL;
    }
    errlist_move(errors, &found);
    errlist_fini(&found);
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    if (tokens == NULL)
        return;
    mem_free(tokens->list);
    mem_free(tokens);
}

size_t tokens_count(const struct tokens *tokens)
{
    return tokens->count;
}

const struct token *tokens_find(const struct tokens *tokens, const char *secret, size_t length)
{
    uint8_t digest[TOKEN_DIGEST] = { 0 };
    if (EVP_Digest(secret, length, digest, NULL, EVP_sha256(), NULL) != 1)
        return NULL;
    const struct token *found = NULL;
    for (size_t i = 0; i < tokens->count; i++) {
        /* always all lines, always all bytes */
        bool same = CRYPTO_memcmp(tokens->list[i].digest, digest, sizeof(digest)) == 0;
        found = same ? &tokens->list[i] : found;
    }
    return found;
}
