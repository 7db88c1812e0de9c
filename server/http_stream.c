// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/http_internal.h"

#include <string.h>

#define STREAM_BLOCK 4096

static void compact(struct http_stream *stream)
{
    size_t left = stream->queue.length - stream->sent;
    memmove(stream->queue.text, stream->queue.text + stream->sent, left + 1);
    stream->queue.length = left;
    stream->sent = 0;
}

static ssize_t stream_read(void *cls, uint64_t position, char *out, size_t size)
{
    struct http_stream *stream = cls;
    (void)position;
    size_t left = stream->queue.length - stream->sent;
    if (left == 0 && stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        stream->suspended = true;
        http_deadline(stream->slot, false);
        MHD_suspend_connection(stream->connection);
        return 0;
    }
    size_t count = left < size ? left : size;
    memcpy(out, stream->queue.text + stream->sent, count);
    stream->sent += count;
    if (stream->sent > STREAM_BLOCK || stream->sent == stream->queue.length)
        compact(stream);
    http_deadline(stream->slot, true); /* anew with each piece that the client takes */
    return (ssize_t)count;
}

static void stream_free(void *cls)
{
    struct http_stream *stream = cls;
    LIST_REMOVE(stream);
    if (stream->closed != NULL)
        stream->closed(stream->data);
    strbuf_fini(&stream->queue);
    mem_free(stream);
}

struct http_stream *http_stream_new(struct http_request *request, const char *content_type,
                                    void (*closed)(void *data), void *data)
{
    struct http_stream *stream = MEM_NEW(struct http_stream);
    stream->server = request->server;
    stream->connection = request->connection;
    stream->slot = request->slot;
    stream->closed = closed;
    stream->data = data;
    strbuf_init(&stream->queue);
    LIST_PUSH(request->server->streams, stream);
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, stream, stream_free);
    http_add_common_headers(response, content_type);
    http_answer(request, 200, response);
    return stream;
}

static void stream_wake(struct http_stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    http_deadline(stream->slot, true);
    MHD_resume_connection(stream->connection);
    http_kick(stream->server);
}

void http_stream_end(struct http_stream *stream)
{
    stream->ended = true;
    stream_wake(stream);
}

bool http_stream_write(struct http_stream *stream, const char *text, size_t length)
{
    if (stream->ended)
        return false;
    if (stream->queue.length - stream->sent + length > HTTP_STREAM_MAX) {
        http_stream_end(stream);
        http_cut(stream->slot);
        return false;
    }
    strbuf_add_bytes(&stream->queue, text, length);
    stream_wake(stream);
    return true;
}
