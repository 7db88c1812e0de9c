// SPDX-License-Identifier: BSD-2-Clause
/* The names of a zone while it is being built: a growing array and a hash table over it, which
 * become those of the zone. Internal to zones/. One thread at a time. */
#pragma once

#include "base/arena.h"
#include "base/name.h"
#include "zones/zone.h"

#include <stddef.h>
#include <stdint.h>

#define NODES_NONE UINT32_MAX

/* A record that waits for its set. In the builder's arena, which lives as long as the build. */
struct build_record {
    struct build_record *next; /* of the same node: the one before it in the file */
    const char *file;
    uint32_t line;
    uint32_t ttl;
    uint16_t type;
    uint16_t length;
    uint8_t rdata[];
};

struct build_node {
    const uint8_t *name; /* in the zone's arena, lower case; a parent's lies in its child's */
    struct build_record *records; /* the last in the file first */
    uint64_t hash;
    uint32_t parent;
    uint8_t name_length;
    uint8_t labels;
    uint16_t flags; /* enum zone_node_flag */
};

struct nodes {
    struct arena *names; /* borrowed: where the names go */
    unsigned apex_labels;
    struct build_node *items; /* [0] is the apex; a parent stands before its children */
    size_t count;
    size_t capacity;
    struct zone_slot *slots;
    uint32_t mask; /* slots - 1 */
};

/* `apex` in lower case with its hashes. */
void nodes_init(struct nodes *nodes, struct arena *names, const uint8_t *apex,
                const struct name_hashes *hashes);
void nodes_fini(struct nodes *nodes);
/* Index of the node of the name, which is made, with all between it and the apex, when it is not
 * there. `name` in lower case, at or below the apex. */
uint32_t nodes_add(struct nodes *nodes, const uint8_t *name, const struct name_hashes *hashes);
/* NODES_NONE when it is not there. */
uint32_t nodes_find(const struct nodes *nodes, const uint8_t *name, size_t length, uint64_t hash);
