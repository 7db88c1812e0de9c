// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_service.h"

#include "base/parse.h"
#include "ctl/keepalived_range.h"
#include "ctl/keepalived_virtual.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A virtual server on its way into the import. */
struct service {
    struct keepalived_import *import;
    struct keepalived_report *report;
    const struct keepalived_node *node;
    struct keepalived_virtual settings;
};

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

/* ---- one service -------------------------------------------------------------------------------
 */

static void name_service(const struct ipvs_key *key, char *out, size_t size)
{
    char address[ADDR_TEXT_MAX];
    if (key->fwmark != 0) {
        (void)snprintf(out, size, "vs-fwmark-%" PRIu32 "%s", key->fwmark,
                       key->family == ADDR_V6 ? "-ipv6" : "");
        return;
    }
    addr_print(&key->addr, address);
    (void)snprintf(out, size, "vs-%s-%s-%u", address, ipvs_protocol_name(key->protocol), key->port);
    for (; *out != '\0'; out++) {
        if (*out == ':')
            *out = '-';
    }
}

static void add_key(const struct ipvs_key *key, json_t *object)
{
    char address[ADDR_TEXT_MAX];
    if (key->fwmark != 0) {
        set(object, "fwmark", json_integer(key->fwmark));
        if (key->family == ADDR_V6)
            set(object, "family", json_string("ipv6"));
        return;
    }
    addr_print(&key->addr, address);
    set(object, "address", json_string(address));
    set(object, "port", json_integer(key->port));
    set(object, "protocol", json_string(ipvs_protocol_name(key->protocol)));
}

static void add_scheduler(const struct service *service, json_t *object)
{
    json_t *flags = json_array();
    set(object, "scheduler", json_string(service->settings.scheduler));
    for (size_t i = 0; i < json_array_size(service->settings.flags); i++) {
        json_t *flag = json_array_get(service->settings.flags, i);
        uint32_t bit = 0;
        if (ipvs_flag_find(service->settings.scheduler, json_string_value(flag), &bit))
            (void)json_array_append(flags, flag);
        else
            keepalived_note(service->report, service->node->place,
                            "%s: left out: scheduler %s has no such flag", json_string_value(flag),
                            service->settings.scheduler);
    }
    if (json_array_size(flags) > 0)
        (void)json_object_set(object, "flags", flags);
    json_decref(flags);
}

/* Bits of "255.255.255.0" or "64"; 0 with an error. */
static unsigned read_granularity(const struct service *service, uint8_t family)
{
    const char *text = keepalived_word(service->settings.granularity, 1);
    struct addr mask;
    uint64_t bits = 0;
    if (parse_u64(text, strlen(text), family == ADDR_V6 ? 128 : 32, &bits) && bits > 0)
        return (unsigned)bits;
    if (family == ADDR_V4 && addr_parse(text, &mask) && mask.family == ADDR_V4) {
        uint32_t ones = (uint32_t)mask.bytes[0] << 24 | (uint32_t)mask.bytes[1] << 16 |
                        (uint32_t)mask.bytes[2] << 8 | mask.bytes[3];
        uint32_t rest = ~ones;
        if (ones != 0 && (rest & (rest + 1)) == 0)
            return (unsigned)__builtin_popcount(ones);
    }
    (void)keepalived_fail(service->report, service->settings.granularity->place,
                          "\"%.60s\" is not a network mask or a prefix length", text);
    return 0;
}

static bool add_persistence(const struct service *service, const struct ipvs_key *key,
                            json_t *object)
{
    bool udp = key->fwmark != 0 || key->protocol == IPVS_UDP;
    if (service->settings.persistent)
        set(object, "persistence",
            keepalived_duration((int64_t)service->settings.persistence * 1000));
    if (service->settings.granularity != NULL && service->settings.persistent) {
        unsigned bits = read_granularity(service, key->family);
        if (bits == 0)
            return false;
        set(object, "persistence_prefix", json_integer(bits));
    } else if (service->settings.granularity != NULL) {
        keepalived_note(service->report, service->settings.granularity->place,
                        "persistence_granularity: left out: there is no persistence_timeout");
    }
    if (service->settings.engine != NULL && service->settings.persistent && udp &&
        strcmp(keepalived_word(service->settings.engine, 1), "sip") == 0)
        set(object, "engine", json_string("sip"));
    else if (service->settings.engine != NULL)
        keepalived_note(service->report, service->settings.engine->place,
                        "persistence_engine: left out: there is sip only, for UDP with a "
                        "persistence_timeout");
    if (service->settings.ops != NULL && udp)
        set(object, "one_packet", json_true());
    else if (service->settings.ops != NULL)
        keepalived_note(service->report, service->settings.ops->place,
                        "ops: left out: it is for UDP only");
    return true;
}

/* keepalived lowers what could never be met, too. */
static void add_quorum(const struct service *service, const struct keepalived_servers *servers,
                       json_t *object)
{
    uint64_t quorum = service->settings.quorum;
    uint64_t hysteresis = service->settings.hysteresis;
    if (service->settings.quorum_node == NULL || servers->weight == 0)
        return;
    if (quorum > servers->weight) {
        quorum = servers->weight;
        keepalived_note(service->report, service->settings.quorum_node->place,
                        "quorum: %" PRIu64 " is taken, the weight of all real servers", quorum);
    }
    if (hysteresis >= quorum || quorum + hysteresis > servers->weight) {
        uint64_t room = servers->weight - quorum;
        hysteresis = room < quorum - 1 ? room : quorum - 1;
        keepalived_note(service->report, service->settings.quorum_node->place,
                        "hysteresis: %" PRIu64 " is taken: with more the quorum would never be "
                        "gained or never lost",
                        hysteresis);
    }
    set(object, "quorum", json_integer((json_int_t)quorum));
    set(object, "quorum_by", json_string("weight"));
    if (hysteresis > 0)
        set(object, "hysteresis", json_integer((json_int_t)hysteresis));
}

static void add_failure(const struct service *service, const struct keepalived_servers *servers,
                        json_t *object)
{
    bool some = servers->quiesced > 0;
    if (some && !service->settings.quiesce && servers->quiesced < json_object_size(servers->object))
        keepalived_note(service->report, service->node->place,
                        "inhibit_on_failure: is taken for all servers of this virtual server: "
                        "on_fail is the service's");
    if (some || service->settings.quiesce)
        set(object, "on_fail", json_string("quiesce"));
}

static bool add_sorry(const struct service *service, const struct keepalived_parent *parent,
                      json_t *object)
{
    uint16_t port = 0;
    uint16_t given = 0;
    if (service->settings.sorry == NULL)
        return true;
    json_t *sorry = keepalived_dest(
        parent, service->settings.sorry,
        service->settings.sorry_has_method ? &service->settings.sorry_method : &parent->method,
        &port, &given);
    if (sorry == NULL)
        return false;
    set(object, "sorry", sorry);
    return true;
}

static void add_vip(const struct service *service, const struct ipvs_key *key, json_t *object)
{
    char address[ADDR_TEXT_MAX];
    uint64_t unused = 0;
    if (key->fwmark != 0)
        return;
    addr_print(&key->addr, address);
    bool moves = strmap_get(service->import->vips, address, &unused);
    if (moves && !service->settings.local)
        keepalived_note(service->report, service->node->place,
                        "VRRP moves %s: vip.require_local is taken: DNS answers it only while this "
                        "host has it",
                        address);
    if (moves || service->settings.local)
        set(object, "vip", json_pack("{s:b}", "require_local", 1));
}

/* A list of one check is the check. */
static json_t *check_value(json_t *names)
{
    return json_array_size(names) == 1 ? json_incref(json_array_get(names, 0)) : json_incref(names);
}

/* Checks that all servers have are the service's. */
static void add_checks(const struct keepalived_servers *servers, json_t *object)
{
    json_t *first = json_array_get(servers->checks, 0);
    bool same = true;
    size_t at = 0;
    const char *name = NULL;
    json_t *server = NULL;
    for (size_t i = 1; i < json_array_size(servers->checks); i++)
        same = same && json_equal(first, json_array_get(servers->checks, i));
    if (same) {
        if (json_array_size(first) > 0)
            set(object, "check", check_value(first));
        return;
    }
    json_object_foreach (servers->object, name, server) {
        set(server, "check", check_value(json_array_get(servers->checks, at++)));
    }
}

static bool take_real_servers(const struct service *service, const struct keepalived_parent *parent,
                              struct keepalived_servers *servers)
{
    for (const struct keepalived_node *node = service->node->first; node != NULL;
         node = node->next) {
        if (keepalived_is(node, "real_server") && !keepalived_server_take(parent, node, servers))
            return false;
    }
    if (json_object_size(servers->object) == 0)
        keepalived_note(service->report, service->node->place,
                        "virtual_server: left out: it has no real servers, keepalived ignores it, "
                        "too");
    return true;
}

static bool fill_service(const struct service *service, const struct keepalived_parent *parent,
                         const struct keepalived_servers *servers, json_t *object)
{
    add_key(&parent->key, object);
    add_scheduler(service, object);
    if (!add_persistence(service, &parent->key, object))
        return false;
    set(object, "forward", json_string(ipvs_forward_name(parent->method.forward)));
    add_checks(servers, object);
    add_quorum(service, servers, object);
    add_failure(service, servers, object);
    if (!add_sorry(service, parent, object))
        return false;
    add_vip(service, &parent->key, object);
    (void)json_object_set(object, "servers", servers->object);
    return true;
}

static bool add_service(const struct service *service, const struct ipvs_key *key)
{
    struct keepalived_parent parent = service->settings.parent;
    struct keepalived_servers servers;
    char name[64];
    json_t *object = json_object();
    parent.key = *key;
    name_service(key, name, sizeof(name));
    if (json_object_get(service->import->services, name) != NULL) {
        json_decref(object);
        return keepalived_fail(service->report, service->node->place,
                               "the same virtual server is there already (%s)", name);
    }
    keepalived_servers_init(&servers);
    bool good = take_real_servers(service, &parent, &servers) &&
                fill_service(service, &parent, &servers, object);
    if (good && json_object_size(servers.object) > 0)
        (void)json_object_set(service->import->services, name, object);
    json_decref(object);
    keepalived_servers_fini(&servers);
    return good;
}

/* ---- by address, mark or group -----------------------------------------------------------------
 */

static bool add_by_address(const struct service *service, const struct keepalived_node *node,
                           const struct addr *addr, uint16_t port)
{
    struct ipvs_key key = {
        .family = addr->family, .protocol = service->settings.protocol, .port = port, .addr = *addr
    };
    if (addr_is_any(addr))
        return keepalived_fail(service->report, node->place,
                               "the unspecified address cannot be a virtual server");
    if (port == 0 && !service->settings.persistent)
        return keepalived_fail(service->report, node->place,
                               "a virtual server without a port needs a persistence_timeout");
    return add_service(service, &key);
}

static uint8_t family_of_servers(const struct service *service)
{
    struct addr addr = { .family = ADDR_V4 };
    for (const struct keepalived_node *node = service->node->first; node != NULL;
         node = node->next) {
        if (keepalived_is(node, "real_server") && addr_parse(keepalived_word(node, 1), &addr))
            return addr.family;
    }
    return ADDR_V4;
}

static bool add_by_mark(const struct service *service, const struct keepalived_node *node,
                        uint8_t family)
{
    uint64_t mark = 0;
    if (!keepalived_number(service->report, node, node == service->node ? 2 : 1, 1, UINT32_MAX,
                           &mark))
        return false;
    if (family == ADDR_NONE)
        family = service->settings.family != ADDR_NONE ? service->settings.family
                                                       : family_of_servers(service);
    struct ipvs_key key = { .family = family, .fwmark = (uint32_t)mark };
    return add_service(service, &key);
}

/* "ADDRESS [PORT]", "RANGE [PORT]" or "fwmark N [inet|inet6]" of a group. */
static bool add_member(const struct service *service, const struct keepalived_node *node)
{
    struct keepalived_range range;
    uint64_t port = 0;
    if (keepalived_is(node, "fwmark")) {
        const char *family = keepalived_word(node, 2);
        uint8_t known = strcmp(family, "inet") == 0 ? ADDR_V4 : ADDR_NONE;
        return add_by_mark(service, node, strcmp(family, "inet6") == 0 ? ADDR_V6 : known);
    }
    if (!keepalived_range_read(service->report, node, &range))
        return false;
    if (node->count > 1 && !keepalived_number(service->report, node, 1, 0, UINT16_MAX, &port))
        return false;
    for (; range.count > 0; keepalived_range_next(&range)) {
        if (!add_by_address(service, node, &range.addr, (uint16_t)port))
            return false;
        service->report->muted++; /* the others would say the same once more */
    }
    return true;
}

static const struct keepalived_node *find_group(const struct service *service)
{
    const struct keepalived_node *node = service->import->root->first;
    const char *name = keepalived_word(service->node, 2);
    while (node != NULL && (!keepalived_is(node, "virtual_server_group") ||
                            strcmp(keepalived_word(node, 1), name) != 0))
        node = node->next;
    return node;
}

static bool add_group(const struct service *service)
{
    const struct keepalived_node *group = find_group(service);
    unsigned muted = service->report->muted;
    bool good = true;
    if (group == NULL)
        return keepalived_fail(service->report, service->node->place,
                               "there is no virtual_server_group \"%.60s\"",
                               keepalived_word(service->node, 2));
    for (const struct keepalived_node *node = group->first; good && node != NULL;
         node = node->next) {
        good = add_member(service, node);
        service->report->muted++;
    }
    service->report->muted = muted;
    return good;
}

static bool add_all(const struct service *service)
{
    const struct keepalived_node *node = service->node;
    struct addr addr;
    uint16_t port = 0;
    if (strcmp(keepalived_word(node, 1), "group") == 0)
        return add_group(service);
    if (strcmp(keepalived_word(node, 1), "fwmark") == 0)
        return add_by_mark(service, node, ADDR_NONE);
    return keepalived_endpoint(service->report, node, 1, &addr, &port) &&
           add_by_address(service, node, &addr, port);
}

bool keepalived_service_take(struct keepalived_import *import, const struct keepalived_node *node)
{
    struct service service = { .import = import, .report = import->report, .node = node };
    bool good = keepalived_virtual_read(import->report, node, &import->checks, &service.settings) &&
                add_all(&service);
    keepalived_virtual_fini(&service.settings);
    return good;
}
