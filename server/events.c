// SPDX-License-Identifier: BSD-2-Clause
#include "server/events.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"

#include <stdlib.h>

struct subscriber {
    struct subscriber *next;
    events_fn *fn;
    void *data;
    uint32_t handle;
};

struct events {
    struct event kept[EVENTS_KEPT]; /* event with id n at (n - 1) % EVENTS_KEPT */
    uint64_t last;                  /* id of the newest; 0 = none yet */
    struct subscriber *subscribers;
    uint32_t next_handle;
};

struct events *events_new(void)
{
    struct events *events = MEM_NEW(struct events);
    events->next_handle = 1;
    return events;
}

void events_free(struct events *events)
{
    if (events == NULL)
        return;
    for (size_t i = 0; i < EVENTS_KEPT; i++)
        mem_free(events->kept[i].data);
    while (events->subscribers != NULL) {
        struct subscriber *subscriber = events->subscribers;
        events->subscribers = subscriber->next;
        mem_free(subscriber);
    }
    mem_free(events);
}

/* Takes `object`. A value that JSON cannot hold (text that is no UTF-8) leaves an empty object: an
 * event is never worth the process. */
static char *print_object(json_t *object)
{
    char now[PARSE_TIME_MAX];
    parse_time_print(clock_wall_ms(), now);
    (void)json_object_set_new(object, "at", json_string(now));
    char *text = json_dumps(object, JSON_COMPACT);
    char *owned = mem_strdup(text == NULL ? "{}" : text);
    free(text);
    json_decref(object);
    return owned;
}

void events_emit(struct events *events, const char *type, json_t *object)
{
    uint64_t id = ++events->last;
    struct event *event = &events->kept[(id - 1) % EVENTS_KEPT];
    mem_free(event->data);
    *event = (struct event){ .id = id, .type = type, .data = print_object(object) };
    log_debug("event", "%s %s", type, event->data);
    for (struct subscriber *s = events->subscribers; s != NULL; s = s->next)
        s->fn(s->data, event);
}

uint32_t events_subscribe(struct events *events, events_fn *fn, void *data)
{
    struct subscriber *subscriber = MEM_NEW(struct subscriber);
    subscriber->fn = fn;
    subscriber->data = data;
    subscriber->handle = events->next_handle++;
    subscriber->next = events->subscribers;
    events->subscribers = subscriber;
    return subscriber->handle;
}

void events_unsubscribe(struct events *events, uint32_t handle)
{
    struct subscriber **link = &events->subscribers;
    while (*link != NULL && (*link)->handle != handle)
        link = &(*link)->next;
    if (*link == NULL)
        return;
    struct subscriber *subscriber = *link;
    *link = subscriber->next;
    mem_free(subscriber);
}

void events_replay(const struct events *events, uint64_t after, events_fn *fn, void *data)
{
    /* An id from the future is one of an earlier process: this one's events are all new. */
    uint64_t from = after > events->last ? 0 : after;
    if (events->last - from > EVENTS_KEPT)
        from = events->last - EVENTS_KEPT;
    for (uint64_t id = from + 1; id <= events->last; id++)
        fn(data, &events->kept[(id - 1) % EVENTS_KEPT]);
}
