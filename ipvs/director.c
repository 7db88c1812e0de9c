// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/director.h"

#include "base/mem.h"
#include "ipvs/desired.h"
#include "ipvs/load.h"
#include "ipvs/member.h"
#include "ipvs/quorum.h"
#include "ipvs/spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOAD_STEP_MS 1000
#define REASON_MAX   256

/* Of the drain of the whole service. */
enum phase {
    PHASE_SERVE,
    PHASE_LEAVING,     /* out of DNS, but a worker may still answer it */
    PHASE_TAIL,        /* clients and caches may still have its answer */
    PHASE_CONNECTIONS, /* weight 0 */
    PHASE_DRAINED
};

struct ipvs_director {
    const struct ipvs_spec *spec; /* borrowed, or `own` */
    struct ipvs_spec *own;        /* owned; NULL while the definition lives elsewhere */
    struct roster roster;
    struct member sorry;
    bool adopted; /* what the kernel had has been looked at */
    bool there;   /* the kernel has had the service */
    bool quorum;
    enum phase phase;
    bool dns_left; /* and since when */
    uint64_t dns_left_ms;
    uint64_t tail_ms; /* as long as DNS gave it out; a pool may be gone together with the service */
    struct load load;
    /* of the last step */
    struct quorum_tally tally;
    bool kernel_serves; /* the kernel has a live server of ours with a weight */
    struct ipvs_service desired;
    bool gone; /* retired, drained or taken down: no service desired */
    bool live;
    double share;
    enum ipvs_service_state state;
    char reason[REASON_MAX];
    uint64_t until_ms;
    uint64_t next_ms;
    bool wants_counters;
};

/* ---- who is alive ------------------------------------------------------------------------------
 */

static enum ipvs_use use_of(const struct ipvs_director *director,
                            const struct ipvs_director_input *in, size_t i)
{
    const struct member *member = &director->roster.items[i];
    if (member->leaver)
        return IPVS_USE_DRAIN;
    return member->disabled ? IPVS_USE_DOWN : (enum ipvs_use)in->uses[i];
}

static uint32_t full_weight(const struct ipvs_director_input *in, const struct member *member,
                            size_t i)
{
    uint32_t weight = in->weights != NULL && !member->leaver ? in->weights[i] : member->dest.weight;
    return weight < IPVS_WEIGHT_MAX ? weight : IPVS_WEIGHT_MAX;
}

static void count(struct ipvs_director *director, const struct member *member)
{
    struct quorum_tally *tally = &director->tally;
    if (member->leaver || member->disabled)
        return;
    tally->servers++;
    tally->weight += member->dest.weight;
    if (!member->live)
        return;
    tally->live++;
    tally->live_weight += member->full;
    if (member->kernel != NULL && member->kernel->weight > 0)
        director->kernel_serves = true;
}

/* First look at all servers: who is live, and is that enough. */
static void judge(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    director->tally = (struct quorum_tally){ 0 };
    director->kernel_serves = false;
    for (size_t i = 0; i < director->roster.count; i++) {
        struct member *member = &director->roster.items[i];
        member->full = full_weight(in, member, i);
        member->live = use_of(director, in, i) == IPVS_USE_UP && member->full > 0;
        count(director, member);
    }
    director->quorum = quorum_holds(director->spec, &director->tally, director->quorum);
}

/* ---- what the kernel had before we came --------------------------------------------------------
 */

static void look_at_kernel(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    const struct ipvs_dest *sorry = director->spec->has_sorry ? &director->spec->sorry : NULL;
    if (sorry != NULL)
        director->sorry.dest = *sorry;
    roster_look(&director->roster, in->kernel);
    director->there = director->there || in->kernel != NULL;
    director->sorry.kernel = in->kernel != NULL && sorry != NULL
                                 ? ipvs_service_find(in->kernel, &sorry->addr, sorry->port)
                                 : NULL;
    if (director->adopted || !in->kernel_known)
        return;
    director->adopted = true;
    roster_inherit(&director->roster, in->kernel, sorry);
    director->sorry.shown = director->sorry.kernel != NULL;
    director->sorry.shown_weight = director->sorry.shown ? director->sorry.kernel->weight : 0;
    /* A service that was drained before a restart does not come back for the tail. */
    if ((in->retired || in->vip == IPVS_USE_DRAIN) && !in->in_dns && !desired_serves(in->kernel))
        director->phase = PHASE_CONNECTIONS;
}

/* ---- drain of the service ----------------------------------------------------------------------
 */

static void watch_dns(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    bool later = in->tail_ms > director->tail_ms;
    if (later || (in->in_dns && in->tail_ms > 0))
        director->tail_ms = in->tail_ms;
    if (!in->in_dns && !director->dns_left)
        director->dns_left_ms = in->now_ms;
    director->dns_left = !in->in_dns;
}

static uint64_t tail_end(const struct ipvs_director *director)
{
    return director->dns_left_ms + director->tail_ms;
}

static enum phase next_phase(const struct ipvs_director *director,
                             const struct ipvs_director_input *in)
{
    if (!in->retired && in->vip != IPVS_USE_DRAIN)
        return PHASE_SERVE;
    if (director->phase >= PHASE_CONNECTIONS)
        return director->phase;
    if (in->in_dns || (in->gate && !director->adopted))
        return PHASE_LEAVING;
    /* Retired while an operator had it out, or never made: nothing to wait for. */
    if (in->vip == IPVS_USE_DOWN || (in->kernel_known && !director->there))
        return PHASE_DRAINED;
    return in->now_ms < tail_end(director) ? PHASE_TAIL : PHASE_CONNECTIONS;
}

/* ---- what is to be in the kernel ---------------------------------------------------------------
 */

static struct member_rules rules_of(const struct ipvs_director *director,
                                    const struct ipvs_director_input *in)
{
    const struct ipvs_spec *spec = director->spec;
    bool ramps = !ipvs_scheduler_is_hash(spec->service.scheduler) &&
                 !ipvs_scheduler_is_rank(spec->service.scheduler);
    return (struct member_rules){ .now_ms = in->now_ms,
                                  .stale_ms = in->stale_ms,
                                  .slow_start_ms = ramps ? spec->slow_start_ms : 0,
                                  .drain_ms = spec->drain_ms,
                                  .service = &spec->service,
                                  .known = director->adopted || !in->gate,
                                  .kernel = in->gate || in->kernel_known };
}

/* The real servers make room for the sorry server, or all is down. */
static bool holds_back(const struct ipvs_director *director, const struct ipvs_director_input *in)
{
    const struct ipvs_spec *spec = director->spec;
    return in->vip == IPVS_USE_DOWN || (!director->quorum && spec->has_sorry && !spec->sorry_keeps);
}

static void step_member(struct ipvs_director *director, const struct ipvs_director_input *in,
                        const struct member_rules *rules, size_t i)
{
    struct member *member = &director->roster.items[i];
    bool serving = director->phase < PHASE_CONNECTIONS;
    enum ipvs_use use = use_of(director, in, i);
    if (use == IPVS_USE_UP && !serving)
        use = IPVS_USE_DRAIN;
    switch (use) {
    case IPVS_USE_UP:
        member_up(member, rules, holds_back(director, in));
        break;
    case IPVS_USE_FAILED:
        member_out(member, IPVS_SERVER_DOWN, director->spec->quiesce && serving);
        break;
    case IPVS_USE_DOWN:
        member_out(member, member->disabled ? IPVS_SERVER_DISABLED : IPVS_SERVER_ADMIN_DOWN, false);
        break;
    case IPVS_USE_DRAIN:
        member_drain(member, rules);
        break;
    }
    if (in->vip == IPVS_USE_DOWN)
        member->want = false;
}

/* It comes when quorum is lost, and stays until the kernel has a real server again. */
static void step_sorry(struct ipvs_director *director, const struct ipvs_director_input *in,
                       const struct member_rules *rules)
{
    struct member *sorry = &director->sorry;
    if (!director->spec->has_sorry || in->vip == IPVS_USE_DOWN) {
        member_out(sorry, IPVS_SERVER_DOWN, false);
        return;
    }
    sorry->full = sorry->dest.weight;
    if (director->phase >= PHASE_CONNECTIONS) {
        member_drain(sorry, rules);
        return;
    }
    bool real = director->kernel_serves || !in->gate;
    member_out(sorry, IPVS_SERVER_UP, false);
    sorry->want = !director->quorum || (sorry->shown && !real);
    sorry->weight = sorry->full;
}

static void step_members(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    struct member_rules rules = rules_of(director, in);
    for (size_t i = 0; i < director->roster.count; i++)
        step_member(director, in, &rules, i);
    roster_end_needless_ramps(&director->roster);
    step_sorry(director, in, &rules);
}

/* ---- what DNS may say --------------------------------------------------------------------------
 */

static double base_share(const struct ipvs_director *director)
{
    const struct quorum_tally *tally = &director->tally;
    double share = 0;
    if (tally->weight > 0)
        share = (double)roster_weight(&director->roster) / (double)tally->weight;
    else if (tally->servers > 0)
        share = (double)tally->live / (double)tally->servers;
    return share < 1 ? share : 1;
}

static bool uses_load(const struct ipvs_spec *spec)
{
    return spec->load != IPVS_LOAD_NONE && spec->capacity > 0;
}

/* Of what the live servers can take; < 0 = not known. */
static double utilisation(const struct ipvs_director *director,
                          const struct ipvs_director_input *in)
{
    const struct ipvs_spec *spec = director->spec;
    double room = (double)spec->capacity * director->share;
    if (in->kernel == NULL || room <= 0)
        return -1;
    if (spec->load == IPVS_LOAD_RATE)
        return (double)in->kernel->stats.connection_rate / room;
    return (double)roster_connections(&director->roster, &spec->service) / room;
}

static void weigh(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    director->share = base_share(director);
    if (!uses_load(director->spec)) {
        load_reset(&director->load);
        return;
    }
    director->share *=
        load_step(&director->load, in->now_ms, utilisation(director, in), in->tail_ms);
}

static bool may_answer(const struct ipvs_director *director, const struct ipvs_director_input *in)
{
    return director->phase == PHASE_SERVE && in->vip == IPVS_USE_UP && director->quorum &&
           (!in->gate || (in->kernel_known && director->kernel_serves));
}

/* ---- in words and times ------------------------------------------------------------------------
 */

static void say(struct ipvs_director *director, enum ipvs_service_state state, const char *reason)
{
    director->state = state;
    (void)snprintf(director->reason, sizeof(director->reason), "%s", reason);
}

static size_t draining_count(const struct ipvs_director *director)
{
    return roster_draining(&director->roster) + director->sorry.draining;
}

static void say_draining(struct ipvs_director *director)
{
    if (director->phase == PHASE_LEAVING) {
        say(director, IPVS_SERVICE_DRAINING, "it is being taken out of DNS");
    } else if (director->phase == PHASE_TAIL) {
        say(director, IPVS_SERVICE_DRAINING,
            "it is out of DNS, and its last answers are still in caches");
    } else if (director->phase == PHASE_DRAINED) {
        say(director, IPVS_SERVICE_DRAINED, "it is drained");
    } else {
        size_t servers = draining_count(director);
        director->state = IPVS_SERVICE_DRAINING;
        (void)snprintf(director->reason, sizeof(director->reason),
                       "it waits for the connections of %zu server%s to end", servers,
                       servers == 1 ? "" : "s");
    }
}

static void say_servers(struct ipvs_director *director, enum ipvs_service_state state,
                        const char *rest)
{
    static const char *const units[] = { [IPVS_BY_COUNT] = "",
                                         [IPVS_BY_WEIGHT] = " by weight",
                                         [IPVS_BY_SHARE] = " percent of the weight" };
    const struct quorum_tally *tally = &director->tally;
    director->state = state;
    (void)snprintf(director->reason, sizeof(director->reason),
                   "%" PRIu64 " of %" PRIu64 " servers up (weight %" PRIu64 " of %" PRIu64
                   "), quorum %" PRIu32 "%s%s",
                   tally->live, tally->servers, tally->live_weight, tally->weight,
                   director->spec->quorum, units[director->spec->quorum_by], rest);
}

static void explain(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    if (director->phase != PHASE_SERVE)
        say_draining(director);
    else if (in->vip == IPVS_USE_DOWN)
        say(director, IPVS_SERVICE_ADMIN_DOWN, "an operator has taken it down");
    else if (!director->quorum && director->sorry.want)
        say_servers(director, IPVS_SERVICE_SORRY, "; the sorry server answers");
    else if (!director->quorum)
        say_servers(director, IPVS_SERVICE_DOWN, "");
    else if (director->live)
        say_servers(director, IPVS_SERVICE_UP, "");
    else if (in->vip != IPVS_USE_UP)
        say(director, IPVS_SERVICE_WAITING,
            "its servers are up, but the probe through the VIP has not succeeded or the address is "
            "not on this host");
    else if (!in->kernel_known)
        say(director, IPVS_SERVICE_WAITING, "the kernel's table is not known yet");
    else if (in->kernel == NULL)
        say(director, IPVS_SERVICE_WAITING, "the kernel does not have the service");
    else
        say(director, IPVS_SERVICE_WAITING, "the kernel has none of its live servers");
}

static void due(struct ipvs_director *director, uint64_t at_ms)
{
    if (at_ms != 0 && (director->next_ms == 0 || at_ms < director->next_ms))
        director->next_ms = at_ms;
}

static void last(uint64_t *until_ms, uint64_t at_ms)
{
    if (at_ms > *until_ms)
        *until_ms = at_ms;
}

static void plan_times(struct ipvs_director *director, const struct ipvs_director_input *in)
{
    uint64_t end = director->sorry.until_ms;
    director->next_ms = director->until_ms = 0;
    due(director, director->sorry.next_ms);
    for (size_t i = 0; i < director->roster.count; i++) {
        due(director, director->roster.items[i].next_ms);
        last(&end, director->roster.items[i].until_ms);
    }
    if (uses_load(director->spec))
        due(director, in->now_ms + LOAD_STEP_MS);
    if (director->phase == PHASE_TAIL) {
        due(director, tail_end(director));
        director->until_ms = tail_end(director) + director->spec->drain_ms;
    } else if (director->phase == PHASE_CONNECTIONS) {
        director->until_ms = end;
    }
    director->wants_counters = uses_load(director->spec) || draining_count(director) > 0;
}

/* ---- public ------------------------------------------------------------------------------------
 */

struct ipvs_director *ipvs_director_new(const struct ipvs_spec *spec)
{
    struct ipvs_director *director = MEM_NEW(struct ipvs_director);
    load_reset(&director->load);
    director->gone = true; /* before the first step nothing is desired */
    ipvs_director_adopt(director, spec);
    return director;
}

void ipvs_director_free(struct ipvs_director *director)
{
    if (director == NULL)
        return;
    roster_fini(&director->roster);
    ipvs_service_fini(&director->desired);
    ipvs_spec_free(director->own);
    mem_free(director);
}

void ipvs_director_adopt(struct ipvs_director *director, const struct ipvs_spec *spec)
{
    struct ipvs_spec *old = director->own;
    if (spec == NULL && old != NULL)
        return;
    director->own = spec == NULL ? ipvs_spec_copy(director->spec) : NULL;
    director->spec = spec == NULL ? director->own : spec;
    roster_adopt(&director->roster, director->spec);
    ipvs_spec_free(old);
}

void ipvs_director_step(struct ipvs_director *director, const struct ipvs_director_input *input)
{
    watch_dns(director, input);
    look_at_kernel(director, input);
    director->phase = next_phase(director, input);
    judge(director, input);
    step_members(director, input);
    desired_build(&director->desired, &director->spec->service, &director->roster, &director->sorry,
                  input->in_dns);
    roster_prune(&director->roster);
    if (director->phase == PHASE_CONNECTIONS && draining_count(director) == 0)
        director->phase = PHASE_DRAINED;
    director->gone =
        director->phase == PHASE_DRAINED || (input->vip == IPVS_USE_DOWN && !input->in_dns);
    director->live = may_answer(director, input);
    weigh(director, input);
    explain(director, input);
    plan_times(director, input);
}

const struct ipvs_spec *ipvs_director_spec(const struct ipvs_director *director)
{
    return director->spec;
}

const struct ipvs_service *ipvs_director_desired(const struct ipvs_director *director)
{
    return director->gone ? NULL : &director->desired;
}

bool ipvs_director_live(const struct ipvs_director *director)
{
    return director->live;
}

double ipvs_director_share(const struct ipvs_director *director)
{
    return director->share;
}

enum ipvs_service_state ipvs_director_state(const struct ipvs_director *director)
{
    return director->state;
}

const char *ipvs_director_reason(const struct ipvs_director *director)
{
    return director->reason;
}

bool ipvs_director_quorum(const struct ipvs_director *director)
{
    return director->quorum;
}

void ipvs_director_server(const struct ipvs_director *director, size_t server,
                          struct ipvs_server_view *out)
{
    const struct member *member = &director->roster.items[server];
    const struct ipvs_dest *dest =
        director->gone
            ? NULL
            : ipvs_service_find(&director->desired, &member->dest.addr, member->dest.port);
    *out = (struct ipvs_server_view){ .state = member->state,
                                      .weight = dest == NULL ? 0 : dest->weight,
                                      .present = dest != NULL,
                                      .until_ms = member->until_ms };
}

uint64_t ipvs_director_until_ms(const struct ipvs_director *director)
{
    return director->until_ms;
}

uint64_t ipvs_director_next_ms(const struct ipvs_director *director)
{
    return director->next_ms;
}

bool ipvs_director_wants_counters(const struct ipvs_director *director)
{
    return director->wants_counters;
}

const char *ipvs_server_state_name(enum ipvs_server_state state)
{
    static const char *const names[] = {
        [IPVS_SERVER_UP] = "up",
        [IPVS_SERVER_WARMING] = "warming",
        [IPVS_SERVER_DOWN] = "down",
        [IPVS_SERVER_DRAINING] = "draining",
        [IPVS_SERVER_DRAINED] = "drained",
        [IPVS_SERVER_ADMIN_DOWN] = "admin_down",
        [IPVS_SERVER_DISABLED] = "disabled",
    };
    return names[state];
}

const char *ipvs_service_state_name(enum ipvs_service_state state)
{
    static const char *const names[] = {
        [IPVS_SERVICE_UP] = "up",
        [IPVS_SERVICE_WAITING] = "waiting",
        [IPVS_SERVICE_DOWN] = "down",
        [IPVS_SERVICE_SORRY] = "sorry",
        [IPVS_SERVICE_DRAINING] = "draining",
        [IPVS_SERVICE_DRAINED] = "drained",
        [IPVS_SERVICE_ADMIN_DOWN] = "admin_down",
    };
    return names[state];
}
