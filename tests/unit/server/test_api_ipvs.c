// SPDX-License-Identifier: BSD-2-Clause
/* The routes of the IPVS module over a table in memory. */
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SERVERS "/v1/ipvs/services/vip/servers/"

static struct ipvs_scene s;

static void set_up(void)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    api_fixture_listen(&s.api);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
}

static void tear_down(void)
{
    ipvs_scene_fini(&s);
}

/* Owned. */
static json_t *call(const char *method, const char *target, const char *body, unsigned status)
{
    json_t *answer = NULL;
    unsigned got = api_fixture_call(&s.api, method, target, body, &answer);
    ck_assert_ptr_nonnull(answer);
    ck_assert_msg(got == status, "%s %s: %u instead of %u: %s", method, target, got, status,
                  api_fixture_text(answer, "error.message"));
    return answer;
}

static void expect_error(const char *method, const char *target, const char *body, unsigned status,
                         const char *code)
{
    json_t *answer = call(method, target, body, status);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), code);
    json_decref(answer);
}

START_TEST(a_plan_is_empty_when_all_is_well)
{
    json_t *answer = call("POST", "/v1/ipvs/plan", NULL, 200);
    ck_assert_uint_eq(json_array_size(api_fixture_at(answer, "operations")), 0);
    ck_assert_uint_eq(json_array_size(api_fixture_at(answer, "held")), 0);
    json_decref(answer);
}
END_TEST

START_TEST(apply_repairs_and_tells_what_it_did)
{
    ipvs_fake_flush(s.kernel.fake);
    json_t *answer = call("POST", "/v1/ipvs/apply", "{}", 200);
    ck_assert_uint_eq(json_array_size(api_fixture_at(answer, "operations")), 3);
    ck_assert_str_eq(api_fixture_text(answer, "operations.0.op"), "add_service");
    ck_assert_str_eq(api_fixture_text(answer, "operations.0.key"), SCENE_KEY);
    ck_assert_str_eq(api_fixture_text(answer, "operations.0.from"), "null");
    ck_assert_str_eq(api_fixture_text(answer, "operations.0.to"), "wrr");
    ck_assert_str_eq(api_fixture_text(answer, "operations.1.op"), "add_server");
    ck_assert_str_eq(api_fixture_text(answer, "operations.1.to"), "nat, weight 4");
    ck_assert_str_eq(api_fixture_text(answer, "operations.1.result"), "ok");
    json_decref(answer);
    expect_error("POST", "/v1/ipvs/apply", "{\"force\": 1}", 400, "bad_request");
    expect_error("POST", "/v1/ipvs/apply", "{\"forse\": true}", 400, "bad_request");
}
END_TEST

START_TEST(a_server_is_taken_down_drained_and_weighed)
{
    json_t *answer =
        call("PUT", SERVERS "rs1/state", "{\"state\": \"down\", \"reason\": \"x\"}", 200);
    /* DNS and the kernel have it when it is answered. */
    ipvs_scene_expect(&s, "rs2=4");
    ck_assert_str_eq(api_fixture_text(answer, "servers.0.state"), "admin_down");
    ck_assert_str_eq(api_fixture_text(answer, "servers.0.override.reason"), "x");
    ck_assert_str_eq(api_fixture_text(answer, "servers.0.override.target"), "ipvs:vip/rs1");
    ck_assert_str_eq(api_fixture_text(answer, "share"), "0.5");
    ck_assert_str_eq(api_fixture_text(answer, "saved"), "true");
    json_decref(answer);
    json_decref(call("PUT", SERVERS "rs1/state", "{\"state\": \"auto\"}", 200));
    answer = call("PUT", SERVERS "rs2/weight", "{\"weight\": 40}", 200);
    ck_assert_str_eq(api_fixture_text(answer, "servers.1.effective_weight"), "40");
    ipvs_scene_expect(&s, "rs1=4 rs2=40");
    json_decref(answer);
    json_decref(call("PUT", SERVERS "rs2/weight", "{\"weight\": null}", 200));
    expect_error("PUT", SERVERS "rs9/state", "{\"state\": \"down\"}", 404, "not_found");
    expect_error("PUT", SERVERS "rs9/weight", "{\"weight\": 1}", 404, "not_found");
    expect_error("PUT", "/v1/ipvs/services/none/state", "{\"state\": \"down\"}", 404, "not_found");
    expect_error("PUT", SERVERS "rs1/state", "{\"state\": \"off\"}", 400, "bad_request");
}
END_TEST

START_TEST(a_service_is_taken_out_of_dns)
{
    json_t *answer = call("PUT", "/v1/ipvs/services/vip/state", "{\"state\": \"drain\"}", 200);
    ck_assert_str_eq(api_fixture_text(answer, "state"), "draining");
    ck_assert_str_eq(api_fixture_text(answer, "live"), "false");
    ck_assert(!ipvs_scene_answers(&s));
    json_decref(answer);
    json_decref(call("PUT", "/v1/ipvs/services/vip/state", "{\"state\": \"auto\"}", 200));
    ipvs_scene_expect_dns(&s, true);
}
END_TEST

START_TEST(a_backend_is_a_real_server_and_a_vip)
{
    json_t *answer = call("PUT", "/v1/backends/127.0.0.21/state", "{\"state\": \"down\"}", 200);
    ipvs_scene_expect(&s, "rs2=4");
    ck_assert_str_eq(
        api_fixture_text(json_object_get(json_object_get(answer, "servers"), "vip/rs1"), "state"),
        "admin_down");
    json_decref(answer);
    json_decref(call("PUT", "/v1/backends/127.0.0.21/state", "{\"state\": \"auto\"}", 200));
    json_decref(call("PUT", "/v1/backends/" SCENE_VIP "/state", "{\"state\": \"drain\"}", 200));
    ck_assert(!ipvs_scene_answers(&s));
    expect_error("PUT", "/v1/backends/192.0.2.200/state", "{\"state\": \"down\"}", 404,
                 "not_found");
}
END_TEST

START_TEST(restore_shows_and_applies_the_difference)
{
    static const char text[] =
        "{\"text\": \"-A -t 203.0.113.50:25 -s rr\\n-a -t 203.0.113.50:25 -r "
        "10.0.0.1:25 -m -w 1\\n-A -t " SCENE_VIP ":80 -s rr\\n\"%s}";
    char body[512];
    (void)snprintf(body, sizeof(body), text, "");
    json_t *answer = call("POST", "/v1/ipvs/restore", body, 200);
    ck_assert_str_eq(api_fixture_text(answer, "applied"), "false");
    ck_assert_uint_eq(json_array_size(api_fixture_at(answer, "operations")), 2);
    ck_assert_str_eq(api_fixture_text(answer, "skipped.0"), SCENE_KEY);
    json_decref(answer);
    (void)snprintf(body, sizeof(body), text, ", \"apply\": true");
    answer = call("POST", "/v1/ipvs/restore", body, 200);
    ck_assert_str_eq(api_fixture_text(answer, "applied"), "true");
    json_decref(answer);
    char *table = ipvs_fixture_table(&s.kernel);
    ck_assert_ptr_nonnull(strstr(table, "tcp 203.0.113.50:25 rr\n  10.0.0.1:25 nat, weight 1\n"));
    ck_assert_ptr_nonnull(strstr(table, SCENE_KEY " wrr")); /* ours stays as the config says */
    mem_free(table);
    /* Exact: what the text lacks goes, but not what is ours. */
    answer =
        call("POST", "/v1/ipvs/restore", "{\"text\": \"\", \"apply\": true, \"exact\": true}", 200);
    json_decref(answer);
    table = ipvs_fixture_table(&s.kernel);
    ck_assert_ptr_null(strstr(table, "203.0.113.50"));
    ck_assert_ptr_nonnull(strstr(table, SCENE_KEY));
    mem_free(table);
}
END_TEST

START_TEST(restore_of_bad_text_changes_nothing)
{
    uint64_t writes = ipvs_fake_writes(s.kernel.fake);
    json_t *answer = call("POST", "/v1/ipvs/restore",
                          "{\"file\": \"saved.txt\", \"apply\": true, \"text\": \"-A -t "
                          "203.0.113.50:25 -s rr\\n-A -t 203.0.113.51:25 -s nosuch\\n\"}",
                          422);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), "invalid_config");
    const char *line = api_fixture_text(answer, "errors.0");
    ck_assert_msg(strncmp(line, "saved.txt:2: ", 13) == 0, "%s", line);
    json_decref(answer);
    ck_assert_uint_eq(ipvs_fake_writes(s.kernel.fake), writes);
    expect_error("POST", "/v1/ipvs/restore", "{}", 400, "bad_request");
    expect_error("POST", "/v1/ipvs/restore", "{\"text\": 1}", 400, "bad_request");
}
END_TEST

START_TEST(counters_are_zeroed)
{
    json_decref(call("POST", "/v1/ipvs/zero", "{\"service\": \"vip\"}", 200));
    json_decref(call("POST", "/v1/ipvs/zero", NULL, 200));
    expect_error("POST", "/v1/ipvs/zero", "{\"service\": \"none\"}", 404, "not_found");
    /* The kernel has not got it now. */
    json_decref(call("PUT", "/v1/ipvs/services/vip/state", "{\"state\": \"down\"}", 200));
    ipvs_scene_expect(&s, "-");
    expect_error("POST", "/v1/ipvs/zero", "{\"service\": \"vip\"}", 409, "conflict");
}
END_TEST

START_TEST(without_a_kernel_it_is_unavailable)
{
    ipvs_fake_unavailable(s.kernel.fake, ENOENT);
    static const char *const routes[] = { "/v1/ipvs/plan", "/v1/ipvs/apply", "/v1/ipvs/zero" };
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        expect_error("POST", routes[i], NULL, 503, "unavailable");
    expect_error("POST", "/v1/ipvs/restore", "{\"text\": \"\"}", 503, "unavailable");
}
END_TEST

START_TEST(observe_refuses_to_write)
{
    ipvs_scene_stop(&s);
    ipvs_scene_config(&s, "\"mode\": \"observe\",", "", NULL);
    ipvs_scene_start(&s);
    api_fixture_listen(&s.api);
    expect_error("POST", "/v1/ipvs/apply", NULL, 409, "conflict");
    expect_error("POST", "/v1/ipvs/zero", NULL, 409, "conflict");
    expect_error("POST", "/v1/ipvs/restore", "{\"text\": \"\", \"apply\": true}", 409, "conflict");
    json_decref(call("POST", "/v1/ipvs/plan", NULL, 200));
}
END_TEST

START_TEST(what_the_helper_would_refuse_is_not_half_done)
{
    static const char body[] =
        "{\"file\": \"rules\", \"text\": \"-A -t 203.0.113.10:25 -s rr\\n-A -t 198.51.100.7:25 -s "
        "rr\\n\"%s}";
    char text[256];
    ipvs_scene_stop(&s);
    ipvs_scene_config(&s, "\"allow\": [\"203.0.113.0/24\"],", "", NULL);
    ipvs_scene_start(&s);
    api_fixture_listen(&s.api);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    for (int write = 0; write < 2; write++) {
        uint64_t writes = ipvs_fake_writes(s.kernel.fake);
        (void)snprintf(text, sizeof(text), body, write == 1 ? ", \"apply\": true" : "");
        json_t *answer = call("POST", "/v1/ipvs/restore", text, 422);
        ck_assert_str_eq(api_fixture_text(answer, "error.code"), "invalid_config");
        ck_assert_str_eq(api_fixture_text(answer, "errors.0"),
                         "rules: tcp 198.51.100.7:25: ipvs.allow does not have this address");
        json_decref(answer);
        ck_assert_uint_eq(ipvs_fake_writes(s.kernel.fake), writes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_ipvs");
    TCase *tcase = tcase_create("api_ipvs");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_plan_is_empty_when_all_is_well);
    tcase_add_test(tcase, apply_repairs_and_tells_what_it_did);
    tcase_add_test(tcase, a_server_is_taken_down_drained_and_weighed);
    tcase_add_test(tcase, a_service_is_taken_out_of_dns);
    tcase_add_test(tcase, a_backend_is_a_real_server_and_a_vip);
    tcase_add_test(tcase, restore_shows_and_applies_the_difference);
    tcase_add_test(tcase, restore_of_bad_text_changes_nothing);
    tcase_add_test(tcase, counters_are_zeroed);
    tcase_add_test(tcase, without_a_kernel_it_is_unavailable);
    tcase_add_test(tcase, observe_refuses_to_write);
    tcase_add_test(tcase, what_the_helper_would_refuse_is_not_half_done);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
