// SPDX-License-Identifier: BSD-2-Clause
/* Servers that tell by an HTTP header how much of their weight they can take. */
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <stdio.h>

static struct ipvs_scene s;
static const struct control_override_words words = { .author = "jo" };

static struct control *control(void)
{
    return ipvs_scene_control(&s);
}

static void start(void)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
}

static void tell(int server, const char *percent)
{
    char line[64] = "";
    if (percent != NULL)
        (void)snprintf(line, sizeof(line), "X-Weight: %s\r\n", percent);
    backend_set_header(s.server[server], line);
}

START_TEST(a_weight_that_a_server_tells)
{
    start();
    tell(0, "50");
    ipvs_scene_expect(&s, "rs1=2 rs2=4");
    ck_assert_uint_eq(control_ipvs_share(control(), 1), POOL_SHARE_ONE * 3 / 4);
    tell(0, "63%"); /* 2.52 */
    ipvs_scene_expect(&s, "rs1=3 rs2=4");
    tell(0, "1"); /* something, as long as it is not none */
    tell(1, "100");
    ipvs_scene_expect(&s, "rs1=1 rs2=4");
    tell(0, "0"); /* connections that it has go on */
    ipvs_scene_expect(&s, "rs1=0 rs2=4");
    ck_assert_uint_eq(control_ipvs_share(control(), 1), POOL_SHARE_ONE / 2);
    ck_assert(control_override_server_weight(control(), 0, 0, false, 9, &words));
    ipvs_scene_expect(&s, "rs1=9 rs2=4"); /* as it is */
    ck_assert(control_override_server_weight(control(), 0, 0, true, 0, &words));
    ipvs_scene_expect(&s, "rs1=0 rs2=4");
    tell(0, "a lot");
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    tell(0, "25");
    ipvs_scene_expect(&s, "rs1=1 rs2=4");
    tell(0, NULL);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

/* What it told before it failed holds no more, if an operator wants it nevertheless. */
START_TEST(a_failed_server_that_is_forced_up_has_its_weight)
{
    start();
    tell(0, "25");
    ipvs_scene_expect(&s, "rs1=1 rs2=4");
    backend_set_status(s.server[0], 503);
    ipvs_scene_expect(&s, "rs2=4");
    ck_assert(control_override_service_state(control(), 0, 0, OVERRIDE_UP, &words));
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    backend_set_status(s.server[0], 200);
    ipvs_scene_expect(&s, "rs1=1 rs2=4");
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(servers_that_all_tell_of_none_are_withdrawn)
{
    start();
    tell(0, "0");
    tell(1, "0");
    ipvs_scene_expect(&s, "rs1=0 rs2=0");
    ipvs_scene_expect_dns(&s, false);
    tell(1, "75");
    ipvs_scene_expect(&s, "rs1=0 rs2=3");
    ipvs_scene_expect_dns(&s, true);
    ipvs_scene_fini(&s);
}
END_TEST

/* A restart finds the kernel as it is to be: nothing is written. */
START_TEST(told_weights_outlive_a_restart)
{
    start();
    tell(0, "50");
    ipvs_scene_expect(&s, "rs1=2 rs2=4");
    ipvs_scene_stop(&s);
    mem_free(ipvs_fake_history(s.kernel.fake));
    backend_set_face(s.server[0], BACKEND_SILENT); /* tells nothing now */
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=2 rs2=4");
    ck_assert_uint_eq(control_ipvs_share(control(), 1), POOL_SHARE_ONE * 3 / 4);
    char *history = ipvs_fake_history(s.kernel.fake);
    ck_assert_str_eq(history, "");
    mem_free(history);
    ipvs_scene_fini(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs_weights");
    TCase *tcase = tcase_create("control_ipvs_weights");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_weight_that_a_server_tells);
    tcase_add_test(tcase, a_failed_server_that_is_forced_up_has_its_weight);
    tcase_add_test(tcase, servers_that_all_tell_of_none_are_withdrawn);
    tcase_add_test(tcase, told_weights_outlive_a_restart);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
