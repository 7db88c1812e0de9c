// SPDX-License-Identifier: BSD-2-Clause
#include "server/http_uri.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *target;
    const char *segments; /* joined by '|' */
    const char *params;   /* name=value joined by '|' */
} good[] = {
    { "/", "", "" },
    { "/v1", "v1", "" },
    { "/v1/pools/web", "v1|pools|web", "" },
    { "/v1/", "v1|", "" },
    { "//", "|", "" },
    { "/a%2Fb/c%3Fd", "a/b|c?d", "" },
    { "/2001:db8::1", "2001:db8::1", "" },
    { "/a+b", "a+b", "" },
    { "/?", "", "" },
    { "/?a=1&b=2", "", "a=1|b=2" },
    { "/?a=1&&b", "", "a=1|b=" },
    { "/?a=b=c", "", "a=b=c" },
    { "/?a+b=c+d%2B", "", "a b=c d+" },
    { "/?name=www%2Eexample.test", "", "name=www.example.test" },
    { "/caf%C3%A9", "caf\xc3\xa9", "" },
    { "/?q=/x?y", "", "q=/x?y" },
};

static void append(char *text, size_t size, const char *part, const char *separator)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, size - used, "%s%s", separator, part);
}

START_TEST(parse_good)
{
    struct http_uri *uri = malloc(sizeof(*uri));
    ck_assert_ptr_null(http_uri_parse(good[_i].target, uri));
    char text[256] = "";
    for (size_t i = 0; i < uri->segment_count; i++)
        append(text, sizeof(text), uri->segments[i], i == 0 ? "" : "|");
    ck_assert_str_eq(text, good[_i].segments);
    text[0] = '\0';
    for (size_t i = 0; i < uri->param_count; i++) {
        append(text, sizeof(text), uri->params[i].name, i == 0 ? "" : "|");
        append(text, sizeof(text), uri->params[i].value, "=");
    }
    ck_assert_str_eq(text, good[_i].params);
    free(uri);
}
END_TEST

static const char *const bad[] = {
    "",
    "v1",
    "*",
    "http://127.0.0.1/v1",
    "/%",
    "/%4",
    "/%zz",
    "/%00",
    "/a%00b",
    "/\xff",
    "/%ff",
    "/%c0%80",
    "/?a=%",
    "/?a=%00",
    "/?%ff=1",
    "/1/2/3/4/5/6/7/8/9",
    "/?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17",
};

START_TEST(parse_bad)
{
    struct http_uri *uri = malloc(sizeof(*uri));
    ck_assert_ptr_nonnull(http_uri_parse(bad[_i], uri));
    free(uri);
}
END_TEST

/* The longest target there may be, and the one beyond; every byte must have room. */
START_TEST(parse_longest)
{
    struct http_uri *uri = malloc(sizeof(*uri));
    char *target = malloc(HTTP_URI_TEXT_SIZE + 1);
    memset(target, 'a', HTTP_URI_TEXT_SIZE);
    target[0] = '/';
    target[HTTP_URI_TEXT_SIZE] = '\0';
    ck_assert_ptr_nonnull(http_uri_parse(target, uri));
    target[HTTP_URI_TEXT_SIZE - 1] = '\0';
    ck_assert_ptr_null(http_uri_parse(target, uri));
    ck_assert_uint_eq(strlen(uri->segments[0]), HTTP_URI_TEXT_SIZE - 2);
    memcpy(target, "/?&&&&&&&&", 10);
    memset(target + 10, '&', HTTP_URI_TEXT_SIZE - 11);
    ck_assert_ptr_null(http_uri_parse(target, uri));
    ck_assert_uint_eq(uri->param_count, 0);
    ck_assert_uint_le(uri->used, sizeof(uri->text));
    free(target);
    free(uri);
}
END_TEST

START_TEST(param_first_wins)
{
    struct http_uri *uri = malloc(sizeof(*uri));
    ck_assert_ptr_null(http_uri_parse("/?a=1&a=2&b", uri));
    ck_assert_str_eq(http_uri_param(uri, "a"), "1");
    ck_assert_str_eq(http_uri_param(uri, "b"), "");
    ck_assert_ptr_null(http_uri_param(uri, "c"));
    free(uri);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_uri");
    TCase *tcase = tcase_create("parse");
    tcase_add_loop_test(tcase, parse_good, 0, (int)(sizeof(good) / sizeof(good[0])));
    tcase_add_loop_test(tcase, parse_bad, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, parse_longest);
    tcase_add_test(tcase, param_first_wins);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
