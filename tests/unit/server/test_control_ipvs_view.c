// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "server/control.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct ipvs_scene s;

static struct control *control(void)
{
    return ipvs_scene_control(&s);
}

static uint32_t web(void)
{
    return world_pool(control_world(control()), "web");
}

START_TEST(a_member_is_as_its_service)
{
    struct control_member member;
    struct control_override_words words = { .author = "jo" };
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    control_fixture_served(&s.api.control);
    control_member(control(), web(), 0, &member);
    ck_assert_str_eq(member.state, "up");
    ck_assert(member.live[PICKER_A] && member.share == 1.0);
    ck_assert_int_eq(control_ipvs_use(control(), 1), POOL_LIVE);
    backend_set_face(s.server[0], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs2=4");
    control_member(control(), web(), 0, &member);
    ck_assert(member.share == 0.5);
    backend_set_face(s.server[1], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "");
    control_member(control(), web(), 0, &member);
    ck_assert_str_eq(member.state, "down");
    ck_assert(!member.live[PICKER_A]);
    ck_assert_int_eq(control_ipvs_use(control(), 1), POOL_FAILED);
    /* An operator's word bars it, whatever its servers are. */
    ck_assert(control_override_service_state(control(), 0, POOL_NONE, OVERRIDE_DOWN, &words));
    control_ipvs_decide(control());
    control_member(control(), web(), 0, &member);
    ck_assert_str_eq(member.state, "admin_down");
    ck_assert_int_eq(control_ipvs_use(control(), 1), POOL_BARRED);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(a_server_shows_health_and_overrides)
{
    struct control_server server;
    struct control_override_words words = { .reason = "test", .author = "jo" };
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    control_ipvs_server(control(), 0, 0, &server);
    ck_assert_int_eq(server.verdict, HEALTH_UP);
    ck_assert(server.last.probed && server.state_override == NULL && server.weight == 4);
    ck_assert(control_override_service_state(control(), 0, 0, OVERRIDE_DRAIN, &words));
    ck_assert(control_override_server_weight(control(), 0, 0, false, 9, &words));
    control_ipvs_server(control(), 0, 0, &server);
    ck_assert_str_eq(server.state_override->reason, "test");
    ck_assert_uint_eq(server.weight, 9);
    /* One by address is seen where there is none of its own. */
    struct addr rs2 = backend_endpoint(s.server[1]).addr;
    ck_assert(control_override_backend(control(), &rs2, OVERRIDE_DOWN, NULL, "jo", 0));
    control_ipvs_server(control(), 0, 1, &server);
    ck_assert_int_eq(server.state_override->state, OVERRIDE_DOWN);
    ck_assert(control_ipvs_has_vip(control(), &s.key.addr));
    ck_assert(!control_ipvs_has_vip(control(), &rs2));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(the_reason_of_being_unavailable)
{
    struct control_ipvs_status status;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    /* No helper at all. */
    ck_assert(control_fixture_start(&s.api.control));
    control_ipvs_status(control(), &status);
    ck_assert(status.present && !status.available);
    ck_assert_ptr_nonnull(strstr(status.reason, "helper"));
    ck_assert(ipvs_scene_answers(&s));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(times_of_the_directors_become_wall_time)
{
    int64_t now = clock_wall_ms();
    ck_assert_int_eq(control_ipvs_wall_ms(0), 0);
    int64_t later = control_ipvs_wall_ms(clock_mono_ms() + 5000);
    ck_assert(later >= now + 4900 && later <= clock_wall_ms() + 5000);
    int64_t before = control_ipvs_wall_ms(clock_mono_ms() - 1000);
    ck_assert(before < now);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs_view");
    TCase *tcase = tcase_create("control_ipvs_view");
    tcase_add_test(tcase, a_member_is_as_its_service);
    tcase_add_test(tcase, a_server_shows_health_and_overrides);
    tcase_add_test(tcase, the_reason_of_being_unavailable);
    tcase_add_test(tcase, times_of_the_directors_become_wall_time);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
