// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/desired.h"

static struct ipvs_dest *find(const struct ipvs_service *service, const struct member *member)
{
    return ipvs_service_find(service, &member->dest.addr, member->dest.port);
}

/* A destination that is there already without a weight of its own gets the member's. */
static void put(struct ipvs_service *service, const struct member *member, uint32_t weight)
{
    struct ipvs_dest *dest = find(service, member);
    if (dest != NULL && dest->weight > 0)
        return;
    if (dest == NULL)
        dest = ipvs_service_insert(service, &member->dest);
    *dest = member->dest;
    dest->weight = weight;
}

/* Members come in order: each is put behind the last one, without a search. */
static void put_next(struct ipvs_service *service, const struct member *member)
{
    const struct ipvs_dest *last =
        service->dest_count > 0 ? &service->dests[service->dest_count - 1] : NULL;
    if (last != NULL && ipvs_dest_compare(last, &member->dest) >= 0)
        put(service, member, member->weight);
    else
        ipvs_service_add(service, &member->dest)->weight = member->weight;
}

static void put_wanted(struct ipvs_service *desired, const struct roster *roster,
                       const struct member *sorry)
{
    for (size_t i = 0; i < roster->count; i++) {
        const struct member *member = roster->order[i];
        if (member->want)
            put_next(desired, member);
    }
    if (sorry->want)
        put(desired, sorry, sorry->weight);
}

/* Puts what was last shown with a weight: the live servers, or the others. */
static void put_last(struct ipvs_service *desired, const struct roster *roster, bool live)
{
    for (size_t i = 0; i < roster->count; i++) {
        const struct member *member = roster->order[i];
        if (member->live == live && member->shown_weight > 0)
            put(desired, member, member->shown_weight);
    }
}

/* What served last serves on, dead or not: a client is better off with a server that may be dead
 * than with none. */
static void keep_last(struct ipvs_service *desired, const struct roster *roster,
                      const struct member *sorry)
{
    put_last(desired, roster, true);
    if (!desired_serves(desired) && sorry->shown_weight > 0)
        put(desired, sorry, sorry->shown_weight);
    if (!desired_serves(desired))
        put_last(desired, roster, false);
}

static void remember(struct member *member, const struct ipvs_dest *dest)
{
    member->shown = dest != NULL;
    member->shown_weight = dest != NULL ? dest->weight : 0;
}

/* Its own part, where the sorry server may have given the weight. */
static void remember_twin(struct member *member)
{
    member->shown = member->want;
    member->shown_weight = member->want ? member->weight : 0;
}

static void remember_all(const struct ipvs_service *desired, struct roster *roster,
                         struct member *sorry, bool kept)
{
    bool is_shown = sorry->want || (kept && sorry->shown_weight > 0);
    remember(sorry, is_shown ? find(desired, sorry) : NULL);
    size_t at = 0;
    for (size_t i = 0; i < roster->count; i++) {
        struct member *member = roster->order[i];
        const struct ipvs_dest *dest = roster_match(desired, &at, member);
        if (sorry->shown && ipvs_dest_compare(&member->dest, &sorry->dest) == 0)
            remember_twin(member);
        else
            remember(member, dest);
    }
}

void desired_build(struct ipvs_service *desired, const struct ipvs_service *service,
                   struct roster *roster, struct member *sorry, bool in_dns)
{
    struct ipvs_dest *dests = desired->dests;
    size_t capacity = desired->dest_capacity;
    *desired = *service;
    desired->dests = dests;
    desired->dest_capacity = capacity;
    desired->dest_count = 0;
    put_wanted(desired, roster, sorry);
    bool kept = in_dns && !desired_serves(desired);
    if (kept)
        keep_last(desired, roster, sorry);
    remember_all(desired, roster, sorry, kept);
}

bool desired_serves(const struct ipvs_service *service)
{
    for (size_t i = 0; service != NULL && i < service->dest_count; i++) {
        if (service->dests[i].weight > 0)
            return true;
    }
    return false;
}
