// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LINE(n) "AN www.example.test. 20 A 192.0.2." #n

static void start(struct control_fixture *f)
{
    control_fixture_init(f, CONTROL_ZONE);
    control_fixture_config(f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(f));
}

/* Bits: which of 192.0.2.1, .2, .3 the answer has. */
static unsigned answered(struct control_fixture *f)
{
    control_fixture_served(f);
    char *text = control_fixture_dig(f, "www.example.test A");
    ck_assert_ptr_nonnull(text);
    unsigned bits = dnsmsg_count(text, LINE(1)) | dnsmsg_count(text, LINE(2)) << 1 |
                    dnsmsg_count(text, LINE(3)) << 2;
    mem_free(text);
    return bits;
}

static uint32_t web(struct control_fixture *f)
{
    return world_pool(control_world(f->control), "web");
}

START_TEST(member_down_drain_up_auto)
{
    struct control_fixture f;
    start(&f);
    ck_assert_uint_eq(answered(&f), 7);
    ck_assert(control_override_member_state(f.control, web(&f), 0, OVERRIDE_DOWN, "disk", "jo", 0));
    ck_assert_uint_eq(answered(&f), 6);
    ck_assert(control_override_member_state(f.control, web(&f), 1, OVERRIDE_DRAIN, NULL, NULL, 0));
    ck_assert_uint_eq(answered(&f), 4);
    ck_assert(control_override_member_state(f.control, web(&f), 0, OVERRIDE_UP, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 5);
    ck_assert_uint_eq(override_count(control_overrides(f.control)), 2);
    ck_assert(control_override_member_state(f.control, web(&f), 0, OVERRIDE_NONE, NULL, "jo", 0));
    ck_assert(control_override_member_state(f.control, web(&f), 1, OVERRIDE_NONE, NULL, "jo", 0));
    ck_assert_uint_eq(override_count(control_overrides(f.control)), 0);
    ck_assert_uint_eq(answered(&f), 7);
    ck_assert(!control_override_member_state(f.control, 99, 0, OVERRIDE_DOWN, NULL, NULL, 0));
    ck_assert(!control_override_member_state(f.control, web(&f), 99, OVERRIDE_DOWN, NULL, NULL, 0));
    control_fixture_fini(&f);
}
END_TEST

START_TEST(member_beats_backend)
{
    struct control_fixture f;
    struct addr addr;
    struct addr foreign;
    start(&f);
    ck_assert(addr_parse("192.0.2.2", &addr) && addr_parse("192.0.2.99", &foreign));
    ck_assert(control_override_backend(f.control, &addr, OVERRIDE_DOWN, "", "jo", 0));
    ck_assert_uint_eq(answered(&f), 5);
    ck_assert(control_override_member_state(f.control, web(&f), 1, OVERRIDE_UP, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 7);
    /* "auto" of the member clears its own only. */
    ck_assert(control_override_member_state(f.control, web(&f), 1, OVERRIDE_NONE, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 5);
    ck_assert(control_override_backend(f.control, &addr, OVERRIDE_NONE, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 7);
    ck_assert(!control_override_backend(f.control, &foreign, OVERRIDE_DOWN, NULL, "jo", 0));
    control_fixture_fini(&f);
}
END_TEST

START_TEST(weight_zero_and_back)
{
    struct control_fixture f;
    struct control_member member;
    start(&f);
    ck_assert(control_override_member_weight(f.control, web(&f), 2, false, 0, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 3);
    control_member(f.control, web(&f), 2, &member);
    ck_assert_uint_eq(member.weight, 1);
    ck_assert_uint_eq(member.effective_weight, 0);
    ck_assert(control_override_member_weight(f.control, web(&f), 2, true, 0, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 7);
    control_fixture_fini(&f);
}
END_TEST

static bool none_left(void *data)
{
    struct control_fixture *f = data;
    return override_count(control_overrides(f->control)) == 0;
}

START_TEST(expires_by_itself)
{
    struct control_fixture f;
    start(&f);
    ck_assert(control_override_member_state(f.control, web(&f), 0, OVERRIDE_DOWN, NULL, "jo",
                                            clock_wall_ms() + 150));
    ck_assert_uint_eq(answered(&f), 6);
    ck_assert(control_fixture_until(&f, none_left, &f, 5000));
    ck_assert_uint_eq(answered(&f), 7);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(delete_by_id_and_orphans)
{
    struct control_fixture f;
    struct override gone = { .scope = OVERRIDE_MEMBER, .pool = "web", .member = "zz" };
    start(&f);
    ck_assert(control_override_member_state(f.control, web(&f), 0, OVERRIDE_DOWN, NULL, "jo", 0));
    const struct override *set = override_at(control_overrides(f.control), 0);
    ck_assert(!control_override_orphan(f.control, set));
    ck_assert(control_override_orphan(f.control, &gone));
    ck_assert(!control_override_delete(f.control, "o999", "jo"));
    char id[OVERRIDE_ID_MAX];
    memcpy(id, set->id, sizeof(id));
    ck_assert(control_override_delete(f.control, id, "jo"));
    ck_assert_uint_eq(answered(&f), 7);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(all_barred_is_an_empty_answer)
{
    struct control_fixture f;
    start(&f);
    for (uint32_t m = 0; m < 3; m++)
        ck_assert(
            control_override_member_state(f.control, web(&f), m, OVERRIDE_DOWN, NULL, "jo", 0));
    ck_assert_uint_eq(answered(&f), 0);
    /* The pool above goes on to its other member. */
    char *text = control_fixture_dig(&f, "top.example.test A");
    ck_assert_ptr_nonnull(strstr(text, "198.51.100.9"));
    mem_free(text);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_override");
    TCase *tcase = tcase_create("control_override");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, member_down_drain_up_auto);
    tcase_add_test(tcase, member_beats_backend);
    tcase_add_test(tcase, weight_zero_and_back);
    tcase_add_test(tcase, expires_by_itself);
    tcase_add_test(tcase, delete_by_id_and_orphans);
    tcase_add_test(tcase, all_barred_is_an_empty_answer);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
