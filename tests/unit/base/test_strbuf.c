// SPDX-License-Identifier: BSD-2-Clause
#include "base/strbuf.h"

#include "base/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(add_appends)
{
    struct strbuf buf;
    strbuf_init(&buf);
    ck_assert_str_eq(buf.text, "");
    strbuf_add(&buf, "one");
    strbuf_add_bytes(&buf, " two!", 4);
    strbuf_add_bytes(&buf, NULL, 0);
    strbuf_addf(&buf, " %d%s", 3, "");
    ck_assert_str_eq(buf.text, "one two 3");
    ck_assert_uint_eq(buf.length, 9);
    strbuf_clear(&buf);
    ck_assert_str_eq(buf.text, "");
    ck_assert_uint_eq(buf.length, 0);
    strbuf_fini(&buf);
}
END_TEST

START_TEST(add_grows)
{
    struct strbuf buf;
    strbuf_init(&buf);
    char piece[301];
    memset(piece, 'x', 300);
    piece[300] = '\0';
    for (size_t i = 1; i <= 200; i++) {
        strbuf_addf(&buf, "%s", piece);
        ck_assert_uint_eq(buf.length, i * 300);
        ck_assert_uint_eq(strlen(buf.text), i * 300);
        ck_assert_uint_gt(buf.capacity, buf.length);
    }
    strbuf_fini(&buf);
}
END_TEST

START_TEST(bytes_may_hold_nul)
{
    struct strbuf buf;
    strbuf_init(&buf);
    strbuf_add_bytes(&buf, "a\0b", 3);
    ck_assert_uint_eq(buf.length, 3);
    ck_assert_mem_eq(buf.text, "a\0b", 4);
    strbuf_fini(&buf);
}
END_TEST

START_TEST(take_hands_over)
{
    struct strbuf buf;
    strbuf_init(&buf);
    strbuf_add(&buf, "mine");
    char *text = strbuf_take(&buf);
    strbuf_add(&buf, "next");
    ck_assert_str_eq(text, "mine");
    ck_assert_str_eq(buf.text, "next");
    mem_free(text);
    strbuf_fini(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strbuf");
    TCase *tcase = tcase_create("strbuf");
    tcase_add_test(tcase, add_appends);
    tcase_add_test(tcase, add_grows);
    tcase_add_test(tcase, bytes_may_hold_nul);
    tcase_add_test(tcase, take_hands_over);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
