// SPDX-License-Identifier: BSD-2-Clause
/* What the directors and the kernel's table say: for pools, and for people who look. */
#include "server/control_ipvs.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct control_director *of_service(const struct control *control, uint32_t service)
{
    return control->ipvs->by_service[service - 1];
}

enum pool_use control_ipvs_use(const struct control *control, uint32_t service)
{
    const struct control_director *director = of_service(control, service);
    switch (ipvs_director_state(director->director)) {
    case IPVS_SERVICE_DRAINING:
    case IPVS_SERVICE_DRAINED:
    case IPVS_SERVICE_ADMIN_DOWN:
        return POOL_BARRED;
    case IPVS_SERVICE_UP:
    case IPVS_SERVICE_WAITING:
    case IPVS_SERVICE_DOWN:
    case IPVS_SERVICE_SORRY:
        break;
    }
    return director->live ? POOL_LIVE : POOL_FAILED;
}

const char *control_ipvs_barred_state(const struct control *control, uint32_t service)
{
    const struct control_director *director = of_service(control, service);
    return ipvs_service_state_name(ipvs_director_state(director->director));
}

uint32_t control_ipvs_share(const struct control *control, uint32_t service)
{
    return of_service(control, service)->share;
}

bool control_ipvs_has_vip(const struct control *control, const struct addr *addr)
{
    const struct world *world = control->world;
    for (size_t i = 0; i < world->service_count; i++) {
        if (addr_equal(&world->services[i].config->spec.service.key.addr, addr))
            return true;
    }
    return false;
}

void control_ipvs_status(const struct control *control, struct control_ipvs_status *out)
{
    const struct control_ipvs *ipvs = control->ipvs;
    memset(out, 0, sizeof(*out));
    if (ipvs == NULL) {
        ipvs_print_unavailable(ENOSYS, out->reason);
        return;
    }
    out->present = true;
    out->available = control_ipvs_usable(ipvs);
    out->info = ipvs->info;
    out->actual = ipvs->known ? &ipvs->actual : NULL;
    out->counts = &ipvs->counts;
    out->directors = ipvs->count;
    if (!ipvs->asked)
        (void)snprintf(out->reason, sizeof(out->reason), "the kernel has not been asked yet");
    else if (ipvs->error != 0)
        ipvs_print_unavailable(ipvs->error, out->reason);
}

static const struct override *vip_override(const struct control *control,
                                           const struct control_director *director)
{
    if (director->service == POOL_NONE) /* its name may be that of another one by now */
        return NULL;
    const struct override *override =
        control_service_override(control, OVERRIDE_KIND_STATE, director->service, "");
    if (override == NULL && director->key.fwmark == 0)
        override = control_backend_override(control, &director->key.addr);
    return override;
}

void control_ipvs_service(const struct control *control, size_t index, struct control_service *out)
{
    const struct control_ipvs *ipvs = control->ipvs;
    const struct control_director *director = ipvs->directors[index];
    *out = (struct control_service){
        .name = director->name,
        .key = &director->key,
        .director = director->director,
        .kernel = ipvs_table_find(&ipvs->actual, &director->key),
        .service = director->service,
        .held = director->held,
        .override = vip_override(control, director),
    };
}

void control_ipvs_server(struct control *control, uint32_t service, uint32_t server,
                         struct control_server *out)
{
    const struct world_service *at = &control->world->services[service];
    const struct ipvs_spec *spec = &at->config->spec;
    const char *name = spec->servers[server].name;
    memset(out, 0, sizeof(*out));
    out->verdict = control_verdict_of(control, &at->servers[server]);
    control_deciding_status(control, &at->servers[server], &out->last);
    out->state_override = control_service_override(control, OVERRIDE_KIND_STATE, service, name);
    if (out->state_override == NULL)
        out->state_override = control_backend_override(control, &spec->servers[server].dest.addr);
    out->weight_override = control_service_override(control, OVERRIDE_KIND_WEIGHT, service, name);
    out->weight = out->weight_override != NULL ? out->weight_override->weight
                                               : spec->servers[server].dest.weight;
}

int64_t control_ipvs_wall_ms(uint64_t mono_ms)
{
    if (mono_ms == 0)
        return 0;
    return clock_wall_ms() + (int64_t)(mono_ms - clock_mono_ms());
}

void control_ipvs_foreign(struct control *control, struct ipvs_keys *out)
{
    const struct control_ipvs *ipvs = control->ipvs;
    size_t at = 0;
    for (size_t i = 0; ipvs != NULL && i < ipvs->actual.count; i++) {
        const struct ipvs_key *key = &ipvs->actual.services[i].key;
        while (at < ipvs->count && ipvs_key_compare(&ipvs->directors[at]->key, key) < 0)
            at++;
        if (at == ipvs->count || ipvs_key_compare(&ipvs->directors[at]->key, key) != 0)
            (void)ipvs_keys_add(out, key);
    }
}
