// SPDX-License-Identifier: BSD-2-Clause
/* What health and overrides together say about members: for the pools that are built, and for
 * people who look. */
#include "base/clock.h"
#include "server/control_internal.h"

#include <string.h>

static const struct pool_member *member_at(const struct control *control, uint32_t pool,
                                           uint32_t member)
{
    return &control->world->pools.pools[pool].members[member];
}

static const struct override *member_override(const struct control *control,
                                              enum override_kind kind, uint32_t pool,
                                              uint32_t member)
{
    if (!control->overridden[pool])
        return NULL;
    return override_of_member(control->overrides, kind, control->world->pools.pools[pool].name,
                              member_at(control, pool, member)->name);
}

const struct override *control_backend_override(const struct control *control,
                                                const struct addr *addr)
{
    return control->overridden_backends ? override_of_backend(control->overrides, addr) : NULL;
}

const struct override *control_service_override(const struct control *control,
                                                enum override_kind kind, uint32_t service,
                                                const char *server)
{
    if (!control->overridden_services[service])
        return NULL;
    return override_of_service(control->overrides, kind,
                               control->world->services[service].config->spec.name, server);
}

/* A member's own override beats one by address, which beats "disabled" of the file. */
static const struct override *deciding_override(const struct control *control, uint32_t pool,
                                                uint32_t member, const struct addr *addr)
{
    const struct override *own = member_override(control, OVERRIDE_KIND_STATE, pool, member);
    return own != NULL || addr == NULL ? own : control_backend_override(control, addr);
}

enum health_verdict control_verdict_of(const struct control *control,
                                       const struct pool_address *address)
{
    enum health_verdict verdict = address->target_count > 0 ? HEALTH_UP : HEALTH_UNKNOWN;
    for (size_t i = 0; i < address->target_count; i++) {
        enum health_verdict one = (enum health_verdict)control->verdicts[address->targets[i]];
        if (one == HEALTH_DOWN)
            return HEALTH_DOWN;
        if (one == HEALTH_UNKNOWN)
            verdict = HEALTH_UNKNOWN;
    }
    return verdict;
}

/* The least percent that its checks tell; what those that are down told once is old. */
static unsigned weight_of(const struct control *control, const struct pool_address *address)
{
    unsigned least = CHECK_WEIGHT_FULL;
    for (size_t i = 0; i < address->target_count; i++) {
        unsigned one = control->weights[address->targets[i]];
        if (one < least && control->verdicts[address->targets[i]] != HEALTH_DOWN)
            least = one;
    }
    return least;
}

static enum pool_use address_use(void *data, uint32_t pool, uint32_t member, size_t index)
{
    const struct control *control = data;
    const struct pool_member *m = member_at(control, pool, member);
    const struct override *override =
        deciding_override(control, pool, member, &m->addresses[index].addr);
    if (override != NULL)
        return override->state == OVERRIDE_UP ? POOL_LIVE : POOL_BARRED;
    if (m->disabled)
        return POOL_BARRED;
    if (m->service != 0)
        return control_ipvs_use(control, m->service);
    return control_verdict_of(control, &m->addresses[index]) == HEALTH_DOWN ? POOL_FAILED
                                                                            : POOL_LIVE;
}

static enum pool_use nested_use(void *data, uint32_t pool, uint32_t member)
{
    const struct control *control = data;
    const struct override *override = deciding_override(control, pool, member, NULL);
    if (override != NULL)
        return override->state == OVERRIDE_UP ? POOL_LIVE : POOL_BARRED;
    return member_at(control, pool, member)->disabled ? POOL_BARRED : POOL_LIVE;
}

static uint32_t effective_weight(void *data, uint32_t pool, uint32_t member)
{
    const struct control *control = data;
    const struct override *override = member_override(control, OVERRIDE_KIND_WEIGHT, pool, member);
    return override != NULL ? override->weight : member_at(control, pool, member)->weight;
}

/* Rounded, but something as long as anything is told. */
static uint32_t part_of(uint32_t weight, unsigned percent)
{
    uint64_t told = ((uint64_t)weight * percent + CHECK_WEIGHT_FULL / 2) / CHECK_WEIGHT_FULL;
    return told == 0 && weight > 0 && percent > 0 ? 1 : (uint32_t)told;
}

uint32_t control_server_weight(const struct control *control, uint32_t service, size_t server)
{
    const struct world_service *at = &control->world->services[service];
    const struct ipvs_spec *spec = &at->config->spec;
    const struct override *override = control_service_override(control, OVERRIDE_KIND_WEIGHT,
                                                               service, spec->servers[server].name);
    if (override != NULL)
        return override->weight;
    return part_of(spec->servers[server].dest.weight, weight_of(control, &at->servers[server]));
}

uint32_t control_told_share(const struct control *control, uint32_t pool, uint32_t member)
{
    const struct pool_member *m = member_at(control, pool, member);
    unsigned least = CHECK_WEIGHT_FULL;
    for (size_t i = 0; m->weighed && i < m->address_count; i++) {
        unsigned one = weight_of(control, &m->addresses[i]);
        if (one < least && control_verdict_of(control, &m->addresses[i]) != HEALTH_DOWN)
            least = one;
    }
    return least * (POOL_SHARE_ONE / CHECK_WEIGHT_FULL);
}

/* A weight that an operator has set is meant as it is. */
static uint32_t live_share(void *data, uint32_t pool, uint32_t member)
{
    const struct control *control = data;
    const struct pool_member *m = member_at(control, pool, member);
    if (m->service != 0)
        return control_ipvs_share(control, m->service);
    if (!m->weighed || member_override(control, OVERRIDE_KIND_WEIGHT, pool, member) != NULL)
        return POOL_SHARE_ONE;
    return control_told_share(control, pool, member);
}

void control_view_init(struct control *control, struct pool_view *view)
{
    view->data = control;
    view->address = address_use;
    view->nested = nested_use;
    view->weight = effective_weight;
    view->share = live_share;
}

/* --- for people --- */

/* The worst result decides: a down target, else an unknown one, else the last. */
void control_deciding_status(struct control *control, const struct pool_address *address,
                             struct prober_status *out)
{
    bool found = false;
    for (size_t i = 0; i < address->target_count; i++) {
        struct prober_status status;
        if (!prober_get(control->prober, address->targets[i], &status))
            continue;
        bool worse = !found || (status.verdict == HEALTH_DOWN && out->verdict != HEALTH_DOWN) ||
                     (status.verdict == HEALTH_UNKNOWN && out->verdict == HEALTH_UP) ||
                     (status.suspect && !out->suspect && status.verdict == out->verdict);
        if (worse)
            *out = status;
        found = true;
    }
}

void control_address(struct control *control, uint32_t pool, uint32_t member, size_t index,
                     struct control_address *out)
{
    const struct pool_member *m = member_at(control, pool, member);
    const struct pool_address *address = &m->addresses[index];
    memset(out, 0, sizeof(*out));
    out->addr = address->addr;
    out->checked = address->target_count > 0;
    out->verdict = control_verdict_of(control, address);
    control_deciding_status(control, address, &out->last);
    out->use = address_use(control, pool, member, index);
    if (m->service != 0)
        out->verdict = control_ipvs_use(control, m->service) == POOL_LIVE ? HEALTH_UP : HEALTH_DOWN;
    out->override = control_backend_override(control, &address->addr);
}

/* "draining" until the last answer that was given out has outlived its TTL. */
static const char *override_state(const struct control *control, uint32_t pool,
                                  const struct override *override)
{
    if (override->state == OVERRIDE_UP)
        return "admin_up";
    if (override->state == OVERRIDE_DOWN)
        return "admin_down";
    int64_t over_ms = override->since_ms + (int64_t)control->world->tail_s[pool] * 1000;
    return clock_wall_ms() < over_ms ? "draining" : "drained";
}

static const char *measured_state(struct control *control, uint32_t pool, uint32_t member)
{
    const struct pool_member *m = member_at(control, pool, member);
    unsigned up = 0;
    unsigned down = 0;
    bool suspect = false;
    for (size_t i = 0; i < m->address_count; i++) {
        struct prober_status status = { 0 };
        enum health_verdict verdict = control_verdict_of(control, &m->addresses[i]);
        control_deciding_status(control, &m->addresses[i], &status);
        up += verdict == HEALTH_UP;
        down += verdict == HEALTH_DOWN;
        suspect = suspect || (status.suspect && verdict == HEALTH_UP);
    }
    if (down > 0 && down == m->address_count)
        return "down";
    if (suspect || (down > 0 && up > 0))
        return "suspect";
    return up > 0 ? "up" : "unknown";
}

static const char *nested_state(const struct control *control, const struct pool_member *member)
{
    struct pool_status status;
    pool_table_status(control->pools, member->child, &status);
    unsigned families = control->world->families[member->child];
    bool live = false;
    for (int f = 0; f < PICKER_FAMILIES; f++)
        live = live || ((families & 1U << f) != 0 && !status.down[f]);
    return live ? "up" : "down";
}

/* In the words of members. */
static const char *service_state(const struct control *control, const struct pool_member *member)
{
    switch (control_ipvs_use(control, member->service)) {
    case POOL_LIVE:
        return "up";
    case POOL_FAILED:
        return "down";
    case POOL_BARRED:
        break;
    }
    return control_ipvs_barred_state(control, member->service);
}

/* All addresses overridden alike: then that is the member's state. */
static const struct override *override_by_addresses(const struct control *control,
                                                    const struct pool_member *member)
{
    const struct override *found = NULL;
    if (!control->overridden_backends)
        return NULL;
    for (size_t i = 0; i < member->address_count; i++) {
        const struct override *override =
            control_backend_override(control, &member->addresses[i].addr);
        if (override == NULL || (found != NULL && override->state != found->state))
            return NULL;
        found = override;
    }
    return found;
}

static void find_live(struct control *control, uint32_t pool, uint32_t member,
                      bool live[PICKER_FAMILIES])
{
    const struct pool_member *m = member_at(control, pool, member);
    live[PICKER_A] = live[PICKER_AAAA] = false;
    if (m->child != POOL_NONE) {
        struct pool_status status;
        pool_table_status(control->pools, m->child, &status);
        unsigned families = control->world->families[m->child];
        for (int f = 0; f < PICKER_FAMILIES; f++)
            live[f] = (families & 1U << f) != 0 && !status.down[f] &&
                      nested_use(control, pool, member) == POOL_LIVE;
        return;
    }
    for (size_t i = 0; i < m->address_count; i++) {
        if (address_use(control, pool, member, i) == POOL_LIVE)
            live[m->addresses[i].addr.family == ADDR_V4 ? PICKER_A : PICKER_AAAA] = true;
    }
}

void control_member(struct control *control, uint32_t pool, uint32_t member,
                    struct control_member *out)
{
    const struct pool_member *m = member_at(control, pool, member);
    out->weight = m->weight;
    out->effective_weight = effective_weight(control, pool, member);
    out->share = (double)live_share(control, pool, member) / POOL_SHARE_ONE;
    out->state_override = member_override(control, OVERRIDE_KIND_STATE, pool, member);
    out->weight_override = member_override(control, OVERRIDE_KIND_WEIGHT, pool, member);
    const struct override *deciding =
        out->state_override != NULL ? out->state_override : override_by_addresses(control, m);
    if (deciding != NULL)
        out->state = override_state(control, pool, deciding);
    else if (m->disabled)
        out->state = "disabled";
    else if (m->service != 0)
        out->state = service_state(control, m);
    else
        out->state = m->child != POOL_NONE ? nested_state(control, m)
                                           : measured_state(control, pool, member);
    find_live(control, pool, member, out->live);
    if (m->service != 0 && out->share <= 0 && (out->live[PICKER_A] || out->live[PICKER_AAAA]))
        out->share = 1; /* by an operator's word, whatever the service says */
}

void control_member_counts(struct control *control, unsigned *up, unsigned *down, unsigned *unknown,
                           unsigned *disabled)
{
    *up = *down = *unknown = *disabled = 0;
    for (uint32_t p = 0; p < control->world->pools.count; p++) {
        for (uint32_t m = 0; m < control->world->pools.pools[p].member_count; m++) {
            struct control_member member;
            control_member(control, p, m, &member);
            if (strcmp(member.state, "up") == 0 || strcmp(member.state, "suspect") == 0 ||
                strcmp(member.state, "admin_up") == 0)
                ++*up;
            else if (strcmp(member.state, "down") == 0)
                ++*down;
            else if (strcmp(member.state, "unknown") == 0)
                ++*unknown;
            else
                ++*disabled;
        }
    }
}
