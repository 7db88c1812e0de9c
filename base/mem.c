// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NORETURN COLD void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "out of memory (asked for %zu bytes)\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    void *ptr = calloc(1, size == 0 ? 1 : size);
    if (ptr == NULL)
        out_of_memory(size);
    return ptr;
}

void *mem_calloc(size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory(SIZE_MAX);
    return mem_alloc(total);
}

void *mem_realloc(void *ptr, size_t size)
{
    void *grown = realloc(ptr, size == 0 ? 1 : size);
    if (grown == NULL)
        out_of_memory(size);
    return grown;
}

char *mem_strdup(const char *text)
{
    return mem_dup(text, strlen(text) + 1);
}

void *mem_dup(const void *data, size_t size)
{
    void *copy = mem_alloc(size);
    if (size != 0)
        memcpy(copy, data, size);
    return copy;
}

void *mem_alloc_aligned(size_t size)
{
    if (size > SIZE_MAX - CACHE_LINE)
        out_of_memory(size);
    size_t rounded = (size + CACHE_LINE) / CACHE_LINE * CACHE_LINE;
    void *ptr = aligned_alloc(CACHE_LINE, rounded);
    if (ptr == NULL)
        out_of_memory(size);
    memset(ptr, 0, rounded);
    return ptr;
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_grow(void **array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return;
    size_t wanted = *capacity < 4 ? 4 : *capacity;
    while (wanted < need)
        wanted = wanted > SIZE_MAX / 2 ? need : wanted * 2;
    size_t total = 0;
    if (__builtin_mul_overflow(wanted, size, &total))
        out_of_memory(SIZE_MAX);
    *array = mem_realloc(*array, total);
    *capacity = wanted;
}
