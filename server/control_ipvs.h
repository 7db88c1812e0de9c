// SPDX-License-Identifier: BSD-2-Clause
/* The IPVS side of the control thread, for server/control*.c only: one director a service
 * (ipvs/director.h), the picture of the kernel's table, and the helper that reads and writes it.
 *
 * One cycle: something changes (a verdict, an override, time, a dump) -> control_ipvs_step lets the
 * directors decide, tells the pools -> control_ipvs_sync compares with the picture of the kernel
 * and has the difference applied -> the picture is changed by what was done -> step again. A dump
 * every second finds what others did. At most one request is under way at the helper. */
#pragma once

#include "ipvs/hostaddr.h"
#include "server/control_internal.h"
#include "server/ipvs_link.h"

#define CONTROL_IPVS_POLL_MS      500 /* between two dumps, at least: drift is repaired within 1 s */
#define CONTROL_IPVS_POLL_SHARE   20  /* a dump takes at most one part in so many of the time */
#define CONTROL_IPVS_COUNT_SHARE  4   /* while a drain or load feedback waits for counters */
#define CONTROL_IPVS_LOOK_MS      1000 /* up to such a pause (a dump of 50 ms) GET asks the kernel */
#define CONTROL_IPVS_RETRY_MS     100  /* after a failed change; doubles */
#define CONTROL_IPVS_RETRY_MAX_MS 5000
#define CONTROL_IPVS_FIRST_MS     1000  /* the longest wait for the first sync before answering */
#define CONTROL_IPVS_EXIT_MS      5000  /* for on_exit remove */
#define CONTROL_IPVS_FIGHT_MS     60000 /* so many repairs of one service in that time are a fight */
#define CONTROL_IPVS_FIGHT_COUNT  6
#define CONTROL_IPVS_CALM_MS      10000  /* between two repairs of a service that is fought over */
#define CONTROL_IPVS_LEFTOVER_MS  300000 /* longest drain of what no config has any more */
#define CONTROL_IPVS_VIP_MS       2000 /* an address shows up late: down link, duplicate detection */
#define CONTROL_IPVS_EVENTS_MAX   100  /* operations of one plan told one by one */

/* One service of ours, in the config or on its way out of the kernel. */
struct control_director {
    struct ipvs_key key;
    char *name; /* of the config; what it was called there last; a leftover's key */
    struct ipvs_director *director;
    bool leftover;                      /* made from the kernel's table, not from a config */
    uint32_t service;                   /* index in the world; POOL_NONE = retired */
    char interface[IPVS_INTERFACE_MAX]; /* where we put the VIP; "" = nowhere */
    uint64_t vip_ms;  /* when it was put there or taken away last, and has not been seen so yet */
    bool vip_wanted;  /* which of the two */
    bool held;        /* a leftover that the brake keeps as it is */
    uint64_t tail_ms; /* as of the world that had it last */
    bool seen;        /* while a world is adopted: it has the service */
    bool in_pools;    /* some pool has it as member */
    bool answered;    /* live and in a pool, as of the last step */
    uint32_t leaving; /* how often that has changed */
    bool in_dns;      /* some worker may answer it */
    bool live;        /* as the pools were told */
    uint32_t share;   /* likewise, in POOL_SHARE_ONE */
    enum ipvs_service_state state; /* as log and events were told */
    bool told;                     /* `state` has been */
    uint64_t fight_ms;             /* when the first of `repairs` was */
    unsigned repairs;
    uint64_t repaired_ms; /* the last one */
    bool calming;         /* fought over: not repaired just now */
};

enum control_ipvs_job_kind {
    IPVS_JOB_LOOK,
    IPVS_JOB_PLAN,
    IPVS_JOB_APPLY,
    IPVS_JOB_RESTORE,
    IPVS_JOB_ZERO
};

/* A request of the API: dump, plan, perhaps apply. */
struct control_ipvs_job {
    struct control_ipvs_job *next;
    enum control_ipvs_job_kind kind;
    bool force;                    /* APPLY: what the brake holds, too */
    bool write;                    /* RESTORE: apply the plan */
    bool exact;                    /* RESTORE: foreign services that the text lacks go */
    struct ipvs_table wanted;      /* RESTORE */
    struct ipvs_keys skipped;      /* RESTORE: managed by the config */
    const struct ipvs_op *refused; /* RESTORE: of the plan; what the helper would not do */
    struct ipvs_op zero;           /* ZERO */
    control_ipvs_done_fn *fn;
    void *data;
};

struct control_ipvs {
    struct control *control;
    struct ipvs_link *link; /* NULL = no helper */
    struct hostaddr *host;  /* NULL when it cannot be had */
    uv_poll_t host_poll;
    bool host_polled;

    struct control_director **directors; /* sorted by key */
    size_t count;
    size_t capacity;
    struct control_director **by_service; /* of the current world */

    struct ipvs_table actual; /* the last dump and what was done since */
    bool known;               /* there was a dump */
    bool asked;               /* the first answer, good or bad, has come */
    int error;                /* of the last dump; ENOTCONN = no helper */
    struct ipvs_info info;
    uint64_t dump_started_ms;
    uint64_t looked_ms; /* when that which `actual` comes from was started */
    uint64_t poll_pause_ms;
    uv_timer_t poll_timer;
    uv_timer_t step_timer;

    bool busy;    /* a request is under way, or the state file is being written for one */
    bool due;     /* a dump was, while something else was under way */
    bool touched; /* step_timer brings the directors to the kernel at once */
    bool settled; /* the last plan was empty, and nothing has been asked for since */
    bool failed;  /* the last plan could not be carried out, and nothing has been asked for since */
    bool retry;   /* something failed: nothing is written before the next dump */
    uint64_t retry_ms;
    bool wished;           /* something has been asked for since the plan under way was made */
    struct ipvs_plan plan; /* under way */
    struct control_ipvs_job *job;  /* under way */
    struct control_ipvs_job *jobs; /* waiting, oldest first */

    struct ipvs_keys owned; /* as in the state file, or about to be */
    bool owned_changed;
    bool saving;                                    /* the file is being written */
    bool save_again;                                /* and is to be, once more */
    void (*save_waiter)(struct control_ipvs *ipvs); /* who waits for it; for save_timer at most */
    uv_timer_t save_timer;
    uint64_t save_next_ms; /* after a failure not before */
    bool read;             /* the state file has been */
    bool braking;          /* some leftovers are held, and the alarm says so */
    bool leftovers_made;   /* the owned keys that no config has got directors */

    bool removing; /* on_exit remove: all are out of DNS, then of the kernel */
    bool retiring; /* on_exit drain: everything is retired */

    struct control_ipvs_counts counts;
};

/* --- control_ipvs.c --- */

/* False when there is no dump that could be believed. */
bool control_ipvs_usable(const struct control_ipvs *ipvs);
/* A request to the helper has ended: the next job, or the cycle's next turn. */
void control_ipvs_next(struct control_ipvs *ipvs);
/* Answers the job under way with ipvs->plan, which is emptied. */
void control_ipvs_job_done(struct control_ipvs *ipvs, int error, const int *results);
/* Dumps again after `ms`. */
void control_ipvs_poll_in(struct control_ipvs *ipvs, uint64_t ms);
/* Dumps now, but no more often than after a first failure. */
void control_ipvs_poll_again(struct control_ipvs *ipvs);

/* --- control_ipvs_directors.c --- */

/* All directors decide; pools that are touched are marked; changes of state are told. */
void control_ipvs_step(struct control_ipvs *ipvs);
void control_ipvs_director_free(struct control_director *director);
/* NULL when there is none. */
struct control_director *control_ipvs_find(const struct control_ipvs *ipvs,
                                           const struct ipvs_key *key);
/* Takes `director` over; there is none with its key. */
void control_ipvs_insert(struct control_ipvs *ipvs, struct control_director *director);

/* --- control_ipvs_brake.c --- */

/* Directors for what the state file says is ours, but no config has. With the first dump. */
void control_ipvs_leftovers(struct control_ipvs *ipvs);
/* Clears the alarm when all that were held are gone, in a config again, or let go. */
void control_ipvs_end_brake(struct control_ipvs *ipvs);

/* --- control_ipvs_apply.c --- */

/* Compares and has the difference applied, unless something is under way. */
void control_ipvs_sync(struct control_ipvs *ipvs);
/* The plan for the table as it is known; `force` takes in what is held. `held` (may be NULL) gets
 * the operations that the brake keeps back. */
void control_ipvs_make_plan(struct control_ipvs *ipvs, bool force, struct ipvs_plan *out,
                            struct ipvs_plan *held);
/* The VIP of a service that is not desired any more is on this host, and we are to take it away. */
bool control_ipvs_vip_stays(const struct control_ipvs *ipvs,
                            const struct control_director *director);
/* A dump has replaced the picture: tells repairs and fights. */
void control_ipvs_judge_drift(struct control_ipvs *ipvs);
/* Forgets the repairs of a service that gets another name, or goes. */
void control_ipvs_end_fight(struct control_ipvs *ipvs, struct control_director *director);
/* Applies ipvs->plan; results come to control_ipvs_applied. */
void control_ipvs_start_apply(struct control_ipvs *ipvs);

/* --- control_ipvs_save.c --- */

/* Reads the owned keys. */
void control_ipvs_read(struct control_ipvs *ipvs, const struct world *world);
/* Writes what has changed of them and nothing waits for; what could not be written, too. */
void control_ipvs_save_changed(struct control_ipvs *ipvs);
/* Writes them off the thread; `then` (may be NULL) is called when they are safe, or cannot be. */
void control_ipvs_save(struct control_ipvs *ipvs, void (*then)(struct control_ipvs *ipvs));
