// SPDX-License-Identifier: BSD-2-Clause
#include "zones/scan.h"

#include "base/rng.h"
#include "tests/unit/zones/scan_help.h"

#define E "example.test."

static const struct scan_help_case cases[] = {
    { "", "" },
    /* owners */
    { "a 1 A 192.0.2.1", "1 a." E " 1 A 192.0.2.1|" },
    { "@ 1 A 192.0.2.1", "1 " E " 1 A 192.0.2.1|" },
    { "a.b. 1 A 192.0.2.1", "1 a.b. 1 A 192.0.2.1|" },
    { "\"q\" 1 A 192.0.2.1", "1 q." E " 1 A 192.0.2.1|" },
    { "\\$x 1 A 192.0.2.1", "1 \\$x." E " 1 A 192.0.2.1|" },
    { "a\\032b 1 A 192.0.2.1", "1 a\\032b." E " 1 A 192.0.2.1|" },
    { "a 1 A 192.0.2.1\n\n;\n  1 A 192.0.2.2\n\t1 A 192.0.2.3",
      "1 a." E " 1 A 192.0.2.1|4 a." E " 1 A 192.0.2.2|5 a." E " 1 A 192.0.2.3|" },
    { " 1 A 192.0.2.1", "!f:1: no owner: no record before this one has named one|" },
    /* a bad owner is said once, not for those that inherit it */
    { "a..b 1 A 192.0.2.1\n 1 A 192.0.2.2\nc 1 A 192.0.2.3",
      "3 c." E " 1 A 192.0.2.3|!f:1: 'a..b' is not a name: empty label|" },
    /* owners that look like something else */
    { "IN 1 IN A 192.0.2.1\nA 1 A 192.0.2.2\n60 1 A 192.0.2.3\nTYPE1 1 A 192.0.2.4",
      "1 IN." E " 1 A 192.0.2.1|2 A." E " 1 A 192.0.2.2|3 60." E " 1 A 192.0.2.3|4 TYPE1." E
      " 1 A 192.0.2.4|" },
    /* class and TTL */
    { "a 7 IN A 192.0.2.1\nb IN 7 A 192.0.2.1\nc in 1m a 192.0.2.1\nd CLASS1 7 TYPE1 192.0.2.1",
      "1 a." E " 7 A 192.0.2.1|2 b." E " 7 A 192.0.2.1|3 c." E " 60 A 192.0.2.1|4 d." E
      " 7 A 192.0.2.1|" },
    { "a IN IN A 192.0.2.1", "!f:1: unknown type 'IN'|" },
    { "a 1 1 A 192.0.2.1", "!f:1: unknown type '1'|" },
    { "a 1 IN 1 A 192.0.2.1", "!f:1: unknown type '1'|" },
    { "a 1 CH TXT x\nb 1 HS TXT x\nc 1 CLASS3 TXT x\nd 1 CLASS65536 TXT x",
      "!f:1: class 3: only class IN is served|!f:2: class 4: only class IN is served|!f:3: class "
      "3: "
      "only class IN is served|!f:4: unknown type 'CLASS65536'|" },
    { "a 1 OPT \\# 0\nb 1 TYPE255 \\# 0\nc 1 AXFR x",
      "!f:1: type OPT is for questions, not for zones|!f:2: type TYPE255 is for questions, not for "
      "zones|!f:3: type AXFR is for questions, not for zones|" },
    { "a 1 \"A\" 192.0.2.1", "!f:1: unknown type 'A'|" },
    { "a\nb 1\nc 1 IN", "!f:1: the record ends before its type|!f:2: the record ends before its "
                        "type|!f:3: the record ends before its type|" },
    { "a 1 FOO x", "!f:1: unknown type 'FOO'|" },
    /* TTLs, by BIND's rules */
    { "a A 192.0.2.1", "1 a." E " - A 192.0.2.1|" },
    { "a 9 A 192.0.2.1\nb A 192.0.2.2", "1 a." E " 9 A 192.0.2.1|2 b." E " 9 A 192.0.2.2|" },
    { "@ SOA a. b. 1 2 3 4 5\nb A 192.0.2.2\nc 7 A 192.0.2.3\nd A 192.0.2.4",
      "1 " E " 5 SOA a. b. 1 2 3 4 5|2 b." E " 5 A 192.0.2.2|3 c." E " 7 A 192.0.2.3|4 d." E
      " 5 A 192.0.2.4|" },
    { "@ 100 SOA a. b. 1 2 3 4 5\nb A 192.0.2.2\nc 7 A 192.0.2.3\nd A 192.0.2.4",
      "1 " E " 100 SOA a. b. 1 2 3 4 5|2 b." E " 100 A 192.0.2.2|3 c." E " 7 A 192.0.2.3|4 d." E
      " 7 A 192.0.2.4|" },
    { "x 9 A 192.0.2.1\n@ SOA a. b. 1 2 3 4 5",
      "1 x." E " 9 A 192.0.2.1|2 " E " 9 SOA a. b. 1 2 3 4 5|" },
    { "@ SOA a. b. 1 2 3 4 4294967295\n", "1 " E " 0 SOA a. b. 1 2 3 4 4294967295|" },
    { "a 2147483647 A 192.0.2.1\nb 2147483648 A 192.0.2.1\nc 4294967295 A 192.0.2.1",
      "1 a." E " 2147483647 A 192.0.2.1|2 b." E " 0 A 192.0.2.1|3 c." E " 0 A 192.0.2.1|" },
    { "a 4294967296 A 192.0.2.1", "!f:1: unknown type '4294967296'|" },
    /* places: the token's line, the record's line */
    { "a 1 SOA ( a. b.\n 1\n x\n 3 4 5 )\nb 1 MX (\n 5\n )",
      "!f:3: SOA: 'x' is not a period (such as 3600 or 1h30m) up to 2^32 - 1 s|!f:6: MX: the "
      "record "
      "ends too early|" },
    { "a 1 A 192.0.2.1 )\nb 1 A 192.0.2.2\n(\nc 1 A 192.0.2.3\n",
      "2 b." E " 1 A 192.0.2.2|4 c." E
      " 1 A 192.0.2.3|!f:1: a closing parenthesis without an opening one|!f:3: the "
      "parenthesis is not closed|" },
};

START_TEST(records_of_text)
{
    scan_help_check(&cases[_i]);
}
END_TEST

static bool stop_at_second(void *data, const struct scan_record *record)
{
    unsigned *seen = data;
    (void)record;
    return ++*seen < 2;
}

START_TEST(callback_can_stop)
{
    static const char text[] = "a 1 A 192.0.2.1\nb 1 A 192.0.2.1\nc 1 A 192.0.2.1\nbad\n";
    struct help_name origin = help_name("example.test.");
    struct errlist errors;
    struct scan_files *files = NULL;
    unsigned seen = 0;
    errlist_init(&errors);
    struct scan_options options = {
        .file = "f",
        .origin = origin.wire,
        .record = stop_at_second,
        .data = &seen,
        .errors = &errors,
    };
    ck_assert(scan_text(&options, text, sizeof(text) - 1, &files)); /* no error was met yet */
    ck_assert_uint_eq(seen, 2);
    scan_files_free(files);
    errlist_fini(&errors);
}
END_TEST

START_TEST(missing_file)
{
    struct help_name origin = help_name("example.test.");
    struct errlist errors;
    struct scan_files *files = NULL;
    errlist_init(&errors);
    struct scan_options options = {
        .file = "/nonexistent/zone",
        .origin = origin.wire,
        .record = stop_at_second,
        .errors = &errors,
    };
    ck_assert(!scan_file(&options, &files));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_str_eq(errors.lines[0], "/nonexistent/zone:1: No such file or directory");
    scan_files_free(files);
    errlist_fini(&errors);
}
END_TEST

/* All errors are found, up to what the list takes; none stops the scan. */
START_TEST(every_line_bad)
{
    struct strbuf text;
    strbuf_init(&text);
    for (unsigned i = 0; i < 1500; i++)
        strbuf_add(&text, "a 1 A x\n");
    strbuf_add(&text, "b 1 A 192.0.2.1\n");
    char *got = scan_help_text(text.text, text.length);
    ck_assert_ptr_nonnull(strstr(got, "1501 b." E " 1 A 192.0.2.1|"));
    ck_assert_ptr_nonnull(strstr(got, "!f:1000: A: 'x' is not an IPv4 address|"));
    mem_free(got);
    strbuf_fini(&text);
}
END_TEST

/* Random bytes of the kind that means something: no crash, and errors have a place. */
START_TEST(hostile_text)
{
    static const char alphabet[] = "aA1 1  \t\n\n\r\"\\()();$@.,{}-/*#IN TXT";
    struct rng rng;
    rng_seed(&rng, (uint64_t)_i + 100);
    for (unsigned round = 0; round < 300; round++) {
        size_t length = rng_below(&rng, 200);
        char *text = mem_alloc(length);
        for (size_t i = 0; i < length; i++) {
            uint8_t any = (uint8_t)rng_next(&rng);
            text[i] = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
            if (rng_below(&rng, 50) == 0)
                memcpy(&text[i], &any, 1);
        }
        char *got = scan_help_text(text, length);
        const char *error = strstr(got, "|!");
        ck_assert_msg(got[0] != '!' || strncmp(got, "!f:", 3) == 0, "%s", got);
        ck_assert_msg(error == NULL || strncmp(error, "|!f:", 4) == 0, "%s", got);
        mem_free(got);
        mem_free(text);
    }
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, records_of_text, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, callback_can_stop);
    tcase_add_test(tcase, missing_file);
    tcase_add_test(tcase, every_line_bad);
    tcase_add_loop_test(tcase, hostile_text, 0, 10);
}

int main(void)
{
    return help_run("zones/scan", fill, 20);
}
