// SPDX-License-Identifier: BSD-2-Clause
/* One query to one answer: bytes in, bytes out. No socket, no clock, no allocation, no lock; UDP,
 * TCP, explain, tests, fuzzers and the bench call the same two functions.
 *
 *   resolver_parse   header, question, EDNS; hashes the name and prefetches the table line, so that
 *                    a batch can be parsed before it is answered
 *   resolver_answer  find zone and node, pick, write sections, EDNS, truncation */
#pragma once

#include "resolver/query.h"
#include "resolver/state.h"
#include "resolver/stats.h"

/* CNAME and DNAME hops inside our zones; then NOERROR with what was found. */
#define RESOLVER_CHAIN_MAX 16

/* A DNAME in the message, and where its target stands there. */
struct resolver_dname {
    const struct rrset *set; /* NULL for a hop by CNAME */
    size_t target;
};

/* The name that an alias led to, and where the chain has been; the resolver's own. */
struct resolver_chain {
    uint8_t name[NAME_MAX_LEN];
    struct name_hashes hashes;
    uint64_t seen[RESOLVER_CHAIN_MAX + 1]; /* hashes of the names before */
    struct resolver_dname dnames[RESOLVER_CHAIN_MAX + 1];
};

/* A worker's own; one per thread, made once: rng seeded, stats and trace set, the rest zeroed. */
struct resolver_scratch {
    struct rng rng;
    struct stats *stats;
    struct trace *trace; /* explain: the steps are written, and no counter moves; else NULL */
    struct pick pick;
    struct resolver_chain chain;
};

struct resolver_request {
    const uint8_t *packet; /* the query; may not overlap the answer's buffer */
    size_t size;
    bool tcp;
    enum query_verdict verdict; /* by resolver_parse */
    struct query query;         /* by resolver_parse */
    const struct zone *zone;    /* by resolver_parse: nearest at or above the name, or NULL */
    size_t zone_index;
};

/* Fills all of the request that is not the caller's; touches the memory that the answer will need
 * first. `state` must be the same in both calls. */
void resolver_parse(const struct state *state, struct resolver_request *request);
/* Writes the answer into `out` (`size` at least 512; 65535 for TCP); returns its length, 0 when no
 * answer is due. */
size_t resolver_answer(const struct state *state, struct resolver_scratch *scratch,
                       const struct resolver_request *request, uint8_t *out, size_t size);
