// SPDX-License-Identifier: BSD-2-Clause
/* Big-endian loads and stores, and a cursor with sticky error: reading or writing past the end sets
 * `failed`, does nothing and returns 0, so that callers check once at the end. Any thread, no
 * state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t wire_get16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t wire_get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void wire_put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static inline void wire_put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

struct wire_reader {
    const uint8_t *bytes;
    size_t size;
    size_t pos;
    bool failed;
};

static inline const uint8_t *wire_take(struct wire_reader *reader, size_t count)
{
    if (reader->failed || count > reader->size - reader->pos) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *at = reader->bytes + reader->pos;
    reader->pos += count;
    return at;
}

static inline uint8_t wire_take8(struct wire_reader *reader)
{
    const uint8_t *at = wire_take(reader, 1);
    return at == NULL ? 0 : at[0];
}

static inline uint16_t wire_take16(struct wire_reader *reader)
{
    const uint8_t *at = wire_take(reader, 2);
    return at == NULL ? 0 : wire_get16(at);
}

static inline uint32_t wire_take32(struct wire_reader *reader)
{
    const uint8_t *at = wire_take(reader, 4);
    return at == NULL ? 0 : wire_get32(at);
}
