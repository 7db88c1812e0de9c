// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/stats.h"

#include "base/mem.h"

bool stats_reserve_members(struct stats *stats, uint32_t count)
{
    if (count > STATS_CHUNK * STATS_CHUNKS)
        return false;
    for (uint32_t i = 0; i * STATS_CHUNK < count; i++) {
        if (atomic_load_explicit(&stats->members[i], memory_order_relaxed) != NULL)
            continue;
        _Atomic uint64_t *chunk = mem_alloc_aligned(STATS_CHUNK * sizeof(*chunk));
        /* Release: a worker that sees the chunk sees its zeroes. */
        atomic_store_explicit(&stats->members[i], chunk, memory_order_release);
    }
    return true;
}

uint64_t stats_get_member(const struct stats *stats, uint32_t id)
{
    if (id >= STATS_CHUNK * STATS_CHUNKS)
        return 0;
    _Atomic uint64_t *chunk =
        atomic_load_explicit(&stats->members[id / STATS_CHUNK], memory_order_acquire);
    return chunk == NULL ? 0 : stats_get(&chunk[id % STATS_CHUNK]);
}

void stats_fini(struct stats *stats)
{
    for (size_t i = 0; i < STATS_CHUNKS; i++) {
        mem_free(atomic_load_explicit(&stats->members[i], memory_order_relaxed));
        atomic_store_explicit(&stats->members[i], NULL, memory_order_relaxed);
    }
}
