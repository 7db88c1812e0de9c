// SPDX-License-Identifier: BSD-2-Clause
/* Messages kept in memory, for tests of both ends. */
#pragma once

#include "base/mem.h"
#include "ipvs/message.h"

#include <stdlib.h>
#include <string.h>

struct tape {
    void **bytes;
    size_t *sizes;
    size_t count;
};

static inline bool tape_add(void *data, const void *bytes, size_t size)
{
    struct tape *tape = data;
    tape->bytes = mem_realloc(tape->bytes, (tape->count + 1) * sizeof(*tape->bytes));
    tape->sizes = mem_realloc(tape->sizes, (tape->count + 1) * sizeof(*tape->sizes));
    tape->bytes[tape->count] = mem_dup(bytes, size);
    tape->sizes[tape->count++] = size;
    return true;
}

static inline void tape_clear(struct tape *tape)
{
    for (size_t i = 0; i < tape->count; i++)
        mem_free(tape->bytes[i]);
    mem_free(tape->bytes);
    mem_free(tape->sizes);
    *tape = (struct tape){ 0 };
}

/* Small numbers count from 10.0.0.0 on. */
static inline struct addr help_v4(uint32_t number)
{
    if (number > 0 && number < UINT32_C(1) << 24)
        number += UINT32_C(10) << 24;
    return (struct addr){ .family = ADDR_V4,
                          .bytes = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                                     (uint8_t)(number >> 8), (uint8_t)number } };
}

static inline struct ipvs_service help_service(uint32_t addr)
{
    return (struct ipvs_service){
        .key = { .family = ADDR_V4, .protocol = IPVS_TCP, .port = 80, .addr = help_v4(addr) },
        .scheduler = "wlc",
        .prefix = 32
    };
}

static inline struct ipvs_op help_add_service(uint32_t addr)
{
    return (struct ipvs_op){ .kind = IPVS_OP_ADD_SERVICE, .service = help_service(addr) };
}

static inline struct ipvs_op help_add_dest(uint32_t service, uint32_t addr)
{
    return (struct ipvs_op){ .kind = IPVS_OP_ADD_DEST,
                             .service = { .key = help_service(service).key },
                             .dest = { .addr = help_v4(addr), .port = 80, .weight = 1 } };
}
