// SPDX-License-Identifier: BSD-2-Clause
/* Growing text buffer, always NUL-terminated. One thread at a time. */
#pragma once

#include "base/compiler.h"

#include <stddef.h>

struct strbuf {
    char *text; /* never NULL after strbuf_init */
    size_t length;
    size_t capacity;
};

void strbuf_init(struct strbuf *buf);
void strbuf_fini(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf);
void strbuf_add(struct strbuf *buf, const char *text);
void strbuf_add_bytes(struct strbuf *buf, const char *bytes, size_t length);
void strbuf_addf(struct strbuf *buf, const char *format, ...) PRINTF(2, 3);
/* Hands over the text (free with mem_free); the buffer is empty and usable afterwards. */
char *strbuf_take(struct strbuf *buf);
