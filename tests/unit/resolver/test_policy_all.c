// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/resolver/policy_help.h"

static struct policy_fixture fixture;

START_TEST(gives_all_of_them_rotated)
{
    policy_init(&fixture, 0);
    policy_add(&fixture, 1, 9, false);
    policy_add(&fixture, 10, 1, false);
    policy_expect(&fixture, &policy_all,
                  (const char *const[]){ "1 2 3 4 5 6 7 8 9 10", "2 3 4 5 6 7 8 9 10 1", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(keeps_a_limit_that_was_given)
{
    policy_init(&fixture, 2);
    policy_add(&fixture, 1, 3, false);
    policy_expect(&fixture, &policy_all, (const char *const[]){ "1 2", "2 3", "3 1", NULL });
    policy_fini(&fixture);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { gives_all_of_them_rotated, keeps_a_limit_that_was_given };
    return policy_run("policy_all", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
