// SPDX-License-Identifier: BSD-2-Clause
/* What the writers of metrics share: the samples' text. Control thread. */
#pragma once

#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

struct control;
struct world;

struct metrics {
    struct control *control;
    const struct world *world;
    const uint64_t *api_requests;
    size_t status_max;
    const char *name; /* of the metric that is being written */
    struct strbuf *out;
};

struct metrics_label {
    const char *name;
    const char *value;
};

/* "NAME{LABELS} VALUE"; `suffix` stands behind the metric's name. */
void metrics_put_head(struct metrics *metrics, const char *suffix,
                      const struct metrics_label *labels, size_t count);
void metrics_put_count(struct metrics *metrics, const struct metrics_label *labels, size_t count,
                       uint64_t value);
void metrics_put_real(struct metrics *metrics, const struct metrics_label *labels, size_t count,
                      double value);
