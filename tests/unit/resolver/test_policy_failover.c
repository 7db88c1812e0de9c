// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/resolver/policy_help.h"

static struct policy_fixture fixture;

START_TEST(smallest_order_answers)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 1, false)->order = 7;
    policy_add(&fixture, 2, 1, false)->order = 3;
    policy_add(&fixture, 3, 1, false)->order = 9;
    policy_expect(&fixture, &policy_failover, (const char *const[]){ "2", "2", "2", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(equal_orders_are_a_tier_that_rotates)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 1, false)->order = 0;
    policy_add(&fixture, 2, 1, false)->order = 1;
    policy_add(&fixture, 3, 2, false)->order = 0;
    policy_expect(&fixture, &policy_failover, (const char *const[]){ "1", "3", "4", "1", NULL });
    fixture.input.max_answers = 2;
    policy_expect(&fixture, &policy_failover, (const char *const[]){ "1 3", "3 4", "4 1", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(largest_order_too)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 1, false)->order = UINT32_MAX;
    policy_expect(&fixture, &policy_failover, (const char *const[]){ "1", "1", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(pool_that_is_first_answers_as_itself)
{
    policy_init(&fixture, 2);
    policy_add(&fixture, 1, 3, true);
    policy_add(&fixture, 9, 1, false);
    policy_expect(&fixture, &policy_failover, (const char *const[]){ "1 2", "2 3", "3 1", NULL });
    policy_fini(&fixture);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { smallest_order_answers, equal_orders_are_a_tier_that_rotates,
                                   largest_order_too, pool_that_is_first_answers_as_itself };
    return policy_run("policy_failover", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
