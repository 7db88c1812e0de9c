// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/mem.h"
#include "server/control_ipvs.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
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
    mem_free(ipvs_fake_history(s.kernel.fake));
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

/* Somebody looks on while the change waits: a look must not keep it from the kernel. */
START_TEST(a_change_that_is_looked_at_is_not_put_off)
{
    struct ipvs_scene s;
    const struct control_override_words words = { .author = "jo" };
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    uint64_t dumps = ipvs_fake_dumps(s.kernel.fake);
    for (uint32_t i = 0; i < 4; i++) {
        char wanted[32];
        (void)snprintf(wanted, sizeof(wanted), "rs1=%u rs2=4", (unsigned)(10 + i));
        ck_assert(
            control_override_server_weight(ipvs_scene_control(&s), 0, 0, false, 10 + i, &words));
        control_ipvs_decide(ipvs_scene_control(&s));
        ipvs_scene_expect(&s, wanted);
    }
    ck_assert_uint_le(ipvs_fake_dumps(s.kernel.fake), dumps + 2); /* no change waited for one */
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_stream_of_changes_does_not_stop_the_dumps)
{
    struct ipvs_scene s;
    const struct control_override_words words = { .author = "jo" };
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    uint64_t dumps = ipvs_fake_dumps(s.kernel.fake);
    uint64_t end = clock_mono_ms() + 2 * CONTROL_IPVS_POLL_MS + 500;
    for (uint32_t i = 0; clock_mono_ms() < end; i++) {
        ck_assert(control_override_server_weight(ipvs_scene_control(&s), 0, 0, false, 10 + i % 9,
                                                 &words));
        (void)uv_run(&s.api.control.loop, UV_RUN_ONCE);
    }
    ck_assert_uint_ge(ipvs_fake_dumps(s.kernel.fake), dumps + 2);
    ipvs_scene_fini(&s);
}
END_TEST

/* One dump that the helper never answers; see stuck_dump. */
struct stuck {
    struct ipvs_backend real;
    atomic_uint dumps;
};

static int stuck_info(void *ctx, struct ipvs_info *out)
{
    struct stuck *stuck = ctx;
    return stuck->real.ops->info(stuck->real.ctx, out);
}

static int stuck_dump(void *ctx, struct ipvs_table *out)
{
    struct stuck *stuck = ctx;
    if (atomic_fetch_add(&stuck->dumps, 1) == 1)
        (void)poll(NULL, 0, IPVS_LINK_TIMEOUT_MS + 300);
    return stuck->real.ops->dump(stuck->real.ctx, out);
}

static void stuck_apply(void *ctx, const struct ipvs_op *ops, size_t count, int *results)
{
    struct stuck *stuck = ctx;
    stuck->real.ops->apply(stuck->real.ctx, ops, count, results);
}

static bool is_unavailable(void *data)
{
    struct control_ipvs_status status;
    control_ipvs_status(data, &status);
    return !status.available;
}

START_TEST(a_helper_that_was_stuck_is_asked_again_soon)
{
    static const struct ipvs_ops ops = { .info = stuck_info,
                                         .dump = stuck_dump,
                                         .apply = stuck_apply };
    struct ipvs_scene s;
    struct stuck stuck = { 0 };
    ipvs_scene_init(&s);
    stuck.real = s.kernel.backend;
    s.kernel.backend = (struct ipvs_backend){ .ops = &ops, .ctx = &stuck };
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ck_assert(control_fixture_until(&s.api.control, is_unavailable, ipvs_scene_control(&s),
                                    2 * IPVS_LINK_TIMEOUT_MS));
    ipvs_fake_flush(s.kernel.fake);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

/* The module comes later: what is told of it is told then. */
static bool knows_version(void *data)
{
    struct control_ipvs_status status;
    control_ipvs_status(data, &status);
    return status.info.version != 0;
}

START_TEST(the_version_is_asked_for_when_ipvs_comes)
{
    struct ipvs_scene s;
    ipvs_scene_init(&s);
    ipvs_fake_unavailable(s.kernel.fake, ENOENT);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ck_assert(!knows_version(ipvs_scene_control(&s)));
    ipvs_fake_unavailable(s.kernel.fake, 0);
    ck_assert(control_fixture_until(&s.api.control, knows_version, ipvs_scene_control(&s), 5000));
    ipvs_scene_fini(&s);
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
    tcase_add_test(tcase, a_change_that_is_looked_at_is_not_put_off);
    tcase_add_test(tcase, a_stream_of_changes_does_not_stop_the_dumps);
    tcase_add_test(tcase, a_helper_that_was_stuck_is_asked_again_soon);
    tcase_add_test(tcase, the_version_is_asked_for_when_ipvs_comes);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
