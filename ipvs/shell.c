// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/shell.h"

#include <stdbool.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool is_one_of(char c, const char *more)
{
    return c != '\0' && (strchr(letters, c) != NULL || strchr(more, c) != NULL);
}

static bool is_plain(const char *text)
{
    const char *at = text;
    while (is_one_of(*at, "._-+:/@%,="))
        at++;
    return *at == '\0' && at != text;
}

void shell_add_word(struct strbuf *out, const char *text)
{
    if (is_plain(text)) {
        strbuf_add(out, text);
        return;
    }
    strbuf_add(out, "'");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            strbuf_add(out, "'\\''");
        else if ((unsigned char)*at < ' ' || *at == 0x7F)
            strbuf_add(out, "?");
        else
            strbuf_add_bytes(out, at, 1);
    }
    strbuf_add(out, "'");
}

void shell_add_name(struct strbuf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        bool keep = is_one_of(*at, at == text ? "-_" : ".-_");
        strbuf_add_bytes(out, keep ? at : "_", 1);
    }
}
