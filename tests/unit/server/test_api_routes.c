// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_internal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *method;
    const char *target;
    const char *path; /* of the route; NULL = none */
    const char *params[API_PARAMS_MAX];
    const char *allow;
} rows[] = {
    { "GET", "/", "/", { NULL }, "" },
    { "GET", "/v1/pools", "/v1/pools", { NULL }, "" },
    { "GET", "/v1/pools/web", "/v1/pools/{pool}", { "web" }, "" },
    { "GET", "/v1/pools/a%2Fb", "/v1/pools/{pool}", { "a/b" }, "" },
    { "PUT",
      "/v1/pools/web/members/a/state",
      "/v1/pools/{pool}/members/{member}/state",
      { "web", "a" },
      "" },
    { "PUT",
      "/v1/backends/2001:db8::1/state",
      "/v1/backends/{address}/state",
      { "2001:db8::1" },
      "" },
    { "DELETE", "/v1/overrides/o1", "/v1/overrides/{id}", { "o1" }, "" },
    { "GET", "/metrics", "/metrics", { NULL }, "" },
    { "POST", "/v1/pools", NULL, { NULL }, "GET" },
    { "GET", "/v1/pools/web/members/a/state", NULL, { NULL }, "PUT" },
    { "get", "/v1/pools", NULL, { NULL }, "GET" },
    { "GET", "/v1", NULL, { NULL }, "" },
    { "GET", "/v1/pools/", NULL, { NULL }, "" },
    { "GET", "/v1/pools/web/", NULL, { NULL }, "" },
    { "GET", "/v1/pool", NULL, { NULL }, "" },
    { "GET", "/v1/poolsx", NULL, { NULL }, "" },
    { "GET", "//", NULL, { NULL }, "" },
    { "GET", "/v1/pools/a/b", NULL, { NULL }, "" },
};

START_TEST(find_row)
{
    struct http_uri *uri = malloc(sizeof(*uri));
    const char *params[API_PARAMS_MAX] = { NULL };
    char allow[64];
    ck_assert_ptr_null(http_uri_parse(rows[_i].target, uri));
    const struct api_route *route =
        api_route_find(rows[_i].method, uri, params, allow, sizeof(allow));
    ck_assert((route == NULL) == (rows[_i].path == NULL));
    if (route != NULL) {
        ck_assert_str_eq(route->path, rows[_i].path);
        ck_assert_str_eq(route->method, rows[_i].method);
        for (size_t p = 0; p < API_PARAMS_MAX && rows[_i].params[p] != NULL; p++)
            ck_assert_str_eq(params[p], rows[_i].params[p]);
    }
    ck_assert_str_eq(route == NULL ? allow : "", rows[_i].allow);
    free(uri);
}
END_TEST

/* The routes that users rely on, with the least role that may call them. */
static const struct {
    const char *method;
    const char *path;
    enum token_role role;
} promised[] = {
    { "GET", "/v1/status", TOKEN_READ },
    { "GET", "/v1/pools", TOKEN_READ },
    { "GET", "/v1/pools/{pool}", TOKEN_READ },
    { "PUT", "/v1/pools/{pool}/members/{member}/state", TOKEN_OPERATE },
    { "PUT", "/v1/pools/{pool}/members/{member}/weight", TOKEN_OPERATE },
    { "PUT", "/v1/backends/{address}/state", TOKEN_OPERATE },
    { "GET", "/v1/overrides", TOKEN_READ },
    { "DELETE", "/v1/overrides/{id}", TOKEN_OPERATE },
    { "GET", "/v1/explain", TOKEN_READ },
    { "POST", "/v1/simulate", TOKEN_READ },
    { "GET", "/v1/checks", TOKEN_READ },
    { "POST", "/v1/checks/{check}/push", TOKEN_OPERATE },
    { "GET", "/v1/zones", TOKEN_READ },
    { "GET", "/v1/zones/{zone}", TOKEN_READ },
    { "POST", "/v1/zones/{zone}/reload", TOKEN_ADMIN },
    { "GET", "/v1/ipvs", TOKEN_READ },
    { "POST", "/v1/ipvs/plan", TOKEN_READ },
    { "POST", "/v1/ipvs/apply", TOKEN_ADMIN },
    { "POST", "/v1/ipvs/restore", TOKEN_ADMIN },
    { "POST", "/v1/ipvs/zero", TOKEN_ADMIN },
    { "PUT", "/v1/ipvs/services/{service}/state", TOKEN_OPERATE },
    { "PUT", "/v1/ipvs/services/{service}/servers/{server}/state", TOKEN_OPERATE },
    { "PUT", "/v1/ipvs/services/{service}/servers/{server}/weight", TOKEN_OPERATE },
    { "POST", "/v1/reload", TOKEN_ADMIN },
    { "GET", "/v1/events", TOKEN_READ },
    { "GET", "/v1/ready", TOKEN_READ },
    { "GET", "/v1/openapi.json", TOKEN_READ },
    { "GET", "/metrics", TOKEN_READ },
    { "GET", "/", TOKEN_READ },
};

START_TEST(table_is_what_was_promised)
{
    size_t count = 0;
    const struct api_route *routes = api_routes(&count);
    ck_assert_uint_eq(count, sizeof(promised) / sizeof(promised[0]));
    for (size_t p = 0; p < count; p++) {
        const struct api_route *found = NULL;
        for (size_t i = 0; i < count; i++)
            if (strcmp(routes[i].method, promised[p].method) == 0 &&
                strcmp(routes[i].path, promised[p].path) == 0)
                found = &routes[i];
        ck_assert_msg(found != NULL, "%s %s", promised[p].method, promised[p].path);
        if (found == NULL) /* for the analyser, which does not know that it has ended */
            return;
        ck_assert_int_eq(found->role, promised[p].role);
        ck_assert(found->handle != NULL);
        ck_assert_ptr_nonnull(found->summary);
    }
}
END_TEST

/* Nothing that changes may be done by GET, which a link can make. */
START_TEST(get_never_changes)
{
    size_t count = 0;
    const struct api_route *routes = api_routes(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(routes[i].method, "GET") == 0) {
            ck_assert_int_eq(routes[i].role, TOKEN_READ);
            ck_assert_ptr_null(routes[i].fields);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_routes");
    TCase *tcase = tcase_create("routes");
    tcase_add_loop_test(tcase, find_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, table_is_what_was_promised);
    tcase_add_test(tcase, get_never_changes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
