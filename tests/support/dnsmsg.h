// SPDX-License-Identifier: BSD-2-Clause
/* DNS messages for tests: queries from words, a strict check of form, and text by ldns, which is
 * the oracle: it shares no code with what is tested. Any thread, no state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNSMSG_QUERY_MAX 1024

/* "www.example.test A edns=1232 do nsid version=1 rd cd ad class=3 opcode=5 id=7 tcp": name and
 * type first, the others in any order. `out` has DNSMSG_QUERY_MAX bytes; returns the length. The
 * name is taken letter by letter (RFC 1035 escapes work). Aborts on words that it does not know. */
size_t dnsmsg_query(const char *words, uint8_t *out, bool *tcp);

/* NULL, or what is wrong with the form: sections complete and nothing behind them, names whole with
 * pointers that point to names before them, rdata of the common types exact. */
const char *dnsmsg_check(const uint8_t *message, size_t size);

/* "NOERROR aa rd\nAN www.example.test. 300 A 192.0.2.1\nNS ...\nAR ...\nOPT 1232 do\n", owned
 * (mem_free). NULL when ldns does not take the message. */
char *dnsmsg_print(const uint8_t *message, size_t size);

/* Times that `line` stands among the lines of `text`. */
unsigned dnsmsg_count(const char *text, const char *line);
