// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_internal.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct api_fixture fixture;

static void set_up(void)
{
    api_fixture_start(&fixture, NULL, NULL);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

START_TEST(target_lists_its_members)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", "/v1/checks", NULL, &answer), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "targets")), 1);
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.check"), "conn");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.address"), "127.0.0.1");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.port"), "1");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.verdict"), "down");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.last.reason"), "connection refused");
    ck_assert_str_eq(api_fixture_text(answer, "targets.0.members"), "[\"checked/x\"]");
    ck_assert(json_is_integer(api_fixture_at(answer, "targets.0.next_in_ms")));
    json_decref(answer);
}
END_TEST

static struct ipvs_scene scene;

/* One "vip/rs1", for it may be first or second. */
static const json_t *target_of(const json_t *answer, const char *member)
{
    const json_t *targets = json_object_get(answer, "targets");
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const json_t *target = json_array_get(targets, i);
        if (strcmp(api_fixture_text(target, "members.0"), member) == 0)
            return target;
    }
    ck_abort_msg("no target of %s", member);
    return NULL;
}

START_TEST(target_tells_its_weight)
{
    json_t *answer = NULL;
    ipvs_scene_init(&scene);
    ipvs_scene_config(&scene, "", "", NULL);
    backend_set_header(scene.server[0], "X-Weight: 75\r\n");
    backend_set_header(scene.server[1], "X-Weight: 75 %\r\n");
    ipvs_scene_start(&scene);
    api_fixture_listen(&scene.api);
    ipvs_scene_expect(&scene, "rs1=3 rs2=4");
    ck_assert_uint_eq(api_fixture_call(&scene.api, "GET", "/v1/checks", NULL, &answer), 200);
    const json_t *rs1 = target_of(answer, "ipvs:vip/rs1");
    const json_t *rs2 = target_of(answer, "ipvs:vip/rs2");
    ck_assert_str_eq(api_fixture_text(rs1, "weight"), "75");
    ck_assert_str_eq(api_fixture_text(rs1, "last.reason"), "status 200, weight 75 %");
    ck_assert_ptr_null(json_object_get(rs2, "weight"));
    ck_assert_str_eq(api_fixture_text(rs2, "last.reason"),
                     "status 200, weight header ignored: not one number from 0 to 100");
    json_decref(answer);
    ck_assert_uint_eq(api_fixture_call(&scene.api, "GET", "/v1/ipvs", NULL, &answer), 200);
    ck_assert_str_eq(api_fixture_text(answer, "services.0.servers.0.weight"), "4");
    ck_assert_str_eq(api_fixture_text(answer, "services.0.servers.0.effective_weight"), "3");
    json_decref(answer);
    ipvs_scene_fini(&scene);
}
END_TEST

static const struct {
    const char *target;
    unsigned status;
    const char *code;
} pushes[] = {
    { "/v1/checks/conn/push", 409, "conflict" },
    { "/v1/checks/none/push", 404, "not_found" },
};

START_TEST(push_row)
{
    json_t *answer = NULL;
    ck_assert_uint_eq(api_fixture_call(&fixture, "POST", pushes[_i].target,
                                       "{\"address\":\"127.0.0.1\",\"result\":\"pass\"}", &answer),
                      pushes[_i].status);
    ck_assert_str_eq(api_fixture_text(answer, "error.code"), pushes[_i].code);
    json_decref(answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_checks");
    TCase *tcase = tcase_create("api_checks");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, target_lists_its_members);
    tcase_add_loop_test(tcase, push_row, 0, (int)(sizeof(pushes) / sizeof(pushes[0])));
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("weights");
    tcase_add_test(tcase, target_tells_its_weight);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
