// SPDX-License-Identifier: BSD-2-Clause
/* What the workers see: one immutable state per publish. Made by the control thread, read by any
 * worker until it has acknowledged a newer one. What must outlive a publish (rotation counters,
 * statistics) is pointed to, not contained. */
#pragma once

#include "resolver/picker.h"
#include "zones/zonedb.h"

#include <stdatomic.h>

/* Rotation counter of one (name, type): one cache line, shared by all workers, kept over publishes
 * and reloads. */
struct turn {
    _Atomic uint64_t value;
} CACHE_ALIGNED;

/* Counters of plain RRsets with several records: found by name hash and type; two names that share
 * one only lose strictness. */
#define STATE_TURNS 4096

/* A name that a pool answers; index = zone_node.binding. */
struct state_binding {
    struct picker *picker[PICKER_FAMILIES]; /* one reference each; NULL when the binding does not
                                               answer that family */
    struct turn *turn[PICKER_FAMILIES];
    uint32_t ttl;         /* the name's own, or PICKER_TTL_NONE */
    uint32_t default_ttl; /* where neither the name nor a pool has one: the zone's default, at most
                             30 s */
    const char *pool;     /* name, for traces */
};

struct state_zone {
    const struct state_binding *bindings;
};

struct state_settings {
    const uint8_t *nsid; /* NULL or empty = none */
    uint16_t nsid_length;
    uint16_t udp_payload; /* what we announce and the most we send: 1232 */
};

struct state {
    uint64_t generation;
    const struct zonedb *zonedb;
    const struct state_zone *zones; /* by index in zonedb */
    struct turn *turns;             /* STATE_TURNS of them */
    struct state_settings settings;
    void *world; /* the owner's; not for the resolver */
};
