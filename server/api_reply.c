// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "base/mem.h"
#include "server/api_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 512

const char *api_error_code(unsigned status)
{
    static const struct {
        unsigned status;
        const char *code;
    } codes[] = {
        { 401, "unauthorized" }, { 403, "forbidden" }, { 404, "not_found" },
        { 409, "conflict" },     { 413, "too_large" }, { 422, "invalid_config" },
        { 503, "unavailable" },  { 500, "internal" },
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (codes[i].status == status)
            return codes[i].code;
    return "bad_request";
}

void api_reply(struct api *api, struct http_request *request, const struct http_reply *reply)
{
    if (reply->status < API_STATUS_MAX)
        api->requests[reply->status]++;
    http_respond(request, reply);
}

static int append(const char *bytes, size_t size, void *data)
{
    strbuf_add_bytes(data, bytes, size);
    return 0;
}

static void reply_json(struct api *api, struct http_request *request, unsigned status, json_t *body,
                       const struct http_header *header)
{
    struct strbuf text;
    strbuf_init(&text);
    (void)json_dump_callback(body, append, &text, JSON_COMPACT);
    strbuf_add(&text, "\n");
    json_decref(body);
    struct http_reply reply = { .status = status, .content_type = "application/json" };
    reply.headers = header;
    reply.header_count = header == NULL ? 0 : 1;
    reply.length = text.length;
    reply.body = strbuf_take(&text);
    strbuf_fini(&text);
    api_reply(api, request, &reply);
}

void api_reply_json(struct api *api, struct http_request *request, unsigned status, json_t *body)
{
    reply_json(api, request, status, body, NULL);
}

/* The request's path as it was decoded, "/" and parts. */
static json_t *request_path(const struct http_request *request)
{
    const struct http_uri *uri = http_request_uri(request);
    if (uri == NULL)
        return json_string("");
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < uri->segment_count; i++)
        strbuf_addf(&text, "/%s", uri->segments[i]);
    json_t *path = json_string(text.length == 0 ? "/" : text.text);
    strbuf_fini(&text);
    return path;
}

/* Takes `path` and `extra`. */
static void reply_error(struct api *api, struct http_request *request, unsigned status,
                        json_t *path, json_t *extra, const struct http_header *header,
                        const char *message)
{
    json_t *error = json_object();
    (void)json_object_set_new(error, "code", json_string(api_error_code(status)));
    (void)json_object_set_new(error, "message", api_view_text(message));
    (void)json_object_set_new(error, "path", path);
    json_t *body = json_object();
    (void)json_object_set_new(body, "error", error);
    if (extra != NULL)
        (void)json_object_update(body, extra);
    json_decref(extra);
    reply_json(api, request, status, body, header);
}

void api_reply_error(struct api *api, struct http_request *request, unsigned status,
                     const char *path, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    json_t *where = path == NULL ? request_path(request) : api_view_text(path);
    reply_error(api, request, status, where, NULL, NULL, message);
}

void api_reply_error_with(struct api *api, struct http_request *request, unsigned status,
                          json_t *extra, const struct http_header *header, const char *message)
{
    reply_error(api, request, status, request_path(request), extra, header, message);
}
