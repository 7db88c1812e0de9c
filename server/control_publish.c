// SPDX-License-Identifier: BSD-2-Clause
/* Changed pools are built and published a few milliseconds after the first change, so that a burst
 * is one publish; whoever waits for a change is told when every worker serves it. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/control_internal.h"

#include <jansson.h>
#include <string.h>

static void on_publish(uv_timer_t *timer);

static void schedule(struct control *control)
{
    if (uv_is_active((uv_handle_t *)&control->publish_timer) || control->stopping)
        return;
    uint64_t now = clock_mono_ms();
    uint64_t next = control->published_ms + control->publish_pause_ms;
    (void)uv_timer_start(&control->publish_timer, on_publish, next > now ? next - now : 0, 0);
}

void control_mark_pool(struct control *control, uint32_t pool)
{
    control->dirty[pool] = true;
    control->dirty_any = true;
    schedule(control);
}

void control_mark_service(struct control *control, uint32_t service)
{
    size_t count = 0;
    const struct ipvs_key *key = &control->world->services[service].config->spec.service.key;
    const struct world_user *users = world_users(control->world, &key->addr, &count);
    for (size_t i = 0; i < count; i++)
        control_mark_pool(control, users[i].pool);
}

void control_publish_now(struct control *control)
{
    for (uint32_t p = 0; p < control->world->pools.count; p++) {
        if (control->dirty[p])
            control_alarms_pool(control, p);
    }
    control_alarms_count(control);
    memset(control->dirty, 0, control->world->pools.count * sizeof(*control->dirty));
    control->dirty_any = false;
    control->published_ms = clock_mono_ms();
    (void)uv_timer_stop(&control->publish_timer);
    const struct state *state =
        publisher_publish(control->publisher, control->world, control->pools, control->workers,
                          control->worker_count);
    events_emit(control->events, "publish",
                json_pack("{s:I}", "generation", (json_int_t)state->generation));
}

/* Each state costs memory until every worker has left it: a worker that gets no CPU must not make
 * them pile up. One that never answers holds up the others for a moment only. */
static bool workers_lag(struct control *control)
{
    /* States of the start, which no worker has ever served, are acknowledged by nobody. */
    (void)publisher_collect(control->publisher, control->workers, control->worker_count);
    return publisher_states(control->publisher) >= CONTROL_STATES_MAX &&
           clock_mono_ms() - control->published_ms < CONTROL_STALL_MS;
}

static void on_publish(uv_timer_t *timer)
{
    struct control *control = timer->data;
    struct pool_view view;
    uint64_t started_ns = uv_hrtime();
    if (!control->dirty_any)
        return;
    if (workers_lag(control)) {
        (void)uv_timer_start(timer, on_publish, CONTROL_PUBLISH_MS, 0);
        return;
    }
    control_view_init(control, &view);
    pool_table_update_many(control->pools, &view, control->dirty);
    control_publish_now(control);
    uint64_t pause_ms = (uv_hrtime() - started_ns) / 1000000 * CONTROL_PUBLISH_SHARE;
    if (pause_ms > CONTROL_PUBLISH_MAX_MS)
        pause_ms = CONTROL_PUBLISH_MAX_MS;
    control->publish_pause_ms = pause_ms > CONTROL_PUBLISH_MS ? pause_ms : CONTROL_PUBLISH_MS;
}

/* --- waiting --- */

/* That has all which is known by now. */
static uint64_t next_generation(const struct control *control)
{
    return publisher_generation(control->publisher) + (control->dirty_any ? 1 : 0);
}

static void on_acknowledged(uv_async_t *async)
{
    struct control *control = async->data;
    (void)publisher_collect(control->publisher, control->workers, control->worker_count);
    control_waiters_check(control);
}

/* What the kernel has taken may be what lets a VIP into DNS: that is waited for, too. */
static void take_kernel(struct control *control, struct control_waiter *waiter)
{
    if (!waiter->kernel || !control_ipvs_is_done(control))
        return;
    waiter->kernel = false;
    waiter->generation = next_generation(control);
}

static bool served(struct control *control, struct control_waiter *waiter)
{
    if (control->stopping)
        return true;
    take_kernel(control, waiter);
    for (unsigned i = 0; i < control->worker_count; i++) {
        if (worker_generation(control->workers[i]) < waiter->generation)
            return false;
    }
    bool done = waiter->save <= control->change_saved && !waiter->kernel;
    return done || uv_now(control->loop) >= waiter->deadline_ms;
}

/* Waiters are taken out before they are called: what they do may add new ones. */
void control_waiters_check(struct control *control)
{
    struct control_waiter **link = &control->waiters;
    struct control_waiter *ready = NULL;
    struct control_waiter **ready_end = &ready;
    while (*link != NULL) {
        struct control_waiter *waiter = *link;
        if (!served(control, waiter)) {
            link = &waiter->next;
            continue;
        }
        *link = waiter->next;
        waiter->next = NULL;
        *ready_end = waiter;
        ready_end = &waiter->next;
    }
    while (ready != NULL) {
        struct control_waiter *waiter = ready;
        ready = waiter->next;
        bool saved = control_state_dir(control) != NULL && waiter->save <= control->change_saved &&
                     control->save_ok;
        waiter->fn(waiter->data, publisher_generation(control->publisher), saved);
        mem_free(waiter);
    }
    if (control->waiters == NULL)
        (void)uv_timer_stop(&control->waiter_timer);
}

static void on_waiter_timer(uv_timer_t *timer)
{
    control_waiters_check(timer->data);
}

static void wait_for(struct control *control, uint64_t save, bool kernel, control_served_fn *fn,
                     void *data)
{
    struct control_waiter *waiter = MEM_NEW(struct control_waiter);
    waiter->fn = fn;
    waiter->data = data;
    waiter->generation = next_generation(control);
    waiter->save = save;
    waiter->kernel = kernel;
    waiter->deadline_ms = uv_now(control->loop) + CONTROL_SAVE_WAIT_MS;
    waiter->next = control->waiters;
    control->waiters = waiter;
    /* The first tick answers what is served already; the others see to the deadline. */
    (void)uv_timer_start(&control->waiter_timer, on_waiter_timer, 0, 100);
}

void control_when_served(struct control *control, control_served_fn *fn, void *data)
{
    wait_for(control, control_state_dir(control) != NULL ? control->change : 0, true, fn, data);
}

void control_when_published(struct control *control, control_served_fn *fn, void *data)
{
    wait_for(control, 0, false, fn, data);
}

static void on_worker_acknowledged(void *data)
{
    struct control *control = data;
    (void)uv_async_send(&control->acknowledged);
}

void control_publish_init(struct control *control)
{
    (void)uv_timer_init(control->loop, &control->publish_timer);
    (void)uv_timer_init(control->loop, &control->waiter_timer);
    (void)uv_async_init(control->loop, &control->acknowledged, on_acknowledged);
    control->publish_timer.data = control;
    control->publish_pause_ms = CONTROL_PUBLISH_MS;
    control->waiter_timer.data = control;
    control->acknowledged.data = control;
    for (unsigned i = 0; i < control->worker_count; i++)
        worker_on_acknowledged(control->workers[i], on_worker_acknowledged, control);
}
