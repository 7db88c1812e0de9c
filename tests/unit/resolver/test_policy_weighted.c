// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/resolver/policy_help.h"

#define DRAWS 100000

static struct policy_fixture fixture;
static struct help_answer answer;

/* Weights 1, 2 and 5 over 100,000 queries, within one percentage point. */
START_TEST(shares_follow_the_weights)
{
    static const uint32_t weights[] = { 1, 2, 5 };
    unsigned hits[3] = { 0 };
    struct rng rng;
    rng_seed(&rng, 5);
    policy_init(&fixture, 1);
    for (unsigned i = 0; i < 3; i++)
        policy_add(&fixture, i, 1, i == 1)->weight = weights[i];
    struct picker *picker = policy_weighted.build(&fixture.input);
    for (uint64_t turn = 0; turn < DRAWS; turn++) {
        help_pick(picker, &rng, turn, &answer);
        HELP_CHECK(answer.count == 1);
        hits[answer.number[0]]++;
    }
    for (unsigned i = 0; i < 3; i++)
        ck_assert_double_eq_tol(hits[i] / (double)DRAWS, weights[i] / 8.0, 0.01);
    picker_unref(picker);
    policy_fini(&fixture);
}
END_TEST

/* The share is the member's, however many addresses it has. */
START_TEST(addresses_of_a_member_share_its_weight)
{
    struct help_shares shares;
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 3, false)->weight = 3;
    policy_add(&fixture, 9, 1, false)->weight = 1;
    struct picker *picker = policy_weighted.build(&fixture.input);
    help_get_shares(picker, &shares);
    for (unsigned i = 1; i <= 3; i++)
        ck_assert_double_eq_tol(shares.share[i], 0.25, 1e-12);
    ck_assert_double_eq_tol(shares.share[9], 0.25, 1e-12);
    picker_unref(picker);
    policy_fini(&fixture);
}
END_TEST

START_TEST(one_member_is_no_draw)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 2, false);
    policy_expect(&fixture, &policy_weighted, (const char *const[]){ "1", "2", "1", NULL });
    policy_fini(&fixture);
}
END_TEST

START_TEST(several_answers_differ)
{
    struct rng rng;
    rng_seed(&rng, 6);
    policy_init(&fixture, 3);
    for (unsigned i = 0; i < 5; i++)
        policy_add(&fixture, i, 1, false)->weight = i == 0 ? 1U << 31 : 1;
    struct picker *picker = policy_weighted.build(&fixture.input);
    for (uint64_t turn = 0; turn < 1000; turn++) {
        help_pick(picker, &rng, turn, &answer);
        HELP_CHECK(answer.count == 3);
        HELP_CHECK(answer.number[0] != answer.number[1]);
        HELP_CHECK(answer.number[0] != answer.number[2]);
        HELP_CHECK(answer.number[1] != answer.number[2]);
    }
    picker_unref(picker);
    policy_fini(&fixture);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { shares_follow_the_weights,
                                   addresses_of_a_member_share_its_weight, one_member_is_no_draw,
                                   several_answers_differ };
    return policy_run("policy_weighted", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
