// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/policy.h"

#include <string.h>

static const struct policy *const rows[] = {
    &policy_round_robin,
    &policy_weighted,
    &policy_failover,
    &policy_all,
};

/* `rows` by name; a test holds them together. */
static const char *const names[] = { "round_robin", "weighted", "failover", "all", NULL };

const struct policy *policy_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}

const char *const *policy_names(void)
{
    return names;
}
