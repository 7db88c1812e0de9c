// SPDX-License-Identifier: BSD-2-Clause
/* The lines of a keepalived.conf and of the files that it includes, one after the other, without
 * comments, and with parameters ($NAME=value, $NAME, ${NAME}) replaced. One thread. */
#pragma once

#include "base/arena.h"
#include "ctl/keepalived_report.h"

struct keepalived_lines;

struct keepalived_line {
    const char *text; /* valid until the next call */
    struct keepalived_place place;
};

/* Borrows all three. Returns owned; NULL with an error when the file cannot be read. */
struct keepalived_lines *keepalived_lines_new(const char *file, struct arena *arena,
                                              struct keepalived_report *report);
void keepalived_lines_free(struct keepalived_lines *lines); /* NULL is allowed */
/* False at the end, and after an error (report->failed). */
bool keepalived_lines_next(struct keepalived_lines *lines, struct keepalived_line *out);
