// SPDX-License-Identifier: BSD-2-Clause
/* Walks a JSON text that a parser has already accepted, to find where things are; on other texts
 * the results mean nothing, but no byte outside of the text is read. Any thread, no state. */
#pragma once

#include "base/strbuf.h"

#include <stddef.h>

/* Reads the string whose opening quote is at `at`; returns the offset behind its closing quote.
 * Adds the decoded characters to `out` when it is not NULL. */
size_t json_scan_string(const char *text, size_t length, size_t at, struct strbuf *out);

struct json_scan_hit {
    size_t
        key; /* opening quote of the key; where there is none (root, array element), as `value` */
    size_t value; /* first byte of the value */
};

/* Follows `path` (see json.h) as far as it exists. Of equal keys the last counts, as for jansson.
 */
struct json_scan_hit json_scan_find(const char *text, size_t length, const char *path);
