// SPDX-License-Identifier: BSD-2-Clause
/* One service of ours over time: from its definition, the health of its servers, operators' wishes
 * and the kernel's counters to what the kernel should have and what DNS may say. It alone decides
 * quorum, sorry server, slow start, drains, and the order between DNS and kernel:
 *
 *   - a dead server leaves the kernel at once; but as long as DNS may still answer the VIP, the
 * last server stays (or the sorry server comes first)
 *   - a VIP enters DNS when the kernel has its service with a live server (and quorum is met)
 *   - a VIP that is drained leaves DNS, then waits for the TTL's tail, then its servers go to
 * weight 0, then out when their connections are gone or the limit is over
 *
 * Two things take one step more than one would think, and so the caller steps again when the kernel
 * has followed: the sorry server leaves after the kernel has a real one, and a drain does not end
 * before counters that are younger than its start can tell (2 s).
 *
 * Pure: time, health and counters are passed in; no I/O. Control thread. */
#pragma once

#include "ipvs/model.h"

enum ipvs_quorum_by { IPVS_BY_COUNT, IPVS_BY_WEIGHT, IPVS_BY_SHARE };
enum ipvs_load { IPVS_LOAD_NONE, IPVS_LOAD_CONNECTIONS, IPVS_LOAD_RATE };

struct ipvs_server_spec {
    const char *name;
    struct ipvs_dest dest; /* normal form; weight as configured */
    bool disabled;         /* never used */
};

/* A service of the config; immutable, its strings live as long as it. */
struct ipvs_spec {
    const char *name;
    struct ipvs_service service; /* normal form, no dests */
    const struct ipvs_server_spec *servers;
    size_t server_count;
    bool quiesce; /* a failed server gets weight 0 instead of being removed */
    enum ipvs_quorum_by quorum_by;
    uint32_t quorum;     /* servers, weight, or percent of the configured weight */
    uint32_t hysteresis; /* in the same unit: up from quorum + hysteresis on, down below quorum -
                            hysteresis (and always at 0) */
    bool has_sorry;
    struct ipvs_dest sorry; /* normal form, weight 1 */
    bool sorry_keeps;       /* below quorum the live servers stay beside the sorry server */
    uint64_t slow_start_ms; /* 0 = none. Ramp of a server that comes (back) into a service that has
                               others; not for hash and rank schedulers. Weights are not scaled, so
                               that a ramp is smooth with weights of 10 and more only */
    uint64_t drain_ms;      /* longest wait for a draining server's connections */
    uint64_t capacity;   /* connections (or new ones a second) that the whole service can take; 0 =
                            not declared */
    enum ipvs_load load; /* what is held against it */
};

enum ipvs_use {
    IPVS_USE_UP,     /* up, unknown or forced up */
    IPVS_USE_FAILED, /* measured down */
    IPVS_USE_DOWN,   /* by an operator, or disabled: out at once */
    IPVS_USE_DRAIN   /* by an operator: weight 0, out when its connections are gone */
};

struct ipvs_director_input {
    uint64_t now_ms;         /* monotonic */
    const uint8_t *uses;     /* enum ipvs_use, by server of the spec */
    const uint32_t *weights; /* by server, operators' and dynamic ones applied; NULL = the spec's */
    enum ipvs_use vip;       /* the service as a whole: FAILED = the probe through the VIP says no
                                (or has not said yes), or the address is not on this host */
    bool retired;            /* gone from the config: drain and remove */
    bool in_dns;             /* a worker may still answer the VIP: published as live before, or the
                                new state is not served by all yet */
    uint64_t tail_ms;        /* the longest TTL that DNS gives the VIP out with; 0 = not in DNS */
    bool kernel_known;       /* there has been a dump */
    const struct ipvs_service
        *kernel;       /* as of the last dump and what was done since; NULL = absent */
    uint64_t stale_ms; /* how long ago that dump was begun: the age of its counters */
    bool gate;         /* live only when the kernel has it (false where there is no kernel) */
};

enum ipvs_server_state {
    IPVS_SERVER_UP,
    IPVS_SERVER_WARMING, /* slow start */
    IPVS_SERVER_DOWN,    /* measured */
    IPVS_SERVER_DRAINING,
    IPVS_SERVER_DRAINED,
    IPVS_SERVER_ADMIN_DOWN,
    IPVS_SERVER_DISABLED,
};
const char *ipvs_server_state_name(enum ipvs_server_state state); /* "up", "warming", ... */

enum ipvs_service_state {
    IPVS_SERVICE_UP,
    IPVS_SERVICE_WAITING,  /* quorum is there, the kernel or the VIP's own condition not yet */
    IPVS_SERVICE_DOWN,     /* below quorum */
    IPVS_SERVICE_SORRY,    /* below quorum, the sorry server answers */
    IPVS_SERVICE_DRAINING, /* out of DNS; tail, then connections */
    IPVS_SERVICE_DRAINED,
    IPVS_SERVICE_ADMIN_DOWN,
};
const char *ipvs_service_state_name(enum ipvs_service_state state);

struct ipvs_server_view {
    enum ipvs_server_state state;
    uint32_t weight;   /* that the kernel should have; 0 when absent, too */
    bool present;      /* that the kernel should have it at all */
    uint64_t until_ms; /* expected end of ramp or drain by now_ms' clock; 0 = none */
};

struct ipvs_director;

/* Borrows `spec` until the next adopt. Returns owned. */
struct ipvs_director *ipvs_director_new(const struct ipvs_spec *spec);
void ipvs_director_free(struct ipvs_director *director);
/* After a reload: the same service by another definition; servers keep their states by address and
 * port. Servers that are gone are drained. NULL = the definition is gone: what it last was is kept
 * as a copy, for draining (input.retired). */
void ipvs_director_adopt(struct ipvs_director *director, const struct ipvs_spec *spec);
/* Takes one step. Idempotent for equal input and time. */
void ipvs_director_step(struct ipvs_director *director, const struct ipvs_director_input *input);

/* --- what the last step has decided --- */

const struct ipvs_spec *ipvs_director_spec(const struct ipvs_director *director);
/* What the kernel should have, normal form, dests sorted; NULL = no service (drained, taken down
 * and out of DNS, or there was no step yet). */
const struct ipvs_service *ipvs_director_desired(const struct ipvs_director *director);
/* DNS may answer the VIP. */
bool ipvs_director_live(const struct ipvs_director *director);
/* Live capacity as a share of the configured one, load feedback applied: 0..1. What DNS weighs by.
 */
double ipvs_director_share(const struct ipvs_director *director);
enum ipvs_service_state ipvs_director_state(const struct ipvs_director *director);
/* One sentence of why it is in that state; valid until the next step. */
const char *ipvs_director_reason(const struct ipvs_director *director);
bool ipvs_director_quorum(const struct ipvs_director *director);
void ipvs_director_server(const struct ipvs_director *director, size_t server,
                          struct ipvs_server_view *out);
/* Expected end of the service's own drain by now_ms' clock, at latest its limit; 0 = not draining,
 * or not known yet. */
uint64_t ipvs_director_until_ms(const struct ipvs_director *director);
/* Time by now_ms' clock at which a step is due though nothing happens; 0 = none. */
uint64_t ipvs_director_next_ms(const struct ipvs_director *director);
/* Needs the kernel's counters soon: a drain waits for connections, or load is looked at. */
bool ipvs_director_wants_counters(const struct ipvs_director *director);
