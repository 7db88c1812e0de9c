// SPDX-License-Identifier: BSD-2-Clause
/* Strict parsing of numbers, durations and times, and their printing. Any thread, no state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, all `length` bytes used, value <= max. */
bool parse_u64(const char *text, size_t length, uint64_t max, uint64_t *out);
/* "500ms", "2s", "10m", "1h", "1d"; unit needed; result in milliseconds. */
bool parse_duration_ms(const char *text, uint64_t *out_ms);
/* RFC 3339 UTC with milliseconds, "2026-01-02T03:04:05.678Z"; `out` has PARSE_TIME_MAX bytes. */
#define PARSE_TIME_MAX 32
void parse_time_print(int64_t unix_ms, char *out);
bool parse_time(const char *text, int64_t *unix_ms);
/* 1-64 bytes from hexadecimal text of exactly 2 * `size` digits. */
bool parse_hex(const char *text, uint8_t *out, size_t size);
