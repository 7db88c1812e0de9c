// SPDX-License-Identifier: BSD-2-Clause
/* The directors: one a service, made and retired as the config changes, given what they decide by
 * (health, overrides, time, the kernel's counters), and what they decide is told to pools, log and
 * events. */
#include "server/control_ipvs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* ---- the set -----------------------------------------------------------------------------------
 */

void control_ipvs_director_free(struct control_director *director)
{
    ipvs_director_free(director->director);
    mem_free(director->name);
    mem_free(director);
}

static size_t place_of(const struct control_ipvs *ipvs, const struct ipvs_key *key)
{
    size_t low = 0;
    size_t high = ipvs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ipvs_key_compare(&ipvs->directors[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct control_director *control_ipvs_find(const struct control_ipvs *ipvs,
                                           const struct ipvs_key *key)
{
    size_t at = place_of(ipvs, key);
    bool found = at < ipvs->count && ipvs_key_compare(&ipvs->directors[at]->key, key) == 0;
    return found ? ipvs->directors[at] : NULL;
}

void control_ipvs_insert(struct control_ipvs *ipvs, struct control_director *director)
{
    size_t at = place_of(ipvs, &director->key);
    void *grown = ipvs->directors;
    mem_grow(&grown, &ipvs->capacity, ipvs->count + 1, sizeof(struct control_director *));
    ipvs->directors = grown;
    memmove(&ipvs->directors[at + 1], &ipvs->directors[at],
            (ipvs->count - at) * sizeof(struct control_director *));
    ipvs->directors[at] = director;
    ipvs->count++;
}

static struct control_director *director_new(const struct ipvs_spec *spec)
{
    struct control_director *director = MEM_NEW(struct control_director);
    director->key = spec->service.key;
    director->name = mem_strdup(spec->name);
    director->director = ipvs_director_new(spec);
    director->service = POOL_NONE;
    return director;
}

/* ---- a new world -------------------------------------------------------------------------------
 */

static void retire(struct control_director *director)
{
    if (director->service == POOL_NONE)
        return;
    director->service = POOL_NONE;
    ipvs_director_adopt(director->director, NULL);
}

/* Some pool has the service as member. */
static bool is_member(const struct world *world, uint32_t service)
{
    size_t count = 0;
    const struct ipvs_key *key = &world->services[service].config->spec.service.key;
    const struct world_user *users =
        key->fwmark == 0 ? world_users(world, &key->addr, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (world->pools.pools[users[i].pool].members[users[i].member].service == service + 1)
            return true;
    }
    return false;
}

static void rename_director(struct control_ipvs *ipvs, struct control_director *director,
                            const char *name)
{
    if (strcmp(director->name, name) == 0)
        return;
    control_ipvs_end_fight(ipvs, director); /* its alarm has the old name */
    mem_free(director->name);
    director->name = mem_strdup(name);
}

static void take_service(struct control_ipvs *ipvs, const struct world *world, uint32_t index)
{
    const struct config_service *config = world->services[index].config;
    struct control_director *director = control_ipvs_find(ipvs, &config->spec.service.key);
    if (director == NULL) {
        director = director_new(&config->spec);
        control_ipvs_insert(ipvs, director);
    } else {
        ipvs_director_adopt(director->director, &config->spec);
        rename_director(ipvs, director, config->spec.name);
    }
    director->service = index;
    director->seen = true;
    director->held = false;
    director->in_pools = is_member(world, index);
    director->tail_ms = (uint64_t)world->service_tail_s[index] * 1000;
    memset(director->interface, 0, sizeof(director->interface));
    if (config->vip_interface != NULL)
        (void)snprintf(director->interface, sizeof(director->interface), "%s",
                       config->vip_interface);
    ipvs->by_service[index] = director;
}

/* The old world is still there: definitions are borrowed from it until they are adopted or copied.
 */
void control_ipvs_adopt(struct control *control)
{
    struct control_ipvs *ipvs = control->ipvs;
    const struct world *world = control->world;
    if (ipvs == NULL)
        return;
    if (!ipvs->read)
        control_ipvs_read(ipvs, world);
    mem_free(ipvs->by_service);
    ipvs->by_service = MEM_NEW_ARRAY(struct control_director *, world->service_count);
    for (size_t i = 0; i < ipvs->count; i++)
        ipvs->directors[i]->seen = false;
    for (uint32_t i = 0; i < world->service_count; i++)
        take_service(ipvs, world, i);
    for (size_t i = 0; i < ipvs->count; i++) {
        if (!ipvs->directors[i]->seen)
            retire(ipvs->directors[i]);
    }
    if (ipvs->known)
        control_ipvs_leftovers(ipvs);
    control_ipvs_step(ipvs);
    control_ipvs_touch(control); /* what they want goes to the kernel when the pools are built */
}

/* ---- what the directors are asked by -----------------------------------------------------------
 */

static enum ipvs_use use_of_state(enum override_state state)
{
    switch (state) {
    case OVERRIDE_DOWN:
        return IPVS_USE_DOWN;
    case OVERRIDE_DRAIN:
        return IPVS_USE_DRAIN;
    case OVERRIDE_UP:
    case OVERRIDE_NONE:
        break;
    }
    return IPVS_USE_UP;
}

static enum ipvs_use server_use(const struct control *control, uint32_t index, size_t server)
{
    const struct world_service *service = &control->world->services[index];
    const struct ipvs_spec *spec = &service->config->spec;
    const struct override *override =
        control_service_override(control, OVERRIDE_KIND_STATE, index, spec->servers[server].name);
    if (override == NULL)
        override = control_backend_override(control, &spec->servers[server].dest.addr);
    if (override != NULL)
        return use_of_state(override->state);
    if (spec->servers[server].disabled)
        return IPVS_USE_DOWN;
    return control_verdict_of(control, &service->servers[server]) == HEALTH_DOWN ? IPVS_USE_FAILED
                                                                                 : IPVS_USE_UP;
}

/* By an operator, else what the VIP's own conditions say. */
static enum ipvs_use vip_use(const struct control_ipvs *ipvs, uint32_t index)
{
    const struct control *control = ipvs->control;
    const struct world_service *service = &control->world->services[index];
    const struct ipvs_key *key = &service->config->spec.service.key;
    const struct override *override =
        control_service_override(control, OVERRIDE_KIND_STATE, index, "");
    if (override == NULL && key->fwmark == 0)
        override = control_backend_override(control, &key->addr);
    if (override != NULL)
        return use_of_state(override->state);
    if (service->config->require_local && ipvs->host != NULL &&
        !hostaddr_has(ipvs->host, &key->addr))
        return IPVS_USE_FAILED;
    if (service->vip.target_count > 0 && control_verdict_of(control, &service->vip) != HEALTH_UP)
        return IPVS_USE_FAILED;
    return IPVS_USE_UP;
}

/* Without a kernel there is nothing to wait for: then DNS goes by health alone, unless the config
 * says that a VIP which this host cannot serve is not to be answered. */
static bool needs_kernel(const struct control_ipvs *ipvs)
{
    return ipvs->known || ipvs->control->world->config->ipvs.withdraw_unavailable;
}

static void fill_of_world(const struct control_ipvs *ipvs, const struct control_director *director,
                          struct ipvs_director_input *input, uint8_t *uses, uint32_t *weights)
{
    const struct control *control = ipvs->control;
    uint32_t service = director->service;
    for (size_t i = 0; i < control->world->services[service].config->spec.server_count; i++) {
        uses[i] = (uint8_t)server_use(control, service, i);
        weights[i] = control_server_weight(control, service, i);
    }
    input->weights = weights;
    input->vip = vip_use(ipvs, service);
    input->retired = ipvs->retiring;
}

static void step_one(struct control_ipvs *ipvs, struct control_director *director, uint64_t now_ms)
{
    size_t count = ipvs_director_spec(director->director)->server_count;
    uint8_t *uses = MEM_NEW_ARRAY(uint8_t, count); /* IPVS_USE_UP */
    uint32_t *weights = MEM_NEW_ARRAY(uint32_t, count);
    struct ipvs_director_input input = {
        .now_ms = now_ms,
        .uses = uses,
        .vip = IPVS_USE_UP,
        .retired = true,
        .in_dns = director->in_dns,
        .tail_ms = director->tail_ms,
        .kernel_known = ipvs->known,
        .kernel = ipvs_table_find(&ipvs->actual, &director->key),
        .stale_ms = now_ms - ipvs->looked_ms,
        .gate = needs_kernel(ipvs),
    };
    if (director->service != POOL_NONE)
        fill_of_world(ipvs, director, &input, uses, weights);
    if (ipvs->removing) {
        input.vip = IPVS_USE_DOWN;
        input.retired = true;
    }
    ipvs_director_step(director->director, &input);
    mem_free(uses);
    mem_free(weights);
}

/* ---- what they have decided --------------------------------------------------------------------
 */

/* The pools were told that DNS must not answer it; every worker has got that by now. */
struct leave {
    struct control *control;
    struct ipvs_key key;
    uint32_t number;
};

static void on_left(void *data, uint64_t generation, bool saved)
{
    struct leave *leave = data;
    struct control_ipvs *ipvs = leave->control->ipvs;
    (void)generation;
    (void)saved;
    struct control_director *director = ipvs != NULL ? control_ipvs_find(ipvs, &leave->key) : NULL;
    if (director != NULL && director->leaving == leave->number) {
        director->in_dns = false;
        control_ipvs_touch(leave->control);
    }
    mem_free(leave);
}

static void watch_leave(struct control_ipvs *ipvs, struct control_director *director)
{
    struct leave *leave = MEM_NEW(struct leave);
    leave->control = ipvs->control;
    leave->key = director->key;
    leave->number = director->leaving;
    control_when_published(ipvs->control, on_left, leave);
}

static uint32_t share_of(const struct control_director *director)
{
    double share = ipvs_director_share(director->director) * POOL_SHARE_ONE;
    if (share <= 0)
        return 0;
    return share < 1 ? 1 : (uint32_t)(share + 0.5); /* little is not nothing */
}

static void tell_pools(struct control_ipvs *ipvs, struct control_director *director)
{
    bool live = ipvs_director_live(director->director);
    uint32_t share = share_of(director);
    if (live == director->live && share == director->share)
        return;
    director->live = live;
    director->share = share;
    if (director->service != POOL_NONE && director->key.fwmark == 0)
        control_mark_service(ipvs->control, director->service);
}

/* Workers may answer what is live and in a pool; what is not so any more is out of DNS when all of
 * them have the state that says so. A reload can bring about either: by other pools, or without the
 * service. Then it is the new world's first state. */
static void follow_dns(struct control_ipvs *ipvs, struct control_director *director)
{
    bool answered = director->live && director->in_pools && director->service != POOL_NONE;
    if (answered == director->answered)
        return;
    director->answered = answered;
    director->leaving++;
    if (answered)
        director->in_dns = true;
    else
        watch_leave(ipvs, director);
}

static void tell_state(struct control_ipvs *ipvs, struct control_director *director)
{
    enum ipvs_service_state state = ipvs_director_state(director->director);
    const char *reason = ipvs_director_reason(director->director);
    if (!ipvs->asked || (director->told && state == director->state))
        return; /* before the kernel has been asked it would be a guess */
    director->told = true;
    director->state = state;
    log_info("ipvs", "%s is %s: %s", director->name, ipvs_service_state_name(state), reason);
    events_emit(ipvs->control->events, "ipvs",
                json_pack("{s:s, s:s, s:s}", "service", director->name, "state",
                          ipvs_service_state_name(state), "reason", reason));
}

/* Gone from config and kernel, its VIP from this host. */
static bool is_over(const struct control_ipvs *ipvs, const struct control_director *director)
{
    return director->service == POOL_NONE && !director->in_dns &&
           ipvs_director_desired(director->director) == NULL && ipvs->known &&
           ipvs_table_find(&ipvs->actual, &director->key) == NULL &&
           !control_ipvs_vip_stays(ipvs, director);
}

static void drop_over(struct control_ipvs *ipvs)
{
    size_t kept = 0;
    for (size_t i = 0; i < ipvs->count; i++) {
        struct control_director *director = ipvs->directors[i];
        if (!is_over(ipvs, director)) {
            ipvs->directors[kept++] = director;
            continue;
        }
        ipvs->owned_changed |= ipvs_keys_remove(&ipvs->owned, &director->key);
        control_ipvs_end_fight(ipvs, director);
        control_ipvs_director_free(director);
    }
    ipvs->count = kept;
}

static void on_step(uv_timer_t *timer)
{
    struct control_ipvs *ipvs = timer->data;
    ipvs->touched = false;
    control_ipvs_step(ipvs);
    control_ipvs_next(ipvs);
}

static void schedule(struct control_ipvs *ipvs, uint64_t now_ms)
{
    uint64_t next = 0;
    if (ipvs->touched)
        return; /* the timer runs, and a step alone does not reach the kernel */
    for (size_t i = 0; i < ipvs->count; i++) {
        uint64_t one = ipvs_director_next_ms(ipvs->directors[i]->director);
        if (one != 0 && (next == 0 || one < next))
            next = one;
    }
    if (next == 0)
        (void)uv_timer_stop(&ipvs->step_timer);
    else
        (void)uv_timer_start(&ipvs->step_timer, on_step, next > now_ms ? next - now_ms : 1, 0);
}

void control_ipvs_step(struct control_ipvs *ipvs)
{
    uint64_t now_ms = clock_mono_ms();
    if (ipvs->control->world == NULL || ipvs->control->stopping)
        return;
    for (size_t i = 0; i < ipvs->count; i++) {
        struct control_director *director = ipvs->directors[i];
        if (director->held)
            continue;
        step_one(ipvs, director, now_ms);
        tell_pools(ipvs, director);
        follow_dns(ipvs, director);
        tell_state(ipvs, director);
    }
    drop_over(ipvs);
    if (ipvs->braking)
        control_ipvs_end_brake(ipvs);
    schedule(ipvs, now_ms);
}

void control_ipvs_touch(struct control *control)
{
    struct control_ipvs *ipvs = control->ipvs;
    if (ipvs == NULL || control->stopping)
        return;
    ipvs->settled = ipvs->failed = false;
    /* Our own changes wait neither until a fight is over, nor for what fails again and again. */
    for (size_t i = 0; i < ipvs->count; i++)
        ipvs->directors[i]->calming = false;
    if (ipvs->retry)
        control_ipvs_poll_again(ipvs);
    ipvs->touched = ipvs->wished = true;
    (void)uv_timer_start(&ipvs->step_timer, on_step, 0, 0);
}

void control_ipvs_decide(struct control *control)
{
    if (control->ipvs == NULL)
        return;
    control_ipvs_step(control->ipvs);
    control_ipvs_next(control->ipvs);
}
