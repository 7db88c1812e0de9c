// SPDX-License-Identifier: BSD-2-Clause
/* Prometheus text (exposition format 0.0.4): one table row a metric. Control thread. */
#pragma once

#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

struct control;

/* `api_requests[status]` counts API answers by HTTP status. */
void metrics_write(struct control *control, const uint64_t *api_requests, size_t status_max,
                   struct strbuf *out);
