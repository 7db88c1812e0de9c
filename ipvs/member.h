// SPDX-License-Identifier: BSD-2-Clause
/* The servers of a service as the director keeps them from step to step: those of the definition,
 * in its order, and behind them those that have left it and are being drained. One thread. */
#pragma once

#include "ipvs/decay.h"
#include "ipvs/director.h"

struct member {
    struct ipvs_dest dest; /* key and settings; weight as configured */
    bool leaver;           /* not in the definition any more */
    bool disabled;
    /* this step */
    enum ipvs_server_state state;
    bool live;                      /* up, with a weight: counts for quorum and share */
    uint32_t full;                  /* weight without slow start */
    bool want;                      /* is to be in the kernel, */
    uint32_t weight;                /* with this weight */
    uint64_t until_ms;              /* expected end of ramp or drain; 0 = none */
    uint64_t next_ms;               /* when a step is due; 0 = none */
    const struct ipvs_dest *kernel; /* borrowed for the step; NULL = absent */
    /* kept */
    bool shown; /* was to be in the kernel after the last step, */
    uint32_t shown_weight;
    bool ramping;
    uint64_t ramp_ms; /* its start */
    bool draining;
    bool drained;
    uint64_t drain_ms; /* its start */
    struct decay decay;
};

struct roster {
    struct member *items; /* owned; the definition's servers first */
    size_t count;
    size_t capacity;
    size_t servers;        /* of the definition */
    struct member **order; /* owned; all of them by address and port */
    size_t order_count;
};

/* What the steps of a member have in common. */
struct member_rules {
    uint64_t now_ms;
    uint64_t stale_ms;      /* age of the kernel's counters */
    uint64_t slow_start_ms; /* 0 = none */
    uint64_t drain_ms;
    const struct ipvs_service *service; /* what counts as its connections */
    bool known;                         /* what the kernel has from earlier is known */
    bool kernel;                        /* there is a kernel whose connections can be waited for */
};

/* The servers of `spec`; states are kept by address and port, a server that is gone and was shown
 * becomes a leaver. */
void roster_adopt(struct roster *roster, const struct ipvs_spec *spec);
void roster_fini(struct roster *roster);
/* Finds a member in a sorted service; for members by the roster's order, `*at` being 0 for the
 * first. NULL when absent. */
const struct ipvs_dest *roster_match(const struct ipvs_service *service, size_t *at,
                                     const struct member *member);
/* Finds each member in the kernel's service (may be NULL). */
void roster_look(struct roster *roster, const struct ipvs_service *kernel);
/* Takes what the kernel has for what was last shown: a start finds the work of its predecessor.
 * Servers that no definition knows, `sorry` (may be NULL) aside, become leavers. */
void roster_inherit(struct roster *roster, const struct ipvs_service *kernel,
                    const struct ipvs_dest *sorry);
/* Forgets leavers that are not shown any more. */
void roster_prune(struct roster *roster);

/* Weight of the live ones, slow start applied; their connections in the kernel (not those of
 * servers that are on their way out); how many are being drained. */
uint64_t roster_weight(const struct roster *roster);
uint64_t roster_connections(const struct roster *roster, const struct ipvs_service *service);
size_t roster_draining(const struct roster *roster);
/* A ramp is for the good of a server that others can do without for a while: when all that are live
 * are on one, all get their full weight. */
void roster_end_needless_ramps(struct roster *roster);

/* Each sets state, want, weight, until_ms and next_ms. `hold`: is up, but is not to be shown. */
void member_up(struct member *member, const struct member_rules *rules, bool hold);
void member_out(struct member *member, enum ipvs_server_state state, bool quiesced);
void member_drain(struct member *member, const struct member_rules *rules);
/* Connections of a destination that a drain waits for. */
uint64_t member_connections(const struct ipvs_service *service, const struct ipvs_dest *dest);
