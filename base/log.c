// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/utf8.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Not above PIPE_BUF: such a line goes into a pipe whole or not at all. */
#define LINE_SIZE    4096
#define MESSAGE_SIZE 3072
#define TAIL_ROOM    8 /* kept for what closes a line */

static struct {
    _Atomic int level;
    _Atomic int format;
    _Atomic uint64_t dropped;
    pthread_mutex_t lock; /* from the question for room to the write, neither of which waits */
} sink = { .level = LOG_LEVEL_INFO, .lock = PTHREAD_MUTEX_INITIALIZER };

struct line {
    char text[LINE_SIZE];
    size_t used;
};

void log_configure(enum log_level level, enum log_format format)
{
    atomic_store_explicit(&sink.level, (int)level, memory_order_relaxed);
    atomic_store_explicit(&sink.format, (int)format, memory_order_relaxed);
}

uint64_t log_dropped(void)
{
    return atomic_load_explicit(&sink.dropped, memory_order_relaxed);
}

static const char *level_word(enum log_level level)
{
    static const char *const words[] = { "error", "warn", "info", "debug" };
    return words[level];
}

/* A part that does not fit is left out whole, so that no escape is cut in two. */
static bool put(struct line *line, const char *bytes, size_t length)
{
    if (length > LINE_SIZE - TAIL_ROOM - line->used)
        return false;
    memcpy(line->text + line->used, bytes, length);
    line->used += length;
    return true;
}

static void put_text(struct line *line, const char *text)
{
    (void)put(line, text, strlen(text)); /* only for the head, which fits */
}

static bool put_escaped(struct line *line, unsigned char byte, bool json)
{
    char escape[8];
    int length = 0;
    if (byte == '\n' || byte == '\t')
        length = snprintf(escape, sizeof(escape), "\\%c", byte == '\n' ? 'n' : 't');
    else if (json && (byte == '"' || byte == '\\'))
        length = snprintf(escape, sizeof(escape), "\\%c", byte);
    else if (json && byte >= 0x80)
        length = snprintf(escape, sizeof(escape), "\\ufffd"); /* not UTF-8: replacement character */
    else
        length = snprintf(escape, sizeof(escape), json ? "\\u%04x" : "\\x%02x", byte);
    return put(line, escape, (size_t)length);
}

/* Messages quote what came from outside: control characters and broken UTF-8 never reach the
 * terminal or the JSON. What does not fit into the line is cut. */
static void put_message(struct line *line, const char *text, bool json)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t size = utf8_char_size(text, left);
        unsigned char byte = (unsigned char)*text;
        bool escape =
            size == 0 || byte < 0x20 || byte == 0x7f || (json && (byte == '"' || byte == '\\'));
        size = escape ? 1 : size;
        if (escape ? !put_escaped(line, byte, json) : !put(line, text, size))
            return;
        text += size;
        left -= size;
    }
}

static void format_text(struct line *line, const char *time, enum log_level level,
                        const char *topic, const char *message)
{
    char head[96];
    (void)snprintf(head, sizeof(head), "%s %-5s %s: ", time, level_word(level), topic);
    put_text(line, head);
    put_message(line, message, false);
}

static void format_json(struct line *line, const char *time, enum log_level level,
                        const char *topic, const char *message)
{
    char head[128];
    (void)snprintf(head, sizeof(head), "{\"time\":\"%s\",\"level\":\"%s\",\"topic\":\"", time,
                   level_word(level));
    put_text(line, head);
    put_message(line, topic, true);
    put_text(line, "\",\"message\":\"");
    put_message(line, message, true);
    memcpy(line->text + line->used, "\"}", 2); /* TAIL_ROOM */
    line->used += 2;
}

/* Writes without ever waiting. stderr may be shared with other processes, so its O_NONBLOCK flag is
 * not ours to set. */
static bool write_line(const struct line *line)
{
    ssize_t sent = send(STDERR_FILENO, line->text, line->used, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK)
        return sent == (ssize_t)line->used;
    struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
    if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0)
        return false;
    return write(STDERR_FILENO, line->text, line->used) == (ssize_t)line->used;
}

void log_write(enum log_level level, const char *topic, const char *format, ...)
{
    if ((int)level > atomic_load_explicit(&sink.level, memory_order_relaxed))
        return;
    int saved_errno = errno; /* callers log between a failed call and their look at errno */
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    char time[PARSE_TIME_MAX];
    parse_time_print(clock_wall_ms(), time);
    struct line line;
    line.used = 0;
    if (atomic_load_explicit(&sink.format, memory_order_relaxed) == LOG_FORMAT_JSON)
        format_json(&line, time, level, topic, message);
    else
        format_text(&line, time, level, topic, message);
    line.text[line.used++] = '\n';
    (void)pthread_mutex_lock(&sink.lock);
    bool written = write_line(&line);
    (void)pthread_mutex_unlock(&sink.lock);
    if (!written)
        atomic_fetch_add_explicit(&sink.dropped, 1, memory_order_relaxed);
    errno = saved_errno;
}

bool log_limit_pass(struct log_limit *limit)
{
    uint64_t now = clock_mono_ms();
    uint64_t next = atomic_load_explicit(&limit->next_ms, memory_order_relaxed);
    if (now >= next &&
        atomic_compare_exchange_strong_explicit(&limit->next_ms, &next, now + 1000,
                                                memory_order_relaxed, memory_order_relaxed))
        return true;
    atomic_fetch_add_explicit(&limit->suppressed, 1, memory_order_relaxed);
    return false;
}
