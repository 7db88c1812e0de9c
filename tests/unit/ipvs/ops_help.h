// SPDX-License-Identifier: BSD-2-Clause
/* Operations out of texts, for the tests of ipvs/ops. One thread. */
#pragma once

#include "ipvs/ops.h"
#include "tests/unit/ipvs/model_help.h"

static inline void put_word(char *to, const char *word)
{
    memcpy(to, word, strlen(word) + 1);
}

/* Texts of what an operation has; NULL = nothing. */
struct shape {
    uint8_t kind;
    const char *key, *scheduler, *engine, *dest, *interface;
    uint32_t weight, from_weight;
    struct ipvs_timeouts timeouts;
    struct ipvs_daemon daemon;
};

static inline struct ipvs_op make_op(const struct shape *shape)
{
    struct ipvs_op op = { .kind = shape->kind,
                          .timeouts = shape->timeouts,
                          .daemon = shape->daemon };
    if (shape->key != NULL)
        op.service = make_service(shape->key);
    op.service_from = op.service;
    if (shape->scheduler != NULL)
        put_word(op.service.scheduler, shape->scheduler);
    if (shape->engine != NULL)
        put_word(op.service.engine, shape->engine);
    if (shape->dest != NULL)
        op.dest = make_dest(shape->dest);
    if (shape->interface != NULL)
        put_word(op.interface, shape->interface);
    op.dest_from = op.dest;
    op.dest.weight = shape->weight;
    op.dest_from.weight = shape->from_weight;
    return op;
}

#define SERVICE .key = "tcp 192.0.2.1:80"
#define DEST    .key = "tcp 192.0.2.1:80", .dest = "10.0.0.1:80"
#define ARROW   "tcp 192.0.2.1:80 -> 10.0.0.1:80"
#define VIP     .key = "tcp 192.0.2.1:0", .interface = "eth0"
