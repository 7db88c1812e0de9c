// SPDX-License-Identifier: BSD-2-Clause
#include "health/deadline.h"

#include "base/mem.h"

static void heap_put(struct deadline_heap *heap, size_t index, struct deadline *item)
{
    heap->items[index] = item;
    item->place = index + 1;
}

static void heap_up(struct deadline_heap *heap, size_t index)
{
    struct deadline *item = heap->items[index];
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (heap->items[parent]->due_ms <= item->due_ms)
            break;
        heap_put(heap, index, heap->items[parent]);
        index = parent;
    }
    heap_put(heap, index, item);
}

static void heap_down(struct deadline_heap *heap, size_t index)
{
    struct deadline *item = heap->items[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->items[child + 1]->due_ms < heap->items[child]->due_ms)
            child++;
        if (item->due_ms <= heap->items[child]->due_ms)
            break;
        heap_put(heap, index, heap->items[child]);
        index = child;
    }
    heap_put(heap, index, item);
}

static void heap_settle(struct deadline_heap *heap, struct deadline *item)
{
    heap_up(heap, item->place - 1);
    heap_down(heap, item->place - 1);
}

void deadline_heap_fini(struct deadline_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        heap->items[i]->place = 0;
    mem_free(heap->items);
    *heap = (struct deadline_heap){ 0 };
}

void deadline_set(struct deadline_heap *heap, struct deadline *item, uint64_t due_ms)
{
    item->due_ms = due_ms;
    if (item->place == 0) {
        void *items = heap->items;
        mem_grow(&items, &heap->capacity, heap->count + 1, sizeof(struct deadline *));
        heap->items = items;
        heap_put(heap, heap->count++, item);
    }
    heap_settle(heap, item);
}

void deadline_remove(struct deadline_heap *heap, struct deadline *item)
{
    if (item->place == 0)
        return;
    size_t index = item->place - 1;
    struct deadline *last = heap->items[--heap->count];
    item->place = 0;
    if (last == item)
        return;
    heap_put(heap, index, last);
    heap_settle(heap, last);
}

struct deadline *deadline_first(const struct deadline_heap *heap)
{
    return heap->count > 0 ? heap->items[0] : NULL;
}
