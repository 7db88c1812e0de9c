// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void keepalived_servers_init(struct keepalived_servers *servers)
{
    *servers = (struct keepalived_servers){ .object = json_object(), .checks = json_array() };
}

void keepalived_servers_fini(struct keepalived_servers *servers)
{
    json_decref(servers->object);
    json_decref(servers->checks);
}

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

/* ---- address, port and way ---------------------------------------------------------------------
 */

/* DR and TUN leave packets as they are. With a mark the kernel does not look at the port then. */
static uint16_t kernel_port(const struct keepalived_parent *parent,
                            const struct keepalived_node *node,
                            const struct keepalived_method *method, uint16_t port)
{
    if (method->forward == IPVS_NAT || port == parent->key.port)
        return port;
    if (parent->key.fwmark != 0)
        keepalived_note(parent->report, node->place,
                        "port %u: left out but for checks: with DR and TUN the port of the packet "
                        "stays",
                        port);
    else
        keepalived_note(parent->report, node->place,
                        "port %u: taken for checks only: with DR and TUN the service's port stays, "
                        "keepalived resets it, too",
                        port);
    return parent->key.port;
}

json_t *keepalived_dest(const struct keepalived_parent *parent, const struct keepalived_node *node,
                        const struct keepalived_method *method, uint16_t *port, uint16_t *given)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX];
    *given = parent->key.port;
    if (!keepalived_endpoint(parent->report, node, 1, &addr, given))
        return NULL;
    if (method->forward != IPVS_TUN && addr.family != parent->key.family) {
        (void)keepalived_fail(parent->report, node->place,
                              "%.60s: a server of the other address family is reached by TUN only",
                              keepalived_word(node, 1));
        return NULL;
    }
    if (*given == 0)
        *given = parent->key.port;
    *port = kernel_port(parent, node, method, *given);
    json_t *object = json_object();
    addr_print(&addr, text);
    set(object, "address", json_string(text));
    if (*port != parent->key.port)
        set(object, "port", json_integer(*port));
    if (method->forward != parent->method.forward)
        set(object, "forward", json_string(ipvs_forward_name(method->forward)));
    if (json_object_size(method->tunnel) > 0)
        (void)json_object_set(object, "tunnel", method->tunnel);
    return object;
}

/* ---- real servers ------------------------------------------------------------------------------
 */

struct real {
    const struct keepalived_parent *parent;
    struct keepalived_method method; /* its own or the parent's: borrowed */
    struct keepalived_method own;
    struct keepalived_timing timing;
    uint64_t weight, upper, lower;
    const struct keepalived_node *lower_node;
    bool quiesced;
};

static const struct {
    const char *keyword, *reason;
} left_out[] = {
    { "notify_up", "no programs are run: \"gslbctl events\" tells of it" },
    { "notify_down", "no programs are run: \"gslbctl events\" tells of it" },
    { "smtp_alert", "no mail is sent: the metrics and \"gslbctl events\" tell of it" },
    { "snmp_name", "there is no SNMP: the metrics have the server's name" },
};

static bool take_other(struct real *real, const struct keepalived_node *node)
{
    const char *reason = "this is not known as an option of a real server";
    bool taken = false;
    if (!keepalived_timing_take(real->parent->report, node, &real->timing, &taken))
        return false;
    if (taken || keepalived_is_checker(node))
        return true;
    if (keepalived_word(node, 0)[0] == '@' || keepalived_word(node, 0)[0] == '~')
        return keepalived_fail(real->parent->report, node->place,
                               "lines with \"@\" and \"~\" are not understood: write out what they "
                               "stand for");
    for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
        if (keepalived_is(node, left_out[i].keyword))
            reason = left_out[i].reason;
    }
    keepalived_note(real->parent->report, node->place, "%.60s: left out: %s",
                    keepalived_word(node, 0), reason);
    return true;
}

static bool take_setting(struct real *real, const struct keepalived_node *node)
{
    struct keepalived_report *report = real->parent->report;
    if (keepalived_is(node, "weight"))
        return keepalived_number(report, node, 1, 0, IPVS_WEIGHT_MAX, &real->weight);
    if (keepalived_is(node, "uthreshold"))
        return keepalived_number(report, node, 1, 0, INT32_MAX, &real->upper);
    if (keepalived_is(node, "lthreshold")) {
        real->lower_node = node;
        return keepalived_number(report, node, 1, 0, INT32_MAX, &real->lower);
    }
    if (keepalived_is(node, "inhibit_on_failure"))
        return keepalived_bool(report, node, &real->quiesced);
    if (keepalived_is(node, "lb_kind") || keepalived_is(node, "lvs_method")) {
        bool good = keepalived_method(report, node, &real->own);
        real->method = real->own;
        return good;
    }
    return take_other(real, node);
}

static bool take_settings(struct real *real, const struct keepalived_node *block)
{
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        if (!take_setting(real, node))
            return false;
    }
    if (real->lower <= real->upper)
        return true;
    keepalived_note(real->parent->report, real->lower_node->place,
                    "lthreshold: left out: it needs a uthreshold that is not below it");
    real->lower = 0;
    return true;
}

static bool take_checkers(const struct real *real, const struct keepalived_node *block,
                          uint16_t port, uint16_t given, json_t *names)
{
    bool any = false;
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        if (!keepalived_is_checker(node))
            continue;
        any = true;
        if (!keepalived_check_take(real->parent->checks, node, &real->timing, port, given, names))
            return false;
    }
    if (any && json_array_size(names) == 0)
        keepalived_note(real->parent->report, block->place,
                        "real_server %.60s: none of its checks is left: it will count as up always",
                        keepalived_word(block, 1));
    return true;
}

static void add_settings(const struct real *real, json_t *object)
{
    if (real->weight != 1)
        set(object, "weight", json_integer((json_int_t)real->weight));
    if (real->upper != 0)
        set(object, "upper", json_integer((json_int_t)real->upper));
    if (real->lower != 0)
        set(object, "lower", json_integer((json_int_t)real->lower));
}

/* Takes `object` and `names`. */
static void add_server(const struct real *real, const struct keepalived_node *node, uint16_t port,
                       json_t *object, json_t *names, struct keepalived_servers *servers)
{
    char name[64];
    char suffix[8] = "";
    if (port != 0)
        (void)snprintf(suffix, sizeof(suffix), "-%u", port);
    (void)snprintf(name, sizeof(name), "rs-%s%s",
                   json_string_value(json_object_get(object, "address")), suffix);
    for (char *c = name; *c != '\0'; c++) {
        if (*c == ':')
            *c = '-';
    }
    if (json_object_get(servers->object, name) != NULL) {
        keepalived_note(real->parent->report, node->place,
                        "real_server %.60s: left out: it is there already",
                        keepalived_word(node, 1));
        json_decref(object);
        json_decref(names);
        return;
    }
    set(servers->object, name, object);
    (void)json_array_append_new(servers->checks, names);
    servers->weight += real->weight;
    servers->quiesced += real->quiesced;
}

bool keepalived_server_take(const struct keepalived_parent *parent,
                            const struct keepalived_node *node, struct keepalived_servers *servers)
{
    struct real real = { .parent = parent,
                         .method = parent->method,
                         .timing = parent->timing,
                         .weight = parent->weight };
    uint16_t port = 0;
    uint16_t given = 0;
    json_t *object = NULL;
    json_t *names = json_array();
    bool good = take_settings(&real, node);
    if (good)
        object = keepalived_dest(parent, node, &real.method, &port, &given);
    good = object != NULL && take_checkers(&real, node, port, given, names);
    if (good) {
        add_settings(&real, object);
        add_server(&real, node, port, object, names, servers);
    } else {
        json_decref(object);
        json_decref(names);
    }
    keepalived_method_fini(&real.own);
    return good;
}
