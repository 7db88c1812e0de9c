// SPDX-License-Identifier: BSD-2-Clause
#include "health/prober.h"

#include "base/clock.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "health/check_loop.h"
#include "health/check_runner.h"
#include "health/pace.h"
#include "health/target_set.h"

#include <uv.h>

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#define RUNNING_MAX 1000
#define RUNNING_MIN 16

const double prober_bucket_ms[PROBER_BUCKETS] = { 1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000 };

/* What other threads may ask about one target. */
struct entry {
    struct prober_status status;
    uint64_t due_ms; /* next attempt, by clock_mono_ms */
    bool awaited;    /* has no seed and no first result yet */
};

struct prober {
    prober_event_fn *event;
    void *data;
    pthread_t thread;
    uv_async_t wake; /* something below has changed */
    struct check_loop loop;
    struct check_runner *runner; /* probe thread */

    pthread_mutex_t lock;  /* held for moments only: all below */
    pthread_cond_t first;  /* `awaited` has become 0 */
    struct entry *entries; /* sorted by id */
    size_t count;
    size_t awaited;
    struct target_set_list coming; /* sets that the probe thread has not taken over yet */
    bool stop;
    struct prober_metrics metrics; /* buckets each on its own here */
};

static struct entry *entry_find(const struct prober *prober, uint32_t id)
{
    size_t low = 0;
    size_t high = prober->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (prober->entries[middle].status.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < prober->count && prober->entries[low].status.id == id;
    return found ? &prober->entries[low] : NULL;
}

static void count_attempt(struct prober_metrics *metrics, const struct check_outcome *outcome)
{
    metrics->attempts[outcome->status.result]++;
    metrics->duration_sum_ms += outcome->status.duration_ms;
    metrics->late += outcome->late ? 1 : 0;
    for (size_t i = 0; i < PROBER_BUCKETS; i++) {
        if (outcome->status.duration_ms <= prober_bucket_ms[i]) {
            metrics->duration_bucket[i]++;
            break;
        }
    }
}

/* After the event has been handed over: who waited for the first results finds all of them. */
static void end_wait(struct prober *prober, uint32_t id)
{
    pthread_mutex_lock(&prober->lock);
    struct entry *entry = entry_find(prober, id);
    if (entry != NULL && entry->awaited) {
        entry->awaited = false;
        if (--prober->awaited == 0)
            pthread_cond_broadcast(&prober->first);
    }
    pthread_mutex_unlock(&prober->lock);
}

static int64_t until_ms(uint64_t due_ms)
{
    uint64_t now = clock_mono_ms();
    return due_ms > now ? (int64_t)(due_ms - now) : 0;
}

/* Probe thread. The result of a target that control has dropped meanwhile is counted only. */
static void on_outcome(void *data, const struct check_outcome *outcome)
{
    struct prober *prober = data;
    struct prober_status status = outcome->status;
    status.next_in_ms = until_ms(outcome->due_ms);

    pthread_mutex_lock(&prober->lock);
    count_attempt(&prober->metrics, outcome);
    struct entry *entry = entry_find(prober, status.id);
    bool known = entry != NULL;
    if (known) {
        entry->status = status;
        entry->due_ms = outcome->due_ms;
    }
    pthread_mutex_unlock(&prober->lock);

    if (known && outcome->notify)
        prober->event(prober->data, &status);
    end_wait(prober, status.id);
}

/* Probe thread. */
static void on_wake(uv_async_t *async)
{
    struct prober *prober = CONTAINER_OF(async, struct prober, wake);
    struct target_set_list taken = STAILQ_HEAD_INITIALIZER(taken);
    pthread_mutex_lock(&prober->lock);
    STAILQ_CONCAT(&taken, &prober->coming);
    bool stop = prober->stop;
    pthread_mutex_unlock(&prober->lock);

    struct target_set *set = NULL;
    while ((set = STAILQ_FIRST(&taken)) != NULL) {
        STAILQ_REMOVE_HEAD(&taken, link);
        check_runner_set_targets(prober->runner, set);
    }
    if (stop)
        uv_stop(&prober->loop.uv);
}

static void *probe_thread(void *data)
{
    struct prober *prober = data;
    uv_run(&prober->loop.uv, UV_RUN_DEFAULT);
    check_runner_free(prober->runner);
    uv_close((uv_handle_t *)&prober->wake, NULL);
    check_loop_fini(&prober->loop);
    return NULL;
}

/* Signals are the control thread's. */
static int start_thread(struct prober *prober)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&prober->thread, NULL, probe_thread, prober);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        (void)pthread_setname_np(prober->thread, "probe");
    return rc;
}

/* A quarter of the descriptors at most: clients' connections need them too. */
static size_t running_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return RUNNING_MAX;
    size_t share = limit.rlim_cur / 4;
    if (share < RUNNING_MIN)
        return RUNNING_MIN;
    return share < RUNNING_MAX ? share : RUNNING_MAX;
}

static void init_sync(struct prober *prober)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&prober->first, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&prober->lock, NULL);
}

static void prober_delete(struct prober *prober)
{
    struct target_set *set = NULL;
    while ((set = STAILQ_FIRST(&prober->coming)) != NULL) {
        STAILQ_REMOVE_HEAD(&prober->coming, link);
        target_set_unref(set);
    }
    pthread_cond_destroy(&prober->first);
    pthread_mutex_destroy(&prober->lock);
    mem_free(prober->entries);
    mem_free(prober);
}

struct prober *prober_new(prober_event_fn *event, void *data)
{
    struct prober *prober = MEM_NEW(struct prober);
    prober->event = event;
    prober->data = data;
    STAILQ_INIT(&prober->coming);
    init_sync(prober);
    if (check_loop_init(&prober->loop) != 0) {
        prober_delete(prober);
        return NULL;
    }
    struct check_runner_config config = {
        .running_max = running_max(),
        .publish = on_outcome,
        .data = prober,
    };
    prober->runner = check_runner_new(&prober->loop, &config);
    int rc = uv_async_init(&prober->loop.uv, &prober->wake, on_wake);
    bool waking = rc == 0;
    if (waking)
        rc = start_thread(prober);
    if (rc != 0) {
        check_runner_free(prober->runner);
        if (waking)
            uv_close((uv_handle_t *)&prober->wake, NULL);
        check_loop_fini(&prober->loop);
        prober_delete(prober);
        return NULL;
    }
    return prober;
}

void prober_free(struct prober *prober)
{
    if (prober == NULL)
        return;
    pthread_mutex_lock(&prober->lock);
    prober->stop = true;
    pthread_mutex_unlock(&prober->lock);
    uv_async_send(&prober->wake);
    pthread_join(prober->thread, NULL);
    prober_delete(prober);
}

/* A target that was there keeps what is known of it; a new one starts from its seed. */
static struct entry entry_make(const struct prober *prober, const struct prober_target *target)
{
    const struct entry *old = entry_find(prober, target->id);
    if (old != NULL)
        return *old;
    bool seeded = target->seed != HEALTH_UNKNOWN;
    return (struct entry){
        .status = { .id = target->id,
                    .verdict = target->seed,
                    .result = HEALTH_NO_VERDICT,
                    .weight = prober_seed_weight(target),
                    .since_ms = (int64_t)target->seed_since_ms },
        .due_ms =
            clock_mono_ms() + (seeded ? pace_phase_ms(target->id, target->check->interval_ms) : 0),
        .awaited = !seeded,
    };
}

void prober_set_targets(struct prober *prober, const struct prober_target *targets, size_t count)
{
    struct target_set *set = target_set_new(targets, count);
    struct entry *entries = MEM_NEW_ARRAY(struct entry, set->count);

    pthread_mutex_lock(&prober->lock);
    size_t awaited = 0;
    for (size_t i = 0; i < set->count; i++) {
        entries[i] = entry_make(prober, &set->targets[i]);
        awaited += entries[i].awaited ? 1 : 0;
    }
    struct entry *old = prober->entries;
    prober->entries = entries;
    prober->count = set->count;
    prober->awaited = awaited;
    if (awaited == 0)
        pthread_cond_broadcast(&prober->first);
    STAILQ_INSERT_TAIL(&prober->coming, set, link);
    pthread_mutex_unlock(&prober->lock);

    mem_free(old);
    uv_async_send(&prober->wake);
}

void prober_wait_first(struct prober *prober, uint64_t limit_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(limit_ms / 1000);
    until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&prober->lock);
    int rc = 0;
    while (prober->awaited > 0 && rc == 0)
        rc = pthread_cond_timedwait(&prober->first, &prober->lock, &until);
    pthread_mutex_unlock(&prober->lock);
}

bool prober_get(struct prober *prober, uint32_t id, struct prober_status *out)
{
    pthread_mutex_lock(&prober->lock);
    const struct entry *entry = entry_find(prober, id);
    if (entry != NULL) {
        *out = entry->status;
        out->next_in_ms = until_ms(entry->due_ms);
    }
    pthread_mutex_unlock(&prober->lock);
    return entry != NULL;
}

void prober_get_metrics(struct prober *prober, struct prober_metrics *out)
{
    pthread_mutex_lock(&prober->lock);
    *out = prober->metrics;
    pthread_mutex_unlock(&prober->lock);
    for (size_t i = 1; i < PROBER_BUCKETS; i++)
        out->duration_bucket[i] += out->duration_bucket[i - 1];
}
