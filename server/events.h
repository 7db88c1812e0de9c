// SPDX-License-Identifier: BSD-2-Clause
/* Events for `GET /v1/events` and the log: what happened, as one JSON object each. Control thread
 * only. The last EVENTS_KEPT are kept, so that a subscriber that reconnects with Last-Event-ID
 * misses nothing recent. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_KEPT 256

struct event {
    uint64_t id;      /* from 1, growing */
    const char *type; /* "verdict", "override", "publish", "reload", "alarm", "ipvs": a constant */
    char *data;       /* one line of JSON, with "at" */
};

struct events;
typedef void events_fn(void *data, const struct event *event);

struct events *events_new(void);
void events_free(struct events *events);
/* Takes `object` (adds "at"). */
void events_emit(struct events *events, const char *type, json_t *object);
/* The subscriber is called for each event from now on. Returns a handle for events_unsubscribe; not
 * from within a callback. */
uint32_t events_subscribe(struct events *events, events_fn *fn, void *data);
void events_unsubscribe(struct events *events, uint32_t handle);
/* Calls fn for the kept events with an id above `after`. */
void events_replay(const struct events *events, uint64_t after, events_fn *fn, void *data);
