// SPDX-License-Identifier: BSD-2-Clause
/* What can be done to an IPVS table, and who does it: the kernel (ipvs/kernel.h) or a table in
 * memory with the kernel's errors (ipvs/fake.h). One suite of tests runs on both
 * (tests/support/ipvs_suite.h). Errors are errno values, > 0; 0 = done. */
#pragma once

#include "ipvs/model.h"

enum ipvs_op_kind {
    IPVS_OP_NONE,
    IPVS_OP_ADD_SERVICE,
    IPVS_OP_EDIT_SERVICE,
    IPVS_OP_DELETE_SERVICE,
    IPVS_OP_ADD_DEST,
    IPVS_OP_EDIT_DEST,
    IPVS_OP_DELETE_DEST,
    IPVS_OP_SET_TIMEOUTS,
    IPVS_OP_START_DAEMON,
    IPVS_OP_STOP_DAEMON,
    IPVS_OP_ZERO,    /* counters; key.family 0 = of everything */
    IPVS_OP_ADD_VIP, /* service.key.addr as /32 or /128 on `interface` */
    IPVS_OP_DELETE_VIP,
    IPVS_OP_KINDS
};

/* One change. `service.dests` is never used here. What is not of the kind is zero. */
struct ipvs_op {
    uint8_t kind; /* enum ipvs_op_kind */
    char interface[IPVS_INTERFACE_MAX];
    struct ipvs_service
        service; /* key always (but for timeouts and daemons); settings for ADD, EDIT */
    struct ipvs_service service_from; /* settings before, for EDIT and DELETE: shown in plans */
    struct ipvs_dest dest;
    struct ipvs_dest dest_from;
    struct ipvs_timeouts timeouts;
    struct ipvs_daemon daemon;
};

struct ipvs_info {
    uint32_t version; /* 0x010201 */
    uint32_t connection_table_size;
};

struct ipvs_ops {
    /* 0, ENOENT (no module), EPERM (no CAP_NET_ADMIN), ... */
    int (*info)(void *ctx, struct ipvs_info *out);
    /* Everything: services, destinations, counters, timeouts, daemons; sorted. `out` is initialised
     * and replaced. */
    int (*dump)(void *ctx, struct ipvs_table *out);
    /* Does them in order, each on its own: results[i] is 0 or an errno. After a failure of a
     * service's operation the later ones still run (they fail by themselves). */
    void (*apply)(void *ctx, const struct ipvs_op *ops, size_t count, int *results);
};

struct ipvs_backend {
    const struct ipvs_ops *ops;
    void *ctx;
};

/* "add_service", "edit_server", ...: the word of the API. */
const char *ipvs_op_name(unsigned kind);
/* "tcp 192.0.2.1:80" or "tcp 192.0.2.1:80 -> 10.0.0.1:80" and the like; 2 * IPVS_TEXT_MAX bytes. */
#define IPVS_OP_TEXT_MAX 560
void ipvs_op_print_key(const struct ipvs_op *op, char *out);
/* Settings before and after; "" where there is none. */
void ipvs_op_print_from(const struct ipvs_op *op, char *out);
void ipvs_op_print_to(const struct ipvs_op *op, char *out);
/* One sentence that names the object and, where there is one, the remedy: "scheduler mh is not
 * available in this kernel (module ip_vs_mh)". */
void ipvs_op_print_error(const struct ipvs_op *op, int error, char *out);
/* Why IPVS cannot be used at all: of info and dump. IPVS_OP_TEXT_MAX bytes. */
void ipvs_print_unavailable(int error, char *out);
/* Does the change to a sorted table as the kernel does; 0 or the kernel's errno. What the kernel
 * alone knows (schedulers' modules, routes) is not judged. The fake is built on it, and so is the
 * picture that control keeps between two dumps. */
int ipvs_table_apply(struct ipvs_table *table, const struct ipvs_op *op);
