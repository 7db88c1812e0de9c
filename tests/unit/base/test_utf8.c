// SPDX-License-Identifier: BSD-2-Clause
#include "base/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    size_t size;
} cases[] = {
    { "a", 1 },
    { "\x7f", 1 },
    { "\x80", 0 },
    { "\xbf", 0 },
    { "\xc0\x80", 0 }, /* overlong NUL */
    { "\xc1\xbf", 0 },
    { "\xc2\x80", 2 },
    { "\xdf\xbf", 2 },
    { "\xc3", 0 },
    { "\xc3(", 0 },
    { "\xe0\x9f\xbf", 0 }, /* overlong */
    { "\xe0\xa0\x80", 3 },
    { "\xe2\x82\xac", 3 },
    { "\xe2\x82", 0 },
    { "\xe2(\xac", 0 },
    { "\xed\x9f\xbf", 3 },
    { "\xed\xa0\x80", 0 }, /* surrogate */
    { "\xef\xbf\xbd", 3 },
    { "\xf0\x8f\xbf\xbf", 0 }, /* overlong */
    { "\xf0\x9f\x98\x80", 4 },
    { "\xf0\x9f\x98", 0 },
    { "\xf0\x9f\x98z", 0 },
    { "\xf4\x8f\xbf\xbf", 4 },
    { "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
    { "\xf5\x80\x80\x80", 0 },
    { "\xff", 0 },
};

START_TEST(char_size_is_rfc3629)
{
    ck_assert_uint_eq(utf8_char_size(cases[_i].text, strlen(cases[_i].text)), cases[_i].size);
}
END_TEST

START_TEST(char_size_reads_no_further_than_left)
{
    ck_assert_uint_eq(utf8_char_size("\xe2\x82\xac", 2), 0);
    ck_assert_uint_eq(utf8_char_size("\xe2\x82\xacz", 4), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("utf8");
    tcase_add_loop_test(tcase, char_size_is_rfc3629, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, char_size_reads_no_further_than_left);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
