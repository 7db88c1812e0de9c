// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"

#include "base/rng.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
    uint8_t wire[NAME_MAX_LEN];
    size_t length;
};

static struct name make(const char *text)
{
    struct name name;
    const char *error = NULL;
    name.length = name_from_text(text, strlen(text), NULL, name.wire, &error);
    ck_assert_msg(name.length > 0, "%s: %s", text, error);
    return name;
}

static const struct {
    const char *text;
    const char *origin;  /* NULL = none */
    const char *printed; /* NULL: refused */
} texts[] = {
    { ".", NULL, "." },
    { ".", "example.", "." },
    { "@", "example.", "example." },
    { "@", NULL, "\\@." },
    { "\\@", "example.", "\\@.example." },
    { "www", "example.", "www.example." },
    { "www.", "example.", "www." },
    { "www", NULL, "www." },
    { "WwW.Example.", NULL, "WwW.Example." },
    { "a.b.c", ".", "a.b.c." },
    { "*", "example.", "*.example." },
    { "a\\.b", "example.", "a\\.b.example." },
    { "a\\.", "example.", "a\\..example." },
    { "a\\046b.", NULL, "a\\.b." },
    { "a\\000b\\255.", NULL, "a\\000b\\255." },
    { "a\\\\b.", NULL, "a\\\\b." },
    { "a b.", NULL, "a\\032b." },
    { "\\(\\)\\;\\$\\\"\\@.", NULL, "\\(\\)\\;\\$\\\"\\@." },
    { "_dmarc.x-y.", NULL, "_dmarc.x-y." },
    { "\xc3\xa9.", NULL, "\\195\\169." },
    { "", NULL, NULL },
    { "..", NULL, NULL },
    { ".a", NULL, NULL },
    { "a..b.", NULL, NULL },
    { "a\\", NULL, NULL },
    { "a\\25", NULL, NULL },
    { "a\\2x5.", NULL, NULL },
    { "a\\256.", NULL, NULL },
    { "a\\999.", NULL, NULL },
};

START_TEST(from_text_and_back)
{
    struct name origin = make(texts[_i].origin == NULL ? "." : texts[_i].origin);
    uint8_t wire[NAME_MAX_LEN];
    const char *error = "unset";
    size_t length = name_from_text(texts[_i].text, strlen(texts[_i].text),
                                   texts[_i].origin == NULL ? NULL : origin.wire, wire, &error);
    if (texts[_i].printed == NULL) {
        ck_assert_uint_eq(length, 0);
        ck_assert_ptr_nonnull(error);
        return;
    }
    ck_assert_msg(length > 0, "%s: %s", texts[_i].text, error);
    ck_assert_ptr_null(error);
    char text[NAME_TEXT_MAX];
    ck_assert_uint_eq(name_to_text(wire, text), strlen(text));
    ck_assert_str_eq(text, texts[_i].printed);
    ck_assert_uint_eq(name_length(wire), length);
    ck_assert_uint_eq(name_check(wire, length), length);
    struct name again = make(text);
    ck_assert_uint_eq(again.length, length);
    ck_assert_mem_eq(again.wire, wire, length);
}
END_TEST

/* Names of `count` labels of `size` bytes, then one of `last` bytes. */
static size_t long_text(char *out, unsigned count, unsigned size, unsigned last)
{
    size_t used = 0;
    for (unsigned i = 0; i <= count; i++) {
        unsigned bytes = i < count ? size : last;
        memset(out + used, 'x', bytes);
        used += bytes;
        if (bytes > 0)
            out[used++] = '.';
    }
    return used;
}

static const struct {
    unsigned count, size, last;
    size_t length; /* 0: refused */
} lengths[] = {
    { 0, 0, 63, 65 },   { 0, 0, 64, 0 },  { 3, 63, 61, 255 }, { 3, 63, 62, 0 },
    { 3, 63, 60, 254 }, { 4, 63, 0, 0 },  { 127, 1, 0, 255 }, { 126, 1, 2, 0 },
    { 126, 1, 1, 255 }, { 128, 1, 0, 0 }, { 200, 1, 1, 0 },   { 126, 1, 0, 253 },
};

START_TEST(from_text_keeps_the_limits)
{
    char text[600];
    size_t length = long_text(text, lengths[_i].count, lengths[_i].size, lengths[_i].last);
    uint8_t wire[NAME_MAX_LEN];
    const char *error = NULL;
    ck_assert_uint_eq(name_from_text(text, length, NULL, wire, &error), lengths[_i].length);
    /* The same name without its final dot is made absolute. */
    ck_assert_uint_eq(name_from_text(text, length - 1, NULL, wire, &error), lengths[_i].length);
    if (lengths[_i].length == 0) {
        ck_assert_ptr_nonnull(error);
        return;
    }
    ck_assert_uint_eq(name_from_text(text, length, NULL, wire, &error), lengths[_i].length);
    ck_assert_uint_eq(name_check(wire, sizeof(wire)), lengths[_i].length);
    struct name origin = make("abc.");
    bool fits = lengths[_i].length + 4 <= NAME_MAX_LEN;
    size_t made = name_from_text(text, length - 1, origin.wire, wire, &error);
    ck_assert_uint_eq(made, fits ? lengths[_i].length + 4 : 0);
    char printed[NAME_TEXT_MAX];
    ck_assert_uint_lt(name_to_text(wire, printed), NAME_TEXT_MAX);
}
END_TEST

START_TEST(to_text_of_the_worst_name_fits)
{
    uint8_t wire[NAME_MAX_LEN];
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t size = i < 3 ? 63 : 61;
        wire[at++] = size;
        memset(wire + at, 0xff, size);
        at += size;
    }
    wire[at++] = 0;
    ck_assert_uint_eq(at, NAME_MAX_LEN);
    char text[NAME_TEXT_MAX];
    ck_assert_uint_eq(name_to_text(wire, text), 250 * 4 + 4);
    struct name again = make(text);
    ck_assert_mem_eq(again.wire, wire, NAME_MAX_LEN);
}
END_TEST

START_TEST(labels_and_skip)
{
    struct name name = make("a.bb.ccc.");
    ck_assert_uint_eq(name_labels(name.wire), 3);
    ck_assert_uint_eq(name_labels((const uint8_t *)""), 0);
    ck_assert_ptr_eq(name_skip(name.wire, 0), name.wire);
    ck_assert_ptr_eq(name_skip(name.wire, 1), name.wire + 2);
    ck_assert_ptr_eq(name_skip(name.wire, 3), name.wire + name.length - 1);
    ck_assert(!name_is_wildcard(name.wire));
    ck_assert(name_is_wildcard(make("*.a.").wire));
    ck_assert(!name_is_wildcard(make("**.a.").wire));
    ck_assert(!name_is_wildcard((const uint8_t *)""));
}
END_TEST

START_TEST(lower_folds_ascii_only)
{
    struct name name = make("AZaz09[\\192\\224@.`{");
    uint8_t folded[NAME_MAX_LEN];
    name_lower(name.wire, folded);
    struct name expected = make("azaz09[\\192\\224@.`{");
    ck_assert_mem_eq(folded, expected.wire, name.length);
    name_lower(name.wire, name.wire);
    ck_assert_mem_eq(name.wire, expected.wire, name.length);
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    bool equal, under; /* a is b, a is at or below b */
} relations[] = {
    { "a.b.", "A.B.", true, true },    { "a.b.", "b.", false, true },
    { "b.", "a.b.", false, false },    { "a.b.", ".", false, true },
    { ".", ".", true, true },          { "ab.", "b.", false, false },
    { "x.a.b.", "a.B.", false, true }, { "a.c.", "b.", false, false },
    { "a\\.b.", "b.", false, false },  { "a.b.", "a.bb.", false, false },
    { "[.", "{.", false, false },      { "@.", "`.", false, false },
};

START_TEST(equal_and_under)
{
    struct name a = make(relations[_i].a);
    struct name b = make(relations[_i].b);
    ck_assert_int_eq(name_equal(a.wire, b.wire), relations[_i].equal);
    ck_assert_int_eq(name_equal(b.wire, a.wire), relations[_i].equal);
    ck_assert_int_eq(name_is_under(a.wire, b.wire), relations[_i].under);
}
END_TEST

/* The list of RFC 4034 section 6.1, with more of what is easily got wrong. */
static const char *const ordered[] = {
    ".",
    "example.",
    "a.example.",
    "yljkjljk.a.example.",
    "Z.a.example.",
    "zABC.a.EXAMPLE.",
    "z.example.",
    "\\001.z.example.",
    "*.z.example.",
    "\\200.z.example.",
    "z\\000.example.",
    "za.example.",
    "zaa.example.",
    "examplf.",
};

START_TEST(compare_is_canonical_order)
{
    for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
        struct name a = make(ordered[_i]);
        struct name b = make(ordered[i]);
        int order = name_compare(a.wire, b.wire);
        int wanted = (_i > (int)i) - (_i < (int)i);
        ck_assert_msg((order > 0) - (order < 0) == wanted, "%s and %s: %d", ordered[_i], ordered[i],
                      order);
    }
}
END_TEST

START_TEST(compare_ignores_case)
{
    ck_assert_int_eq(name_compare(make("WWW.a.").wire, make("www.A.").wire), 0);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    size_t length;
} checks[] = {
    { "\0", 1, 1 },          { "\1a\0", 3, 3 },  { "\1a\0zz", 5, 3 }, { "", 0, 0 },
    { "\1a", 2, 0 },         { "\1", 1, 0 },     { "\2a\0", 3, 0 },   { "\xc0\x0c", 2, 0 },
    { "\1a\xc0\x0c", 4, 0 }, { "\x40zz", 3, 0 }, { "\x80zz", 3, 0 },
};

START_TEST(check_is_bounded)
{
    uint8_t *exact = malloc(checks[_i].size + 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, checks[_i].bytes, checks[_i].size);
    ck_assert_uint_eq(name_check(exact, checks[_i].size), checks[_i].length);
    free(exact);
}
END_TEST

START_TEST(check_limits_the_total)
{
    uint8_t wire[300];
    size_t at = 0;
    while (at < 256) {
        wire[at++] = 1;
        wire[at++] = 'x';
    }
    wire[at] = 0;
    ck_assert_uint_eq(name_check(wire, at + 1), 0);
    ck_assert_uint_eq(name_check(wire + 2, at - 1), 255);
}
END_TEST

START_TEST(hash_all_gives_every_suffix)
{
    struct name name = make("www.shop.example.test.");
    struct name_hashes all;
    name_hash_all(name.wire, 99, &all);
    ck_assert_uint_eq(all.labels, 4);
    ck_assert_uint_eq(all.hash[0], 99);
    ck_assert_uint_eq(all.offset[0], name.length - 1);
    for (unsigned i = 1; i <= 4; i++) {
        ck_assert_ptr_eq(name.wire + all.offset[i], name_skip(name.wire, 4 - i));
        struct name_hashes part;
        name_hash_all(name.wire + all.offset[i], 99, &part);
        ck_assert_uint_eq(part.hash[part.labels], all.hash[i]);
        ck_assert_uint_eq(all.hash[i], name_hash_label(all.hash[i - 1], name.wire + all.offset[i]));
    }
    struct name longest;
    char text[600];
    const char *error = NULL;
    size_t length = long_text(text, 127, 1, 0);
    ck_assert_uint_eq(name_from_text(text, length, NULL, longest.wire, &error), 255);
    name_hash_all(longest.wire, 1, &all);
    ck_assert_uint_eq(all.labels, NAME_MAX_LABELS - 1);
    ck_assert_uint_eq(all.offset[127], 0);
    ck_assert_uint_eq(all.offset[0], 254);
}
END_TEST

START_TEST(hash_reads_the_label_only)
{
    for (uint8_t size = 1; size <= 63; size++) {
        uint8_t *exact = malloc(size + 1U);
        ck_assert_ptr_nonnull(exact);
        memset(exact, 'q', size + 1U);
        exact[0] = size;
        uint8_t padded[80];
        memset(padded, 0xee, sizeof(padded));
        memcpy(padded, exact, size + 1U);
        ck_assert_uint_eq(name_hash_label(5, exact), name_hash_label(5, padded));
        free(exact);
    }
}
END_TEST

/* Every bit of every input byte, and of the parent, flips each output bit in about half of the
 * cases. */
START_TEST(hash_avalanches)
{
    static unsigned flips[64 * 8 + 64][64];
    memset(flips, 0, sizeof(flips));
    enum { ROUNDS = 400 };
    static const uint8_t sizes[] = { 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 63 };
    uint8_t size = sizes[_i];
    unsigned bits = size * 8U + 64;
    struct rng rng;
    rng_seed(&rng, size);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t label[64] = { size };
        for (unsigned i = 1; i <= size; i++)
            label[i] = (uint8_t)('a' + rng_below(&rng, 26));
        uint64_t parent = rng_next(&rng);
        uint64_t hash = name_hash_label(parent, label);
        for (unsigned bit = 0; bit < bits; bit++) {
            uint8_t changed[64];
            memcpy(changed, label, sizeof(changed));
            uint64_t other = parent;
            if (bit < 64)
                other ^= UINT64_C(1) << bit;
            else
                changed[1 + (bit - 64) / 8] ^= (uint8_t)(1U << (bit % 8));
            uint64_t difference = hash ^ name_hash_label(other, changed);
            for (unsigned out = 0; out < 64; out++)
                flips[bit][out] += (unsigned)(difference >> out & 1);
        }
    }
    for (unsigned bit = 0; bit < bits; bit++) {
        for (unsigned out = 0; out < 64; out++) {
            /* 400 throws: 10 is the standard deviation. */
            ck_assert_uint_gt(flips[bit][out], ROUNDS / 2 - 65);
            ck_assert_uint_lt(flips[bit][out], ROUNDS / 2 + 65);
        }
    }
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Names as zones have them: no collision of 64 bits, and both halves as even as chance would make
 * them. */
START_TEST(hash_spreads_similar_names)
{
    enum { NAMES = 200000, BUCKETS = 4096 };
    static uint64_t hashes[NAMES];
    static unsigned low[BUCKETS];
    static unsigned high[BUCKETS];
    uint64_t parent = name_hash_label(_i == 0 ? 0 : 12345, (const uint8_t *)"\4test");
    for (int i = 0; i < NAMES; i++) {
        uint8_t label[64];
        int length = snprintf((char *)label + 1, 60, _i == 0 ? "host%d" : "%d", i);
        label[0] = (uint8_t)length;
        hashes[i] = name_hash_label(parent, label);
        low[hashes[i] % BUCKETS]++;
        high[(hashes[i] >> 32) % BUCKETS]++;
    }
    /* Mean 48.8, standard deviation 7: nothing may be further off than 7 deviations. */
    for (int i = 0; i < BUCKETS; i++) {
        ck_assert_uint_lt(low[i], 98);
        ck_assert_uint_lt(high[i], 98);
        ck_assert_uint_gt(low[i], 8);
        ck_assert_uint_gt(high[i], 8);
        low[i] = high[i] = 0;
    }
    qsort(hashes, NAMES, sizeof(hashes[0]), by_value);
    for (int i = 1; i < NAMES; i++)
        ck_assert_uint_ne(hashes[i], hashes[i - 1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("name");
    TCase *tcase = tcase_create("name");
    tcase_add_loop_test(tcase, from_text_and_back, 0, ARRAY_LEN(texts));
    tcase_add_loop_test(tcase, from_text_keeps_the_limits, 0, ARRAY_LEN(lengths));
    tcase_add_test(tcase, to_text_of_the_worst_name_fits);
    tcase_add_test(tcase, labels_and_skip);
    tcase_add_test(tcase, lower_folds_ascii_only);
    tcase_add_loop_test(tcase, equal_and_under, 0, ARRAY_LEN(relations));
    tcase_add_loop_test(tcase, compare_is_canonical_order, 0, ARRAY_LEN(ordered));
    tcase_add_test(tcase, compare_ignores_case);
    tcase_add_loop_test(tcase, check_is_bounded, 0, ARRAY_LEN(checks));
    tcase_add_test(tcase, check_limits_the_total);
    tcase_add_test(tcase, hash_all_gives_every_suffix);
    tcase_add_test(tcase, hash_reads_the_label_only);
    tcase_add_loop_test(tcase, hash_avalanches, 0, 11);
    tcase_add_loop_test(tcase, hash_spreads_similar_names, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
