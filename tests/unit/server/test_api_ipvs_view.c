// SPDX-License-Identifier: BSD-2-Clause
/* What GET /v1/ipvs and explain show. */
#include "server/control.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct ipvs_scene s;

static json_t *get(const char *target)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&s.api, "GET", target, NULL, &answer), 200);
    ck_assert_ptr_nonnull(answer);
    return answer;
}

static void expect(const json_t *root, const char *path, const char *text)
{
    const char *got = api_fixture_text(root, path);
    ck_assert_msg(strcmp(got, text) == 0, "%s is %s instead of %s", path, got, text);
}

static void start(const char *service)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", service, NULL);
    ipvs_scene_start(&s);
    api_fixture_listen(&s.api);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
}

START_TEST(services_servers_and_foreign_ones)
{
    struct ipvs_op foreign = { .kind = IPVS_OP_ADD_SERVICE };
    start("");
    ck_assert(ipvs_key_parse("fwmark 3", &foreign.service.key));
    (void)snprintf(foreign.service.scheduler, sizeof(foreign.service.scheduler), "rr");
    ck_assert_int_eq(ipvs_fake_meddle(s.kernel.fake, &foreign), 0);
    json_t *root = get("/v1/ipvs");
    expect(root, "available", "true");
    expect(root, "mode", "shared");
    expect(root, "services.0.name", "vip");
    expect(root, "services.0.key", SCENE_KEY);
    expect(root, "services.0.state", "up");
    expect(root, "services.0.live", "true");
    expect(root, "services.0.share", "1.0");
    expect(root, "services.0.pools.0", "web/l4");
    expect(root, "services.0.servers.0.name", "rs1");
    expect(root, "services.0.servers.0.state", "up");
    expect(root, "services.0.servers.0.forward", "nat");
    expect(root, "services.0.vip.interface", "null");
    expect(root, "services.0.vip.require_local", "false");
    expect(root, "services.0.servers.0.verdict", "up");
    expect(root, "services.0.servers.0.weight", "4");
    expect(root, "services.0.override", "null");
    expect(root, "services.0.desired.scheduler", "wrr");
    expect(root, "services.0.kernel.scheduler", "wrr");
    expect(root, "services.0.kernel.servers.0.forward", "nat");
    expect(root, "foreign.0.key", "fwmark 3");
    json_decref(root);
    ipvs_scene_fini(&s);
}
END_TEST

static const char *step_of(const json_t *root, const char *name)
{
    const json_t *steps = json_object_get(root, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (strcmp(json_string_value(json_object_get(step, "step")), name) == 0)
            return json_string_value(json_object_get(step, "detail"));
    }
    return "";
}

START_TEST(explain_follows_the_vip_into_the_kernel)
{
    start("");
    control_fixture_served(&s.api.control);
    json_t *root = get("/v1/explain?name=www.example.test&type=A");
    const char *detail = step_of(root, "director");
    ck_assert_msg(strstr(detail, "IPVS service vip") != NULL, "%s", detail);
    ck_assert_msg(strstr(detail, "wrr chooses among 127.0.0.21:") != NULL, "%s", detail);
    json_decref(root);
    /* With one server left it is known. */
    backend_set_face(s.server[0], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs2=4");
    control_fixture_served(&s.api.control); /* control has heard of it, too */
    root = get("/v1/explain?name=www.example.test&type=A");
    detail = step_of(root, "director");
    ck_assert_msg(strstr(detail, "a new connection goes to 127.0.0.22:") != NULL, "%s", detail);
    ck_assert_msg(strstr(detail, "live capacity 50 %") != NULL, "%s", detail);
    json_decref(root);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(checks_and_members_name_the_service)
{
    start("");
    backend_set_face(s.server[0], BACKEND_REFUSE);
    ipvs_scene_expect(&s, "rs2=4");
    json_t *root = get("/v1/checks");
    expect(root, "targets.0.members.0", "ipvs:vip/rs1");
    json_decref(root);
    root = get("/v1/pools/web");
    const json_t *member = api_fixture_at(root, "members.l4");
    expect(member, "service", "vip");
    expect(member, "effective_weight", "0.5");
    expect(member, "state", "up");
    json_decref(root);
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(without_a_section_it_says_so)
{
    struct api_fixture fixture;
    json_t *root = NULL;
    api_fixture_start(&fixture, NULL, NULL);
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/ipvs", NULL, &root), 200);
    expect(root, "available", "false");
    ck_assert_ptr_nonnull(strstr(api_fixture_text(root, "reason"), "no section"));
    ck_assert_uint_eq(json_array_size(json_object_get(root, "services")), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "foreign")), 0);
    json_decref(root);
    api_fixture_stop(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_ipvs_view");
    TCase *tcase = tcase_create("api_ipvs_view");
    tcase_add_test(tcase, services_servers_and_foreign_ones);
    tcase_add_test(tcase, explain_follows_the_vip_into_the_kernel);
    tcase_add_test(tcase, checks_and_members_name_the_service);
    tcase_add_test(tcase, without_a_section_it_says_so);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
