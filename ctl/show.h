// SPDX-License-Identifier: BSD-2-Clause
/* The API's JSON for people. Pure: `now_ms` (Unix time) is passed in; what is missing or of another
 * type is shown as "-". One thread. */
#pragma once

#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct show {
    struct strbuf *out;
    bool colour;
    int64_t now_ms;
};

typedef void show_fn(const struct show *show, const json_t *root);

show_fn show_status, show_pools, show_pool, show_member, show_backend, show_overrides, show_deleted,
    show_explain, show_simulate, show_checks, show_zones, show_zone, show_reload, show_ready,
    show_ipvs_status, show_ipvs_service, show_ipvs_plan, show_ipvs_apply, show_ipvs_restore,
    show_ipvs_zero;
/* One event as a line: time, type, what happened. */
void show_event(const struct show *show, const char *type, json_t *data);
