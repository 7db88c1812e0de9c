// SPDX-License-Identifier: BSD-2-Clause
#include "base/arena.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#define CHUNK_DEFAULT ((size_t)64 * 1024)
#define CHUNK_MAX     ((size_t)4 * 1024 * 1024)
#define ALIGN_MAX     64

struct chunk {
    struct chunk *next;
    size_t size; /* bytes of data[] */
    size_t used;
    unsigned char data[];
};

struct arena {
    struct chunk *head; /* the one being filled */
    size_t next_size;
    size_t total;
};

struct arena *arena_new(size_t chunk)
{
    struct arena *arena = MEM_NEW(struct arena);
    arena->next_size = chunk == 0 ? CHUNK_DEFAULT : chunk;
    arena->total = sizeof(*arena);
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->head, *next = NULL; chunk != NULL; chunk = next) {
        next = chunk->next;
        mem_free(chunk);
    }
    mem_free(arena);
}

/* The bytes to skip so that data + used is aligned. */
static size_t padding(const struct chunk *chunk, size_t align)
{
    uintptr_t at = (uintptr_t)(chunk->data + chunk->used);
    return (size_t)(-at & (align - 1));
}

static void *take(struct chunk *chunk, size_t size, size_t align)
{
    size_t skip = padding(chunk, align);
    size_t room = chunk->size - chunk->used;
    if (skip > room || size > room - skip)
        return NULL;
    void *at = chunk->data + chunk->used + skip;
    chunk->used += skip + size;
    return at;
}

/* mem_calloc aborts when the sum overflows, as it does when the system has no memory left. */
static struct chunk *chunk_new(struct arena *arena, size_t size)
{
    size_t bytes = 0;
    if (__builtin_add_overflow(size, sizeof(struct chunk), &bytes))
        bytes = SIZE_MAX;
    struct chunk *chunk = mem_alloc(bytes);
    chunk->size = size;
    arena->total += bytes;
    return chunk;
}

/* A large object gets a chunk of its own behind the head, whose free rest stays in use. */
static void *take_large(struct arena *arena, size_t size, size_t align)
{
    struct chunk *chunk = chunk_new(arena, size > SIZE_MAX - ALIGN_MAX ? size : size + ALIGN_MAX);
    if (arena->head == NULL) {
        arena->head = chunk;
    } else {
        chunk->next = arena->head->next;
        arena->head->next = chunk;
    }
    return take(chunk, size, align);
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
    void *at = arena->head == NULL ? NULL : take(arena->head, size, align);
    if (at != NULL)
        return at;
    if (size > arena->next_size / 4)
        return take_large(arena, size, align);
    struct chunk *chunk = chunk_new(arena, arena->next_size + ALIGN_MAX);
    chunk->next = arena->head;
    arena->head = chunk;
    if (arena->next_size < CHUNK_MAX)
        arena->next_size *= 2;
    return take(chunk, size, align);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size, size_t align)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        total = SIZE_MAX;
    return arena_alloc(arena, total, align);
}

void *arena_dup(struct arena *arena, const void *data, size_t size, size_t align)
{
    void *copy = arena_alloc(arena, size, align);
    if (size != 0)
        memcpy(copy, data, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_dup(arena, text, strlen(text) + 1, 1);
}

size_t arena_size(const struct arena *arena)
{
    return arena->total;
}
