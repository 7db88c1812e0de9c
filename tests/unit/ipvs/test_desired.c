// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/desired.h"

#include "tests/support/ipvs_stage.h"

/* Three members c, a, b, of which the order is a, b, c; and a sorry server. */
struct fixture {
    struct member members[3];
    struct member *order[3];
    struct roster roster;
    struct member sorry;
    struct ipvs_service settings;
    struct ipvs_service desired;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ .settings = { .scheduler = "rr" } };
    f->members[0].dest = stage_dest(3, 10);
    f->members[1].dest = stage_dest(1, 10);
    f->members[2].dest = stage_dest(2, 10);
    f->order[0] = &f->members[1];
    f->order[1] = &f->members[2];
    f->order[2] = &f->members[0];
    f->roster = (struct roster){ .items = f->members, .count = 3, .order = f->order };
    f->sorry.dest = stage_dest(STAGE_SORRY, 1);
}

static void want(struct member *member, uint32_t weight)
{
    member->want = true;
    member->weight = weight;
}

static void build(struct fixture *f, bool in_dns, const char *expected)
{
    char got[128];
    desired_build(&f->desired, &f->settings, &f->roster, &f->sorry, in_dns);
    stage_picture(&f->desired, got, sizeof(got));
    ck_assert_str_eq(got, expected);
    ck_assert_str_eq(f->desired.scheduler, "rr");
}

START_TEST(members_are_shown_as_they_want)
{
    struct fixture f;
    setup(&f);
    build(&f, true, "");
    ck_assert(!desired_serves(&f.desired));
    ck_assert(!desired_serves(NULL));
    want(&f.members[0], 7);
    want(&f.members[2], 0);
    want(&f.sorry, 1);
    build(&f, true, "b0 c7 s1");
    ck_assert(desired_serves(&f.desired));
    ck_assert(f.members[0].shown && f.members[0].shown_weight == 7);
    ck_assert(f.members[2].shown && f.members[2].shown_weight == 0);
    ck_assert(!f.members[1].shown && f.sorry.shown);
    ipvs_service_fini(&f.desired);
}
END_TEST

START_TEST(the_last_ones_are_kept_for_dns)
{
    struct fixture f;
    setup(&f);
    want(&f.members[0], 7);
    build(&f, true, "c7");
    f.members[0].want = false;
    want(&f.members[1], 0);
    build(&f, true, "a0 c7");
    build(&f, true, "a0 c7");
    want(&f.members[0], 0); /* as one that is drained or quiesced */
    build(&f, true, "a0 c7");
    build(&f, false, "a0 c0");
    build(&f, true, "a0 c0"); /* nothing is left to be kept */
    ipvs_service_fini(&f.desired);
}
END_TEST

START_TEST(live_servers_are_kept_before_dead_ones)
{
    struct fixture f;
    setup(&f);
    for (size_t i = 0; i < 3; i++)
        want(&f.members[i], 5);
    want(&f.sorry, 1);
    build(&f, true, "a5 b5 c5 s1");
    for (size_t i = 0; i < 3; i++)
        f.members[i].want = false;
    f.sorry.want = false;
    f.members[0].live = true;
    build(&f, true, "c5");
    f.members[0].live = false;
    build(&f, true, "c5");
    want(&f.sorry, 1);
    build(&f, true, "s1");
    f.sorry.want = false;
    build(&f, true, "s1");
    build(&f, false, "");
    ck_assert(!f.sorry.shown);
    ipvs_service_fini(&f.desired);
}
END_TEST

START_TEST(the_sorry_server_may_be_a_real_one)
{
    struct fixture f;
    setup(&f);
    f.sorry.dest = stage_dest(2, 1);
    want(&f.members[2], 0);
    want(&f.sorry, 1);
    build(&f, true, "b1");
    ck_assert(f.members[2].shown && f.members[2].shown_weight == 0); /* its own part */
    ck_assert(f.sorry.shown && f.sorry.shown_weight == 1);
    want(&f.members[2], 8);
    build(&f, true, "b8");
    ck_assert(f.members[2].shown && f.members[2].shown_weight == 8);
    f.members[2].want = false;
    build(&f, true, "b1");
    ck_assert(!f.members[2].shown);
    ipvs_service_fini(&f.desired);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("desired");
    TCase *tcase = tcase_create("desired");
    tcase_add_test(tcase, members_are_shown_as_they_want);
    tcase_add_test(tcase, the_last_ones_are_kept_for_dns);
    tcase_add_test(tcase, live_servers_are_kept_before_dead_ones);
    tcase_add_test(tcase, the_sorry_server_may_be_a_real_one);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
