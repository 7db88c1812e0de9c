// SPDX-License-Identifier: BSD-2-Clause
#include "base/errlist.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(add_keeps_order)
{
    struct errlist list;
    errlist_init(&list);
    ck_assert(errlist_empty(&list));
    errlist_add(&list, "%s:%d: %s", "file", 3, "first");
    errlist_add(&list, "second");
    ck_assert(!errlist_empty(&list));
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.lines[0], "file:3: first");
    ck_assert_str_eq(list.lines[1], "second");
    errlist_fini(&list);
    ck_assert(errlist_empty(&list));
}
END_TEST

START_TEST(add_makes_one_printable_line)
{
    struct errlist list;
    errlist_init(&list);
    errlist_add(&list, "bad \"%s\"", "a\nb\x1b[2J\x7f caf\xc3\xa9 \xc3");
    ck_assert_str_eq(list.lines[0], "bad \"a\\x0ab\\x1b[2J\\x7f caf\xc3\xa9 \\xc3\"");
    errlist_fini(&list);
}
END_TEST

START_TEST(add_cuts_long_messages)
{
    static char text[10000];
    memset(text, 'x', sizeof(text) - 1);
    struct errlist list;
    errlist_init(&list);
    errlist_add(&list, "%s", text);
    ck_assert_uint_gt(strlen(list.lines[0]), 1000);
    ck_assert_uint_lt(strlen(list.lines[0]), 2049);
    errlist_fini(&list);
}
END_TEST

START_TEST(add_counts_beyond_the_limit)
{
    struct errlist list;
    errlist_init(&list);
    for (int i = 0; i < ERRLIST_MAX + 5; i++)
        errlist_add(&list, "error %d", i);
    ck_assert_uint_eq(list.count, ERRLIST_MAX);
    ck_assert_uint_eq(list.dropped, 5);
    ck_assert_str_eq(list.lines[ERRLIST_MAX - 1], "error 999");
    errlist_fini(&list);
    ck_assert_uint_eq(list.dropped, 0);
}
END_TEST

START_TEST(move_appends_and_empties)
{
    struct errlist list;
    struct errlist other;
    errlist_init(&list);
    errlist_init(&other);
    errlist_add(&list, "a");
    errlist_add(&other, "b");
    errlist_add(&other, "c");
    errlist_move(&list, &other);
    ck_assert(errlist_empty(&other));
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.lines[2], "c");
    for (int i = 0; i < ERRLIST_MAX + 2; i++)
        errlist_add(&other, "many");
    errlist_move(&list, &other);
    ck_assert_uint_eq(list.count, ERRLIST_MAX);
    ck_assert_uint_eq(list.dropped, 5);
    ck_assert(errlist_empty(&other));
    errlist_fini(&other);
    errlist_fini(&list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("errlist");
    TCase *tcase = tcase_create("errlist");
    tcase_add_test(tcase, add_keeps_order);
    tcase_add_test(tcase, add_makes_one_printable_line);
    tcase_add_test(tcase, add_cuts_long_messages);
    tcase_add_test(tcase, add_counts_beyond_the_limit);
    tcase_add_test(tcase, move_appends_and_empties);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
