// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

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

static json_t *pool(const char *name)
{
    struct control *control = fixture.control.control;
    uint32_t index = world_pool(control_world(control), name);
    ck_assert_uint_ne(index, POOL_NONE);
    return api_view_pool(control, index);
}

START_TEST(pool_has_what_was_promised)
{
    json_t *web = pool("web");
    ck_assert_str_eq(api_fixture_text(web, "name"), "web");
    ck_assert_str_eq(api_fixture_text(web, "policy"), "round_robin");
    ck_assert_str_eq(api_fixture_text(web, "live.a"), "2");
    ck_assert_str_eq(api_fixture_text(web, "live.aaaa"), "1");
    ck_assert_str_eq(api_fixture_text(web, "members.a.addresses.1.address"), "2001:db8::1");
    ck_assert_str_eq(api_fixture_text(web, "members.a.addresses.0.verdict"), "unknown");
    ck_assert_str_eq(api_fixture_text(web, "members.a.addresses.0.last"), "null");
    ck_assert_str_eq(api_fixture_text(web, "members.a.port"), "8080");
    ck_assert_str_eq(api_fixture_text(web, "members.a.state"), "unknown");
    ck_assert_str_eq(api_fixture_text(web, "members.a.override"), "null");
    ck_assert_str_eq(api_fixture_text(web, "members.b.weight"), "4");
    ck_assert_str_eq(api_fixture_text(web, "members.b.effective_weight"), "4");
    ck_assert_str_eq(api_fixture_text(web, "members.c.state"), "disabled");
    json_decref(web);
}
END_TEST

START_TEST(nested_member_names_its_pool)
{
    json_t *top = pool("top");
    ck_assert_str_eq(api_fixture_text(top, "members.near.pool"), "web");
    ck_assert_str_eq(api_fixture_text(top, "members.near.addresses"), "[]");
    ck_assert_str_eq(api_fixture_text(top, "members.near.state"), "up");
    ck_assert_ptr_null(api_fixture_at(top, "members.own.pool"));
    json_decref(top);
}
END_TEST

START_TEST(checked_member_tells_the_last_result)
{
    json_t *checked = pool("checked");
    ck_assert_str_eq(api_fixture_text(checked, "members.x.state"), "down");
    ck_assert_str_eq(api_fixture_text(checked, "members.x.addresses.0.verdict"), "down");
    ck_assert_str_eq(api_fixture_text(checked, "members.x.addresses.0.last.result"), "fail");
    ck_assert_str_eq(api_fixture_text(checked, "members.x.addresses.0.last.reason"),
                     "connection refused");
    ck_assert(json_is_real(api_fixture_at(checked, "members.x.addresses.0.last.ms")));
    ck_assert_uint_eq(strlen(api_fixture_text(checked, "members.x.addresses.0.last.at")), 24);
    ck_assert_uint_eq(strlen(api_fixture_text(checked, "members.x.addresses.0.since")), 24);
    json_decref(checked);
}
END_TEST

START_TEST(override_shows_target_and_orphan)
{
    struct control *control = fixture.control.control;
    struct override override = { .scope = OVERRIDE_MEMBER,
                                 .kind = OVERRIDE_KIND_WEIGHT,
                                 .weight = 0,
                                 .pool = "web",
                                 .member = "a",
                                 .id = "o9",
                                 .since_ms = 1000,
                                 .until_ms = 0 };
    json_t *object = api_view_override(control, &override);
    ck_assert_str_eq(api_fixture_text(object, "target"), "web/a");
    ck_assert_str_eq(api_fixture_text(object, "weight"), "0");
    ck_assert_str_eq(api_fixture_text(object, "since"), "1970-01-01T00:00:01.000Z");
    ck_assert_str_eq(api_fixture_text(object, "until"), "null");
    ck_assert_ptr_null(json_object_get(object, "state"));
    ck_assert_ptr_null(json_object_get(object, "orphan"));
    json_decref(object);

    (void)snprintf(override.member, sizeof(override.member), "gone");
    object = api_view_override(control, &override);
    ck_assert_str_eq(api_fixture_text(object, "orphan"), "true");
    json_decref(object);

    override.scope = OVERRIDE_BACKEND;
    override.kind = OVERRIDE_KIND_STATE;
    override.state = OVERRIDE_DRAIN;
    ck_assert(addr_parse("2001:db8::1", &override.address));
    object = api_view_override(control, &override);
    ck_assert_str_eq(api_fixture_text(object, "target"), "2001:db8::1");
    ck_assert_str_eq(api_fixture_text(object, "state"), "drain");
    ck_assert_ptr_null(json_object_get(object, "weight"));
    json_decref(object);

    object = api_view_override(control, NULL);
    ck_assert(json_is_null(object));
    json_decref(object);
}
END_TEST

START_TEST(zone_lists_its_names)
{
    json_t *zone = api_view_zone(fixture.control.control, 0);
    ck_assert_str_eq(api_fixture_text(zone, "name"), "example.test");
    ck_assert_str_eq(api_fixture_text(zone, "serial"), "7");
    ck_assert_str_eq(api_fixture_text(zone, "records"), "8");
    ck_assert_str_eq(api_fixture_text(zone, "names.0.name"), "www.example.test.");
    ck_assert_str_eq(api_fixture_text(zone, "names.0.pool"), "web");
    ck_assert_str_eq(api_fixture_text(zone, "names.1.name"), "*.wild.example.test.");
    ck_assert_str_eq(api_fixture_text(zone, "names.4.ttl"), "5");
    ck_assert_ptr_nonnull(strstr(api_fixture_text(zone, "file"), "example.test.zone"));
    ck_assert_uint_eq(strlen(api_fixture_text(zone, "loaded")), 24);
    json_decref(zone);
}
END_TEST

START_TEST(text_survives_bad_bytes)
{
    json_t *text = api_view_text("caf\xc3\xa9");
    ck_assert_str_eq(json_string_value(text), "caf\xc3\xa9");
    json_decref(text);
    text = api_view_text("\xff");
    ck_assert(json_is_string(text));
    json_decref(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_view");
    TCase *tcase = tcase_create("api_view");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, pool_has_what_was_promised);
    tcase_add_test(tcase, nested_member_names_its_pool);
    tcase_add_test(tcase, checked_member_tells_the_last_result);
    tcase_add_test(tcase, override_shows_target_and_orphan);
    tcase_add_test(tcase, zone_lists_its_names);
    tcase_add_test(tcase, text_survives_bad_bytes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
