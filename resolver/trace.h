// SPDX-License-Identifier: BSD-2-Clause
/* Steps of one answer, for `explain`: the real code writes them when a trace is present; on the
 * query path it is NULL and costs one branch. Owned by the caller; control thread only. */
#pragma once

#include "base/compiler.h"
#include "base/strbuf.h"

#include <stddef.h>

#define TRACE_STEP_MAX 128

struct trace_step {
    const char
        *step;    /* a constant word: "parse", "zone", "node", "pool", "policy", "pick", "answer" */
    char *detail; /* owned */
};

struct trace {
    struct trace_step steps[TRACE_STEP_MAX];
    size_t count;
};

void trace_init(struct trace *trace);
void trace_fini(struct trace *trace);
void trace_add(struct trace *trace, const char *step, const char *format, ...) PRINTF(3, 4);
