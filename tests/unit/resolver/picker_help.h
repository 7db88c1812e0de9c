// SPDX-License-Identifier: BSD-2-Clause
/* For the tests of pickers, policies and pools: addresses by number, and answers as numbers. */
#pragma once

#include "base/mem.h"
#include "resolver/picker.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* Address number `n` of the family: 192.0.x.y or 2001:db8::n. */
static inline struct addr help_addr(enum picker_family family, unsigned n)
{
    static const uint8_t v6[] = { 0x20, 0x01, 0x0d, 0xb8 };
    struct addr addr = { .family = family == PICKER_A ? ADDR_V4 : ADDR_V6 };
    uint8_t *low = addr.bytes + (family == PICKER_A ? 0 : 12);
    if (family == PICKER_AAAA)
        memcpy(addr.bytes, v6, sizeof(v6));
    low[0] = family == PICKER_A ? 192 : 0;
    low[1] = (uint8_t)(n >> 16);
    low[2] = (uint8_t)(n >> 8);
    low[3] = (uint8_t)n;
    return addr;
}

static inline unsigned help_number(const struct addr *addr)
{
    const uint8_t *low = addr->bytes + (addr->family == ADDR_V4 ? 0 : 12);
    return (unsigned)low[1] << 16 | (unsigned)low[2] << 8 | low[3];
}

/* Like ck_assert, but cheap while it holds, for loops of a million. */
#define HELP_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #condition);                             \
    } while (0)

#define HELP_ANSWERS 4096

/* One answer, each record's address as its number. */
struct help_answer {
    size_t count;
    unsigned number[HELP_ANSWERS];
    uint32_t member[HELP_ANSWERS];
    uint32_t ttl;
    uint8_t rcode;
};

/* Reads a pick back, and holds each record to the form that the answer writer expects. */
static inline void help_read(const struct pick *pick, struct help_answer *out)
{
    out->count = 0;
    out->ttl = pick->ttl;
    out->rcode = pick->rcode;
    HELP_CHECK(pick->stride == 16 || pick->stride == 28);
    HELP_CHECK(pick->runs <= PICKER_RUNS_MAX);
    for (size_t r = 0; r < pick->runs; r++) {
        HELP_CHECK(pick->run[r].count > 0);
        for (size_t i = 0; i < pick->run[r].count; i++) {
            const uint8_t *record = pick->run[r].records + i * pick->stride;
            const uint8_t *low = record + pick->stride - 4;
            HELP_CHECK(record[3] == (pick->stride == 16 ? 1 : 28));
            HELP_CHECK(record[5] == 1);
            HELP_CHECK(record[11] == pick->stride - 12);
            HELP_CHECK(out->count < HELP_ANSWERS);
            out->member[out->count] = pick->run[r].members[i];
            out->number[out->count++] = (unsigned)low[1] << 16 | (unsigned)low[2] << 8 | low[3];
        }
    }
    HELP_CHECK(out->count == pick->total);
}

static inline void help_pick(const struct picker *picker, struct rng *rng, uint64_t turn,
                             struct help_answer *out)
{
    static struct pick pick;
    struct pick_context ctx = { .rng = rng, .turn = turn };
    memset(&pick, 0xee, sizeof(pick));
    picker_pick(picker, &ctx, &pick);
    help_read(&pick, out);
}

/* A SET of `count` addresses from number `first` on; the stats id is the number. */
static inline struct picker *help_set(enum picker_family family, unsigned first, size_t count,
                                      uint32_t limit, uint32_t ttl, const char *name)
{
    struct picker_entry *entries = MEM_NEW_ARRAY(struct picker_entry, count);
    for (size_t i = 0; i < count; i++) {
        entries[i].addr = help_addr(family, first + (unsigned)i);
        entries[i].member = first + (uint32_t)i;
    }
    struct picker *set = picker_new_set(family, entries, count, limit, true, ttl, name);
    mem_free(entries);
    return set;
}

/* "1 2 3" against an answer. */
static inline void help_expect(const struct help_answer *answer, const char *numbers)
{
    char text[HELP_ANSWERS];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < answer->count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i > 0 ? " " : "",
                                 answer->number[i]);
    ck_assert_str_eq(text, numbers);
}

#define HELP_SHARES 256

/* Shares by address number. */
struct help_shares {
    double share[HELP_SHARES];
    double sum;
};

static inline void help_add_share(void *data, const struct addr *addr, uint32_t member,
                                  double share)
{
    struct help_shares *shares = data;
    (void)member;
    shares->share[help_number(addr) % HELP_SHARES] += share;
    shares->sum += share;
}

static inline void help_get_shares(const struct picker *picker, struct help_shares *out)
{
    memset(out, 0, sizeof(*out));
    picker_shares(picker, help_add_share, out);
}
