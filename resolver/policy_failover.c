// SPDX-License-Identifier: BSD-2-Clause
/* The live members of the smallest order; several of one order are a tier and rotate. */
#include "base/mem.h"
#include "resolver/policy_rotate.h"

static uint32_t smallest_order(const struct policy_input *input)
{
    uint32_t order = UINT32_MAX;
    for (size_t i = 0; i < input->count; i++) {
        if (input->members[i].order < order)
            order = input->members[i].order;
    }
    return order;
}

static struct picker *build(const struct policy_input *input)
{
    uint32_t order = smallest_order(input);
    struct policy_member *tier = MEM_NEW_ARRAY(struct policy_member, input->count);
    struct policy_input first = *input;
    first.members = tier;
    first.count = 0;
    for (size_t i = 0; i < input->count; i++) {
        if (input->members[i].order == order)
            tier[first.count++] = input->members[i];
    }
    struct picker *node = policy_rotate(&first);
    mem_free(tier);
    return node;
}

const struct policy policy_failover = {
    .name = "failover",
    .default_max_answers = 1,
    .build = build,
};
