// SPDX-License-Identifier: BSD-2-Clause
#include "server/control.h"

#include "base/mem.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(starts_answers_and_ends)
{
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    ck_assert(control_ready(f.control));
    ck_assert_uint_eq(control_generation(f.control), 1);
    ck_assert_uint_eq(control_worker_count(f.control), 2);
    ck_assert_uint_eq(control_world(f.control)->pools.count, 2);
    char *text = control_fixture_dig(&f, "www.example.test A");
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(dnsmsg_count(text, "AN www.example.test. 20 A 192.0.2.1"), 1);
    ck_assert_uint_eq(dnsmsg_count(text, "AN www.example.test. 20 A 192.0.2.3"), 1);
    mem_free(text);
    text = control_fixture_dig(&f, "plain.example.test A tcp");
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(dnsmsg_count(text, "AN plain.example.test. 300 A 192.0.2.80"), 1);
    mem_free(text);
    control_fixture_fini(&f);
}
END_TEST

/* The first answer of a rotation, by the second line of the text. */
static char *first_answer(struct control_fixture *f)
{
    char *text = control_fixture_dig(f, "www.example.test A");
    ck_assert_ptr_nonnull(text);
    char *line = strstr(text, "\nAN ");
    ck_assert_ptr_nonnull(line);
    line[strcspn(line + 1, "\n") + 1] = '\0';
    char *copy = mem_strdup(line + 1);
    mem_free(text);
    return copy;
}

START_TEST(explain_moves_no_counter)
{
    struct control_fixture f;
    uint8_t query[DNSMSG_QUERY_MAX];
    static uint8_t answer[65535];
    bool tcp = false;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    size_t size = dnsmsg_query("www.example.test A", query, &tcp);
    char *before = first_answer(&f);
    for (int i = 0; i < 3; i++) {
        struct trace trace;
        trace_init(&trace);
        size_t length =
            control_explain(f.control, query, size, false, &trace, answer, sizeof(answer));
        ck_assert_uint_gt(length, 12);
        ck_assert_uint_gt(trace.count, 1);
        trace_fini(&trace);
    }
    /* Two more real queries: with three members, the third in all after `before` would be equal to
     * it. */
    char *next = first_answer(&f);
    char *third = first_answer(&f);
    char *again = first_answer(&f);
    ck_assert_str_ne(before, next);
    ck_assert_str_ne(next, third);
    ck_assert_str_ne(before, third);
    ck_assert_str_eq(before, again);
    mem_free(before);
    mem_free(next);
    mem_free(third);
    mem_free(again);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(refuses_to_start_with_every_error)
{
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE "broken A 1.2.3\nalso MX\n");
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(!control_fixture_start(&f));
    ck_assert_uint_eq(f.errors.count, 2);
    ck_assert_ptr_nonnull(strstr(f.errors.lines[0], "example.test.zone:9: "));
    ck_assert_ptr_nonnull(strstr(f.errors.lines[1], "example.test.zone:10: "));
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("control");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, starts_answers_and_ends);
    tcase_add_test(tcase, explain_moves_no_counter);
    tcase_add_test(tcase, refuses_to_start_with_every_error);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
