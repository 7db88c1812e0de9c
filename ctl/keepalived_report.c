// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_report.h"

#include "ctl/table.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_SIZE 1024
#define LINE_SIZE (TEXT_SIZE + 512)

static void print_line(struct keepalived_place place, const char *text, char line[LINE_SIZE])
{
    if (place.line > 0)
        (void)snprintf(line, LINE_SIZE, "%s:%u: %s", place.file, place.line, text);
    else
        (void)snprintf(line, LINE_SIZE, "%s: %s", place.file, text);
}

void keepalived_note(struct keepalived_report *report, struct keepalived_place place,
                     const char *format, ...)
{
    char text[TEXT_SIZE];
    char line[LINE_SIZE];
    va_list args;
    if (report->muted > 0)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    print_line(place, text, line);
    table_add_clean(report->notes, line); /* words of the file must not drive a terminal */
    strbuf_add(report->notes, "\n");
}

bool keepalived_fail(struct keepalived_report *report, struct keepalived_place place,
                     const char *format, ...)
{
    char text[TEXT_SIZE];
    char line[LINE_SIZE];
    struct strbuf clean;
    va_list args;
    if (report->failed)
        return false;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    print_line(place, text, line);
    strbuf_init(&clean);
    table_add_clean(&clean, line);
    (void)snprintf(report->error, report->error_size, "%s", clean.text);
    strbuf_fini(&clean);
    report->failed = true;
    return false;
}
