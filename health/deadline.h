// SPDX-License-Identifier: BSD-2-Clause
/* A heap of points in time, so that one timer serves any number of targets. The items lie inside
 * their owners' structs; the heap only points at them. Pure; one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct deadline {
    uint64_t due_ms;
    size_t place; /* 1 + index in the heap, 0 = not in it; zeroed memory is a valid item */
};

struct deadline_heap {
    struct deadline **items;
    size_t count;
    size_t capacity;
};

void deadline_heap_fini(struct deadline_heap *heap);
/* Puts `item` in, or moves it. Borrows it until deadline_remove. */
void deadline_set(struct deadline_heap *heap, struct deadline *item, uint64_t due_ms);
/* Allowed for an item that is not in the heap. */
void deadline_remove(struct deadline_heap *heap, struct deadline *item);
/* The earliest, NULL when empty. */
struct deadline *deadline_first(const struct deadline_heap *heap);
