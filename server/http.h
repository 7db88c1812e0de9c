// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/1.1 for the control API: libmicrohttpd driven by the control thread's loop (its epoll
 * descriptor in a uv_poll). One server a listener. All of it runs on the control thread and nothing
 * blocks: a request may be answered at once or later, and streams hold a bounded queue.
 *
 * A handler gets each request once, whole. It answers by http_respond or http_stream_new, within
 * the call or later; until then the request stays valid, even when the client is gone. */
#pragma once

#include "server/http_guard.h"
#include "server/http_socket.h"
#include "server/http_uri.h"

#include <stddef.h>
#include <uv.h>

#define HTTP_CONNECTIONS_MAX 64 /* a listener */
#define HTTP_BODY_MAX        (1024 * 1024)
#define HTTP_HEAD_MAX                                                                              \
    (32 * 1024)               /* memory of a connection: head of the request, then of the answer */
#define HTTP_TIMEOUT_MS 10000 /* for a whole request, and for a reader that takes nothing */
#define HTTP_STREAM_MAX (256 * 1024) /* bytes waiting for a slow reader before it is dropped */

struct http_server;
struct http_request;
struct http_stream;

struct http_header {
    const char *name;
    const char *value;
};

struct http_reply {
    unsigned status;
    const char *content_type;
    char *body; /* taken, mem_free */
    size_t length;
    const struct http_header *headers; /* further ones, may be NULL */
    size_t header_count;
};

typedef void http_handler_fn(void *data, struct http_request *request);

struct http_options {
    uv_loop_t *loop;
    http_handler_fn *handler;
    void *data;
    uint64_t timeout_ms; /* 0 = HTTP_TIMEOUT_MS */
};

/* Starts to answer. Returns owned, NULL with "PLACE: message" added. */
struct http_server *http_listen_tcp(const struct http_options *options,
                                    const struct endpoint *endpoint, const char *place,
                                    struct errlist *errors);
struct http_server *http_listen_unix(const struct http_options *options, const char *path,
                                     gid_t group, const char *place, struct errlist *errors);
/* Another group for a Unix socket, from the next request on; nothing on TCP. False with errno. */
bool http_regroup(struct http_server *server, gid_t group);
/* Port of a TCP listener. */
uint16_t http_port(const struct http_server *server);
/* Ends streams, answers what waits with 503 (after their `gone` callbacks), closes; memory goes
 * when the loop has closed the handles. Not from within a handler. NULL is allowed. */
void http_free(struct http_server *server);

/* --- one request --- */

const char *http_method(const struct http_request *request);
/* Decoded target; NULL exactly when http_refusal says that the target is bad. */
const struct http_uri *http_request_uri(const struct http_request *request);
/* First header of that name, or NULL. */
const char *http_request_header(const struct http_request *request, const char *name);
/* Never NULL; not NUL-terminated. */
const char *http_request_body(const struct http_request *request, size_t *length);
const struct http_peer *http_request_peer(const struct http_request *request);
/* NULL, or why the request must be refused; the handler answers it with that status. */
const struct http_refusal *http_request_refusal(const struct http_request *request);

/* Answers; the request is not to be used afterwards. */
void http_respond(struct http_request *request, const struct http_reply *reply);
/* For a handler that answers later: `gone` is called when the server goes first; the request is
 * then not to be used afterwards. */
void http_defer(struct http_request *request, void (*gone)(void *data), void *data);

/* --- streams --- */

/* Answers with 200 and a body without end. `closed` is called when the client is gone or was
 * dropped; the stream is then not to be used afterwards. */
struct http_stream *http_stream_new(struct http_request *request, const char *content_type,
                                    void (*closed)(void *data), void *data);
/* False when the reader is too slow: the stream is dropped, `closed` follows from the loop. */
bool http_stream_write(struct http_stream *stream, const char *text, size_t length);
