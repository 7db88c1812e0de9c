// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/policy_rotate.h"

#include "tests/unit/resolver/policy_help.h"

static const struct policy rotate = { .name = "rotate", .build = policy_rotate };
static struct policy_fixture fixture;

START_TEST(addresses_of_all_members_are_one_set)
{
    policy_init(&fixture, 2);
    policy_add(&fixture, 1, 2, false);
    policy_add(&fixture, 5, 1, false);
    policy_expect(&fixture, &rotate, (const char *const[]){ "1 2", "2 5", "5 1", "1 2", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(pools_take_turns)
{
    policy_init(&fixture, 0);
    policy_add(&fixture, 1, 2, true);
    policy_add(&fixture, 5, 1, true);
    policy_expect(&fixture, &rotate, (const char *const[]){ "1 2 5", "5 1 2", "2 1 5", NULL });
    policy_fini(&fixture);
}
END_TEST

/* One pool among them, and members count one each: not their addresses. */
START_TEST(pools_and_addresses_take_turns)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 2, false);
    policy_add(&fixture, 5, 2, true);
    policy_expect(&fixture, &rotate, (const char *const[]){ "1", "5", "2", "6", "1", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(one_pool_stands_for_itself)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 3, true);
    policy_expect(&fixture, &rotate, (const char *const[]){ "1", "2", "3", "1", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(same_address_twice_counts_once)
{
    policy_init(&fixture, 8);
    policy_add(&fixture, 1, 2, false);
    policy_add(&fixture, 2, 2, false);
    policy_expect(&fixture, &rotate, (const char *const[]){ "1 2 3", "2 3 1", "3 1 2", NULL });
    policy_fini(&fixture);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { addresses_of_all_members_are_one_set, pools_take_turns,
                                   pools_and_addresses_take_turns, one_pool_stands_for_itself,
                                   same_address_twice_counts_once };
    return policy_run("policy_rotate", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
