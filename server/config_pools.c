// SPDX-License-Identifier: BSD-2-Clause
#include "base/strmap.h"
#include "server/config_raw.h"

/* --- checks --- */

/* False when the tables have complained about the type already. */
static bool type_is_known(const struct config_build *build, const struct raw_check *raw)
{
    const json_t *section = json_object_get(build->config->doc.root, "checks");
    const json_t *type = json_object_get(json_object_get(section, raw->named.name), "type");
    enum check_type_id id = CHECK_TCP;
    return json_is_string(type) && check_type_find(json_string_value(type), &id);
}

void config_build_checks(struct config_build *build)
{
    struct config *config = build->config;
    const struct raw_check *raws = build->raw->checks.items;
    config->check_count = build->raw->checks.count;
    config->checks = ARENA_NEW_ARRAY(config->arena, struct config_check, config->check_count);
    for (size_t i = 0; i < config->check_count; i++) {
        const struct raw_check *raw = &raws[i];
        struct config_check *out = &config->checks[i];
        out->name = raw->named.name;
        out->path = raw->named.path;
        out->check =
            (struct check){ .name = raw->named.name,
                            .type = (enum check_type_id)raw->type,
                            .interval_ms = raw->interval_ms,
                            .timeout_ms = raw->timeout_ms,
                            .limits = { .fall = (unsigned)raw->fall, .rise = (unsigned)raw->rise },
                            .port = (uint16_t)raw->port,
                            .has_address = raw->has_address,
                            .address = raw->address };
        /* Suspicion is no reason to look less often. */
        out->check.confirm_interval_ms = raw->confirm_interval_ms < raw->interval_ms
                                             ? raw->confirm_interval_ms
                                             : raw->interval_ms;
        if (out->check.type == CHECK_TCP) {
            out->check.args.tcp = raw->tcp;
        } else {
            out->check.args.http = raw->http;
            out->check.args.http.headers = raw->headers.items;
            out->check.args.http.header_count = raw->headers.count;
        }
        if (out->check.port == 0 && !type_is_known(build, raw))
            out->check.port = 1; /* else each member would be told that it needs a port */
        (void)strmap_put(build->checks, out->name, i);
    }
}

void config_check_port(struct config_build *build, const uint32_t *checks, size_t count,
                       uint16_t port, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_check *check = &build->config->checks[checks[i]];
        const struct check_type *type = check_type_get(check->check.type);
        if (port == 0 && check->check.port == 0 && type->default_port == 0)
            json_error(&build->config->doc, build->errors, path,
                       "check \"%s\" of type %s needs a port: give \"port\" here or in the check",
                       check->name, type->name);
    }
}

/* --- members --- */

static void check_kind(struct config_build *build, const struct raw_member *raw)
{
    const struct json_doc *doc = &build->config->doc;
    int kinds = (int)raw->address_given + (int)raw->pool_given + (int)raw->service_given;
    if (kinds != 1 && !raw->named.unread)
        json_error(doc, build->errors, raw->named.path,
                   kinds == 0 ? "needs an \"address\", a \"pool\" or a \"service\""
                              : "has more than one of \"address\", \"pool\" and \"service\"");
    if ((raw->pool_given || raw->service_given) && raw->check_given) {
        char path[JSON_PATH_MAX];
        (void)json_path_key(path, sizeof(path), raw->named.path, "check");
        json_error_key(doc, build->errors, path,
                       raw->pool_given
                           ? "a pool as member is as well as its own members are: it has no check"
                           : "a service as member is as well as its servers are: it has no check");
    }
}

static void check_addresses(struct config_build *build, const struct raw_member *raw)
{
    const struct addr *addresses = raw->addresses.items;
    char list[JSON_PATH_MAX];
    (void)json_path_key(list, sizeof(list), raw->named.path, "address");
    for (size_t i = 0; i < raw->addresses.count; i++) {
        char path[JSON_PATH_MAX];
        (void)json_path_index(path, sizeof(path), list, i);
        if (addr_is_any(&addresses[i]))
            json_error(&build->config->doc, build->errors, raw->addresses.count == 1 ? list : path,
                       "is the unspecified address, which no client can reach");
        for (size_t k = 0; k < i; k++) {
            if (addresses[i].family != ADDR_NONE && addr_equal(&addresses[i], &addresses[k])) {
                json_error(&build->config->doc, build->errors, path, "is given twice");
                break;
            }
        }
    }
}

/* DNS answers the service's virtual address: the member is one with that address. */
static void take_service(struct config_build *build, const struct raw_member *raw,
                         struct config_member *out)
{
    out->service = config_find_service(build, &raw->service);
    if (out->service == CONFIG_NONE)
        return;
    const struct ipvs_key *key = &build->config->ipvs.services[out->service].spec.service.key;
    if (key->fwmark != 0)
        json_error(&build->config->doc, build->errors, raw->service.path,
                   "service \"%s\" has no address that DNS could answer: it is known by its fwmark",
                   raw->service.name);
    if (key->addr.family != ADDR_NONE)
        out->addresses = (struct schema_list){
            .items = arena_dup(build->config->arena, &key->addr, sizeof(key->addr),
                               _Alignof(struct addr)),
            .count = 1,
        };
}

static void build_member(struct config_build *build, const struct raw_member *raw, size_t position,
                         struct config_member *out)
{
    *out = (struct config_member){ .name = raw->named.name,
                                   .path = raw->named.path,
                                   .addresses = raw->addresses,
                                   .pool = CONFIG_NONE,
                                   .service = CONFIG_NONE,
                                   .port = (uint16_t)raw->port,
                                   .weight = (uint32_t)raw->weight,
                                   .order = (uint32_t)(raw->order_given ? raw->order : position),
                                   .disabled = raw->disabled,
                                   .checks_given = raw->check_given && !raw->service_given,
                                   .tags = raw->tags };
    if (raw->pool_given)
        out->pool = config_find_pool(build, &raw->pool);
    out->checks = config_find_checks(build, &raw->checks, &out->check_count);
    if (raw->service_given)
        out->check_count = 0; /* an error already, if there are any */
    check_kind(build, raw);
    check_addresses(build, raw);
    if (raw->service_given && !raw->address_given)
        take_service(build, raw, out);
}

/* --- pools --- */

uint32_t config_ttl(struct config_build *build, const struct raw_pool_keys *keys, const char *path)
{
    if (!keys->ttl_given)
        return PICKER_TTL_NONE;
    if (keys->ttl_ms % 1000 != 0) {
        char key[JSON_PATH_MAX];
        (void)json_path_key(key, sizeof(key), path, "ttl");
        json_error(&build->config->doc, build->errors, key, "a TTL is a number of whole seconds");
    }
    return (uint32_t)(keys->ttl_ms / 1000);
}

void config_pool_keys(struct config_build *build, const struct raw_pool_keys *keys,
                      struct config_pool *pool)
{
    pool->policy = policy_find(policy_names()[keys->policy]);
    pool->ttl = config_ttl(build, keys, pool->path);
    pool->max_answers_given = keys->max_answers_given;
    pool->max_answers =
        keys->max_answers_given ? (uint32_t)keys->max_answers : pool->policy->default_max_answers;
    pool->min_live = (uint32_t)keys->min_live;
    pool->all_down = keys->all_down;
    pool->fallback = CONFIG_NONE;
    if (keys->all_down == POOL_DOWN_POOL)
        pool->fallback = config_find_pool(build, &keys->fallback);
    pool->checks = config_find_checks(build, &keys->checks, &pool->check_count);
}

static void build_pool(struct config_build *build, const struct raw_pool *raw,
                       struct config_pool *pool)
{
    const struct raw_member *members = raw->members.items;
    pool->name = raw->named.name;
    pool->path = raw->named.path;
    config_pool_keys(build, &raw->keys, pool);
    pool->member_count = raw->members.count;
    pool->members = ARENA_NEW_ARRAY(build->config->arena, struct config_member, pool->member_count);
    for (size_t i = 0; i < pool->member_count; i++) {
        struct config_member *member = &pool->members[i];
        build_member(build, &members[i], i + 1, member);
        if (member->checks_given)
            config_check_port(build, member->checks, member->check_count, member->port,
                              member->path);
        else if (member->addresses.count > 0 && member->service == CONFIG_NONE)
            config_check_port(build, pool->checks, pool->check_count, member->port, member->path);
    }
}

void config_build_pools(struct config_build *build)
{
    struct config *config = build->config;
    const struct raw_pool *raws = build->raw->pools.items;
    for (size_t i = 0; i < build->raw->pools.count; i++)
        (void)strmap_put(build->pools, raws[i].named.name, i);
    for (size_t i = 0; i < build->raw->pools.count; i++)
        build_pool(build, &raws[i], &config->pools[i]);
    config->pool_count = build->raw->pools.count;
}
