// SPDX-License-Identifier: BSD-2-Clause
#include "base/json_scan.h"

#include "base/rng.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text; /* as JSON has it, quotes included, then anything */
    const char *decoded;
    size_t end;
} strings[] = {
    { "\"\"", "", 2 },
    { "\"abc\", 1", "abc", 5 },
    { "\"a\\\"b\\\\\"x", "a\"b\\", 8 },
    { "\"\\/\\b\\f\\n\\r\\t\"", "/\b\f\n\r\t", 14 },
    { "\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 20 },
    { "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 14 },
    { "\"\xc3\xa9\"", "\xc3\xa9", 4 },
};

START_TEST(string_is_decoded)
{
    struct strbuf out;
    strbuf_init(&out);
    size_t length = strlen(strings[_i].text);
    ck_assert_uint_eq(json_scan_string(strings[_i].text, length, 0, &out), strings[_i].end);
    ck_assert_str_eq(out.text, strings[_i].decoded);
    ck_assert_uint_eq(json_scan_string(strings[_i].text, length, 0, NULL), strings[_i].end);
    strbuf_fini(&out);
}
END_TEST

START_TEST(find_takes_the_last_of_equal_keys)
{
    static const char text[] = "{\"a\":1,\"b\":{\"a\":2},\"a\":3}";
    struct json_scan_hit hit = json_scan_find(text, strlen(text), "a");
    ck_assert_int_eq(text[hit.value], '3');
    ck_assert_uint_eq(hit.key, hit.value - 4);
    hit = json_scan_find(text, strlen(text), "b.a");
    ck_assert_int_eq(text[hit.value], '2');
}
END_TEST

START_TEST(find_skips_brackets_in_strings)
{
    static const char text[] = "{\"x\":[\"]\",{\"y\":\"}\"}],\"]\":[[1,2],[3,[4]]]}";
    struct json_scan_hit hit = json_scan_find(text, strlen(text), "[\"]\"][1][1][0]");
    ck_assert_int_eq(text[hit.value], '4');
}
END_TEST

/* Texts that no parser has accepted: nothing may be read beyond their end (seen by the sanitizers).
 */
START_TEST(hostile_texts_stay_in_bounds)
{
    static const char letters[] = "{}[]\"\\u:,d8a0 ";
    static const char *const paths[] = { "a",     "[0][1]", "u[\"\\ud800\"]",
                                         "[\"\\", "d.d.d",  "[99999999999999999999]" };
    struct rng rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        size_t length = rng_below(&rng, 24);
        char *text = malloc(length + 1);
        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i < length; i++)
            text[i] = letters[rng_below(&rng, sizeof(letters) - 1)];
        struct json_scan_hit hit = json_scan_find(text, length, paths[round % 6]);
        struct strbuf out;
        strbuf_init(&out);
        size_t end = length == 0
                         ? 0
                         : json_scan_string(text, length, rng_below(&rng, (uint32_t)length), &out);
        if (hit.key > length || hit.value > length || end > length)
            ck_abort_msg("a place outside of the text");
        strbuf_fini(&out);
        free(text);
    }
    ck_assert(true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_scan");
    TCase *tcase = tcase_create("json_scan");
    tcase_add_loop_test(tcase, string_is_decoded, 0, sizeof(strings) / sizeof(strings[0]));
    tcase_add_test(tcase, find_takes_the_last_of_equal_keys);
    tcase_add_test(tcase, find_skips_brackets_in_strings);
    tcase_add_test(tcase, hostile_texts_stay_in_bounds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
