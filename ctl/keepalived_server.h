// SPDX-License-Identifier: BSD-2-Clause
/* Real servers and sorry servers of one virtual server. One thread. */
#pragma once

#include "ctl/keepalived_check.h"

/* What a virtual server has said that its servers need. */
struct keepalived_parent {
    struct keepalived_report *report;
    struct keepalived_checks *checks;
    struct ipvs_key key;
    struct keepalived_method method; /* borrowed */
    struct keepalived_timing timing;
    uint64_t weight; /* of servers that say none */
};

struct keepalived_servers {
    json_t *object; /* servers by name; owned */
    json_t *checks; /* arrays of names in the same order; owned */
    uint64_t weight;
    unsigned quiesced; /* that say inhibit_on_failure */
};
void keepalived_servers_init(struct keepalived_servers *servers);
void keepalived_servers_fini(struct keepalived_servers *servers);

/* A real_server. False with an error. */
bool keepalived_server_take(const struct keepalived_parent *parent,
                            const struct keepalived_node *node, struct keepalived_servers *servers);
/* {"address", "port"?, "forward"?, "tunnel"?} of the server that a statement begins with; owned,
 * NULL with an error. `port`: what it has in the kernel; `given`: what the file says (0 = none). */
json_t *keepalived_dest(const struct keepalived_parent *parent, const struct keepalived_node *node,
                        const struct keepalived_method *method, uint16_t *port, uint16_t *given);
