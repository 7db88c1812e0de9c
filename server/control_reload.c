// SPDX-License-Identifier: BSD-2-Clause
/* Loading worlds in the background, at start and at reload: load, check, probe what is new, then
 * publish; any error keeps the old world whole. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/control_internal.h"
#include "server/notify.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#define ALARM          "reload"
#define ALARM_KEY_SIZE (sizeof(ALARM) + 1 + NAME_TEXT_MAX)
#define PROGRESS_MS    2000
#define WAIT_SLICE_MS  50

static void load_work(uv_work_t *work)
{
    struct control_load *load = work->data;
    struct world_options options = {
        .seed = load->control->seed,
        .previous = load->control->world,
        .only = load->zone,
        .check = load->control->check,
        .records = &load->records,
        .cancelled = &load->cancelled,
    };
    load->world = world_load(load->control->config_file, &options, &load->errors);
}

static void wait_work(uv_work_t *work)
{
    struct control_load *load = work->data;
    /* In slices, so that the end of the process does not wait for it. */
    for (uint64_t waited = 0; waited < load->wait_ms && !atomic_load(&load->cancelled);
         waited += WAIT_SLICE_MS)
        prober_wait_first(load->control->prober, WAIT_SLICE_MS);
}

static void on_progress(uv_timer_t *timer)
{
    struct control *control = timer->data;
    if (control->load != NULL)
        log_info("load", "%" PRIu64 " records read so far",
                 (uint64_t)atomic_load(&control->load->records));
}

/* min(longest timeout of a check, 1 s): what is not known by then counts as usable. */
static uint64_t first_probe_wait(const struct world *world)
{
    uint64_t wait = 0;
    for (size_t i = 0; i < world->target_count; i++) {
        if (world->targets[i].check->timeout_ms > wait)
            wait = world->targets[i].check->timeout_ms;
    }
    return wait < CONTROL_FIRST_PROBE_MS ? wait : CONTROL_FIRST_PROBE_MS;
}

static struct control_load *load_new(struct control *control)
{
    struct control_load *load = MEM_NEW(struct control_load);
    load->work.data = load;
    load->control = control;
    load->started_ms = clock_mono_ms();
    errlist_init(&load->errors);
    control->load = load;
    (void)uv_timer_start(&control->progress_timer, on_progress, PROGRESS_MS, PROGRESS_MS);
    return load;
}

static void load_free(struct control_load *load)
{
    (void)uv_timer_stop(&load->control->progress_timer);
    load->control->load = NULL;
    errlist_fini(&load->errors);
    mem_free(load);
}

static void log_loaded(const struct control_load *load)
{
    const struct world *world = load->world;
    uint64_t records = 0;
    for (size_t z = 0; z < zonedb_count(world->zonedb); z++)
        records += zonedb_zone(world->zonedb, z)->record_count;
    log_info("load", "%zu zones with %" PRIu64 " records, %zu pools, %zu targets in %" PRIu64 " ms",
             zonedb_count(world->zonedb), records, world->pools.count, world->target_count,
             clock_mono_ms() - load->started_ms);
}

/* The loaded world becomes the current one; its pools are built from what is known now, not from
 * what was known when the load began. */
static void adopt(struct control *control, struct world *world)
{
    struct world *old = control->world;
    struct pool_table *old_pools = control->pools;
    struct pool_view view;
    control->world = world;
    control_health_adopt(control);
    control_override_adopt(control);
    mem_free(control->dirty);
    control->dirty = MEM_NEW_ARRAY(bool, world->pools.count);
    for (size_t i = 0; i < world->pools.count; i++)
        control->dirty[i] = true;
    control->dirty_any = true;
    control_ipvs_adopt(control);
    control->pools = pool_table_new(&world->pools);
    control_view_init(control, &view);
    pool_table_build(control->pools, &view, old_pools);
    pool_table_free(old_pools);
    control_alarms_adopt(control);
    control_publish_now(control);
    control_verdicts_adopted(control);
    publisher_world_unref(control->publisher, old);
}

void control_load_cancel(struct control *control)
{
    if (control->load != NULL)
        atomic_store(&control->load->cancelled, true);
}

/* --- start --- */

static void first_done(uv_work_t *work, int status)
{
    struct control_load *load = work->data;
    (void)status;
    load->control->background--;
    load->done = true;
}

/* Off the thread, as at a reload; the loop runs meanwhile, so that signals are heard. False when
 * the start is given up. */
static bool run_first(struct control_load *load, uv_work_cb work, const bool *ending)
{
    load->done = false;
    load->control->background++;
    (void)uv_queue_work(load->control->loop, &load->work, work, first_done);
    while (!load->done) {
        (void)uv_run(load->control->loop, UV_RUN_ONCE);
        if (ending != NULL && *ending)
            atomic_store(&load->cancelled, true);
    }
    return !atomic_load(&load->cancelled);
}

/* The file is read twice, before and after the drop of rights: the sockets must be those of the
 * second. */
static bool same_as_opened(const struct control_load *load, const struct config *opened,
                           struct errlist *errors)
{
    struct errlist differences;
    errlist_init(&differences);
    bool same = opened == NULL || config_same_start_only(opened, load->world->config, &differences);
    errlist_fini(&differences);
    if (!same)
        errlist_add(errors, "%s: was changed while the server was starting; start it again",
                    load->control->config_file);
    return same;
}

/* From a loaded world to the first state. False when the start is given up. */
static bool first_state(struct control_load *load, const bool *ending)
{
    struct control *control = load->control;
    struct world *world = load->world;
    int64_t next_ms = 0;
    world_attach(world, control->registry);
    log_loaded(load);
    struct control_seeds *seeds = control_save_read(control, world);
    (void)override_expire(control->overrides, clock_wall_ms(), &next_ms);
    control_health_targets(control, world, seeds);
    control_seeds_free(seeds);
    load->wait_ms = first_probe_wait(world);
    if (!run_first(load, wait_work, ending))
        return false;
    /* What the first round found waits in the inbox. */
    control_health_drain(control);
    adopt(control, world);
    control_override_schedule(control);
    return true;
}

bool control_load_first(struct control *control, const struct control_options *options,
                        struct errlist *errors)
{
    struct control_load *load = load_new(control);
    bool ok = run_first(load, load_work, options->ending);
    if (ok) {
        errlist_move(errors, &load->errors);
        ok = load->world != NULL && same_as_opened(load, options->config, errors) &&
             first_state(load, options->ending);
    }
    if (!ok)
        world_free(load->world);
    load_free(load);
    return ok;
}

/* --- reload --- */

static void start_reload(struct control *control);

static void answer(struct control *control, bool ok, const struct errlist *errors)
{
    struct control_reloader *reloader = control->reloaders;
    control->reloaders = NULL;
    while (reloader != NULL) {
        struct control_reloader *next = reloader->next;
        if (reloader->fn != NULL)
            reloader->fn(reloader->data, ok, publisher_generation(control->publisher), errors);
        mem_free(reloader->zone);
        mem_free(reloader);
        reloader = next;
    }
}

static bool same_scope(const uint8_t *a, const uint8_t *b)
{
    return a == b || (a != NULL && b != NULL && name_equal(a, b));
}

/* sd_notify(3): between the two, the manager shows that we reload. */
static void tell_start(void)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                   (uint64_t)(uv_hrtime() / 1000));
    notify_send(text);
}

/* The next load is what the longest waiting one asks for, for all that ask for the same. */
static void finish(struct control *control)
{
    struct control_reloader *oldest = control->next_reloaders;
    if (control->stopping)
        return;
    notify_send("READY=1");
    if (oldest == NULL)
        return;
    while (oldest->next != NULL)
        oldest = oldest->next;
    struct control_reloader **at = &control->next_reloaders;
    while (*at != NULL) {
        struct control_reloader *reloader = *at;
        if (!same_scope(reloader->zone, oldest->zone)) {
            at = &reloader->next;
            continue;
        }
        *at = reloader->next;
        reloader->next = control->reloaders;
        control->reloaders = reloader;
    }
    start_reload(control);
}

/* What a load of one zone leaves standing has an alarm of its own. */
static const char *alarm_key(const struct control_load *load, char key[ALARM_KEY_SIZE])
{
    int length = snprintf(key, ALARM_KEY_SIZE, "%s", ALARM);
    if (load->zone != NULL) {
        key[length] = ':';
        (void)name_to_text(load->zone, key + length + 1);
    }
    return key;
}

static void clear_alarm(struct control *control, const struct control_load *load)
{
    char key[ALARM_KEY_SIZE];
    if (load->zone == NULL)
        alarms_clear_prefix(control->alarms, ALARM);
    else
        alarms_clear(control->alarms, alarm_key(load, key));
}

static void report(struct control *control, const struct control_load *load, bool kept)
{
    const struct errlist *errors = &load->errors;
    char key[ALARM_KEY_SIZE];
    for (size_t i = 0; i < errors->count; i++)
        log_error("reload", "%s", errors->lines[i]);
    control->reload_failures++;
    alarms_raise(control->alarms, alarm_key(load, key), "%s: %s (%zu errors)",
                 kept ? "the last reload was refused, the old configuration stays"
                      : "the last reload kept old versions of bad zones",
                 errors->count > 0 ? errors->lines[0] : "unknown", errors->count + errors->dropped);
}

static void refuse(struct control *control, struct control_load *load)
{
    report(control, load, true);
    events_emit(control->events, "reload",
                json_pack("{s:b, s:i}", "ok", 0, "errors", (int)load->errors.count));
    answer(control, false, &load->errors);
    if (load->world != NULL)
        world_free(load->world);
    load_free(load);
    finish(control);
}

struct served_reload {
    struct control *control;
    struct errlist errors;
};

static void reload_served(void *data, uint64_t generation, bool saved)
{
    struct served_reload *done = data;
    (void)generation;
    (void)saved;
    answer(done->control, true, &done->errors);
    struct control *control = done->control;
    errlist_fini(&done->errors);
    mem_free(done);
    finish(control);
}

static void waited(uv_work_t *work, int status)
{
    struct control_load *load = work->data;
    struct control *control = load->control;
    (void)status;
    control->background--;
    if (control->stopping) {
        world_free(load->world);
        load_free(load);
        return;
    }
    control_health_drain(control);
    log_configure((enum log_level)load->world->config->server.log.level,
                  (enum log_format)load->world->config->server.log.format);
    adopt(control, load->world);
    if (errlist_empty(&load->errors))
        clear_alarm(control, load);
    else
        report(control, load, false);
    log_loaded(load);
    events_emit(control->events, "reload",
                json_pack("{s:b, s:i, s:I}", "ok", 1, "errors", (int)load->errors.count,
                          "generation", (json_int_t)publisher_generation(control->publisher)));
    if (control->on_reload != NULL && load->zone == NULL)
        control->on_reload(control->on_reload_data);
    struct served_reload *done = MEM_NEW(struct served_reload);
    done->control = control;
    errlist_init(&done->errors);
    errlist_move(&done->errors, &load->errors);
    load_free(load);
    control_when_served(control, reload_served, done);
}

static void loaded(uv_work_t *work, int status)
{
    struct control_load *load = work->data;
    struct control *control = load->control;
    (void)status;
    control->background--;
    if (control->stopping) {
        world_free(load->world);
        load_free(load);
        return;
    }
    if (load->world == NULL ||
        (!load->force && !control_ipvs_may_take(control, load->world, &load->errors))) {
        refuse(control, load);
        return;
    }
    world_attach(load->world, control->registry);
    control_health_targets(control, load->world, NULL);
    load->wait_ms = first_probe_wait(load->world);
    control->background++;
    (void)uv_queue_work(control->loop, &load->work, wait_work, waited);
}

static void start_reload(struct control *control)
{
    struct control_load *load = load_new(control);
    load->zone = control->reloaders->zone;
    for (const struct control_reloader *r = control->reloaders; r != NULL; r = r->next)
        load->force = load->force || r->force;
    tell_start();
    control->background++;
    (void)uv_queue_work(control->loop, &load->work, load_work, loaded);
}

/* True when the load that comes next does what is asked for anyhow, and nobody is to be told. A
 * storm of signals is one more load. */
static bool is_asked_for(const struct control *control, const uint8_t *zone, control_reload_fn *fn)
{
    const struct control_reloader *waiting = control->next_reloaders;
    while (waiting != NULL && waiting->zone != NULL)
        waiting = waiting->next;
    return waiting != NULL && zone == NULL && fn == NULL;
}

/* Takes `reloader` over. */
static void ask(struct control *control, struct control_reloader *reloader, const char *why)
{
    if (is_asked_for(control, reloader->zone, reloader->fn)) {
        mem_free(reloader);
        return;
    }
    bool busy = control->load != NULL || control->reloaders != NULL;
    struct control_reloader **list = busy ? &control->next_reloaders : &control->reloaders;
    log_info("reload", "asked for by %s%s", why,
             busy ? "; one is under way, this one comes after it" : "");
    reloader->next = *list;
    *list = reloader;
    if (!busy)
        start_reload(control);
}

static struct control_reloader *reloader_new(control_reload_fn *fn, void *data)
{
    struct control_reloader *reloader = MEM_NEW(struct control_reloader);
    reloader->fn = fn;
    reloader->data = data;
    return reloader;
}

void control_reload(struct control *control, const char *why, control_reload_fn *fn, void *data)
{
    ask(control, reloader_new(fn, data), why);
}

void control_reload_forced(struct control *control, const char *why, control_reload_fn *fn,
                           void *data)
{
    struct control_reloader *reloader = reloader_new(fn, data);
    reloader->force = true;
    ask(control, reloader, why);
}

void control_reload_zone(struct control *control, size_t zone, const char *why,
                         control_reload_fn *fn, void *data)
{
    const uint8_t *apex = control->world->zones[zone].zone->apex;
    struct control_reloader *reloader = reloader_new(fn, data);
    reloader->zone = mem_dup(apex, name_length(apex));
    ask(control, reloader, why);
}

void control_reload_fini(struct control *control)
{
    struct errlist errors;
    errlist_init(&errors);
    errlist_add(&errors, "%s: not loaded, the server is ending", control->config_file);
    answer(control, false, &errors);
    control->reloaders = control->next_reloaders;
    control->next_reloaders = NULL;
    answer(control, false, &errors);
    errlist_fini(&errors);
}

void control_reload_init(struct control *control)
{
    (void)uv_timer_init(control->loop, &control->progress_timer);
    control->progress_timer.data = control;
}
