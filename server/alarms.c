// SPDX-License-Identifier: BSD-2-Clause
#include "server/alarms.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ALARM_TEXT_MAX 1024

struct entry {
    struct alarm alarm;
    char *key; /* what alarm.key points to */
};

struct alarms {
    struct events *events;
    struct entry *entries; /* in the order they were raised */
    size_t count;
    size_t capacity;
};

struct alarms *alarms_new(struct events *events)
{
    struct alarms *alarms = MEM_NEW(struct alarms);
    alarms->events = events;
    return alarms;
}

void alarms_free(struct alarms *alarms)
{
    if (alarms == NULL)
        return;
    for (size_t i = 0; i < alarms->count; i++) {
        mem_free(alarms->entries[i].key);
        mem_free(alarms->entries[i].alarm.text);
    }
    mem_free(alarms->entries);
    mem_free(alarms);
}

static struct entry *find(const struct alarms *alarms, const char *key)
{
    for (size_t i = 0; i < alarms->count; i++)
        if (strcmp(alarms->entries[i].key, key) == 0)
            return &alarms->entries[i];
    return NULL;
}

static void emit(struct alarms *alarms, const struct alarm *alarm, bool raised)
{
    events_emit(
        alarms->events, "alarm",
        json_pack("{s:s, s:b, s:s}", "key", alarm->key, "raised", raised, "text", alarm->text));
}

static void add(struct alarms *alarms, const char *key, const char *text)
{
    void *entries = alarms->entries;
    mem_grow(&entries, &alarms->capacity, alarms->count + 1, sizeof(*alarms->entries));
    alarms->entries = entries;
    struct entry *entry = &alarms->entries[alarms->count++];
    entry->key = mem_strdup(key);
    entry->alarm.key = entry->key;
    entry->alarm.text = mem_strdup(text);
    entry->alarm.since_ms = clock_wall_ms();
    log_warn("alarm", "%s: %s", key, text);
    emit(alarms, &entry->alarm, true);
}

/* Messages quote what came from outside; what is no UTF-8 would be lost in JSON. */
static void format_text(char *out, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void format_text(char *out, size_t size, const char *format, va_list args)
{
    (void)vsnprintf(out, size, format, args);
    json_t *probe = json_string(out);
    if (probe == NULL) {
        for (char *at = out; *at != '\0'; at++)
            if ((unsigned char)*at >= 0x80)
                *at = '?';
    }
    json_decref(probe);
}

void alarms_raise(struct alarms *alarms, const char *key, const char *format, ...)
{
    char text[ALARM_TEXT_MAX];
    va_list args;
    va_start(args, format);
    format_text(text, sizeof(text), format, args);
    va_end(args);
    struct entry *entry = find(alarms, key);
    if (entry == NULL) {
        add(alarms, key, text);
    } else if (strcmp(entry->alarm.text, text) != 0) {
        mem_free(entry->alarm.text);
        entry->alarm.text = mem_strdup(text);
    }
}

static void remove_at(struct alarms *alarms, size_t index)
{
    struct entry *entry = &alarms->entries[index];
    log_info("alarm", "%s: cleared", entry->key);
    emit(alarms, &entry->alarm, false);
    mem_free(entry->key);
    mem_free(entry->alarm.text);
    memmove(entry, entry + 1, (alarms->count - index - 1) * sizeof(*entry));
    alarms->count--;
}

void alarms_clear(struct alarms *alarms, const char *key)
{
    const struct entry *entry = find(alarms, key);
    if (entry != NULL)
        remove_at(alarms, (size_t)(entry - alarms->entries));
}

void alarms_clear_prefix(struct alarms *alarms, const char *prefix)
{
    size_t length = strlen(prefix);
    size_t i = 0;
    while (i < alarms->count) {
        if (strncmp(alarms->entries[i].key, prefix, length) == 0)
            remove_at(alarms, i);
        else
            i++;
    }
}

size_t alarms_count(const struct alarms *alarms)
{
    return alarms->count;
}

const struct alarm *alarms_at(const struct alarms *alarms, size_t index)
{
    return index < alarms->count ? &alarms->entries[index].alarm : NULL;
}
