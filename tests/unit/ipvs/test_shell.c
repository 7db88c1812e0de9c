// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/shell.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *text;
    const char *word;
    const char *name;
} rows[] = {
    { "web-1.example_x", "web-1.example_x", "web-1.example_x" },
    { "2001:db8::1/64", "2001:db8::1/64", "2001_db8__1_64" },
    { "", "''", "" },
    { "a b", "'a b'", "a_b" },
    { "it's", "'it'\\''s'", "it_s" },
    { "$(reboot)", "'$(reboot)'", "__reboot_" },
    { "a\nb\x7f", "'a?b?'", "a_b_" },
    { "~x;y&", "'~x;y&'", "_x_y_" },
    { "../x", "../x", "_._x" },
    { "*", "'*'", "_" },
    { "\xc3\xa4", "'\xc3\xa4'", "__" },
};

START_TEST(row)
{
    struct strbuf out;
    strbuf_init(&out);
    shell_add_word(&out, rows[_i].text);
    ck_assert_str_eq(out.text, rows[_i].word);
    strbuf_clear(&out);
    shell_add_name(&out, rows[_i].text);
    ck_assert_str_eq(out.text, rows[_i].name);
    strbuf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shell");
    TCase *tcase = tcase_create("shell");
    tcase_add_loop_test(tcase, row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
