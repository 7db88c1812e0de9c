// SPDX-License-Identifier: BSD-2-Clause
#include "health/target_set.h"

#include "base/mem.h"

#include <stdlib.h>

#define CHUNK 4096

static int by_id(const void *a, const void *b)
{
    const struct prober_target *x = a;
    const struct prober_target *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Any order will do that puts the users of one check side by side. */
static int by_check(const void *a, const void *b)
{
    const struct prober_target *x = a;
    const struct prober_target *y = b;
    return ((uintptr_t)x->check > (uintptr_t)y->check) -
           ((uintptr_t)x->check < (uintptr_t)y->check);
}

static void copy_checks(struct target_set *set)
{
    const struct check *last = NULL;
    const struct check *copy = NULL;
    for (size_t i = 0; i < set->count; i++) {
        struct prober_target *target = &set->targets[i];
        if (target->check != last) {
            last = target->check;
            copy = check_copy(set->arena, last);
        }
        target->check = copy;
        target->endpoint = check_target(copy, &target->endpoint);
    }
}

/* The array is sorted by id. */
static size_t drop_doubles(struct prober_target *targets, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || targets[kept - 1].id != targets[i].id)
            targets[kept++] = targets[i];
    }
    return kept;
}

struct target_set *target_set_new(const struct prober_target *targets, size_t count)
{
    struct target_set *set = MEM_NEW(struct target_set);
    set->users = 1;
    set->arena = arena_new(CHUNK);
    set->count = count;
    set->targets = mem_dup(targets, count * sizeof(*targets));
    if (count == 0)
        return set;
    qsort(set->targets, count, sizeof(*targets), by_check);
    copy_checks(set);
    qsort(set->targets, count, sizeof(*targets), by_id);
    set->count = drop_doubles(set->targets, count);
    return set;
}

void target_set_ref(struct target_set *set)
{
    set->users++;
}

void target_set_unref(struct target_set *set)
{
    if (--set->users > 0)
        return;
    arena_free(set->arena);
    mem_free(set->targets);
    mem_free(set);
}
