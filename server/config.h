// SPDX-License-Identifier: BSD-2-Clause
/* gslb.json as C structures: read by schema tables (config_schema.c), cross-checked
 * (config_pools.c and its neighbours), immutable afterwards. Zones are not loaded here; that, and
 * pools made of a zone file's own records, is world.c's. A config owns all that it points to. Any
 * one thread; loading runs on a background thread. */
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "base/schema.h"
#include "base/strbuf.h"
#include "health/check.h"
#include "ipvs/director.h"
#include "ipvs/reconcile.h"
#include "resolver/pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_NONE        UINT32_MAX
#define CONFIG_NESTING_MAX 8 /* pools above each other */

struct config_log {
    int format; /* enum log_format */
    int level;  /* enum log_level */
};

struct config_server {
    struct schema_list listen; /* struct endpoint */
    uint64_t workers;          /* 0 = one a core */
    const char *user;          /* NULL = stay */
    const char *state_dir;     /* NULL = nothing is saved */
    const char *nsid;          /* text; NULL or "" = off */
    bool partial_reload;
    struct config_log log;
};

struct config_api_listen {
    bool is_unix;
    const char *path;         /* Unix socket */
    struct endpoint endpoint; /* TCP */
};

struct config_api {
    bool present;
    struct schema_list listen; /* struct config_api_listen */
    const char *tokens_file;   /* NULL = none */
    const char *unix_group;    /* NULL = none */
};

struct config_check {
    const char *name;
    const char *path;   /* JSON path */
    struct check check; /* check.name set too */
};

struct config_member {
    const char *name;
    const char *path;
    struct schema_list addresses; /* struct addr; empty for nested pools */
    uint32_t pool;                /* index of the nested pool, or CONFIG_NONE */
    uint32_t service;             /* index in config.ipvs.services, or CONFIG_NONE */
    uint16_t port;                /* 0 = not given */
    uint32_t weight;
    uint32_t order; /* given, or the position from 1 */
    bool disabled;
    bool checks_given;      /* the member's own instead of the pool's */
    const uint32_t *checks; /* indexes of checks that all must pass */
    size_t check_count;
    struct schema_list tags; /* const char * */
};

struct config_pool {
    const char *name;
    const char *path;
    const struct policy *policy;
    uint32_t ttl;         /* seconds, PICKER_TTL_NONE when not given */
    uint32_t max_answers; /* effective; 0 = no limit */
    bool max_answers_given;
    uint32_t min_live;
    enum pool_all_down all_down;
    uint32_t fallback;      /* index, or CONFIG_NONE */
    const uint32_t *checks; /* default for its address members */
    size_t check_count;
    struct config_member *members;
    size_t member_count; /* 0 while from_file: world.c fills them from the zone */
    bool from_file; /* made by an entry of `names` that has a check but no pool; its name is the
                       owner without the final dot */
};

/* One entry of zones.*.names. */
struct config_name {
    const char *key; /* as written: "www", "@" */
    const char *path;
    const uint8_t *owner; /* wire form, lower case, absolute */
    uint32_t pool;        /* index in config.pools (from_file ones too) */
    uint32_t ttl;         /* seconds, or PICKER_TTL_NONE */
    bool override;
};

struct config_zone {
    const char *name; /* as written */
    const char *path;
    const uint8_t *apex; /* wire form, lower case */
    const char *file;    /* absolute or relative to the working directory, ready to open */
    struct config_name *names;
    size_t name_count;
};

/* What the checks of a real server are; its destination is in the service's spec, by the same
 * index. */
struct config_real {
    const char *path;
    bool checks_given; /* its own instead of the service's */
    const uint32_t *checks;
    size_t check_count;
};

struct config_service {
    const char *path;
    struct ipvs_spec spec;     /* name, service, servers, ... */
    struct config_real *reals; /* spec.server_count of them */
    const uint32_t *checks;    /* of the servers */
    size_t check_count;
    const uint32_t *vip_checks; /* through the VIP: all must be up before DNS answers it */
    size_t vip_check_count;
    const char *vip_interface; /* we put the VIP there; NULL = we do not */
    bool require_local;        /* out of DNS while the VIP is not on this host */
};

enum config_on_exit { CONFIG_EXIT_LEAVE, CONFIG_EXIT_DRAIN, CONFIG_EXIT_REMOVE };
enum config_sync_role {
    CONFIG_SYNC_NONE, /* no "sync": the daemons are left alone */
    CONFIG_SYNC_MASTER,
    CONFIG_SYNC_BACKUP,
    CONFIG_SYNC_BOTH,
    CONFIG_SYNC_FOLLOW, /* master while a VIP with require_local (any, without one) is on this host,
                           else backup */
};

struct config_ipvs {
    bool present;
    enum ipvs_mode mode;
    enum config_on_exit on_exit;
    bool withdraw_unavailable; /* on_unavailable "withdraw": no kernel IPVS, no VIP in DNS. "answer"
                                  (default): then the health of the servers decides alone */
    uint64_t max_remove; /* percent of live servers that a reload may take away at once; beyond,
                            an apply with force is asked for */
    struct ipvs_timeouts timeouts;
    enum config_sync_role sync_role;
    struct ipvs_daemon sync;  /* role not set */
    struct schema_list allow; /* struct prefix; none = any VIP */
    struct config_service *services;
    size_t service_count;
};

struct config {
    struct arena *arena;
    struct json_doc doc; /* kept: places for later errors, and the START_ONLY comparison */
    char *file;
    struct config_server server;
    struct config_api api;
    struct config_zone *zones;
    size_t zone_count;
    struct config_check *checks;
    size_t check_count;
    struct config_pool *pools; /* those of "pools" first, then the from_file ones */
    size_t pool_count;
    struct config_ipvs ipvs;
    const uint32_t *pool_order; /* children and fallbacks before parents */
};

/* Reads and checks FILE. Returns owned, or NULL with every error added, each "FILE:LINE:COL:
 * JSON.PATH: message". */
struct config *config_load(const char *file, struct errlist *errors);
/* Same, for who wants to know what else is wrong: a config with errors is returned too when it is
 * JSON at all, with `*sound` false. What could not be read in it is NULL, empty or CONFIG_NONE. */
struct config *config_load_any(const char *file, bool *sound, struct errlist *errors);
/* Same from text; `file` is used in messages and as the base of relative paths. */
struct config *config_load_text(const char *file, const char *text, size_t length,
                                struct errlist *errors);
void config_free(struct config *config); /* NULL is allowed */
/* False with "restart needed" errors when a value that is read at start only differs (listen,
 * workers, user, state_dir). */
bool config_same_start_only(const struct config *before, const struct config *after,
                            struct errlist *errors);
/* `gslbd --schema` */
void config_schema_print(struct strbuf *out);
