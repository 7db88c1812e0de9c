// SPDX-License-Identifier: BSD-2-Clause
/* Reads text in the language of ipvsadm-restore: lines of ipvsadm options, short or long, bundled
 * or not, with or without a leading "ipvsadm", comments and blank lines. All of it is read and
 * checked before anything is done; every error is "FILE:LINE: message". -A, -E, -a, -e, -D, -d, -C,
 * --set,
 * --start-daemon and --stop-daemon are applied in order to the table that is being made. Names
 * instead of numbers are refused: a resolver that is down must not decide about a table. Pure. */
#pragma once

#include "base/errlist.h"
#include "ipvs/model.h"

/* Fills `table` (initialised, empty; sorted afterwards, normal form). False with errors added; the
 * table is then of no use. `file` is for messages. */
bool restore_parse(const char *file, const char *text, size_t length, struct ipvs_table *table,
                   struct errlist *errors);
