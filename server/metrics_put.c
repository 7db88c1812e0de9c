// SPDX-License-Identifier: BSD-2-Clause
#include "server/metrics_put.h"

#include <inttypes.h>

static void put_escaped(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            strbuf_add_bytes(out, "\\", 1);
        if (*text == '\n')
            strbuf_add(out, "\\n");
        else
            strbuf_add_bytes(out, text, 1);
    }
}

void metrics_put_head(struct metrics *metrics, const char *suffix,
                      const struct metrics_label *labels, size_t count)
{
    struct strbuf *out = metrics->out;
    strbuf_add(out, metrics->name);
    strbuf_add(out, suffix);
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_escaped(out, labels[i].value);
        strbuf_add(out, "\"");
    }
    strbuf_add(out, count > 0 ? "} " : " ");
}

void metrics_put_count(struct metrics *metrics, const struct metrics_label *labels, size_t count,
                       uint64_t value)
{
    metrics_put_head(metrics, "", labels, count);
    strbuf_addf(metrics->out, "%" PRIu64 "\n", value);
}

void metrics_put_real(struct metrics *metrics, const struct metrics_label *labels, size_t count,
                      double value)
{
    metrics_put_head(metrics, "", labels, count);
    strbuf_addf(metrics->out, "%.3f\n", value);
}
