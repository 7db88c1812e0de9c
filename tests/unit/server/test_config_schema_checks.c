// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

#define NO_PATH "is not a URL path that begins with \"/\" and has no spaces"
#define CODES                                                                                      \
    " is not a list of status codes from 100 to 599 such as \"200\", \"200-299\" or "              \
    "\"200,204,300-399\""

static const struct config_case cases[] = {
    { "{'checks': {'a': {'type': 'tcp'}, 'b': {'type': 'http'}}}", { NULL } },
    { "{'checks': {'a': {'type': 'tcp', 'interval': '100ms', 'timeout': 0.05, 'fall': 1, 'rise': 9,"
      "'confirm_interval': '100ms', 'port': 25, 'address': '::1', 'send': 'a\\r\\n', 'expect': "
      "'b'}}}",
      { NULL } },
    { "{'checks': {'a': {'type': 'http', 'method': 'HEAD', 'path': '/x?y=z', 'host': 'h:80',"
      "'headers': {'A-B': 'c d', 'E': ''}, 'expect_status': '200-299,304', 'expect_body': 'ok', "
      "'weight_header': 'X-Weight'}}}",
      { NULL } },
    { "{'checks': {'a': {'type': 'http', 'expect_status': 204}}}", { NULL } },
    { "{'checks': {'a': {}}}", { "1:18: checks.a.type: is required, but missing" } },
    { "{'checks': {'a': {'type': 'htpp', 'path': '/'}}}",
      { "1:27: checks.a.type: \"htpp\" is none of tcp, http; did you mean \"http\"?" } },
    { "{'checks': {'a': {'type': 'https', 'verify': false, 'ca_file': 'x'}}}",
      { "1:27: checks.a.type: \"https\" is not implemented yet in this version; there are tcp, "
        "http" } },
    { "{'checks': {'a': {'type': 'http', 'expect_regex': 'x'}}}",
      { "1:35: checks.a.expect_regex: not implemented yet in this version" } },
    { "{'checks': {'a': {'type': 'tcp', 'path': '/'}}}",
      { "1:34: checks.a.path: not a key of type \"tcp\", but of \"http\"" } },
    { "{'checks': {'a': {'type': 'http', 'expect': 'x'}}}",
      { "1:35: checks.a.expect: not a key of type \"http\", but of \"tcp\"" } },
    { "{'checks': {'a': {'type': 'tcp', 'interval': '99ms', 'timeout': '5ms', 'fall': 0, 'rise': 0,"
      "'confirm_interval': 0, 'port': 0}}}",
      { "1:46: checks.a.interval: \"99ms\" is below the minimum 100ms",
        "1:65: checks.a.timeout: \"5ms\" is below the minimum 10ms",
        "1:80: checks.a.fall: 0 is below the minimum 1",
        "1:91: checks.a.rise: 0 is below the minimum 1",
        "1:113: checks.a.confirm_interval: 0 is below the minimum 100ms",
        "1:124: checks.a.port: 0 is below the minimum 1" } },
    { "{'checks': {'a': {'type': 'http', 'method': 'GET /', 'path': 'x', 'host': 'a b'}}}",
      { "1:45: checks.a.method: \"GET /\" is not an HTTP method such as \"GET\"",
        "1:62: checks.a.path: \"x\" is not a URL path that begins with \"/\" and has no spaces",
        "1:75: checks.a.host: \"a b\" is not a host name, perhaps with port" } },
    { "{'checks': {'a': {'type': 'http', 'method': 1, 'path': 2, 'host': 3, 'expect_status': "
      "2.0}}}",
      { "1:45: checks.a.method: must be an HTTP method such as \"GET\", not a number",
        "1:56: checks.a.path: must be a URL path that begins with \"/\" and has no spaces, not a "
        "number",
        "1:67: checks.a.host: must be a host name, perhaps with port, not a number",
        "1:87: checks.a.expect_status: must be status codes such as \"200-299,304\", not a number "
        "with a fraction" } },
    /* Nothing may end a line of the request. */
    { "{'checks': {'a': {'type': 'http', 'path': '/\\r\\nX: y'}}}",
      { "1:43: checks.a.path: \"/\\x0d\\x0aX: y\" " NO_PATH } },
    { "{'checks': {'a': {'type': 'http', 'host': 'a\\nb', 'method': 'G\\n',"
      "'headers': {'X\\r': 'y', 'Z': 'a\\r\\nb'}}}}",
      { "1:43: checks.a.host: \"a\\x0ab\" is not a host name, perhaps with port",
        "1:61: checks.a.method: \"G\\x0a\" is not an HTTP method such as \"GET\"",
        "1:79: checks.a.headers[\"X\\u000d\"]: not the name of an HTTP header",
        "1:96: checks.a.headers.Z: a header cannot hold control characters" } },
    { "{'checks': {'a': {'type': 'http', 'path': '', 'host': '', 'headers': {'': 'x', 'b c': 1}}}}",
      { "1:43: checks.a.path: \"\" is not a URL path that begins with \"/\" and has no spaces",
        "1:55: checks.a.host: \"\" is not a host name, perhaps with port",
        "1:71: checks.a.headers[\"\"]: not the name of an HTTP header",
        "1:80: checks.a.headers[\"b c\"]: not the name of an HTTP header" } },
    { "{'checks': {'a': {'type': 'http', 'weight_header': ''}, 'b': {'type': 'http', "
      "'weight_header': 'X-Weight:'}, 'c': {'type': 'http', 'weight_header': 1}, "
      "'d': {'type': 'tcp', 'weight_header': 'W'}}}",
      { "1:52: checks.a.weight_header: \"\" is not the name of an HTTP header",
        "1:96: checks.b.weight_header: \"X-Weight:\" is not the name of an HTTP header",
        "1:149: checks.c.weight_header: must be the name of an HTTP header, not a number",
        "1:174: checks.d.weight_header: not a key of type \"tcp\", but of \"http\"" } },
    { "{'checks': {'a': {'type': 'http', 'headers': {'Content-Length': '7'}}}}",
      { "1:65: checks.a.headers.Content-Length: header is one that the check itself sets" } },
    { "{'checks': {'a': {'type': 'http', 'headers': {'b': 1}}}}",
      { "1:52: checks.a.headers.b: must be text, not a number" } },
    { "{'checks': {'a': {'type': 'http', 'headers': ['b']}}}",
      { "1:46: checks.a.headers: must be an object of header names and values, not a list" } },
    { "{'checks': {'a': {'type': 'http', 'expect_status': '99'}}}",
      { "1:52: checks.a.expect_status: \"99\"" CODES } },
    { "{'checks': {'a': {'type': 'http', 'expect_status': 600}}}",
      { "1:52: checks.a.expect_status: \"600\"" CODES } },
    { "{'checks': {'a': {'type': 'http', 'expect_body': ''}, 'b': {'type': 'tcp', 'expect': ''}}}",
      { "1:50: checks.a.expect_body: must not be empty",
        "1:86: checks.b.expect: must not be empty" } },
};

START_TEST(checks)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(words_mean_the_types)
{
    static const char *const types[] = { "tcp", "http" };
    for (int i = 0; i < 2; i++) {
        char json[60];
        (void)snprintf(json, sizeof(json), "{'checks': {'a': {'type': '%s'}}}", types[i]);
        struct config *config = must_load(json);
        ck_assert_str_eq(check_type_get(config->checks[0].check.type)->name, types[i]);
        config_free(config);
    }
}
END_TEST

START_TEST(values_of_http)
{
    struct config *config =
        must_load("{'checks': {'a': {'type': 'http', 'method': 'HEAD', 'path': '/x', 'host': 'h',"
                  "'headers': {'A': 'b', 'C': 'd'}, 'expect_status': '204,300-301',"
                  "'expect_body': 'ok', 'weight_header': 'W', 'interval': '3s', 'timeout': 1.5, "
                  "'fall': 4, 'rise': 5,"
                  "'confirm_interval': '2s', 'port': 81, 'address': '192.0.2.1'}}}");
    const struct check *check = &config->checks[0].check;
    ck_assert_str_eq(config->checks[0].path, "checks.a");
    ck_assert_str_eq(check->name, "a");
    ck_assert_int_eq(check->type, CHECK_HTTP);
    ck_assert_uint_eq(check->interval_ms, 3000);
    ck_assert_uint_eq(check->timeout_ms, 1500);
    ck_assert_uint_eq(check->confirm_interval_ms, 2000);
    ck_assert_uint_eq(check->limits.fall, 4);
    ck_assert_uint_eq(check->limits.rise, 5);
    ck_assert_uint_eq(check->port, 81);
    ck_assert(check->has_address);
    ck_assert_int_eq(check->address.family, ADDR_V4);
    const struct check_http_args *http = &check->args.http;
    ck_assert_str_eq(http->method, "HEAD");
    ck_assert_str_eq(http->path, "/x");
    ck_assert_str_eq(http->host, "h");
    ck_assert_uint_eq(http->header_count, 2);
    ck_assert_str_eq(http->headers[1].name, "C");
    ck_assert_str_eq(http->headers[1].value, "d");
    ck_assert(check_status_has(http->expect_status, 204));
    ck_assert(check_status_has(http->expect_status, 301));
    ck_assert(!check_status_has(http->expect_status, 200));
    ck_assert_str_eq(http->expect_body, "ok");
    ck_assert_str_eq(http->weight_header, "W");
    config_free(config);
}
END_TEST

START_TEST(defaults)
{
    struct config *config =
        must_load("{'checks': {'a': {'type': 'http'}, 'b': {'type': 'tcp', 'interval': '200ms'}}}");
    const struct check *check = &config->checks[0].check;
    ck_assert_uint_eq(check->interval_ms, 5000);
    ck_assert_uint_eq(check->timeout_ms, 2000);
    ck_assert_uint_eq(check->confirm_interval_ms, 1000);
    ck_assert_uint_eq(check->limits.fall, 3);
    ck_assert_uint_eq(check->limits.rise, 2);
    ck_assert_uint_eq(check->port, 0);
    ck_assert(!check->has_address);
    ck_assert_str_eq(check->args.http.method, "GET");
    ck_assert_str_eq(check->args.http.path, "/");
    ck_assert_ptr_null(check->args.http.host);
    ck_assert(check_status_has(check->args.http.expect_status, 200));
    ck_assert(check_status_has(check->args.http.expect_status, 299));
    ck_assert(!check_status_has(check->args.http.expect_status, 300));
    ck_assert_ptr_null(check->args.http.expect_body);
    ck_assert_ptr_null(check->args.http.weight_header);
    check = &config->checks[1].check;
    ck_assert_ptr_null(check->args.tcp.send);
    ck_assert_ptr_null(check->args.tcp.expect);
    ck_assert_uint_eq(check->confirm_interval_ms, 200); /* never above the interval */
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_schema_checks");
    TCase *tcase = tcase_create("config_schema_checks");
    tcase_add_loop_test(tcase, checks, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, words_mean_the_types);
    tcase_add_test(tcase, values_of_http);
    tcase_add_test(tcase, defaults);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
