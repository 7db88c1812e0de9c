// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "base/strmap.h"
#include "ipvs/allow.h"
#include "server/config_raw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One thing that an object must not be; told at its key (of the object itself, with key NULL). */
struct rule {
    bool broken;
    const char *key;
    const char *message;
};

static void check_rules(struct config_build *build, const char *parent, const struct rule *rules,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[JSON_PATH_MAX];
        if (!rules[i].broken)
            continue;
        (void)json_path_key(path, sizeof(path), parent, rules[i].key != NULL ? rules[i].key : "");
        json_error(&build->config->doc, build->errors, rules[i].key != NULL ? path : parent, "%s",
                   rules[i].message);
    }
}

/* The value as the document has it; NULL when absent. */
static const json_t *given(const struct config_build *build, const struct raw_service *raw,
                           const char *key)
{
    const json_t *section = json_object_get(build->config->doc.root, "ipvs");
    const json_t *services = json_object_get(section, "services");
    return json_object_get(json_object_get(services, raw->named.name), key);
}

static bool is_one_machine(const struct addr *addr)
{
    static const uint8_t ones[4] = { 0xff, 0xff, 0xff, 0xff };
    if (addr_is_any(addr))
        return false;
    if (addr->family == ADDR_V6)
        return addr->bytes[0] != 0xff;
    return addr->bytes[0] >> 4 != 0xe && memcmp(addr->bytes, ones, sizeof(ones)) != 0;
}

/* IPv6 of one link, or IPv4 in IPv6: the kernel reaches no server by them. */
static bool is_no_way(const struct addr *addr)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    const uint8_t *bytes = addr->bytes;
    return addr->family == ADDR_V6 && ((bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
                                       memcmp(bytes, mapped, sizeof(mapped)) == 0);
}

static bool is_multicast(const struct addr *addr)
{
    return addr->family == ADDR_V6 ? addr->bytes[0] == 0xff : addr->bytes[0] >> 4 == 0xe;
}

/* Where the kernel counts in seconds. */
static uint32_t seconds(struct config_build *build, const char *parent, const char *key,
                        uint64_t ms)
{
    const struct rule rule = { ms % 1000 != 0, key, "must be a number of whole seconds" };
    check_rules(build, parent, &rule, 1);
    return (uint32_t)(ms / 1000);
}

/* --- servers --- */

static void check_tunnel(struct config_build *build, const struct raw_dest *raw, int forward,
                         const char *parent)
{
    const struct raw_tunnel *tunnel = &raw->tunnel;
    char path[JSON_PATH_MAX];
    (void)json_path_key(path, sizeof(path), parent, "tunnel");
    const struct rule rules[] = {
        { raw->tunnel_given && forward != IPVS_TUN && forward != RAW_FORWARD_BAD, NULL,
          "is for forward \"tun\" only" },
        { tunnel->type == IPVS_GUE && !tunnel->port_given, NULL,
          "a gue tunnel needs the \"port\" on which the server takes the packets out" },
        { tunnel->type != IPVS_GUE && tunnel->port > 0, "port", "is for gue tunnels only" },
        { tunnel->type == IPVS_IPIP && tunnel->checksum != IPVS_NOCSUM, "checksum",
          "is for gue and gre tunnels only" },
        { tunnel->type == IPVS_GRE && tunnel->checksum == IPVS_REMCSUM, "checksum",
          "\"remcsum\" is for gue tunnels only" },
    };
    check_rules(build, path, rules, ARRAY_LEN(rules));
}

static void check_dest(struct config_build *build, const struct ipvs_key *key,
                       const struct raw_dest *raw, int forward, const char *path)
{
    bool known = raw->address.family != ADDR_NONE;
    bool keeps_port = forward == IPVS_DR || forward == IPVS_TUN;
    bool other_port = raw->port != 0 && key->port != 0 && raw->port != key->port;
    bool by_nat_or_dr = forward == IPVS_NAT || forward == IPVS_DR;
    const struct rule rules[] = {
        { known && !is_one_machine(&raw->address), "address", "is not the address of one machine" },
        { known && is_no_way(&raw->address), "address",
          "is link-local or an IPv4 address in IPv6 form: the kernel reaches no server by it" },
        { known && by_nat_or_dr && key->family != ADDR_NONE && raw->address.family != key->family,
          "address",
          "is of the other family than the service: only forward \"tun\" reaches such a server" },
        { keeps_port && other_port, "port",
          "forward \"dr\" and \"tun\" leave the packets as they are: leave the port out (it is the "
          "service's), or use \"nat\"" },
        { keeps_port && raw->port != 0 && key->fwmark == 0 && key->port == 0, "port",
          "the service has all ports, which forward \"dr\" and \"tun\" leave as they are: leave it "
          "out" },
    };
    check_rules(build, path, rules, ARRAY_LEN(rules));
    check_tunnel(build, raw, forward, path);
}

static void read_dest(struct config_build *build, const struct raw_service *service,
                      const struct ipvs_key *key, const struct raw_dest *raw, const char *path,
                      struct ipvs_dest *out)
{
    int forward = raw->forward_given ? raw->forward : service->forward;
    *out = (struct ipvs_dest){ .addr = raw->address,
                               .port = raw->port != 0 ? (uint16_t)raw->port : key->port,
                               .forward = forward == RAW_FORWARD_BAD ? IPVS_NAT : (uint8_t)forward,
                               .tunnel = (uint8_t)raw->tunnel.type,
                               .tunnel_port = (uint16_t)raw->tunnel.port,
                               .checksum = (uint8_t)raw->tunnel.checksum,
                               .weight = 1 };
    ipvs_dest_normalise(out);
    check_dest(build, key, raw, forward, path);
}

static void read_server(struct config_build *build, const struct raw_service *service,
                        const struct raw_real *raw, struct config_service *out,
                        struct ipvs_server_spec *server)
{
    struct config_real *real = &out->reals[server - out->spec.servers];
    const struct rule rules[] = {
        { raw->lower > 0 && raw->upper == 0, "lower", "needs \"upper\"" },
        { raw->upper > 0 && raw->lower > raw->upper, "lower", "must not be above \"upper\"" },
    };
    *server = (struct ipvs_server_spec){ .name = raw->named.name, .disabled = raw->disabled };
    *real = (struct config_real){ .path = raw->named.path, .checks_given = raw->check_given };
    if (raw->named.unread)
        return;
    read_dest(build, service, &out->spec.service.key, &raw->dest, real->path, &server->dest);
    server->dest.weight = (uint32_t)raw->weight;
    server->dest.upper = (uint32_t)raw->upper;
    server->dest.lower = (uint32_t)raw->lower;
    check_rules(build, real->path, rules, ARRAY_LEN(rules));
    real->checks = config_find_checks(build, &raw->checks, &real->check_count);
    config_check_port(build, raw->check_given ? real->checks : out->checks,
                      raw->check_given ? real->check_count : out->check_count, server->dest.port,
                      real->path);
}

/* The kernel knows a server by address and port. */
static void find_twins(struct config_build *build, const struct config_service *service)
{
    struct strmap *seen = strmap_new();
    for (size_t i = 0; i < service->spec.server_count; i++) {
        const struct ipvs_server_spec *server = &service->spec.servers[i];
        char text[IPVS_TEXT_MAX];
        uint64_t before = 0;
        if (server->dest.addr.family == ADDR_NONE)
            continue;
        ipvs_dest_print(&server->dest, text);
        if (strmap_get(seen, text, &before))
            json_error(&build->config->doc, build->errors, service->reals[i].path,
                       "is the same server as \"%s\" (%s)", service->spec.servers[before].name,
                       text);
        else
            (void)strmap_put(seen, text, i);
    }
    strmap_free(seen);
}

static void read_servers(struct config_build *build, const struct raw_service *raw,
                         struct config_service *out)
{
    const struct raw_real *raws = raw->servers.items;
    size_t count = raw->servers.count;
    struct ipvs_server_spec *servers =
        ARENA_NEW_ARRAY(build->config->arena, struct ipvs_server_spec, count);
    out->reals = ARENA_NEW_ARRAY(build->config->arena, struct config_real, count);
    out->spec.servers = servers;
    out->spec.server_count = count;
    for (size_t i = 0; i < count; i++)
        read_server(build, raw, &raws[i], out, &servers[i]);
    find_twins(build, out);
}

/* --- what a service is known by --- */

static bool is_allowed(const struct config_ipvs *ipvs, const struct addr *vip)
{
    const struct prefix *allow = ipvs->allow.items;
    bool allowed = ipvs->allow.count == 0;
    for (size_t i = 0; i < ipvs->allow.count; i++)
        /* One that could not be read may have been the one. */
        allowed = allowed || allow[i].addr.family == ADDR_NONE || prefix_contains(&allow[i], vip);
    return allowed;
}

static void read_key(const struct raw_service *raw, struct ipvs_key *key)
{
    static const uint8_t protocols[] = { IPVS_TCP, IPVS_UDP, IPVS_SCTP };
    *key = (struct ipvs_key){ .family = raw->address.family,
                              .protocol = protocols[raw->protocol],
                              .port = (uint16_t)raw->port,
                              .addr = raw->address };
    if (raw->fwmark_given) {
        key->fwmark = (uint32_t)raw->fwmark;
        key->family = raw->family == 0 ? ADDR_V4 : ADDR_V6;
    }
}

static void check_key(struct config_build *build, const struct raw_service *raw)
{
    bool known = raw->address.family != ADDR_NONE;
    bool by_address = raw->address_given && !raw->fwmark_given;
    bool by_mark = raw->fwmark_given && !raw->address_given;
    bool port_zero = by_address && raw->port_given && json_is_integer(given(build, raw, "port")) &&
                     json_integer_value(given(build, raw, "port")) == 0;
    const struct rule rules[] = {
        { raw->address_given && raw->fwmark_given, NULL,
          "has both \"address\" and \"fwmark\": a service is known by one of them" },
        { !raw->address_given && !raw->fwmark_given, NULL,
          "needs an \"address\" and \"port\", or a \"fwmark\"" },
        { by_address && !raw->port_given, NULL,
          "needs a \"port\" (0 = all ports, with \"persistence\")" },
        { port_zero && !raw->persistence_given, "port",
          "0 (all ports) needs \"persistence\": without it the kernel serves nobody" },
        { by_address && raw->family_given, "family", "is for services by fwmark only" },
        { by_mark && raw->port_given, "port",
          "a service by fwmark has no port: the mark says all" },
        { by_mark && raw->protocol_given, "protocol",
          "a service by fwmark has no protocol: the mark says all" },
        { by_mark && raw->vip_given, "vip", "a service by fwmark has no address" },
        { known && !is_one_machine(&raw->address), "address", "cannot be a virtual address" },
        { known && !is_allowed(&build->config->ipvs, &raw->address), "address",
          "is in none of the prefixes of ipvs.allow" },
    };
    check_rules(build, raw->named.path, rules, ARRAY_LEN(rules));
}

/* --- flags --- */

/* Which scheduler has such a flag; NULL = none. */
static const char *owner_of_flag(const char *name)
{
    uint32_t bit = 0;
    for (const char *const *scheduler = ipvs_schedulers(); *scheduler != NULL; scheduler++) {
        if (ipvs_flag_find(*scheduler, name, &bit))
            return *scheduler;
    }
    return NULL;
}

static void refuse_flag(struct config_build *build, const struct schema_named *flag,
                        const char *scheduler)
{
    static const char *const words[] = { "sh-port", "sh-fallback", "mh-port", "mh-fallback",
                                         "flag-1",  "flag-2",      "flag-3" };
    const struct json_doc *doc = &build->config->doc;
    const char *owner = owner_of_flag(flag->name);
    const char *nearest = schema_nearest(flag->name, words, ARRAY_LEN(words));
    if (owner != NULL)
        json_error(doc, build->errors, flag->path,
                   "\"%s\" is a flag of scheduler \"%s\", this service has \"%s\"", flag->name,
                   owner, scheduler);
    else
        json_error(doc, build->errors, flag->path,
                   "there is no flag \"%.80s\"; there are sh-port, sh-fallback, mh-port, "
                   "mh-fallback, flag-1, flag-2, flag-3%s%s%s",
                   flag->name, nearest != NULL ? "; did you mean \"" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static uint32_t read_flags(struct config_build *build, const struct raw_service *raw,
                           const char *scheduler)
{
    const struct schema_named *flags = raw->flags.items;
    const char *word = json_string_value(given(build, raw, "scheduler"));
    uint32_t bits = 0;
    if (word != NULL && !ipvs_scheduler_known(word))
        return 0; /* an error already; whose flags they are cannot be told */
    for (size_t i = 0; i < raw->flags.count; i++) {
        uint32_t bit = 0;
        if (flags[i].name == NULL)
            continue;
        if (!ipvs_flag_find(scheduler, flags[i].name, &bit))
            refuse_flag(build, &flags[i], scheduler);
        else if ((bits & bit) != 0)
            json_error(&build->config->doc, build->errors, flags[i].path, "is given twice");
        bits |= bit;
    }
    return bits;
}

/* --- the other settings of a service --- */

static void check_settings(struct config_build *build, const struct raw_service *raw,
                           const struct ipvs_service *service)
{
    bool other_than_udp = service->key.fwmark == 0 && service->key.protocol != IPVS_UDP;
    const struct rule rules[] = {
        { raw->one_packet && other_than_udp, "one_packet", "is for protocol \"udp\" only" },
        { raw->prefix_given && !raw->persistence_given, "persistence_prefix",
          "needs \"persistence\"" },
        { service->key.family == ADDR_V4 && raw->persistence_prefix > 32, "persistence_prefix",
          "an IPv4 address has 32 bits" },
        { raw->engine_given && !raw->persistence_given, "engine", "needs \"persistence\"" },
        { raw->engine_given && other_than_udp, "engine", "is for protocol \"udp\" only" },
        { raw->sorry_keeps && !raw->sorry_given, "sorry_keeps", "needs \"sorry\"" },
        { raw->load != IPVS_LOAD_NONE && !raw->capacity_given, "load",
          "needs \"capacity\", which it is held against" },
    };
    check_rules(build, raw->named.path, rules, ARRAY_LEN(rules));
}

/* How much a quorum could be when all servers are live. */
static uint64_t quorum_most(const struct config_service *service)
{
    uint64_t weight = 0;
    for (size_t i = 0; i < service->spec.server_count; i++)
        weight += service->spec.servers[i].dest.weight;
    if (service->spec.quorum_by == IPVS_BY_COUNT)
        return service->spec.server_count;
    if (service->spec.quorum_by == IPVS_BY_WEIGHT)
        return weight;
    return weight > 0 ? 100 : 0;
}

static void check_quorum(struct config_build *build, const struct config_service *service)
{
    static const char *const units[] = { "servers", "weight of all servers", "percent" };
    const struct ipvs_spec *spec = &service->spec;
    uint64_t most = quorum_most(service);
    uint64_t wanted = (uint64_t)spec->quorum + spec->hysteresis;
    bool alone = spec->quorum > most;
    char path[JSON_PATH_MAX];
    if (spec->server_count == 0 || wanted <= most)
        return;
    (void)json_path_key(path, sizeof(path), service->path, alone ? "quorum" : "hysteresis");
    json_error(&build->config->doc, build->errors, path,
               "%s %" PRIu64 " could never be met: there are %" PRIu64 " (%s)",
               alone ? "a quorum of" : "quorum + hysteresis =", alone ? spec->quorum : wanted, most,
               units[spec->quorum_by]);
}

static void read_settings(struct config_build *build, const struct raw_service *raw,
                          struct ipvs_service *out)
{
    const char *scheduler = ipvs_schedulers()[raw->scheduler];
    (void)snprintf(out->scheduler, sizeof(out->scheduler), "%s", scheduler);
    out->flags = read_flags(build, raw, scheduler) | (raw->one_packet ? IPVS_ONE_PACKET : 0) |
                 (raw->persistence_given ? IPVS_PERSISTENT : 0);
    out->timeout = seconds(build, raw->named.path, "persistence", raw->persistence_ms);
    out->prefix = (uint8_t)raw->persistence_prefix;
    if (raw->engine_given)
        (void)snprintf(out->engine, sizeof(out->engine), "sip");
    ipvs_service_normalise(out);
    check_settings(build, raw, out);
}

static void read_spec(const struct raw_service *raw, struct ipvs_spec *out)
{
    out->name = raw->named.name;
    out->quiesce = raw->on_fail == 1;
    out->quorum_by = (enum ipvs_quorum_by)raw->quorum_by;
    out->quorum = (uint32_t)raw->quorum;
    out->hysteresis = (uint32_t)raw->hysteresis;
    out->has_sorry = raw->sorry_given;
    out->sorry_keeps = raw->sorry_keeps;
    out->slow_start_ms = raw->slow_start_ms;
    out->drain_ms = raw->drain_ms;
    out->capacity = raw->capacity;
    out->load = (enum ipvs_load)raw->load;
}

/* --- services --- */

static void read_vip(struct config_build *build, const struct raw_service *raw,
                     struct config_service *out)
{
    char path[JSON_PATH_MAX];
    (void)json_path_key(path, sizeof(path), raw->named.path, "vip");
    out->vip_interface = raw->vip.interface;
    out->require_local = raw->vip.require_local;
    out->vip_checks = config_find_checks(build, &raw->vip.checks, &out->vip_check_count);
    if (raw->address_given)
        config_check_port(build, out->vip_checks, out->vip_check_count, (uint16_t)raw->port, path);
}

static void read_sorry(struct config_build *build, const struct raw_service *raw,
                       struct config_service *out)
{
    char path[JSON_PATH_MAX];
    (void)json_path_key(path, sizeof(path), raw->named.path, "sorry");
    if (raw->sorry_given)
        read_dest(build, raw, &out->spec.service.key, &raw->sorry, path, &out->spec.sorry);
}

/* What the privileged helper would refuse is refused here already; what the checks above know has a
 * better place. */
static void check_faults(struct config_build *build, const struct config_service *service)
{
    const struct ipvs_spec *spec = &service->spec;
    const char *fault = ipvs_service_fault(&spec->service);
    if (fault != NULL)
        json_error(&build->config->doc, build->errors, service->path, "%s", fault);
    for (size_t i = 0; i < spec->server_count; i++) {
        fault = ipvs_dest_fault(&spec->service, &spec->servers[i].dest);
        if (fault != NULL)
            json_error(&build->config->doc, build->errors, service->reals[i].path, "%s", fault);
    }
    fault = spec->has_sorry ? ipvs_dest_fault(&spec->service, &spec->sorry) : NULL;
    if (fault != NULL)
        json_error(&build->config->doc, build->errors, service->path, "sorry: %s", fault);
}

static void build_service(struct config_build *build, const struct raw_service *raw,
                          struct config_service *out)
{
    out->path = raw->named.path;
    read_spec(raw, &out->spec);
    if (raw->named.unread)
        return;
    read_key(raw, &out->spec.service.key);
    check_key(build, raw);
    read_settings(build, raw, &out->spec.service);
    out->checks = config_find_checks(build, &raw->checks, &out->check_count);
    read_servers(build, raw, out);
    read_sorry(build, raw, out);
    read_vip(build, raw, out);
    config_check_weights(build, out);
    check_quorum(build, out);
}

/* The kernel knows a service by its key alone. */
static void find_twin_services(struct config_build *build)
{
    const struct config_ipvs *ipvs = &build->config->ipvs;
    struct strmap *seen = strmap_new();
    for (size_t i = 0; i < ipvs->service_count; i++) {
        const struct ipvs_key *key = &ipvs->services[i].spec.service.key;
        char text[IPVS_TEXT_MAX];
        uint64_t before = 0;
        if (key->family == ADDR_NONE)
            continue;
        ipvs_key_print(key, text);
        if (strmap_get(seen, text, &before))
            json_error(&build->config->doc, build->errors, ipvs->services[i].path,
                       "is the same service as \"%s\" (%s)", ipvs->services[before].spec.name,
                       text);
        else
            (void)strmap_put(seen, text, i);
    }
    strmap_free(seen);
}

/* Services may share an address, which then has one place. */
static void check_interfaces(struct config_build *build)
{
    const struct config_ipvs *ipvs = &build->config->ipvs;
    struct strmap *seen = strmap_new();
    for (size_t i = 0; i < ipvs->service_count; i++) {
        const struct config_service *service = &ipvs->services[i];
        char text[ADDR_TEXT_MAX];
        char vip[JSON_PATH_MAX];
        char path[JSON_PATH_MAX];
        uint64_t first = i;
        if (service->vip_interface == NULL || service->spec.service.key.addr.family == ADDR_NONE)
            continue;
        addr_print(&service->spec.service.key.addr, text);
        if (!strmap_get(seen, text, &first))
            (void)strmap_put(seen, text, i);
        const struct config_service *other = &ipvs->services[first];
        (void)json_path_key(vip, sizeof(vip), service->path, "vip");
        (void)json_path_key(path, sizeof(path), vip, "interface");
        if (strcmp(service->vip_interface, other->vip_interface) != 0)
            json_error(&build->config->doc, build->errors, path,
                       "service \"%s\" puts the same address on \"%s\"", other->spec.name,
                       other->vip_interface);
    }
    strmap_free(seen);
}

static void build_services(struct config_build *build)
{
    const struct raw_service *raws = build->raw->ipvs.services.items;
    struct config_ipvs *ipvs = &build->config->ipvs;
    ipvs->service_count = build->raw->ipvs.services.count;
    ipvs->services =
        ARENA_NEW_ARRAY(build->config->arena, struct config_service, ipvs->service_count);
    for (size_t i = 0; i < ipvs->service_count; i++) {
        build_service(build, &raws[i], &ipvs->services[i]);
        (void)strmap_put(build->services, raws[i].named.name, i);
    }
    find_twin_services(build);
    check_interfaces(build);
    for (size_t i = 0; i < ipvs->service_count && config_is_sound(build); i++)
        check_faults(build, &ipvs->services[i]);
}

/* --- the section --- */

/* The messages of the synchronization have one family for both. */
static void check_mixed(struct config_build *build)
{
    const struct config_ipvs *ipvs = &build->config->ipvs;
    for (size_t i = 0; i < ipvs->service_count; i++) {
        const struct config_service *service = &ipvs->services[i];
        uint8_t family = service->spec.service.key.family;
        for (size_t k = 0; k < service->spec.server_count; k++) {
            const struct ipvs_dest *dest = &service->spec.servers[k].dest;
            const struct rule rule = { family != ADDR_NONE && dest->addr.family != ADDR_NONE &&
                                           dest->forward == IPVS_TUN && dest->addr.family != family,
                                       "address",
                                       "is of the other family than the service, which the kernel "
                                       "refuses while its sync daemon runs (ipvs.sync)" };
            check_rules(build, service->reals[k].path, &rule, 1);
        }
    }
}

static void build_sync(struct config_build *build, const struct raw_sync *raw)
{
    struct config_ipvs *ipvs = &build->config->ipvs;
    bool grouped = raw->group.family != ADDR_NONE;
    const struct rule rule = { grouped && !is_multicast(&raw->group), "group",
                               "is no multicast address" };
    check_rules(build, "ipvs.sync", &rule, 1);
    ipvs->sync_role = (enum config_sync_role)(raw->role + 1);
    ipvs->sync = (struct ipvs_daemon){ .id = (uint32_t)raw->id,
                                       .max_length = (uint16_t)raw->maxlen,
                                       .group = raw->group,
                                       .port = (uint16_t)raw->port,
                                       .ttl = (uint8_t)raw->ttl };
    if (raw->interface != NULL)
        (void)snprintf(ipvs->sync.interface, sizeof(ipvs->sync.interface), "%s", raw->interface);
    check_mixed(build);
}

static void build_timeouts(struct config_build *build, const struct raw_ipvs_timeouts *raw)
{
    static const char path[] = "ipvs.timeouts";
    build->config->ipvs.timeouts =
        (struct ipvs_timeouts){ .tcp = seconds(build, path, "tcp", raw->tcp_ms),
                                .tcp_fin = seconds(build, path, "tcp_fin", raw->tcp_fin_ms),
                                .udp = seconds(build, path, "udp", raw->udp_ms) };
}

void config_build_ipvs(struct config_build *build)
{
    const struct raw_ipvs *raw = &build->raw->ipvs;
    struct config_ipvs *ipvs = &build->config->ipvs;
    const struct rule rule = { raw->allow.count > IPVS_ALLOW_MAX, "allow",
                               "has more than 256 prefixes" };
    ipvs->present = raw->present;
    ipvs->mode = (enum ipvs_mode)raw->mode;
    ipvs->on_exit = (enum config_on_exit)raw->on_exit;
    ipvs->withdraw_unavailable = raw->on_unavailable == 1;
    ipvs->max_remove = raw->max_remove;
    ipvs->allow = raw->allow;
    check_rules(build, "ipvs", &rule, 1);
    build_timeouts(build, &raw->timeouts);
    build_services(build);
    if (raw->sync_given)
        build_sync(build, &raw->sync);
}
