// SPDX-License-Identifier: BSD-2-Clause
#include "server/tcp_sources.h"

#include <string.h>

#define FAIR_PARTS 4 /* nobody needs more than this part of the places */

void tcp_sources_init(struct tcp_sources *sources, uint64_t seed)
{
    memset(sources, 0, sizeof(*sources));
    sources->seed = seed;
}

uint16_t tcp_sources_slot(const struct tcp_sources *sources, const struct addr *addr)
{
    uint64_t word = 0;
    memcpy(&word, addr->bytes, addr->family == ADDR_V6 ? 8 : 4);
    uint64_t hash = word ^ sources->seed;
    /* The finisher of splitmix64: every bit of the address reaches the upper ones. */
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebU;
    return (uint16_t)(hash >> 32 & (TCP_SOURCES - 1));
}

void tcp_sources_add(struct tcp_sources *sources, uint16_t slot)
{
    sources->count[slot]++;
}

void tcp_sources_remove(struct tcp_sources *sources, uint16_t slot)
{
    sources->count[slot]--;
}

bool tcp_sources_greedy(const struct tcp_sources *sources, uint16_t slot, unsigned max)
{
    return sources->count[slot] > max / FAIR_PARTS;
}
