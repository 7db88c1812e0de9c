// SPDX-License-Identifier: BSD-2-Clause
/* The settings of one virtual_server block, read before its servers are looked at: they may stand
 * in any order. One thread. */
#pragma once

#include "ctl/keepalived_server.h"

struct keepalived_virtual {
    struct keepalived_report *report;
    const struct keepalived_node *node;
    struct keepalived_parent parent; /* its method is owned here */
    uint8_t protocol;                /* 0 = not said */
    const char *scheduler;
    json_t *flags;
    bool persistent, quiesce;
    bool local; /* ha_suspend */
    uint64_t persistence;
    const struct keepalived_node *granularity;
    const struct keepalived_node *ops;
    const struct keepalived_node *engine;
    const struct keepalived_node *quorum_node;
    uint64_t quorum, hysteresis;
    const struct keepalived_node *sorry;
    struct keepalived_method sorry_method;
    bool sorry_has_method;
    uint8_t family; /* of a mark; ADDR_NONE = not said */
};

/* Reads all of `node` but its real servers. False with an error; to be finished in any case. */
bool keepalived_virtual_read(struct keepalived_report *report, const struct keepalived_node *node,
                             struct keepalived_checks *checks, struct keepalived_virtual *out);
void keepalived_virtual_fini(struct keepalived_virtual *virtual);
