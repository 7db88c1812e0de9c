// SPDX-License-Identifier: BSD-2-Clause
#include "server/control.h"
#include "server/metrics.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <string.h>

static const uint64_t no_requests[600];

static void has(const struct strbuf *text, const char *line)
{
    ck_assert_msg(strstr(text->text, line) != NULL, "lacks %s", line);
}

START_TEST(services_and_servers_are_counted)
{
    struct ipvs_scene s;
    struct strbuf text;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    backend_set_face(s.server[0], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs2=4");
    control_fixture_served(&s.api.control);
    strbuf_init(&text);
    metrics_write(ipvs_scene_control(&s), no_requests, 600, &text);
    has(&text, "\ngslb_ipvs_available 1\n");
    has(&text, "\ngslb_ipvs_operations_total{op=\"add_server\",result=\"ok\"} 2\n");
    has(&text, "\ngslb_ipvs_operations_total{op=\"delete_server\",result=\"ok\"} 1\n");
    has(&text, "\ngslb_ipvs_operations_total{op=\"delete_server\",result=\"error\"} 0\n");
    has(&text, "\ngslb_ipvs_repairs_total 0\n");
    has(&text, "\ngslb_ipvs_service_up{service=\"vip\"} 1\n");
    has(&text, "\ngslb_ipvs_service_share{service=\"vip\"} 0.500\n");
    has(&text, "\ngslb_ipvs_connections_total{service=\"vip\"} 0\n");
    has(&text, "\ngslb_ipvs_bytes_total{service=\"vip\",direction=\"out\"} 0\n");
    has(&text, "\ngslb_ipvs_packets_total{service=\"vip\",direction=\"in\"} 0\n");
    has(&text, "\ngslb_ipvs_server_weight{service=\"vip\",server=\"rs1\"} 0\n");
    has(&text, "\ngslb_ipvs_server_weight{service=\"vip\",server=\"rs2\"} 4\n");
    has(&text, "\ngslb_ipvs_server_active_connections{service=\"vip\",server=\"rs2\"} 0\n");
    has(&text,
        "\ngslb_ipvs_server_packets_total{service=\"vip\",server=\"rs1\",direction=\"in\"} 0\n");
    has(&text,
        "\ngslb_ipvs_server_bytes_total{service=\"vip\",server=\"rs2\",direction=\"out\"} 0\n");
    has(&text, "\ngslb_member_weight{pool=\"web\",member=\"l4\"} 0.500\n");
    strbuf_fini(&text);
    ipvs_scene_fini(&s);
}
END_TEST

/* Another port is another service in the kernel: the old one drains beside it. */
START_TEST(a_name_is_told_once)
{
    struct ipvs_scene s;
    struct strbuf text;
    struct control_ipvs_status status;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    s.services = "\"vip\": {\"address\": \"" SCENE_VIP "\", \"port\": 81, \"check\": [], "
                 "\"servers\": {\"rs1\": {\"address\": \"192.0.2.9\"}}}";
    ipvs_scene_config_without(&s, "\"max_remove\": 100,");
    control_reload(ipvs_scene_control(&s), "test", NULL, NULL);
    do {
        (void)uv_run(&s.api.control.loop, UV_RUN_ONCE);
        control_ipvs_status(ipvs_scene_control(&s), &status);
    } while (status.directors < 2);
    strbuf_init(&text);
    metrics_write(ipvs_scene_control(&s), no_requests, 600, &text);
    const char *first = strstr(text.text, "\ngslb_ipvs_service_up{service=\"vip\"}");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "\ngslb_ipvs_service_up{service=\"vip\"}"));
    first = strstr(text.text, "\ngslb_ipvs_server_weight{service=\"vip\",server=\"rs1\"}");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(
        strstr(first + 1, "\ngslb_ipvs_server_weight{service=\"vip\",server=\"rs1\"}"));
    strbuf_fini(&text);
    ipvs_scene_fini(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_ipvs");
    TCase *tcase = tcase_create("metrics_ipvs");
    tcase_add_test(tcase, services_and_servers_are_counted);
    tcase_add_test(tcase, a_name_is_told_once);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
