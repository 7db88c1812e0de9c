// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/table.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const heads[] = { "NAME", "STATE", "NOTE" };

static struct table table;
static struct strbuf out;

static void set_up(void)
{
    table_init(&table, heads, 3);
    strbuf_init(&out);
}

static void tear_down(void)
{
    table_fini(&table);
    strbuf_fini(&out);
}

static void add_row(const char *a, const char *b, const char *c)
{
    table_add(&table, a);
    table_add(&table, b);
    table_add(&table, c);
}

START_TEST(columns_are_aligned)
{
    add_row("a", "up", "x");
    add_row("longer name", "down", "");
    table_print(&table, false, &out);
    ck_assert_str_eq(out.text, "NAME         STATE  NOTE\n"
                               "a            up     x\n"
                               "longer name  down   -\n");
}
END_TEST

START_TEST(empty_columns_are_left_out)
{
    add_row("a", "", "");
    add_row("b", NULL, NULL);
    table_print(&table, false, &out);
    ck_assert_str_eq(out.text, "NAME\na\nb\n");
}
END_TEST

START_TEST(blank_cells_stay_blank)
{
    add_row("a", "up", "one");
    add_row(NULL, NULL, "two");
    table_print(&table, false, &out);
    ck_assert_str_eq(out.text, "NAME  STATE  NOTE\n"
                               "a     up     one\n"
                               "             two\n");
}
END_TEST

START_TEST(width_counts_characters)
{
    add_row("caf\xc3\xa9", "up", "x");
    add_row("abcde", "up", "x");
    table_print(&table, false, &out);
    ck_assert_ptr_nonnull(strstr(out.text, "\ncaf\xc3\xa9   up"));
    ck_assert_ptr_nonnull(strstr(out.text, "\nabcde  up"));
}
END_TEST

START_TEST(colour_only_when_asked)
{
    table_add(&table, "a");
    table_add_colour(&table, "down", TABLE_RED);
    table_add(&table, "x");
    table_print(&table, false, &out);
    ck_assert_ptr_null(strchr(out.text, '\033'));
    strbuf_clear(&out);
    table_print(&table, true, &out);
    ck_assert_ptr_nonnull(strstr(out.text, "\033[31mdown\033[0m   x\n"));
}
END_TEST

static const struct {
    const char *text;
    const char *clean;
} texts[] = {
    { "plain text", "plain text" },
    { "", "" },
    { "caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac" },
    { "\033]0;title\a", "?]0;title?" },
    { "a\nb\tc\rd\x7f", "a?b?c?d?" },
    { "\xc2\x9b"
      "31m",
      "?31m" },
    { "bad \xff\xfe", "bad ??" },
    { "cut \xe2\x82", "cut ??" },
};

START_TEST(clean_row)
{
    table_add_clean(&out, texts[_i].text);
    ck_assert_str_eq(out.text, texts[_i].clean);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, columns_are_aligned);
    tcase_add_test(tcase, empty_columns_are_left_out);
    tcase_add_test(tcase, blank_cells_stay_blank);
    tcase_add_test(tcase, width_counts_characters);
    tcase_add_test(tcase, colour_only_when_asked);
    tcase_add_loop_test(tcase, clean_row, 0, (int)(sizeof(texts) / sizeof(texts[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
