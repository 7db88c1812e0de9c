// SPDX-License-Identifier: BSD-2-Clause
/* The probe thread: a libuv loop that runs every target's check at its interval (with jitter),
 * feeds the state machine, and reports transitions. It owns all probe sockets. The control thread
 * gives it targets and reads their state; nothing here is seen by the DNS workers.
 *
 * A target is (what the check asks, address, port): one target is probed once, however many pools
 * use it. Targets that stay the same over prober_set_targets keep their state, counters and timers.
 * Results that our own stall or lack of descriptors or ports caused are NO_VERDICT. */
#pragma once

#include "health/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prober;

struct prober_target {
    uint32_t id; /* the caller's number for this identity; the same identity keeps its id for the
                    life of the process */
    const struct check *check; /* copied */
    struct endpoint endpoint;
    enum health_verdict seed; /* saved verdict to start from for a target that is new to the prober;
                                 HEALTH_UNKNOWN = none */
    uint64_t seed_since_ms;   /* Unix time at which the seeded verdict began */
    uint8_t seed_weight;      /* saved weight, with a seed only */
};

/* The weight that a target starts from. */
static inline uint8_t prober_seed_weight(const struct prober_target *target)
{
    return target->seed != HEALTH_UNKNOWN ? target->seed_weight : CHECK_WEIGHT_FULL;
}

/* What is known of a target. */
struct prober_status {
    uint32_t id;
    enum health_verdict verdict;
    bool suspect;
    bool probed;               /* at least one attempt has ended */
    enum health_result result; /* of the last attempt */
    uint8_t weight; /* percent that the last pass told, CHECK_WEIGHT_FULL = all. Damped: small
                       changes between all and nothing are left out */
    char reason[96];
    double duration_ms; /* of the last attempt */
    int64_t at_ms;      /* Unix time of the last attempt's end */
    int64_t since_ms;   /* Unix time since when the verdict stands */
    int64_t next_in_ms; /* until the next attempt, >= 0 */
};

/* Called on the probe thread, without a lock: at each change of verdict, `suspect` or weight,
 * and when the first attempt of a target has ended (with no verdict, too). Must not block: hand it
 * over. */
typedef void prober_event_fn(void *data, const struct prober_status *status);

/* Counters and histogram of attempts for /metrics; monotonic. */
#define PROBER_BUCKETS 10
struct prober_metrics {
    uint64_t attempts[3];                     /* by enum health_result */
    uint64_t duration_bucket[PROBER_BUCKETS]; /* attempts up to prober_bucket_ms[i] (cumulative) */
    double duration_sum_ms;
    uint64_t late; /* attempts that started more than an interval late */
};
extern const double prober_bucket_ms[PROBER_BUCKETS];

/* Starts the thread; it takes no signals. At most 1,000 attempts run at the same time, and at most
 * as many as a quarter of RLIMIT_NOFILE as it is now; further ones queue. Returns owned, NULL when
 * the thread or loop cannot be made. */
struct prober *prober_new(prober_event_fn *event, void *data);
/* Stops the thread, cancels what is under way, frees. */
void prober_free(struct prober *prober);

/* Replaces the set of targets (copies everything). Control thread. prober_get knows the new set,
 * with its seeds, when this returns; the probe thread takes it over soon. New targets without a
 * seed are probed at once, seeded ones and later probes are spread over the interval. */
void prober_set_targets(struct prober *prober, const struct prober_target *targets, size_t count);
/* Waits until the first attempt of every target without a seed has ended, or `limit_ms` has passed.
 * Used before the sockets open; any thread but the probe thread. */
void prober_wait_first(struct prober *prober, uint64_t limit_ms);
/* Copies the status of target `id`; false when there is none. Any thread but the workers (takes the
 * prober's lock for a moment). */
bool prober_get(struct prober *prober, uint32_t id, struct prober_status *out);
void prober_get_metrics(struct prober *prober, struct prober_metrics *out);
