// SPDX-License-Identifier: BSD-2-Clause
/* For the tests of policies: input made of SETs, each member's addresses by number. */
#pragma once

#include "resolver/policy.h"
#include "tests/unit/resolver/picker_help.h"

#define POLICY_MEMBERS 8

struct policy_fixture {
    struct policy_input input;
    struct policy_member members[POLICY_MEMBERS];
};

static inline void policy_init(struct policy_fixture *fixture, uint32_t max_answers)
{
    *fixture = (struct policy_fixture){
        .input = { .family = PICKER_A, .pool = "web", .ttl = 30, .max_answers = max_answers }
    };
    fixture->input.members = fixture->members;
}

/* A member with `count` addresses from `first` on; `nested` as if it were a pool. */
static inline struct policy_member *policy_add(struct policy_fixture *fixture, unsigned first,
                                               size_t count, bool nested)
{
    struct policy_member *member = &fixture->members[fixture->input.count++];
    uint32_t ttl = nested ? 20 : PICKER_TTL_NONE;
    member->picker = help_set(PICKER_A, first, count, 0, ttl, nested ? "pool" : "member");
    member->weight = 1;
    member->order = (uint32_t)fixture->input.count;
    member->nested = nested;
    return member;
}

static inline void policy_fini(struct policy_fixture *fixture)
{
    for (size_t i = 0; i < fixture->input.count; i++)
        picker_unref(fixture->members[i].picker);
}

/* Builds, then holds the answers to turns 0, 1, 2, ... against a NULL-terminated list. */
static inline void policy_expect(struct policy_fixture *fixture, const struct policy *policy,
                                 const char *const *expect)
{
    static struct help_answer answer;
    struct rng rng;
    rng_seed(&rng, 3);
    struct picker *picker = policy->build(&fixture->input);
    for (uint64_t turn = 0; expect[turn] != NULL; turn++) {
        help_pick(picker, &rng, turn, &answer);
        help_expect(&answer, expect[turn]);
        ck_assert_uint_le(answer.ttl, 30);
    }
    picker_unref(picker);
}

/* One TCase of tests, run. */
static inline int policy_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
