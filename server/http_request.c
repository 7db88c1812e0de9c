// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/http_internal.h"

#include <string.h>
#include <strings.h>

#define OVERFLOW_MAX (8 * HTTP_BODY_MAX) /* read of a body that is too large, before we hang up */

/* What on_connection in http.c left there: always something. */
static struct http_connection *slot_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

/* Called with the request line, before anything of it is decoded: the request begins here. */
void *http_on_request_line(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct http_request *request = MEM_NEW(struct http_request);
    request->server = cls;
    request->connection = connection;
    request->slot = slot_of(connection);
    request->target = mem_strdup(target);
    strbuf_init(&request->body);
    http_deadline(request->slot, true);
    return request;
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                       enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    struct http_request *request = *con_cls;
    *con_cls = NULL;
    if (request == NULL)
        return;
    http_deadline(request->slot, true); /* for the next request on this connection */
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    strbuf_fini(&request->body);
    mem_free(request->uri);
    mem_free(request->target);
    mem_free(request);
}

struct head_field {
    const char *name;
    size_t offset;
};

static const struct head_field head_fields[] = {
    { "Host", offsetof(struct http_head, host) },
    { "Content-Length", offsetof(struct http_head, content_length) },
    { "Transfer-Encoding", offsetof(struct http_head, transfer_encoding) },
    { "Content-Type", offsetof(struct http_head, content_type) },
    { "Origin", offsetof(struct http_head, origin) },
    { "Authorization", offsetof(struct http_head, authorization) },
    { "Sec-Fetch-Site", offsetof(struct http_head, sec_fetch_site) },
    { "Sec-Fetch-Mode", offsetof(struct http_head, sec_fetch_mode) },
};

static enum MHD_Result note_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    (void)kind;
    for (size_t i = 0; i < ARRAY_LEN(head_fields); i++) {
        if (strcasecmp(head_fields[i].name, key) != 0)
            continue;
        struct http_field *field = (void *)((char *)cls + head_fields[i].offset);
        if (field->count++ == 0)
            field->value = value == NULL ? "" : value;
    }
    return MHD_YES;
}

static struct http_refusal look_at_target(struct http_request *request)
{
    request->uri = MEM_NEW(struct http_uri);
    const char *error = http_uri_parse(request->target, request->uri);
    if (error == NULL)
        return (struct http_refusal){ 0, NULL };
    mem_free(request->uri);
    request->uri = NULL;
    return (struct http_refusal){ .status = 400, .message = error };
}

/* First call for a request: the head is there, the body is not. True when it must be answered now;
 * a refusal can otherwise wait for the end of the body, since closing over unread bytes would reset
 * the connection under the answer. */
static bool look_at_head(struct http_request *request, const char *method, const char *version)
{
    struct http_server *server = request->server;
    struct http_head head = { .method = method, .version = version };
    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, note_header, &head);
    request->seen = true;
    request->method = method;
    request->refusal = http_guard_check(&head, server->is_unix, HTTP_BODY_MAX);
    bool framed = request->refusal.status == 0 || request->refusal.status == 403 ||
                  request->refusal.status == 413 || request->refusal.status == 415;
    struct http_refusal target = look_at_target(request);
    if (request->refusal.status == 0)
        request->refusal = target;
    if (!http_socket_peer(request->slot->fd, server->group, &request->peer))
        request->refusal = (struct http_refusal){ 400, "the peer is gone" };
    bool asks = http_request_header(request, "Expect") != NULL;
    return request->refusal.status != 0 && (!framed || asks);
}

static enum MHD_Result queue_answer(struct http_request *request)
{
    struct MHD_Response *response = request->response;
    request->response = NULL;
    enum MHD_Result ok = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    return ok;
}

/* Lets the handler answer now, or puts the connection to sleep until it does. */
static enum MHD_Result handle(struct http_request *request)
{
    struct http_server *server = request->server;
    if (server->closing) /* nothing may begin to wait any more */
        request->refusal = (struct http_refusal){ 503, "the server stops" };
    request->state = REQUEST_HANDLING;
    http_deadline(request->slot, false);
    server->options.handler(server->options.data, request);
    if (request->state == REQUEST_ANSWERED)
        return queue_answer(request);
    request->state = REQUEST_WAITING;
    LIST_PUSH(server->waiting, request);
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_request *request, const char *data, size_t *size)
{
    size_t length = *size;
    *size = 0;
    if (request->refusal.status == 0 && request->body.length + length <= HTTP_BODY_MAX) {
        strbuf_add_bytes(&request->body, data, length);
        return MHD_YES;
    }
    /* The answer can only be queued behind the body; read on for a while, then hang up. */
    request->overflow += length;
    if (request->refusal.status == 0)
        request->refusal = (struct http_refusal){ 413, "the body is too large" };
    return request->overflow > OVERFLOW_MAX ? MHD_NO : MHD_YES;
}

enum MHD_Result http_on_access(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **con_cls)
{
    (void)cls;
    (void)connection;
    (void)url; /* already decoded, which loses where segments end */
    struct http_request *request = *con_cls;
    if (request == NULL)
        return MHD_NO;
    if (!request->seen)
        return look_at_head(request, method, version) ? handle(request) : MHD_YES;
    if (*upload_size > 0)
        return take_body(request, upload, upload_size);
    return request->state == REQUEST_ANSWERED ? queue_answer(request) : handle(request);
}

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const struct http_uri *http_request_uri(const struct http_request *request)
{
    return request->uri;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_body(const struct http_request *request, size_t *length)
{
    *length = request->body.length;
    return request->body.text;
}

const struct http_peer *http_request_peer(const struct http_request *request)
{
    return &request->peer;
}

const struct http_refusal *http_request_refusal(const struct http_request *request)
{
    return request->refusal.status == 0 ? NULL : &request->refusal;
}

/* Takes the response; a waiting connection wakes up and is given it by http_on_access. */
void http_answer(struct http_request *request, unsigned status, struct MHD_Response *response)
{
    request->response = response;
    request->status = status;
    bool waiting = request->state == REQUEST_WAITING;
    request->state = REQUEST_ANSWERED;
    if (!waiting)
        return;
    LIST_REMOVE(request);
    MHD_resume_connection(request->connection);
    http_kick(request->server);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_warn("api", "the header %s cannot be sent", name);
}

void http_add_common_headers(struct MHD_Response *response, const char *content_type)
{
    add_header(response, "Content-Type", content_type);
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Cache-Control", "no-store");
}

void http_respond(struct http_request *request, const struct http_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(reply->length, reply->body, mem_free);
    http_add_common_headers(response, reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        add_header(response, reply->headers[i].name, reply->headers[i].value);
    http_deadline(request->slot, true); /* the client must take the answer, too */
    http_answer(request, reply->status, response);
}

void http_defer(struct http_request *request, void (*gone)(void *data), void *data)
{
    request->gone = gone;
    request->gone_data = data;
}
