// SPDX-License-Identifier: BSD-2-Clause
#include "server/openapi.h"

#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *document;

static void set_up(void)
{
    document = openapi_build();
    ck_assert_ptr_nonnull(document);
}

static void tear_down(void)
{
    json_decref(document);
}

static const json_t *operation(const char *path, const char *method)
{
    return json_object_get(json_object_get(json_object_get(document, "paths"), path), method);
}

START_TEST(head_is_whole)
{
    ck_assert_int_eq(strncmp(api_fixture_text(document, "openapi"), "3.0.", 4), 0);
    ck_assert_str_ne(api_fixture_text(document, "info.title"), "");
    ck_assert_str_ne(api_fixture_text(document, "info.version"), "");
    ck_assert_str_eq(api_fixture_text(document, "components.securitySchemes.token.scheme"),
                     "bearer");
}
END_TEST

START_TEST(every_route_is_there)
{
    size_t count = 0;
    const struct api_route *routes = api_routes(&count);
    for (size_t i = 0; i < count; i++) {
        char method[16] = "";
        for (size_t c = 0; routes[i].method[c] != '\0'; c++)
            method[c] = (char)tolower((unsigned char)routes[i].method[c]);
        const json_t *found = operation(routes[i].path, method);
        ck_assert_msg(json_is_object(found), "%s %s", method, routes[i].path);
        ck_assert_str_eq(api_fixture_text(found, "summary"), routes[i].summary);
        ck_assert_str_eq(api_fixture_text(found, "x-role"), token_role_name(routes[i].role));
        ck_assert(json_is_object(api_fixture_at(found, "responses.200")));
        ck_assert(json_is_object(api_fixture_at(found, "responses.default")));
    }
}
END_TEST

START_TEST(path_parameters_are_named)
{
    const json_t *found = operation("/v1/pools/{pool}/members/{member}/state", "put");
    ck_assert_str_eq(api_fixture_text(found, "parameters.0.name"), "pool");
    ck_assert_str_eq(api_fixture_text(found, "parameters.0.in"), "path");
    ck_assert_str_eq(api_fixture_text(found, "parameters.0.required"), "true");
    ck_assert_str_eq(api_fixture_text(found, "parameters.1.name"), "member");
    ck_assert_uint_eq(json_array_size(json_object_get(found, "parameters")), 2);
}
END_TEST

START_TEST(body_is_described)
{
    const json_t *found = operation("/v1/backends/{address}/state", "put");
    const json_t *content = json_object_get(json_object_get(found, "requestBody"), "content");
    const json_t *schema = json_object_get(json_object_get(content, "application/json"), "schema");
    ck_assert_str_eq(api_fixture_text(schema, "required"), "[\"state\"]");
    ck_assert_str_eq(api_fixture_text(schema, "additionalProperties"), "false");
    ck_assert_str_eq(api_fixture_text(schema, "properties.state.enum"),
                     "[\"up\",\"down\",\"drain\",\"auto\"]");
    ck_assert_str_eq(api_fixture_text(schema, "properties.for.oneOf.1.type"), "number");
}
END_TEST

START_TEST(query_is_described)
{
    const json_t *found = operation("/v1/explain", "get");
    ck_assert_str_eq(api_fixture_text(found, "parameters.0.name"), "name");
    ck_assert_str_eq(api_fixture_text(found, "parameters.0.in"), "query");
    ck_assert_str_eq(api_fixture_text(found, "parameters.0.required"), "true");
    ck_assert_str_eq(api_fixture_text(found, "parameters.1.required"), "false");
    ck_assert_ptr_null(json_object_get(found, "requestBody"));
}
END_TEST

START_TEST(media_types)
{
    ck_assert_ptr_nonnull(
        json_object_get(api_fixture_at(operation("/v1/events", "get"), "responses.200.content"),
                        "text/event-stream"));
    ck_assert_ptr_nonnull(json_object_get(
        api_fixture_at(operation("/metrics", "get"), "responses.200.content"), "text/plain"));
    ck_assert_ptr_nonnull(json_object_get(
        api_fixture_at(operation("/", "get"), "responses.200.content"), "text/html"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("openapi");
    TCase *tcase = tcase_create("openapi");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, head_is_whole);
    tcase_add_test(tcase, every_route_is_there);
    tcase_add_test(tcase, path_parameters_are_named);
    tcase_add_test(tcase, body_is_described);
    tcase_add_test(tcase, query_is_described);
    tcase_add_test(tcase, media_types);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
