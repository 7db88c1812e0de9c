// SPDX-License-Identifier: BSD-2-Clause
/* Operators' overrides: an overlay over measured health with author, reason and expiry. Pure data
 * structure (time passed in); control thread only. Saving is server/statefile.c's. Taking an
 * override away restores the measured truth, since the overlay never changes it. */
#pragma once

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum override_state { OVERRIDE_NONE, OVERRIDE_UP, OVERRIDE_DOWN, OVERRIDE_DRAIN };
/* SERVICE: an IPVS service as a whole, or one of its servers. */
enum override_scope { OVERRIDE_MEMBER, OVERRIDE_BACKEND, OVERRIDE_SERVICE };
/* State and weight of a target are two overrides, each with its own id, reason and expiry. */
enum override_kind { OVERRIDE_KIND_STATE, OVERRIDE_KIND_WEIGHT };

#define OVERRIDE_ID_MAX   24
#define OVERRIDE_TEXT_MAX 256 /* reason, author */
#define OVERRIDE_NAME_MAX 256

struct override {
    char id[OVERRIDE_ID_MAX]; /* "o1", "o2", ...: never reused within a store */
    enum override_scope scope;
    enum override_kind kind;
    char pool[OVERRIDE_NAME_MAX];   /* MEMBER; of SERVICE the service's name */
    char member[OVERRIDE_NAME_MAX]; /* MEMBER; of SERVICE the server's name, "" = the whole */
    struct addr address;            /* BACKEND */
    enum override_state state;      /* KIND_STATE */
    uint32_t weight;                /* KIND_WEIGHT */
    char reason[OVERRIDE_TEXT_MAX];
    char author[OVERRIDE_TEXT_MAX];
    int64_t since_ms; /* Unix time */
    int64_t until_ms; /* Unix time; 0 = until taken away */
};

struct override_store;

struct override_store *override_store_new(void);
void override_store_free(struct override_store *store);
/* Sets or replaces the override of the same scope, target and kind; the store fills id (new) and
 * copies. Returns the stored one (borrowed, until the next change). */
const struct override *override_set(struct override_store *store, const struct override *value);
/* Puts back one that was saved, id included (the store's next id grows beyond it). */
void override_restore(struct override_store *store, const struct override *value);
/* True when there was one. */
bool override_clear(struct override_store *store, enum override_scope scope,
                    enum override_kind kind, const char *pool, const char *member,
                    const struct addr *address);
bool override_clear_id(struct override_store *store, const char *id);
/* Removes those whose time is over; returns how many; *next_ms is the earliest coming expiry, 0 =
 * none. */
size_t override_expire(struct override_store *store, int64_t now_ms, int64_t *next_ms);
/* In order of creation. */
size_t override_count(const struct override_store *store);
const struct override *override_at(const struct override_store *store, size_t index);
/* Exact lookups, NULL when absent. */
const struct override *override_of_member(const struct override_store *store,
                                          enum override_kind kind, const char *pool,
                                          const char *member);
const struct override *override_of_backend(const struct override_store *store,
                                           const struct addr *address);
/* `server` "" = the service as a whole. */
const struct override *override_of_service(const struct override_store *store,
                                           enum override_kind kind, const char *service,
                                           const char *server);
/* "web/a", "192.0.2.1", "ipvs:web-vip", "ipvs:web-vip/rs1". OVERRIDE_TARGET_MAX bytes. */
void override_print_target(const struct override *override, char *out);
#define OVERRIDE_TARGET_MAX (2 * OVERRIDE_NAME_MAX + 8)
/* "up", "down", "drain", "none" */
const char *override_state_name(enum override_state state);
