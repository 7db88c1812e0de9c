// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/doctor.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "ipvs/shell.h"

#include <stdarg.h>
#include <string.h>

/* --- names --- */

const char *doctor_sysctl_name(enum doctor_sysctl sysctl)
{
    static const char *const names[] = {
        "net.ipv4.ip_forward",
        "net.ipv6.conf.all.forwarding",
        "net.ipv4.conf.all.send_redirects",
        "net.ipv4.conf.default.send_redirects",
        "net.ipv4.conf.all.rp_filter",
        "net.ipv4.vs.conntrack",
        "net.ipv4.vs.expire_nodest_conn",
        "net.ipv4.vs.expire_quiescent_template",
        "net.ipv4.vs.conn_reuse_mode",
        "net.ipv4.vs.run_estimation",
    };
    return names[sysctl];
}

const char *doctor_level_name(enum doctor_level level)
{
    static const char *const names[] = { "ok", "note", "better", "wrong" };
    return names[level];
}

const char *doctor_scope_name(enum doctor_scope scope)
{
    static const char *const names[] = { "every service", "nat", "dr", "tun" };
    return names[scope];
}

/* --- host and report --- */

void doctor_host_init(struct doctor_host *host)
{
    *host = (struct doctor_host){ 0 };
    for (size_t i = 0; i < DOCTOR_SYSCTLS; i++)
        host->sysctls[i] = -1;
}

void doctor_host_fini(struct doctor_host *host)
{
    mem_free(host->interfaces);
    mem_free(host->local);
    mem_free(host->modules);
    mem_free(host->module_files);
}

static bool has_name(char (*names)[DOCTOR_NAME_MAX], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static enum doctor_module module_state(const struct doctor_host *host, const char *name)
{
    if (has_name(host->modules, host->module_count, name))
        return DOCTOR_MODULE_LOADED;
    if (has_name(host->module_files, host->module_file_count, name))
        return DOCTOR_MODULE_THERE;
    return DOCTOR_MODULE_MISSING;
}

void doctor_report_init(struct doctor_report *report)
{
    *report = (struct doctor_report){ 0 };
}

void doctor_report_fini(struct doctor_report *report)
{
    mem_free(report->findings);
}

enum doctor_level doctor_worst(const struct doctor_report *report)
{
    enum doctor_level worst = DOCTOR_OK;
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].level > worst)
            worst = report->findings[i].level;
    return worst;
}

/* --- parts of a judgement --- */

struct judge {
    const struct doctor_host *host;
    const struct doctor_service *services;
    size_t count;
    struct doctor_report *report;
    bool used[DOCTOR_SCOPES]; /* by some server, or all are asked for */
    bool ipv4, ipv6;          /* services of that family */
};

static struct doctor_finding *add(struct judge *judge, enum doctor_scope scope,
                                  enum doctor_level level, const char *subject)
{
    struct doctor_report *report = judge->report;
    mem_grow((void **)&report->findings, &report->capacity, report->count + 1,
             sizeof(*report->findings));
    struct doctor_finding *finding = &report->findings[report->count++];
    *finding = (struct doctor_finding){ .scope = scope, .level = level };
    (void)snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
    return finding;
}

PRINTF(2, 3) static void say(char out[DOCTOR_TEXT_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out, DOCTOR_TEXT_MAX, format, args);
    va_end(args);
}

static void set_remedy(struct doctor_finding *finding, enum doctor_remedy remedy, const char *key,
                       const char *value)
{
    finding->remedy = remedy;
    (void)snprintf(finding->key, sizeof(finding->key), "%s", key);
    (void)snprintf(finding->value, sizeof(finding->value), "%s", value);
}

/* A setting that should be `wanted`; `level` if it is not. */
static void judge_sysctl(struct judge *judge, enum doctor_scope scope, enum doctor_sysctl sysctl,
                         int wanted, enum doctor_level level, const char *why)
{
    const char *name = doctor_sysctl_name(sysctl);
    int value = judge->host->sysctls[sysctl];
    char text[16];
    struct doctor_finding *finding = add(judge, scope, value == wanted ? DOCTOR_OK : level, name);
    if (value == wanted) {
        say(finding->found, "%d", value);
        return;
    }
    (void)snprintf(text, sizeof(text), "%d", wanted);
    if (value < 0)
        say(finding->found, "cannot be read, should be %d", wanted);
    else
        say(finding->found, "%d, should be %d", value, wanted);
    say(finding->why, "%s", why);
    set_remedy(finding, DOCTOR_SYSCTL, name, text);
}

/* --- every service --- */

static void judge_module(struct judge *judge, const char *name, bool in_use)
{
    char subject[DOCTOR_NAME_MAX + 8];
    enum doctor_module state = module_state(judge->host, name);
    (void)snprintf(subject, sizeof(subject), "module %s", name);
    struct doctor_finding *finding = add(judge, DOCTOR_EVERY, DOCTOR_OK, subject);
    if (state == DOCTOR_MODULE_LOADED || in_use) {
        say(finding->found, "loaded");
        return;
    }
    set_remedy(finding, DOCTOR_MODPROBE, name, "");
    if (state == DOCTOR_MODULE_THERE) {
        finding->level = DOCTOR_BETTER;
        say(finding->found, "not loaded");
        say(finding->why, "the kernel loads it when it is first needed, if it may then");
        return;
    }
    finding->level = DOCTOR_WRONG;
    say(finding->found, "not found");
    say(finding->why, "this kernel has none, or its package of modules is not installed");
}

static void judge_modules(struct judge *judge)
{
    bool any_in_kernel = judge->host->sysctls[DOCTOR_EXPIRE_NODEST] >= 0;
    judge_module(judge, "ip_vs", any_in_kernel);
    for (size_t i = 0; i < judge->count; i++) {
        const struct doctor_service *service = &judge->services[i];
        const char *scheduler = service->service->scheduler;
        char name[DOCTOR_NAME_MAX];
        bool seen = scheduler[0] == '\0' || strcmp(scheduler, "none") == 0;
        for (size_t j = 0; j < i; j++)
            seen = seen || strcmp(judge->services[j].service->scheduler, scheduler) == 0;
        (void)snprintf(name, sizeof(name), "ip_vs_%s", scheduler);
        if (!seen)
            judge_module(judge, name, service->in_kernel);
    }
}

/* A setting of IPVS. Of one that cannot be read the kernel's own value, `own`, is taken: this
 * kernel does not have it, or the module is yet to come. */
static void judge_vs(struct judge *judge, enum doctor_sysctl sysctl, int own,
                     enum doctor_level level, const char *why)
{
    const int *values = judge->host->sysctls;
    if (values[sysctl] >= 0 || (own != 1 && values[DOCTOR_EXPIRE_NODEST] < 0))
        judge_sysctl(judge, DOCTOR_EVERY, sysctl, 1, level, why);
}

static void judge_settings(struct judge *judge)
{
    bool persistent = false;
    for (size_t i = 0; i < judge->count; i++)
        persistent = persistent || (judge->services[i].service->flags & IPVS_PERSISTENT) != 0;
    judge_vs(judge, DOCTOR_EXPIRE_NODEST, 0, DOCTOR_BETTER,
             "clients of a server that was removed hang until their connection times out");
    if (persistent)
        judge_vs(judge, DOCTOR_EXPIRE_QUIESCENT, 0, DOCTOR_BETTER,
                 "clients that are bound to a drained server come back to it until the "
                 "persistence ends");
    judge_vs(judge, DOCTOR_CONN_REUSE, 1, DOCTOR_BETTER,
             "a client that uses a port again may go to a server that is drained");
    judge_vs(judge, DOCTOR_RUN_ESTIMATION, 1, DOCTOR_WRONG, "counters and rates stand still");
}

/* NULL when this host has not got it. */
static const struct doctor_local *find_local(const struct doctor_host *host,
                                             const struct addr *addr)
{
    for (size_t i = 0; i < host->local_count; i++)
        if (prefix_contains(&host->local[i].prefix, addr))
            return &host->local[i];
    return NULL;
}

static void judge_mark(struct judge *judge, const struct doctor_service *service)
{
    char subject[DOCTOR_TEXT_MAX];
    (void)snprintf(subject, sizeof(subject), "fwmark %u of service %.200s",
                   service->service->key.fwmark, service->name);
    struct doctor_finding *finding = add(judge, DOCTOR_EVERY, DOCTOR_NOTE, subject);
    say(finding->found, "not looked at");
    say(finding->why,
        "nftables or iptables must set the mark, and the marked packets must be local "
        "(the VIPs on an interface, or a rule and a local route for the mark)");
}

static void judge_vip(struct judge *judge, const struct doctor_service *service)
{
    char address[ADDR_TEXT_MAX];
    char subject[DOCTOR_TEXT_MAX];
    char command[DOCTOR_TEXT_MAX];
    const struct ipvs_key *key = &service->service->key;
    addr_print(&key->addr, address);
    (void)snprintf(subject, sizeof(subject), "address %s of service %.200s", address,
                   service->name);
    struct doctor_finding *finding = add(judge, DOCTOR_EVERY, DOCTOR_OK, subject);
    if (find_local(judge->host, &key->addr) != NULL) {
        say(finding->found, "on this host");
        return;
    }
    say(finding->found, "not on this host");
    if (service->vip_elsewhere || service->vip_ours) {
        finding->level = DOCTOR_NOTE;
        say(finding->why, "%s",
            service->vip_ours ? "gslbd puts it on an interface when the service is up"
                              : "right for a director that stands by");
        return;
    }
    finding->level = DOCTOR_WRONG;
    say(finding->why, "packets for it are not taken in; with \"vip\": {\"interface\": ...} gslbd "
                      "puts it there, a director that stands by says \"require_local\": true");
    /* A preferred IPv6 address of full length would be the source of what the director sends. */
    (void)snprintf(command, sizeof(command),
                   key->family == ADDR_V6 ? "ip addr add %s/128 dev INTERFACE nodad preferred_lft 0"
                                          : "ip addr add %s/32 dev INTERFACE",
                   address);
    set_remedy(finding, DOCTOR_COMMAND, "", command);
}

static void judge_addresses(struct judge *judge)
{
    for (size_t i = 0; i < judge->count; i++) {
        const struct doctor_service *service = &judge->services[i];
        bool seen = false;
        for (size_t j = 0; j < i && service->service->key.fwmark == 0; j++)
            seen = seen ||
                   addr_equal(&judge->services[j].service->key.addr, &service->service->key.addr);
        if (service->service->key.fwmark != 0)
            judge_mark(judge, service);
        else if (!seen)
            judge_vip(judge, service);
    }
}

static void add_writer(struct judge *judge, enum doctor_level level, const char *name,
                       const char *found, const char *why)
{
    struct doctor_finding *finding = add(judge, DOCTOR_EVERY, level, name);
    say(finding->found, "%s", found);
    say(finding->why, "%s", why);
}

static void judge_writers(struct judge *judge)
{
    const struct doctor_host *host = judge->host;
    if (host->kube_proxy)
        add_writer(judge, DOCTOR_WRONG, "kube-proxy", "has the interface kube-ipvs0",
                   "it deletes services that it does not know: give it --ipvs-exclude-cidrs with "
                   "the VIPs, or another mode");
    if (host->keepalived_checkers)
        add_writer(judge, DOCTOR_WRONG, "keepalived", "runs its checkers",
                   "two programs write one table: start it with --vrrp");
    else if (host->keepalived)
        add_writer(judge, DOCTOR_BETTER, "keepalived", "runs without --vrrp",
                   "if its configuration has virtual servers, two programs write one table: start "
                   "it with --vrrp");
    if (host->ldirectord)
        add_writer(judge, DOCTOR_WRONG, "ldirectord", "runs",
                   "two programs write one table: stop it");
    if (!host->kube_proxy && !host->keepalived && !host->keepalived_checkers && !host->ldirectord)
        say(add(judge, DOCTOR_EVERY, DOCTOR_OK, "other programs that write the table")->found,
            "none seen");
}

/* --- forwarding methods --- */

/* The kernel sends redirects when either `all` or the interface says so. */
static void judge_redirects(struct judge *judge)
{
    judge_sysctl(judge, DOCTOR_NAT, DOCTOR_SEND_REDIRECTS_ALL, 0, DOCTOR_WRONG,
                 "servers and clients on one link are told to bypass the director");
    judge_sysctl(judge, DOCTOR_NAT, DOCTOR_SEND_REDIRECTS_DEFAULT, 0, DOCTOR_BETTER,
                 "interfaces that come later would begin with it");
    for (size_t i = 0; i < judge->host->interface_count; i++) {
        const struct doctor_interface *interface = &judge->host->interfaces[i];
        char key[DOCTOR_NAME_MAX * 2];
        if (interface->send_redirects <= 0)
            continue;
        (void)snprintf(key, sizeof(key), "net.ipv4.conf.%s.send_redirects", interface->name);
        struct doctor_finding *finding = add(judge, DOCTOR_NAT, DOCTOR_WRONG, key);
        say(finding->found, "%d, should be 0", interface->send_redirects);
        say(finding->why, "it counts although `all` is 0: the two are OR-ed");
        set_remedy(finding, DOCTOR_SYSCTL, key, "0");
    }
}

/* The stricter of `all` and the interface counts. */
static void judge_rp_filter(struct judge *judge, enum doctor_scope scope)
{
    size_t strict = 0;
    for (size_t i = 0; i < judge->host->interface_count; i++) {
        const struct doctor_interface *interface = &judge->host->interfaces[i];
        char subject[DOCTOR_TEXT_MAX];
        char key[DOCTOR_NAME_MAX * 2];
        int all = judge->host->sysctls[DOCTOR_RP_FILTER_ALL];
        int value = interface->rp_filter > all ? interface->rp_filter : all;
        if (value != 1)
            continue;
        strict++;
        (void)snprintf(subject, sizeof(subject), "rp_filter of %s", interface->name);
        (void)snprintf(key, sizeof(key), "net.ipv4.conf.%s.rp_filter", interface->name);
        struct doctor_finding *finding = add(judge, scope, DOCTOR_NOTE, subject);
        say(finding->found, "1, strict");
        say(finding->why, "packets are dropped that come in by another interface than the way back "
                          "to their sender; 2 is enough against forged ones");
        set_remedy(finding, DOCTOR_SYSCTL, key, "2");
    }
    if (strict == 0)
        say(add(judge, scope, DOCTOR_OK, "rp_filter")->found, "strict on no interface");
}

static void judge_nat(struct judge *judge)
{
    int conntrack = judge->host->sysctls[DOCTOR_CONNTRACK];
    if (judge->ipv4)
        judge_sysctl(judge, DOCTOR_NAT, DOCTOR_IPV4_FORWARD, 1, DOCTOR_WRONG,
                     "replies of the servers are not passed on to the clients");
    if (judge->ipv6)
        judge_sysctl(judge, DOCTOR_NAT, DOCTOR_IPV6_FORWARD, 1, DOCTOR_WRONG,
                     "replies of the servers are not passed on to the clients; with forwarding on, "
                     "routes by router advertisements need accept_ra=2 on their interface");
    if (judge->ipv4) {
        judge_redirects(judge);
        judge_rp_filter(judge, DOCTOR_NAT);
    }
    const char *name = doctor_sysctl_name(DOCTOR_CONNTRACK);
    struct doctor_finding *finding = add(judge, DOCTOR_NAT, DOCTOR_NOTE, name);
    if (conntrack == 1) {
        say(finding->found, "1");
        say(finding->why, "needed for SNAT and filters by state only; it costs time");
        return;
    }
    say(finding->found, conntrack == 0 ? "0" : "cannot be read");
    say(finding->why,
        "must be 1 if balanced connections are SNATed (FULLNAT) or filtered by state");
    set_remedy(finding, DOCTOR_SYSCTL, name, "1");
}

static void judge_bypass(struct judge *judge, enum doctor_scope scope)
{
    struct doctor_finding *finding = add(judge, scope, DOCTOR_NOTE, "real servers");
    say(finding->found, "not looked at");
    say(finding->why, scope == DOCTOR_TUN
                          ? "each must unpack the tunnel and have the VIP; mind the MTU, packets "
                            "grow by 20 bytes (IPv6: 40) and more with gue and gre"
                          : "each must have the VIP without answering ARP for it");
    set_remedy(finding, DOCTOR_COMMAND, "", "gslbctl ipvs realserver SERVICE");
    if (judge->ipv4)
        judge_rp_filter(judge, scope);
}

/* Real servers have the VIP, too, and drop tunnelled packets that come from an address of theirs.
 */
static void judge_source(struct judge *judge, const struct doctor_service *service)
{
    char address[ADDR_TEXT_MAX];
    char subject[DOCTOR_TEXT_MAX];
    struct strbuf command;
    const struct addr *vip = &service->service->key.addr;
    const struct doctor_local *local = vip->family == ADDR_V6 ? find_local(judge->host, vip) : NULL;
    if (local == NULL || !local->preferred)
        return;
    addr_print(vip, address);
    strbuf_init(&command);
    strbuf_addf(&command, "ip addr change %s/128 dev ", address);
    shell_add_word(&command, local->interface);
    strbuf_add(&command, " preferred_lft 0");
    (void)snprintf(subject, sizeof(subject), "address %s of service %.200s as a source", address,
                   service->name);
    struct doctor_finding *finding = add(judge, DOCTOR_TUN, DOCTOR_BETTER, subject);
    say(finding->found, "preferred");
    say(finding->why,
        "tunnelled packets may carry it as their sender, then real servers drop them");
    set_remedy(finding, DOCTOR_COMMAND, "", command.text);
    strbuf_fini(&command);
}

static void judge_tunnels(struct judge *judge)
{
    judge_bypass(judge, DOCTOR_TUN);
    for (size_t i = 0; i < judge->count; i++) {
        const struct ipvs_service *service = judge->services[i].service;
        bool tunnels = false;
        for (size_t j = 0; j < service->dest_count; j++)
            tunnels = tunnels || (service->dests[j].forward == IPVS_TUN &&
                                  service->dests[j].addr.family == ADDR_V6);
        if (tunnels)
            judge_source(judge, &judge->services[i]);
    }
}

/* Which methods and families the services use. */
static void survey(struct judge *judge, bool all)
{
    static const uint8_t scopes[] = { [IPVS_NAT] = DOCTOR_NAT,
                                      [IPVS_LOCAL] = DOCTOR_EVERY,
                                      [IPVS_TUN] = DOCTOR_TUN,
                                      [IPVS_DR] = DOCTOR_DR };
    for (size_t i = 0; i < DOCTOR_SCOPES; i++)
        judge->used[i] = all;
    for (size_t i = 0; i < judge->count; i++) {
        const struct ipvs_service *service = judge->services[i].service;
        judge->ipv4 = judge->ipv4 || service->key.family != ADDR_V6;
        judge->ipv6 = judge->ipv6 || service->key.family == ADDR_V6;
        for (size_t j = 0; j < service->dest_count; j++)
            if (service->dests[j].forward < ARRAY_LEN(scopes))
                judge->used[scopes[service->dests[j].forward]] = true;
    }
    judge->ipv4 = judge->ipv4 || all;
    judge->ipv6 = judge->ipv6 || all;
}

void doctor_judge(const struct doctor_host *host, const struct doctor_service *services,
                  size_t count, bool all, struct doctor_report *report)
{
    struct judge judge = { .host = host, .services = services, .count = count, .report = report };
    report->count = 0;
    survey(&judge, all);
    judge_modules(&judge);
    judge_settings(&judge);
    judge_addresses(&judge);
    judge_writers(&judge);
    if (judge.used[DOCTOR_NAT])
        judge_nat(&judge);
    if (judge.used[DOCTOR_DR])
        judge_bypass(&judge, DOCTOR_DR);
    if (judge.used[DOCTOR_TUN])
        judge_tunnels(&judge);
}
