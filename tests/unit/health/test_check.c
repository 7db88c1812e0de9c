// SPDX-License-Identifier: BSD-2-Clause
#include "health/check.h"

#include "base/compiler.h"
#include "base/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct endpoint endpoint(const char *text)
{
    struct endpoint result;
    ck_assert(endpoint_parse(text, &result));
    return result;
}

static const struct check_header headers[] = { { "X-One", "1" }, { "X-Two", "" } };

static struct check http_check(void)
{
    struct check check = { .name = "http-ok",
                           .type = CHECK_HTTP,
                           .interval_ms = 5000,
                           .timeout_ms = 2000,
                           .confirm_interval_ms = 1000,
                           .limits = { .fall = 3, .rise = 2 } };
    check.args.http = (struct check_http_args){ .method = "GET",
                                                .path = "/healthz",
                                                .host = "www.example.test",
                                                .headers = headers,
                                                .header_count = 2,
                                                .expect_body = "ok",
                                                .weight_header = "X-Weight" };
    ck_assert(check_status_parse("200-299", check.args.http.expect_status));
    return check;
}

static struct check tcp_check(void)
{
    struct check check = { .name = "tcp-ok",
                           .type = CHECK_TCP,
                           .interval_ms = 5000,
                           .timeout_ms = 2000,
                           .confirm_interval_ms = 1000,
                           .limits = { .fall = 3, .rise = 2 } };
    return check;
}

START_TEST(type_find_by_name)
{
    enum check_type_id id = CHECK_TCP;
    ck_assert(check_type_find("http", &id));
    ck_assert_int_eq(id, CHECK_HTTP);
    ck_assert(check_type_find("tcp", &id));
    ck_assert_int_eq(id, CHECK_TCP);
    ck_assert(!check_type_find("HTTP", &id));
    ck_assert(!check_type_find("", &id));
    ck_assert(!check_type_find("icmp", &id));
    ck_assert_str_eq(check_type_get(CHECK_HTTP)->name, "http");
    ck_assert_uint_eq(check_type_get(CHECK_HTTP)->default_port, 80);
    ck_assert_uint_eq(check_type_get(CHECK_TCP)->default_port, 0);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    const char *has; /* codes that are in, each followed by a comma */
    const char *lacks;
} statuses[] = {
    { "200", true, "200", "199,201" },
    { "200-299", true, "200,250,299", "199,300" },
    { "200,204,300-399", true, "200,204,300,399", "201,299,400" },
    { "100-599", true, "100,599", "0,99" },
    { "404,404", true, "404", "403" },
    { "", false, "", "" },
    { ",", false, "", "" },
    { "200,", false, "", "" },
    { ",200", false, "", "" },
    { "200,,204", false, "", "" },
    { "20", false, "", "" },
    { "2000", false, "", "" },
    { "099", false, "", "" },
    { "600", false, "", "" },
    { "200-", false, "", "" },
    { "-299", false, "", "" },
    { "299-200", false, "", "" },
    { "200-600", false, "", "" },
    { "200-299-300", false, "", "" },
    { "200 ", false, "", "" },
    { "200, 204", false, "", "" },
    { "2xx", false, "", "" },
    { "+20", false, "", "" },
};

static void check_codes(const uint8_t *set, const char *codes, bool expected)
{
    for (const char *at = codes; *at != '\0'; at += strcspn(at, ",")) {
        at += *at == ',' ? 1 : 0;
        ck_assert_msg(check_status_has(set, strtol(at, NULL, 10)) == expected, "%s", at);
    }
}

START_TEST(status_parse_table)
{
    uint8_t set[75];
    memset(set, 0xa5, sizeof(set));
    ck_assert_int_eq(check_status_parse(statuses[_i].text, set), statuses[_i].good);
    if (!statuses[_i].good) { /* left as it was */
        for (size_t i = 0; i < sizeof(set); i++)
            ck_assert_uint_eq(set[i], 0xa5);
        return;
    }
    check_codes(set, statuses[_i].has, true);
    check_codes(set, statuses[_i].lacks, false);
    ck_assert(!check_status_has(set, -1));
    ck_assert(!check_status_has(set, 600));
    ck_assert(!check_status_has(set, 100000));
}
END_TEST

START_TEST(target_precedence)
{
    struct check check = http_check();
    struct endpoint member = endpoint("192.0.2.1:8080");
    struct endpoint target = check_target(&check, &member);
    ck_assert_uint_eq(target.port, 8080);
    member.port = 0;
    ck_assert_uint_eq(check_target(&check, &member).port, 80);
    check.port = 81;
    ck_assert_uint_eq(check_target(&check, &member).port, 81);
    member.port = 8080;
    ck_assert_uint_eq(check_target(&check, &member).port, 81);
    check.has_address = true;
    ck_assert(addr_parse("2001:db8::9", &check.address));
    target = check_target(&check, &member);
    ck_assert(addr_equal(&target.addr, &check.address));
    struct endpoint again = check_target(&check, &target);
    ck_assert(addr_equal(&again.addr, &target.addr));
    ck_assert_uint_eq(again.port, target.port);
}
END_TEST

START_TEST(copy_is_deep)
{
    struct check check = http_check();
    struct arena *arena = arena_new(0);
    struct check *copy = check_copy(arena, &check);
    struct endpoint target = endpoint("192.0.2.1:80");
    char *one = check_identity(&check, &target);
    char *two = check_identity(copy, &target);
    ck_assert_str_eq(one, two);
    ck_assert_str_eq(copy->name, "http-ok");
    ck_assert_ptr_ne(copy->name, check.name);
    ck_assert_ptr_ne(copy->args.http.path, check.args.http.path);
    ck_assert_ptr_ne(copy->args.http.host, check.args.http.host);
    ck_assert_ptr_ne(copy->args.http.method, check.args.http.method);
    ck_assert_ptr_ne(copy->args.http.expect_body, check.args.http.expect_body);
    ck_assert_ptr_ne(copy->args.http.weight_header, check.args.http.weight_header);
    ck_assert_ptr_ne(copy->args.http.headers, check.args.http.headers);
    ck_assert_ptr_ne(copy->args.http.headers[0].name, headers[0].name);
    ck_assert_str_eq(copy->args.http.headers[1].name, "X-Two");
    mem_free(one);
    mem_free(two);
    arena_free(arena);
}
END_TEST

START_TEST(copy_keeps_what_is_absent)
{
    struct check check = tcp_check();
    struct arena *arena = arena_new(0);
    struct check *copy = check_copy(arena, &check);
    ck_assert_ptr_null(copy->args.tcp.send);
    ck_assert_ptr_null(copy->args.tcp.expect);
    check.args.tcp = (struct check_tcp_args){ .send = "PING", .expect = "PONG" };
    copy = check_copy(arena, &check);
    ck_assert_str_eq(copy->args.tcp.send, "PING");
    ck_assert_ptr_ne(copy->args.tcp.expect, check.args.tcp.expect);
    arena_free(arena);
}
END_TEST

/* Each change but that of the name makes another identity. */
static void vary_http(struct check_http_args *http, int which)
{
    static const struct check_header other[] = { { "X-One", "2" }, { "X-Two", "" } };
    switch (which) {
    case 0:
        http->path = "/healthz ";
        break;
    case 1:
        http->host = NULL;
        break;
    case 2:
        http->host = "-"; /* not what absence looks like */
        break;
    case 3:
        http->headers = other;
        break;
    case 4:
        http->header_count = 1;
        break;
    case 5:
        http->expect_body = "";
        break;
    case 6:
        http->method = "HEAD";
        break;
    case 7:
        http->weight_header = NULL;
        break;
    case 8:
        http->weight_header = "X-Load";
        break;
    default:
        http->expect_status[50] ^= 1;
        break;
    }
}
#define HTTP_VARIATIONS 10

static void vary(struct check *check, struct endpoint *target, int which)
{
    switch (which - HTTP_VARIATIONS) {
    case 0:
        check->interval_ms = 6000;
        break;
    case 1:
        check->timeout_ms = 1000;
        break;
    case 2:
        check->confirm_interval_ms = 500;
        break;
    case 3:
        check->limits.fall = 2;
        break;
    case 4:
        check->limits.rise = 3;
        break;
    case 5:
        target->port = 8080;
        break;
    case 6:
        target->addr.bytes[3] = 2;
        break;
    case 7:
        check->type = CHECK_TCP;
        check->args.tcp = (struct check_tcp_args){ .send = "x" };
        break;
    case 8:
        check->port = 81;
        break;
    default:
        vary_http(&check->args.http, which);
        break;
    }
}
#define VARIATIONS (HTTP_VARIATIONS + 9)

START_TEST(identity_tells_variations_apart)
{
    char *seen[VARIATIONS + 1];
    for (int i = -1; i < VARIATIONS; i++) {
        struct check check = http_check();
        struct endpoint target = endpoint("192.0.2.1:80");
        if (i >= 0)
            vary(&check, &target, i);
        seen[i + 1] = check_identity(&check, &target);
        for (int k = 0; k <= i; k++)
            ck_assert_str_ne(seen[i + 1], seen[k]);
    }
    for (int i = 0; i <= VARIATIONS; i++)
        mem_free(seen[i]);
}
END_TEST

START_TEST(only_http_with_a_header_tells_weights)
{
    struct check check = http_check();
    ck_assert(check_tells_weight(&check));
    check.args.http.weight_header = NULL;
    ck_assert(!check_tells_weight(&check));
    check = tcp_check();
    ck_assert(!check_tells_weight(&check));
}
END_TEST

START_TEST(identity_of_equals)
{
    struct check check = http_check();
    struct endpoint target = endpoint("192.0.2.1:80");
    struct endpoint no_port = target;
    no_port.port = 0; /* http's own is 80 */
    char *one = check_identity(&check, &target);
    check.name = "another";
    char *two = check_identity(&check, &no_port);
    ck_assert_str_eq(one, two);
    mem_free(two);
    check.has_address = true; /* probes the same, said in another way */
    check.address = target.addr;
    struct endpoint elsewhere = endpoint("198.51.100.7:80");
    two = check_identity(&check, &elsewhere);
    ck_assert_str_eq(one, two);
    mem_free(one);
    mem_free(two);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    TCase *tcase = tcase_create("check");
    tcase_add_test(tcase, type_find_by_name);
    tcase_add_loop_test(tcase, status_parse_table, 0, (int)ARRAY_LEN(statuses));
    tcase_add_test(tcase, target_precedence);
    tcase_add_test(tcase, only_http_with_a_header_tells_weights);
    tcase_add_test(tcase, copy_is_deep);
    tcase_add_test(tcase, copy_keeps_what_is_absent);
    tcase_add_test(tcase, identity_tells_variations_apart);
    tcase_add_test(tcase, identity_of_equals);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
