// SPDX-License-Identifier: BSD-2-Clause
#include "health/match.h"

#include "base/compiler.h"
#include "base/rng.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *text;
    const char *stream;
    bool found;
} cases[] = {
    { "", "", true },
    { "", "abc", true },
    { "a", "", false },
    { "ok", "ok", true },
    { "ok", "not o k", false },
    { "ok", "o", false },
    { "aab", "aaab", true },
    { "abab", "abaabab", true },
    { "ababac", "abababac", true },
    { "aaaa", "aaabaaabaaab", false },
    { "abcabd", "abcabcabd", true },
    { "\r\n\r\n", "a\r\n\r\r\n\r\n", true },
    { "needle", "a haystack without it", false },
};

/* In pieces of each size: the text may lie over any border. */
START_TEST(feed_finds_in_pieces)
{
    size_t length = strlen(cases[_i].stream);
    for (size_t piece = 1; piece <= length + 1; piece++) {
        struct match match;
        match_init(&match, cases[_i].text);
        bool found = match_feed(&match, "", 0);
        for (size_t at = 0; at < length; at += piece) {
            size_t rest = length - at;
            found = match_feed(&match, cases[_i].stream + at, rest < piece ? rest : piece);
        }
        ck_assert_int_eq(found, cases[_i].found);
        ck_assert_int_eq(match_feed(&match, "zzz", 3), cases[_i].found);
        match_fini(&match);
    }
}
END_TEST

START_TEST(feed_agrees_with_memmem)
{
    struct rng rng;
    rng_seed(&rng, 42);
    unsigned hits = 0;
    for (unsigned round = 0; round < 20000; round++) {
        char text[8] = { 0 };
        char stream[48];
        size_t length = rng_below(&rng, 7);
        for (size_t i = 0; i < length; i++)
            text[i] = (char)('a' + rng_below(&rng, 2));
        size_t total = rng_below(&rng, sizeof(stream));
        for (size_t i = 0; i < total; i++)
            stream[i] = (char)('a' + rng_below(&rng, 2));
        size_t cut = rng_below(&rng, (uint32_t)total + 1);
        struct match match;
        match_init(&match, text);
        match_feed(&match, stream, cut);
        bool found = match_feed(&match, stream + cut, total - cut);
        match_fini(&match);
        bool expected = memmem(stream, total, text, length) != NULL;
        ck_assert_int_eq(found, expected);
        hits += found ? 1 : 0;
    }
    ck_assert_uint_gt(hits, 1000);
    ck_assert_uint_lt(hits, 19000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match");
    TCase *tcase = tcase_create("match");
    tcase_add_loop_test(tcase, feed_finds_in_pieces, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, feed_agrees_with_memmem);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
