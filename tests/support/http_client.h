// SPDX-License-Identifier: BSD-2-Clause
/* A raw HTTP client for tests: sends the bytes it is given, and turns the server's loop while it
 * waits, so that server and client live in one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define HTTP_CLIENT_MAX (4 * 1024 * 1024)

struct http_client_answer {
    unsigned status; /* 0 when the connection ended without an answer */
    bool closed;     /* the server closed after it */
    char *head;      /* owned, with the final empty line */
    char *body;      /* owned, chunks joined */
    size_t body_length;
};

int http_client_tcp(uint16_t port);
int http_client_unix(const char *path);
/* Blocking for small texts; the loop is turned while the socket is full. */
bool http_client_send(uv_loop_t *loop, int fd, const char *text, size_t length);
/* One answer. False after `limit_ms` without a whole one. */
bool http_client_read(uv_loop_t *loop, int fd, unsigned limit_ms, struct http_client_answer *out);
void http_client_fini(struct http_client_answer *answer);
/* Turns the loop until `*done` or the time is over; false then. `done` may be NULL: just turns. */
bool http_client_turn(uv_loop_t *loop, const bool *done, unsigned limit_ms);
/* Text that arrives until it contains `wanted`; owned, NULL when it does not come. */
char *http_client_wait_text(uv_loop_t *loop, int fd, const char *wanted, unsigned limit_ms);
/* Header's value copied into `out`, "" when absent. */
void http_client_header(const struct http_client_answer *answer, const char *name, char *out,
                        size_t size);
