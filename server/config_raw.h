// SPDX-License-Identifier: BSD-2-Clause
/* Inside of the config loader: gslb.json as the tables of config_schema.c read it, names not yet
 * resolved. Lives in the arena of the config that is being loaded, one thread. */
#pragma once

#include "server/config.h"

/* What a pool and an entry of `names` that makes one have in common. */
struct raw_pool_keys {
    int policy; /* index in policy_names() */
    bool policy_given;
    uint64_t ttl_ms;
    bool ttl_given;
    uint64_t max_answers;
    bool max_answers_given;
    uint64_t min_live;
    bool min_live_given;
    struct schema_list checks; /* struct schema_named */
    bool check_given;
    enum pool_all_down all_down;
    struct schema_named fallback; /* POOL_DOWN_POOL */
    bool all_down_given;
};

struct raw_name {
    struct schema_named named;
    struct schema_named pool;
    bool pool_given;
    bool override;
    struct raw_pool_keys keys;
};

struct raw_zone {
    struct schema_named named;
    const char *file;
    struct schema_map names; /* struct raw_name */
};

struct raw_check {
    struct schema_named named;
    int type; /* enum check_type_id */
    uint64_t interval_ms, timeout_ms, confirm_interval_ms;
    uint64_t fall, rise;
    uint64_t port;
    struct addr address;
    bool has_address;
    struct check_tcp_args tcp;
    struct check_http_args http;
    struct schema_list headers; /* struct check_header */
};

struct raw_member {
    struct schema_named named;
    struct schema_list addresses; /* struct addr */
    bool address_given;
    struct schema_named pool;
    bool pool_given;
    struct schema_named service;
    bool service_given;
    uint64_t port;
    uint64_t weight;
    uint64_t order;
    bool order_given;
    bool disabled;
    struct schema_list checks; /* struct schema_named */
    bool check_given;
    struct schema_list tags; /* const char * */
};

struct raw_pool {
    struct schema_named named;
    struct raw_pool_keys keys;
    struct schema_map members; /* struct raw_member */
};

#define RAW_FORWARD_BAD (-1) /* what was given is an error already */

struct raw_tunnel {
    int type; /* enum ipvs_tunnel */
    uint64_t port;
    bool port_given;
    int checksum; /* enum ipvs_checksum */
};

/* What a server and a sorry server have in common. */
struct raw_dest {
    struct addr address;
    uint64_t port;
    bool port_given;
    int forward; /* enum ipvs_forward, RAW_FORWARD_BAD */
    bool forward_given;
    struct raw_tunnel tunnel;
    bool tunnel_given;
};

struct raw_real {
    struct schema_named named;
    struct raw_dest dest;
    uint64_t weight;
    uint64_t upper, lower;
    struct schema_list checks; /* struct schema_named */
    bool check_given;
    bool disabled;
};

struct raw_vip {
    const char *interface;
    bool require_local;
    struct schema_list checks; /* struct schema_named */
};

struct raw_service {
    struct schema_named named;
    struct addr address;
    bool address_given;
    uint64_t port;
    bool port_given;
    int protocol; /* index: tcp, udp, sctp */
    bool protocol_given;
    uint64_t fwmark;
    bool fwmark_given;
    int family; /* index: ipv4, ipv6 */
    bool family_given;
    int scheduler;            /* index in ipvs_schedulers() */
    struct schema_list flags; /* struct schema_named */
    uint64_t persistence_ms;
    bool persistence_given;
    uint64_t persistence_prefix;
    bool prefix_given;
    int engine; /* only one yet */
    bool engine_given;
    bool one_packet;
    int forward; /* enum ipvs_forward, RAW_FORWARD_BAD */
    struct schema_list checks;
    uint64_t quorum;
    int quorum_by; /* enum ipvs_quorum_by */
    uint64_t hysteresis;
    int on_fail; /* index: remove, quiesce */
    struct raw_dest sorry;
    bool sorry_given;
    bool sorry_keeps;
    uint64_t slow_start_ms, drain_ms;
    uint64_t capacity;
    bool capacity_given;
    int load; /* enum ipvs_load */
    struct raw_vip vip;
    bool vip_given;
    struct schema_map servers; /* struct raw_real */
};

struct raw_ipvs_timeouts {
    uint64_t tcp_ms, tcp_fin_ms, udp_ms;
};

struct raw_sync {
    int role; /* enum config_sync_role - 1 */
    const char *interface;
    uint64_t id;
    struct addr group;
    uint64_t port, ttl, maxlen;
};

struct raw_ipvs {
    bool present;
    int mode;           /* enum ipvs_mode */
    int on_exit;        /* enum config_on_exit */
    int on_unavailable; /* index: answer, withdraw */
    uint64_t max_remove;
    struct raw_ipvs_timeouts timeouts;
    struct raw_sync sync;
    bool sync_given;
    struct schema_list allow;   /* struct prefix */
    struct schema_map services; /* struct raw_service */
};

struct raw_config {
    struct config_server server;
    struct config_api api;
    struct schema_map zones;
    struct schema_map checks;
    struct schema_map pools;
    struct raw_ipvs ipvs;
};

/* The tables: the whole document (struct raw_config), and the values of its sections. */
extern const struct schema config_schema;
extern const struct schema config_schema_zone;
extern const struct schema config_schema_pool;
extern const struct schema config_schema_check;
extern const struct schema config_schema_ipvs;

struct strmap;

/* One load: what the steps below work on. They add errors and go on; the caller counts. */
struct config_build {
    struct config *config;
    const struct raw_config *raw;
    struct errlist *errors;
    size_t errors_before;    /* those that are not of this load */
    struct strmap *pools;    /* name -> index */
    struct strmap *checks;   /* name -> index */
    struct strmap *services; /* name -> index */
};

/* config.c: no error yet. */
bool config_is_sound(const struct config_build *build);
/* config_listen.c: what `server` and `api` listen on. */
void config_check_listen(struct config_build *build);
/* config_names.c: what names refer to. */
uint32_t config_find_pool(struct config_build *build, const struct schema_named *ref);
uint32_t config_find_service(struct config_build *build, const struct schema_named *ref);
/* Resolves the names of checks; a name that occurs twice is an error. */
const uint32_t *config_find_checks(struct config_build *build, const struct schema_list *refs,
                                   size_t *count);
/* config_ipvs.c: services and their servers; the checks must be there. */
void config_build_ipvs(struct config_build *build);
/* config_weights.c: a service whose scheduler wants its weights constant has nothing that changes
 * them. */
void config_check_weights(struct config_build *build, const struct config_service *service);
/* config_pools.c: checks, pools and their members; the services must be there. */
void config_build_checks(struct config_build *build);
void config_build_pools(struct config_build *build);
/* Fills policy, ttl, limits and checks of a pool; `path` is that of the object that has the keys.
 */
void config_pool_keys(struct config_build *build, const struct raw_pool_keys *keys,
                      struct config_pool *pool);
/* A ttl in seconds, PICKER_TTL_NONE when not given. */
uint32_t config_ttl(struct config_build *build, const struct raw_pool_keys *keys, const char *path);
/* Complains when a check of the list cannot know its port. */
void config_check_port(struct config_build *build, const uint32_t *checks, size_t count,
                       uint16_t port, const char *path);
/* config_zones.c: zones, their names, and the pools that names make. */
void config_build_zones(struct config_build *build);
/* config_graph.c: cycles and nesting; sets config.pool_order. */
void config_build_order(struct config_build *build);
