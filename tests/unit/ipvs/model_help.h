// SPDX-License-Identifier: BSD-2-Clause
/* Keys, services and destinations out of texts, for the tests of the model. One thread. */
#pragma once

#include "ipvs/model.h"

#include <check.h>
#include <string.h>

/* A text that reaches beyond its IPVS_TEXT_MAX bytes (or `size`) spoils the guard. */
#define GUARD      8
#define GUARD_BYTE 0x5a

static inline void guard_set(char *buffer, size_t size)
{
    memset(buffer, GUARD_BYTE, size + GUARD);
}

static inline void guard_check(const char *buffer, size_t size)
{
    ck_assert_uint_lt(strnlen(buffer, size), size);
    for (size_t i = size; i < size + GUARD; i++)
        ck_assert_int_eq(buffer[i], GUARD_BYTE);
}

static inline struct ipvs_key make_key(const char *text)
{
    struct ipvs_key key;
    ck_assert_msg(ipvs_key_parse(text, &key), "%s", text);
    return key;
}

/* "wlc", of normal form. */
static inline struct ipvs_service make_service(const char *key)
{
    struct ipvs_service service = { .key = make_key(key), .scheduler = "wlc" };
    ipvs_service_normalise(&service);
    return service;
}

/* "10.0.0.1:80", by NAT, weight 1. */
static inline struct ipvs_dest make_dest(const char *text)
{
    struct endpoint endpoint;
    ck_assert_msg(endpoint_parse(text, &endpoint), "%s", text);
    return (struct ipvs_dest){ .addr = endpoint.addr, .port = endpoint.port, .weight = 1 };
}

static inline void check_sorted(const struct ipvs_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct ipvs_service *service = &table->services[i];
        ck_assert(i == 0 || ipvs_key_compare(&service[-1].key, &service->key) < 0);
        for (size_t d = 1; d < service->dest_count; d++)
            ck_assert_int_lt(ipvs_dest_compare(&service->dests[d - 1], &service->dests[d]), 0);
    }
}
