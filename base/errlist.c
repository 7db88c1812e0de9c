// SPDX-License-Identifier: BSD-2-Clause
#include "base/errlist.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void errlist_init(struct errlist *list)
{
    *list = (struct errlist){ .lines = NULL };
}

void errlist_fini(struct errlist *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->lines[i]);
    mem_free(list->lines);
    errlist_init(list);
}

static void append(struct errlist *list, char *line)
{
    if (list->count == ERRLIST_MAX) {
        list->dropped++;
        mem_free(line);
        return;
    }
    void *lines = list->lines;
    mem_grow(&lines, &list->capacity, list->count + 1, sizeof(*list->lines));
    list->lines = lines;
    list->lines[list->count++] = line;
}

/* Messages quote input, which may hold line ends, terminal controls and bytes that are no UTF-8:
 * one error stays one line that can go to a terminal and into JSON. */
static char *printable_line(const char *text, size_t length)
{
    struct strbuf line;
    strbuf_init(&line);
    for (size_t i = 0; i < length;) {
        unsigned char byte = (unsigned char)text[i];
        size_t size = utf8_char_size(text + i, length - i);
        if (size == 0 || byte < 0x20 || byte == 0x7f) {
            strbuf_addf(&line, "\\x%02x", byte);
            size = 1;
        } else {
            strbuf_add_bytes(&line, text + i, size);
        }
        i += size;
    }
    char *result = strbuf_take(&line);
    strbuf_fini(&line);
    return result;
}

void errlist_add(struct errlist *list, const char *format, ...)
{
    if (list->count == ERRLIST_MAX) {
        list->dropped++;
        return;
    }
    char text[2048];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    size_t used = length < 0 ? 0 : (size_t)length;
    append(list, printable_line(text, used < sizeof(text) ? used : sizeof(text) - 1));
}

bool errlist_empty(const struct errlist *list)
{
    return list->count == 0 && list->dropped == 0;
}

void errlist_move(struct errlist *list, struct errlist *from)
{
    for (size_t i = 0; i < from->count; i++)
        append(list, from->lines[i]);
    list->dropped += from->dropped;
    mem_free(from->lines);
    errlist_init(from);
}
