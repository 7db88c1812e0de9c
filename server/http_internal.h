// SPDX-License-Identifier: BSD-2-Clause
/* What http.c (start, loop, connections), http_request.c and http_stream.c share; nobody else
 * includes it. libmicrohttpd is known to these files only. Control thread. */
#pragma once

#include "base/strbuf.h"
#include "server/http.h"

#include <microhttpd.h>

/* Of one connection, from accept to close. */
struct http_connection {
    struct http_connection *next, **link;
    struct http_server *server;
    int fd;
    uint64_t deadline_ms; /* monotonic; 0 = none */
};

enum request_state {
    REQUEST_READING,
    REQUEST_HANDLING, /* the handler is on the stack */
    REQUEST_WAITING,  /* suspended until somebody answers */
    REQUEST_ANSWERED,
};

struct http_request {
    struct http_request *next, **link; /* of the server's waiting ones */
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_connection *slot;
    enum request_state state;
    bool seen; /* the head has been looked at */
    const char *method;
    char *target; /* owned */
    struct http_uri *uri;
    struct http_refusal refusal;
    struct http_peer peer;
    struct strbuf body;
    size_t overflow; /* bytes of the body that were thrown away */
    struct MHD_Response *response;
    unsigned status;
    void (*gone)(void *data);
    void *gone_data;
};

struct http_stream {
    struct http_stream *next, **link;
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_connection *slot;
    struct strbuf queue;
    size_t sent; /* bytes of the queue that are gone */
    bool suspended;
    bool ended;
    void (*closed)(void *data);
    void *data;
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    gid_t group;
    char *path; /* Unix socket, or NULL */
    struct stat made;
    uint16_t port;
    bool is_unix;
    bool closing;
    bool again;       /* run once more, as soon as the loop comes round */
    unsigned handles; /* open uv handles */
    uv_poll_t poll;
    uv_timer_t timer; /* when MHD wants to run again */
    uv_timer_t sweep; /* deadlines */
    struct http_connection *connections;
    struct http_request *waiting;
    struct http_stream *streams;
};

/* Intrusive lists whose elements can leave without knowing the head. */
#define LIST_PUSH(head, item)                                                                      \
    do {                                                                                           \
        (item)->next = (head);                                                                     \
        (item)->link = &(head);                                                                    \
        if ((head) != NULL)                                                                        \
            (head)->link = &(item)->next;                                                          \
        (head) = (item);                                                                           \
    } while (0)

#define LIST_REMOVE(item)                                                                          \
    do {                                                                                           \
        *(item)->link = (item)->next;                                                              \
        if ((item)->next != NULL)                                                                  \
            (item)->next->link = (item)->link;                                                     \
    } while (0)

/* A resumed connection goes on when the library runs the next time: has it run soon. */
void http_kick(struct http_server *server);
/* From now on the client has the time-out to get on; false = no limit. */
void http_deadline(struct http_connection *slot, bool set);
/* Cuts the connection; the library notices and cleans up. */
void http_cut(struct http_connection *slot);

/* libmicrohttpd's callbacks for requests; `cls` is the server. */
void *http_on_request_line(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result http_on_access(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **con_cls);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                       enum MHD_RequestTerminationCode code);

/* Takes the response; a waiting connection wakes up and gets it. */
void http_answer(struct http_request *request, unsigned status, struct MHD_Response *response);
void http_add_common_headers(struct MHD_Response *response, const char *content_type);
/* The end of the body: the stream's connection wakes up and closes. */
void http_stream_end(struct http_stream *stream);
