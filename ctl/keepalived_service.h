// SPDX-License-Identifier: BSD-2-Clause
/* keepalived's virtual servers as services of our configuration. One thread. */
#pragma once

#include "ctl/keepalived_check.h"

struct keepalived_import {
    struct keepalived_report *report;
    const struct keepalived_node *root;
    struct keepalived_checks checks;
    json_t *services;    /* the section "ipvs.services" so far */
    struct strmap *vips; /* addresses that VRRP moves, as text */
};

/* One virtual server, or as many as its group has addresses. False with an error. */
bool keepalived_service_take(struct keepalived_import *import, const struct keepalived_node *node);
