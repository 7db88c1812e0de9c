// SPDX-License-Identifier: BSD-2-Clause
/* Pickers: what a pool answers for one family, compiled when the world changes. A small immutable
 * DAG; inner nodes choose a child, leaves hold ready RRs.
 *
 *   SET     records as they go on the wire, stored twice in a row: each rotation and each window of
 *           them is one offset
 *   ROTATE  children in turn (nested pools)
 *   WEIGHT  a child by its share (alias table), several without replacement
 *   EMPTY   no record: NODATA or an rcode
 *
 * Built, referenced and freed by the control thread only; workers read while the state that holds
 * them is published. Nested pools are shared nodes. */
#pragma once

#include "base/addr.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "resolver/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum picker_family { PICKER_A, PICKER_AAAA, PICKER_FAMILIES };
enum picker_kind { PICKER_SET, PICKER_ROTATE, PICKER_WEIGHT, PICKER_EMPTY };

#define PICKER_TTL_NONE  UINT32_MAX
#define PICKER_DEPTH_MAX 9   /* 8 pools above each other, and their members' sets */
#define PICKER_RUNS_MAX  256 /* runs of records in one answer; what does not fit is left out */

struct picker;

/* One run of `count` records, `stride` bytes apart, owner pointer and TTL unpatched; members[i] is
 * the stats id of record i. */
struct pick_run {
    const uint8_t *records;
    const uint32_t *members;
    uint32_t count;
};

struct pick {
    uint32_t ttl;  /* smallest of the pools on the chosen path, PICKER_TTL_NONE when none has one */
    uint8_t rcode; /* 0, or what EMPTY asks for */
    uint8_t stride; /* 16 (A) or 28 (AAAA) */
    uint16_t runs;
    uint32_t total; /* records in all runs */
    struct pick_run run[PICKER_RUNS_MAX];
};

struct pick_context {
    struct rng *rng;
    uint64_t turn;       /* rotation counter of this (name, type) */
    struct trace *trace; /* NULL on the query path */
};

/* Chooses. Any thread; no allocation; *out is overwritten. */
void picker_pick(const struct picker *picker, const struct pick_context *ctx, struct pick *out);
/* True when the answer depends on `turn` (a rotation counter has to be advanced). */
bool picker_turns(const struct picker *picker);

/* --- building, control thread --- */

struct picker_entry {
    struct addr addr;
    uint32_t member; /* stats id */
};

/* A leaf. Entries of one family, doubles are dropped; `rotate` false = always in this order; at
 * most `limit` answers (0 = all). `name` (pool, for traces) is borrowed for the picker's life.
 * Returns one reference; with no entries an EMPTY (NODATA). */
struct picker *picker_new_set(enum picker_family family, const struct picker_entry *entries,
                              size_t count, uint32_t limit, bool rotate, uint32_t ttl,
                              const char *name);
/* Children in turn: turn % count goes first, the others follow, each with turn / count, until there
 * are `limit` answers (0 = no limit). An address comes once. Takes over one reference of each
 * child; EMPTY ones are dropped. One child folds away. */
struct picker *picker_new_rotate(enum picker_family family, struct picker *const *children,
                                 size_t count, uint32_t limit, uint32_t ttl, const char *name);
/* Children are drawn by weight, without replacement, until there are `limit` answers; a draw gives
 * all of the child's answers that fit. Weight 0 is never drawn, unless all are 0: then all count
 * the same. Takes over one reference of each child. */
struct picker *picker_new_weight(enum picker_family family, struct picker *const *children,
                                 const uint32_t *weights, size_t count, uint32_t limit,
                                 uint32_t ttl, const char *name);
struct picker *picker_new_empty(enum picker_family family, uint8_t rcode, const char *name);
/* The same answers with `limit` (0 = no other) and `ttl` as upper bounds, under another name. Takes
 * over the reference. */
struct picker *picker_new_within(struct picker *inner, uint32_t limit, uint32_t ttl,
                                 const char *name);
/* What stands behind the node's name in traces ("weighted"), a constant; only before the node is
 * shared. */
void picker_annotate(struct picker *picker, const char *note);
struct picker *picker_ref(struct picker *picker);
void picker_unref(struct picker *picker); /* NULL is allowed */

/* For folding: true when the picker is a SET; gives its distinct entries (borrowed). */
bool picker_is_set(const struct picker *picker, const struct picker_entry **entries, size_t *count);
enum picker_kind picker_kind(const struct picker *picker);
/* Exact long-run share of each address as the first record of an answer; calls `fn` once per leaf
 * record, the same address may come several times. */
typedef void picker_share_fn(void *data, const struct addr *addr, uint32_t member, double share);
void picker_shares(const struct picker *picker, picker_share_fn *fn, void *data);
