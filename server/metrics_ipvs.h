// SPDX-License-Identifier: BSD-2-Clause
/* Metrics of the IPVS module: what the directors decide and what the kernel counts, by service and
 * server. Each writes the samples of one metric, none without an "ipvs" section. Control thread. */
#pragma once

#include "server/metrics_put.h"

typedef void metrics_ipvs_fn(struct metrics *metrics);

metrics_ipvs_fn metrics_ipvs_available, metrics_ipvs_operations, metrics_ipvs_repairs,
    metrics_ipvs_service_up, metrics_ipvs_share, metrics_ipvs_connections, metrics_ipvs_packets,
    metrics_ipvs_bytes, metrics_ipvs_server_weight, metrics_ipvs_server_active,
    metrics_ipvs_server_inactive, metrics_ipvs_server_connections, metrics_ipvs_server_packets,
    metrics_ipvs_server_bytes;
