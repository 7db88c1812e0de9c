// SPDX-License-Identifier: BSD-2-Clause
/* What a request's head must be like before anybody looks at the rest: unambiguous framing (RFC
 * 9112 sections 3.2, 6.1, 6.3), and nothing that a web page in some browser could have sent without
 * the user's will: names in Host that DNS rebinding could use, foreign Origin, bodies that a form
 * can send. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One header: its first value and how often it was given. */
struct http_field {
    const char *value; /* NULL when absent */
    unsigned count;
};

struct http_head {
    const char *method;
    const char *version; /* "HTTP/1.1" */
    struct http_field host, content_length, transfer_encoding, content_type, origin, authorization;
    struct http_field sec_fetch_site, sec_fetch_mode;
};

struct http_refusal {
    unsigned status; /* HTTP status, 0 = not refused */
    const char *message;
};

/* First rule that is broken, or status 0. `is_unix`: any single Host will do, no browser gets to a
 * Unix socket. */
struct http_refusal http_guard_check(const struct http_head *head, bool is_unix, uint64_t body_max);
/* True when the head announces a body. */
bool http_guard_has_body(const struct http_head *head);
