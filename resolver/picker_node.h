// SPDX-License-Identifier: BSD-2-Clause
/* A picker from within: shared by picker_build.c, which writes nodes on the control thread, and
 * picker.c, which reads them on any. A node and what it points to is one block of memory; a node
 * made by picker_new_within borrows the block of `inner` and keeps a reference on it. */
#pragma once

#include "resolver/picker.h"

#define PICKER_UNLIMITED UINT32_MAX

/* A column of the alias table: the fraction of a draw below `keep` gives the child of the column's
 * own index, else `alias`. */
struct picker_column {
    uint64_t keep;
    uint32_t alias;
    uint32_t weight; /* of the child with the column's index */
};

struct picker {
    uint8_t kind;   /* enum picker_kind */
    uint8_t family; /* enum picker_family */
    uint8_t rcode;  /* EMPTY */
    uint8_t depth;  /* nodes on the longest way down, this one counted */
    bool turns;
    bool overlap;   /* ROTATE, WEIGHT: two children may give the same address */
    uint32_t count; /* SET: distinct records; else children */
    uint32_t limit; /* answers at most: SET <= count, else PICKER_UNLIMITED when there is none */
    uint32_t ttl;
    uint32_t spin;           /* turn counts modulo this: count, or 1 where nothing rotates */
    uint32_t refs;           /* control thread only */
    uint64_t magic;          /* for picker_turn, of `spin` */
    const uint8_t *records;  /* SET: 2 * count */
    const uint32_t *members; /* SET: 2 * count */
    const struct picker_entry *entries; /* SET: count */
    struct picker *const *children;     /* ROTATE, WEIGHT */
    const struct picker_column *table;  /* WEIGHT: count */
    const uint64_t *start; /* WEIGHT: where each child's share of 0..weight_sum begins */
    uint64_t weight_sum;
    const char *name;
    const char *note;
    struct picker *inner;
    uint32_t leaves; /* records in all leaves, one counted for each way to it; saturates */
};

static inline uint8_t picker_stride(uint8_t family)
{
    return family == PICKER_A ? 16 : 28;
}

static inline uint32_t picker_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint64_t picker_high(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)a * b >> 64);
}

static inline uint64_t picker_magic(uint32_t divisor)
{
    return UINT64_MAX / divisor;
}

/* turn / divisor, and turn % divisor in *rest, without a division. With magic = floor((2^64 - 1) /
 * divisor) >= 2^64 / divisor - 1 the product falls short of turn / divisor by less than 1. */
static inline uint64_t picker_turn(uint64_t turn, uint32_t divisor, uint64_t magic, uint32_t *rest)
{
    uint64_t quotient = picker_high(turn, magic);
    uint64_t left = turn - quotient * divisor;
    if (left >= divisor) {
        left -= divisor;
        quotient++;
    }
    *rest = (uint32_t)left;
    return quotient;
}
