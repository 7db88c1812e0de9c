// SPDX-License-Identifier: BSD-2-Clause
/* Rdata between text and wire form. The only file that knows ldns: the simple and common types (A, AAAA, names) go a short way of our own, held to ldns
 * by a test; integers, hex lengths and quotes that ldns reads wrongly are checked before. Any thread; no shared state. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RDATA_MAX 65535

/* One token of a record as the scanner saw it: bytes with their escapes still in, `quoted` when it stood in quotes. */
struct rdata_token {
    const char *text;
    size_t length;
    bool quoted;
};

/* Text tokens of one record's rdata to wire form, uncompressed, names relative to `origin`. `\#` form works for every type (RFC 3597). `out` has
 * RDATA_MAX bytes. Returns the length, or -1 with a message in `error` (`error_size` bytes). Rdata of length 0 is legal for `\# 0`. */
int rdata_from_text(uint16_t type, const struct rdata_token *tokens, size_t count, const uint8_t *origin, uint8_t *out, char *error,
                    size_t error_size);

/* Presentation form, single spaces, absolute names; `\#` form for types that have none. `rdata` uncompressed. */
void rdata_to_text(uint16_t type, const uint8_t *rdata, size_t length, struct strbuf *out);
