// SPDX-License-Identifier: BSD-2-Clause
/* Errors found while loading, collected so that all of them can be shown at once. Each is one
 * finished line without a newline, with its place first: "FILE:LINE:COL: JSON.PATH: message" or
 * "FILE:LINE: message". One thread at a time. */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>

#define ERRLIST_MAX 1000 /* further errors are counted, not kept */

struct errlist {
    char **lines;
    size_t count;   /* lines kept */
    size_t dropped; /* errors beyond ERRLIST_MAX */
    size_t capacity;
};

void errlist_init(struct errlist *list);
void errlist_fini(struct errlist *list);
void errlist_add(struct errlist *list, const char *format, ...) PRINTF(2, 3);
/* True when no error was added. */
bool errlist_empty(const struct errlist *list);
/* Moves all lines of `from` behind those of `list`; `from` is empty afterwards. */
void errlist_move(struct errlist *list, struct errlist *from);
