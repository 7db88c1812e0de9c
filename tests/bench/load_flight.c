// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bench/load.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t load_rng_next(struct load_rng *rng)
{
    uint64_t mixed = rng->state += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

void *load_alloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL)
        abort();
    return memory;
}

uint64_t load_clock_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail with this clock
    return (uint64_t)now.tv_sec * LOAD_NS + (uint64_t)now.tv_nsec;
}

// ---- latencies
// -----------------------------------------------------------------------------------

static size_t bucket_of(uint64_t nanoseconds)
{
    if (nanoseconds < 32)
        return (size_t)nanoseconds;
    unsigned shift = 58U - (unsigned)__builtin_clzll(nanoseconds);
    return shift * 32 + (size_t)(nanoseconds >> shift);
}

// Middle of a bucket.
static double bucket_value(size_t bucket)
{
    if (bucket < 64)
        return (double)bucket;
    unsigned shift = (unsigned)(bucket / 32 - 1);
    return ((double)(bucket % 32 + 32) + 0.5) * (double)(1ULL << shift);
}

void load_stats_latency(struct load_stats *stats, uint64_t nanoseconds)
{
    size_t bucket = bucket_of(nanoseconds);
    stats->latency[bucket < LOAD_HISTOGRAM_SIZE ? bucket : LOAD_HISTOGRAM_SIZE - 1]++;
}

double load_stats_quantile(const struct load_stats *stats, double share)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < LOAD_HISTOGRAM_SIZE; i++)
        total += stats->latency[i];
    for (size_t i = 0; i < LOAD_HISTOGRAM_SIZE; i++) {
        seen += stats->latency[i];
        if (seen > 0 && (double)seen >= share * (double)total)
            return bucket_value(i) / 1000.0;
    }
    return 0;
}

// ---- the window
// -----------------------------------------------------------------------------------

void load_flight_init(struct load_flight *flight, unsigned window, struct load_rng *rng)
{
    *flight = (struct load_flight){
        .slots = load_alloc(window, sizeof(struct load_slot)),
        .free = load_alloc(window, sizeof(uint16_t)),
        .window = window,
        .free_count = window,
        .mask = (uint16_t)load_rng_next(rng),
    };
    while (1U << flight->slot_bits < window)
        flight->slot_bits++;
    for (unsigned i = 0; i < window; i++)
        flight->free[i] = (uint16_t)(window - 1 - i);
}

void load_flight_fini(struct load_flight *flight)
{
    free(flight->slots);
    free(flight->free);
    *flight = (struct load_flight){ .slots = NULL };
}

unsigned load_flight_busy(const struct load_flight *flight)
{
    return flight->window - flight->free_count;
}

struct load_slot *load_flight_take(struct load_flight *flight, const uint8_t *query, uint64_t now,
                                   struct load_rng *rng)
{
    uint16_t index = flight->free[--flight->free_count];
    struct load_slot *slot = &flight->slots[index];
    uint16_t random = (uint16_t)(load_rng_next(rng) << flight->slot_bits);
    slot->query = query;
    slot->sent_ns = now;
    slot->id = (uint16_t)((random | index) ^ flight->mask);
    slot->busy = true;
    return slot;
}

void load_flight_release(struct load_flight *flight, struct load_slot *slot)
{
    slot->busy = false;
    flight->free[flight->free_count++] = (uint16_t)(slot - flight->slots);
}

// The slot that waits for this answer, or NULL.
static struct load_slot *slot_find(struct load_flight *flight, const uint8_t *bytes, size_t length)
{
    if (length < LOAD_HEADER_SIZE)
        return NULL;
    uint16_t id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    unsigned index = (unsigned)(id ^ flight->mask) & ((1U << flight->slot_bits) - 1);
    if (index >= flight->window)
        return NULL;
    struct load_slot *slot = &flight->slots[index];
    return slot->busy && slot->id == id ? slot : NULL;
}

// Is it an answer at all, and does it carry the question as it was asked, case and all?
static bool answer_fits(const uint8_t *bytes, size_t length, const uint8_t *query, bool compare)
{
    if ((bytes[2] & 0x80) == 0 || bytes[4] != 0 || bytes[5] != 1)
        return false;
    if (!compare)
        return true;
    const uint8_t *asked = query + 2;
    size_t question = load_query_length(query) - LOAD_HEADER_SIZE - (asked[11] != 0 ? 11 : 0);
    return length >= LOAD_HEADER_SIZE + question &&
           memcmp(bytes + LOAD_HEADER_SIZE, asked + LOAD_HEADER_SIZE, question) == 0;
}

void load_flight_answer(struct load_flight *flight, struct load_stats *stats, const uint8_t *bytes,
                        size_t length, uint64_t now)
{
    struct load_slot *slot = slot_find(flight, bytes, length);
    if (slot == NULL) {
        stats->stray++;
        return;
    }
    unsigned rcode = bytes[3] & 0x0f;
    if (!answer_fits(bytes, length, slot->query, stats->answered % LOAD_CHECK_EVERY == 0))
        stats->bad++;
    stats->answered++;
    stats->bytes += length;
    stats->rcodes[rcode]++;
    stats->truncated += (bytes[2] & 0x02) != 0;
    stats->empty += rcode == 0 && bytes[6] == 0 && bytes[7] == 0;
    load_stats_latency(stats, now - slot->sent_ns);
    load_flight_release(flight, slot);
}

void load_flight_expire(struct load_flight *flight, struct load_stats *stats, uint64_t deadline)
{
    for (unsigned i = 0; i < flight->window; i++) {
        struct load_slot *slot = &flight->slots[i];
        if (!slot->busy || slot->sent_ns >= deadline)
            continue;
        stats->lost++;
        load_flight_release(flight, slot);
    }
}

// ---- the run
// --------------------------------------------------------------------------------------

uint64_t load_run_budget(const struct load_run *run, uint64_t now)
{
    const struct load_options *options = run->options;
    uint64_t sent = run->stats.sent, budget = UINT64_MAX;
    if (now >= run->stop_ns)
        return 0;
    if (options->count != 0)
        budget = options->count > sent ? options->count - sent : 0;
    if (options->rate != 0) {
        double due = (double)(now - run->start_ns) / (double)LOAD_NS * (double)options->rate;
        uint64_t allowed = due > (double)sent ? (uint64_t)due - sent : 0;
        budget = allowed < budget ? allowed : budget;
    }
    return budget;
}

void load_run_start(struct load_run *run)
{
    uint64_t duration = run->options->duration_ns;
    run->start_ns = load_clock_ns();
    run->stop_ns = duration != 0 ? run->start_ns + duration : UINT64_MAX;
}

bool load_run_over(struct load_run *run, uint64_t now)
{
    const struct load_stats *stats = &run->stats;
    if (now < run->stop_ns) {
        run->timely = stats->answered;
        run->timely_ns = now;
    }
    bool all_sent = run->options->count != 0 && stats->sent >= run->options->count;
    return (all_sent || now >= run->stop_ns) && stats->answered + stats->lost >= stats->sent;
}

bool load_run_expiry_due(struct load_run *run, uint64_t now)
{
    if (now < run->expire_ns)
        return false;
    run->expire_ns = now + LOAD_NS / 100;
    return true;
}
