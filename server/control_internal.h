// SPDX-License-Identifier: BSD-2-Clause
/* The control thread's insides, for server/control*.c only. */
#pragma once

#include "server/control.h"
#include "server/publish.h"
#include "server/registry.h"
#include "server/statefile.h"

#define CONTROL_PUBLISH_MS     5   /* at most one publish in this time: a burst of changes is one */
#define CONTROL_PUBLISH_MAX_MS 100 /* in a big world more, but no more than this */
#define CONTROL_PUBLISH_SHARE  4   /* namely so long that this part of the time is spent on it */
#define CONTROL_STATES_MAX     3   /* while that many are in use, a publish waits for the workers */
#define CONTROL_STALL_MS       1000 /* but no longer than this */
#define CONTROL_SAVE_RETRY_MS  5000
#define CONTROL_SAVE_WAIT_MS   2000 /* an operator's change does not wait longer for the disk */
#define CONTROL_VERDICT_AGE_MS                                                                     \
    300000 /* saved verdicts older than this are not used (docs/config.md) */
#define CONTROL_FIRST_PROBE_MS 1000 /* the longest wait for first results before answering */
#define CONTROL_SETTLE_MS      500  /* the longest wait for changes under way before the end */

/* A (pool, member) that depends on a target; or, with pool POOL_NONE, an IPVS service (`member`) by
 * its VIP (`server` POOL_NONE) or one of its servers. */
struct control_user {
    uint32_t pool;
    uint32_t member;
    uint32_t server;
};

struct control_waiter {
    struct control_waiter *next;
    control_served_fn *fn;
    void *data;
    uint64_t generation; /* that all workers must serve */
    uint64_t save;       /* number of the change that must be saved; 0 = none */
    bool kernel;         /* waits for the IPVS table too */
    uint64_t deadline_ms;
};

struct control_reloader {
    struct control_reloader *next;
    uint8_t *zone; /* apex of the one zone to load; NULL = everything */
    bool force;    /* past ipvs.max_remove */
    control_reload_fn *fn;
    void *data;
};

/* One load in the background, at start and at reload. */
struct control_load {
    uv_work_t work;
    struct control *control;
    const uint8_t *zone; /* borrowed from the reloaders; NULL = everything */
    bool force;
    struct world *world;
    struct errlist errors;
    atomic_uint_fast64_t records;
    atomic_bool cancelled;
    uint64_t started_ms;
    uint64_t wait_ms; /* for first results */
    bool done;        /* at start: the work has ended */
};

struct control {
    uv_loop_t *loop;
    char *config_file;
    void (*check)(const struct config *config, struct errlist *errors); /* may be NULL */
    uint64_t seed;
    int64_t started_ms;
    bool ready;
    bool stopping;
    struct registry *registry;
    struct publisher *publisher;
    struct world *world;
    struct pool_table *pools;
    struct prober *prober;
    struct override_store *overrides;
    struct events *events;
    struct alarms *alarms;
    struct worker **workers;
    unsigned worker_count;

    /* health, by target id */
    uint8_t *verdicts; /* enum health_verdict */
    size_t verdict_capacity;
    uint8_t *weights; /* percent, as the checks tell */
    size_t weight_capacity;
    int64_t *seeded_ms; /* when the verdict that was read at start was measured; 0 = none was */
    size_t seeded_capacity;
    /* who uses a target of the current world: users[first[i]] to users[first[i + 1] - 1], i = index
     * in world->targets */
    uint32_t *target_index; /* by id; UINT32_MAX = not in this world */
    size_t target_index_count;
    uint32_t *first;
    struct control_user *users;
    /* from the probe thread */
    uv_mutex_t inbox_lock;
    struct prober_status *inbox;
    size_t inbox_count;
    size_t inbox_capacity;
    uv_async_t inbox_async;

    /* Where overrides may apply, so that the many members without one cost no search. Flags stay
     * when overrides go, until the next world. */
    bool *overridden; /* by pool: a member of it */
    bool overridden_backends;
    bool *overridden_services; /* by service: it, or a server of it */

    struct control_ipvs *ipvs; /* server/control_ipvs.h; NULL when the config has no "ipvs" */
    bool hurry;

    /* publishing */
    bool *dirty; /* by pool */
    bool dirty_any;
    uint64_t published_ms;
    uint64_t publish_pause_ms;
    uint8_t *pool_alarms; /* by pool, see control_alarms.c */
    size_t pools_down;
    size_t pools_named;
    uv_timer_t publish_timer;
    uv_async_t acknowledged;
    struct control_waiter *waiters;
    uv_timer_t waiter_timer;

    /* saving */
    uint64_t change;       /* number of the last change to the overrides */
    uint64_t change_saved; /* highest that a finished save included, well or not */
    bool save_ok;
    bool saving;
    uv_timer_t save_retry;
    bool verdicts_changed; /* since the last save began */
    bool verdicts_saving;
    uint64_t verdict_pause_ms; /* between two saves at least */
    uv_timer_t verdict_timer;
    uv_timer_t expire_timer;

    /* reloading */
    struct control_load *load;
    struct control_reloader *reloaders; /* of the load under way */
    struct control_reloader *next_reloaders;
    uint64_t reload_failures;
    uv_timer_t progress_timer;
    unsigned background;           /* works under way; the end waits for them */
    void (*on_reload)(void *data); /* after a reload has been adopted */
    void *on_reload_data;
};

/* A saved verdict to start from. */
struct control_seed {
    enum health_verdict verdict;
    uint8_t weight;
    int64_t since_ms;
    int64_t at_ms;
};
struct control_seeds;

/* control_health.c */
void control_health_init(struct control *control);
void control_health_event(void *data, const struct prober_status *status); /* probe thread */
void control_health_adopt(struct control *control); /* tables of the current world */
void control_health_drain(struct control *control);
/* Gives the prober `world`'s targets; `seeds` may be NULL. */
void control_health_targets(struct control *control, const struct world *world,
                            const struct control_seeds *seeds);

/* control_ipvs*.c; without an "ipvs" section they do nothing */
struct control_ipvs *control_ipvs_new(struct control *control, int fd);
/* A new world: directors for its services; those that are gone are retired. Then steps. The world
 * before is still there. */
void control_ipvs_adopt(struct control *control);
/* False with an error when `world` lacks more of the live real servers than ipvs.max_remove lets.
 */
bool control_ipvs_may_take(const struct control *control, const struct world *world,
                           struct errlist *errors);
/* Directors step soon: a verdict or an override has changed. */
void control_ipvs_touch(struct control *control);
/* The kernel's table is as it is wanted, or cannot be brought there. */
bool control_ipvs_is_done(const struct control *control);
/* Runs the loop until the kernel is as it should be for the first time; for a moment at most. */
void control_ipvs_first(struct control *control, const bool *ending);
/* Before the end: does what on_exit asks for; runs the loop. */
void control_ipvs_exit(struct control *control);
void control_ipvs_free(struct control_ipvs *ipvs);

/* control_view.c */
enum health_verdict control_verdict_of(const struct control *control,
                                       const struct pool_address *address);
/* An operator's, as it is, else the file's times the least that its checks tell. */
uint32_t control_server_weight(const struct control *control, uint32_t service, size_t server);
void control_deciding_status(struct control *control, const struct pool_address *address,
                             struct prober_status *out);
const struct override *control_backend_override(const struct control *control,
                                                const struct addr *addr);
const struct override *control_service_override(const struct control *control,
                                                enum override_kind kind, uint32_t service,
                                                const char *server);
void control_view_init(struct control *control, struct pool_view *view);

/* control_alarms.c */
void control_alarms_adopt(struct control *control); /* a new world: standing alarms stay */
void control_alarms_pool(struct control *control, uint32_t pool); /* it has been built anew */
void control_alarms_count(struct control *control);               /* after the last of them */

/* control_publish.c */
void control_publish_init(struct control *control);
void control_mark_pool(struct control *control, uint32_t pool);
/* Pools that have the service as member. */
void control_mark_service(struct control *control, uint32_t service);
/* As control_when_served, but waits neither for the disk nor for the IPVS table. */
void control_when_published(struct control *control, control_served_fn *fn, void *data);
/* Publishes the current world at once; dirty pools must have been built. */
void control_publish_now(struct control *control);

/* control_save.c */
void control_save_init(struct control *control);
/* Takes the saved overrides, returns the saved verdicts (owned, control_seeds_free). */
struct control_seeds *control_save_read(struct control *control, const struct world *world);
void control_save_changed(struct control *control);
void control_save_all_now(struct control *control);           /* at the end, in the foreground */
const char *control_state_dir(const struct control *control); /* NULL = nothing is saved */
void control_waiters_check(struct control *control);

/* control_verdicts.c */
void control_verdicts_init(struct control *control);
/* `dir` NULL = none. Errors tell of a damaged file, whose verdicts are not used. Returns owned. */
struct control_seeds *control_seeds_read(const char *dir, struct errlist *errors);
/* NULL when there is none for that target. Borrowed. */
const struct control_seed *control_seeds_get(const struct control_seeds *seeds,
                                             const char *identity);
void control_seeds_free(struct control_seeds *seeds);
void control_verdicts_changed(struct control *control); /* one of them: to be saved soon */
void control_verdicts_adopted(struct control *control); /* the world is a new one */
/* At the end, in the foreground; nothing may run in the background. */
bool control_verdicts_save_now(struct control *control, char *error, size_t error_size);

/* control_override.c */
void control_override_init(struct control *control);
/* Where overrides apply in the current, new world. */
void control_override_adopt(struct control *control);
/* Sets the timer to the next expiry. */
void control_override_schedule(struct control *control);

/* control_reload.c */
void control_reload_init(struct control *control);
/* False with errors; without when *options->ending was set. */
bool control_load_first(struct control *control, const struct control_options *options,
                        struct errlist *errors);
/* A load under way comes to its end soon; its callback finds `stopping` set, or itself cancelled.
 */
void control_load_cancel(struct control *control);
/* At the end: whoever still waits for a reload is told that there was none. */
void control_reload_fini(struct control *control);
