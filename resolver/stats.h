// SPDX-License-Identifier: BSD-2-Clause
/* Counters of one worker. Only the worker that owns them writes (relaxed loads and stores, no
 * read-modify-write on the bus); any thread may read and sum. */
#pragma once

#include "base/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stats_transport { STATS_UDP, STATS_TCP, STATS_TRANSPORTS };
#define STATS_RCODES 24

/* Answers per pool member: ids are handed out by the control thread and never reused; chunks are
 * added by control before a state that uses their ids is published. */
#define STATS_CHUNK  1024
#define STATS_CHUNKS 1024

struct stats {
    _Atomic uint64_t queries[STATS_TRANSPORTS];
    _Atomic uint64_t responses[STATS_RCODES];
    _Atomic uint64_t truncated;
    _Atomic uint64_t dropped; /* no answer due: too short, QR=1 */
    _Atomic uint64_t send_errors;
    _Atomic uint64_t tcp_accepted;
    _Atomic uint64_t tcp_open;
    _Atomic(_Atomic uint64_t *) members[STATS_CHUNKS];
} CACHE_ALIGNED;

static inline void stats_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline uint64_t stats_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void stats_member(struct stats *stats, uint32_t id)
{
    _Atomic uint64_t *chunk =
        atomic_load_explicit(&stats->members[id / STATS_CHUNK], memory_order_relaxed);
    if (LIKELY(chunk != NULL))
        stats_add(&chunk[id % STATS_CHUNK], 1);
}

/* Control thread: makes the chunks for ids below `count`; false when count is beyond the table. */
bool stats_reserve_members(struct stats *stats, uint32_t count);
uint64_t stats_get_member(const struct stats *stats, uint32_t id);
void stats_fini(struct stats *stats);
