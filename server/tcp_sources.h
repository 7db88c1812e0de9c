// SPDX-License-Identifier: BSD-2-Clause
/* How many connections each source has, roughly: sources that share a slot count as one. Decides
 * who makes room when all places are taken. Owned by one worker, worker thread only. */
#pragma once

#include "base/addr.h"

#include <stdint.h>

#define TCP_SOURCES 1024

struct tcp_sources {
    uint64_t seed; /* so that nobody can choose to share a slot with somebody else */
    uint32_t count[TCP_SOURCES];
};

void tcp_sources_init(struct tcp_sources *sources, uint64_t seed);
/* The slot of an address; of IPv6 its /64, since a host has all of that. */
uint16_t tcp_sources_slot(const struct tcp_sources *sources, const struct addr *addr);
void tcp_sources_add(struct tcp_sources *sources, uint16_t slot);
void tcp_sources_remove(struct tcp_sources *sources, uint16_t slot);
/* True when the slot has more than a fair share of `max` places: then one of its own goes. */
bool tcp_sources_greedy(const struct tcp_sources *sources, uint16_t slot, unsigned max);
