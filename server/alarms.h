// SPDX-License-Identifier: BSD-2-Clause
/* Standing alarms: raised until cleared, shown by status, logged and sent as events when they
 * change. Control thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct events;

struct alarm {
    const char *key; /* "state_save", "reload", "pool_down:web", ... */
    char *text;
    int64_t since_ms;
};

struct alarms;
struct alarms *alarms_new(struct events *events);
void alarms_free(struct alarms *alarms);
/* Raises, or changes the text of a raised one (then no new event). */
void alarms_raise(struct alarms *alarms, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void alarms_clear(struct alarms *alarms, const char *key);
/* Clears every alarm whose key begins so. */
void alarms_clear_prefix(struct alarms *alarms, const char *prefix);
size_t alarms_count(const struct alarms *alarms);
const struct alarm *alarms_at(const struct alarms *alarms, size_t index);
