// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived.h"

#include "ctl/keepalived_service.h"

#include <stdlib.h>
#include <string.h>

#define VRRP_REASON "keep it in keepalived: run \"keepalived --vrrp\" beside gslbd"

struct sections {
    struct keepalived_import import;
    json_t *ipvs;
};

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

/* ---- VRRP --------------------------------------------------------------------------------------
 */

/* Addresses "192.0.2.1/24 dev eth0 ..." that VRRP moves. */
static void take_addresses(struct sections *sections, const struct keepalived_node *block)
{
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        char text[ADDR_TEXT_MAX];
        struct addr addr;
        /* "@host 192.0.2.1/24" is for some hosts only: it may be this one. */
        const char *word = keepalived_word(node, keepalived_word(node, 0)[0] == '@' ? 1 : 0);
        size_t length = strcspn(word, "/");
        if (length >= sizeof(text))
            continue;
        memcpy(text, word, length);
        text[length] = '\0';
        if (!addr_parse(text, &addr))
            continue;
        addr_print(&addr, text);
        (void)strmap_put(sections->import.vips, text, node->place.line);
    }
}

static const struct keepalived_node *find(const struct keepalived_node *block, const char *keyword)
{
    const struct keepalived_node *node = block->first;
    while (node != NULL && !keepalived_is(node, keyword))
        node = node->next;
    return node;
}

/* The id of a daemon that goes with an instance is the instance's, where nothing else is said. */
static bool set_instance_id(struct sections *sections, const struct keepalived_node *instance,
                            json_t *sync)
{
    const struct keepalived_node *id =
        instance != NULL ? find(instance, "virtual_router_id") : NULL;
    uint64_t number = 0;
    if (id == NULL)
        return true;
    if (!keepalived_number(sections->import.report, id, 1, 0, 255, &number))
        return false;
    set(sync, "id", json_integer((json_int_t)number));
    return true;
}

static bool check_interface(struct sections *sections, const struct keepalived_node *node)
{
    size_t length = strlen(keepalived_word(node, 1));
    return (length > 0 && length < IPVS_INTERFACE_MAX) ||
           keepalived_fail(sections->import.report, node->place,
                           "%s: \"%.60s\" is not the name of an interface",
                           keepalived_word(node, 0), keepalived_word(node, 1));
}

/* Old files have the daemon's interface in the instance. */
static bool take_old_sync(struct sections *sections, const struct keepalived_node *instance)
{
    const struct keepalived_node *node = find(instance, "lvs_sync_daemon_interface");
    if (node == NULL)
        node = find(instance, "lvs_sync_daemon_inteface"); /* their spelling, for years */
    if (node == NULL)
        return true;
    if (!check_interface(sections, node))
        return false;
    json_t *sync = json_pack("{s:s, s:s}", "role", "follow", "interface", keepalived_word(node, 1));
    set(sections->ipvs, "sync", sync);
    return set_instance_id(sections, instance, sync);
}

static bool take_instance(struct sections *sections, const struct keepalived_node *node)
{
    for (const struct keepalived_node *child = node->first; child != NULL; child = child->next) {
        if (keepalived_is(child, "virtual_ipaddress") ||
            keepalived_is(child, "virtual_ipaddress_excluded"))
            take_addresses(sections, child);
    }
    keepalived_note(sections->import.report, node->place, "vrrp_instance %.60s: left out: %s",
                    keepalived_word(node, 1), VRRP_REASON);
    return take_old_sync(sections, node);
}

/* ---- global_defs -------------------------------------------------------------------------------
 */

static bool take_timeouts(struct sections *sections, const struct keepalived_node *node)
{
    json_t *timeouts = json_object();
    set(sections->ipvs, "timeouts", timeouts);
    for (size_t i = 1; i < node->count; i += 2) {
        const char *word = keepalived_word(node, i);
        const char *key = word;
        uint64_t seconds = 0;
        if (strcmp(word, "tcpfin") == 0)
            key = "tcp_fin";
        else if (strcmp(word, "tcp") != 0 && strcmp(word, "udp") != 0)
            return keepalived_fail(sections->import.report, node->place,
                                   "lvs_timeouts: \"%.60s\" is not tcp, tcpfin or udp", word);
        if (!keepalived_number(sections->import.report, node, i + 1, 1, IPVS_TIMEOUT_MAX, &seconds))
            return false;
        set(timeouts, key, keepalived_duration((int64_t)seconds * 1000));
    }
    return true;
}

static const struct keepalived_node *find_instance(const struct sections *sections,
                                                   const char *name)
{
    const struct keepalived_node *node = sections->import.root->first;
    while (node != NULL &&
           (!keepalived_is(node, "vrrp_instance") || strcmp(keepalived_word(node, 1), name) != 0))
        node = node->next;
    return node;
}

static const struct {
    const char *word, *key;
    uint64_t min, max;
} sync_numbers[] = {
    { "id", "id", 0, 255 },
    { "maxlen", "maxlen", 1, 65507 },
    { "port", "port", 1, 65535 },
    { "ttl", "ttl", 1, 255 },
};

/* One option of lvs_sync_daemon; *at is its word, or the last of its words afterwards. */
static bool take_sync_option(struct sections *sections, const struct keepalived_node *node,
                             size_t *at, json_t *sync)
{
    struct keepalived_report *report = sections->import.report;
    const char *word = keepalived_word(node, *at);
    struct addr group;
    uint64_t number = 0;
    for (size_t i = 0; i < ARRAY_LEN(sync_numbers); i++) {
        if (strcmp(word, sync_numbers[i].word) != 0)
            continue;
        if (!keepalived_number(report, node, ++*at, sync_numbers[i].min, sync_numbers[i].max,
                               &number))
            return false;
        set(sync, sync_numbers[i].key, json_integer((json_int_t)number));
        return true;
    }
    if (strcmp(word, "group") == 0) {
        word = keepalived_word(node, ++*at);
        set(sync, "group", json_string(word));
        return addr_parse(word, &group) ||
               keepalived_fail(report, node->place, "\"%.60s\" is not an address", word);
    }
    if (strcmp(word, "inst") == 0)
        word = keepalived_word(node, ++*at);
    set(sync, "role", json_string("follow"));
    return json_object_get(sync, "id") != NULL ||
           set_instance_id(sections, find_instance(sections, word), sync);
}

static bool take_sync(struct sections *sections, const struct keepalived_node *node)
{
    if (!check_interface(sections, node))
        return false;
    json_t *sync = json_pack("{s:s, s:s}", "role", "both", "interface", keepalived_word(node, 1));
    set(sections->ipvs, "sync", sync);
    for (size_t at = 2; at < node->count; at++) {
        if (!take_sync_option(sections, node, &at, sync))
            return false;
    }
    return true;
}

static bool take_global(struct sections *sections, const struct keepalived_node *node)
{
    struct keepalived_report *report = sections->import.report;
    if (keepalived_is(node, "lvs_timeouts"))
        return take_timeouts(sections, node);
    if (keepalived_is(node, "lvs_sync_daemon"))
        return take_sync(sections, node);
    if (keepalived_is(node, "lvs_flush"))
        keepalived_note(report, node->place,
                        "lvs_flush: left out: the table is never flushed; \"mode\": \"exclusive\" "
                        "removes services of others");
    else if (keepalived_is(node, "lvs_flush_on_stop"))
        keepalived_note(report, node->place,
                        "lvs_flush_on_stop: left out: services stay when gslbd ends; \"on_exit\": "
                        "\"remove\" takes them away");
    else if (keepalived_is(node, "lvs_notify_fifo") ||
             keepalived_is(node, "lvs_notify_fifo_script"))
        keepalived_note(report, node->place, "%s: left out: \"gslbctl events\" tells of changes",
                        keepalived_word(node, 0));
    else if (keepalived_is(node, "nftables_ipvs") || keepalived_is(node, "iptables_ipvs"))
        keepalived_note(report, node->place,
                        "%s: left out: each address of a group becomes a service of its own",
                        keepalived_word(node, 0));
    return true;
}

static bool take_globals(struct sections *sections, const struct keepalived_node *block)
{
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        if (!take_global(sections, node))
            return false;
    }
    keepalived_note(sections->import.report, block->place,
                    "global_defs: what is for VRRP, mail, scripts and keepalived itself is left "
                    "out");
    return true;
}

/* ---- the top -----------------------------------------------------------------------------------
 */

static const struct {
    const char *keyword, *reason;
} left_out[] = {
    { "vrrp_sync_group", VRRP_REASON },
    { "vrrp_script", VRRP_REASON },
    { "vrrp_track_process", VRRP_REASON },
    { "vrrp_track_file", VRRP_REASON },
    { "track_file", VRRP_REASON },
    { "track_group", VRRP_REASON },
    { "static_track_group", VRRP_REASON },
    { "garp_group", VRRP_REASON },
    { "bfd_instance", VRRP_REASON },
    { "static_ipaddress", VRRP_REASON },
    { "static_routes", VRRP_REASON },
    { "static_rules", VRRP_REASON },
    { "interface_up_down_delays", VRRP_REASON },
    { "linkbeat_use_polling", VRRP_REASON },
    { "linkbeat_interfaces", VRRP_REASON },
    { "SSL", "there is no HTTPS check in this version" },
    { "net_namespace", "start gslbd in the namespace: \"ip netns exec NAME gslbd\"" },
    { "net_namespace_ipvs", "start gslbd in the namespace: \"ip netns exec NAME gslbd\"" },
};

/* Lines for some hosts only and repeated lines, unless they are of things that are left out. */
static bool is_unclear(const struct keepalived_node *node)
{
    const char *what = keepalived_word(node, 1);
    if (keepalived_word(node, 0)[0] == '@')
        return what[0] == '$' || strcmp(what, "global_defs") == 0 ||
               strncmp(what, "virtual_server", strlen("virtual_server")) == 0;
    return keepalived_word(node, 0)[0] == '~';
}

static bool take_top(struct sections *sections, const struct keepalived_node *node)
{
    const char *word = keepalived_word(node, 0);
    const char *reason = "it is for keepalived itself, or not known";
    if (keepalived_is(node, "virtual_server") || keepalived_is(node, "virtual_server_group"))
        return true;
    if (keepalived_is(node, "vrrp_instance"))
        return take_instance(sections, node);
    if (keepalived_is(node, "global_defs"))
        return take_globals(sections, node);
    if (is_unclear(node))
        return keepalived_fail(sections->import.report, node->place,
                               "lines with \"@\" and \"~\" are not understood: write out what they "
                               "stand for");
    for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
        if (keepalived_is(node, left_out[i].keyword))
            reason = left_out[i].reason;
    }
    keepalived_note(sections->import.report, node->place, "%.60s%s%.60s: left out: %s", word,
                    node->count > 1 ? " " : "", keepalived_word(node, 1), reason);
    return true;
}

/* The first server of the other address family than its service; NULL = none. */
static const char *find_mixed(json_t *services)
{
    const char *name = NULL;
    const char *server_name = NULL;
    json_t *service = NULL;
    json_t *server = NULL;
    json_object_foreach (services, name, service) {
        const char *vip = json_string_value(json_object_get(service, "address"));
        bool v6 =
            vip != NULL ? strchr(vip, ':') != NULL : json_object_get(service, "family") != NULL;
        json_object_foreach (json_object_get(service, "servers"), server_name, server) {
            const char *address = json_string_value(json_object_get(server, "address"));
            if ((strchr(address, ':') != NULL) != v6)
                return address;
        }
    }
    return NULL;
}

static void check_sync(struct sections *sections)
{
    const char *mixed = find_mixed(sections->import.services);
    if (mixed == NULL || json_object_get(sections->ipvs, "sync") == NULL)
        return;
    (void)json_object_del(sections->ipvs, "sync");
    keepalived_note(sections->import.report, sections->import.root->place,
                    "lvs_sync_daemon: left out: the kernel refuses servers of the other address "
                    "family (%s) while it runs",
                    mixed);
}

/* What VRRP moves must be known before the virtual servers are made. */
static bool take_all(struct sections *sections)
{
    const struct keepalived_node *root = sections->import.root;
    for (const struct keepalived_node *node = root->first; node != NULL; node = node->next) {
        if (!take_top(sections, node))
            return false;
    }
    for (const struct keepalived_node *node = root->first; node != NULL; node = node->next) {
        if (keepalived_is(node, "virtual_server") &&
            !keepalived_service_take(&sections->import, node))
            return false;
    }
    if (json_object_size(sections->import.services) == 0)
        return keepalived_fail(sections->import.report, root->place,
                               "there is no virtual_server with a real_server in it");
    check_sync(sections);
    return true;
}

static void print(const struct sections *sections, struct strbuf *out)
{
    json_t *whole = json_object();
    if (json_object_size(sections->import.checks.object) > 0)
        (void)json_object_set(whole, "checks", sections->import.checks.object);
    (void)json_object_set(sections->ipvs, "services", sections->import.services);
    (void)json_object_set(whole, "ipvs", sections->ipvs);
    char *text = json_dumps(whole, JSON_INDENT(2));
    strbuf_add(out, text != NULL ? text : "");
    strbuf_add(out, "\n");
    free(text);
    json_decref(whole);
}

bool keepalived_import(const char *file, struct strbuf *json_out, struct strbuf *notes_out,
                       char *error, size_t error_size)
{
    struct keepalived_report report = { .notes = notes_out,
                                        .error = error,
                                        .error_size = error_size };
    struct arena *arena = arena_new(0);
    struct sections sections = { .import = { .report = &report } };
    sections.import.root = keepalived_scan(file, arena, &report);
    sections.import.services = json_object();
    sections.import.vips = strmap_new();
    sections.ipvs = json_object();
    keepalived_checks_init(&sections.import.checks, &report);
    bool good = sections.import.root != NULL && take_all(&sections);
    if (good)
        print(&sections, json_out);
    keepalived_checks_fini(&sections.import.checks);
    json_decref(sections.import.services);
    json_decref(sections.ipvs);
    strmap_free(sections.import.vips);
    arena_free(arena);
    return good;
}
