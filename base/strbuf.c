// SPDX-License-Identifier: BSD-2-Clause
#include "base/strbuf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct strbuf *buf, size_t more)
{
    size_t need = 0;
    if (__builtin_add_overflow(buf->length + 1, more, &need))
        abort();
    void *text = buf->text;
    mem_grow(&text, &buf->capacity, need, 1);
    buf->text = text;
}

void strbuf_init(struct strbuf *buf)
{
    *buf = (struct strbuf){ .text = NULL };
    reserve(buf, 31);
    buf->text[0] = '\0';
}

void strbuf_fini(struct strbuf *buf)
{
    mem_free(buf->text);
    *buf = (struct strbuf){ .text = NULL };
}

void strbuf_clear(struct strbuf *buf)
{
    buf->length = 0;
    buf->text[0] = '\0';
}

void strbuf_add(struct strbuf *buf, const char *text)
{
    strbuf_add_bytes(buf, text, strlen(text));
}

void strbuf_add_bytes(struct strbuf *buf, const char *bytes, size_t length)
{
    reserve(buf, length);
    if (length != 0)
        memcpy(buf->text + buf->length, bytes, length);
    buf->length += length;
    buf->text[buf->length] = '\0';
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length > 0) {
        reserve(buf, (size_t)length);
        (void)vsnprintf(buf->text + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

char *strbuf_take(struct strbuf *buf)
{
    char *text = buf->text;
    strbuf_init(buf);
    return text;
}
