// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/resolver/policy_help.h"

static struct policy_fixture fixture;

/* Every address is at every place equally often: exactly once in each full turn. */
START_TEST(strictly_cyclic)
{
    static struct help_answer answer;
    struct rng rng;
    rng_seed(&rng, 4);
    for (unsigned count = 1; count <= 40; count++) {
        struct picker_entry *entries = MEM_NEW_ARRAY(struct picker_entry, count);
        for (unsigned i = 0; i < count; i++)
            entries[i].addr = help_addr(PICKER_A, i);
        struct policy_member member = { .weight = 1 };
        member.picker = picker_new_set(PICKER_A, entries, count, 0, true, PICKER_TTL_NONE, "m");
        struct policy_input input = { .pool = "web", .max_answers = 8, .members = &member };
        input.count = 1;
        struct picker *picker = policy_round_robin.build(&input);
        for (uint64_t turn = 0; turn < 3ULL * count; turn++) {
            help_pick(picker, &rng, turn, &answer);
            HELP_CHECK(answer.count == (count < 8 ? count : 8));
            for (unsigned i = 0; i < answer.count; i++)
                HELP_CHECK(answer.number[i] == (turn + i) % count);
        }
        picker_unref(picker);
        picker_unref(member.picker);
        mem_free(entries);
    }
}
END_TEST

START_TEST(weights_do_not_count)
{
    policy_init(&fixture, 1);
    policy_add(&fixture, 1, 1, false)->weight = 100;
    policy_add(&fixture, 2, 1, false);
    policy_expect(&fixture, &policy_round_robin, (const char *const[]){ "1", "2", "1", "2", NULL });
    policy_fini(&fixture);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { strictly_cyclic, weights_do_not_count };
    return policy_run("policy_round_robin", tests, ARRAY_LEN(tests)) == 0 ? 0 : 1;
}
