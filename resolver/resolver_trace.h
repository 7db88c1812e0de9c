// SPDX-License-Identifier: BSD-2-Clause
/* The resolver's own steps of `explain`: what was asked, which zone and node were found, what was
 * answered. Only called when there is a trace. Any thread that owns the trace. */
#pragma once

#include "resolver/answer.h"
#include "resolver/resolver.h"

void resolver_trace_parse(struct trace *trace, const struct resolver_request *request);
/* `zone` NULL: none is at or above the name. */
void resolver_trace_zone(struct trace *trace, const struct zone *zone);
void resolver_trace_node(struct trace *trace, const struct zone_found *found);
void resolver_trace_alias(struct trace *trace, const char *type, const uint8_t *target);
void resolver_trace_pool(struct trace *trace, const struct state_binding *binding,
                         enum picker_family family, uint64_t turn);
void resolver_trace_answer(struct trace *trace, const struct answer *answer);
