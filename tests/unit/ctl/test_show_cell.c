// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/show_cell.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int64_t seconds;
    const char *text;
} spans[] = {
    { -5, "0 s" },         { 0, "0 s" },
    { 119, "119 s" },      { 120, "2 min" },
    { 7199, "119 min" },   { 7200, "2 h" },
    { 172799, "47 h" },    { 172800, "2 d" },
    { 31536000, "365 d" }, { INT64_MAX - 1, "106751991167300 d" },
};

START_TEST(span_row)
{
    char text[64];
    cell_span(spans[_i].seconds, text, sizeof(text));
    ck_assert_str_eq(text, spans[_i].text);
}
END_TEST

static const struct {
    const char *json;
    const char *text;
} values[] = {
    { "\"text\"", "text" }, { "7", "7" },         { "0.25", "0.25" },           { "true", "true" },
    { "null", "" },         { "[1,2]", "[1,2]" }, { "{\"a\":1}", "{\"a\":1}" },
};

START_TEST(value_row)
{
    char text[CELL_TEXT];
    json_t *value = json_loads(values[_i].json, JSON_DECODE_ANY, NULL);
    ck_assert_str_eq(cell_text(value, text), values[_i].text);
    json_decref(value);
}
END_TEST

START_TEST(long_value_is_cut)
{
    char text[CELL_TEXT];
    json_t *list = json_array();
    for (int i = 0; i < 1000; i++)
        (void)json_array_append_new(list, json_integer(123456));
    ck_assert_uint_lt(strlen(cell_text(list, text)), CELL_TEXT);
    ck_assert_str_eq(cell_text(NULL, text), "");
    json_decref(list);
}
END_TEST

START_TEST(states_have_colours)
{
    static const char *const states[] = { "up",       "suspect",    "down",
                                          "draining", "drained",    "unknown",
                                          "admin_up", "admin_down", "disabled" };
    static const char *const heads[] = { "STATE" };
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        struct table table;
        table_init(&table, heads, 1);
        json_t *state = json_string(states[i]);
        cell_add_state(&table, state);
        ck_assert_int_ne(table.cells[1].colour, TABLE_PLAIN);
        json_decref(state);
        table_fini(&table);
    }
}
END_TEST

START_TEST(join_is_bounded)
{
    struct strbuf out;
    json_t *list = json_loads("[\"a\",\"b\",\"c\"]", 0, NULL);
    strbuf_init(&out);
    cell_join(&out, list, 2);
    ck_assert_str_eq(out.text, "a, b and 1 more");
    strbuf_clear(&out);
    cell_join(&out, list, 3);
    ck_assert_str_eq(out.text, "a, b, c");
    strbuf_clear(&out);
    cell_join(&out, NULL, 3);
    ck_assert_str_eq(out.text, "");
    json_decref(list);
    strbuf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("show_cell");
    TCase *tcase = tcase_create("show_cell");
    tcase_add_loop_test(tcase, span_row, 0, (int)(sizeof(spans) / sizeof(spans[0])));
    tcase_add_loop_test(tcase, value_row, 0, (int)(sizeof(values) / sizeof(values[0])));
    tcase_add_test(tcase, long_value_is_cut);
    tcase_add_test(tcase, states_have_colours);
    tcase_add_test(tcase, join_is_bounded);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
