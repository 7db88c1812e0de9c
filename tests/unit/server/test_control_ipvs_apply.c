// SPDX-License-Identifier: BSD-2-Clause
/* Others' hands, failures, and the order of what is written. */
#include "base/clock.h"
#include "base/mem.h"
#include "server/control.h"
#include "server/control_ipvs.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct ipvs_scene s;

static void start(const char *ipvs, const char *service)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, ipvs, service, NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
}

/* The operation on rs1 as another tool would do it. */
static struct ipvs_op on_rs1(unsigned kind, uint32_t weight)
{
    struct endpoint rs1 = backend_endpoint(s.server[0]);
    struct ipvs_op op = { .kind = (uint8_t)kind };
    op.service.key = s.key;
    op.dest = (struct ipvs_dest){ .addr = rs1.addr, .port = rs1.port, .weight = weight };
    return op;
}

static bool has_alarm(const char *prefix)
{
    const struct alarms *alarms = control_alarms(ipvs_scene_control(&s));
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        if (strncmp(alarms_at(alarms, i)->key, prefix, strlen(prefix)) == 0)
            return true;
    }
    return false;
}

static bool alarm_stands(void *data)
{
    return has_alarm(*(const char **)data);
}

static bool alarm_is_gone(void *data)
{
    return !has_alarm(*(const char **)data);
}

static void expect_alarm(const char *prefix, bool stands)
{
    ck_assert(control_fixture_until(&s.api.control, stands ? alarm_stands : alarm_is_gone, &prefix,
                                    5000));
}

static uint64_t repairs(void)
{
    struct control_ipvs_status status;
    control_ipvs_status(ipvs_scene_control(&s), &status);
    return status.counts->repairs;
}

START_TEST(a_flush_and_edits_by_others_are_repaired)
{
    start("", "");
    ck_assert_uint_eq(repairs(), 0);
    ipvs_fake_flush(s.kernel.fake);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert_uint_eq(repairs(), 3);
    struct ipvs_op edit = on_rs1(IPVS_OP_EDIT_DEST, 77);
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &edit), 0);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert_uint_eq(repairs(), 4);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(foreign_services_are_left_alone_in_shared_mode)
{
    struct ipvs_op foreign = { .kind = IPVS_OP_ADD_SERVICE };
    struct ipvs_keys keys;
    start("", "");
    ck_assert(ipvs_key_parse("tcp 203.0.113.77:25", &foreign.service.key));
    (void)snprintf(foreign.service.scheduler, sizeof(foreign.service.scheduler), "rr");
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &foreign), 0);
    struct ipvs_op edit = on_rs1(IPVS_OP_EDIT_DEST, 1);
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &edit), 0);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    char *table = ipvs_fixture_table(&s.kernel);
    ck_assert_ptr_nonnull(strstr(table, "tcp 203.0.113.77:25 rr"));
    mem_free(table);
    ipvs_keys_init(&keys);
    control_ipvs_foreign(ipvs_scene_control(&s), &keys);
    ck_assert_uint_eq(keys.count, 1);
    ck_assert(ipvs_keys_has(&keys, &foreign.service.key));
    ipvs_keys_fini(&keys);
    ipvs_scene_fini(&s);
}
END_TEST

static bool is_alone(void *data)
{
    struct ipvs_table table;
    (void)data;
    ipvs_table_init(&table);
    ipvs_fake_copy(s.kernel.fake, &table);
    bool alone = table.count == 1;
    ipvs_table_fini(&table);
    return alone;
}

START_TEST(exclusive_takes_what_is_not_ours)
{
    struct ipvs_op foreign = { .kind = IPVS_OP_ADD_SERVICE };
    start("\"mode\": \"exclusive\",", "");
    ck_assert(ipvs_key_parse("fwmark 7", &foreign.service.key));
    (void)snprintf(foreign.service.scheduler, sizeof(foreign.service.scheduler), "rr");
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &foreign), 0);
    ck_assert(control_fixture_until(&s.api.control, is_alone, NULL, 5000));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_fight_is_told_and_not_fought_to_the_end)
{
    start("", "");
    for (int i = 0; i < CONTROL_IPVS_FIGHT_COUNT; i++) {
        struct ipvs_op edit = on_rs1(IPVS_OP_EDIT_DEST, 50);
        ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &edit), 0);
        ipvs_scene_expect(&s, "rs1=4 rs2=4");
    }
    expect_alarm("ipvs_fight:vip", true);
    uint64_t before = ipvs_fake_writes(s.kernel.fake);
    struct ipvs_op edit = on_rs1(IPVS_OP_EDIT_DEST, 50);
    uint64_t dumps = ipvs_fake_dumps(s.kernel.fake);
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &edit), 0);
    while (ipvs_fake_dumps(s.kernel.fake) < dumps + 3)
        (void)uv_run(&s.api.control.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(ipvs_fake_writes(s.kernel.fake), before);
    /* What we want ourselves does not wait. */
    backend_set_face(s.server[1], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs1=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(what_fails_is_told_and_tried_again)
{
    start("", "");
    ipvs_fake_fail(s.kernel.fake, IPVS_OP_DELETE_DEST, ENOMEM);
    backend_set_face(s.server[0], BACKEND_REFUSE);
    expect_alarm("ipvs_apply", true);
    ipvs_scene_expect(&s, "rs2=4");
    expect_alarm("ipvs_apply", false);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_scheduler_that_is_not_there_is_named)
{
    ipvs_scene_init(&s);
    ipvs_fake_lacks(s.kernel.fake, "wrr");
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    expect_alarm("ipvs_apply", true);
    const struct alarms *alarms = control_alarms(ipvs_scene_control(&s));
    ck_assert_ptr_nonnull(strstr(alarms_at(alarms, 0)->text, "ip_vs_wrr"));
    ck_assert(!ipvs_scene_answers(&s));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(sync_daemons_and_timeouts_follow_the_config)
{
    struct ipvs_table table;
    start("\"timeouts\": {\"tcp\": 600}, \"sync\": {\"role\": \"both\", \"interface\": \"lo\", "
          "\"id\": "
          "9},",
          "");
    ipvs_table_init(&table);
    ipvs_fake_copy(s.kernel.fake, &table);
    ck_assert_uint_eq(table.timeouts.tcp, 600);
    ck_assert_uint_eq(table.daemon_count, 2);
    ck_assert_uint_eq(table.daemons[0].role, IPVS_MASTER);
    ck_assert_uint_eq(table.daemons[1].id, 9);
    ipvs_table_fini(&table);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(the_alarm_of_a_failure_ends_when_it_is_not_wanted_any_more)
{
    start("", "");
    struct ipvs_op gone = on_rs1(IPVS_OP_DELETE_DEST, 0);
    ipvs_fake_fail(s.kernel.fake, IPVS_OP_DELETE_DEST, EIO);
    backend_set_face(s.server[0], BACKEND_REFUSE);
    expect_alarm("ipvs_apply", true);
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &gone), 0);
    expect_alarm("ipvs_apply", false);
    ipvs_scene_fini(&s);
}
END_TEST

/* One service that cannot be, and the others go on without delay. */
static void start_beside_a_failure(void)
{
    ipvs_scene_init(&s);
    s.services = "\"bad\": {\"address\": \"203.0.113.11\", \"port\": 80, \"scheduler\": "
                 "\"sed\", \"check\": [], \"servers\": {\"a\": {\"address\": \"192.0.2.9\"}}}";
    ipvs_fake_lacks(s.kernel.fake, "sed");
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    expect_alarm("ipvs_apply", true);
}

static bool has_failed_six_times(void *data)
{
    struct control_ipvs_status status;
    (void)data;
    control_ipvs_status(ipvs_scene_control(&s), &status);
    return status.counts->operations[IPVS_OP_ADD_SERVICE][1] >= 6;
}

/* A weight for rs1. */
static void wish(uint32_t weight)
{
    struct control_override_words words = { .author = "jo" };
    ck_assert(control_override_server_weight(ipvs_scene_control(&s), 0, 0, false, weight, &words));
    control_ipvs_decide(ipvs_scene_control(&s));
}

START_TEST(what_fails_all_the_time_holds_up_nothing_else)
{
    start_beside_a_failure();
    /* By now the pause between two attempts is some seconds. */
    ck_assert(control_fixture_until(&s.api.control, has_failed_six_times, NULL, 10000));
    uint64_t before = clock_mono_ms();
    wish(9);
    ipvs_scene_expect(&s, "rs1=9 rs2=4");
    control_fixture_served(&s.api.control);
    ck_assert_uint_lt(clock_mono_ms() - before, 1000);
    /* Nor what is asked for while the helper is at it. */
    for (uint32_t weight = 10; weight < 40; weight += 2) {
        before = clock_mono_ms();
        wish(weight);
        for (uint64_t writes = ipvs_fake_writes(s.kernel.fake);
             ipvs_fake_writes(s.kernel.fake) == writes;)
            (void)uv_run(&s.api.control.loop, UV_RUN_NOWAIT);
        wish(weight + 1);
        char wanted[32];
        (void)snprintf(wanted, sizeof(wanted), "rs1=%u rs2=4", (unsigned)weight + 1);
        ipvs_scene_expect(&s, wanted);
        ck_assert_uint_lt(clock_mono_ms() - before, 1000);
    }
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_fight_over_a_service_that_goes_is_over)
{
    start("\"max_remove\": 100,", "\"drain\": \"0s\",");
    for (int i = 0; i < CONTROL_IPVS_FIGHT_COUNT; i++) {
        struct ipvs_op edit = on_rs1(IPVS_OP_EDIT_DEST, 50);
        ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &edit), 0);
        ipvs_scene_expect(&s, "rs1=4 rs2=4");
    }
    expect_alarm("ipvs_fight:vip", true);
    ipvs_scene_config_without(&s, "\"max_remove\": 100,");
    control_reload(ipvs_scene_control(&s), "test", NULL, NULL);
    ipvs_scene_expect(&s, "-");
    expect_alarm("ipvs_fight", false);
    ipvs_scene_fini(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs_apply");
    TCase *tcase = tcase_create("control_ipvs_apply");
    tcase_add_test(tcase, a_flush_and_edits_by_others_are_repaired);
    tcase_add_test(tcase, foreign_services_are_left_alone_in_shared_mode);
    tcase_add_test(tcase, exclusive_takes_what_is_not_ours);
    tcase_add_test(tcase, a_fight_is_told_and_not_fought_to_the_end);
    tcase_add_test(tcase, what_fails_is_told_and_tried_again);
    tcase_add_test(tcase, a_scheduler_that_is_not_there_is_named);
    tcase_add_test(tcase, sync_daemons_and_timeouts_follow_the_config);
    tcase_add_test(tcase, the_alarm_of_a_failure_ends_when_it_is_not_wanted_any_more);
    tcase_add_test(tcase, what_fails_all_the_time_holds_up_nothing_else);
    tcase_add_test(tcase, a_fight_over_a_service_that_goes_is_over);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
