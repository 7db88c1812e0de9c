// SPDX-License-Identifier: BSD-2-Clause
/* Bump allocator: one arena holds one loaded world or zone and is freed in one call. Owned by the
 * thread that builds; what it holds may be read by any thread once building has ended. Memory is
 * zeroed. */
#pragma once

#include "base/compiler.h"

#include <stddef.h>

struct arena;

/* Returns owned. `chunk` is the size of the blocks taken from the system, 0 for the default (64
 * KiB, growing). */
struct arena *arena_new(size_t chunk);
void arena_free(struct arena *arena); /* NULL is allowed */
/* `align` is a power of two, at most 64. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size, size_t align);
/* count * size bytes; aborts on overflow. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size, size_t align);
void *arena_dup(struct arena *arena, const void *data, size_t size, size_t align);
char *arena_strdup(struct arena *arena, const char *text);
/* Bytes taken from the system. */
size_t arena_size(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type), _Alignof(type)))
#define ARENA_NEW_ARRAY(arena, type, count)                                                        \
    ((type *)arena_alloc_array((arena), (count), sizeof(type), _Alignof(type)))
