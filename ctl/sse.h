// SPDX-License-Identifier: BSD-2-Clause
/* Server-sent events (WHATWG HTML, section 9.2.6), fed piece by piece. Pure; one thread. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>

#define SSE_LINE_MAX (1024 * 1024)

/* `id` and `type` may be "". */
typedef void sse_event_fn(void *data, const char *id, const char *type, const char *text);

struct sse {
    struct strbuf line;
    struct strbuf id;
    struct strbuf type;
    struct strbuf text;
    bool has_text;
    sse_event_fn *fn;
    void *data;
};

void sse_init(struct sse *sse, sse_event_fn *fn, void *data);
void sse_fini(struct sse *sse);
/* False when a line is longer than SSE_LINE_MAX. */
bool sse_feed(struct sse *sse, const char *bytes, size_t length);
