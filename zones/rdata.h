// SPDX-License-Identifier: BSD-2-Clause
/* Rdata between text and wire form. The only file that knows ldns: ldns reads the fields that it
 * reads right, behind a check of what it is known to read wrongly; numbers, names, strings and
 * addresses, of which the common types are made, go a short way of our own (zones/rdfield.c), held
 * equal to ldns by a test. Any thread; no shared state. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RDATA_MAX 65535

/* One token of a record as the scanner saw it: bytes with their escapes still in, `quoted` when it
 * stood in quotes (which are not part of `text`). */
struct rdata_token {
    const char *text;
    size_t length;
    unsigned line; /* where it stands, for messages */
    bool quoted;
};

struct rdata_error {
    size_t token; /* index of the token that is wrong; `count` when one is missing */
    char text[160];
};

/* Text tokens of one record's rdata to wire form, uncompressed, names relative to `origin`. `\#`
 * form works for every type (RFC 3597); for a type that has fields its bytes are checked against
 * them. `out` has RDATA_MAX bytes. Returns the length, or -1 with *error set. Rdata of length 0 is
 * legal for `\# 0`. */
int rdata_from_text(uint16_t type, const struct rdata_token *tokens, size_t count,
                    const uint8_t *origin, uint8_t *out, struct rdata_error *error);

/* Presentation form, single spaces, absolute names; `\#` form for types that have none. `rdata`
 * uncompressed. */
void rdata_to_text(uint16_t type, const uint8_t *rdata, size_t length, struct strbuf *out);

/* True when the bytes are what the type's fields say, or the type has none. */
bool rdata_check(uint16_t type, const uint8_t *rdata, size_t length);

/* Canonical form (RFC 4034 section 6.2): names in lower case where the type asks for it. In place;
 * `rdata` uncompressed. */
void rdata_lower(uint16_t type, uint8_t *rdata, size_t length);
