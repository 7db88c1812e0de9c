// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outcome {
    unsigned calls;
    bool ok;
    uint64_t generation;
    char first[512]; /* error */
    size_t errors;
};

static void note(void *data, bool ok, uint64_t generation, const struct errlist *errors)
{
    struct outcome *outcome = data;
    outcome->calls++;
    outcome->ok = ok;
    outcome->generation = generation;
    outcome->errors = errors->count;
    if (errors->count > 0)
        (void)snprintf(outcome->first, sizeof(outcome->first), "%s", errors->lines[0]);
}

static bool was_called(void *data)
{
    return ((struct outcome *)data)->calls > 0;
}

static struct outcome reload(struct control_fixture *f)
{
    struct outcome outcome = { 0 };
    control_reload(f->control, "the test", note, &outcome);
    ck_assert(control_fixture_until(f, was_called, &outcome, 20000));
    return outcome;
}

static void start(struct control_fixture *f)
{
    control_fixture_init(f, CONTROL_ZONE);
    control_fixture_config(f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(f));
}

static bool answers(struct control_fixture *f, const char *words, const char *part)
{
    char *text = control_fixture_dig(f, words);
    ck_assert_ptr_nonnull(text);
    bool found = strstr(text, part) != NULL;
    mem_free(text);
    return found;
}

START_TEST(takes_a_new_zone_and_keeps_overrides)
{
    struct control_fixture f;
    start(&f);
    ck_assert(control_override_member_state(f.control, 0, 0, OVERRIDE_DOWN, NULL, "jo", 0));
    control_fixture_write(&f, "example.test.zone", CONTROL_ZONE "fresh A 192.0.2.200\n");
    struct outcome outcome = reload(&f);
    ck_assert_msg(outcome.ok, "%s", outcome.first);
    ck_assert_uint_gt(outcome.generation, 1);
    ck_assert(answers(&f, "fresh.example.test A", "192.0.2.200"));
    ck_assert(!answers(&f, "www.example.test A", "192.0.2.1\n"));
    ck_assert(answers(&f, "www.example.test A", "192.0.2.2\n"));
    control_fixture_fini(&f);
}
END_TEST

START_TEST(overrides_of_all_kinds_are_kept)
{
    struct control_fixture f;
    struct addr addr;
    struct control_member member;
    start(&f);
    ck_assert(addr_parse("192.0.2.2", &addr));
    ck_assert(control_override_backend(f.control, &addr, OVERRIDE_DOWN, NULL, "jo", 0));
    ck_assert(control_override_member_weight(f.control, 0, 2, false, 9, NULL, "jo", 0));
    ck_assert(reload(&f).ok);
    uint32_t web = world_pool(control_world(f.control), "web");
    control_member(f.control, web, 1, &member);
    ck_assert_str_eq(member.state, "admin_down");
    control_member(f.control, web, 2, &member);
    ck_assert_uint_eq(member.effective_weight, 9);
    ck_assert(!answers(&f, "www.example.test A", "192.0.2.2\n"));
    control_fixture_fini(&f);
}
END_TEST

START_TEST(an_error_keeps_the_old_world)
{
    struct control_fixture f;
    start(&f);
    control_fixture_write(&f, "example.test.zone", CONTROL_ZONE "fresh A 192.0.2.200\nbad A x\n");
    uint64_t before = control_generation(f.control);
    struct outcome outcome = reload(&f);
    ck_assert(!outcome.ok);
    ck_assert_uint_eq(outcome.errors, 1);
    ck_assert_ptr_nonnull(strstr(outcome.first, "example.test.zone:10: "));
    ck_assert_uint_eq(control_generation(f.control), before);
    ck_assert_uint_eq(control_reload_failures(f.control), 1);
    ck_assert(answers(&f, "fresh.example.test A", "NXDOMAIN"));
    ck_assert(answers(&f, "www.example.test A", "192.0.2.1\n"));
    ck_assert_uint_eq(alarms_count(control_alarms(f.control)), 1);
    /* Mended: the alarm goes. */
    control_fixture_write(&f, "example.test.zone", CONTROL_ZONE);
    ck_assert(reload(&f).ok);
    ck_assert_uint_eq(alarms_count(control_alarms(f.control)), 0);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(start_only_values_need_a_restart)
{
    struct control_fixture f;
    start(&f);
    f.listen.port = (uint16_t)(f.listen.port == 65535 ? 1024 : f.listen.port + 1);
    control_fixture_config(&f, CONTROL_SECTIONS);
    struct outcome outcome = reload(&f);
    ck_assert(!outcome.ok);
    ck_assert_ptr_nonnull(strstr(outcome.first, "server.listen"));
    ck_assert_ptr_nonnull(strstr(outcome.first, "restart needed"));
    control_fixture_fini(&f);
}
END_TEST

static bool all_called(void *data)
{
    const struct outcome *outcomes = data;
    for (int i = 0; i < 5; i++) {
        if (outcomes[i].calls == 0)
            return false;
    }
    return true;
}

/* Five at once: the first loads, the other four are answered by one more load. */
START_TEST(a_storm_is_two_loads)
{
    struct control_fixture f;
    struct outcome outcomes[5] = { 0 };
    start(&f);
    uint64_t before = control_generation(f.control);
    for (int i = 0; i < 5; i++)
        control_reload(f.control, "the test", note, &outcomes[i]);
    ck_assert(control_fixture_until(&f, all_called, outcomes, 20000));
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(outcomes[i].calls, 1);
        ck_assert(outcomes[i].ok);
    }
    ck_assert_uint_eq(control_generation(f.control), before + 2);
    control_fixture_fini(&f);
}
END_TEST

/* partial_reload: what is good is published, the bad zone keeps its last good version. */
START_TEST(partial_reload_keeps_the_bad_zone)
{
    struct control_fixture f;
    static const char two_zones[] =
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}, \"other.test\": "
        "{\"file\": \"other.zone\"}}";
    char text[1024];
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_write(&f, "other.zone",
                          "$TTL 60\n@ SOA ns1 a 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n");
    (void)snprintf(text, sizeof(text),
                   "{\"server\": {\"listen\": [\"127.0.0.1:%u\"], \"workers\": 2, "
                   "\"partial_reload\": true},\n%s}\n",
                   (unsigned)f.listen.port, two_zones);
    control_fixture_write(&f, "gslb.json", text);
    ck_assert_msg(control_fixture_start(&f), "%s", f.errors.count > 0 ? f.errors.lines[0] : "?");
    control_fixture_write(&f, "example.test.zone", "broken");
    control_fixture_write(&f, "other.zone",
                          "$TTL 60\n@ SOA ns1 a 2 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.2\n");
    struct outcome outcome = reload(&f);
    ck_assert(outcome.ok);
    ck_assert_uint_gt(outcome.errors, 0);
    ck_assert(answers(&f, "ns1.other.test A", "192.0.2.2"));
    ck_assert(answers(&f, "plain.example.test A", "192.0.2.80"));
    ck_assert_uint_eq(alarms_count(control_alarms(f.control)), 1);
    control_fixture_fini(&f);
}
END_TEST

#define OTHER(address) "$TTL 60\n@ SOA ns1 a 1 2 3 4 5\n@ NS ns1\nns1 A " address "\n"

static void start_two(struct control_fixture *f)
{
    control_fixture_init(f, CONTROL_ZONE);
    control_fixture_write(f, "other.zone", OTHER("192.0.2.1"));
    control_fixture_config(f, "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}, "
                              "\"other.test\": {\"file\": \"other.zone\"}}");
    ck_assert_msg(control_fixture_start(f), "%s", f->errors.count > 0 ? f->errors.lines[0] : "?");
}

static struct outcome reload_zone(struct control_fixture *f, const char *name)
{
    struct outcome outcome = { 0 };
    const struct world *world = control_world(f->control);
    size_t zone = strcmp(world->zones[0].name, name) == 0 ? 0 : 1;
    ck_assert_str_eq(world->zones[zone].name, name);
    control_reload_zone(f->control, zone, "the test", note, &outcome);
    ck_assert(control_fixture_until(f, was_called, &outcome, 20000));
    return outcome;
}

/* Neither the config on disk nor the other zone's file matters to it. */
START_TEST(one_zone_alone)
{
    struct control_fixture f;
    start_two(&f);
    control_fixture_write(&f, "gslb.json", "broken");
    ck_assert(!reload(&f).ok);
    control_fixture_write(&f, "example.test.zone", "broken");
    control_fixture_write(&f, "other.zone", OTHER("192.0.2.2"));
    struct outcome outcome = reload_zone(&f, "other.test");
    ck_assert_msg(outcome.ok, "%s", outcome.first);
    ck_assert_uint_eq(outcome.errors, 0);
    ck_assert(answers(&f, "ns1.other.test A", "192.0.2.2"));
    ck_assert(answers(&f, "plain.example.test A", "192.0.2.80"));
    ck_assert_uint_eq(alarms_count(control_alarms(f.control)), 1); /* that of the whole */

    outcome = reload_zone(&f, "example.test");
    ck_assert(!outcome.ok);
    ck_assert_ptr_nonnull(strstr(outcome.first, "example.test.zone:1: "));
    ck_assert(answers(&f, "plain.example.test A", "192.0.2.80"));
    ck_assert_uint_eq(alarms_count(control_alarms(f.control)), 2);
    control_fixture_write(&f, "example.test.zone", CONTROL_ZONE);
    ck_assert(reload_zone(&f, "example.test").ok);
    ck_assert_uint_eq(alarms_count(control_alarms(f.control)), 1);
    control_fixture_fini(&f);
}
END_TEST

/* Asked for at once: each gets what it asked for, those that ask for the same by one load. */
START_TEST(zones_and_the_whole_at_once)
{
    struct control_fixture f;
    struct outcome outcomes[5] = { 0 };
    start_two(&f);
    control_fixture_write(&f, "example.test.zone", "broken");
    control_fixture_write(&f, "other.zone", OTHER("192.0.2.2"));
    bool first_is_other = strcmp(control_world(f.control)->zones[0].name, "other.test") == 0;
    size_t other = first_is_other ? 0 : 1;
    uint64_t before = control_generation(f.control);
    control_reload(f.control, "the test", note, &outcomes[0]);
    for (int i = 1; i < 4; i++)
        control_reload_zone(f.control, i == 2 ? 1 - other : other, "the test", note, &outcomes[i]);
    control_reload(f.control, "the test", note, &outcomes[4]);
    ck_assert(control_fixture_until(&f, all_called, outcomes, 20000));
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(outcomes[i].calls, 1);
        ck_assert_int_eq(outcomes[i].ok, i == 1 || i == 3);
    }
    ck_assert_uint_eq(control_generation(f.control), before + 1);
    ck_assert(answers(&f, "ns1.other.test A", "192.0.2.2"));
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_reload");
    TCase *tcase = tcase_create("control_reload");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, takes_a_new_zone_and_keeps_overrides);
    tcase_add_test(tcase, overrides_of_all_kinds_are_kept);
    tcase_add_test(tcase, an_error_keeps_the_old_world);
    tcase_add_test(tcase, start_only_values_need_a_restart);
    tcase_add_test(tcase, a_storm_is_two_loads);
    tcase_add_test(tcase, partial_reload_keeps_the_bad_zone);
    tcase_add_test(tcase, one_zone_alone);
    tcase_add_test(tcase, zones_and_the_whole_at_once);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
