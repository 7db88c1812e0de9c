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

static json_t *explain(const char *query, unsigned status)
{
    char target[2048];
    json_t *answer = NULL;
    (void)snprintf(target, sizeof(target), "/v1/explain?%s", query);
    ck_assert_uint_eq(api_fixture_call(&fixture, "GET", target, NULL, &answer), status);
    return answer;
}

static const struct {
    const char *query;
    const char *rcode;
    const char *answer;
    const char *ttl;
} rows[] = {
    { "name=www.example.test", "NOERROR",
      "[\"www.example.test. 20 IN A 192.0.2.1\",\"www.example.test. 20 IN A 192.0.2.2\"]", "20" },
    { "name=www.example.test.&type=AAAA", "NOERROR",
      "[\"www.example.test. 20 IN AAAA 2001:db8::1\"]", "20" },
    { "name=plain.example.test&type=a", "NOERROR", "[\"plain.example.test. 300 IN A 192.0.2.80\"]",
      "300" },
    { "name=example.test&type=MX", "NOERROR", "[\"example.test. 300 IN MX 10 mail.example.test.\"]",
      "300" },
    { "name=alias.example.test&type=CNAME", "NOERROR",
      "[\"alias.example.test. 300 IN CNAME www.example.test.\"]", "300" },
    { "name=x.wild.example.test&type=AAAA", "NOERROR",
      "[\"x.wild.example.test. 20 IN AAAA 2001:db8::1\"]", "20" },
    { "name=checked.example.test", "NOERROR", "[\"checked.example.test. 5 IN A 127.0.0.1\"]", "5" },
    { "name=far.example.test&type=AAAA", "NOERROR", "[]", "60" },
    { "name=none.example.test", "NXDOMAIN", "[]", "60" },
    { "name=elsewhere.org", "REFUSED", "[]", "null" },
    { "name=WWW.example.TEST&type=TYPE28", "NOERROR",
      "[\"WWW.example.TEST. 20 IN AAAA 2001:db8::1\"]", "20" },
};

START_TEST(explain_row)
{
    json_t *answer = explain(rows[_i].query, 200);
    ck_assert_str_eq(api_fixture_text(answer, "rcode"), rows[_i].rcode);
    ck_assert_str_eq(api_fixture_text(answer, "answer"), rows[_i].answer);
    ck_assert_str_eq(api_fixture_text(answer, "ttl"), rows[_i].ttl);
    ck_assert_str_eq(api_fixture_text(answer, "scope"), "0");
    ck_assert_uint_gt(json_array_size(json_object_get(answer, "steps")), 1);
    ck_assert_str_ne(api_fixture_text(answer, "steps.0.step"), "");
    ck_assert_str_ne(api_fixture_text(answer, "steps.0.detail"), "");
    json_decref(answer);
}
END_TEST

START_TEST(negative_answer_shows_the_soa)
{
    json_t *answer = explain("name=none.example.test", 200);
    ck_assert_str_eq(api_fixture_text(answer, "authority.0"),
                     "example.test. 60 IN SOA ns1.example.test. admin.example.test. 7 3600 600 "
                     "86400 60");
    json_decref(answer);
}
END_TEST

START_TEST(client_and_subnet_are_taken)
{
    json_decref(explain("name=www.example.test&client=192.0.2.9&ecs=198.51.100.0/24", 200));
    json_decref(explain("name=www.example.test&client=2001:db8::9&ecs=2001:db8::/32", 200));
    json_decref(explain("name=www.example.test&ecs=203.0.113.7", 200));
}
END_TEST

/* Asking moves nothing: neither the rotation nor the statistics. */
START_TEST(nothing_moves)
{
    json_t *first = explain("name=www.example.test", 200);
    for (int i = 0; i < 5; i++) {
        json_t *next = explain("name=www.example.test", 200);
        ck_assert(json_equal(json_object_get(first, "answer"), json_object_get(next, "answer")));
        json_decref(next);
    }
    json_decref(first);
    for (unsigned i = 0; i < control_worker_count(fixture.control.control); i++)
        ck_assert_uint_eq(
            stats_get(&control_worker_stats(fixture.control.control, i)->responses[0]), 0);
}
END_TEST

static const struct {
    const char *query;
    const char *path;
} bad[] = {
    { "", "name" },
    { "name=", "name" },
    { "name=a..b", "name" },
    { "name=www.example.test&type=NOSUCH", "type" },
    { "name=www.example.test&type=", "type" },
    { "name=www.example.test&client=x", "client" },
    { "name=www.example.test&client=192.0.2.0/24", "client" },
    { "name=www.example.test&ecs=10.0.0.0/99", "ecs" },
    { "name=www.example.test&ecs=10.0.0.1/8", "ecs" },
    { "name=www.example.test&ecs=x", "ecs" },
    { "name=www.example.test&cname=x", "cname" },
};

START_TEST(bad_row)
{
    json_t *answer = explain(bad[_i].query, 400);
    ck_assert_str_eq(api_fixture_text(answer, "error.path"), bad[_i].path);
    json_decref(answer);
}
END_TEST

START_TEST(long_name_is_refused)
{
    char query[1100] = "name=";
    memset(query + 5, 'a', 1000);
    query[1005] = '\0';
    json_decref(explain(query, 400));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_explain");
    TCase *tcase = tcase_create("api_explain");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, explain_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, negative_answer_shows_the_soa);
    tcase_add_test(tcase, client_and_subnet_are_taken);
    tcase_add_test(tcase, nothing_moves);
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, long_name_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
