// SPDX-License-Identifier: BSD-2-Clause
/* POST /v1/simulate: the pools are built once more, by the same code, with the request's overlay on
 * top of what the control knows. Nothing of it is published. */
#include "base/json.h"
#include "base/mem.h"
#include "server/api_internal.h"
#include "zones/rrtype.h"
#include "zones/zone.h"
#include "zones/zonedb.h"

#include <stdlib.h>
#include <string.h>

#define PATH_SIZE  512
#define CHAIN_MAX  16
#define RDATA_SIZE 65535

static const char *const state_words[] = { "up", "down", "drain", "auto", NULL };

static const struct api_field member_fields[] = {
    { .key = "state", .type = API_WORD, .words = state_words },
    { .key = "weight", .type = API_WEIGHT },
    { .key = NULL },
};

static const struct api_field overlay_fields[] = {
    { .key = "members", .type = API_OBJECT },
    { .key = NULL },
};

/* What the request pretends about one member. */
struct pretence {
    uint32_t pool;
    uint32_t member;
    const char *state; /* NULL = as it is */
    bool has_weight;
    bool file_weight; /* weight null */
    uint32_t weight;
};

struct overlay {
    struct control *control;
    struct pretence *list;
    size_t count;
};

static int compare(const void *a, const void *b)
{
    const struct pretence *left = a;
    const struct pretence *right = b;
    if (left->pool != right->pool)
        return left->pool < right->pool ? -1 : 1;
    return (left->member > right->member) - (left->member < right->member);
}

static const struct pretence *find(const struct overlay *overlay, uint32_t pool, uint32_t member)
{
    struct pretence key = { .pool = pool, .member = member };
    if (overlay->count == 0)
        return NULL;
    return bsearch(&key, overlay->list, overlay->count, sizeof(key), compare);
}

/* --- the view that the pools are built from --- */

static const struct pool_member *member_at(const struct overlay *overlay, uint32_t pool,
                                           uint32_t member)
{
    return &control_world(overlay->control)->pools.pools[pool].members[member];
}

/* True when the overlay decides by itself: `*use` is set. "auto" leaves it to health. */
static bool pretended(const struct pretence *pretence, enum pool_use *use)
{
    if (pretence == NULL || pretence->state == NULL || strcmp(pretence->state, "auto") == 0)
        return false;
    *use = strcmp(pretence->state, "up") == 0 ? POOL_LIVE : POOL_BARRED;
    return true;
}

static enum pool_use address_use(void *data, uint32_t pool, uint32_t member, size_t index)
{
    const struct overlay *overlay = data;
    const struct pretence *pretence = find(overlay, pool, member);
    enum pool_use use = POOL_LIVE;
    struct control_address address;
    if (pretended(pretence, &use))
        return use;
    control_address(overlay->control, pool, member, index, &address);
    if (pretence == NULL || pretence->state == NULL)
        return address.use;
    if (member_at(overlay, pool, member)->disabled)
        return POOL_BARRED;
    if (member_at(overlay, pool, member)->service != 0)
        return control_ipvs_use(overlay->control, member_at(overlay, pool, member)->service);
    return address.verdict == HEALTH_DOWN ? POOL_FAILED : POOL_LIVE;
}

static enum pool_use nested_use(void *data, uint32_t pool, uint32_t member)
{
    const struct overlay *overlay = data;
    const struct pretence *pretence = find(overlay, pool, member);
    enum pool_use use = POOL_LIVE;
    struct control_member info;
    if (pretended(pretence, &use))
        return use;
    control_member(overlay->control, pool, member, &info);
    bool as_it_is = pretence == NULL || pretence->state == NULL;
    if (as_it_is && info.state_override != NULL)
        return info.state_override->state == OVERRIDE_UP ? POOL_LIVE : POOL_BARRED;
    return member_at(overlay, pool, member)->disabled ? POOL_BARRED : POOL_LIVE;
}

static uint32_t weight_of(void *data, uint32_t pool, uint32_t member)
{
    const struct overlay *overlay = data;
    const struct pretence *pretence = find(overlay, pool, member);
    struct control_member info;
    if (pretence != NULL && pretence->has_weight)
        return pretence->file_weight ? member_at(overlay, pool, member)->weight : pretence->weight;
    control_member(overlay->control, pool, member, &info);
    return info.effective_weight;
}

static uint32_t share_of(void *data, uint32_t pool, uint32_t member)
{
    const struct overlay *overlay = data;
    const struct pool_member *definition = member_at(overlay, pool, member);
    const struct pretence *pretence = find(overlay, pool, member);
    struct control_member info;
    if (definition->service != 0)
        return control_ipvs_share(overlay->control, definition->service);
    control_member(overlay->control, pool, member, &info);
    bool operators = pretence != NULL && pretence->has_weight ? !pretence->file_weight
                                                              : info.weight_override != NULL;
    return operators ? POOL_SHARE_ONE : control_told_share(overlay->control, pool, member);
}

/* --- the request --- */

/* "POOL/MEMBER" to indexes; false when there is no such member. */
static bool find_member(const struct world *world, const char *key, struct pretence *out)
{
    const char *slash = strchr(key, '/');
    if (slash == NULL)
        return false;
    char *pool = mem_dup(key, strlen(key) + 1);
    pool[slash - key] = '\0';
    out->pool = world_pool(world, pool);
    mem_free(pool);
    out->member = out->pool == POOL_NONE ? POOL_NONE : world_member(world, out->pool, slash + 1);
    return out->member != POOL_NONE;
}

/* False when it has answered. */
static bool read_member(struct api_call *call, const char *key, json_t *value, struct overlay *out)
{
    struct pretence *pretence = &out->list[out->count];
    char path[PATH_SIZE];
    (void)json_path_key(path, sizeof(path), "overlay.members", key);
    if (!find_member(control_world(call->control), key, pretence)) {
        api_reply_error(call->api, call->request, 404, path, "there is no member %s", key);
        return false;
    }
    if (!json_is_object(value)) {
        api_reply_error(call->api, call->request, 400, path, "%s must be an object", path);
        return false;
    }
    if (!api_object_check(call, value, member_fields, path))
        return false;
    const json_t *weight = json_object_get(value, "weight");
    pretence->state = json_string_value(json_object_get(value, "state"));
    pretence->has_weight = weight != NULL;
    pretence->file_weight = json_is_null(weight);
    pretence->weight = (uint32_t)json_integer_value(weight);
    out->count++;
    return true;
}

/* False when it has answered. */
static bool read_overlay(struct api_call *call, struct overlay *out)
{
    json_t *overlay = json_object_get(call->body, "overlay");
    json_t *members = json_object_get(overlay, "members");
    const char *key = NULL;
    json_t *value = NULL;
    if (overlay != NULL && !api_object_check(call, overlay, overlay_fields, "overlay"))
        return false;
    out->list = MEM_NEW_ARRAY(struct pretence, json_object_size(members));
    json_object_foreach (members, key, value)
        if (!read_member(call, key, value, out))
            return false;
    qsort(out->list, out->count, sizeof(*out->list), compare);
    return true;
}

/* --- the name --- */

/* Follows CNAMEs inside our zones, as an answer does. Pool bound to the name for the family, or
 * POOL_NONE. */
static uint32_t bound_pool(const struct world *world, uint8_t name[NAME_MAX_LEN],
                           enum picker_family family)
{
    unsigned wanted = family == PICKER_A ? ZONE_NODE_BOUND_A : ZONE_NODE_BOUND_AAAA;
    uint8_t *target = mem_alloc(RDATA_SIZE);
    uint32_t pool = POOL_NONE;
    for (int hops = 0; hops < CHAIN_MAX; hops++) {
        struct name_hashes hashes;
        struct zone_found found;
        size_t index = 0;
        name_lower(name, name);
        name_hash_all(name, zonedb_seed(world->zonedb), &hashes);
        const struct zone *zone = zonedb_find(world->zonedb, name, &hashes, 0, &index);
        if (zone == NULL)
            break;
        zone_find(zone, name, &hashes, &found);
        if (found.match != ZONE_EXACT && found.match != ZONE_WILDCARDED)
            break;
        if ((found.node->flags & wanted) != 0) {
            pool = world->zones[index].bindings[found.node->binding].pool;
            break;
        }
        const struct rrset *cname = zone_node_rrset(found.node, RRTYPE_CNAME);
        if (cname == NULL)
            break;
        size_t length = zone_rdata(zone, cname, 0, target);
        memcpy(name, target, length <= NAME_MAX_LEN ? length : 0);
    }
    mem_free(target);
    return pool;
}

/* False when it has answered. */
static bool read_name(struct api_call *call, uint32_t *pool, enum picker_family *family)
{
    const char *text = api_body_text(call, "name");
    const char *type = api_body_text(call, "type");
    uint8_t name[NAME_MAX_LEN];
    const char *error = NULL;
    uint16_t number = RRTYPE_A;
    if (name_from_text(text, strlen(text), NULL, name, &error) == 0) {
        api_reply_error(call->api, call->request, 400, "name", "name: %s", error);
        return false;
    }
    if (type != NULL && (!rrtype_parse(type, strlen(type), &number) ||
                         (number != RRTYPE_A && number != RRTYPE_AAAA))) {
        api_reply_error(call->api, call->request, 400, "type", "type must be A or AAAA");
        return false;
    }
    *family = number == RRTYPE_A ? PICKER_A : PICKER_AAAA;
    *pool = bound_pool(control_world(call->control), name, *family);
    if (*pool == POOL_NONE)
        api_reply_error(call->api, call->request, 404, "name", "no pool answers %s for %s", text,
                        *family == PICKER_A ? "A" : "AAAA");
    return *pool != POOL_NONE;
}

/* --- the answer --- */

static void add_share(void *data, const struct addr *addr, uint32_t member, double share)
{
    json_t *shares = data;
    char text[ADDR_TEXT_MAX];
    (void)member;
    addr_print(addr, text);
    double before = json_number_value(json_object_get(shares, text));
    (void)json_object_set_new(shares, text, json_real(before + share));
}

static json_t *shares_of(struct overlay *overlay, uint32_t pool, enum picker_family family)
{
    struct pool_view view = { .data = overlay,
                              .address = address_use,
                              .nested = nested_use,
                              .weight = weight_of,
                              .share = share_of };
    struct pool_table *table = pool_table_new(&control_world(overlay->control)->pools);
    json_t *shares = json_object();
    pool_table_build(table, &view, control_pools(overlay->control));
    picker_shares(pool_table_bound(table, pool, family), add_share, shares);
    pool_table_free(table);
    return json_pack("{s:o}", "shares", shares);
}

void api_post_simulate(struct api_call *call)
{
    struct overlay overlay = { .control = call->control };
    uint32_t pool = POOL_NONE;
    enum picker_family family = PICKER_A;
    if (read_name(call, &pool, &family) && read_overlay(call, &overlay))
        api_reply_json(call->api, call->request, 200, shares_of(&overlay, pool, family));
    mem_free(overlay.list);
}
