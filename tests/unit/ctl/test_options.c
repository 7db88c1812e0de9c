// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/options.h"

#include "base/strbuf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 4

static struct options options;
static char error[256];

START_TEST(options_stand_anywhere)
{
    const char *argv[] = { "gslbctl", "--json",    "down",  "web/a",  "--reason",
                           "why not", "--for=10m", "--api", "unix:/x" };
    ck_assert(options_parse(9, argv, &options, error, sizeof(error)));
    ck_assert_uint_eq(options.word_count, 2);
    ck_assert_str_eq(options.words[0], "down");
    ck_assert_str_eq(options.words[1], "web/a");
    ck_assert_str_eq(options.reason, "why not");
    ck_assert_str_eq(options.span, "10m");
    ck_assert_str_eq(options.api, "unix:/x");
    ck_assert_uint_eq(options.given, OPTION_JSON | OPTION_REASON | OPTION_FOR | OPTION_API);
    ck_assert_ptr_null(options.client);
}
END_TEST

START_TEST(words_behind_two_dashes)
{
    const char *argv[] = { "gslbctl", "explain", "--", "--json", "-", "x" };
    ck_assert(options_parse(6, argv, &options, error, sizeof(error)));
    ck_assert_uint_eq(options.word_count, 4);
    ck_assert_str_eq(options.words[1], "--json");
    ck_assert_uint_eq(options.given, 0);
}
END_TEST

static const struct {
    const char *words[WORDS]; /* with the program's name */
    const char *error;
} bad[] = {
    { { "gslbctl", "--nonsense" }, "unknown option --nonsense" },
    { { "gslbctl", "-x" }, "unknown option -x" },
    { { "gslbctl", "--reason" }, "--reason takes a value" },
    { { "gslbctl", "status", "--api" }, "--api takes a value" },
    { { "gslbctl", "--json=yes" }, "--json takes no value" },
    { { "gslbctl", "--jso" }, "unknown option --jso" },
    { { "gslbctl", "--reasons=x" }, "unknown option --reasons=x" },
};

START_TEST(bad_row)
{
    int count = 0;
    while (count < WORDS && bad[_i].words[count] != NULL)
        count++;
    ck_assert(!options_parse(count, bad[_i].words, &options, error, sizeof(error)));
    ck_assert_int_eq(strncmp(error, bad[_i].error, strlen(bad[_i].error)), 0);
}
END_TEST

START_TEST(short_help)
{
    const char *const words[] = { "gslbctl", "-h" };
    ck_assert(options_parse(2, words, &options, error, sizeof(error)));
    ck_assert_uint_eq(options.given, OPTION_HELP);
}
END_TEST

START_TEST(too_many_words)
{
    const char *argv[OPTIONS_WORDS_MAX + 3];
    for (size_t i = 0; i < OPTIONS_WORDS_MAX + 2; i++)
        argv[i] = "x";
    ck_assert(options_parse(OPTIONS_WORDS_MAX + 1, argv, &options, error, sizeof(error)));
    ck_assert(!options_parse(OPTIONS_WORDS_MAX + 2, argv, &options, error, sizeof(error)));
}
END_TEST

START_TEST(stray_options_are_named)
{
    options = (struct options){ .given = OPTION_JSON | OPTION_FOR };
    ck_assert_str_eq(options_stray(&options, OPTION_JSON), "--for");
    ck_assert_ptr_null(options_stray(&options, OPTION_JSON | OPTION_FOR));
}
END_TEST

START_TEST(help_lists_what_is_asked)
{
    struct strbuf text;
    strbuf_init(&text);
    options_help(OPTION_FOR | OPTION_JSON, &text);
    ck_assert_ptr_nonnull(strstr(text.text, "  --for TIME "));
    ck_assert_ptr_nonnull(strstr(text.text, "  --json "));
    ck_assert_ptr_null(strstr(text.text, "--api"));
    strbuf_fini(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    tcase_add_test(tcase, options_stand_anywhere);
    tcase_add_test(tcase, words_behind_two_dashes);
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, short_help);
    tcase_add_test(tcase, too_many_words);
    tcase_add_test(tcase, stray_options_are_named);
    tcase_add_test(tcase, help_lists_what_is_asked);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
