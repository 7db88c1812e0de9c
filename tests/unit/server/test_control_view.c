// SPDX-License-Identifier: BSD-2-Clause
#include "server/control.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS                                                                                   \
    "\"checks\": {\"tcp\": {\"type\": \"tcp\", \"port\": 1, \"timeout\": \"1s\"}},"                \
    "\"pools\": {\"web\": {\"policy\": \"round_robin\", \"ttl\": 60, \"members\": {"               \
    "\"free\": {\"address\": [\"192.0.2.1\", \"2001:db8::1\"]}, \"off\": {\"address\": "           \
    "\"192.0.2.2\", \"disabled\": true},"                                                          \
    "\"dead\": {\"address\": \"127.0.0.1\", \"check\": \"tcp\", \"weight\": 5}}},"                 \
    "\"top\": {\"policy\": \"failover\", \"members\": {\"in\": {\"pool\": \"web\"}}},"             \
    "\"dark\": {\"policy\": \"failover\", \"check\": \"tcp\", \"members\": {\"d\": {\"address\": " \
    "\"127.0.0.1\"}}},"                                                                            \
    "\"above\": {\"policy\": \"failover\", \"members\": {\"in\": {\"pool\": \"dark\"}}}},"         \
    "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"www\": "        \
    "\"top\"}}}"

static const char *state_of(struct control_fixture *f, const char *pool, const char *member)
{
    struct control_member out;
    uint32_t p = world_pool(control_world(f->control), pool);
    ck_assert_uint_ne(p, POOL_NONE);
    uint32_t m = world_member(control_world(f->control), p, member);
    ck_assert_uint_ne(m, POOL_NONE);
    control_member(f->control, p, m, &out);
    return out.state;
}

START_TEST(every_state_has_its_name)
{
    struct control_fixture f;
    struct control_address address;
    struct control_member member;
    unsigned up, down, unknown, disabled;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, SECTIONS);
    ck_assert_msg(control_fixture_start(&f), "%s", f.errors.count > 0 ? f.errors.lines[0] : "?");
    uint32_t web = world_pool(control_world(f.control), "web");
    ck_assert_str_eq(state_of(&f, "web", "free"), "unknown");
    ck_assert_str_eq(state_of(&f, "web", "off"), "disabled");
    ck_assert_str_eq(state_of(&f, "web", "dead"), "down");
    ck_assert_str_eq(state_of(&f, "top", "in"), "up");
    ck_assert_str_eq(state_of(&f, "above", "in"), "down");
    control_member_counts(f.control, &up, &down, &unknown, &disabled);
    ck_assert_uint_eq(up, 1);
    ck_assert_uint_eq(down, 3);
    ck_assert_uint_eq(unknown, 1);
    ck_assert_uint_eq(disabled, 1);

    control_address(f.control, web, 2, 0, &address);
    ck_assert(address.checked);
    ck_assert_int_eq(address.verdict, HEALTH_DOWN);
    ck_assert_int_eq(address.use, POOL_FAILED);
    ck_assert(address.last.probed);
    ck_assert_str_eq(address.last.reason, "connection refused");
    control_member(f.control, web, 0, &member);
    ck_assert(member.live[PICKER_A] && member.live[PICKER_AAAA]);
    control_member(f.control, web, 2, &member);
    ck_assert(!member.live[PICKER_A] && !member.live[PICKER_AAAA]);
    ck_assert_uint_eq(member.weight, 5);

    ck_assert(control_override_member_state(f.control, web, 2, OVERRIDE_UP, NULL, "jo", 0));
    ck_assert_str_eq(state_of(&f, "web", "dead"), "admin_up");
    ck_assert(control_override_member_state(f.control, web, 2, OVERRIDE_DOWN, NULL, "jo", 0));
    ck_assert_str_eq(state_of(&f, "web", "dead"), "admin_down");
    ck_assert(control_override_member_state(f.control, web, 0, OVERRIDE_DRAIN, NULL, "jo", 0));
    ck_assert_str_eq(state_of(&f, "web", "free"), "draining");
    control_address(f.control, web, 0, 1, &address);
    ck_assert_int_eq(address.use, POOL_BARRED);
    control_fixture_fini(&f);
}
END_TEST

/* A drain is over when the last answer given out has outlived its TTL; here names give it out with
 * TTL 0. */
START_TEST(drained_after_the_tail)
{
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, "\"pools\": {\"web\": {\"policy\": \"all\", \"ttl\": 0, "
                               "\"members\": {\"a\": {\"address\": \"192.0.2.1\"}}}},"
                               "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", "
                               "\"names\": {\"www\": \"web\"}}}");
    ck_assert_msg(control_fixture_start(&f), "%s", f.errors.count > 0 ? f.errors.lines[0] : "?");
    ck_assert_uint_eq(control_world(f.control)->tail_s[0], 0);
    ck_assert(control_override_member_state(f.control, 0, 0, OVERRIDE_DRAIN, NULL, "jo", 0));
    ck_assert_str_eq(state_of(&f, "web", "a"), "drained");
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_view");
    TCase *tcase = tcase_create("control_view");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_state_has_its_name);
    tcase_add_test(tcase, drained_after_the_tail);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
