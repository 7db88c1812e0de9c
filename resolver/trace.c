// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/trace.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void trace_init(struct trace *trace)
{
    trace->count = 0;
}

void trace_fini(struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        mem_free(trace->steps[i].detail);
    trace->count = 0;
}

/* Steps beyond the table are left out: a trace is bounded, whatever the DAG and the chain are. */
void trace_add(struct trace *trace, const char *step, const char *format, ...)
{
    if (trace->count == TRACE_STEP_MAX)
        return;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return;
    char *detail = mem_alloc((size_t)length + 1);
    va_start(args, format);
    (void)vsnprintf(detail, (size_t)length + 1, format, args); /* the same length again */
    va_end(args);
    trace->steps[trace->count++] = (struct trace_step){ .step = step, .detail = detail };
}
