// SPDX-License-Identifier: BSD-2-Clause
/* Members drawn by weight; several answers are drawn without replacement. */
#include "base/mem.h"
#include "resolver/policy.h"

static struct picker *build(const struct policy_input *input)
{
    struct picker **children = MEM_NEW_ARRAY(struct picker *, input->count);
    uint32_t *weights = MEM_NEW_ARRAY(uint32_t, input->count);
    for (size_t i = 0; i < input->count; i++) {
        children[i] = picker_ref(input->members[i].picker);
        weights[i] = input->members[i].weight;
    }
    struct picker *node = picker_new_weight(input->family, children, weights, input->count,
                                            input->max_answers, input->ttl, input->pool);
    mem_free(weights);
    mem_free(children);
    return node;
}

const struct policy policy_weighted = {
    .name = "weighted",
    .default_max_answers = 1,
    .build = build,
};
