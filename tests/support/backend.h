// SPDX-License-Identifier: BSD-2-Clause
/* A backend with many faces on a loopback port of its own, served by a thread of its own, so that
 * checks can be tested against every way in which a server can fail. All calls are for the test's
 * thread; what cannot be set up ends the test program. */
#pragma once

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum backend_face {
    BACKEND_HTTP,            /* answers requests with status and body */
    BACKEND_REFUSE,          /* the port is bound, nobody listens */
    BACKEND_BLACKHOLE,       /* connections are neither accepted nor refused */
    BACKEND_SILENT,          /* accepts, reads, says nothing */
    BACKEND_CLOSE,           /* accepts and closes */
    BACKEND_TRICKLE,         /* the answer of BACKEND_HTTP at one byte every `delay` ms */
    BACKEND_ENDLESS_HEADERS, /* header lines without end */
    BACKEND_ENDLESS_LINE,    /* one header line without end */
    BACKEND_HUGE_BODY,       /* body, then filling without end */
    BACKEND_GARBAGE,         /* bytes that are not HTTP, then closes */
    BACKEND_RESET,           /* RST in the middle of a larger body than this */
    BACKEND_CUT,             /* closes in the middle of it */
    BACKEND_SLOW,            /* as BACKEND_HTTP, but `delay` ms after the request */
    BACKEND_CONTINUE,        /* two 100 Continue, then as BACKEND_HTTP */
    BACKEND_GREET, /* sends the body as it is at once, waits for the other side to close */
    BACKEND_REPLY, /* sends the body as it is after the first bytes came, waits */
};

struct backend;

/* `address` is "127.0.0.1", "::1" or another of this host's. Status 200, body "ok\n", delay 1000
 * ms. */
struct backend *backend_new(const char *address, enum backend_face face);
void backend_free(struct backend *backend);
struct endpoint backend_endpoint(const struct backend *backend);

/* For connections accepted from now on; the change has been made when the call returns. */
void backend_set_face(struct backend *backend, enum backend_face face);
void backend_set_status(struct backend *backend, unsigned status);
void backend_set_body(struct backend *backend, const char *body);
/* One or more further lines of the answer's header, each with its "\r\n"; "" = none. */
void backend_set_header(struct backend *backend, const char *lines);
void backend_set_delay(struct backend *backend, unsigned delay_ms);

/* Connections accepted so far. */
size_t backend_accepted(struct backend *backend);
/* Most connections that were open at the same time. */
size_t backend_peak(struct backend *backend);
/* False when it did not come to pass within `limit_ms`. */
bool backend_wait_accepted(struct backend *backend, size_t at_least, unsigned limit_ms);
bool backend_wait_open(struct backend *backend, size_t exactly, unsigned limit_ms);
/* What the last request was, up to the blank line; returns owned (mem_free), "" before the first.
 */
char *backend_last_request(struct backend *backend);
