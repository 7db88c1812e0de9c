// SPDX-License-Identifier: BSD-2-Clause
#include "base/json_index.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(find_takes_the_last_of_equal_keys)
{
    static const char text[] = "{\"a\":1,\"b\":{\"a\":2},\"a\":3}";
    struct json_index *index = json_index_new(text, strlen(text));
    struct json_hit hit = json_index_find(index, "a");
    ck_assert_int_eq(text[hit.value], '3');
    ck_assert_uint_eq(hit.key, hit.value - 4);
    hit = json_index_find(index, "b.a");
    ck_assert_int_eq(text[hit.value], '2');
    json_index_free(index);
    json_index_free(NULL);
}
END_TEST

START_TEST(find_goes_as_far_as_it_can)
{
    static const char text[] =
        " {\"x\":[\"]\",{\"y\":\"}\"}],\"]\":[[1,2],[3,[4]]],\"p\":{\"q\":5}}";
    static const struct {
        const char *path;
        const char *at; /* what the value begins with */
    } cases[] = {
        { "", "{\"x\"" },
        { "[\"]\"][1][1][0]", "4" },
        { "[\"]\"][1][1][1]", "[4]" },
        { "x[1].y", "\"}\"" },
        { "x[1].y.z", "\"}\"" },
        { "x[2]", "[\"]\"" },
        { "x[1", "[\"]\"" },
        { "x[\"1", "[\"]\"" },
        { "x[", "[\"]\"" },
        { "x[]", "[\"]\"" },
        { "p.q", "5" },
        { "p.", "{\"q\"" },
        { "p..q", "{\"q\"" },
        { "pp", "{\"x\"" },
        { ".", "{\"x\"" },
        { "[0]", "{\"x\"" },
    };
    struct json_index *index = json_index_new(text, strlen(text));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_hit hit = json_index_find(index, cases[i].path);
        ck_assert_msg(strncmp(text + hit.value, cases[i].at, strlen(cases[i].at)) == 0,
                      "%s is at %s", cases[i].path, text + hit.value);
    }
    json_index_free(index);
}
END_TEST

START_TEST(find_in_nothing)
{
    struct json_index *index = json_index_new("", 0);
    struct json_hit hit = json_index_find(index, "a.b");
    ck_assert_uint_eq(hit.value, 0);
    ck_assert_uint_eq(hit.key, 0);
    json_index_free(index);
}
END_TEST

START_TEST(place_counts_lines_and_bytes)
{
    static const char text[] = "ab\n\ncd\xc3\xa9g\n";
    static const struct {
        size_t offset;
        unsigned line, column;
    } cases[] = { { 0, 1, 1 }, { 1, 1, 2 }, { 2, 1, 3 },  { 3, 2, 1 }, { 4, 3, 1 },
                  { 8, 3, 5 }, { 9, 3, 6 }, { 10, 4, 1 }, { 99, 4, 1 } };
    struct json_index *index = json_index_new(text, strlen(text));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned line = 0;
        unsigned column = 0;
        json_index_place(index, cases[i].offset, &line, &column);
        ck_assert_msg(line == cases[i].line && column == cases[i].column, "%zu at %u:%u",
                      cases[i].offset, line, column);
    }
    json_index_free(index);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_index");
    TCase *tcase = tcase_create("json_index");
    tcase_add_test(tcase, find_takes_the_last_of_equal_keys);
    tcase_add_test(tcase, find_goes_as_far_as_it_can);
    tcase_add_test(tcase, find_in_nothing);
    tcase_add_test(tcase, place_counts_lines_and_bytes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
