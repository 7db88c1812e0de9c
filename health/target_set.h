// SPDX-License-Identifier: BSD-2-Clause
/* A copy of the targets that the control thread asked for, on its way to the probe thread.
 * Immutable but for the count of users, which belongs to the thread that holds the set. Equal
 * checks are copied once. */
#pragma once

#include "health/prober.h"

#include <stddef.h>
#include <sys/queue.h>

struct target_set {
    struct arena *arena;
    struct prober_target *targets; /* sorted by id, each id once; check_target is applied */
    size_t count;
    size_t users;
    STAILQ_ENTRY(target_set) link; /* for whoever holds it */
};
STAILQ_HEAD(target_set_list, target_set);

/* Copies everything. Returns owned: one user. */
struct target_set *target_set_new(const struct prober_target *targets, size_t count);
void target_set_ref(struct target_set *set);
/* The last user's call frees it. */
void target_set_unref(struct target_set *set);
