// SPDX-License-Identifier: BSD-2-Clause
/* The control thread: owns config world, overrides, policies and publishing; the only writer of
 * what workers read. It runs the process's main libuv loop; API handlers run on it too and call the
 * functions below, so nothing here needs a lock. */
#pragma once

#include "base/errlist.h"
#include "health/override.h"
#include "health/prober.h"
#include "ipvs/reconcile.h"
#include "resolver/pool.h"
#include "resolver/trace.h"
#include "server/alarms.h"
#include "server/events.h"
#include "server/worker.h"
#include "server/world.h"

#include <uv.h>

struct control; /* its fields are in server/control_internal.h, for server/control*.c only */

struct control_options {
    uv_loop_t *loop;
    const char *config_file;
    /* What else must be right before a config is taken, see world.h; may be NULL. */
    void (*check)(const struct config *config, struct errlist *errors);
    const struct config *config; /* what the sockets were opened by; borrowed for the call */
    struct worker **workers;     /* made, not started; borrowed */
    unsigned worker_count;
    bool ipvs;          /* the config has an "ipvs" section */
    int ipvs_fd;        /* then: socket to the IPVS helper (taken over), -1 = none */
    const bool *ending; /* set by a callback of the loop when the start is to be given up; may be
                           NULL */
};

/* Loads everything, takes saved verdicts and overrides, probes what is unknown (for at most a
 * second), publishes the first state and starts the workers; runs the loop meanwhile. Returns
 * owned, NULL with errors; NULL without when it was given up. */
struct control *control_new(const struct control_options *options, struct errlist *errors);
/* Runs the loop until the changes that were made are served and their waiters told; for a moment at
 * most. Before the end. */
void control_settle(struct control *control);
/* Stops the workers (they finish what is in flight), waits for what runs in the background, saves
 * what is unsaved, stops the prober, frees everything. The workers themselves stay the caller's. */
void control_free(struct control *control);

/* --- looking --- */

uv_loop_t *control_loop(struct control *control);
const struct world *control_world(
    const struct control *control); /* current; valid until the caller returns to the loop */
uint64_t control_generation(const struct control *control);
int64_t control_started_ms(const struct control *control); /* Unix time */
struct override_store *control_overrides(struct control *control);
struct alarms *control_alarms(struct control *control);
struct events *control_events(struct control *control);
struct prober *control_prober(struct control *control);
const struct pool_table *control_pools(const struct control *control);
unsigned control_worker_count(const struct control *control);
const struct stats *control_worker_stats(const struct control *control, unsigned worker);
uint64_t control_reload_failures(const struct control *control);
bool control_ready(const struct control *control); /* sockets answer */

/* One address of a member as measured. */
struct control_address {
    struct addr addr;
    enum health_verdict verdict; /* of all its targets together: DOWN if one is down, UNKNOWN if one
                                    is unknown, else UP */
    bool checked;                /* has targets */
    struct prober_status
        last;          /* of the target that decides; `probed` false when there is no result yet */
    enum pool_use use; /* what the pools make of it */
    const struct override *override; /* by address, NULL when none */
};

#define CONTROL_STATE_NAMES "up|suspect|down|draining|drained|unknown|admin_up|admin_down|disabled"

struct control_member {
    const char *state; /* one of CONTROL_STATE_NAMES; the worst of its addresses' measured state
                          when there is no override */
    uint32_t weight;   /* of the file */
    uint32_t effective_weight; /* overrides applied */
    double share; /* 0..1, that the weight is multiplied by: live capacity of its service, or what
                     its checks tell; else 1 */
    const struct override *state_override; /* the member's own; NULL when none */
    const struct override *weight_override;
    bool live[PICKER_FAMILIES];
};
void control_member(struct control *control, uint32_t pool, uint32_t member,
                    struct control_member *out);
/* The least that the checks of its live addresses tell (weight_header), in POOL_SHARE_ONE; whatever
 * operators have set. */
uint32_t control_told_share(const struct control *control, uint32_t pool, uint32_t member);
void control_address(struct control *control, uint32_t pool, uint32_t member, size_t address,
                     struct control_address *out);
/* Members by state for status: up, down, unknown, disabled (address and nested members alike). */
void control_member_counts(struct control *control, unsigned *up, unsigned *down, unsigned *unknown,
                           unsigned *disabled);

/* The real code's answer to a query packet, with steps; no counter moves. Returns the answer's
 * length. */
size_t control_explain(struct control *control, const uint8_t *packet, size_t size, bool tcp,
                       struct trace *trace, uint8_t *out, size_t out_size);

/* --- changing: each takes effect at once in the control's view and is published within
 * milliseconds --- */

/* Sets (state != NONE / weight given) or clears the member's or backend's override; `until_ms` Unix
 * time or 0. False when no such pool, member or (for backends) no member has that address. Ask
 * control_when_served afterwards to answer when every worker serves it. */
bool control_override_member_state(struct control *control, uint32_t pool, uint32_t member,
                                   enum override_state state, const char *reason,
                                   const char *author, int64_t until_ms);
bool control_override_member_weight(struct control *control, uint32_t pool, uint32_t member,
                                    bool clear, uint32_t weight, const char *reason,
                                    const char *author, int64_t until_ms);
bool control_override_backend(struct control *control, const struct addr *addr,
                              enum override_state state, const char *reason, const char *author,
                              int64_t until_ms);
/* What is said with a change. */
struct control_override_words {
    const char *reason; /* may be NULL */
    const char *author;
    int64_t until_ms; /* Unix time or 0 */
};
/* An IPVS service (`server` POOL_NONE), or one of its servers, by index in the current world. False
 * when there is none such. */
bool control_override_service_state(struct control *control, uint32_t service, uint32_t server,
                                    enum override_state state,
                                    const struct control_override_words *words);
bool control_override_server_weight(struct control *control, uint32_t service, uint32_t server,
                                    bool clear, uint32_t weight,
                                    const struct control_override_words *words);
bool control_override_delete(struct control *control, const char *id, const char *author);
/* True when the override's target is not in the current world. */
bool control_override_orphan(const struct control *control, const struct override *override);

/* Called once, when every worker serves all that was changed before the call, the IPVS table
 * follows (for two seconds at most), and the change is saved (or cannot be: saved = false). */
typedef void control_served_fn(void *data, uint64_t generation, bool saved);
void control_when_served(struct control *control, control_served_fn *fn, void *data);

/* Loads everything again, off the thread; all or nothing. Calls `fn` (may be NULL) when it is
 * served or has failed. Requests that come while one is loading are answered by one more load after
 * it. */
typedef void control_reload_fn(void *data, bool ok, uint64_t generation,
                               const struct errlist *errors);
void control_reload(struct control *control, const char *why, control_reload_fn *fn, void *data);
/* Same, even when it takes away more live real servers than ipvs.max_remove lets. */
void control_reload_forced(struct control *control, const char *why, control_reload_fn *fn,
                           void *data);
/* Same for one zone of the current world: the config and the other zones stay as they are, whatever
 * their files say now. */
void control_reload_zone(struct control *control, size_t zone, const char *why,
                         control_reload_fn *fn, void *data);
/* Called on the control thread after each reload that was adopted, before it is answered: for what
 * depends on the config besides the world. */
void control_on_reload(struct control *control, void (*fn)(void *data), void *data);

/* --- IPVS --- */

struct control_ipvs_counts {
    uint64_t operations[IPVS_OP_KINDS][2]; /* done, failed */
    uint64_t repairs;                      /* operations that undid what others had done */
    uint64_t dumps;
};

struct control_ipvs_status {
    bool present;                  /* the config has the section */
    bool available;                /* the last dump succeeded */
    char reason[IPVS_OP_TEXT_MAX]; /* why not */
    struct ipvs_info info;
    const struct ipvs_table *actual;          /* NULL = never seen; borrowed until the loop runs */
    const struct control_ipvs_counts *counts; /* NULL when not present */
    size_t directors;                         /* services of ours, retired ones included */
};
void control_ipvs_status(const struct control *control, struct control_ipvs_status *out);

/* One service of ours. Borrowed until the loop runs. */
struct control_service {
    const char *name;
    const struct ipvs_key *key;
    const struct ipvs_director *director;
    const struct ipvs_service *kernel; /* NULL = absent */
    uint32_t service; /* index in the world, POOL_NONE = not in the config any more */
    bool held;        /* see ipvs.max_remove */
    const struct override *override; /* of the service, or by its address */
};
/* `index` below status.directors. */
void control_ipvs_service(const struct control *control, size_t index, struct control_service *out);
/* A server as measured and as overridden, by index in the current world. */
struct control_server {
    enum health_verdict verdict;
    struct prober_status last; /* of the target that decides */
    const struct override *state_override;
    const struct override *weight_override;
    uint32_t weight; /* configured or overridden */
};
void control_ipvs_server(struct control *control, uint32_t service, uint32_t server,
                         struct control_server *out);
/* The directors decide now, not only at the loop's next turn: what they change is marked. */
void control_ipvs_decide(struct control *control);
/* Unix time of a time by the directors' clock; 0 stays 0. */
int64_t control_ipvs_wall_ms(uint64_t mono_ms);
/* DNS may answer the VIP of the service (1 + index: pool_member.service), and its live share. */
enum pool_use control_ipvs_use(const struct control *control, uint32_t service);
uint32_t control_ipvs_share(const struct control *control, uint32_t service);
/* Of a service that an operator has taken out: "draining", "drained" or "admin_down". */
const char *control_ipvs_barred_state(const struct control *control, uint32_t service);
bool control_ipvs_has_vip(const struct control *control, const struct addr *addr);
/* Keys of services in the kernel that are not ours; `out` is initialised. */
void control_ipvs_foreign(struct control *control, struct ipvs_keys *out);

/* Called once. `error` != 0 = not done, see ipvs_print_unavailable. `results` NULL = the plan has
 * not been applied, else one errno an operation. `held`: operations that the brake holds back.
 * `skipped`: of a restore, services that the config manages. `refused`: of a restore, the first
 * change that ipvs.allow forbids, and then none has been made; NULL = none. All borrowed for the
 * call. */
struct control_ipvs_done {
    int error;
    const struct ipvs_plan *plan;
    const int *results;
    const struct ipvs_plan *held;
    const struct ipvs_keys *skipped;
    const struct ipvs_op *refused;
};
typedef void control_ipvs_done_fn(void *data, const struct control_ipvs_done *done);
/* Has the kernel's table looked at anew, if that costs little, so that what is shown of it is no
 * second old; `fn` is called in any case, at once where there is nothing to wait for. */
void control_ipvs_look(struct control *control, control_ipvs_done_fn *fn, void *data);
void control_ipvs_plan(struct control *control, control_ipvs_done_fn *fn, void *data);
/* `force`: with what the brake holds. */
void control_ipvs_apply(struct control *control, bool force, control_ipvs_done_fn *fn, void *data);
/* Brings the services of `wanted` (taken over: its content moves) about that the config does not
 * manage; with `exact` foreign services that it lacks are deleted. `write` false = plan only. */
void control_ipvs_restore(struct control *control, struct ipvs_table *wanted, bool exact,
                          bool write, control_ipvs_done_fn *fn, void *data);
/* Sets counters to zero; `key` NULL = of everything. */
void control_ipvs_zero(struct control *control, const struct ipvs_key *key,
                       control_ipvs_done_fn *fn, void *data);
/* Do not wait any more for what on_exit asks for. */
void control_hurry(struct control *control);
