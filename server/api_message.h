// SPDX-License-Identifier: BSD-2-Clause
/* DNS messages for /v1/explain: a query is built, an answer is printed as zone-file lines. Pure;
 * any thread. */
#pragma once

#include "base/addr.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define API_QUERY_MAX 320 /* header, longest name, OPT with a client subnet */

/* A query for `name` (wire form); `subnet` NULL = without EDNS. Returns its length. */
size_t api_message_query(const uint8_t *name, uint16_t type, const struct prefix *subnet,
                         uint8_t out[API_QUERY_MAX]);

enum api_section { API_SECTION_ANSWER, API_SECTION_AUTHORITY };

/* Called for each record, `line` = "owner TTL IN TYPE rdata". */
typedef void api_record_fn(void *data, enum api_section section, uint32_t ttl, const char *line);

/* Reads a message that our own code wrote; false when it is malformed all the same. *rcode is the
 * header's, extended by EDNS. */
bool api_message_print(const uint8_t *message, size_t size, unsigned *rcode, api_record_fn *fn,
                       void *data);
/* "NOERROR", "NXDOMAIN", ..., or "RCODEnn" written into `out` (16 bytes). */
const char *api_message_rcode(unsigned rcode, char *out);
