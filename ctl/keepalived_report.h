// SPDX-License-Identifier: BSD-2-Clause
/* What an import of a keepalived.conf says beside its result: a note for each thing that is left
 * out or changed, and the error that ends it. One thread. */
#pragma once

#include "base/compiler.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Where something stands. The file's name lives as long as the import. */
struct keepalived_place {
    const char *file;
    unsigned line; /* 0 = the file as a whole */
};

struct keepalived_report {
    struct strbuf *notes; /* borrowed; "FILE:LINE: text" a line */
    char *error;          /* borrowed; the first error, "FILE:LINE: text" */
    size_t error_size;
    bool failed;
    unsigned muted; /* notes are not taken while it is > 0: the same is gone through once more */
};

void keepalived_note(struct keepalived_report *report, struct keepalived_place place,
                     const char *format, ...) PRINTF(3, 4);
/* Returns false. Of several errors the first stays. */
bool keepalived_fail(struct keepalived_report *report, struct keepalived_place place,
                     const char *format, ...) PRINTF(3, 4);
