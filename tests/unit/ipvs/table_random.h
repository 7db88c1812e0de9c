// SPDX-License-Identifier: BSD-2-Clause
/* Random tables that are sound and in normal form, sorted. */
#pragma once

#include "ipvs/model.h"

#include <check.h>
#include <string.h>

/* xorshift64*: the same numbers on each machine. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
    ck_assert_uint_gt(limit, 0);
    return (uint32_t)((random_next(state) >> 16) % limit);
}

/* Often small, now and then anything up to `max`. */
static inline uint32_t random_number(uint64_t *state, uint32_t min, uint32_t max)
{
    uint32_t span = random_below(state, 4) == 0 || max - min < 10 ? max - min : 9;
    return min + (uint32_t)((random_next(state) >> 16) % ((uint64_t)span + 1));
}

static inline struct addr random_addr(uint64_t *state, uint8_t family)
{
    struct addr addr = { .family = family };
    for (unsigned i = 0; i < addr_size(&addr); i++)
        addr.bytes[i] = random_below(state, 2) == 0 ? 0 : (uint8_t)random_next(state);
    addr.bytes[0] = family == ADDR_V4 ? 10 : 0x20;
    return addr;
}

static inline void random_key(uint64_t *state, struct ipvs_key *key)
{
    static const uint8_t protocols[] = { IPVS_TCP, IPVS_UDP, IPVS_SCTP };
    key->family = random_below(state, 2) == 0 ? ADDR_V4 : ADDR_V6;
    if (random_below(state, 4) == 0) {
        key->fwmark = random_number(state, 1, UINT32_MAX);
        return;
    }
    key->protocol = protocols[random_below(state, 3)];
    key->addr = random_addr(state, key->family);
    key->port = (uint16_t)random_number(state, 0, 65535);
}

static inline void random_service(uint64_t *state, struct ipvs_service *service)
{
    const char *const *schedulers = ipvs_schedulers();
    size_t count = 0;
    *service = (struct ipvs_service){ .prefix = 0 };
    random_key(state, &service->key);
    while (schedulers[count] != NULL)
        count++;
    const char *scheduler = schedulers[random_below(state, (uint32_t)count)];
    memcpy(service->scheduler, scheduler, strlen(scheduler) + 1);
    service->flags = random_below(state, 3) == 0 ? random_below(state, 8) << 3 : 0;
    if (service->key.fwmark != 0 || service->key.protocol == IPVS_UDP)
        service->flags |= random_below(state, 2) == 0 ? IPVS_ONE_PACKET : 0;
    if ((service->key.fwmark == 0 && service->key.port == 0) || random_below(state, 2) == 0) {
        uint8_t full = service->key.family == ADDR_V6 ? 128 : 32;
        service->flags |= IPVS_PERSISTENT;
        service->timeout = random_number(state, 1, IPVS_TIMEOUT_MAX);
        service->prefix = (uint8_t)(1 + random_below(state, full));
        if (service->key.protocol == IPVS_UDP && random_below(state, 2) == 0)
            memcpy(service->engine, "sip", sizeof("sip"));
    }
    ipvs_service_normalise(service);
}

static inline void random_tunnel(uint64_t *state, struct ipvs_dest *dest)
{
    dest->tunnel = (uint8_t)random_below(state, 3);
    if (dest->tunnel == IPVS_GUE)
        dest->tunnel_port = (uint16_t)random_number(state, 1, 65535);
    if (dest->tunnel != IPVS_IPIP)
        dest->checksum = (uint8_t)random_below(state, dest->tunnel == IPVS_GRE ? 2 : 3);
}

static inline void random_dest(uint64_t *state, const struct ipvs_service *service,
                               struct ipvs_dest *dest)
{
    static const uint8_t forwards[] = { IPVS_NAT, IPVS_DR, IPVS_TUN };
    *dest = (struct ipvs_dest){ .forward = forwards[random_below(state, 3)],
                                .port = service->key.port };
    uint8_t other = service->key.family == ADDR_V4 ? ADDR_V6 : ADDR_V4;
    bool mixed = dest->forward == IPVS_TUN && random_below(state, 4) == 0;
    dest->addr = random_addr(state, mixed ? other : service->key.family);
    if (service->key.fwmark != 0 || dest->forward == IPVS_NAT)
        dest->port = (uint16_t)random_number(state, 1, 65535);
    if (dest->forward == IPVS_TUN)
        random_tunnel(state, dest);
    dest->weight = random_number(state, 0, IPVS_WEIGHT_MAX);
    dest->upper = random_below(state, 2) == 0 ? random_number(state, 1, INT32_MAX) : 0;
    dest->lower = dest->upper != 0 ? random_number(state, 0, dest->upper) : 0;
}

static inline void random_table(uint64_t *state, struct ipvs_table *table)
{
    ipvs_table_init(table);
    uint32_t count = random_below(state, 12);
    for (uint32_t i = 0; i < count; i++) {
        struct ipvs_service service;
        random_service(state, &service);
        ck_assert_ptr_null(ipvs_service_fault(&service));
        struct ipvs_service *added = ipvs_table_add(table, &service);
        uint32_t dests = random_below(state, 8);
        for (uint32_t d = 0; d < dests; d++) {
            struct ipvs_dest dest;
            random_dest(state, added, &dest);
            ck_assert_ptr_null(ipvs_dest_fault(added, &dest));
            (void)ipvs_service_add(added, &dest);
        }
    }
    ipvs_table_sort(table);
}

/* Same services and servers with the same settings, in the same order. */
static inline void assert_same_tables(const struct ipvs_table *a, const struct ipvs_table *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct ipvs_service *left = &a->services[i];
        const struct ipvs_service *right = &b->services[i];
        ck_assert_int_eq(ipvs_key_compare(&left->key, &right->key), 0);
        ck_assert(ipvs_service_same(left, right));
        ck_assert_uint_eq(left->dest_count, right->dest_count);
        for (size_t d = 0; d < left->dest_count; d++) {
            ck_assert_int_eq(ipvs_dest_compare(&left->dests[d], &right->dests[d]), 0);
            ck_assert(ipvs_dest_same(&left->dests[d], &right->dests[d]));
        }
    }
}
