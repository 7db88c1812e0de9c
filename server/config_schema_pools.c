// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/policy.h"
#include "server/config_raw.h"

#include <stddef.h>

#define END                                                                                        \
    {                                                                                              \
        .key = NULL                                                                                \
    }
#define PORT_MAX    65535
#define WEIGHT_MAX  65535
#define ORDER_MAX   65535
#define ANSWERS_MAX 65535
#define TTL_MAX_MS  (UINT64_C(2147483647) * 1000) /* RFC 2181 section 8 */

/* --- what pools and names have in common --- */

static const char *const policies_later[] = { "geo", "static", "hash", "least_load", NULL };
static const char *const all_down_words[] = { "all", "last_good", "nodata", "servfail", NULL };

static const struct schema_item fallback_items[] = {
    { .key = "pool", .type = SCHEMA_REF, .flags = SCHEMA_REQUIRED },
    END,
};

static const struct schema fallback_schema = { .title = "fallback",
                                               .size = sizeof(struct schema_named),
                                               .items = fallback_items };

/* `out` is the all_down field of a struct raw_pool_keys, whose `fallback` is filled too. */
static bool parse_all_down(struct schema_context *ctx, const struct schema_item *item,
                           json_t *value, const char *path, void *out)
{
    static const struct schema_item word = { .type = SCHEMA_ENUM, .words = all_down_words };
    (void)item;
    enum pool_all_down *all_down = out;
    struct raw_pool_keys *keys = CONTAINER_OF(all_down, struct raw_pool_keys, all_down);
    int index = 0;
    if (json_is_object(value)) {
        keys->all_down = POOL_DOWN_POOL;
        return schema_read(ctx, &fallback_schema, value, path, &keys->fallback);
    }
    if (!json_is_string(value))
        return schema_type_error(ctx, value, path,
                                 "\"all\", \"last_good\", \"nodata\", \"servfail\" or "
                                 "{\"pool\": NAME}");
    if (!schema_read_value(ctx, &word, value, path, &index))
        return false;
    keys->all_down = (enum pool_all_down)index;
    return true;
}

static const struct schema all_down_schema = {
    .title = "\"all\" | \"last_good\" | \"nodata\" | \"servfail\" | {\"pool\": NAME}",
    .size = sizeof(enum pool_all_down),
};

static const struct schema_item ref_element = { .type = SCHEMA_REF, .flags = SCHEMA_NONEMPTY };

/* clang-format off */
#define POOL_ROWS(s)                                                                               \
    { .key = "policy",                                                                             \
      .type = SCHEMA_ENUM,                                                                         \
      .offset = offsetof(struct s, keys.policy),                                                   \
      .present = offsetof(struct s, keys.policy_given),                                            \
      .word_list = policy_names,                                                                   \
      .later = policies_later,                                                                     \
      .fallback = "\"round_robin\"",                                                               \
      .help = "How members are chosen." },                                                         \
    { .key = "ttl",                                                                                \
      .type = SCHEMA_DURATION,                                                                     \
      .offset = offsetof(struct s, keys.ttl_ms),                                                   \
      .present = offsetof(struct s, keys.ttl_given),                                               \
      .max = TTL_MAX_MS,                                                                           \
      .help = "TTL of the answers, whole seconds. The name's, else the smallest of the pools passed, " \
              "else the zone's default but at most 30 s." },                                       \
    { .key = "max_answers",                                                                        \
      .type = SCHEMA_UINT,                                                                         \
      .offset = offsetof(struct s, keys.max_answers),                                              \
      .present = offsetof(struct s, keys.max_answers_given),                                       \
      .max = ANSWERS_MAX,                                                                          \
      .help = "Most addresses in one answer, 0 = no limit. Default: 8 for round_robin, no limit for " \
              "all, else 1." },                                                                    \
    { .key = "check",                                                                              \
      .type = SCHEMA_LIST,                                                                         \
      .flags = SCHEMA_OR_ONE,                                                                      \
      .offset = offsetof(struct s, keys.checks),                                                   \
      .present = offsetof(struct s, keys.check_given),                                             \
      .element = &ref_element,                                                                     \
      .help = "Check of the members with addresses; of a list all must pass." },                   \
    { .key = "min_live",                                                                           \
      .type = SCHEMA_UINT,                                                                         \
      .offset = offsetof(struct s, keys.min_live),                                                 \
      .present = offsetof(struct s, keys.min_live_given),                                          \
      .min = 1,                                                                                    \
      .max = 65535,                                                                                \
      .fallback = "1",                                                                             \
      .help = "With fewer live members the pool is down." },                                       \
    { .key = "on_all_down",                                                                        \
      .type = SCHEMA_CUSTOM,                                                                       \
      .offset = offsetof(struct s, keys.all_down),                                                 \
      .present = offsetof(struct s, keys.all_down_given),                                          \
      .sub = &all_down_schema,                                                                     \
      .parse = parse_all_down,                                                                     \
      .fallback = "\"all\"",                                                                       \
      .help = "What a name answers whose pool is down: every enabled address, the last good set, no " \
              "data, SERVFAIL, or another pool." }
/* clang-format on */

/* --- zones --- */

static const struct schema_item name_items[] = {
    { .key = "pool",
      .type = SCHEMA_REF,
      .flags = SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_name, pool),
      .present = offsetof(struct raw_name, pool_given),
      .help = "The pool that answers A and AAAA. Without it, but with a check, the zone file's own "
              "A and AAAA records at the name are the pool, and the keys below are its." },
    { .key = "override",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct raw_name, override),
      .fallback = "false",
      .help = "The pool hides A and AAAA records that the zone file has at the name; without it "
              "they are an error." },
    POOL_ROWS(raw_name),
    END,
};

static const struct schema name_schema = { .title = "name",
                                           .size = sizeof(struct raw_name),
                                           .items = name_items };

static const struct schema_item zone_items[] = {
    { .key = "file",
      .type = SCHEMA_PATH,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct raw_zone, file),
      .help = "Master file (RFC 1035 section 5), as BIND reads it." },
    { .key = "names",
      .type = SCHEMA_MAP,
      .flags = SCHEMA_ANY_NAME | SCHEMA_OR_FIRST,
      .offset = offsetof(struct raw_zone, names),
      .sub = &name_schema,
      .help = "Names that pools answer, relative to the zone; \"@\" is the apex. NAME: \"POOL\" "
              "stands for NAME: {\"pool\": \"POOL\"}." },
    { .key = "transfer", .type = SCHEMA_LATER },
    { .key = "primary", .type = SCHEMA_LATER },
    END,
};

const struct schema config_schema_zone = { .title = "zone",
                                           .size = sizeof(struct raw_zone),
                                           .items = zone_items };

/* --- pools --- */

static const struct schema_item address_element = { .type = SCHEMA_ADDRESS };
static const struct schema_item tag_element = { .type = SCHEMA_STRING, .flags = SCHEMA_NONEMPTY };

static const struct schema_item member_items[] = {
    { .key = "address",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE | SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_member, addresses),
      .present = offsetof(struct raw_member, address_given),
      .element = &address_element,
      .help = "IPv4 and IPv6 addresses of one machine; each is checked by itself." },
    { .key = "pool",
      .type = SCHEMA_REF,
      .flags = SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_member, pool),
      .present = offsetof(struct raw_member, pool_given),
      .help = "A pool as member, instead of addresses." },
    { .key = "service",
      .type = SCHEMA_REF,
      .flags = SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_member, service),
      .present = offsetof(struct raw_member, service_given),
      .help = "An IPVS service as member, instead of addresses: answered is its virtual address." },
    { .key = "port",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_member, port),
      .min = 1,
      .max = PORT_MAX,
      .help = "Port of the service; the checks probe it unless they have their own." },
    { .key = "weight",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_member, weight),
      .max = WEIGHT_MAX,
      .fallback = "1",
      .help = "Share relative to the others; 0 = only when all others are down." },
    { .key = "order",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_member, order),
      .present = offsetof(struct raw_member, order_given),
      .max = ORDER_MAX,
      .help = "Tier of failover, smallest first. Default: the position, from 1." },
    { .key = "disabled",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct raw_member, disabled),
      .fallback = "false",
      .help = "Never answered, whatever else is down." },
    { .key = "check",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE,
      .offset = offsetof(struct raw_member, checks),
      .present = offsetof(struct raw_member, check_given),
      .element = &ref_element,
      .help = "Instead of the pool's check; of a list all must pass; [] = none." },
    { .key = "tags",
      .type = SCHEMA_LIST,
      .offset = offsetof(struct raw_member, tags),
      .element = &tag_element,
      .help = "Words for people and scripts." },
    { .key = "regions", .type = SCHEMA_LATER },
    { .key = "prefixes", .type = SCHEMA_LATER },
    END,
};

static const struct schema member_schema = { .title = "member",
                                             .size = sizeof(struct raw_member),
                                             .items = member_items };

static const struct schema_item pool_items[] = {
    POOL_ROWS(raw_pool),
    { .key = "members",
      .type = SCHEMA_MAP,
      .flags = SCHEMA_REQUIRED | SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_pool, members),
      .sub = &member_schema,
      .help = "What the pool consists of: each has an address, a pool or a service." },
    END,
};

const struct schema config_schema_pool = { .title = "pool",
                                           .size = sizeof(struct raw_pool),
                                           .items = pool_items };
