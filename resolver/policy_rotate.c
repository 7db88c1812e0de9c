// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/policy_rotate.h"

#include "base/mem.h"

#include <string.h>

/* Addresses of all members, or 0 when one of them is a pool. */
static size_t count_addresses(const struct policy_input *input)
{
    size_t total = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct picker_entry *entries;
        size_t count;
        if (input->members[i].nested || !picker_is_set(input->members[i].picker, &entries, &count))
            return 0;
        total += count;
    }
    return total;
}

static struct picker *rotate_addresses(const struct policy_input *input, size_t total)
{
    struct picker_entry *all = MEM_NEW_ARRAY(struct picker_entry, total);
    size_t used = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct picker_entry *entries = NULL;
        size_t count = 0;
        if (picker_is_set(input->members[i].picker, &entries, &count))
            memcpy(all + used, entries, count * sizeof(*all));
        used += count;
    }
    struct picker *set =
        picker_new_set(input->family, all, used, input->max_answers, true, input->ttl, input->pool);
    mem_free(all);
    return set;
}

static struct picker *rotate_members(const struct policy_input *input)
{
    struct picker **children = MEM_NEW_ARRAY(struct picker *, input->count);
    for (size_t i = 0; i < input->count; i++)
        children[i] = picker_ref(input->members[i].picker);
    struct picker *node = picker_new_rotate(input->family, children, input->count,
                                            input->max_answers, input->ttl, input->pool);
    mem_free(children);
    return node;
}

struct picker *policy_rotate(const struct policy_input *input)
{
    size_t total = count_addresses(input);
    return total > 0 ? rotate_addresses(input, total) : rotate_members(input);
}
