// SPDX-License-Identifier: BSD-2-Clause
/* What makes directors decide: overrides, reloads, addresses. */
#include "base/mem.h"
#include "server/control_ipvs.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct ipvs_scene s;
static const struct control_override_words words = { .author = "jo" };

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

static void connections(uint32_t active)
{
    struct endpoint rs1 = backend_endpoint(s.server[0]);
    ck_assert(ipvs_fake_connections(s.kernel.fake, &s.key, &rs1.addr, rs1.port, active, 0));
}

START_TEST(a_server_by_address_moves_kernel_and_share_in_one_step)
{
    start("", "");
    struct addr rs1 = backend_endpoint(s.server[0]).addr;
    ck_assert(control_override_backend(control(), &rs1, OVERRIDE_DOWN, NULL, "jo", 0));
    control_fixture_served(&s.api.control);
    ipvs_scene_expect(&s, "rs2=4");
    ck_assert_uint_eq(control_ipvs_share(control(), 1), POOL_SHARE_ONE / 2);
    ck_assert(control_override_backend(control(), &rs1, OVERRIDE_NONE, NULL, "jo", 0));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_draining_server_waits_for_its_connections)
{
    struct control_service service;
    struct ipvs_server_view view;
    start("", "");
    connections(5);
    ck_assert(control_override_service_state(control(), 0, 0, OVERRIDE_DRAIN, &words));
    ipvs_scene_expect(&s, "rs1=0 rs2=4");
    control_ipvs_service(control(), 0, &service);
    ipvs_director_server(service.director, 0, &view);
    ck_assert_int_eq(view.state, IPVS_SERVER_DRAINING);
    ck_assert_uint_ne(view.until_ms, 0);
    connections(0);
    ipvs_scene_expect(&s, "rs2=4");
    ck_assert(control_override_service_state(control(), 0, 0, OVERRIDE_NONE, &words));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_weight_by_an_operator)
{
    start("", "");
    ck_assert(control_override_server_weight(control(), 0, 1, false, 9, &words));
    ipvs_scene_expect(&s, "rs1=4 rs2=9");
    ck_assert(control_override_server_weight(control(), 0, 1, true, 0, &words));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert(!control_override_server_weight(control(), 0, 7, false, 9, &words));
    ck_assert(!control_override_server_weight(control(), 0, POOL_NONE, false, 9, &words));
    ck_assert(!control_override_service_state(control(), 3, POOL_NONE, OVERRIDE_DOWN, &words));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_draining_service_leaves_dns_first_then_waits_for_the_tail)
{
    start("", "\"drain\": \"1s\",");
    mem_free(ipvs_fake_history(s.kernel.fake));
    ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_DRAIN, &words));
    control_ipvs_decide(control());
    ipvs_scene_expect_dns(&s, false);
    ipvs_scene_expect(&s, "rs1=4 rs2=4"); /* the TTL is a second */
    ck_assert_str_eq(control_ipvs_barred_state(control(), 1), "draining");
    ipvs_scene_expect(&s, "-");
    ck_assert_str_eq(control_ipvs_barred_state(control(), 1), "drained");
    ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_NONE, &words));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_expect_dns(&s, true);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(who_waits_is_told_when_dns_has_it_too)
{
    start("", "");
    for (int i = 0; i < 5; i++) {
        ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_DOWN, &words));
        control_ipvs_decide(control());
        control_fixture_served(&s.api.control);
        ck_assert(!ipvs_scene_answers(&s));
        ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_NONE, &words));
        control_ipvs_decide(control());
        control_fixture_served(&s.api.control);
        ck_assert(ipvs_scene_answers(&s));
    }
    ipvs_scene_fini(&s);
}
END_TEST

static bool is_orphan(const char *service, const char *server)
{
    struct override override = { .scope = OVERRIDE_SERVICE };
    (void)snprintf(override.pool, sizeof(override.pool), "%s", service);
    (void)snprintf(override.member, sizeof(override.member), "%s", server);
    return control_override_orphan(control(), &override);
}

START_TEST(orphans_of_services_are_known)
{
    start("", "");
    ck_assert(!is_orphan("vip", ""));
    ck_assert(!is_orphan("vip", "rs1"));
    ck_assert(is_orphan("vip", "rs9"));
    ck_assert(is_orphan("gone", ""));
    ipvs_scene_fini(&s);
}
END_TEST

static struct ipvs_scene_reload reload(bool force)
{
    return ipvs_scene_reload(&s, force);
}

START_TEST(a_reload_moves_servers_and_keeps_the_rest)
{
    char servers[256];
    start("", "");
    (void)snprintf(servers, sizeof(servers),
                   "\"rs1\": {\"address\": \"127.0.0.21\", \"port\": %u, \"weight\": 7}, "
                   "\"rs2\": {\"address\": \"127.0.0.22\", \"port\": %u, \"weight\": 4}",
                   (unsigned)backend_endpoint(s.server[0]).port,
                   (unsigned)backend_endpoint(s.server[1]).port);
    mem_free(ipvs_fake_history(s.kernel.fake));
    ipvs_scene_config(&s, "", "", servers);
    ck_assert(reload(false).ok);
    ipvs_scene_expect(&s, "rs1=7 rs2=4");
    char *history = ipvs_fake_history(s.kernel.fake);
    ck_assert_ptr_null(strstr(history, "delete"));
    ck_assert_ptr_null(strstr(history, "add"));
    mem_free(history);
    ipvs_scene_fini(&s);
}
END_TEST

/* Two services at an address that this host has, or only the second, or none. */
static void config_of_two(bool first, bool second)
{
    static const char rest[] =
        "\"vip\": {\"interface\": \"lo\"}, \"check\": [], \"drain\": \"1s\", "
        "\"servers\": {\"a\": {\"address\": \"127.0.0.21\"}}}";
    char sections[1024];
    (void)snprintf(sections, sizeof(sections),
                   "\"ipvs\": {\"max_remove\": 100, \"services\": {%s%s%s%s%s}}, "
                   "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}}",
                   first ? "\"one\": {\"address\": \"127.0.0.1\", \"port\": 80, " : "",
                   first ? rest : "", first && second ? ", " : "",
                   second ? "\"two\": {\"address\": \"127.0.0.1\", \"port\": 443, " : "",
                   second ? rest : "");
    control_fixture_config(&s.api.control, sections);
}

static uint64_t done_of(enum ipvs_op_kind kind)
{
    struct control_ipvs_status status;
    control_ipvs_status(control(), &status);
    return status.counts->operations[kind][0];
}

static bool has_deleted(void *data)
{
    return done_of(IPVS_OP_DELETE_SERVICE) == *(const uint64_t *)data;
}

START_TEST(an_address_goes_with_the_last_service_that_has_it)
{
    uint64_t services = 1;
    ipvs_scene_init(&s);
    config_of_two(true, true);
    ipvs_scene_start(&s);
    config_of_two(false, true);
    ck_assert(reload(false).ok);
    ck_assert(control_fixture_until(&s.api.control, has_deleted, &services, 8000));
    ck_assert_uint_eq(done_of(IPVS_OP_DELETE_VIP), 0);
    config_of_two(false, false);
    ck_assert(reload(false).ok);
    services = 2;
    ck_assert(control_fixture_until(&s.api.control, has_deleted, &services, 8000));
    ck_assert_uint_eq(done_of(IPVS_OP_DELETE_VIP), 1);
    ipvs_scene_fini(&s);
}
END_TEST

static const char *reason(void)
{
    struct control_service service;
    control_ipvs_service(control(), 0, &service);
    return ipvs_director_reason(service.director);
}

static bool is_up(void *data)
{
    (void)data;
    return ipvs_director_live(control()->ipvs->directors[0]->director);
}

/* Live all the time, but in a pool only since then, or until then. */
START_TEST(a_reload_of_pools_alone_is_a_coming_and_a_leaving)
{
    ipvs_scene_init(&s);
    s.members = "\"plain\": {\"address\": \"192.0.2.1\"}";
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ck_assert(control_fixture_until(&s.api.control, is_up, NULL, 5000));
    ck_assert(!control()->ipvs->directors[0]->in_dns);
    s.members = NULL;
    ipvs_scene_config(&s, "", "", NULL);
    ck_assert(reload(false).ok);
    ipvs_scene_expect_dns(&s, true);
    ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_DRAIN, &words));
    control_ipvs_decide(control());
    ck_assert_str_eq(reason(), "it is being taken out of DNS");
    ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_NONE, &words));
    ipvs_scene_expect_dns(&s, true);
    s.members = "\"plain\": {\"address\": \"192.0.2.1\"}";
    ipvs_scene_config(&s, "", "", NULL);
    ck_assert(reload(false).ok);
    control_fixture_served(&s.api.control);
    ck_assert(is_up(NULL));
    ck_assert(!control()->ipvs->directors[0]->in_dns);
    ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_DRAIN, &words));
    control_ipvs_decide(control());
    ck_assert_str_eq(reason(), "it is out of DNS, and its last answers are still in caches");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_vip_that_must_be_local_waits_for_it)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "\"vip\": {\"require_local\": true},", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4"); /* ready, as a backup should be */
    control_fixture_served(&s.api.control);
    ck_assert(!ipvs_scene_answers(&s));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_probe_through_the_vip_must_succeed_first)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "\"vip\": {\"check\": \"http\"},", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert(!ipvs_scene_answers(&s)); /* nobody listens there */
    ipvs_scene_fini(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs_directors");
    TCase *tcase = tcase_create("control_ipvs_directors");
    tcase_add_test(tcase, a_server_by_address_moves_kernel_and_share_in_one_step);
    tcase_add_test(tcase, a_draining_server_waits_for_its_connections);
    tcase_add_test(tcase, a_weight_by_an_operator);
    tcase_add_test(tcase, a_draining_service_leaves_dns_first_then_waits_for_the_tail);
    tcase_add_test(tcase, who_waits_is_told_when_dns_has_it_too);
    tcase_add_test(tcase, orphans_of_services_are_known);
    tcase_add_test(tcase, a_reload_moves_servers_and_keeps_the_rest);
    tcase_add_test(tcase, an_address_goes_with_the_last_service_that_has_it);
    tcase_add_test(tcase, a_reload_of_pools_alone_is_a_coming_and_a_leaving);
    tcase_add_test(tcase, a_vip_that_must_be_local_waits_for_it);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_probe_through_the_vip_must_succeed_first);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
