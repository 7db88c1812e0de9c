// SPDX-License-Identifier: BSD-2-Clause
/* Services of a table as the API's JSON, and back (docs/api.md):
 *
 *   {"key": "tcp 192.0.2.1:80", "address", "port", "protocol" | "fwmark", "family": "ipv4"|"ipv6",
 *    "scheduler", "flags": ["sh-port"], "persistence": 300, "persistence_prefix": 24, "engine",
 *    "one_packet": true, "stats": STATS,
 *    "servers": [{"address", "port", "forward", "weight", "upper", "lower",
 *                 "tunnel": {"type", "port", "checksum"}, "active", "inactive", "persistent",
 * "stats"}]}
 *
 * STATS: {"connections", "in_packets", "out_packets", "in_bytes", "out_bytes", "connection_rate",
 * "in_packet_rate", "out_packet_rate", "in_byte_rate", "out_byte_rate"}. What does not apply is
 * left out. Timeouts are {"tcp", "tcp_fin", "udp"} in seconds, a daemon is {"role", "interface",
 * "id", "group", "port", "ttl", "maxlen"}, as in the configuration but for the units. Pure. */
#pragma once

#include "ipvs/model.h"

#include <jansson.h>

/* Owned. `counters`: with what only the kernel tells. */
json_t *ipvs_json_service(const struct ipvs_service *service, bool counters);
/* {"type", "port", "checksum"} of a destination that is reached by tun; owned. */
json_t *ipvs_json_tunnel(const struct ipvs_dest *dest);
json_t *ipvs_json_timeouts(const struct ipvs_timeouts *timeouts);
json_t *ipvs_json_daemon(const struct ipvs_daemon *daemon);
/* Appends to `table`; false when the object is not of that form. */
bool ipvs_json_read_service(const json_t *object, struct ipvs_table *table);
bool ipvs_json_read_timeouts(const json_t *object, struct ipvs_timeouts *out);
bool ipvs_json_read_daemon(const json_t *object, struct ipvs_daemon *out);
