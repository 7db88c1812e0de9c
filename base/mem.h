// SPDX-License-Identifier: BSD-2-Clause
/* Heap memory that never fails: out of memory ends the process with a message, which can happen at
 * a load only, since nothing is allocated per query. Any thread. */
#pragma once

#include "base/compiler.h"

#include <stddef.h>
#include <stdint.h>

/* Returns owned, zeroed memory; free with mem_free. Never NULL, also for size 0. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/* Like mem_alloc for count * size, aborts on overflow. */
void *mem_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Grows or shrinks; new bytes are not zeroed. Never NULL. */
void *mem_realloc(void *ptr, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull));
void *mem_dup(const void *data, size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed memory aligned to a cache line; free with mem_free. */
void *mem_alloc_aligned(size_t size) __attribute__((malloc, returns_nonnull));
void mem_free(void *ptr);

/* Makes room for `need` elements of `size` bytes in the array `*array` whose capacity is
 * `*capacity` elements; doubles. */
void mem_grow(void **array, size_t *capacity, size_t need, size_t size);

#define MEM_NEW(type)              ((type *)mem_alloc(sizeof(type)))
#define MEM_NEW_ARRAY(type, count) ((type *)mem_calloc((count), sizeof(type)))
