// SPDX-License-Identifier: BSD-2-Clause
/* What a director needs of its host, what it has, and how to get there. The judgement is a pure
 * function over what was read; doctor_apply alone changes the host, and only by writing to
 * /proc/sys and by modprobe. One thread. */
#pragma once

#include "base/strbuf.h"
#include "ipvs/model.h"

#include <stdio.h>

#define DOCTOR_NAME_MAX 64
#define DOCTOR_TEXT_MAX 320

/* --- the host --- */

enum doctor_sysctl {
    DOCTOR_IPV4_FORWARD,
    DOCTOR_IPV6_FORWARD,
    DOCTOR_SEND_REDIRECTS_ALL,
    DOCTOR_SEND_REDIRECTS_DEFAULT,
    DOCTOR_RP_FILTER_ALL,
    DOCTOR_CONNTRACK,
    DOCTOR_EXPIRE_NODEST,
    DOCTOR_EXPIRE_QUIESCENT,
    DOCTOR_CONN_REUSE,
    DOCTOR_RUN_ESTIMATION,
    DOCTOR_SYSCTLS
};
const char *doctor_sysctl_name(enum doctor_sysctl sysctl); /* "net.ipv4.ip_forward", ... */

enum doctor_module {
    DOCTOR_MODULE_MISSING,
    DOCTOR_MODULE_THERE, /* a file; the kernel loads it when it is asked for */
    DOCTOR_MODULE_LOADED /* or built in */
};

struct doctor_interface {
    char name[DOCTOR_NAME_MAX];
    int send_redirects; /* -1 = cannot be read, as everywhere here */
    int rp_filter;
};

/* An address of this host. */
struct doctor_local {
    struct prefix prefix;            /* /32 and /128, shorter for a local route */
    bool preferred;                  /* IPv6: may become the source of what this host sends */
    char interface[DOCTOR_NAME_MAX]; /* IPv6 only */
};

struct doctor_host {
    int sysctls[DOCTOR_SYSCTLS];
    struct doctor_interface *interfaces; /* owned; without "all", "default" and lo */
    size_t interface_count, interface_capacity;
    struct doctor_local *local; /* owned */
    size_t local_count, local_capacity;
    char (*modules)[DOCTOR_NAME_MAX]; /* owned; ip_vs ones that are loaded or built in */
    size_t module_count, module_capacity;
    char (*module_files)[DOCTOR_NAME_MAX]; /* owned; those that could be loaded */
    size_t module_file_count, module_file_capacity;
    bool kube_proxy;          /* interface kube-ipvs0 */
    bool keepalived;          /* runs, and may run its checkers */
    bool keepalived_checkers; /* certainly runs them */
    bool ldirectord;
};

void doctor_host_init(struct doctor_host *host); /* nothing known */
void doctor_host_fini(struct doctor_host *host);
/* Reads it anew from below `root`, "" for this host. What cannot be read is left unknown. */
void doctor_host_read(const char *root, struct doctor_host *host);

/* --- the judgement --- */

struct doctor_service {
    const char *name;
    const struct ipvs_service *service; /* with all of its servers */
    bool in_kernel;                     /* and so its scheduler is */
    bool vip_ours;                      /* gslbd puts the VIP on an interface */
    bool vip_elsewhere;                 /* a backup director: the VIP may be missing */
};

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_NOTE,   /* to be known */
    DOCTOR_BETTER, /* works, but not as well as it could */
    DOCTOR_WRONG
};
const char *doctor_level_name(enum doctor_level level); /* "ok", "note", "better", "wrong" */

enum doctor_scope { DOCTOR_EVERY, DOCTOR_NAT, DOCTOR_DR, DOCTOR_TUN, DOCTOR_SCOPES };
const char *doctor_scope_name(enum doctor_scope scope); /* "every service", "nat", ... */

enum doctor_remedy {
    DOCTOR_NOTHING,
    DOCTOR_SYSCTL,   /* key and value */
    DOCTOR_MODPROBE, /* key = the module */
    DOCTOR_COMMAND   /* `value`, for a person to decide */
};

struct doctor_finding {
    enum doctor_scope scope;
    enum doctor_level level;
    enum doctor_remedy remedy;
    char subject[DOCTOR_TEXT_MAX]; /* what was looked at */
    char found[DOCTOR_TEXT_MAX];
    char why[DOCTOR_TEXT_MAX]; /* "" when all is well */
    char key[DOCTOR_NAME_MAX * 2];
    char value[DOCTOR_TEXT_MAX];
};

struct doctor_report {
    struct doctor_finding *findings; /* owned; by scope */
    size_t count, capacity;
};

void doctor_report_init(struct doctor_report *report);
void doctor_report_fini(struct doctor_report *report);
/* Makes the report anew. `all`: of every forwarding method, not only of those that are used. */
void doctor_judge(const struct doctor_host *host, const struct doctor_service *services,
                  size_t count, bool all, struct doctor_report *report);
/* The worst of it. */
enum doctor_level doctor_worst(const struct doctor_report *report);

/* --- what to do --- */

/* The command of a remedy, for a shell; "" when there is none. */
void doctor_command(const struct doctor_finding *finding, struct strbuf *out);
/* All of it for people, with the lines that keep settings over a reboot. */
void doctor_print(const struct doctor_report *report, struct strbuf *out);
/* Loads the modules and writes the settings of what is wrong or could be better, in the report's
 * order, and says each on `out`. False when something failed. */
bool doctor_apply(const char *root, const struct doctor_report *report, FILE *out);
