// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/sse.h"

#include <string.h>

void sse_init(struct sse *sse, sse_event_fn *fn, void *data)
{
    *sse = (struct sse){ .fn = fn, .data = data };
    strbuf_init(&sse->line);
    strbuf_init(&sse->id);
    strbuf_init(&sse->type);
    strbuf_init(&sse->text);
}

void sse_fini(struct sse *sse)
{
    strbuf_fini(&sse->line);
    strbuf_fini(&sse->id);
    strbuf_fini(&sse->type);
    strbuf_fini(&sse->text);
}

static void dispatch(struct sse *sse)
{
    if (sse->has_text)
        sse->fn(sse->data, sse->id.text, sse->type.text, sse->text.text);
    sse->has_text = false;
    strbuf_clear(&sse->type);
    strbuf_clear(&sse->text);
}

static void replace(struct strbuf *buf, const char *value)
{
    strbuf_clear(buf);
    strbuf_add(buf, value);
}

/* "field: value"; a line that begins with a colon is a comment. */
static void take_line(struct sse *sse)
{
    char *line = sse->line.text;
    if (line[0] == '\0') {
        dispatch(sse);
        return;
    }
    char *colon = strchr(line, ':');
    const char *value = "";
    if (colon != NULL) {
        *colon = '\0';
        value = colon[1] == ' ' ? colon + 2 : colon + 1;
    }
    if (strcmp(line, "id") == 0)
        replace(&sse->id, value);
    else if (strcmp(line, "event") == 0)
        replace(&sse->type, value);
    else if (strcmp(line, "data") == 0) {
        strbuf_add(&sse->text, sse->has_text ? "\n" : "");
        strbuf_add(&sse->text, value);
        sse->has_text = true;
    }
}

bool sse_feed(struct sse *sse, const char *bytes, size_t length)
{
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t count = end == NULL ? length : (size_t)(end - bytes);
        if (sse->line.length + count > SSE_LINE_MAX || sse->text.length > SSE_LINE_MAX)
            return false;
        strbuf_add_bytes(&sse->line, bytes, count);
        if (end == NULL)
            return true;
        if (sse->line.length > 0 && sse->line.text[sse->line.length - 1] == '\r')
            sse->line.text[--sse->line.length] = '\0';
        take_line(sse);
        strbuf_clear(&sse->line);
        bytes = end + 1;
        length -= count + 1;
    }
    return true;
}
