// SPDX-License-Identifier: BSD-2-Clause
/* One query to one answer: bytes in, bytes out. No socket, no clock, no allocation, no lock; UDP, TCP, explain, tests, fuzzers and the bench call the same two functions.
 *
 *   resolver_parse   header, question, EDNS; hashes the name and prefetches the table lines, so that a batch can be parsed before it is answered
 *   resolver_answer  find zone and node, pick, write sections, EDNS, truncation -> length (0 = send nothing)
 */
#pragma once

#include "resolver/query.h"
#include "resolver/state.h"
#include "resolver/stats.h"

#define RESOLVER_CHAIN_MAX 16 /* CNAME/DNAME hops inside our zones; then NOERROR with what was found */

/* A worker's own; one per thread, made once. */
struct resolver_scratch {
    struct rng rng;
    struct stats *stats;
    struct trace *trace; /* explain: the steps are written, and no counter moves; else NULL */
    struct pick pick;
};

struct resolver_request {
    const uint8_t *packet; /* the query; may not overlap the answer's buffer */
    size_t size;
    bool tcp;
    enum query_verdict verdict; /* by resolver_parse */
    struct query query;         /* by resolver_parse */
};

/* Fills request->query and ->verdict; touches the memory that the answer will need first. */
void resolver_parse(const struct state *state, struct resolver_request *request);
/* Writes the answer into `out` (`size` at least 512; 65535 for TCP); returns its length, 0 when no answer is due. */
size_t resolver_answer(const struct state *state, struct resolver_scratch *scratch, const struct resolver_request *request, uint8_t *out,
                       size_t size);
