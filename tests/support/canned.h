// SPDX-License-Identifier: BSD-2-Clause
/* A server with one answer, in a child process: takes one request after the other on a loopback
 * port or Unix socket, sends the same bytes to each, and keeps what it was sent for the test to
 * read. What cannot be set up aborts. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct canned {
    pid_t pid;
    int requests; /* read end of a pipe: what came in */
    uint16_t port;
    char url[64];
    char path[64]; /* of the Unix socket, "" with TCP */
};

/* `answer` is sent as it is, then the connection is closed. `path` NULL = TCP. */
void canned_start(struct canned *canned, const char *answer, const char *path);
void canned_stop(struct canned *canned);
/* The requests so far, as text. Owned (mem_free). Stops the server. */
char *canned_requests(struct canned *canned);
