// SPDX-License-Identifier: BSD-2-Clause
#include "base/json_walk.h"

#include "base/rng.h"

#include <check.h>
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
    { "\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf",
      32 },
    { "\"\\ud800\\udc00\\udbff\\udfff\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 26 },
    { "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 14 },
    { "\"\xc3\xa9\"", "\xc3\xa9", 4 },
};

START_TEST(string_is_decoded)
{
    struct strbuf out;
    strbuf_init(&out);
    size_t length = strlen(strings[_i].text);
    ck_assert_uint_eq(json_walk_string(strings[_i].text, length, 0, &out), strings[_i].end);
    ck_assert_str_eq(out.text, strings[_i].decoded);
    ck_assert_uint_eq(json_walk_string(strings[_i].text, length, 0, NULL), strings[_i].end);
    strbuf_fini(&out);
}
END_TEST

/* The events as text: K and V with their offset and path, C for a close. */
static char *events_of(const char *text)
{
    struct json_walk walk;
    struct strbuf out;
    strbuf_init(&out);
    json_walk_init(&walk, text, strlen(text));
    enum json_event event = JSON_EVENT_END;
    while ((event = json_walk_next(&walk)) != JSON_EVENT_END && event != JSON_EVENT_DEEP) {
        if (event == JSON_EVENT_CLOSE)
            strbuf_addf(&out, "C%zu ", walk.offset);
        else
            strbuf_addf(&out, "%c%zu:%s ", event == JSON_EVENT_KEY ? 'K' : 'V', walk.offset,
                        walk.path.text);
    }
    strbuf_addf(&out, event == JSON_EVENT_DEEP ? "D%zu" : "E", walk.offset);
    json_walk_fini(&walk);
    char *result = strbuf_take(&out);
    strbuf_fini(&out);
    return result;
}

static const struct {
    const char *text;
    const char *events;
} walks[] = {
    { "", "E" },
    { " 12 ", "V1: E" },
    { "\"}]\"", "V0: E" },
    { "{}", "V0: C1 E" },
    { "[ ]", "V0: C2 E" },
    { "{\"a\":1,\"b\" : [true,\"x\"]}", "V0: K1:a V5:a K7:b V13:b V14:b[0] V19:b[1] C22 C23 E" },
    { "[[],{},[{\"k\":null}]]",
      "V0: V1:[0] C2 V4:[1] C5 V7:[2] V8:[2][0] K9:[2][0].k V13:[2][0].k C17 C18 C19 E" },
    { "{\"x.y\":{\"\":0},\"z\":-1.5e3}", "V0: K1:[\"x.y\"] V7:[\"x.y\"] K8:[\"x.y\"][\"\"] "
                                         "V11:[\"x.y\"][\"\"] C12 K14:z V18:z C24 E" },
    { "{\"a\":{\"b\":{}},\"c\":1}", "V0: K1:a V5:a K6:a.b V10:a.b C11 C12 K14:c V18:c C19 E" },
};

START_TEST(events_come_in_order)
{
    char *events = events_of(walks[_i].text);
    ck_assert_str_eq(events, walks[_i].events);
    free(events);
}
END_TEST

START_TEST(depth_ends_the_walk)
{
    char text[200];
    memset(text, '[', JSON_DEPTH_MAX + 1);
    text[JSON_DEPTH_MAX + 1] = '\0';
    char *events = events_of(text);
    ck_assert_ptr_nonnull(strstr(events, " D64"));
    free(events);
    text[JSON_DEPTH_MAX] = '\0';
    events = events_of(text);
    ck_assert_int_eq(events[strlen(events) - 1], 'E');
    free(events);
}
END_TEST

START_TEST(values_know_their_key)
{
    static const char text[] = "{ \"a\" : [ 5 ] }";
    struct json_walk walk;
    json_walk_init(&walk, text, strlen(text));
    ck_assert_int_eq(json_walk_next(&walk), JSON_EVENT_VALUE);
    ck_assert_uint_eq(walk.key, 0);
    ck_assert_int_eq(json_walk_next(&walk), JSON_EVENT_KEY);
    ck_assert_str_eq(walk.key_text.text, "a");
    ck_assert_int_eq(json_walk_next(&walk), JSON_EVENT_VALUE);
    ck_assert_uint_eq(walk.key, 2);
    ck_assert_uint_eq(walk.offset, 8);
    ck_assert_int_eq(json_walk_next(&walk), JSON_EVENT_VALUE);
    ck_assert_uint_eq(walk.key, 10);
    json_walk_fini(&walk);
}
END_TEST

/* Texts that no parser has accepted: the walk ends, and reads nothing beyond the end (the
 * sanitizers see it). */
START_TEST(hostile_texts_stay_in_bounds)
{
    static const char letters[] = "{}[]\"\\u:,d8a0 ";
    struct rng rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        size_t length = 1 + rng_below(&rng, 24);
        char *text = malloc(length);
        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i < length; i++)
            text[i] = letters[rng_below(&rng, sizeof(letters) - 1)];
        struct json_walk walk;
        json_walk_init(&walk, text, length);
        size_t events = 0;
        while (json_walk_next(&walk) != JSON_EVENT_END) {
            if (walk.offset >= length || walk.key >= length || ++events > 2 * length)
                ck_abort_msg("event %zu at %zu of %zu", events, walk.offset, length);
        }
        json_walk_fini(&walk);
        if (json_walk_string(text, length, rng_below(&rng, (uint32_t)length), NULL) > length)
            ck_abort_msg("a string beyond the text");
        free(text);
    }
    ck_assert_uint_ne(rng_next(&rng), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_walk");
    TCase *tcase = tcase_create("json_walk");
    tcase_add_loop_test(tcase, string_is_decoded, 0, sizeof(strings) / sizeof(strings[0]));
    tcase_add_loop_test(tcase, events_come_in_order, 0, sizeof(walks) / sizeof(walks[0]));
    tcase_add_test(tcase, depth_ends_the_walk);
    tcase_add_test(tcase, values_know_their_key);
    tcase_add_test(tcase, hostile_texts_stay_in_bounds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
