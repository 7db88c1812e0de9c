// SPDX-License-Identifier: BSD-2-Clause
/* Values of keepalived's statements. Each function says false with report's error when the value is
 * not of its kind. One thread. */
#pragma once

#include "ctl/keepalived_scan.h"
#include "ipvs/model.h"

#include <jansson.h>

bool keepalived_number(struct keepalived_report *report, const struct keepalived_node *node,
                       size_t word, uint64_t min, uint64_t max, uint64_t *out);
/* Seconds, perhaps with a fraction, in milliseconds; at most a day. */
bool keepalived_timer(struct keepalived_report *report, const struct keepalived_node *node,
                      int64_t *out_ms);
/* Of a statement that alone means yes. */
bool keepalived_bool(struct keepalived_report *report, const struct keepalived_node *node,
                     bool *out);
/* ADDRESS [PORT] from `word` on; the port stays as it is when there is none. */
bool keepalived_endpoint(struct keepalived_report *report, const struct keepalived_node *node,
                         size_t word, struct addr *addr, uint16_t *port);

/* How packets get to a server. */
struct keepalived_method {
    uint8_t forward; /* enum ipvs_forward */
    json_t *tunnel;  /* of the config; NULL = none needed. Owned by who has read it */
};
/* NAT, DR, or TUN [type TYPE [port PORT]] [CHECKSUM]. `out` is replaced. */
bool keepalived_method(struct keepalived_report *report, const struct keepalived_node *node,
                       struct keepalived_method *out);
void keepalived_method_fini(struct keepalived_method *method);

/* "6s", "1500ms" */
json_t *keepalived_duration(int64_t ms);
