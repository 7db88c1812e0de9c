// SPDX-License-Identifier: BSD-2-Clause
/* What keeps a configuration that has lost its services from emptying the kernel's table: a reload
 * that takes too much is refused; what is ours as of the state file and in no config any more gets
 * directors that drain it, or that are held. */
#include "server/control_ipvs.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include <string.h>

#define ALARM_BRAKE    "ipvs_brake"
#define BRAKE_MIN_LIVE 2 /* below so many live servers there is nothing to brake */

/* ---- leftovers ---------------------------------------------------------------------------------
 */

/* A director whose definition is what the kernel has. Returns owned. */
static struct ipvs_director *director_of_kernel(const struct ipvs_service *kernel, const char *name)
{
    struct ipvs_server_spec *servers = MEM_NEW_ARRAY(struct ipvs_server_spec, kernel->dest_count);
    char(*texts)[IPVS_TEXT_MAX] = mem_calloc(kernel->dest_count, IPVS_TEXT_MAX);
    struct ipvs_spec spec = {
        .name = name,
        .service = *kernel,
        .servers = servers,
        .server_count = kernel->dest_count,
        .quorum = 1,
        .drain_ms = CONTROL_IPVS_LEFTOVER_MS,
    };
    spec.service.dests = NULL;
    spec.service.dest_count = spec.service.dest_capacity = 0;
    ipvs_service_normalise(&spec.service);
    for (size_t i = 0; i < kernel->dest_count; i++) {
        ipvs_dest_print(&kernel->dests[i], texts[i]);
        servers[i].name = texts[i];
        servers[i].dest = kernel->dests[i];
        ipvs_dest_normalise(&servers[i].dest);
    }
    struct ipvs_director *director = ipvs_director_new(&spec);
    ipvs_director_adopt(director, NULL); /* keeps a copy */
    mem_free(texts);
    mem_free(servers);
    return director;
}

static size_t live_dests(const struct ipvs_service *service)
{
    size_t live = 0;
    for (size_t i = 0; service != NULL && i < service->dest_count; i++)
        live += service->dests[i].weight > 0;
    return live;
}

static void add_leftover(struct control_ipvs *ipvs, const struct ipvs_service *kernel)
{
    char key[IPVS_TEXT_MAX];
    struct control_director *director = MEM_NEW(struct control_director);
    ipvs_key_print(&kernel->key, key);
    director->key = kernel->key;
    director->name = mem_strdup(key);
    director->leftover = true;
    director->director = director_of_kernel(kernel, director->name);
    director->service = POOL_NONE;
    log_warn("ipvs", "%s: ours as of the state file, but in no configuration any more: draining",
             key);
    control_ipvs_insert(ipvs, director);
}

/* A generator that yields an empty config must not empty the kernel's table. */
static void brake(struct control_ipvs *ipvs, size_t live_before, size_t live_gone)
{
    uint64_t limit = ipvs->control->world->config->ipvs.max_remove;
    bool too_many = live_before >= BRAKE_MIN_LIVE && live_gone * 100 > live_before * limit;
    for (size_t i = 0; i < ipvs->count; i++)
        ipvs->directors[i]->held = too_many && ipvs->directors[i]->leftover;
    ipvs->braking = too_many;
    if (too_many)
        alarms_raise(ipvs->control->alarms, ALARM_BRAKE,
                     "%zu of %zu live servers in the kernel are in no configuration any more: kept "
                     "(ipvs.max_remove); \"gslbctl ipvs apply --force\" removes them",
                     live_gone, live_before);
}

void control_ipvs_end_brake(struct control_ipvs *ipvs)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        if (ipvs->directors[i]->held)
            return;
    }
    ipvs->braking = false;
    alarms_clear(ipvs->control->alarms, ALARM_BRAKE);
}

/* Keys that neither kernel nor config have: whoever makes such a service now makes one of his own.
 */
static void forget_absent(struct control_ipvs *ipvs)
{
    for (size_t i = ipvs->owned.count; i-- > 0;) {
        struct ipvs_key key = ipvs->owned.items[i];
        if (control_ipvs_find(ipvs, &key) == NULL && ipvs_table_find(&ipvs->actual, &key) == NULL)
            ipvs->owned_changed |= ipvs_keys_remove(&ipvs->owned, &key);
    }
}

void control_ipvs_leftovers(struct control_ipvs *ipvs)
{
    size_t live = 0;
    size_t gone = 0;
    if (ipvs->leftovers_made || ipvs->control->world == NULL)
        return;
    ipvs->leftovers_made = true;
    for (size_t i = 0; i < ipvs->actual.count; i++) {
        const struct ipvs_service *kernel = &ipvs->actual.services[i];
        bool ours = control_ipvs_find(ipvs, &kernel->key) != NULL;
        if (!ours && !ipvs_keys_has(&ipvs->owned, &kernel->key))
            continue;
        live += live_dests(kernel);
        gone += ours ? 0 : live_dests(kernel);
        if (!ours)
            add_leftover(ipvs, kernel);
    }
    brake(ipvs, live, gone);
    forget_absent(ipvs);
}

/* ---- the brake ---------------------------------------------------------------------------------
 */

static bool is_sorry(const struct ipvs_spec *spec, const struct ipvs_dest *dest)
{
    return spec->has_sorry && ipvs_dest_compare(&spec->sorry, dest) == 0;
}

/* The machine still works for the service: a new port, VIP or way of forwarding is no loss. */
static bool keeps(const struct world *world, const struct control_director *director,
                  const struct addr *server)
{
    size_t count = 0;
    const struct world_real *reals = world_reals(world, server, &count);
    for (size_t i = 0; i < count; i++) {
        const struct ipvs_spec *spec = &world->services[reals[i].service].config->spec;
        if (ipvs_key_compare(&spec->service.key, &director->key) == 0 ||
            strcmp(spec->name, director->name) == 0)
            return true;
    }
    return false;
}

bool control_ipvs_may_take(const struct control *control, const struct world *world,
                           struct errlist *errors)
{
    const struct control_ipvs *ipvs = control->ipvs;
    size_t live = 0;
    size_t gone = 0;
    if (ipvs == NULL || world->config->ipvs.mode == IPVS_OBSERVE)
        return true; /* nothing is removed */
    for (size_t i = 0; i < ipvs->count; i++) {
        const struct control_director *director = ipvs->directors[i];
        const struct ipvs_service *kernel = ipvs_table_find(&ipvs->actual, &director->key);
        if (director->service == POOL_NONE || kernel == NULL)
            continue;
        const struct ipvs_spec *spec = ipvs_director_spec(director->director);
        for (size_t d = 0; d < kernel->dest_count; d++) {
            bool counts = kernel->dests[d].weight > 0 && !is_sorry(spec, &kernel->dests[d]);
            live += counts;
            gone += counts && !keeps(world, director, &kernel->dests[d].addr);
        }
    }
    uint64_t limit = world->config->ipvs.max_remove;
    if (live < BRAKE_MIN_LIVE || gone * 100 <= live * limit)
        return true;
    json_error(
        &world->config->doc, errors, "ipvs",
        "%zu of %zu live real servers would be gone, more than ipvs.max_remove (%u %%): if that "
        "is meant, reload with force (gslbctl reload --force)",
        gone, live, (unsigned)limit);
    return false;
}
