// SPDX-License-Identifier: BSD-2-Clause
#include "server/statuspage.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct statuspage *page;
static const char *html;
static size_t length;

static void set_up(void)
{
    page = statuspage_new();
    html = statuspage_html(page, &length);
}

static void tear_down(void)
{
    statuspage_free(page);
    statuspage_free(NULL);
}

/* The browser runs only what has this hash: it must be that of the element as it is sent. */
static void check_hash(const char *element)
{
    char open[32];
    char close[32];
    char expected[128];
    uint8_t digest[32];
    uint8_t text[64] = { 0 };
    (void)snprintf(open, sizeof(open), "<%s>", element);
    (void)snprintf(close, sizeof(close), "</%s>", element);
    const char *start = strstr(html, open);
    ck_assert_ptr_nonnull(start);
    start += strlen(open);
    const char *end = strstr(start, close);
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_null(strstr(end, open)); /* one element of a kind */
    ck_assert_int_eq(EVP_Digest(start, (size_t)(end - start), digest, NULL, EVP_sha256(), NULL), 1);
    ck_assert_int_eq(EVP_EncodeBlock(text, digest, sizeof(digest)), 44);
    (void)snprintf(expected, sizeof(expected), "%s-src 'sha256-%s'", element, (char *)text);
    ck_assert_ptr_nonnull(strstr(statuspage_policy(page), expected));
}

START_TEST(policy_allows_this_style_and_script)
{
    check_hash("style");
    check_hash("script");
}
END_TEST

START_TEST(policy_allows_nothing_else)
{
    const char *policy = statuspage_policy(page);
    ck_assert_int_eq(strncmp(policy, "default-src 'none'; ", 20), 0);
    ck_assert_ptr_nonnull(strstr(policy, "connect-src 'self'"));
    ck_assert_ptr_nonnull(strstr(policy, "frame-ancestors 'none'"));
    ck_assert_ptr_null(strstr(policy, "unsafe"));
    ck_assert_ptr_null(strchr(policy, '*'));
}
END_TEST

START_TEST(page_needs_nothing_from_elsewhere)
{
    static const char *const foreign[] = { "http://", "https://", "src=",    "<link", "@import",
                                           "url(",    "style=\"", "onclick", "onload" };
    ck_assert_uint_eq(strlen(html), length);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        ck_assert_msg(strstr(html, foreign[i]) == NULL, "%s", foreign[i]);
}
END_TEST

/* What the server sends (reasons, names) is shown as text, never parsed as HTML. */
START_TEST(page_never_parses_data_as_html)
{
    static const char *const sinks[] = { "innerHTML",      "outerHTML", "insertAdjacentHTML",
                                         "document.write", "eval(",     "Function(" };
    for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
        ck_assert_msg(strstr(html, sinks[i]) == NULL, "%s", sinks[i]);
}
END_TEST

START_TEST(page_suits_phones_and_the_dark)
{
    ck_assert_int_eq(strncmp(html, "<!doctype html>\n<html lang=\"en\">", 32), 0);
    ck_assert_ptr_nonnull(strstr(html, "name=\"viewport\""));
    ck_assert_ptr_nonnull(strstr(html, "prefers-color-scheme: dark"));
    ck_assert_ptr_nonnull(strstr(html, "max-width: 40rem"));
    ck_assert_ptr_nonnull(strstr(html, "</body></html>\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statuspage");
    TCase *tcase = tcase_create("statuspage");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, policy_allows_this_style_and_script);
    tcase_add_test(tcase, policy_allows_nothing_else);
    tcase_add_test(tcase, page_needs_nothing_from_elsewhere);
    tcase_add_test(tcase, page_never_parses_data_as_html);
    tcase_add_test(tcase, page_suits_phones_and_the_dark);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
