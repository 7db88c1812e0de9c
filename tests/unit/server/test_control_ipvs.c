// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

START_TEST(table_is_there_before_the_first_answer)
{
    struct ipvs_scene s;
    struct control_ipvs_status status;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    char *table = ipvs_fixture_table(&s.kernel);
    ck_assert_ptr_nonnull(strstr(table, SCENE_KEY " wrr\n"));
    ck_assert_ptr_nonnull(strstr(table, "nat, weight 4"));
    mem_free(table);
    ck_assert(ipvs_scene_answers(&s));
    control_ipvs_status(ipvs_scene_control(&s), &status);
    ck_assert(status.present && status.available);
    ck_assert_uint_eq(status.directors, 1);
    ck_assert_uint_eq(status.counts->operations[IPVS_OP_ADD_DEST][0], 2);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_dead_server_leaves_and_comes_back)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert_uint_eq(control_ipvs_share(ipvs_scene_control(&s), 1), POOL_SHARE_ONE);
    backend_set_face(s.server[1], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs1=4");
    ck_assert_uint_eq(control_ipvs_share(ipvs_scene_control(&s), 1), POOL_SHARE_ONE / 2);
    ck_assert(ipvs_scene_answers(&s));
    backend_set_face(s.server[1], BACKEND_HTTP);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_failed_server_may_stay_with_weight_0)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "\"on_fail\": \"quiesce\",", NULL);
    ipvs_scene_start(&s);
    backend_set_face(s.server[0], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs1=0 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

/* At whatever moment one looks: an empty service is not in DNS. */
static bool empty_and_silent(void *data)
{
    struct ipvs_scene *s = data;
    struct ipvs_table table;
    ipvs_table_init(&table);
    ipvs_fake_copy(s->kernel.fake, &table);
    const struct ipvs_service *service = ipvs_table_find(&table, &s->key);
    bool empty = service == NULL || service->dest_count == 0;
    ipvs_table_fini(&table);
    ck_assert(!empty || !ipvs_scene_answers(s));
    return empty;
}

START_TEST(the_vip_leaves_dns_before_the_kernel_loses_its_last_server)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ck_assert(ipvs_scene_answers(&s));
    for (int i = 0; i < 2; i++)
        backend_set_face(s.server[i], BACKEND_REFUSE);
    ck_assert(control_fixture_until(&s.api.control, empty_and_silent, &s, 5000));
    /* And the other way round when they are back. */
    backend_set_face(s.server[0], BACKEND_HTTP);
    ipvs_scene_expect_dns(&s, true);
    ipvs_scene_expect(&s, "rs1=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(without_ipvs_dns_goes_by_health_alone)
{
    struct ipvs_scene s;
    struct control_ipvs_status status;
    ipvs_scene_init(&s);
    ipvs_fake_unavailable(s.kernel.fake, ENOENT);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    control_ipvs_status(ipvs_scene_control(&s), &status);
    ck_assert(status.present && !status.available);
    ck_assert_ptr_nonnull(strstr(status.reason, "modprobe ip_vs"));
    ck_assert_uint_eq(alarms_count(control_alarms(ipvs_scene_control(&s))), 1);
    ck_assert(ipvs_scene_answers(&s));
    for (int i = 0; i < 2; i++)
        backend_set_face(s.server[i], BACKEND_REFUSE);
    ipvs_scene_expect_dns(&s, false);
    /* The module is loaded later. */
    ipvs_fake_unavailable(s.kernel.fake, 0);
    backend_set_face(s.server[1], BACKEND_HTTP);
    ipvs_scene_expect(&s, "rs2=4");
    ipvs_scene_expect_dns(&s, true);
    ck_assert_uint_eq(alarms_count(control_alarms(ipvs_scene_control(&s))), 0);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(without_ipvs_the_vip_may_be_withdrawn)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_fake_unavailable(s.kernel.fake, EPERM);
    ipvs_scene_config(&s, "\"on_unavailable\": \"withdraw\",", "", NULL);
    ipvs_scene_start(&s);
    ck_assert(!ipvs_scene_answers(&s));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_restart_adopts_the_table_without_a_write)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "\"slow_start\": \"60s\",", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_stop(&s);
    uint64_t writes = ipvs_fake_writes(s.kernel.fake);
    ipvs_scene_start(&s);
    control_fixture_served(&s.api.control);
    ck_assert(ipvs_scene_answers(&s));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert_uint_eq(ipvs_fake_writes(s.kernel.fake), writes);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(observe_never_writes)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "\"mode\": \"observe\",", "", NULL);
    ipvs_scene_start(&s);
    control_fixture_served(&s.api.control);
    ck_assert_uint_eq(ipvs_fake_writes(s.kernel.fake), 0);
    ck_assert(!ipvs_scene_answers(&s)); /* nobody has made the service */
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(on_exit_remove_takes_ours_and_nothing_else)
{
    struct ipvs_scene s;
    struct ipvs_op foreign = { .kind = IPVS_OP_ADD_SERVICE };
    ipvs_scene_init(&s);
    ck_assert(ipvs_key_parse("udp 203.0.113.99:53", &foreign.service.key));
    (void)snprintf(foreign.service.scheduler, sizeof(foreign.service.scheduler), "rr");
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &foreign), 0);
    ipvs_scene_config(&s, "\"on_exit\": \"remove\",", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    control_settle(ipvs_scene_control(&s));
    ipvs_scene_stop(&s);
    char *table = ipvs_fixture_table(&s.kernel);
    ck_assert_str_eq(table, "udp 203.0.113.99:53 rr\n");
    mem_free(table);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(on_exit_drain_waits_for_connections)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "\"on_exit\": \"drain\",", "\"drain\": \"1s\",", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    struct endpoint rs1 = backend_endpoint(s.server[0]);
    ck_assert(ipvs_fake_connections(s.kernel.fake, &s.key, &rs1.addr, rs1.port, 3, 0));
    (void)ipvs_fake_history(s.kernel.fake);
    control_settle(ipvs_scene_control(&s));
    char *history = ipvs_fake_history(s.kernel.fake);
    const char *quiesced = strstr(history, "edit_server");
    const char *gone = strstr(history, "delete_service");
    ck_assert_ptr_nonnull(quiesced);
    ck_assert_ptr_nonnull(gone);
    ck_assert(quiesced < gone);
    mem_free(history);
    ipvs_scene_fini(&s);
}
END_TEST

struct result {
    bool called;
    int error;
    size_t operations;
    bool applied;
};

static void on_done(void *data, const struct control_ipvs_done *done)
{
    struct result *result = data;
    result->called = true;
    result->error = done->error;
    result->operations = done->plan->count;
    result->applied = done->results != NULL;
}

static bool is_called(void *data)
{
    return ((struct result *)data)->called;
}

START_TEST(plan_apply_and_zero_answer)
{
    struct ipvs_scene s;
    struct result result = { 0 };
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    control_ipvs_plan(ipvs_scene_control(&s), on_done, &result);
    ck_assert(control_fixture_until(&s.api.control, is_called, &result, 5000));
    ck_assert_int_eq(result.error, 0);
    ck_assert_uint_eq(result.operations, 0);
    result = (struct result){ 0 };
    ipvs_fake_flush(s.kernel.fake);
    control_ipvs_apply(ipvs_scene_control(&s), false, on_done, &result);
    ck_assert(control_fixture_until(&s.api.control, is_called, &result, 5000));
    ck_assert(result.applied);
    ck_assert_uint_eq(result.operations, 3);
    result = (struct result){ 0 };
    control_ipvs_zero(ipvs_scene_control(&s), &s.key, on_done, &result);
    ck_assert(control_fixture_until(&s.api.control, is_called, &result, 5000));
    ck_assert_int_eq(result.error, 0);
    /* Whoever waits when the server ends is told, too. */
    result = (struct result){ 0 };
    control_ipvs_plan(ipvs_scene_control(&s), on_done, &result);
    ipvs_scene_stop(&s);
    ck_assert(result.called);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(without_a_section_nothing_is_asked)
{
    struct control_fixture f;
    struct control_ipvs_status status;
    struct result result = { 0 };
    control_fixture_init(
        &f, "$TTL 300\n@ SOA ns1 admin 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\n");
    control_fixture_config(&f, "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}}");
    ck_assert(control_fixture_start(&f));
    control_ipvs_status(f.control, &status);
    ck_assert(!status.present && !status.available);
    control_ipvs_plan(f.control, on_done, &result);
    ck_assert(result.called && result.error != 0);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs");
    TCase *tcase = tcase_create("control_ipvs");
    tcase_add_test(tcase, table_is_there_before_the_first_answer);
    tcase_add_test(tcase, a_dead_server_leaves_and_comes_back);
    tcase_add_test(tcase, a_failed_server_may_stay_with_weight_0);
    tcase_add_test(tcase, the_vip_leaves_dns_before_the_kernel_loses_its_last_server);
    tcase_add_test(tcase, without_ipvs_dns_goes_by_health_alone);
    tcase_add_test(tcase, without_ipvs_the_vip_may_be_withdrawn);
    tcase_add_test(tcase, a_restart_adopts_the_table_without_a_write);
    tcase_add_test(tcase, observe_never_writes);
    tcase_add_test(tcase, on_exit_remove_takes_ours_and_nothing_else);
    tcase_add_test(tcase, on_exit_drain_waits_for_connections);
    tcase_add_test(tcase, plan_apply_and_zero_answer);
    tcase_add_test(tcase, without_a_section_nothing_is_asked);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
