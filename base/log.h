// SPDX-License-Identifier: BSD-2-Clause
/* Log lines to stderr, as text or as JSON lines. Any thread. The sink (level, format) is the one
 * process-wide variable that this program allows itself; it is set at start and at reload with
 * log_configure. A sink that cannot take a line (full pipe) loses it and the loss is counted; a log
 * line never blocks. */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

void log_configure(enum log_level level, enum log_format format);
/* One event, one line: "health: web/a down, 3 of 3 failed, last=timeout". `topic` is a short word:
 * "zone", "health", "api". */
void log_write(enum log_level level, const char *topic, const char *format, ...) PRINTF(3, 4);
uint64_t log_dropped(void);

#define log_error(topic, ...) log_write(LOG_LEVEL_ERROR, (topic), __VA_ARGS__)
#define log_warn(topic, ...)  log_write(LOG_LEVEL_WARN, (topic), __VA_ARGS__)
#define log_info(topic, ...)  log_write(LOG_LEVEL_INFO, (topic), __VA_ARGS__)
#define log_debug(topic, ...) log_write(LOG_LEVEL_DEBUG, (topic), __VA_ARGS__)

/* For what a remote can cause: at most one line a second per call site; `limit` is the caller's own
 * variable, zeroed. */
struct log_limit {
    _Atomic uint64_t next_ms;
    _Atomic uint64_t suppressed;
};
bool log_limit_pass(struct log_limit *limit); /* adds no line itself */
