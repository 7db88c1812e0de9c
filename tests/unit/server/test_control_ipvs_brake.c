// SPDX-License-Identifier: BSD-2-Clause
/* Reloads that take too much, and what an earlier process left. */
#include "base/clock.h"
#include "base/mem.h"
#include "server/control_ipvs.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NO_SERVICES                                                                                \
    "\"api\": {\"listen\": [\"unix:api.sock\"]}, \"ipvs\": {\"services\": {}}, \"pools\": "        \
    "{\"web\": {\"members\": {\"plain\": {\"address\": "                                           \
    "\"192.0.2.1\"}}}}, \"zones\": {\"example.test\": {\"file\": \"example.test.zone\", "          \
    "\"names\": {\"www\": \"web\"}}}"

static struct ipvs_scene s;

static void start(const char *ipvs, const char *service)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, ipvs, service, NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
}

static struct control *control(void)
{
    return ipvs_scene_control(&s);
}

static struct ipvs_scene_reload reload(bool force)
{
    return ipvs_scene_reload(&s, force);
}

START_TEST(a_reload_that_takes_too_much_is_refused)
{
    start("", "\"drain\": \"1s\",");
    control_fixture_config(&s.api.control, NO_SERVICES);
    struct ipvs_scene_reload result = reload(false);
    ck_assert(!result.ok);
    ck_assert_ptr_nonnull(strstr(result.first, "2 of 2 live real servers"));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert(ipvs_scene_answers(&s));
    /* With force it is drained, and then gone. */
    result = reload(true);
    ck_assert(result.ok);
    ck_assert(!ipvs_scene_answers(&s));
    ipvs_scene_expect(&s, "-");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(servers_of_which_only_the_port_changes_are_no_loss)
{
    start("", "");
    ipvs_scene_config(&s, "", "",
                      "\"rs1\": {\"address\": \"127.0.0.21\", \"port\": 9}, "
                      "\"rs2\": {\"address\": \"127.0.0.22\", \"port\": 9}");
    ck_assert(reload(false).ok);
    ipvs_scene_fini(&s);
}
END_TEST

/* Started again with a config that has lost the service. */
static void restart_without(const char *max_remove)
{
    char sections[1024];
    ipvs_scene_stop(&s);
    (void)snprintf(sections, sizeof(sections),
                   "\"ipvs\": {%s \"services\": {}}, \"zones\": {\"example.test\": {\"file\": "
                   "\"example.test.zone\"}}",
                   max_remove);
    control_fixture_config(&s.api.control, sections);
    ipvs_scene_start(&s);
}

START_TEST(what_an_earlier_process_left_is_drained)
{
    start("", "");
    restart_without("\"max_remove\": 100,");
    ipvs_scene_expect(&s, "-");
    ipvs_scene_fini(&s);
}
END_TEST

struct done {
    bool called;
    size_t held;
};

static void on_done(void *data, const struct control_ipvs_done *done)
{
    *(struct done *)data = (struct done){ true, done->held->count };
}

static bool is_done(void *data)
{
    return ((struct done *)data)->called;
}

START_TEST(too_much_that_is_left_is_held)
{
    struct done done = { 0 };
    struct control_service service;
    start("", "");
    restart_without("");
    control_ipvs_plan(control(), on_done, &done);
    ck_assert(control_fixture_until(&s.api.control, is_done, &done, 5000));
    ck_assert_uint_eq(done.held, 1);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    control_ipvs_service(control(), 0, &service);
    ck_assert(service.held);
    ck_assert_uint_eq(alarms_count(control_alarms(control())), 1);
    done = (struct done){ 0 };
    control_ipvs_apply(control(), true, on_done, &done);
    ck_assert(control_fixture_until(&s.api.control, is_done, &done, 5000));
    ipvs_scene_expect(&s, "-");
    ck_assert_uint_eq(alarms_count(control_alarms(control())), 0);
    ipvs_scene_fini(&s);
}
END_TEST

static void hold(const char *ipvs)
{
    start(ipvs, "");
    ipvs_scene_stop(&s);
    ipvs_scene_config_without(&s, ipvs);
    ipvs_scene_start(&s);
    ck_assert_uint_eq(alarms_count(control_alarms(control())), 1);
}

static bool has_no_alarm(void *data)
{
    (void)data;
    return alarms_count(control_alarms(control())) == 0;
}

static bool has_no_director(void *data)
{
    struct control_ipvs_status status;
    (void)data;
    control_ipvs_status(control(), &status);
    return status.directors == 0;
}

START_TEST(what_is_held_stays_where_all_else_goes)
{
    struct ipvs_op foreign = { .kind = IPVS_OP_ADD_SERVICE };
    hold("\"mode\": \"exclusive\",");
    ck_assert(ipvs_key_parse("fwmark 7", &foreign.service.key));
    (void)snprintf(foreign.service.scheduler, sizeof(foreign.service.scheduler), "rr");
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &foreign), 0);
    mem_free(ipvs_fake_history(s.kernel.fake));
    uint64_t writes = ipvs_fake_writes(s.kernel.fake);
    while (ipvs_fake_writes(s.kernel.fake) == writes)
        (void)uv_run(&s.api.control.loop, UV_RUN_ONCE);
    char *history = ipvs_fake_history(s.kernel.fake);
    ck_assert_str_eq(history, "delete_service fwmark 7\n");
    mem_free(history);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(what_is_held_and_removed_by_hand_is_forgotten)
{
    hold("");
    ipvs_fake_flush(s.kernel.fake);
    ck_assert(control_fixture_until(&s.api.control, has_no_alarm, NULL, 5000));
    ck_assert(has_no_director(NULL));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(what_is_held_may_come_back_into_the_config)
{
    hold("");
    ipvs_scene_config(&s, "", "", NULL);
    ck_assert(reload(false).ok);
    ck_assert(has_no_alarm(NULL));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_expect_dns(&s, true);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(what_is_held_does_not_hold_up_the_end)
{
    hold("\"on_exit\": \"drain\",");
    uint64_t before = clock_mono_ms();
    control_settle(control());
    ck_assert_uint_lt(clock_mono_ms() - before, 2000);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

/* It is in no list of servers, and is not lost. */
START_TEST(a_sorry_server_does_not_count_for_the_brake)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "\"max_remove\": 10,",
                      "\"quorum\": 2, \"sorry\": {\"address\": \"192.0.2.200\", \"port\": 80}, "
                      "\"sorry_keeps\": true,",
                      NULL);
    ipvs_scene_start(&s);
    backend_set_face(s.server[0], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs2=4 192.0.2.200:80=1");
    ck_assert(reload(false).ok);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(who_only_observes_needs_no_brake)
{
    start("", "");
    ipvs_scene_stop(&s);
    ipvs_scene_config(&s, "\"mode\": \"observe\",", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_config_without(&s, "\"mode\": \"observe\",");
    ck_assert(reload(false).ok);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs_brake");
    TCase *tcase = tcase_create("control_ipvs_brake");
    tcase_add_test(tcase, a_reload_that_takes_too_much_is_refused);
    tcase_add_test(tcase, servers_of_which_only_the_port_changes_are_no_loss);
    tcase_add_test(tcase, what_an_earlier_process_left_is_drained);
    tcase_add_test(tcase, too_much_that_is_left_is_held);
    tcase_add_test(tcase, what_is_held_stays_where_all_else_goes);
    tcase_add_test(tcase, what_is_held_and_removed_by_hand_is_forgotten);
    tcase_add_test(tcase, what_is_held_may_come_back_into_the_config);
    tcase_add_test(tcase, what_is_held_does_not_hold_up_the_end);
    tcase_add_test(tcase, a_sorry_server_does_not_count_for_the_brake);
    tcase_add_test(tcase, who_only_observes_needs_no_brake);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
