// SPDX-License-Identifier: BSD-2-Clause
/* GET /v1/events: server-sent events (WHATWG HTML, section 9.2). A comment every 15 s keeps the
 * connection open and finds those whose reader is gone. */
#include "base/mem.h"
#include "base/parse.h"
#include "server/api_internal.h"

#include <string.h>

#define KEEP_ALIVE_MS 15000

struct api_stream {
    struct api_stream *next, **link;
    struct api *api;
    struct http_stream *http;
};

static void on_closed(void *data)
{
    struct api_stream *stream = data;
    *stream->link = stream->next;
    if (stream->next != NULL)
        stream->next->link = stream->link;
    stream->api->stream_count--;
    mem_free(stream);
}

static void send_event(struct api_stream *stream, const struct event *event)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)event->id,
                event->type, event->data);
    (void)http_stream_write(stream->http, text.text, text.length); /* false: on_closed follows */
    strbuf_fini(&text);
}

static void on_event(void *data, const struct event *event)
{
    struct api *api = data;
    for (struct api_stream *stream = api->streams; stream != NULL; stream = stream->next)
        send_event(stream, event);
}

static void on_replay(void *data, const struct event *event)
{
    send_event(data, event);
}

static void send_comment(struct api_stream *stream, const char *text)
{
    (void)http_stream_write(stream->http, text, strlen(text));
}

static void on_keep_alive(uv_timer_t *timer)
{
    struct api *api = timer->data;
    for (struct api_stream *stream = api->streams; stream != NULL; stream = stream->next)
        send_comment(stream, ": keep-alive\n\n");
}

/* The last id that the reader has seen; false when it has answered with an error. */
static bool last_seen(struct api_call *call, bool *given, uint64_t *id)
{
    const char *header = http_request_header(call->request, "Last-Event-ID");
    const char *text = header != NULL ? header : api_query(call, "after");
    *given = text != NULL && text[0] != '\0';
    if (!*given || parse_u64(text, strlen(text), UINT64_MAX, id))
        return true;
    api_reply_error(call->api, call->request, 400, header != NULL ? "Last-Event-ID" : "after",
                    "the last event id is not a number");
    return false;
}

void api_get_events(struct api_call *call)
{
    struct api *api = call->api;
    uint64_t after = 0;
    bool given = false;
    if (!last_seen(call, &given, &after))
        return;
    if (api->stream_count == API_STREAMS_MAX) {
        api_reply_error(api, call->request, 503, NULL, "there are %d readers already",
                        API_STREAMS_MAX);
        return;
    }
    struct api_stream *stream = MEM_NEW(struct api_stream);
    stream->api = api;
    stream->next = api->streams;
    stream->link = &api->streams;
    if (api->streams != NULL)
        api->streams->link = &stream->next;
    api->streams = stream;
    api->stream_count++;
    api->requests[200]++;
    stream->http = http_stream_new(call->request, "text/event-stream", on_closed, stream);
    send_comment(stream, ": events follow\n\n");
    if (given)
        events_replay(control_events(api->control), after, on_replay, stream);
}

void api_events_start(struct api *api)
{
    api->subscription = events_subscribe(control_events(api->control), on_event, api);
    api->keep_alive = MEM_NEW(uv_timer_t);
    (void)uv_timer_init(control_loop(api->control), api->keep_alive);
    api->keep_alive->data = api;
    (void)uv_timer_start(api->keep_alive, on_keep_alive, KEEP_ALIVE_MS, KEEP_ALIVE_MS);
}

static void on_timer_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

void api_events_stop(struct api *api)
{
    events_unsubscribe(control_events(api->control), api->subscription);
    uv_close((uv_handle_t *)api->keep_alive, on_timer_closed);
}
