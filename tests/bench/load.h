// SPDX-License-Identifier: BSD-2-Clause
// Parts of dnsload, the load generator: options, the queries to send, the window of queries in
// flight on one socket, and what was counted. One thread; every struct belongs to its caller.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define LOAD_HEADER_SIZE 12
// Length prefix, header, longest name, type and class, OPT record.
#define LOAD_QUERY_MAX  (2 + LOAD_HEADER_SIZE + 255 + 4 + 11)
#define LOAD_ANSWER_MAX 4096
#define LOAD_WINDOW_MAX 1024
#define LOAD_NS         1000000000ULL
// One answer in so many has its question compared with the query.
#define LOAD_CHECK_EVERY 16

struct load_options {
    struct sockaddr_storage target;
    socklen_t target_len;
    const char *queries_path;
    uint64_t duration_ns; // 0: by count only
    uint64_t count;       // queries to send; 0: by time only
    uint64_t timeout_ns;  // older than this, a query is lost
    uint64_t rate;        // queries a second; 0: as fast as answers come
    uint64_t seed;
    unsigned sockets;
    unsigned window; // queries in flight on each socket
    int cpu;         // -1: not pinned
    uint16_t edns;   // payload size; 0: no OPT record
    bool dnssec_ok;
    bool tcp;
    bool gso;
    bool block; // sleep when nothing arrived instead of spinning
};

// Small generator (splitmix64); the same seed gives the same run.
struct load_rng {
    uint64_t state;
};
uint64_t load_rng_next(struct load_rng *rng);

// Memory that is cleared, or the program ends.
void *load_alloc(size_t count, size_t size);
uint64_t load_clock_ns(void);

// ---- queries ---------------------------------------------------------------------------------

// All queries in the order in which they are sent, each with its two bytes of length in front (as
// DNS over TCP has it). The id is 0. Walked in memory order, so that the client does not pay
// for cache misses where the server shall.
struct load_queries {
    uint8_t *bytes;
    size_t size;
    size_t count;
    size_t at; // offset of the next one
};

// Encodes one `NAME TYPE` line with the length in front. Returns the bytes written, 0 if the line
// is wrong. `out` has room for LOAD_QUERY_MAX.
size_t load_query_encode(const char *line, const struct load_options *options, uint8_t *out);

// Reads `path`, shuffled by the seed. False after a message on stderr. Free with load_queries_fini.
bool load_queries_read(struct load_queries *queries, const struct load_options *options);
// The same from a string (for the self-test).
bool load_queries_parse(struct load_queries *queries, const char *text,
                        const struct load_options *options);
void load_queries_fini(struct load_queries *queries);

// The next query, its length prefix first; after the last comes the first again. Borrowed.
const uint8_t *load_queries_next(struct load_queries *queries);
// Length of a query without its prefix.
size_t load_query_length(const uint8_t *query);

// ---- what is counted -------------------------------------------------------------------------

// Latencies in nanoseconds: 32 steps to the power of two, so at most 3 % off.
#define LOAD_HISTOGRAM_SIZE (60 * 32)

struct load_stats {
    uint64_t sent;
    uint64_t answered;
    uint64_t lost;
    uint64_t stray;     // answers that no query waited for (late ones too)
    uint64_t bad;       // not an answer to the question asked
    uint64_t truncated; // TC set
    uint64_t empty;     // NOERROR without a record in the answer section
    uint64_t bytes;
    uint64_t rcodes[16];
    uint64_t latency[LOAD_HISTOGRAM_SIZE];
};

void load_stats_latency(struct load_stats *stats, uint64_t nanoseconds);
// Latency in microseconds below which `share` (0 to 1) of the answers came; 0 without answers.
double load_stats_quantile(const struct load_stats *stats, double share);

// ---- a window of queries in flight on one socket
// --------------------------------------------------

struct load_slot {
    const uint8_t *query;
    uint64_t sent_ns;
    uint16_t id;
    bool busy;
};

// The low bits of an id (mixed with `mask`) name the slot, the others are random for each
// query, so that a late answer to a query given up is told from the one to its successor.
struct load_flight {
    struct load_slot *slots;
    uint16_t *free;
    unsigned window;
    unsigned free_count;
    uint16_t slot_bits;
    uint16_t mask;
};

void load_flight_init(struct load_flight *flight, unsigned window, struct load_rng *rng);
void load_flight_fini(struct load_flight *flight);
unsigned load_flight_busy(const struct load_flight *flight);
// Takes a free slot (there must be one) for `query` (borrowed until it is answered or lost).
struct load_slot *load_flight_take(struct load_flight *flight, const uint8_t *query, uint64_t now,
                                   struct load_rng *rng);
// Frees a slot whose query was not sent after all.
void load_flight_release(struct load_flight *flight, struct load_slot *slot);
// Matches an answer (no length prefix) with its query, checks and counts it.
void load_flight_answer(struct load_flight *flight, struct load_stats *stats, const uint8_t *bytes,
                        size_t length, uint64_t now);
// Gives up, as lost, what was sent before `deadline`.
void load_flight_expire(struct load_flight *flight, struct load_stats *stats, uint64_t deadline);

// ---- a run --------------------------------------------------------------------------------------

struct load_run {
    const struct load_options *options;
    struct load_queries queries;
    struct load_stats stats;
    struct load_rng rng;
    uint64_t start_ns;
    uint64_t stop_ns; // no query is sent after it
    uint64_t expire_ns;
    uint64_t timely;    // answers up to timely_ns, which is the stop or soon before: the few that
    uint64_t timely_ns; // trickle in when nothing is sent any more tell nothing of the speed
};

// Starts the clock; call it when all sockets are connected.
void load_run_start(struct load_run *run);

// How many queries may be sent now.
uint64_t load_run_budget(const struct load_run *run, uint64_t now);
// True when nothing is to be sent any more and nothing is awaited. Call it at each turn.
bool load_run_over(struct load_run *run, uint64_t now);
// True at most 100 times a second: time to look for lost queries.
bool load_run_expiry_due(struct load_run *run, uint64_t now);

// A connected socket to the target, or -1 with errno. Used with MSG_DONTWAIT only.
int load_connect(const struct load_options *options);

// Send until the run is over. False after a message on stderr.
bool load_udp_run(struct load_run *run);
bool load_tcp_run(struct load_run *run);

// Tests of the parts that need no server; 0 if all passed.
int load_selftest(void);
