// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/resolver/policy_help.h"

/* The contract's defaults. */
static const struct {
    const char *name;
    uint32_t max_answers;
} rows[] = { { "round_robin", 8 }, { "weighted", 1 }, { "failover", 1 }, { "all", 0 } };

START_TEST(find_each)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct policy *policy = policy_find(rows[i].name);
        ck_assert_ptr_nonnull(policy);
        ck_assert_str_eq(policy->name, rows[i].name);
        ck_assert_uint_eq(policy->default_max_answers, rows[i].max_answers);
    }
}
END_TEST

START_TEST(find_none)
{
    static const char *const absent[] = { "", "geo", "Weighted", "round_robi", "round_robin " };
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        ck_assert_ptr_null(policy_find(absent[i]));
}
END_TEST

START_TEST(names_are_the_rows)
{
    const char *const *names = policy_names();
    size_t count = 0;
    for (; names[count] != NULL; count++)
        ck_assert_str_eq(policy_find(names[count])->name, names[count]);
    ck_assert_uint_eq(count, ARRAY_LEN(rows));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { find_each, find_none, names_are_the_rows };
    return policy_run("policy", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
