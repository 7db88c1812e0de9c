// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_report.h"

#include "tests/unit/ctl/keepalived_help.h"

static const struct keepalived_place place = { .file = "f", .line = 3 };
static const struct keepalived_place whole = { .file = "f" };

START_TEST(notes_are_lines)
{
    keepalived_note(&help.report, place, "%s: left out", "x");
    keepalived_note(&help.report, whole, "why");
    ck_assert_str_eq(help.notes.text, "f:3: x: left out\nf: why\n");
    ck_assert(!help.report.failed);
}
END_TEST

START_TEST(notes_are_not_taken_while_muted)
{
    help.report.muted = 1;
    keepalived_note(&help.report, place, "x");
    help.report.muted = 0;
    ck_assert_str_eq(help.notes.text, "");
}
END_TEST

START_TEST(the_first_error_stays)
{
    ck_assert(!keepalived_fail(&help.report, place, "%d", 1));
    ck_assert(!keepalived_fail(&help.report, place, "%d", 2));
    ck_assert(help.report.failed);
    ck_assert_str_eq(help.error, "f:3: 1");
}
END_TEST

START_TEST(controls_do_not_reach_the_terminal)
{
    keepalived_note(&help.report, place, "a\033[31mb\n");
    ck_assert_str_eq(help.notes.text, "f:3: a?[31mb?\n");
    ck_assert(!keepalived_fail(&help.report, whole, "\x9b"));
    ck_assert_str_eq(help.error, "f: ?");
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char text[4096];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert(!keepalived_fail(&help.report, place, "%s", text));
    ck_assert_uint_eq(strlen(help.error), sizeof(help.error) - 1);
    keepalived_note(&help.report, place, "%s", text);
    ck_assert_uint_lt(help.notes.length, 2000);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_test(tcase, notes_are_lines);
    tcase_add_test(tcase, notes_are_not_taken_while_muted);
    tcase_add_test(tcase, the_first_error_stays);
    tcase_add_test(tcase, controls_do_not_reach_the_terminal);
    tcase_add_test(tcase, long_texts_are_cut);
}

HELP_MAIN("keepalived_report", add)
