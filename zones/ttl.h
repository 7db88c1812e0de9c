// SPDX-License-Identifier: BSD-2-Clause
/* TTLs and other periods in master files: "3600", or BIND's units, "1h30m". Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TTL_MAX UINT32_C(0x7fffffff) /* RFC 2181 section 8 */

/* All of `text`: digits alone (seconds), or numbers each followed by one of w d h m s in any case.
 * False for anything else, and for a sum above 2^32 - 1. */
bool ttl_parse(const char *text, size_t length, uint32_t *out);
