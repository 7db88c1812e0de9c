// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_virtual.h"

#include <string.h>
#include <strings.h>

#define PERSISTENCE_DEFAULT 360 /* seconds of a persistence_timeout without a number */

/* ---- settings ----------------------------------------------------------------------------------
 */

static bool take_scheduler(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    const char *name = keepalived_word(node, 1);
    if (ipvs_scheduler_known(name))
        service->scheduler = name;
    else
        keepalived_note(service->report, node->place,
                        "%s: there is no scheduler \"%.60s\": wlc is taken, as keepalived does",
                        keepalived_word(node, 0), name);
    return true;
}

static bool take_flag(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    (void)json_array_append_new(service->flags, json_string(keepalived_word(node, 0)));
    return true;
}

static bool take_method(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    return keepalived_method(service->report, node, &service->parent.method);
}

static bool take_persistence(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    service->persistence = PERSISTENCE_DEFAULT;
    if (node->count > 1 &&
        !keepalived_number(service->report, node, 1, 0, IPVS_TIMEOUT_MAX, &service->persistence))
        return false;
    service->persistent = service->persistence > 0;
    return true;
}

static bool take_granularity(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    service->granularity = node;
    return true;
}

static bool take_engine(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    service->engine = node;
    return true;
}

static bool take_ops(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    service->ops = node;
    return true;
}

static bool take_protocol(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    static const struct {
        const char *word;
        uint8_t protocol;
    } protocols[] = { { "TCP", IPVS_TCP }, { "UDP", IPVS_UDP }, { "SCTP", IPVS_SCTP } };
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (strcasecmp(keepalived_word(node, 1), protocols[i].word) == 0) {
            service->protocol = protocols[i].protocol;
            return true;
        }
    }
    return keepalived_fail(service->report, node->place, "\"%.60s\" is not TCP, UDP or SCTP",
                           keepalived_word(node, 1));
}

static bool take_family(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    const char *word = keepalived_word(node, 1);
    if (strcmp(word, "inet") != 0 && strcmp(word, "inet6") != 0)
        return keepalived_fail(service->report, node->place, "\"%.60s\" is not inet or inet6",
                               word);
    service->family = strcmp(word, "inet6") == 0 ? ADDR_V6 : ADDR_V4;
    return true;
}

static bool take_quorum(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    service->quorum_node = node;
    return keepalived_number(service->report, node, 1, 1, UINT32_MAX, &service->quorum);
}

static bool take_hysteresis(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    if (service->quorum_node == NULL)
        service->quorum_node = node;
    return keepalived_number(service->report, node, 1, 0, UINT32_MAX, &service->hysteresis);
}

static bool take_inhibit(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    return keepalived_bool(service->report, node, &service->quiesce);
}

static bool take_sorry(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    service->sorry = node;
    return true;
}

static bool take_sorry_method(struct keepalived_virtual *service,
                              const struct keepalived_node *node)
{
    service->sorry_has_method = true;
    return keepalived_method(service->report, node, &service->sorry_method);
}

static bool take_weight(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    return keepalived_number(service->report, node, 1, 0, IPVS_WEIGHT_MAX, &service->parent.weight);
}

static bool take_suspend(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    if (strcmp(keepalived_word(service->node, 1), "fwmark") == 0) {
        keepalived_note(service->report, node->place,
                        "ha_suspend: left out: a service by mark has no address to be here");
        return true;
    }
    service->local = true;
    keepalived_note(service->report, node->place,
                    "ha_suspend: vip.require_local is taken: DNS answers the address only while "
                    "this host has it; checks go on meanwhile");
    return true;
}

static bool take_servers_later(struct keepalived_virtual *service,
                               const struct keepalived_node *node)
{
    (void)service;
    (void)node;
    return true;
}

static const struct setting {
    const char *keyword;
    bool (*take)(struct keepalived_virtual *service, const struct keepalived_node *node);
    const char *reason; /* without `take`: why it is left out */
} settings[] = {
    { "lb_algo", take_scheduler, NULL },
    { "lvs_sched", take_scheduler, NULL },
    { "lb_kind", take_method, NULL },
    { "lvs_method", take_method, NULL },
    { "flag-1", take_flag, NULL },
    { "flag-2", take_flag, NULL },
    { "flag-3", take_flag, NULL },
    { "sh-port", take_flag, NULL },
    { "sh-fallback", take_flag, NULL },
    { "mh-port", take_flag, NULL },
    { "mh-fallback", take_flag, NULL },
    { "ops", take_ops, NULL },
    { "persistence_engine", take_engine, NULL },
    { "persistence_timeout", take_persistence, NULL },
    { "persistence_granularity", take_granularity, NULL },
    { "protocol", take_protocol, NULL },
    { "ip_family", take_family, NULL },
    { "quorum", take_quorum, NULL },
    { "hysteresis", take_hysteresis, NULL },
    { "inhibit_on_failure", take_inhibit, NULL },
    { "sorry_server", take_sorry, NULL },
    { "sorry_server_lvs_method", take_sorry_method, NULL },
    { "weight", take_weight, NULL },
    { "ha_suspend", take_suspend, NULL },
    { "real_server", take_servers_later, NULL },
    { "sorry_server_inhibit", NULL, "the sorry server is in the kernel only while it is needed" },
    { "omega", NULL, "no programs are run, also not at the end" },
    { "quorum_up", NULL, "no programs are run: \"gslbctl events\" tells of it" },
    { "quorum_down", NULL, "no programs are run: \"gslbctl events\" tells of it" },
    { "smtp_alert", NULL, "no mail is sent: the metrics and \"gslbctl events\" tell of it" },
    { "snmp_name", NULL, "there is no SNMP: the metrics have the service's name" },
    { "nat_mask", NULL, "kernels have not had it for long" },
};

static bool take_setting(struct keepalived_virtual *service, const struct keepalived_node *node)
{
    const char *word = keepalived_word(node, 0);
    const char *reason = "this is not known as an option of a virtual server";
    bool taken = false;
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (!keepalived_is(node, settings[i].keyword))
            continue;
        if (settings[i].take != NULL)
            return settings[i].take(service, node);
        reason = settings[i].reason;
    }
    if (!keepalived_timing_take(service->report, node, &service->parent.timing, &taken))
        return false;
    if (word[0] == '@' || word[0] == '~')
        return keepalived_fail(service->report, node->place,
                               "lines with \"@\" and \"~\" are not understood: write out what they "
                               "stand for");
    if (!taken)
        keepalived_note(service->report, node->place, "%.60s: left out: %s", word, reason);
    return true;
}

/* ---- all of them -------------------------------------------------------------------------------
 */

/* keepalived takes UDP where no protocol is given. */
static void choose_protocol(struct keepalived_virtual *service)
{
    if (service->protocol != 0)
        return;
    service->protocol = IPVS_UDP;
    if (strcmp(keepalived_word(service->node, 1), "fwmark") != 0)
        keepalived_note(service->report, service->node->place,
                        "virtual_server: no protocol is given: UDP is taken, as keepalived 2.2 "
                        "does; if TCP is meant, say \"protocol TCP\"");
}

bool keepalived_virtual_read(struct keepalived_report *report, const struct keepalived_node *node,
                             struct keepalived_checks *checks, struct keepalived_virtual *out)
{
    static const struct keepalived_timing none = KEEPALIVED_TIMING_NONE;
    *out = (struct keepalived_virtual){
        .report = report,
        .node = node,
        .parent = { .report = report,
                    .checks = checks,
                    .method = { .forward = IPVS_NAT },
                    .timing = none,
                    .weight = 1 },
        .scheduler = "wlc",
        .flags = json_array(),
        .quorum = 1,
    };
    for (const struct keepalived_node *at = node->first; at != NULL; at = at->next) {
        if (!take_setting(out, at))
            return false;
    }
    choose_protocol(out);
    return true;
}

void keepalived_virtual_fini(struct keepalived_virtual *virtual)
{
    keepalived_method_fini(&virtual->parent.method);
    keepalived_method_fini(&virtual->sorry_method);
    json_decref(virtual->flags);
}
