// SPDX-License-Identifier: BSD-2-Clause
#include "server/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/control_internal.h"

#include <malloc.h>
#include <string.h>

/* --- the last one of a world frees it, off the thread: a big one takes a while --- */

struct release {
    uv_work_t work;
    struct control *control;
    struct world *world;
};

static void release_work(uv_work_t *work)
{
    struct release *release = work->data;
    world_free(release->world);
    /* Threads of the pool take turns, and the allocator keeps for each what it has freed: without
     * this, the process would come to hold a world a thread. */
    (void)malloc_trim(0);
}

static void released(uv_work_t *work, int status)
{
    struct release *release = work->data;
    (void)status;
    release->control->background--;
    mem_free(release);
}

static void release_world(void *data, struct world *world)
{
    struct control *control = data;
    if (control->stopping) {
        world_free(world);
        return;
    }
    struct release *release = MEM_NEW(struct release);
    release->work.data = release;
    release->control = control;
    release->world = world;
    control->background++;
    (void)uv_queue_work(control->loop, &release->work, release_work, released);
}

/* --- start and end --- */

static void close_handles(struct control *control)
{
    uv_close((uv_handle_t *)&control->inbox_async, NULL);
    uv_close((uv_handle_t *)&control->acknowledged, NULL);
    uv_close((uv_handle_t *)&control->publish_timer, NULL);
    uv_close((uv_handle_t *)&control->waiter_timer, NULL);
    uv_close((uv_handle_t *)&control->save_retry, NULL);
    uv_close((uv_handle_t *)&control->verdict_timer, NULL);
    uv_close((uv_handle_t *)&control->expire_timer, NULL);
    uv_close((uv_handle_t *)&control->progress_timer, NULL);
    (void)uv_run(control->loop, UV_RUN_NOWAIT); /* closes them */
}

/* Nothing of ours runs any more. */
static void control_release(struct control *control)
{
    prober_free(control->prober);
    control_ipvs_free(control->ipvs);
    control->ipvs = NULL;
    close_handles(control);
    control_reload_fini(control);
    pool_table_free(control->pools); /* it borrows from the world */
    publisher_world_unref(control->publisher, control->world);
    publisher_free(control->publisher);
    override_store_free(control->overrides);
    alarms_free(control->alarms);
    events_free(control->events);
    registry_free(control->registry);
    uv_mutex_destroy(&control->inbox_lock);
    mem_free(control->inbox);
    mem_free(control->verdicts);
    mem_free(control->weights);
    mem_free(control->seeded_ms);
    mem_free(control->target_index);
    mem_free(control->first);
    mem_free(control->users);
    mem_free(control->dirty);
    mem_free(control->pool_alarms);
    mem_free(control->overridden);
    mem_free(control->overridden_services);
    mem_free(control->config_file);
    mem_free(control);
}

static bool start_workers(struct control *control, struct errlist *errors)
{
    const struct state *state = publisher_newest(control->publisher);
    for (unsigned i = 0; i < control->worker_count; i++) {
        (void)stats_reserve_members(worker_stats(control->workers[i]),
                                    registry_member_count(control->registry));
        if (!worker_start(control->workers[i], state)) {
            errlist_add(errors, "a worker thread cannot be started (limits on threads or files?)");
            return false;
        }
    }
    return true;
}

static void stop_workers(struct control *control)
{
    for (unsigned i = 0; i < control->worker_count; i++)
        worker_stop(control->workers[i]);
    for (unsigned i = 0; i < control->worker_count; i++)
        worker_join(control->workers[i]);
}

/* Background work uses the prober, the world and the state files, so it ends before these are
 * touched. */
static void wind_down(struct control *control)
{
    control->stopping = true;
    (void)uv_timer_stop(&control->publish_timer);
    (void)uv_timer_stop(&control->save_retry);
    (void)uv_timer_stop(&control->verdict_timer);
    (void)uv_timer_stop(&control->expire_timer);
    stop_workers(control);
    control_load_cancel(control);
    while (control->background > 0)
        (void)uv_run(control->loop, UV_RUN_ONCE);
}

struct control *control_new(const struct control_options *options, struct errlist *errors)
{
    struct control *control = MEM_NEW(struct control);
    control->loop = options->loop;
    control->config_file = mem_strdup(options->config_file);
    control->check = options->check;
    control->workers = options->workers;
    control->worker_count = options->worker_count;
    control->seed = rng_entropy();
    control->started_ms = clock_wall_ms();
    control->registry = registry_new();
    control->publisher = publisher_new(control->registry, release_world, control);
    control->events = events_new();
    control->alarms = alarms_new(control->events);
    control->overrides = override_store_new();
    control_health_init(control);
    control_publish_init(control);
    control_save_init(control);
    control_verdicts_init(control);
    control_reload_init(control);
    control_override_init(control);
    if (options->ipvs)
        control->ipvs = control_ipvs_new(control, options->ipvs_fd);
    control->prober = prober_new(control_health_event, control);
    if (control->prober == NULL)
        errlist_add(errors, "the probe thread cannot be started");
    bool ok = control->prober != NULL && control_load_first(control, options, errors);
    if (ok)
        control_ipvs_first(control, options->ending);
    if (!ok || !start_workers(control, errors)) {
        wind_down(control);
        control_release(control);
        return NULL;
    }
    control->ready = true;
    release_world(control, NULL); /* what only loading needed goes back to the system */
    return control;
}

void control_settle(struct control *control)
{
    uint64_t end = clock_mono_ms() + CONTROL_SETTLE_MS;
    /* While somebody waits, the timer of waiters wakes the loop. */
    while (control->waiters != NULL && clock_mono_ms() < end)
        (void)uv_run(control->loop, UV_RUN_ONCE);
    control_ipvs_exit(control);
}

void control_free(struct control *control)
{
    if (control == NULL)
        return;
    control->ready = false;
    wind_down(control);
    control_save_all_now(control);
    control_waiters_check(control);
    control_release(control);
}

/* --- looking --- */

uv_loop_t *control_loop(struct control *control)
{
    return control->loop;
}

const struct world *control_world(const struct control *control)
{
    return control->world;
}

uint64_t control_generation(const struct control *control)
{
    return publisher_generation(control->publisher);
}

int64_t control_started_ms(const struct control *control)
{
    return control->started_ms;
}

struct override_store *control_overrides(struct control *control)
{
    return control->overrides;
}

struct alarms *control_alarms(struct control *control)
{
    return control->alarms;
}

struct events *control_events(struct control *control)
{
    return control->events;
}

struct prober *control_prober(struct control *control)
{
    return control->prober;
}

const struct pool_table *control_pools(const struct control *control)
{
    return control->pools;
}

unsigned control_worker_count(const struct control *control)
{
    return control->worker_count;
}

const struct stats *control_worker_stats(const struct control *control, unsigned worker)
{
    return worker_stats(control->workers[worker]);
}

uint64_t control_reload_failures(const struct control *control)
{
    return control->reload_failures;
}

bool control_ready(const struct control *control)
{
    return control->ready;
}

void control_on_reload(struct control *control, void (*fn)(void *data), void *data)
{
    control->on_reload = fn;
    control->on_reload_data = data;
}

size_t control_explain(struct control *control, const uint8_t *packet, size_t size, bool tcp,
                       struct trace *trace, uint8_t *out, size_t out_size)
{
    const struct state *state = publisher_newest(control->publisher);
    struct stats *unused = (struct stats *)mem_alloc_aligned(sizeof(*unused));
    struct resolver_scratch scratch = { .stats = unused, .trace = trace };
    struct resolver_request *request = MEM_NEW(struct resolver_request);
    rng_seed(&scratch.rng, rng_entropy());
    request->packet = packet;
    request->size = size;
    request->tcp = tcp;
    resolver_parse(state, request);
    size_t length = resolver_answer(state, &scratch, request, out, out_size);
    mem_free(request);
    mem_free(unused);
    return length;
}
